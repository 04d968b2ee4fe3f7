//! Who may log in: locks, employments, and the end of everything open when somebody may not. Each act is one transaction:
//! lock, sessions, logins under way and the event, or nothing. Unlocking gives no session back and raises no level.
//! The path goes on in `storage::locks` and `storage::employments`.

/// Lifting a lock for suspected misuse.
pub mod misuse;

use jiff::Timestamp;

use crate::{
    base::id::{Id, Incident},
    domain::{
        audit::{Actor, Event, Kind},
        employment::{self, Employment},
        factor::Authenticator,
        lock::{Cause, Hand, Lifted, Lock, Suspect},
        notice::{Notice, Suspicion},
        organisation::{Organisation, Unit},
        person::Person,
    },
    service::{
        cpr,
        ground::Ground,
        notices::{self, NotQueued},
        operator::Operator,
    },
    storage::{db::Tx, employments, fault::Fault, flows, locks, people, sessions, throttle},
};

/// Why an act was not done; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody has that id.
    #[error("there is no such person")]
    NoSuchPerson,
    /// A lock of that cause is active already.
    #[error("a lock of the cause '{}' is active already", .0.as_str())]
    Already(Cause),
    /// No lock of that cause is active.
    #[error("no lock of the cause '{}' is active", .0.as_str())]
    NotLocked(Cause),
    /// Such a lock comes and goes with the dates of employment.
    #[error("locks of the cause 'expired' follow the dates of employment; change those")]
    FollowsEmployment,
    /// It is another's to lift it.
    #[error("a lock of the cause '{}' is not lifted this way", .0.as_str())]
    NotThisWay(Cause),
    /// The reason is missing, too long, or holds a CPR number.
    #[error("say in 5 to 200 characters why, without any CPR number")]
    Reason,
    /// The report names no second factor.
    #[error("the report names no second factor; say which one is removed with the lock (--factor ID), or that none is (--keep-factors)")]
    WhichFactor,
    /// The report names one, which is to be kept.
    #[error("the report is about the second factor {0}: it is removed with the lock, and its owner enrols another")]
    FactorReported(Id<Authenticator>),
    /// It is not one of theirs.
    #[error("the person has no second factor of that id")]
    NoSuchFactor,
    /// The employment ends before it begins.
    #[error("an employment ends after it begins")]
    Dates,
    /// The unit is another organisation's, or there is none such.
    #[error("the organisation has no such unit")]
    NoSuchUnit,
    /// A name is missing or too long.
    #[error("a name is 1 to 200 characters, without control characters")]
    Name,
    /// The person has no such employment.
    #[error("the person has no such employment")]
    NoSuchEmployment,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What a lock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Sessions.
    pub sessions: u64,
    /// Logins and enrolments under way.
    pub flows: u64,
}

/// Ends all sessions and logins under way of a person, in a transaction under way.
pub async fn end_all(tx: &mut Tx, person: Id<Person>) -> Result<Ended, Fault> {
    // Logins first: one that is just being finished is waited for, and its session then ends with the others.
    let flows = flows::end_of_person(tx, person).await?;
    Ok(Ended { sessions: sessions::end_all_of(tx, person).await?, flows })
}

/// Locks the person out for one more cause, and ends everything of theirs that is open.
pub async fn lock(ground: &Ground, by: &Operator, person: Id<Person>, cause: Cause, reason: &str) -> Result<Ended, Refusal> {
    if cause == Cause::Expired {
        return Err(Refusal::FollowsEmployment);
    }
    let reason = cpr::plain_reason(reason).ok_or(Refusal::Reason)?;
    let mut tx = ground.db.begin().await?;
    let Some((ended, event)) = place(ground, &mut tx, by, (person, cause, reason)).await? else {
        drop(tx);
        return Err(if people::by_id(&ground.db, person).await?.is_some() { Refusal::Already(cause) } else { Refusal::NoSuchPerson });
    };
    tx.commit(event).await?;
    tracing::info!(event = "person.locked", cause = cause.as_str(), incident = %by.incident, person = %person);
    Ok(ended)
}

/// Places the lock in a transaction under way and ends what is open: what ended, and the event to commit. `None` when a
/// lock of the cause is active already.
pub async fn place(ground: &Ground, tx: &mut Tx, by: &Operator, what: (Id<Person>, Cause, &str)) -> Result<Option<(Ended, Event)>, Fault> {
    place_upon(ground, tx, by, what, None).await
}

