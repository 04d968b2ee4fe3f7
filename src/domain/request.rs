//! Acts that need two people: one asks, another one approves or refuses. Until then nothing happens; what nobody decided in
//! time is over.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    base::id::Id,
    domain::{
        factor::Authenticator,
        person::Person,
        role::{Role, Scope},
    },
};

/// How long a request waits, in seconds: seven days.
pub const PATIENCE: i64 = 7 * 86_400;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case")]
pub enum Wish {
    /// That the subject is given a role.
    Role {
        /// The role.
        role: Role,
        /// Where it is to hold.
        scope: Scope,
    },
    /// That the subject's last second factor is removed.
    Reset {
        /// The factor.
        authenticator: Id<Authenticator>,
    },
}

impl Wish {
    /// The word for it in the trail.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Role { .. } => "role",
            Self::Reset { .. } => "reset-factor",
        }
    }
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided yet.
    Waiting,
    /// A second person approved; it was done in the same moment.
    Approved,
    /// A second person refused.
    Refused,
    /// Whoever asked took it back.
    Withdrawn,
}

const STATES: [State; 4] = [State::Waiting, State::Approved, State::Refused, State::Withdrawn];

impl State {
    /// The word kept in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for State {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        STATES.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its id.
    pub id: Id<Request>,
    /// Whom it is about.
    pub subject: Id<Person>,
    /// What is asked for.
    pub wish: Wish,
    /// Why, in words. Never a CPR number.
    pub reason: String,
    /// Who asks.
    pub requested_by: Id<Person>,
    /// When.
    pub requested_at: Timestamp,
    /// When it is over if nobody decides.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Who decided and when.
    pub decided: Option<(Id<Person>, Timestamp)>,
}

impl Request {
    /// Whether it may still be decided.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == State::Waiting && now < self.expires_at
    }
}
