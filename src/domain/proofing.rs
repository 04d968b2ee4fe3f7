//! How an identity was proved (NSIS 3.1.2): one record for each step, with evidence, and who did it how authenticated.
//! `identity_level` is the only expression in the house that yields an IAL, and it reads valid records only.

use std::str::FromStr;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{
    base::id::Id,
    domain::{assurance::Level, person::Person},
};

/// A small set of words: as they are kept, and read back.
macro_rules! words {
    ($name:ident, $error:ident, $complaint:literal, $($variant:ident = $word:literal),+) => {
        impl $name {
            /// The word kept in the database and used on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err($error) }
            }
        }

        /// The text is none of the words.
        #[derive(Debug, thiserror::Error)]
        #[error($complaint)]
        pub struct $error;
    };
}

/// How an identity was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A registrant saw the person and a document.
    InPerson,
    /// MitID of at least the level.
    Mitid,
    /// An earlier proofing of the same level, taken over with its evidence.
    Earlier,
}
words!(Method, UnknownMethod, "use in-person, mitid or earlier", InPerson = "in-person", Mitid = "mitid", Earlier = "earlier");

/// What kind of document was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// A passport.
    Passport,
    /// A driving licence.
    DrivingLicence,
    /// A national identity card.
    IdentityCard,
    /// A residence permit.
    ResidencePermit,
    /// Something else, named in the evidence.
    Other,
}
words!(
    DocumentKind,
    UnknownDocument,
    "use passport, driving-licence, identity-card, residence-permit or other",
    Passport = "passport",
    DrivingLicence = "driving-licence",
    IdentityCard = "identity-card",
    ResidencePermit = "residence-permit",
    Other = "other"
);

/// How the document was found to be genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// Its security features were looked at, and the photograph compared with the person.
    Seen,
    /// Its chip was read.
    Chip,
    /// The issuer's register knows it.
    Register,
}
words!(Checked, UnknownCheck, "use seen, chip or register", Seen = "seen", Chip = "chip", Register = "register");

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A second person has to approve it; until then it counts for nothing.
    Waiting,
    /// It counts, while it is of the same name and number as the person.
    Valid,
    /// It was taken back.
    Revoked,
}
words!(State, UnknownState, "use waiting, valid or revoked", Waiting = "waiting", Valid = "valid", Revoked = "revoked");

/// A document that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// What kind.
    pub kind: DocumentKind,
    /// Who issued it: country or authority.
    pub issuer: String,
    /// The last day it is valid; `None`: it has no such day.
    pub expires: Option<Date>,
    /// How it was found to be genuine.
    pub checked: Checked,
}

/// How whoever recorded or approved was logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authentication {
    /// The level of the login.
    pub level: Level,
    /// The factors, as the trail names them: `password+totp`.
    pub factors: String,
    /// When the newest was checked.
    pub at: Timestamp,
}

/// A second person's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who, as the trail names actors.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// How they were logged in; `None` at the command line.
    pub authentication: Option<Authentication>,
}

/// The part of a record that decides whether it counts, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The level it proves.
    pub level: Level,
    /// Where it stands.
    pub state: State,
    /// The name that was proved.
    pub name: String,
    /// The keyed fingerprint of the CPR number at the time, if there was one.
    pub cpr_index: Option<Vec<u8>>,
    /// The last day of the document it rests on, if it rests on one.
    pub document_expires: Option<Date>,
}

/// One record, kept for the auditor.
#[derive(Debug, Clone)]
pub struct Proofing {
    /// Its id.
    pub id: Id<Proofing>,
    /// Whose identity.
    pub person: Id<Person>,
    /// How.
    pub method: Method,
    /// What it proves, and whether it still does.
    pub basis: Basis,
    /// The document that was seen, in person.
    pub document: Option<Document>,
    /// What was seen, in words (reference of the document or transaction). Never a CPR number.
    pub evidence: String,
    /// Who saw the person: the registrant; for MitID the person.
    pub proved_by: String,
    /// When.
    pub proved_at: Timestamp,
    /// Who wrote it down, as the trail names actors.
    pub recorded_by: String,
    /// How they were logged in; `None` at the command line.
    pub authentication: Option<Authentication>,
    /// The second person's approval, where there was one.
    pub approved: Option<Approval>,
    /// Who took it back, when, and why.
    pub revoked: Option<(String, Timestamp, String)>,
}

