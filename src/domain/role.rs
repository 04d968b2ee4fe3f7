//! Roles in Portvagt itself, granted to single people, everywhere or in single organisations. A role opens rooms; it never
//! raises a level. What each may do is `domain::right`'s table.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{base::id::Id, domain::organisation::Organisation};

/// What somebody may do here beside logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The system administrator: everything but proving identities.
    Administrator,
    /// Looks after people: creates, changes, locks, closes.
    UserAdministrator,
    /// Proves identities at the desk.
    Registrant,
    /// Helps people: sees states, places locks, proves nothing.
    Supporter,
    /// Looks after relying parties.
    FederationAdministrator,
    /// Acts on incidents: locks, approves, reads the audit trail.
    SecurityOfficer,
    /// Reads everything, changes nothing.
    Auditor,
}

/// All roles.
pub const ROLES: [Role; 7] = [
    Role::Administrator,
    Role::UserAdministrator,
    Role::Registrant,
    Role::Supporter,
    Role::FederationAdministrator,
    Role::SecurityOfficer,
    Role::Auditor,
];

impl Role {
    /// The word kept in the database and used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::UserAdministrator => "user-administrator",
            Self::Registrant => "registrant",
            Self::Supporter => "supporter",
            Self::FederationAdministrator => "federation-administrator",
            Self::SecurityOfficer => "security-officer",
            Self::Auditor => "auditor",
        }
    }

    /// Where the role is held when nothing else is said: an administrator's everywhere, another one where its bearer works.
    pub fn usual_scope(self, home: Id<Organisation>) -> Scope {
        if self == Self::Administrator { Scope::Everywhere } else { Scope::Organisation(home) }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        ROLES.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// The text names no role.
#[derive(Debug, thiserror::Error)]
#[error("use administrator, user-administrator, registrant, supporter, federation-administrator, security-officer or auditor")]
pub struct UnknownRole;

/// Where a role holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// In all organisations, those to come as well.
    Everywhere,
    /// In one.
    Organisation(Id<Organisation>),
}

impl Scope {
    /// Whether it reaches that organisation.
    pub fn reaches(self, organisation: Id<Organisation>) -> bool {
        self == Self::Everywhere || self == Self::Organisation(organisation)
    }

    /// Whether it reaches all that the other one does.
    pub fn covers(self, other: Self) -> bool {
        self == Self::Everywhere || self == other
    }

    /// How it is kept: the organisation's id, or nothing.
    pub fn to_text(self) -> String {
        match self {
            Self::Everywhere => String::new(),
            Self::Organisation(id) => id.to_string(),
        }
    }
}

impl FromStr for Scope {
    type Err = <Id<Organisation> as FromStr>::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() { Ok(Self::Everywhere) } else { text.parse().map(Self::Organisation) }
    }
}

/// A role with where it holds, and who gave it when.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: Scope,
    /// Who granted it, as the trail names actors.
    pub granted_by: String,
    /// When.
    pub granted_at: Timestamp,
}
