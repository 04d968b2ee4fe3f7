//! Locks: independent of one another, each with its own cause, reason, actor, time and way out. Whoever has an active one
//! logs in by no path; but one for too many failures, which strangers can bring about, bars no more than guessing. Lifting a lock gives back what the person had, never more: no session, no level.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    base::id::Id,
    domain::{factor::Authenticator, person::Person},
};

/// Why somebody is locked out. At most one active lock of each cause a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The person asked for it, at any hour, also without the second factor.
    Person,
    /// An administrator.
    Administrator,
    /// The system that people are imported from.
    Source,
    /// Too many failures: bars passwords and codes from browsers the person did not use before, and nothing else.
    Failures,
    /// The employment has ended.
    Expired,
    /// Dead, by CPR.
    Deceased,
    /// Legally incapacitated, by CPR (Danish: "umyndiggjort").
    Disenfranchised,
    /// Somebody else may be using the identity.
    Misuse,
}

/// All causes.
pub const CAUSES: [Cause; 8] = [
    Cause::Person,
    Cause::Administrator,
    Cause::Source,
    Cause::Failures,
    Cause::Expired,
    Cause::Deceased,
    Cause::Disenfranchised,
    Cause::Misuse,
];

impl Cause {
    /// The word kept in the database and used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Administrator => "administrator",
            Self::Source => "source",
            Self::Failures => "failures",
            Self::Expired => "expired",
            Self::Deceased => "deceased",
            Self::Disenfranchised => "disenfranchised",
            Self::Misuse => "misuse",
        }
    }

    /// Whether it shuts the person out, wherever they are and whatever they hold.
    pub fn shuts_out(self) -> bool {
        self != Self::Failures
    }

    /// Whether this hand may lift such a lock: the way out.
    pub fn lifted_by(self, hand: Hand) -> bool {
        match self {
            // Whoever proves to be the person (MitID, a registrant) takes back what the person did or failed at.
            Self::Person | Self::Failures => matches!(hand, Hand::Owner | Hand::Administrator),
            Self::Source => hand == Hand::Source,
            // A current employment is the way out, and nothing else.
            Self::Expired => hand == Hand::System,
            Self::Administrator | Self::Deceased | Self::Disenfranchised | Self::Misuse => hand == Hand::Administrator,
        }
    }
}

impl FromStr for Cause {
    type Err = UnknownCause;
    fn from_str(text: &str) -> Result<Self, UnknownCause> {
        CAUSES.into_iter().find(|cause| cause.as_str() == text).ok_or(UnknownCause)
    }
}

/// The text names no cause.
#[derive(Debug, thiserror::Error)]
#[error("use person, administrator, source, failures, expired, deceased, disenfranchised or misuse")]
pub struct UnknownCause;

/// By whose hand a lock is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// The person, just identified by MitID or a registrant at no lower assurance than enrolment.
    Owner,
    /// An administrator or operator.
    Administrator,
    /// The source system.
    Source,
    /// The server, because what caused the lock is over.
    System,
}

/// A lock.
#[derive(Debug, Clone)]
pub struct Lock {
    /// Its id.
    pub id: Id<Lock>,
    /// Who is locked out.
    pub person: Id<Person>,
    /// Why.
    pub cause: Cause,
    /// Why, in words. Never a CPR number.
    pub reason: String,
    /// Who placed it, as the trail names actors.
    pub placed_by: String,
    /// When.
    pub placed_at: Timestamp,
    /// When and by whom it was lifted; `None` while it is active.
    pub lifted: Option<Lifted>,
    /// What was reported, where somebody said that an event was not their doing.
    pub suspect: Option<Suspect>,
}

/// The second factor that a report of misuse is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect {
    /// This one.
    Factor(Id<Authenticator>),
    /// The event that was reported names none.
    Unknown,
}

impl Suspect {
    /// How it is kept.
    pub fn to_text(self) -> String {
        match self {
            Self::Factor(id) => id.to_string(),
            Self::Unknown => "unknown".to_owned(),
        }
    }
}

impl FromStr for Suspect {
    type Err = UnknownSuspect;
    fn from_str(text: &str) -> Result<Self, UnknownSuspect> {
        match text {
            "unknown" => Ok(Self::Unknown),
            id => id.parse().map(Self::Factor).map_err(|_| UnknownSuspect),
        }
    }
}

/// The text is neither an id nor `unknown`.
#[derive(Debug, thiserror::Error)]
#[error("no second factor's id, and not 'unknown'")]
pub struct UnknownSuspect;

/// How a lock ended.
#[derive(Debug, Clone)]
pub struct Lifted {
    /// By whom, as the trail names actors.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in words.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_way_out() {
        for (cause, hands) in [
            (Cause::Person, &[Hand::Owner, Hand::Administrator][..]),
            (Cause::Administrator, &[Hand::Administrator]),
            (Cause::Source, &[Hand::Source]),
            (Cause::Failures, &[Hand::Owner, Hand::Administrator]),
            (Cause::Expired, &[Hand::System]),
            (Cause::Deceased, &[Hand::Administrator]),
            (Cause::Disenfranchised, &[Hand::Administrator]),
            (Cause::Misuse, &[Hand::Administrator]),
        ] {
            for hand in [Hand::Owner, Hand::Administrator, Hand::Source, Hand::System] {
                assert_eq!(cause.lifted_by(hand), hands.contains(&hand), "{cause:?} {hand:?}");
            }
            assert_eq!(cause.as_str().parse::<Cause>().unwrap(), cause);
        }
        assert!("other".parse::<Cause>().is_err());
    }
}