/// What is known of the person now, against which records are held.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    /// Their name now.
    pub name: &'a str,
    /// The keyed fingerprint of their CPR number now.
    pub cpr_index: Option<&'a [u8]>,
}

/// What is demanded of proofings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofingPolicy {
    /// Whether a proofing ends with the document it rests on.
    pub ends_with_document: bool,
    /// Whether the command line may record that somebody was seen.
    pub by_command_line: bool,
}

/// Why a record does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Lapse {
    /// Nobody approved it yet.
    #[error("waits for a second person's approval")]
    Waiting,
    /// It was taken back.
    #[error("was taken back")]
    Revoked,
    /// The person's CPR number is another one, or was not known then.
    #[error("is of another CPR number than the person has now")]
    OtherCpr,
    /// The person's name is another one.
    #[error("is of another name than the person has now")]
    OtherName,
    /// The document it rests on has expired.
    #[error("rests on a document that has expired")]
    DocumentExpired,
}

impl Basis {
    /// The level it proves now, or why it proves nothing.
    pub fn counts(&self, present: Present<'_>, policy: &ProofingPolicy, now: Timestamp) -> Result<Level, Lapse> {
        match self.state {
            State::Waiting => return Err(Lapse::Waiting),
            State::Revoked => return Err(Lapse::Revoked),
            State::Valid => {}
        }
        if self.cpr_index.as_deref() != present.cpr_index {
            return Err(Lapse::OtherCpr);
        }
        if !same_name(&self.name, present.name) {
            return Err(Lapse::OtherName);
        }
        if policy.ends_with_document && self.document_expires.is_some_and(|last| has_passed(last, now)) {
            return Err(Lapse::DocumentExpired);
        }
        Ok(self.level)
    }
}

/// The identity assurance level (IAL): the highest of the records that count now. `None`: nothing is proved.
pub fn identity_level(records: &[Basis], present: Present<'_>, policy: &ProofingPolicy, now: Timestamp) -> Option<Level> {
    records.iter().filter_map(|record| record.counts(present, policy, now).ok()).max()
}

/// Whether a record of that method and level needs a second person before it counts: High by other than MitID.
pub fn needs_approval(method: Method, level: Level) -> bool {
    level == Level::High && method != Method::Mitid
}

/// Whether the day is over, everywhere: days end in UTC, half a day after Danish ones at most.
pub fn has_passed(last: Date, now: Timestamp) -> bool {
    now.to_zoned(TimeZone::UTC).date() > last
}

