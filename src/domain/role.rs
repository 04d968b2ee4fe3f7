//! Roles in Portvagt itself, granted to single people. A role opens rooms; it never raises a level.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody may do here beside logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Looks after organisations, people, relying parties and settings.
    Administrator,
    /// Proves identities at the desk.
    Registrant,
    /// Helps people: sees states, places locks, proves nothing.
    Supporter,
    /// Reads the audit trail.
    Auditor,
}

/// All roles.
pub const ROLES: [Role; 4] = [Role::Administrator, Role::Registrant, Role::Supporter, Role::Auditor];

impl Role {
    /// The word kept in the database and used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Registrant => "registrant",
            Self::Supporter => "supporter",
            Self::Auditor => "auditor",
        }
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
#[error("use administrator, registrant, supporter or auditor")]
pub struct UnknownRole;

/// A role with who gave it when.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Who granted it, as the trail names actors.
    pub granted_by: String,
    /// When.
    pub granted_at: Timestamp,
}
