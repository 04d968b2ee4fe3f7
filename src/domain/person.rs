//! Employees' identities: who they are, whether they may log in, and how their identity was proved.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::{
    base::id::Id,
    domain::{assurance::Level, organisation::Organisation},
};

/// A user name: normalised (NFC), lower case, 1 to 64 characters of letters, digits and `. _ - @`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Username(String);

/// The text cannot be a user name.
#[derive(Debug, thiserror::Error)]
#[error("a user name is 1 to 64 letters, digits, or any of . _ - @")]
pub struct NotAUsername;

impl FromStr for Username {
    type Err = NotAUsername;
    fn from_str(text: &str) -> Result<Self, NotAUsername> {
        let name: String = text.trim().nfc().collect::<String>().to_lowercase();
        let good = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '@');
        let fits = (1..=64).contains(&name.chars().count()) && name.chars().all(good);
        fits.then_some(Self(name)).ok_or(NotAUsername)
    }
}

impl Username {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A CPR number. Ten digits, confidential: no `Debug` that tells, no `Display`, no serialisation; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize)]
#[zeroize(drop)]
pub struct Cpr(String);

/// The text is not a CPR number.
#[derive(Debug, thiserror::Error)]
#[error("a CPR number is 10 digits that begin with a date (DDMMYY)")]
pub struct NotACpr;

impl FromStr for Cpr {
    type Err = NotACpr;
    /// Reads `DDMMYYXXXX` or `DDMMYY-XXXX`. The modulus-11 check is not made: numbers without it are issued since 2007.
    fn from_str(text: &str) -> Result<Self, NotACpr> {
        let digits: String = text.trim().chars().enumerate().filter(|(at, c)| !(*at == 6 && *c == '-')).map(|(_, c)| c).collect();
        let number = |from: usize| digits.get(from..from + 2).and_then(|two| two.parse::<u8>().ok());
        let (Some(day), Some(month)) = (number(0), number(2)) else { return Err(NotACpr) };
        let digits_only = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
        // Test numbers ("erstatnings-CPR") add 60 to the day. The century is not in the date, so 29 February always may be.
        let last = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        let date = (1..=last).contains(&day) || (day > 60 && (1..=last).contains(&(day - 60)));
        (digits_only && date).then_some(Self(digits)).ok_or(NotACpr)
    }
}

impl Cpr {
    /// The ten digits; call it only to seal, to look up, or to release where the law allows.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `DDMMYY-****`, as screens show it.
    pub fn masked(&self) -> String {
        format!("{}-****", self.0.get(..6).unwrap_or("******"))
    }
}

impl fmt::Debug for Cpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cpr(..)")
    }
}

/// Whether a person may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// May log in.
    Active,
    /// May not, until reactivated.
    Suspended,
}

impl Standing {
    /// The word kept in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

impl FromStr for Standing {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            _ => Err(()),
        }
    }
}

/// An employee's identity in one organisation.
#[derive(Debug, Clone)]
pub struct Person {
    /// Its id; the only thing logs know people by.
    pub id: Id<Person>,
    /// Where they are employed.
    pub organisation: Id<Organisation>,
    /// What they log in with.
    pub username: Username,
    /// Given name, middle names included.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Work e-mail, if known.
    pub email: Option<String>,
    /// The persistent person-in-organisation UUID (`professional/uuid/persistent`); MitID Erhverv's when known.
    pub persistent_uuid: Uuid,
    /// Whether they may log in.
    pub standing: Standing,
    /// Whether they administer Portvagt.
    pub administrator: bool,
}

impl Person {
    /// Given and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name).trim().to_owned()
    }
}

/// How an identity was proved (NSIS 3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofingMethod {
    /// A registrant saw the person and a document.
    InPerson,
    /// MitID of at least the level.
    Mitid,
    /// An earlier proofing of the same level, taken over with its evidence.
    Earlier,
}

impl ProofingMethod {
    /// The word kept in the database and used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InPerson => "in-person",
            Self::Mitid => "mitid",
            Self::Earlier => "earlier",
        }
    }
}

impl FromStr for ProofingMethod {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "in-person" => Ok(Self::InPerson),
            "mitid" => Ok(Self::Mitid),
            "earlier" => Ok(Self::Earlier),
            _ => Err(()),
        }
    }
}

/// One identity proofing, kept for the auditor.
#[derive(Debug, Clone)]
pub struct Proofing {
    /// Its id.
    pub id: Id<Proofing>,
    /// Whose identity.
    pub person: Id<Person>,
    /// How.
    pub method: ProofingMethod,
    /// What was seen, in words (document kind, issuer, reference). Never a CPR number.
    pub evidence: String,
    /// The level reached (IAL).
    pub level: Level,
    /// Who did it.
    pub proved_by: String,
    /// When.
    pub proved_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_one_whatever_way_they_are_typed() {
        let composed: Username = " Ren\u{e9}.Berg ".parse().unwrap();
        let decomposed: Username = "rene\u{301}.berg".parse().unwrap();
        assert_eq!(composed, decomposed);
        for bad in ["", "a b", "a\r\nb", "<x>", &"a".repeat(65)] {
            assert!(bad.parse::<Username>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_cpr_number_never_tells_itself() {
        let cpr: Cpr = "010180-1234".parse().unwrap();
        assert_eq!(cpr.expose(), "0101801234");
        assert_eq!(cpr.masked(), "010180-****");
        assert_eq!(format!("{cpr:?}"), "Cpr(..)");
        for bad in ["", "0101801", "3213801234", "3002801234", "3104801234", "9202801234", "0113801234", "01018012345", "0101-801234"] {
            assert!(bad.parse::<Cpr>().is_err(), "{bad}");
        }
    }
}
