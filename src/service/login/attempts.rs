//! Attempts at passwords and codes: what holds them off, what a failure is counted as and written down, and the lock that
//! many of them bring. Nothing is checked here; the counters are `storage::throttle`'s.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::seal::SealError,
    domain::{
        audit::{Actor, Event, Kind},
        lock::Cause,
        notice::Notice,
        person::Person,
    },
    service::{
        ground::{Ground, Visitor},
        lifecycle,
        login::{Refusal, device},
        notices::{self, NotQueued},
        operator::Operator,
    },
    storage::{
        db::Tx,
        fault::Fault,
        throttle::{self, Reservation},
    },
};

/// Writes down a failure, counts it against address and network, and logs it: one line a refused request.
pub(in crate::service) async fn fail(
    ground: &Ground,
    visitor: &Visitor,
    person: Option<Id<Person>>,
    reason: &str,
) -> Result<Refusal, Fault> {
    note_failure(ground, visitor, person, reason).await?;
    tracing::info!(event = "login.failed", reason, incident = %visitor.incident, person = person.map(|id| id.to_string()));
    Ok(Refusal::Wrong)
}

/// The failure without its log line.
pub(super) async fn note_failure(ground: &Ground, visitor: &Visitor, person: Option<Id<Person>>, reason: &str) -> Result<(), Fault> {
    let now = ground.clock.now();
    let mut event = Event::new(Kind::LoginFailed, Actor::Visitor, now, &visitor.incident, ground.random.as_ref())
        .with("reason", reason)
        .with("address", visitor.address)
        .with("browser", &visitor.user_agent);
    event.subject = person;
    count_place(ground, visitor).await?;
    ground.db.begin().await?.commit(event).await
}

/// Counts a failure against address and network.
pub(in crate::service) async fn count_place(ground: &Ground, visitor: &Visitor) -> Result<(), Fault> {
    let (address, network) = place_keys(visitor);
    throttle::failed(&ground.db, &address, &network, ground.clock.now(), &ground.rules.throttle).await.map(drop)
}

/// Refuses whoever failed too often from this address or network in the last minute.
pub(in crate::service) async fn gate_place(ground: &Ground, visitor: &Visitor) -> Result<(), Refusal> {
    let (address, network) = place_keys(visitor);
    let now = ground.clock.now();
    match throttle::blocked(&ground.db, &[&address, &network], now).await? {
        Some(until) => Err(throttled("ip", until, now, visitor)),
        None => Ok(()),
    }
}

/// An attempt that may be checked, and what its failure would bring.
#[must_use]
pub(in crate::service) struct Attempt {
    /// The counter.
    key: String,
    /// The kind of event that a lock is.
    kind: Kind,
    /// Attempts since the last success, this one included.
    failures: i64,
    /// The end of the delay that its failure begins, when it is the one too many.
    until: Option<Timestamp>,
}

impl Attempt {
    /// What its failure is counted as.
    pub(in crate::service) fn counted(&self) -> (i64, Option<Timestamp>) {
        (self.failures, self.until)
    }
}

/// Takes the counter of an account or second factor in a transaction under way: of many attempts at once each waits for
/// the one before. A failure is counted by [`throttle::count`] and a commit before anybody is told; a success forgets all.
pub(in crate::service) async fn gate_in(
    ground: &Ground,
    tx: &mut Tx,
    visitor: &Visitor,
    key: &str,
    kind: Kind,
) -> Result<Attempt, Refusal> {
    let now = ground.clock.now();
    admitted(throttle::take(tx, key, now, &ground.rules.throttle).await?, now, visitor, (key, kind))
}

/// Counts an attempt on an account or second factor before it is checked.
pub(in crate::service) async fn gate(ground: &Ground, visitor: &Visitor, key: &str, kind: Kind) -> Result<Attempt, Refusal> {
    let now = ground.clock.now();
    admitted(throttle::reserve(&ground.db, key, now, &ground.rules.throttle).await?, now, visitor, (key, kind))
}

fn admitted(reservation: Reservation, now: Timestamp, visitor: &Visitor, (key, kind): (&str, Kind)) -> Result<Attempt, Refusal> {
    match reservation {
        Reservation::Wait { until } => Err(throttled("account", until, now, visitor)),
        Reservation::Go { failures, blocks_until } => Ok(Attempt { key: key.to_owned(), kind, failures, until: blocks_until }),
    }
}

/// Writes down that an attempt failed, and that it was the one too many.
pub(in crate::service) async fn fail_attempt(
    ground: &Ground,
    visitor: &Visitor,
    person: Option<Id<Person>>,
    reason: &str,
    attempt: &Attempt,
) -> Result<Refusal, NotQueued> {
    let Some(until) = attempt.until else { return Ok(fail(ground, visitor, person, reason).await?) };
    let failures = attempt.failures;
    let mut tx = ground.db.begin().await?;
    let limit = ground.rules.lock_after_failures;
    if let Some(person) = person {
        throttle::belongs(&mut tx, &attempt.key, person).await?;
    }
    if let Some(person) = person.filter(|_| limit > 0 && failures >= limit) {
        let by = Operator { actor: Actor::System, incident: visitor.incident.clone() };
        let words = format!("{failures} failures in a row");
        if let Some((_, locked)) = lifecycle::place(ground, &mut tx, &by, (person, Cause::Failures, &words)).await? {
            tx.note(&locked).await?;
        }
    }
    let mut event = Event::new(attempt.kind, Actor::Visitor, ground.clock.now(), &visitor.incident, ground.random.as_ref())
        .with("failures", failures)
        .with("until", until)
        .with("address", visitor.address);
    event.subject = person;
    // Told once in a row of failures, not with each longer delay.
    if let Some(person) = person.filter(|_| failures == ground.rules.throttle.account_failures) {
        notices::queue(ground, &mut tx, person, Notice::ManyFailures).await?;
    }
    tx.commit(event).await?;
    note_failure(ground, visitor, person, reason).await?;
    tracing::warn!(event = attempt.kind.as_str(), reason, incident = %visitor.incident, person = person.map(|id| id.to_string()));
    Ok(Refusal::Wrong)
}

fn throttled(scope: &str, until: Timestamp, now: Timestamp, visitor: &Visitor) -> Refusal {
    tracing::warn!(event = "login.throttled", reason = "too_many_failures", scope, incident = %visitor.incident);
    let seconds = (until.as_millisecond() - now.as_millisecond() + 999) / 1000;
    Refusal::Throttled { seconds: u64::try_from(seconds).unwrap_or(1).max(1) }
}

fn place_keys(visitor: &Visitor) -> (String, String) {
    (format!("address:{}", visitor.address), format!("network:{}", visitor.network()))
}

/// The counter an account's failures are kept under. A browser the person logged in with before has its own counter, so
/// that an outsider who fails on purpose cannot keep its owner out (security case B03).
pub(in crate::service) fn account_key(
    ground: &Ground,
    scope: &str,
    account: &str,
    person: Option<Id<Person>>,
    visitor: &Visitor,
) -> Result<String, SealError> {
    let known = person.and_then(|person| device::known(ground, person, visitor)).unwrap_or_default();
    let mac = ground.seals.throttle.mac(&[scope.as_bytes(), account.as_bytes(), known.as_bytes()])?;
    Ok(format!("{scope}:{}", openssl::base64::encode_block(&mac)))
}
