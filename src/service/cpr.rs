//! CPR numbers: sealed at rest under a key outside the database, found by keyed fingerprint, masked on screen. Ten digits
//! are shown only for a reason that is in the trail before they are; when the trail cannot be written nobody reads them.

use unicode_normalization::UnicodeNormalization;

use crate::{
    base::id::Id,
    crypto::seal::SealError,
    domain::{
        audit::Kind,
        person::{Cpr, Person},
    },
    service::{ground::Ground, operator::Operator},
    storage::{
        cprs::{self, SealedCpr},
        fault::Fault,
        people,
    },
};

/// Why a number is not shown or set; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// None is known.
    #[error("no CPR number is known of this person")]
    Unknown,
    /// The reason is missing, too long, or holds a number itself.
    #[error("say in 5 to 200 characters why, without any CPR number")]
    Reason,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The context a person's CPR number is sealed under.
pub fn context(person: Id<Person>) -> String {
    format!("people/cpr/{person}")
}

/// The keyed fingerprint a number is found by.
pub fn index(ground: &Ground, cpr: &Cpr) -> Result<Vec<u8>, SealError> {
    Ok(ground.seals.cpr_index.mac(&[cpr.expose().as_bytes()])?.to_vec())
}

/// The number as it is stored.
pub fn seal(ground: &Ground, person: Id<Person>, cpr: &Cpr) -> Result<SealedCpr, SealError> {
    let cipher = ground.seals.cpr.seal(cpr.expose().as_bytes(), context(person).as_bytes(), ground.random.as_ref())?;
    Ok(SealedCpr { cipher, index: index(ground, cpr)? })
}

/// Opens a sealed number.
pub fn open(ground: &Ground, person: Id<Person>, sealed: &[u8]) -> Result<Option<Cpr>, SealError> {
    let plain = ground.seals.cpr.open(sealed, context(person).as_bytes())?;
    Ok(std::str::from_utf8(plain.expose()).ok().and_then(|digits| digits.parse().ok()))
}

/// The keyed fingerprint of the person's number, if one is known.
pub async fn index_of(ground: &Ground, person: Id<Person>) -> Result<Option<Vec<u8>>, Fault> {
    Ok(cprs::of(&ground.db, person).await?.map(|sealed| sealed.index))
}

/// Whether the number is the person's: compared by fingerprint.
pub async fn fits(ground: &Ground, person: Id<Person>, cpr: &Cpr) -> Result<bool, Refusal> {
    let index = index(ground, cpr)?;
    Ok(index_of(ground, person).await?.is_some_and(|own| own == index))
}

/// The accounts of the human with that number, in all organisations.
pub async fn find(ground: &Ground, cpr: &Cpr) -> Result<Vec<Person>, Refusal> {
    let mut found = Vec::new();
    for id in cprs::accounts(&ground.db, &index(ground, cpr)?).await? {
        found.extend(people::by_id(&ground.db, id).await?);
    }
    Ok(found)
}

/// `DDMMYY-****`, as screens show it; `None` when no number is known.
pub async fn masked(ground: &Ground, person: Id<Person>) -> Result<Option<String>, Refusal> {
    let Some(sealed) = cprs::of(&ground.db, person).await? else { return Ok(None) };
    Ok(open(ground, person, &sealed.cipher)?.map(|cpr| cpr.masked()))
}

/// The whole number, for a reason. The reason is in the trail before the seal is opened.
pub async fn read(ground: &Ground, by: &Operator, person: Id<Person>, reason: &str) -> Result<Cpr, Refusal> {
    let reason = plain_reason(reason).ok_or(Refusal::Reason)?;
    let sealed = cprs::of(&ground.db, person).await?.ok_or(Refusal::Unknown)?;
    ground.db.begin().await?.commit(by.event(ground, Kind::CprRead).about(person).with("reason", reason)).await?;
    open(ground, person, &sealed.cipher)?.ok_or(Refusal::Unknown)
}

/// The human's other accounts in the person's own organisation.
pub async fn twins(ground: &Ground, person: &Person) -> Result<Vec<Person>, Fault> {
    let Some(index) = index_of(ground, person.id).await? else { return Ok(Vec::new()) };
    let mut twins = Vec::new();
    for id in cprs::accounts(&ground.db, &index).await?.into_iter().filter(|id| *id != person.id) {
        twins.extend(people::by_id(&ground.db, id).await?.filter(|twin| twin.organisation == person.organisation));
    }
    Ok(twins)
}

/// Whether two accounts are one human's: the same account, or two of one CPR number. `None`: nobody can tell, because a
/// number is not known.
pub async fn same_human(ground: &Ground, one: Id<Person>, other: Id<Person>) -> Result<Option<bool>, Fault> {
    if one == other {
        return Ok(Some(true));
    }
    let (one, other) = (index_of(ground, one).await?, index_of(ground, other).await?);
    Ok(one.zip(other).map(|(one, other)| one == other))
}

