//! Lifting a lock for suspected misuse: never without a word about the second factor that was reported. Whatever the report
//! names ends with the lock, since whoever misused it may have it still; where it names none, whoever lifts says which one
//! ends, or that none does. Only an administrator lifts such a lock.

use super::{Refusal, tell};
use crate::{
    base::id::Id,
    domain::{
        audit::Kind,
        factor::Authenticator,
        lock::{Cause, Lifted, Suspect},
        notice::Notice,
        person::Person,
    },
    service::{cpr, ground::Ground, operator::Operator},
    storage::{authenticators, locks, people},
};

/// What whoever lifts the lock says of the person's second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// What the report names ends. Nothing to say where nothing was reported.
    Reported,
    /// This one ends too.
    This(Id<Authenticator>),
    /// None ends, for the reason given. Only where the report names none.
    None,
}

/// Lifts the lock; the second factors that ended with it.
///
/// # Errors
/// [`Refusal::WhichFactor`] when the report names none and nothing was chosen; [`Refusal::FactorReported`] when it names one
/// that is to be kept.
pub async fn lift(ground: &Ground, by: &Operator, person: Id<Person>, reason: &str, choice: Choice) -> Result<Vec<Authenticator>, Refusal> {
    let reason = cpr::plain_reason(reason).ok_or(Refusal::Reason)?;
    let known = authenticators::of_person(&ground.db, person).await?;
    let mut tx = ground.db.begin().await?;
    if !people::hold(&mut tx, person).await? {
        return Err(Refusal::NotLocked(Cause::Misuse));
    }
    let suspect = locks::suspect_of(&mut tx, person, Cause::Misuse).await?;
    let reported = match (suspect, choice) {
        (Some(Suspect::Factor(id)), Choice::None) if known.iter().any(|one| one.id == id) => return Err(Refusal::FactorReported(id)),
        (Some(Suspect::Factor(id)), _) => Some(id),
        (Some(Suspect::Unknown), Choice::Reported) => return Err(Refusal::WhichFactor),
        (Some(Suspect::Unknown) | None, _) => None,
    };
    let chosen = if let Choice::This(id) = choice { Some(id) } else { None };
    if chosen.is_some_and(|id| !known.iter().any(|one| one.id == id)) {
        return Err(Refusal::NoSuchFactor);
    }
    let lifted = Lifted { by: by.name(), at: ground.clock.now(), reason: reason.to_owned() };
    if !locks::lift(&mut tx, person, Cause::Misuse, &lifted).await? {
        return Err(Refusal::NotLocked(Cause::Misuse));
    }
    let mut ended = Vec::new();
    for one in known.into_iter().filter(|one| [reported, chosen].contains(&Some(one.id))) {
        if !authenticators::remove(&mut tx, person, one.id).await? {
            continue;
        }
        let event = by.event(ground, Kind::AuthenticatorRemoved).about(person).with("authenticator", one.id);
        tx.note(&event.with("kind", one.kind.as_str()).with("why", Cause::Misuse.as_str())).await?;
        tell(ground, &mut tx, person, Notice::FactorRemoved { kind: one.kind, name: one.name.clone() }).await?;
        ended.push(one);
    }
    tell(ground, &mut tx, person, Notice::Unlocked).await?;
    let event = by.event(ground, Kind::LockLifted).about(person).with("cause", Cause::Misuse.as_str()).with("reason", reason);
    tx.commit(event.with("factors_removed", ended.len())).await?;
    Ok(ended)
}