/// Whether two names can be one person's: every word of the shorter stands in the longer, whatever the case. Middle names
/// may be left out; a changed family name is another name.
pub fn same_name(one: &str, other: &str) -> bool {
    if one == other {
        return !one.trim().is_empty();
    }
    let words = |name: &str| -> Vec<String> {
        let folded = name.nfc().collect::<String>().to_lowercase();
        folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let ends_meet = short.first() == long.first() && short.last() == long.last();
    !short.is_empty() && ends_meet && short.iter().all(|word| long.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ProofingPolicy = ProofingPolicy { ends_with_document: true, by_command_line: true };

    fn basis(level: Level) -> Basis {
        Basis { level, state: State::Valid, name: "Anna Marie Jensen".to_owned(), cpr_index: Some(vec![1]), document_expires: None }
    }

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    const PRESENT: Present<'_> = Present { name: "Anna Jensen", cpr_index: Some(&[1]) };

    #[test]
    fn a_record_counts_only_while_all_of_it_holds() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        for (name, change, expected) in [
            ("as it was", (|_| {}) as fn(&mut Basis), Ok(Level::Substantial)),
            ("waiting", |basis| basis.state = State::Waiting, Err(Lapse::Waiting)),
            ("revoked", |basis| basis.state = State::Revoked, Err(Lapse::Revoked)),
            ("another number", |basis| basis.cpr_index = Some(vec![2]), Err(Lapse::OtherCpr)),
            ("no number then", |basis| basis.cpr_index = None, Err(Lapse::OtherCpr)),
            ("another name", |basis| basis.name = "Anna Hansen".to_owned(), Err(Lapse::OtherName)),
        ] {
            let mut record = basis(Level::Substantial);
            change(&mut record);
            assert_eq!(record.counts(PRESENT, &POLICY, now()), expected, "{name}");
        }
        for (expires, ends, expected) in [
            (day("2026-11-24"), true, Ok(Level::High)),
            (day("2026-11-23"), true, Err(Lapse::DocumentExpired)),
            (day("2026-11-23"), false, Ok(Level::High)),
            (None, true, Ok(Level::High)),
        ] {
            let record = Basis { document_expires: expires, ..basis(Level::High) };
            assert_eq!(record.counts(PRESENT, &ProofingPolicy { ends_with_document: ends, ..POLICY }, now()), expected, "{expires:?}");
        }
        let without = Present { cpr_index: None, ..PRESENT };
        assert_eq!(basis(Level::Low).counts(without, &POLICY, now()), Err(Lapse::OtherCpr), "the number was taken away");
    }

    #[test]
    fn the_level_is_the_highest_that_counts() {
        let lapsed = Basis { state: State::Revoked, ..basis(Level::High) };
        assert_eq!(identity_level(&[], PRESENT, &POLICY, now()), None);
        assert_eq!(identity_level(std::slice::from_ref(&lapsed), PRESENT, &POLICY, now()), None);
        assert_eq!(
            identity_level(&[basis(Level::Low), lapsed, basis(Level::Substantial)], PRESENT, &POLICY, now()),
            Some(Level::Substantial)
        );
    }

    #[test]
    fn only_high_by_other_than_mitid_waits_for_a_second_person() {
        for method in [Method::InPerson, Method::Mitid, Method::Earlier] {
            for level in [Level::Low, Level::Substantial, Level::High] {
                assert_eq!(needs_approval(method, level), level == Level::High && method != Method::Mitid);
            }
        }
    }

    #[test]
    fn middle_names_may_be_left_out_and_nothing_else() {
        for (one, other, same) in [
            ("Anna Jensen", "anna  JENSEN", true),
            ("Anna Marie Skov Jensen", "Anna Jensen", true),
            ("Anna Jensen", "Anna Skov Jensen", true),
            ("Ren\u{e9} Berg", "Rene\u{301} Berg", true),
            ("Anne-Mette Juul", "Anne Mette Juul", true),
            ("Anna Jensen", "Anna Hansen", false),
            ("Anna Jensen", "Hanne Jensen", false),
            ("Anna Jensen", "Jensen Anna", false),
            ("Anna", "Anna Jensen", false),
            ("", "", false),
            ("", "Anna", false),
        ] {
            assert_eq!(same_name(one, other), same, "{one} / {other}");
            assert_eq!(same_name(other, one), same, "{other} / {one}");
        }
    }

    #[test]
    fn words_are_read_back() {
        assert_eq!("in-person".parse::<Method>().unwrap().as_str(), "in-person");
        assert_eq!("driving-licence".parse::<DocumentKind>().unwrap().as_str(), "driving-licence");
        assert_eq!("chip".parse::<Checked>().unwrap().as_str(), "chip");
        assert_eq!("waiting".parse::<State>().unwrap().as_str(), "waiting");
        assert!("x".parse::<Method>().is_err() && "x".parse::<State>().is_err());
    }
}
