//! Employees' identities: who they are and whether they may log in. How an identity was proved is `proofing`'s.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::{base::id::Id, domain::organisation::Organisation};

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

/// What locks and employments come to: whether a person may log in. The rows themselves are `domain::lock`'s and
/// `domain::employment`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Admission {
    /// How many locks are active.
    pub locks: i64,
    /// When the employment that is current, next or last began or begins; `None`: no date was ever set.
    pub employed_from: Option<Timestamp>,
    /// When it ends; `None`: it has no end.
    pub employed_until: Option<Timestamp>,
}

/// Whether a person may log in, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// May log in.
    Open,
    /// A lock is active.
    Locked,
    /// The employment has not begun.
    NotBegun,
    /// The employment has ended.
    Ended,
}

impl Access {
    /// The word used on the command line and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "active",
            Self::Locked => "locked",
            Self::NotBegun => "not-begun",
            Self::Ended => "ended",
        }
    }
}

impl Admission {
    /// What it comes to now. A lock goes before a date.
    pub fn access(&self, now: Timestamp) -> Access {
        if self.locks > 0 {
            Access::Locked
        } else if self.employed_until.is_some_and(|until| now >= until) {
            Access::Ended
        } else if self.employed_from.is_some_and(|from| now < from) {
            Access::NotBegun
        } else {
            Access::Open
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
    /// What decides whether they may log in.
    pub admission: Admission,
}

impl Person {
    /// Given and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name).trim().to_owned()
    }

    /// Whether they may log in, and if not, why.
    pub fn access(&self, now: Timestamp) -> Access {
        self.admission.access(now)
    }

    /// Whether they may log in: no lock is active and an employment is current.
    pub fn may_log_in(&self, now: Timestamp) -> bool {
        self.access(now) == Access::Open
    }
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
    fn locks_and_dates_decide_who_may_log_in() {
        let at = |seconds: i64| crate::base::clock::from_millis(seconds * 1000);
        let admission =
            |locks, from: Option<i64>, until: Option<i64>| Admission { locks, employed_from: from.map(at), employed_until: until.map(at) };
        for (locks, from, until, now, access) in [
            (0, None, None, 0, Access::Open),
            (1, None, None, 0, Access::Locked),
            (2, Some(0), Some(10), 5, Access::Locked),
            (0, Some(5), None, 4, Access::NotBegun),
            (0, Some(5), None, 5, Access::Open),
            (0, Some(5), Some(10), 9, Access::Open),
            (0, Some(5), Some(10), 10, Access::Ended),
        ] {
            assert_eq!(admission(locks, from, until).access(at(now)), access, "{locks} {from:?} {until:?} {now}");
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
