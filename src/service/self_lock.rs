//! Locking one's own identity, at any hour: from one's own pages, or with user name and password alone, since whoever was
//! robbed has no second factor at hand (NSIS 3.2.3). Nobody without the password locks anybody: attempts are counted and
//! answered as those of a login. Saying that an event was not one's own doing locks likewise.

use crate::{
    base::{id::Id, secret::Secret},
    crypto::seal::SealError,
    domain::{
        audit::{Actor, Event, Kind},
        factor::Authenticator,
        flow::SelfLock,
        lock::{Cause, Suspect},
        person::Person,
        session::Session,
    },
    service::{
        activity::Deed,
        ground::{Ground, Visitor},
        lifecycle,
        login::{self, Held, Refusal, unsaved},
        operator::Operator,
    },
    storage::{authenticators, db::Tx, fault::Fault, sessions},
};

/// Begins the flow of the page for those who are not logged in.
pub fn begin(ground: &Ground) -> Result<Held, SealError> {
    unsaved::begin::<SelfLock>(ground)
}

/// Whether that flow is open in this browser.
pub async fn is_open(ground: &Ground, held: &Held) -> Result<(), Refusal> {
    login::open::<SelfLock>(ground, held).await.map(drop)
}

/// Locks the person whose user name and password these are. Locked already is as good as locked now.
pub async fn by_password(
    ground: &Ground,
    held: &Held,
    (username, password): (&str, Secret<String>),
    visitor: &Visitor,
) -> Result<(), Refusal> {
    login::open::<SelfLock>(ground, held).await?;
    let person = login::password::owner(ground, username, &password, visitor).await?;
    // Nothing of this flow was ever kept, so nothing ends; locked twice is as good as locked.
    let tx = ground.db.begin().await?;
    Ok(place(ground, tx, (person.id, Cause::Person, "by the person, with user name and password"), None, visitor).await?)
}

/// Locks whoever is logged in.
pub async fn from_own_pages(ground: &Ground, person: Id<Person>, visitor: &Visitor) -> Result<(), Fault> {
    let tx = ground.db.begin().await?;
    place(ground, tx, (person, Cause::Person, "by the person, from their own pages"), None, visitor).await
}

/// Writes down for those who look after security that an event was not the person's doing, and locks them.
pub async fn not_me(ground: &Ground, person: Id<Person>, deed: &Deed, visitor: &Visitor) -> Result<(), Fault> {
    let suspect = suspect(ground, person, deed).await?;
    let mut tx = ground.db.begin().await?;
    let event = Event::new(Kind::MisuseReported, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref())
        .about(person);
    let event = event.with("event", deed.place.to_text()).with("event_kind", &deed.kind).with("event_incident", &deed.incident);
    let event = event.with("suspect", suspect.to_text());
    tx.note(&event.with("address", visitor.address).with("browser", &visitor.user_agent)).await?;
    tracing::warn!(event = "misuse.reported", reported = deed.kind, incident = %visitor.incident, person = %person);
    place(ground, tx, (person, Cause::Misuse, "the person said that an event was not their doing"), Some(suspect), visitor).await
}

/// The second factor that the event was done with: the one it names, or the one of the session it names.
async fn suspect(ground: &Ground, person: Id<Person>, deed: &Deed) -> Result<Suspect, Fault> {
    let named = deed.details.get("authenticator").and_then(|id| id.parse::<Id<Authenticator>>().ok());
    let session = match deed.details.get("session").and_then(|id| id.parse::<Id<Session>>().ok()) {
        Some(id) if named.is_none() => sessions::by_id(&ground.db, id).await?.filter(|session| session.person == person),
        _ => None,
    };
    let factor = named.or_else(|| session?.evidence.newest_authenticator());
    let known = authenticators::of_person(&ground.db, person).await?;
    let factor = factor.filter(|id| known.iter().any(|one| one.id == *id));
    Ok(factor.map_or(Suspect::Unknown, Suspect::Factor))
}

async fn place(
    ground: &Ground,
    mut tx: Tx,
    (person, cause, reason): (Id<Person>, Cause, &str),
    suspect: Option<Suspect>,
    visitor: &Visitor,
) -> Result<(), Fault> {
    let by = Operator { actor: Actor::Person(person), incident: visitor.incident.clone() };
    let Some((_, event)) = lifecycle::place_upon(ground, &mut tx, &by, (person, cause, reason), suspect).await? else {
        return tx.commit_routine().await;
    };
    tx.commit(event.with("address", visitor.address).with("browser", &visitor.user_agent)).await?;
    tracing::info!(event = "person.locked", cause = cause.as_str(), incident = %visitor.incident, person = %person);
    Ok(())
}