/// Sets or changes the person's number. What was proved of another number counts no longer, from this instant on.
pub async fn set(ground: &Ground, by: &Operator, person: &Person, cpr: &Cpr) -> Result<(), Refusal> {
    let sealed = seal(ground, person.id, cpr)?;
    let mut tx = ground.db.begin().await?;
    people::hold(&mut tx, person.id).await?;
    cprs::put(&mut tx, person.id, person.organisation, &sealed).await?;
    Ok(tx.commit(by.event(ground, Kind::CprSet).about(person.id)).await?)
}

/// A reason in words: 5 to 200 characters, no control character, nothing that could be a CPR number.
pub fn plain_reason(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = (5..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control) && !holds_cpr(text);
    fits.then_some(text)
}

/// What somebody calls an authenticator, without what would disturb a line or a list. One that holds a CPR number is no name:
/// it would stand in mails.
pub fn plain_name(name: &str) -> String {
    let name: String = name.trim().chars().filter(|letter| !letter.is_control()).take(60).collect();
    if holds_cpr(&name) { String::new() } else { name }
}

/// Whether ten digits that can be a CPR number stand anywhere in the text, alone or in a longer row of digits, however they
/// are parted: by spaces, full stops, slashes, dashes of any kind, or what is not seen at all.
pub fn holds_cpr(text: &str) -> bool {
    let mut row = String::new();
    let mut gap = 0;
    // A last letter that is none of them ends the last row.
    for letter in text.nfkc().chain(['x']) {
        match digit(letter) {
            Some(digit) => {
                row.push(digit);
                gap = 0;
            }
            None if parts_digits(letter) && gap < LONGEST_GAP => gap += 1,
            None if windows_hold_cpr(&row) => return true,
            None => row.clear(),
        }
    }
    false
}

/// More signs than this between two digits part two numbers.
const LONGEST_GAP: usize = 3;

/// A decimal digit of whatever script counts as the one it is.
fn digit(letter: char) -> Option<char> {
    if letter.is_ascii_digit() {
        return Some(letter);
    }
    // NFKC has turned wide and raised digits into ours already; scripts with digits of their own have them in rows of ten.
    let value = SCRIPTS.iter().find_map(|zero| u32::from(letter).checked_sub(*zero).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// The zeros of scripts that people type numbers in: Arabic, Persian, Devanagari, Bengali, Thai.
const SCRIPTS: [u32; 5] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];

fn parts_digits(letter: char) -> bool {
    let dashes = '\u{2010}'..='\u{2015}';
    let unseen = ('\u{200b}'..='\u{200f}').contains(&letter) || matches!(letter, '\u{2060}' | '\u{feff}' | '\u{ad}');
    letter.is_whitespace() || dashes.contains(&letter) || unseen || matches!(letter, '-' | '.' | ',' | '/' | '_' | '\u{2212}' | '·' | '\'')
}

fn windows_hold_cpr(row: &str) -> bool {
    (0..row.len()).any(|from| row.get(from..from + 10).is_some_and(|ten| ten.parse::<Cpr>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_a_cpr_number_is_known() {
        for bad in [
            "Pas, 010180-1234",
            "0101801234",
            "cpr:010180-1234.",
            "010180 1234",
            "010180.1234",
            "010180\u{2013}1234",
            "010180 - 1234",
            "1-0101801234",
            "01 01 80 1234",
            "01.01.80/1234",
            "010180\u{200b}1234",
            "010180\u{a0}1234",
            "\u{ff10}\u{ff11}\u{ff10}\u{ff11}80-1234",
            "\u{660}\u{661}\u{660}\u{661}\u{668}\u{660}\u{661}\u{662}\u{663}\u{664}",
            "nr. 99010180123499",
            "x0101801234y",
            "0909801111@kommune.dk",
        ] {
            assert!(holds_cpr(bad), "{bad}");
        }
        for good in [
            "Pas nr. 204123456, udstedt 2021-03-04",
            "MitID, 2026-11-24 06:00",
            "20-17-99",
            "Telefon 70 10 00 00",
            "9999999999",
            "010180, siger hun, er dagen; 1234 er stuen",
            "iPhone 17 (2026)",
        ] {
            assert!(!holds_cpr(good), "{good}");
        }
    }

    #[test]
    fn a_reason_is_words() {
        assert_eq!(plain_reason("  A letter is sent \n"), Some("A letter is sent"));
        for bad in ["", "why", "for 010180-1234", "two\nlines", &"x".repeat(201)] {
            assert_eq!(plain_reason(bad), None, "{bad}");
        }
    }
}
