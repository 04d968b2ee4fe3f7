//! What happened to oneself, as its owner may see it: the audit trail about one person, mails aside, with everybody else's name replaced
//! by what they are. Reading is all that happens here; the words stand in the language files.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    base::{clock, id::Id},
    domain::{person::Person, role::Role},
    protocol::browser::{self, Browser},
    service::{ground::Ground, roles},
    storage::{
        audit::{self, Written},
        clients,
        fault::Fault,
    },
};

/// How far back it goes: 13 months, in days.
pub const DAYS: i64 = 396;
/// Events on a page.
pub const PAGE: usize = 25;

/// Where an event stands among the others; the key of a page and of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    at: Timestamp,
    id: String,
}

impl Place {
    /// Reads what [`Place::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        let (millis, id) = text.split_once('.')?;
        let id: uuid::Uuid = id.parse().ok()?;
        Some(Self { at: clock::from_millis(millis.parse().ok()?), id: id.to_string() })
    }

    /// Time and id, by which the trail is read on.
    pub(in crate::service) fn into_key(self) -> (Timestamp, String) {
        (self.at, self.id)
    }

    /// The place as text for an address.
    pub fn to_text(&self) -> String {
        format!("{}.{}", self.at.as_millisecond(), self.id)
    }
}

/// Who did it, seen from the person it happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The person.
    Oneself,
    /// Somebody at the login page; perhaps the person.
    Somebody,
    /// Another person, by the role they have now; never by name.
    Staff(Option<Role>),
    /// An administrator at the command line; never by name.
    Administrator,
    /// A service.
    Service,
    /// Portvagt itself.
    Portvagt,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Deed {
    /// Where it stands.
    pub place: Place,
    /// When.
    pub at: Timestamp,
    /// The kind of event.
    pub kind: String,
    /// Who did it.
    pub who: Who,
    /// The service it was about, by the name it has now; its entity ID when it is not registered any more.
    pub service: Option<String>,
    /// The address it came from.
    pub address: Option<String>,
    /// The browser it came from.
    pub browser: Option<Browser>,
    /// The incident code.
    pub incident: String,
    /// The rest, as it was written down.
    pub details: BTreeMap<String, String>,
}

/// A page of what happened.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub deeds: Vec<Deed>,
    /// Where the next page begins, if there is one.
    pub older: Option<Place>,
}

/// How many events are read for a page of `size`: one more tells whether another page follows.
pub(in crate::service) fn one_more(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1)
}

/// The page of `size`, and where the next one begins, if there is one.
pub(in crate::service) fn cut(mut events: Vec<Written>, size: usize) -> (Vec<Written>, Option<Place>) {
    let more = events.len() > size;
    events.truncate(size);
    let next = events.last().filter(|_| more).map(|last| Place { at: last.at, id: last.id.clone() });
    (events, next)
}

/// What happened to the person before `before`, newest first.
pub async fn page(ground: &Ground, person: Id<Person>, before: Option<Place>) -> Result<Page, Fault> {
    let from = clock::plus(ground.clock.now(), -DAYS * 86_400);
    let written = audit::about(&ground.db, person, from, before.map(Place::into_key), one_more(PAGE)).await?;
    let (written, older) = cut(written, PAGE);
    Ok(Page { deeds: deeds(ground, person, written).await?, older })
}

/// One event that happened to the person; `None` when there is none such, or it is somebody else's.
pub async fn one(ground: &Ground, person: Id<Person>, place: &Place) -> Result<Option<Deed>, Fault> {
    let Some(event) = audit::one_about(&ground.db, person, place.at, &place.id).await? else { return Ok(None) };
    Ok(deeds(ground, person, vec![event]).await?.into_iter().next())
}

async fn deeds(ground: &Ground, person: Id<Person>, events: Vec<Written>) -> Result<Vec<Deed>, Fault> {
    let names = service_names(ground, &events).await?;
    let mut deeds = Vec::new();
    for event in events {
        let actor = event.actor.clone();
        let mut deed = deed(person, event, &names);
        if deed.who == Who::Staff(None)
            && let Some(id) = actor.strip_prefix("person:").and_then(|id| id.parse().ok())
        {
            deed.who = Who::Staff(roles::of(ground, id).await?.first().map(|grant| grant.role));
        }
        deeds.push(deed);
    }
    Ok(deeds)
}

async fn service_names(ground: &Ground, events: &[Written]) -> Result<BTreeMap<String, String>, Fault> {
    let mut names = BTreeMap::new();
    for entity_id in events.iter().filter_map(entity_id) {
        if !names.contains_key(&entity_id)
            && let Some(client) = clients::by_entity_id(&ground.db, &entity_id).await?
        {
            names.insert(entity_id, client.name);
        }
    }
    Ok(names)
}

fn entity_id(event: &Written) -> Option<String> {
    event.details.get("client").cloned().or_else(|| event.actor.strip_prefix("client:").map(str::to_owned))
}

fn deed(person: Id<Person>, event: Written, names: &BTreeMap<String, String>) -> Deed {
    let service = entity_id(&event).map(|entity_id| names.get(&entity_id).cloned().unwrap_or(entity_id));
    Deed {
        place: Place { at: event.at, id: event.id },
        at: event.at,
        who: who(person, &event.actor),
        service,
        address: event.details.get("address").cloned(),
        browser: event.details.get("browser").map(|text| browser::read(text)),
        incident: event.incident,
        kind: event.kind,
        details: event.details,
    }
}

/// Who an actor is to the person; nobody's name or id goes further than this.
pub fn who(person: Id<Person>, actor: &str) -> Who {
    match actor.split_once(':') {
        Some(("person", id)) if id == person.to_string() => Who::Oneself,
        Some(("person", _)) => Who::Staff(None),
        Some(("operator", _)) => Who::Administrator,
        Some(("client", _)) => Who::Service,
        _ if actor == "visitor" => Who::Somebody,
        _ => Who::Portvagt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let place = Place { at: clock::from_millis(1_700_000_000_123), id: "6f1b3c1e-8a35-4c0f-9d0c-3a5b8a5f0a11".to_owned() };
        assert_eq!(Place::from_text(&place.to_text()), Some(place));
        for bad in ["", ".", "1", "1.x", "x.6f1b3c1e-8a35-4c0f-9d0c-3a5b8a5f0a11", "1.' OR 1=1"] {
            assert_eq!(Place::from_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn nobody_else_is_named() {
        let me = Id::from_uuid(uuid::Uuid::from_u128(1));
        let other: Id<Person> = Id::from_uuid(uuid::Uuid::from_u128(2));
        for (actor, expected) in [
            (format!("person:{me}"), Who::Oneself),
            (format!("person:{other}"), Who::Staff(None)),
            ("operator:root".to_owned(), Who::Administrator),
            ("client:https://sp.example".to_owned(), Who::Service),
            ("visitor".to_owned(), Who::Somebody),
            ("system".to_owned(), Who::Portvagt),
        ] {
            assert_eq!(who(me, &actor), expected, "{actor}");
        }
    }
}
