//! The organisation employees belong to, known by its CVR number, and its units.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{base::id::Id, domain::assurance::Level};

/// A CVR number: 8 digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cvr(String);

/// The text is not 8 digits.
#[derive(Debug, thiserror::Error)]
#[error("a CVR number is 8 digits")]
pub struct NotACvr;

impl FromStr for Cvr {
    type Err = NotACvr;
    fn from_str(text: &str) -> Result<Self, NotACvr> {
        let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned())).ok_or(NotACvr)
    }
}

impl Cvr {
    /// The 8 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cvr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An organisation that runs Portvagt for its employees.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Its id.
    pub id: Id<Organisation>,
    /// Its CVR number.
    pub cvr: Cvr,
    /// Its name as services show it.
    pub name: String,
    /// The highest level it is notified for at Digitaliseringsstyrelsen.
    pub notified: Level,
}

/// A part of an organisation: a department, a school, a ward.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its id.
    pub id: Id<Unit>,
    /// Of which organisation.
    pub organisation: Id<Organisation>,
    /// The unit above it, if any.
    pub parent: Option<Id<Unit>>,
    /// Its name.
    pub name: String,
}
