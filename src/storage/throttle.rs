//! Failure counters and the delays they bring (security cases B01-B03). Keys are keyed hashes of accounts, and addresses
//! and networks as they are. An attempt on an account is counted *before* it is checked, so that a hundred at once, on
//! whatever nodes, are not a hundred guesses. Addresses count failures only: a town hall behind one address logs in freely.

use jiff::Timestamp;

use crate::{
    base::{
        clock::{self, plus},
        id::Id,
    },
    domain::{person::Person, policy::ThrottlePolicy},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// Whether an attempt may be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// It may; it counts as a failure until [`clear`].
    Go {
        /// Attempts since the last success, this one included.
        failures: i64,
        /// When this attempt began a delay for those that follow: until when. Exactly one attempt sees it.
        blocks_until: Option<Timestamp>,
    },
    /// It may not, whatever the password.
    Wait {
        /// Until when.
        until: Timestamp,
    },
}

const WINDOW_MILLIS: i64 = 60_000;
/// A counter untouched this long is forgotten.
const FORGET_SECONDS: i64 = 24 * 3600;

/// Counts an attempt on the account (or second factor) and says whether it may be checked. While a delay runs nothing is
/// counted. A counter is forgotten a day after its last attempt.
pub async fn reserve(db: &Db, account_key: &str, now: Timestamp, policy: &ThrottlePolicy) -> Result<Reservation, Fault> {
    let (failures, blocks_until) = (1, blocks_until(1, now, policy));
    let end = blocks_until.map_or(0, Timestamp::as_millisecond);
    // Almost always nobody has failed before: one statement, of which only one at a time comes through.
    let first = db
        .change(
            "INSERT INTO throttles (key, failures, window_start, blocked_until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [account_key.into(), failures.into(), now.into(), end.into()],
        )
        .await?;
    if first == 1 { Ok(Reservation::Go { failures, blocks_until }) } else { reserve_again(db, account_key, now, policy).await }
}

fn blocks_until(failures: i64, now: Timestamp, policy: &ThrottlePolicy) -> Option<Timestamp> {
    let delay = policy.delay_seconds(failures);
    (delay > 0).then(|| plus(now, delay))
}

/// The same where there is a counter.
async fn reserve_again(db: &Db, account_key: &str, now: Timestamp, policy: &ThrottlePolicy) -> Result<Reservation, Fault> {
    let mut tx = db.begin().await?;
    let reservation = take(&mut tx, account_key, now, policy).await?;
    if let Reservation::Go { failures, blocks_until } = reservation {
        count(tx, account_key, now, (failures, blocks_until)).await?;
    }
    Ok(reservation)
}

/// Takes the counter in a transaction under way and says whether an attempt may be checked in it; nothing is counted yet.
pub async fn take(tx: &mut Tx, account_key: &str, now: Timestamp, policy: &ThrottlePolicy) -> Result<Reservation, Fault> {
    // One statement that inserts or takes the row's lock, on both engines: attempts pass here one by one, also while
    // another one's success deletes the row.
    let row = tx
        .one(
            "INSERT INTO throttles (key, failures, window_start, blocked_until) VALUES ($1, 0, $2, 0) \
             ON CONFLICT (key) DO UPDATE SET failures = throttles.failures RETURNING failures, window_start, blocked_until",
            [account_key.into(), now.into()],
        )
        .await?
        .ok_or_else(|| Fault::Inconsistent("a counter that is there and is not".to_owned()))?;
    let until = row.time("blocked_until")?;
    if now < until {
        return Ok(Reservation::Wait { until });
    }
    let is_stale = row.time("window_start")? < plus(now, -FORGET_SECONDS);
    let failures = if is_stale { 1 } else { row.int("failures")?.saturating_add(1) };
    Ok(Reservation::Go { failures, blocks_until: blocks_until(failures, now, policy) })
}

/// Counts the attempt that [`take`] let through, as a failure, and commits.
pub async fn count(tx: Tx, account_key: &str, now: Timestamp, (failures, blocks_until): (i64, Option<Timestamp>)) -> Result<(), Fault> {
    let end = blocks_until.map_or(0, Timestamp::as_millisecond);
    tx.run_to_end(
        "UPDATE throttles SET failures = $2, window_start = $3, blocked_until = $4 WHERE key = $1",
        vec![account_key.into(), failures.into(), now.into(), end.into()],
    )
    .await
}

