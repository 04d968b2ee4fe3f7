//! Everything that is kept about oneself, as one machine-readable document (GDPR articles 15 and 20). Secrets stay where
//! they are: no password hash, no seed, no token. Other people's names and ids are replaced by what they are. Taking it
//! out is written down before it is given, and reading the CPR number once more as any other reading of it.

use serde_json::{Map, Value, json};

use crate::{
    base::id::Id,
    domain::{
        audit::{Actor, Event, Kind},
        organisation::Unit,
        person::Person,
        proofing::Proofing,
    },
    service::{
        activity::{self, Who},
        cpr,
        enrolment::Fresh,
        ground::{Ground, Visitor},
        lifecycle,
        operator::Operator,
        own_language, proofing, roles, terms,
    },
    storage::{
        activations,
        audit::{self, Filter, Written},
        authenticators, credentials,
        fault::Fault,
        flows, organisations, outbox, sessions,
    },
};

/// Why it could not be given.
#[derive(Debug, thiserror::Error)]
pub enum NotGiven {
    /// The database.
    #[error(transparent)]
    Storage(#[from] Fault),
    /// The CPR number cannot be opened.
    #[error("the CPR number cannot be read: {0}")]
    Cpr(cpr::Refusal),
}

/// The name and version of the document's form.
pub const FORM: &str = "portvagt-own-data-1";
/// Events read at a time.
const CHUNK: i64 = 500;
/// Details of events that may name somebody else.
const NAMING: [&str; 2] = ["proved_by", "proposed_by"];

/// Everything, for whoever holds the fresh login.
pub async fn take_out(ground: &Ground, fresh: Fresh<'_>, person: &Person, visitor: &Visitor) -> Result<Value, NotGiven> {
    let id = fresh.session().person;
    let event = Event::new(Kind::DataExported, Actor::Person(id), ground.clock.now(), &visitor.incident, ground.random.as_ref());
    ground.db.begin().await?.commit(event.about(id).with("address", visitor.address).with("browser", &visitor.user_agent)).await?;
    tracing::info!(event = "gdpr.export", incident = %visitor.incident, person = %id);
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| drop(document.insert(name.to_owned(), value));
    put("form", json!(FORM));
    put("made_at", json!(ground.clock.now()));
    put("person", about(ground, person, visitor).await?);
    put("organisation", organisation(ground, person).await?);
    put("employments", employments(ground, person).await?);
    put("roles", held_roles(ground, id).await?);
    put("locks", locks(ground, id).await?);
    put("identity_proofings", proofings(ground, id).await?);
    put("terms", accepted(ground, person).await?);
    put("password", json!(credentials::password(&ground.db, id).await?.map(|stored| json!({ "set_at": stored.set_at }))));
    put("activation_code_open", json!(activations::open_for(&ground.db, id, ground.clock.now()).await?));
    put("authenticators", held_authenticators(ground, id).await?);
    put("sessions", live_sessions(ground, id).await?);
    put("logins_under_way", json!(flows::of_person(&ground.db, id, ground.clock.now()).await?));
    put("mails", json!(outbox::of_person(&ground.db, id).await?.iter().map(mail).collect::<Vec<_>>()));
    let (activity, acts) = trail(ground, id).await?;
    put("activity", activity);
    put("acts_on_others", acts);
    Ok(Value::Object(document))
}

async fn about(ground: &Ground, person: &Person, visitor: &Visitor) -> Result<Value, NotGiven> {
    let by = Operator { actor: Actor::Person(person.id), incident: visitor.incident.clone() };
    let cpr = match cpr::read(ground, &by, person.id, "the person took out their own data").await {
        Ok(cpr) => Some(cpr.expose().to_owned()),
        Err(cpr::Refusal::Unknown) => None,
        Err(cpr::Refusal::Fault(fault)) => return Err(fault.into()),
        Err(refusal) => return Err(NotGiven::Cpr(refusal)),
    };
    Ok(json!({
        "id": person.id,
        "user_name": person.username,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "persistent_uuid": person.persistent_uuid,
        "cpr": cpr,
        "language": own_language::chosen(ground, person.id).await?.map(|language| language.tag()),
    }))
}

async fn organisation(ground: &Ground, person: &Person) -> Result<Value, Fault> {
    let found = organisations::by_id(&ground.db, person.organisation).await?;
    Ok(json!(found.map(|one| json!({ "cvr": one.cvr.as_str(), "name": one.name, "notified": one.notified }))))
}

async fn employments(ground: &Ground, person: &Person) -> Result<Value, Fault> {
    let units = lifecycle::units(ground, person.organisation).await?;
    let unit = |id: Option<Id<Unit>>| units.iter().find(|unit| Some(unit.id) == id).map(|unit| unit.name.clone());
    let all = lifecycle::employments(ground, person.id).await?;
    let shown =
        all.iter().map(|one| json!({ "unit": unit(one.unit), "title": one.title, "starts_at": one.starts_at, "ends_at": one.ends_at }));
    Ok(shown.collect())
}

async fn held_roles(ground: &Ground, id: Id<Person>) -> Result<Value, Fault> {
    let shown = roles::of(ground, id)
        .await?
        .into_iter()
        .map(|grant| json!({ "role": grant.role, "granted_by": word(id, &grant.granted_by), "granted_at": grant.granted_at }));
    Ok(shown.collect())
}

async fn locks(ground: &Ground, id: Id<Person>) -> Result<Value, Fault> {
    let shown = lifecycle::locks(ground, id).await?.into_iter().map(|lock| {
        let lifted = lock.lifted.map(|lifted| json!({ "by": word(id, &lifted.by), "at": lifted.at, "reason": lifted.reason }));
        json!({
            "cause": lock.cause,
            "reason": lock.reason,
            "placed_by": word(id, &lock.placed_by),
            "placed_at": lock.placed_at,
            "lifted": lifted,
        })
    });
    Ok(shown.collect())
}

async fn proofings(ground: &Ground, id: Id<Person>) -> Result<Value, Fault> {
    Ok(proofing::of(ground, id).await?.iter().map(|record| proofing_of(id, record)).collect())
}

fn proofing_of(id: Id<Person>, record: &Proofing) -> Value {
    let approved = record.approved.as_ref().map(|approval| json!({ "by": word(id, &approval.by), "at": approval.at }));
    let revoked = record.revoked.as_ref().map(|(by, at, reason)| json!({ "by": word(id, by), "at": at, "reason": reason }));
    json!({
        "method": record.method,
        "level": record.basis.level,
        "state": record.basis.state,
        "name": record.basis.name,
        "document": record.document,
        "evidence": record.evidence,
        "proved_at": record.proved_at,
        "recorded_by": word(id, &record.recorded_by),
        "approved": approved,
        "revoked": revoked,
    })
}

async fn accepted(ground: &Ground, person: &Person) -> Result<Value, Fault> {
    let texts = terms::list(ground, person.organisation).await?;
    let shown = terms::accepted(ground, person.id).await?.into_iter().map(|one| {
        let text = texts.iter().find(|text| text.version == one.version);
        let text = text.map(|text| if one.language == "en" { text.english.as_str() } else { text.danish.as_str() });
        json!({ "version": one.version, "language": one.language, "accepted_at": one.accepted_at, "text": text })
    });
    Ok(shown.collect())
}

async fn held_authenticators(ground: &Ground, id: Id<Person>) -> Result<Value, Fault> {
    let places = authenticators::last_places(&ground.db, id).await?;
    let shown = authenticators::of_person(&ground.db, id).await?.into_iter().map(|one| {
        let place = places.iter().find(|place| place.authenticator == one.id);
        json!({
            "id": one.id,
            "kind": one.kind,
            "name": one.name,
            "carries": one.carries,
            "enrolled_at": one.enrolled_at,
            "last_used_at": one.last_used_at,
            "last_service": place.and_then(|place| place.client.clone()),
            "last_browser": place.map(|place| place.browser.clone()),
        })
    });
    Ok(shown.collect())
}

async fn live_sessions(ground: &Ground, id: Id<Person>) -> Result<Value, Fault> {
    let visited = sessions::visited_by(&ground.db, id).await?;
    let shown = sessions::list_of(&ground.db, id).await?.into_iter().map(|session| {
        let services = visited.iter().filter(|visited| visited.session == session.id);
        json!({
            "id": session.id,
            "started_at": session.created_at,
            "last_used_at": session.last_seen_at,
            "address": session.address,
            "browser": session.user_agent,
            "checks": session.evidence,
            "services": services.map(|visited| json!({ "name": visited.name, "at": visited.at })).collect::<Value>(),
        })
    });
    Ok(shown.collect())
}

fn mail(mail: &outbox::Mail) -> Value {
    json!({ "notice": mail.notice, "state": mail.state, "queued_at": mail.queued_at, "tries": mail.tries })
}

/// Events about the person, and what the person did to others, oldest last; of others nothing but that it was somebody.
async fn trail(ground: &Ground, id: Id<Person>) -> Result<(Value, Value), Fault> {
    let (mut activity, mut acts) = (Vec::new(), Vec::new());
    let own = id.to_string();
    let mut before = None;
    loop {
        let filter = Filter { person: Some(id), before, limit: CHUNK, ..Filter::default() };
        let events = audit::list(&ground.db, &filter).await?;
        let Some(last) = events.last() else { break };
        before = Some((last.at, last.id.clone()));
        for event in events {
            match event.subject.as_deref() == Some(&own) {
                true => activity.push(happened(id, event)),
                false => acts.push(json!({ "at": event.at, "kind": event.kind, "incident": event.incident })),
            }
        }
    }
    Ok((activity.into(), acts.into()))
}

fn happened(id: Id<Person>, event: Written) -> Value {
    let mut details = event.details;
    for name in NAMING {
        if let Some(value) = details.get_mut(name) {
            *value = "staff".to_owned();
        }
    }
    json!({
        "at": event.at,
        "kind": event.kind,
        "by": word(id, &event.actor),
        "service": event.actor.strip_prefix("client:"),
        "incident": event.incident,
        "details": details,
    })
}

/// What an actor is to the person, in a word.
fn word(id: Id<Person>, actor: &str) -> &'static str {
    match activity::who(id, actor) {
        Who::Oneself => "oneself",
        Who::Somebody => "somebody-not-logged-in",
        Who::Staff(_) => "staff",
        Who::Administrator => "administrator",
        Who::Service => "service",
        Who::Portvagt => "portvagt",
    }
}