/// The same upon a report, which names a second factor or none.
pub async fn place_upon(
    ground: &Ground,
    tx: &mut Tx,
    by: &Operator,
    (person, cause, reason): (Id<Person>, Cause, &str),
    suspect: Option<Suspect>,
) -> Result<Option<(Ended, Event)>, Fault> {
    let lock = Lock {
        id: Id::random(ground.random.as_ref()),
        person,
        cause,
        reason: reason.to_owned(),
        placed_by: by.name(),
        placed_at: ground.clock.now(),
        lifted: None,
        suspect,
    };
    if !locks::place(tx, &lock).await? {
        return Ok(None);
    }
    // Strangers bring a lock for failures about: it ends nothing of the person's.
    let ended = if cause.shuts_out() { end_all(tx, person).await? } else { Ended::default() };
    match cause {
        Cause::Deceased => {}
        Cause::Failures => tell(ground, tx, person, Notice::ManyFailures).await?,
        _ => tell(ground, tx, person, Notice::Locked).await?,
    }
    let suspicion = match cause {
        Cause::Misuse if suspect.is_some() => Some(Suspicion::Reported),
        Cause::Misuse => Some(Suspicion::Misuse),
        Cause::Failures => Some(Suspicion::Failures),
        _ => None,
    };
    if let Some(suspicion) = suspicion {
        notices::alert(ground, tx, person, suspicion, &by.incident).await.map_err(unavailable)?;
    }
    let event = by.event(ground, Kind::LockPlaced).about(person).with("cause", cause.as_str()).with("reason", reason);
    Ok(Some((ended, event.with("sessions_ended", ended.sessions).with("flows_ended", ended.flows))))
}

/// Lifts the lock of one cause; others stay. Whoever lifts must be one of its ways out. With a lock for misuse ends the second
/// factor that was reported; see [`misuse::lift`].
pub async fn unlock(ground: &Ground, by: &Operator, hand: Hand, (person, cause): (Id<Person>, Cause), reason: &str) -> Result<(), Refusal> {
    if !cause.lifted_by(hand) {
        return Err(if cause == Cause::Expired { Refusal::FollowsEmployment } else { Refusal::NotThisWay(cause) });
    }
    if cause == Cause::Misuse {
        return misuse::lift(ground, by, person, reason, misuse::Choice::Reported).await.map(drop);
    }
    let reason = cpr::plain_reason(reason).ok_or(Refusal::Reason)?;
    let mut tx = ground.db.begin().await?;
    let lifted = Lifted { by: by.name(), at: ground.clock.now(), reason: reason.to_owned() };
    if !locks::lift(&mut tx, person, cause, &lifted).await? {
        return Err(Refusal::NotLocked(cause));
    }
    if cause == Cause::Failures {
        // Else the next single failure would be one too many again.
        throttle::forget(&mut tx, person).await?;
    }
    tell(ground, &mut tx, person, Notice::Unlocked).await?;
    let event = by.event(ground, Kind::LockLifted).about(person).with("cause", cause.as_str()).with("reason", reason);
    Ok(tx.commit(event).await?)
}

/// Lifts a lock for too many failures in a transaction under way, if there is one: its owner has just proved who they are.
pub async fn trust_again(ground: &Ground, tx: &mut Tx, by: &Operator, person: Id<Person>) -> Result<(), Fault> {
    let reason = "its owner proved who they are";
    let lifted = Lifted { by: by.name(), at: ground.clock.now(), reason: reason.to_owned() };
    if locks::lift(tx, person, Cause::Failures, &lifted).await? {
        throttle::forget(tx, person).await?;
        let event = by.event(ground, Kind::LockLifted).about(person).with("cause", Cause::Failures.as_str());
        tx.note(&event.with("reason", reason)).await?;
    }
    Ok(())
}

/// Queues the notice with the act. A key that cannot be used is trouble of the same kind as a database that is lost.
async fn tell(ground: &Ground, tx: &mut Tx, person: Id<Person>, notice: Notice) -> Result<(), Fault> {
    notices::queue(ground, tx, person, notice).await.map_err(unavailable)
}

fn unavailable(error: NotQueued) -> Fault {
    match error {
        NotQueued::Storage(fault) => fault,
        NotQueued::Seal(error) => Fault::Unavailable(error.to_string()),
    }
}

/// All locks of the person, active and lifted, newest first.
pub async fn locks(ground: &Ground, person: Id<Person>) -> Result<Vec<Lock>, Fault> {
    locks::of_person(&ground.db, person).await
}

/// The person's employments, oldest first.
pub async fn employments(ground: &Ground, person: Id<Person>) -> Result<Vec<Employment>, Fault> {
    employments::of_person(&ground.db, person).await
}

/// An employment to be written down.
#[derive(Debug, Clone)]
pub struct Hired {
    /// Which one is changed; `None`: a new one.
    pub id: Option<Id<Employment>>,
    /// Where, if known.
    pub unit: Option<Id<Unit>>,
    /// The job title; may be empty.
    pub title: String,
    /// The first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Option<Timestamp>,
}

