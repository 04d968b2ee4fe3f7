//! How a person is shown to an operator: everything there is to know, in words and in JSON. CPR numbers masked.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    cli::answer::Answer,
    domain::{
        lock::{Lock, Suspect},
        person::Person,
        proofing::Proofing,
    },
    service::{ground::Ground, people::Record},
};

/// A person with everything they have.
pub fn record(record: &Record, ground: &Ground) -> Answer {
    let (person, now) = (&record.person, ground.clock.now());
    let identity = record.identity.map_or("not proved: no service is told anything".to_owned(), |level| format!("proved at level {level}"));
    let mut lines = vec![
        format!("{} ({}), {}", person.full_name(), person.username, person.access(now).as_str()),
        format!("e-mail           {}", person.email.as_deref().unwrap_or("-")),
        format!("id               {}", person.id),
        format!("persistent UUID  {}", person.persistent_uuid),
        format!("CPR number       {}", record.cpr.as_deref().unwrap_or("-")),
        format!("identity         {identity}"),
        format!("activation code  {}", if record.activation_open { "handed over, not used yet" } else { "none open" }),
    ];
    lines.extend(record.roles.iter().map(|one| format!("role             {}, granted by {}", one.role.as_str(), one.granted_by)));
    lines.extend(record.employments.iter().map(|one| {
        let end = one.ends_at.map_or("without end".to_owned(), |end| format!("until {end}"));
        format!("employment       {} from {} {end} {}", one.id, one.starts_at, one.title)
    }));
    lines.extend(record.locks.iter().filter(|lock| lock.lifted.is_none()).map(lock_line));
    lines.extend(record.proofings.iter().map(proofing_line));
    lines.extend(record.authenticators.iter().map(|one| {
        let kind = one.kind.as_str();
        let sort = one.provenance.map_or_else(String::new, |provenance| format!(" ({})", provenance.as_str()));
        format!("second factor    {} {kind}{sort} '{}', enrolled {}, carries at most {}", one.id, one.name, one.enrolled_at, one.carries)
    }));
    lines.extend(record.attached.iter().map(|one| {
        format!(
            "attached app     {} '{}', by {} {}: counts for nothing until its owner proves it",
            one.id, one.name, one.attached_by, one.attached_at
        )
    }));
    let attached: Vec<Value> = record
        .attached
        .iter()
        .map(|one| json!({ "id": one.id, "name": one.name, "attached_by": one.attached_by, "attached_at": one.attached_at }))
        .collect();
    let authenticators: Vec<Value> = record
        .authenticators
        .iter()
        .map(|one| json!({ "id": one.id, "kind": one.kind, "name": one.name, "provenance": one.provenance, "carries": one.carries, "enrolled_at": one.enrolled_at, "last_used_at": one.last_used_at }))
        .collect();
    let employments: Vec<Value> = record
        .employments
        .iter()
        .map(|one| json!({ "id": one.id, "unit": one.unit, "title": one.title, "starts_at": one.starts_at, "ends_at": one.ends_at }))
        .collect();
    let mut json = to_json(person, now);
    if let Some(object) = json.as_object_mut() {
        object.insert("identity".to_owned(), json!(record.identity));
        object.insert("cpr".to_owned(), json!(record.cpr));
        object.insert("activation_open".to_owned(), record.activation_open.into());
        object.insert("roles".to_owned(), record.roles.iter().map(|one| json!(one.role)).collect());
        object.insert("employments".to_owned(), employments.into());
        object.insert("locks".to_owned(), record.locks.iter().map(lock).collect());
        object.insert("proofings".to_owned(), record.proofings.iter().map(proofing).collect());
        object.insert("authenticators".to_owned(), authenticators.into());
        object.insert("attached".to_owned(), attached.into());
    }
    Answer::new(lines.join("\n"), json)
}

/// The person alone.
pub fn to_json(person: &Person, now: Timestamp) -> Value {
    json!({
        "id": person.id, "username": person.username, "name": person.full_name(), "given_name": person.given_name,
        "family_name": person.family_name, "email": person.email, "persistent_uuid": person.persistent_uuid,
        "standing": person.access(now).as_str(),
    })
}

/// Who else is the same human, in words: a hint at a number that was mistyped.
pub fn twins(twins: &[Person]) -> String {
    if twins.is_empty() { String::new() } else { format!(" The same CPR number, so the same human: {}.", user_names(twins).join(", ")) }
}

/// Their user names.
pub fn user_names(people: &[Person]) -> Vec<String> {
    people.iter().map(|person| person.username.to_string()).collect()
}

/// A proofing.
pub fn proofing(one: &Proofing) -> Value {
    json!({
        "id": one.id, "method": one.method, "level": one.basis.level, "state": one.basis.state, "evidence": one.evidence,
        "document": one.document, "proved_by": one.proved_by, "proved_at": one.proved_at, "recorded_by": one.recorded_by,
        "login": one.authentication, "approved_by": one.approved.as_ref().map(|approval| &approval.by),
        "approver_login": one.approved.as_ref().and_then(|approval| approval.authentication.as_ref()),
    })
}

fn proofing_line(one: &Proofing) -> String {
    let state = one.basis.state.as_str();
    let document = one
        .document
        .as_ref()
        .map_or(String::new(), |seen| format!("{} of {}, {}; ", seen.kind.as_str(), seen.issuer, seen.checked.as_str()));
    format!(
        "proofing         {} {} {} {} ({state}), by {}: {document}{}",
        one.id,
        one.proved_at,
        one.method.as_str(),
        one.basis.level,
        one.proved_by,
        one.evidence
    )
}

/// A lock.
pub fn lock(one: &Lock) -> Value {
    json!({
        "id": one.id, "cause": one.cause, "reason": one.reason, "placed_by": one.placed_by, "placed_at": one.placed_at,
        "suspect": one.suspect.map(Suspect::to_text),
        "lifted_at": one.lifted.as_ref().map(|lifted| lifted.at), "lifted_by": one.lifted.as_ref().map(|lifted| &lifted.by),
    })
}

fn lock_line(one: &Lock) -> String {
    let suspect = match one.suspect {
        Some(Suspect::Factor(id)) => format!(" (second factor {id})"),
        Some(Suspect::Unknown) => " (no second factor named)".to_owned(),
        None => String::new(),
    };
    format!("lock             {} since {}, by {}: {}{suspect}", one.cause.as_str(), one.placed_at, one.placed_by, one.reason)
}
