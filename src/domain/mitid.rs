//! MitID as the proof of a person's identity (NSIS 3.1.2): why it is asked for, by which road, and what it proved. No
//! protocol here and no person of ours: whether the CPR number fits somebody is `service::activation`'s to say.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{assurance::Level, person::Cpr};

/// Why a person is to prove themselves with MitID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The identity is activated for the first time.
    Activation,
    /// The password is forgotten.
    Password,
    /// The second factor is lost.
    Factor,
    /// A lock is to be lifted.
    Unlock,
    /// From the person's own pages, to raise the level of the identity.
    Raise,
    /// An authenticator that somebody else attached is to be proved by its owner.
    Attached,
}

impl Why {
    /// The word for events and language files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Password => "password",
            Self::Factor => "factor",
            Self::Unlock => "unlock",
            Self::Raise => "raise",
            Self::Attached => "attached",
        }
    }
}

impl FromStr for Why {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::Activation, Self::Password, Self::Factor, Self::Unlock, Self::Raise, Self::Attached];
        all.into_iter().find(|why| why.as_str() == text).ok_or(())
    }
}

/// The way to MitID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Road {
    /// NemLog-in, by OIOSAML 3.
    Nemlogin,
    /// A private MitID broker, by OpenID Connect.
    Broker,
}

impl Road {
    /// The word for addresses, events and language files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nemlogin => "nemlogin",
            Self::Broker => "broker",
        }
    }
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Road {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Nemlogin, Self::Broker].into_iter().find(|road| road.as_str() == text).ok_or(())
    }
}

/// What a road says it was told, every rule of it kept.
#[derive(Debug)]
pub struct Said {
    /// The person's CPR number.
    pub cpr: Cpr,
    /// The level of this login with MitID.
    pub level: Level,
    /// The person's name as MitID knows it; a road may not tell it.
    pub name: Option<String>,
    /// Which road.
    pub road: Road,
    /// Who vouches: the entity ID or issuer.
    pub issuer: String,
    /// What the issuer would find this login by (assertion ID, transaction id). Never a CPR number.
    pub reference: String,
    /// When the person used MitID.
    pub at: Timestamp,
}

/// Somebody proved with MitID who they are, in this browser, just now. Made by the two roads only (`e2e/tidy.rs` knows
/// the list); it is never stored, so nothing but a login with MitID yields one.
#[derive(Debug)]
pub struct Proved(Said);

impl Proved {
    /// States that MitID proved this. Only for `service::mitid::nemlogin` and `service::mitid::broker`.
    pub fn attest(said: Said) -> Self {
        Self(said)
    }

    /// The person's CPR number.
    pub fn cpr(&self) -> &Cpr {
        &self.0.cpr
    }

    /// The level of this login with MitID.
    pub fn level(&self) -> Level {
        self.0.level
    }

    /// The person's name as MitID knows it, if it was told.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// By which road.
    pub fn road(&self) -> Road {
        self.0.road
    }

    /// Who vouches.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What the issuer would find this login by.
    pub fn reference(&self) -> &str {
        &self.0.reference
    }

    /// When the person used MitID.
    pub fn at(&self) -> Timestamp {
        self.0.at
    }
}
