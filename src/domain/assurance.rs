//! NSIS assurance levels. `level` is the only expression in the house that yields one; nothing stores its result.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A level of NSIS, used for identity proofing (IAL), authenticators (AAL) and their result (LoA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Danish: "Lav".
    Low,
    /// Danish: "Betydelig".
    Substantial,
    /// Danish: "Høj".
    High,
}

impl Level {
    /// The bare word of the `nsis/loa` attribute (OIOSAML 3, attribute catalogue).
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Substantial => "Substantial",
            Self::High => "High",
        }
    }

    /// The authentication context class that asks for this level (OIO-SP-06).
    pub fn context_class(self) -> &'static str {
        match self {
            Self::Low => "https://data.gov.dk/concept/core/nsis/loa/Low",
            Self::Substantial => "https://data.gov.dk/concept/core/nsis/loa/Substantial",
            Self::High => "https://data.gov.dk/concept/core/nsis/loa/High",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        })
    }
}

/// The text is none of `low`, `substantial`, `high`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no NSIS level; use low, substantial or high")]
pub struct UnknownLevel(String);

impl FromStr for Level {
    type Err = UnknownLevel;
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        match text.to_ascii_lowercase().as_str() {
            "low" => Ok(Self::Low),
            "substantial" => Ok(Self::Substantial),
            "high" => Ok(Self::High),
            _ => Err(UnknownLevel(text.chars().take(40).collect())),
        }
    }
}

/// What an authentication carries on its own (AAL): made by `authenticator::strength` from proof only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strength(Level);

impl Strength {
    /// States what the factors used carry. Called by `domain::authenticator` alone.
    pub(in crate::domain) fn of(level: Level) -> Self {
        Self(level)
    }

    /// The AAL.
    pub fn level(self) -> Level {
        self.0
    }
}

/// The level of assurance: the lowest of identity proofing, authenticators and what the organisation is notified
/// for (NSIS: the LoA is the lowest of its parts). `None` when the identity was never proved: then nothing may be said.
pub fn level(identity: Option<Level>, factors: Strength, notified: Level) -> Option<Level> {
    identity.map(|proved| proved.min(factors.0).min(notified))
}

#[cfg(test)]
mod tests {
    use super::{Level::*, *};

    #[test]
    fn the_level_is_the_lowest_of_its_parts() {
        for identity in [Low, Substantial, High] {
            for factors in [Low, Substantial, High] {
                for notified in [Low, Substantial, High] {
                    let lowest = *[identity, factors, notified].iter().min().unwrap();
                    assert_eq!(level(Some(identity), Strength(factors), notified), Some(lowest));
                }
            }
        }
    }

    #[test]
    fn an_unproved_identity_has_no_level() {
        assert_eq!(level(None, Strength(High), High), None);
    }

    #[test]
    fn levels_are_read_in_any_case_and_nothing_else_is() {
        assert_eq!("SUBSTANTIAL".parse(), Ok(Substantial));
        assert!("betydelig".parse::<Level>().is_err());
    }
}
