//! What is known of a person and changes: names, user name and e-mail address. The person is told of another address at the
//! old and the new one, with the act; what was proved of another name counts no longer from this instant on (NSIS 3.1.2).
//! Who may do it is the caller's to know. No event holds a name or an address.

use crate::{
    base::id::Id,
    crypto::canonical,
    domain::{
        audit::Kind,
        notice::Notice,
        person::{Person, Username},
    },
    protocol::mail,
    service::{cpr, ground::Ground, notices, operator::Operator, people::Refusal},
    storage::people,
};

/// What is to become otherwise; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What they log in with.
    pub username: Option<Username>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Work e-mail; an empty text takes the address away.
    pub email: Option<String>,
}

/// Changes it: the person as they are then. Nothing is written where nothing is changed.
///
/// # Errors
/// A [`Refusal`] when nobody has that id, a text cannot be what it is meant for, or somebody else has the user name.
pub async fn change(ground: &Ground, by: &Operator, person: Id<Person>, change: Change) -> Result<Person, Refusal> {
    let before = people::by_id(&ground.db, person).await?.ok_or_else(|| Refusal::NoSuchPerson(person.to_string()))?;
    let given_name = change.given_name.as_ref().unwrap_or(&before.given_name);
    let (given_name, family_name) = names(given_name, change.family_name.as_ref().unwrap_or(&before.family_name))?;
    let email = match &change.email {
        Some(text) => address(text)?,
        None => before.email.clone(),
    };
    let username = change.username.map_or_else(|| Ok(before.username.clone()), self::username)?;
    let after = Person { username, given_name, family_name, email, ..before.clone() };
    let changes = [
        (Kind::PersonRenamed, after.full_name() != before.full_name() || after.given_name != before.given_name),
        (Kind::UsernameChanged, after.username != before.username),
        (Kind::AddressChanged, after.email != before.email),
    ];
    let mut events = changes.into_iter().filter(|(_, is)| *is).map(|(kind, _)| by.event(ground, kind).about(person));
    let Some(last) = events.next_back() else { return Ok(after) };
    let mut tx = ground.db.begin().await?;
    people::update(&mut tx, &after).await??;
    if after.email != before.email {
        notices::queue(ground, &mut tx, person, Notice::AddressChanged { old: before.email }).await?;
    }
    for event in events {
        tx.note(&event).await?;
    }
    tx.commit(last).await?;
    Ok(after)
}

/// Both names, trimmed, if an assertion can carry them.
pub(super) fn names(given: &str, family: &str) -> Result<(String, String), Refusal> {
    let fits = |name: &str| (1..=100).contains(&name.chars().count()) && canonical::is_plain(name);
    let (given, family) = (given.trim(), family.trim());
    if !fits(given) || !fits(family) {
        return Err(Refusal::Name);
    }
    if cpr::holds_cpr(given) || cpr::holds_cpr(family) { Err(Refusal::HoldsCpr) } else { Ok((given.to_owned(), family.to_owned())) }
}

/// The address, trimmed; `None` for an empty text.
pub(super) fn address(text: &str) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > 254 || !canonical::is_plain(text) || !mail::is_address(text) {
        return Err(Refusal::Email);
    }
    if cpr::holds_cpr(text) { Err(Refusal::HoldsCpr) } else { Ok(Some(text.to_owned())) }
}

/// The user name, which stands in letters and on screens.
pub(super) fn username(name: Username) -> Result<Username, Refusal> {
    if cpr::holds_cpr(name.as_str()) { Err(Refusal::HoldsCpr) } else { Ok(name) }
}
