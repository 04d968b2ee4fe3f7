//! What people are told by mail of their own identity: one notice for each event that they should know of.
//! A notice never holds a CPR number or anything that logs in. It is queued inside the act's transaction by
//! `service::notices::queue` and becomes words in `service::notices::words`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    base::id::Id,
    domain::{factor::Kind, language::Language, person::Person},
};

/// What happened to somebody's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// They may activate their identity, with a one-time code; the code alone logs nobody in.
    Invitation {
        /// What is typed beside the code; empty in mails that were queued before this was told.
        #[serde(default)]
        user_name: String,
        /// The code, as it is typed.
        code: OneTimeCode,
        /// Until when it may be used.
        expires_at: Timestamp,
    },
    /// Their identity is activated.
    Activated,
    /// A second factor was added.
    FactorAdded {
        /// Of which kind.
        kind: Kind,
        /// The name its owner gave it.
        name: String,
    },
    /// A second factor was removed.
    FactorRemoved {
        /// Of which kind.
        kind: Kind,
        /// The name its owner gave it.
        name: String,
    },
    /// Their password was set.
    PasswordChanged,
    /// Their identity was locked, by whomever; why is told at the service desk, not in a mail.
    Locked,
    /// A lock was lifted.
    Unlocked,
    /// Their mail address was changed. Told to both addresses.
    AddressChanged {
        /// The address before, if there was one.
        old: Option<String>,
    },
    /// Somebody logged in as them with a browser that was not known.
    NewDevice {
        /// The browser's own words about itself; only the known names in it are told.
        user_agent: String,
    },
    /// A forgotten password or lost factor is being replaced.
    RecoveryBegun,
    /// It was replaced.
    RecoveryDone,
    /// Somebody failed so often to log in as them that a delay began.
    ManyFailures,
    /// To whoever looks after security, never to the person: somebody else may be using an identity, and it is locked.
    Suspicion {
        /// Why.
        what: Suspicion,
        /// The incident code that log and trail hold.
        incident: String,
    },
}

/// Why somebody else may be using an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suspicion {
    /// Its owner said that an event was not their doing.
    Reported,
    /// Somebody who administers suspects it.
    Misuse,
    /// Too many failures in a row.
    Failures,
}

impl Notice {
    /// The word kept in the database and in events.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::Activated => "activated",
            Self::FactorAdded { .. } => "factor-added",
            Self::FactorRemoved { .. } => "factor-removed",
            Self::PasswordChanged => "password-changed",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::AddressChanged { .. } => "address-changed",
            Self::NewDevice { .. } => "new-device",
            Self::RecoveryBegun => "recovery-begun",
            Self::RecoveryDone => "recovery-done",
            Self::ManyFailures => "many-failures",
            Self::Suspicion { .. } => "suspicion",
        }
    }
}

/// A code in a mail to its owner. It stands in the mail's words and nowhere else: no telling `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// Takes the code as it is typed.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code; only for the words of the mail.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}

/// A notice to one address of one person, as it waits to be sent. Kept sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Letter {
    /// To whom.
    pub person: Id<Person>,
    /// The address.
    pub address: String,
    /// The person's name at the time.
    pub name: String,
    /// The language it is written in.
    pub language: Language,
    /// What happened.
    pub notice: Notice,
    /// When.
    pub at: Timestamp,
}