/// Writes an employment down, or changes it. An end that is past locks the account at once; a current employment lifts
/// such a lock.
pub async fn employ(ground: &Ground, by: &Operator, person: &Person, hired: Hired) -> Result<Employment, Refusal> {
    if hired.ends_at.is_some_and(|end| end <= hired.starts_at) {
        return Err(Refusal::Dates);
    }
    let title = hired.title.trim().to_owned();
    if title.chars().count() > 200 || title.chars().any(char::is_control) || cpr::holds_cpr(&title) {
        return Err(Refusal::Name);
    }
    if let Some(unit) = hired.unit {
        let units = employments::units_of(&ground.db, person.organisation).await?;
        units.iter().find(|one| one.id == unit).ok_or(Refusal::NoSuchUnit)?;
    }
    let known = employments::of_person(&ground.db, person.id).await?;
    if hired.id.is_some_and(|id| !known.iter().any(|one| one.id == id)) {
        return Err(Refusal::NoSuchEmployment);
    }
    let employment = Employment {
        id: hired.id.unwrap_or_else(|| Id::random(ground.random.as_ref())),
        person: person.id,
        unit: hired.unit,
        title,
        starts_at: hired.starts_at,
        ends_at: hired.ends_at,
    };
    let mut tx = ground.db.begin().await?;
    if !employments::save(&mut tx, &employment, ground.clock.now()).await? {
        return Err(Refusal::NoSuchPerson);
    }
    let event = by.event(ground, Kind::EmploymentSaved).about(person.id).with("employment", employment.id);
    let event = event.with("starts_at", employment.starts_at);
    let event = employment.ends_at.into_iter().fold(event, |event, end| event.with("ends_at", end));
    tx.commit(event).await?;
    follow(ground, by, person.id).await?;
    Ok(employment)
}

/// Takes an employment away, as one that never was. Whoever has none left is bound by no dates.
pub async fn remove_employment(ground: &Ground, by: &Operator, person: Id<Person>, employment: Id<Employment>) -> Result<(), Refusal> {
    let mut tx = ground.db.begin().await?;
    if !employments::remove(&mut tx, person, employment, ground.clock.now()).await? {
        return Err(Refusal::NoSuchEmployment);
    }
    tx.commit(by.event(ground, Kind::EmploymentSaved).about(person).with("removed", employment)).await?;
    Ok(follow(ground, by, person).await?)
}

/// Creates a unit of the organisation, or changes the one with that id.
pub async fn save_unit(ground: &Ground, by: &Operator, unit: Unit) -> Result<Unit, Refusal> {
    let name = unit.name.trim().to_owned();
    if !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Refusal::Name);
    }
    let known = employments::units_of(&ground.db, unit.organisation).await?;
    if unit.parent.is_some_and(|parent| parent == unit.id || !known.iter().any(|one| one.id == parent)) {
        return Err(Refusal::NoSuchUnit);
    }
    let unit = Unit { name, ..unit };
    let mut tx = ground.db.begin().await?;
    employments::save_unit(&mut tx, &unit).await?;
    tx.commit(by.event(ground, Kind::UnitSaved).with("unit", unit.id).with("organisation", unit.organisation)).await?;
    Ok(unit)
}

/// The organisation's units, by name.
pub async fn units(ground: &Ground, organisation: Id<Organisation>) -> Result<Vec<Unit>, Fault> {
    employments::units_of(&ground.db, organisation).await
}

/// Places and lifts the locks that follow from dates, for everybody; how many people. Called each minute. What it does
/// late is no hole: every request holds the dates against the clock itself.
pub async fn follow_all(ground: &Ground) -> Result<usize, Fault> {
    let by = Operator { actor: Actor::System, incident: Incident::random(ground.random.as_ref()) };
    let now = ground.clock.now();
    let mut people = locks::to_expire(&ground.db, now, BATCH).await?;
    people.extend(locks::to_readmit(&ground.db, now, BATCH).await?);
    for person in &people {
        follow(ground, &by, *person).await?;
    }
    Ok(people.len())
}

/// People of one turn; the others are for the next one.
const BATCH: i64 = 1000;

/// Brings the person's `Expired` lock in line with their employments now.
async fn follow(ground: &Ground, by: &Operator, person: Id<Person>) -> Result<(), Fault> {
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    if !people::hold(&mut tx, person).await? {
        return Ok(());
    }
    let all = employments::settle(&mut tx, person, now).await?;
    if let Some(end) = employment::ended(&all, now) {
        let reason = format!("the employment ended {end}");
        return match place(ground, &mut tx, by, (person, Cause::Expired, &reason)).await? {
            Some((_, event)) => tx.commit(event).await,
            None => tx.commit_routine().await,
        };
    }
    let lifted = Lifted { by: by.name(), at: now, reason: "an employment is current".to_owned() };
    match employment::is_current(&all, now) && locks::lift(&mut tx, person, Cause::Expired, &lifted).await? {
        true => {
            tell(ground, &mut tx, person, Notice::Unlocked).await?;
            tx.commit(by.event(ground, Kind::LockLifted).about(person).with("cause", Cause::Expired.as_str())).await
        }
        // The period in the person's row may have moved on.
        false => tx.commit_routine().await,
    }
}