/// Forgets the account's failures after a success.
pub async fn clear(db: &Db, account_key: &str) -> Result<(), Fault> {
    db.change("DELETE FROM throttles WHERE key = $1", [account_key.into()]).await.map(drop)
}

/// The same within a transaction under way.
pub async fn clear_in(tx: &mut Tx, account_key: &str) -> Result<(), Fault> {
    tx.run("DELETE FROM throttles WHERE key = $1", [account_key.into()]).await.map(drop)
}

/// Notes whose failures the counter counts, once it has begun a delay.
pub async fn belongs(tx: &mut Tx, account_key: &str, person: Id<Person>) -> Result<(), Fault> {
    tx.run("UPDATE throttles SET person = $2 WHERE key = $1", [account_key.into(), person.into()]).await.map(drop)
}

/// Forgets all counters that began a delay for the person, whatever browser or factor they are of.
pub async fn forget(tx: &mut Tx, person: Id<Person>) -> Result<(), Fault> {
    tx.run("DELETE FROM throttles WHERE person = $1", [person.into()]).await.map(drop)
}

/// Counts a failure from an address and its network. Until when one of them must wait, if this failure (or one before
/// it in the minute) was one too many.
pub async fn failed(
    db: &Db,
    address_key: &str,
    network_key: &str,
    now: Timestamp,
    policy: &ThrottlePolicy,
) -> Result<Option<Timestamp>, Fault> {
    let mut tx = db.begin().await?;
    let mut until = 0;
    // Sorted: two nodes that count the same two rows must not wait for one another.
    let mut counters = [(address_key, policy.address_failures), (network_key, policy.network_failures)];
    counters.sort_unstable();
    for (key, limit) in counters {
        let row = tx
            .one(
                "INSERT INTO throttles (key, failures, window_start, blocked_until) \
                 VALUES ($1, 1, $2, CASE WHEN $3 <= 1 THEN $2 + $4 ELSE 0 END) ON CONFLICT (key) DO UPDATE SET \
                 failures = CASE WHEN throttles.window_start + $4 <= $2 THEN 1 ELSE throttles.failures + 1 END, \
                 window_start = CASE WHEN throttles.window_start + $4 <= $2 THEN $2 ELSE throttles.window_start END, \
                 blocked_until = CASE WHEN throttles.window_start + $4 > $2 AND throttles.failures + 1 >= $3 THEN $2 + $4 \
                 ELSE throttles.blocked_until END RETURNING blocked_until",
                [key.into(), now.into(), limit.into(), WINDOW_MILLIS.into()],
            )
            .await?;
        until = until.max(row.map_or(Ok(0), |row| row.int("blocked_until"))?);
    }
    tx.commit_routine().await?;
    Ok((until > now.as_millisecond()).then(|| clock::from_millis(until)))
}

/// Whether one of the keys (accounts, addresses, networks) must wait now, and until when.
pub async fn blocked(db: &Db, keys: &[&str], now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let mut until = None;
    for four in keys.chunks(4) {
        let key = |place: usize| four.get(place).copied().unwrap_or_default().into();
        let row = db
            .one(
                "SELECT MAX(blocked_until) AS until FROM throttles WHERE key IN ($1, $2, $3, $4) AND blocked_until > $5",
                [key(0), key(1), key(2), key(3), now.into()],
            )
            .await?;
        until = until.max(row.map_or(Ok(None), |row| row.time_or_none("until"))?);
    }
    Ok(until)
}

/// Deletes counters nobody touched for a day; how many.
pub async fn purge(db: &Db, now: Timestamp) -> Result<u64, Fault> {
    let mut tx = db.begin().await?;
    let purged = tx
        .run("DELETE FROM throttles WHERE window_start < $1 AND blocked_until <= $2", [plus(now, -FORGET_SECONDS).into(), now.into()])
        .await?;
    tx.commit_routine().await?;
    Ok(purged)
}
