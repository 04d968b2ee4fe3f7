//! The end of an employment, and a new beginning: whoever leaves is out that moment, with all sessions and logins under way,
//! in one transaction. Whoever returns gets neither session nor level by it. The path goes on in `service::lifecycle`.

use crate::{
    base::{clock::plus, id::Id},
    domain::{
        audit::Kind,
        employment::{self, Employment},
        lock::{Cause, Lifted},
        right::{ClosePerson, ReopenPerson},
    },
    service::{
        console::acts::{self, Refusal},
        ground::Ground,
        lifecycle,
        rights::Subject,
    },
    storage::{employments, locks, people},
};

/// Ends every employment that is current or to come; how many sessions ended.
pub async fn close(ground: &Ground, subject: &Subject<ClosePerson>, why: &str) -> Result<u64, Refusal> {
    let (why, by, person, now) = (acts::reason(why)?, subject.operator(), subject.person(), ground.clock.now());
    let mut tx = ground.db.begin().await?;
    people::hold(&mut tx, person.id).await?;
    let known = employments::of_person(&ground.db, person.id).await?;
    if !known.is_empty() && known.iter().all(|one| one.ends_at.is_some_and(|end| end <= now)) {
        return Err(Refusal::State("closed"));
    }
    let open = known.iter().filter(|one| one.ends_at.is_none_or(|end| end > now)).cloned();
    let mut ending: Vec<Employment> = open.map(|one| Employment { ends_at: Some(now), ..one }).collect();
    if known.is_empty() {
        // Nobody wrote down when they came; that they left is written down.
        let id = Id::random(ground.random.as_ref());
        ending.push(Employment { id, person: person.id, unit: None, title: String::new(), starts_at: plus(now, -1), ends_at: Some(now) });
    }
    for employment in &ending {
        employments::save(&mut tx, employment, now).await?;
    }
    let placed = lifecycle::place(ground, &mut tx, by, (person.id, Cause::Expired, why)).await?;
    let sessions = match placed {
        Some((ended, event)) => {
            tx.note(&event).await?;
            ended.sessions
        }
        None => 0,
    };
    tx.commit(by.event(ground, Kind::PersonClosed).about(person.id).with("reason", why).with("employments", ending.len())).await?;
    Ok(sessions)
}

/// Begins a new employment now. Other locks stay.
pub async fn reopen(ground: &Ground, subject: &Subject<ReopenPerson>, why: &str) -> Result<(), Refusal> {
    let (why, by, person, now) = (acts::reason(why)?, subject.operator(), subject.person(), ground.clock.now());
    let mut tx = ground.db.begin().await?;
    people::hold(&mut tx, person.id).await?;
    let known = employments::of_person(&ground.db, person.id).await?;
    if employment::is_current(&known, now) {
        return Err(Refusal::State("not-closed"));
    }
    let last = known.last();
    let beginning = Employment {
        id: Id::random(ground.random.as_ref()),
        person: person.id,
        unit: last.and_then(|last| last.unit),
        title: last.map(|last| last.title.clone()).unwrap_or_default(),
        starts_at: now,
        ends_at: None,
    };
    employments::save(&mut tx, &beginning, now).await?;
    let lifted = Lifted { by: by.name(), at: now, reason: why.to_owned() };
    if locks::lift(&mut tx, person.id, Cause::Expired, &lifted).await? {
        tx.note(&by.event(ground, Kind::LockLifted).about(person.id).with("cause", Cause::Expired.as_str()).with("reason", why)).await?;
    }
    Ok(tx.commit(by.event(ground, Kind::PersonReopened).about(person.id).with("reason", why)).await?)
}
