//! The audit trail: events written in batches, each with a keyed code, and sealed each second in a chain of keyed
//! hashes. An event is never changed; retention deletes whole old seals and says so. Checking is in `verify`.

/// Events written in batches, each with what must be durable together with it.
mod batch;

use std::collections::BTreeMap;

pub use batch::{Entry, Outcome, Participation, Replay, record_batch};
use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::person::Person,
    storage::{
        db::{Db, Row, Tx, literal},
        event,
        fault::Fault,
    },
};

/// A seal that was just made: published outside (the log), it is the anchor against a cut tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its number, from 1.
    pub seq: i64,
    /// Its keyed hash over the one before and all its events.
    pub hash: Vec<u8>,
}

/// Events of one seal at most.
pub const SEAL_LIMIT: i64 = 5000;

/// The parts over which a seal's hash goes. `macs` are the events' codes in order of (at, id).
pub(in crate::storage) fn seal_hash(db: &Db, previous: &[u8], seq: i64, at: i64, macs: &[Vec<u8>]) -> Result<[u8; 32], Fault> {
    let (seq, at, events) = (seq.to_be_bytes(), at.to_be_bytes(), (macs.len() as u64).to_be_bytes());
    let head: [&[u8]; 5] = [b"audit seal", previous, &seq, &at, &events];
    let parts: Vec<&[u8]> = head.into_iter().chain(macs.iter().map(Vec::as_slice)).collect();
    db.trail_key().mac(&parts).map_err(event::unsealed)
}

/// Puts the events that no seal covers (at most [`SEAL_LIMIT`]) under the next one. `None` when there are none.
pub async fn seal(db: &Db, now: Timestamp) -> Result<Option<Anchor>, Fault> {
    if db.one("SELECT id FROM audit_events WHERE seal IS NULL LIMIT 1", []).await?.is_none() {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    // Changing the head row holds it until the commit: nodes seal one after the other.
    let head = tx
        .one("UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash", [])
        .await?
        .ok_or_else(|| Fault::Inconsistent("the head of the audit trail is missing".to_owned()))?;
    let (seq, previous) = (head.int("seq")?, head.bytes_or_none("hash")?.unwrap_or_default());
    let rows = tx
        .all(
            "UPDATE audit_events SET seal = $1 WHERE (at, id) IN \
             (SELECT at, id FROM audit_events WHERE seal IS NULL ORDER BY at, id LIMIT $2) RETURNING at, id, mac",
            [seq.into(), SEAL_LIMIT.into()],
        )
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut events = rows.iter().map(|row| Ok((row.int("at")?, row.text("id")?, row.bytes("mac")?))).collect::<Result<Vec<_>, Fault>>()?;
    events.sort_unstable();
    let macs: Vec<Vec<u8>> = events.into_iter().map(|(_, _, mac)| mac).collect();
    let hash = seal_hash(db, &previous, seq, now.as_millisecond(), &macs)?;
    let count = i64::try_from(macs.len()).unwrap_or(i64::MAX);
    tx.run(
        "INSERT INTO audit_seals (seq, previous, hash, events, at) VALUES ($1, $2, $3, $4, $5)",
        [seq.into(), previous.into(), hash.into(), count.into(), now.into()],
    )
    .await?;
    tx.run("UPDATE audit_head SET hash = $1 WHERE id = 1", [hash.into()]).await?;
    tx.commit_routine().await?;
    Ok(Some(Anchor { seq, hash: hash.to_vec() }))
}

/// Which events to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what this person did or what happened to them.
    pub person: Option<Id<Person>>,
    /// Only kinds that begin so (`login.`).
    pub kind_prefix: String,
    /// Only at or after.
    pub from: Option<Timestamp>,
    /// Only before.
    pub to: Option<Timestamp>,
    /// Only before this event of an earlier page.
    pub before: Option<(Timestamp, String)>,
    /// At most so many.
    pub limit: i64,
}

/// An event as it was written down.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Written {
    /// UUID.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// To whom: a person's id.
    pub subject: Option<String>,
    /// The incident code.
    pub incident: String,
    /// The rest.
    pub details: BTreeMap<String, String>,
    /// The seal that covers it, once there is one.
    pub seal: Option<i64>,
}

/// Events, newest first.
pub async fn list(db: &Db, filter: &Filter) -> Result<Vec<Written>, Fault> {
    let (at, id) = filter.before.clone().unwrap_or((Timestamp::MAX, String::new()));
    let prefix = literal(&filter.kind_prefix);
    let person = filter.person.map(|person| person.to_string());
    let values = [
        person.clone().into(),
        person.map(|person| format!("person:{person}")).into(),
        format!("{prefix}%").into(),
        filter.from.unwrap_or(Timestamp::MIN).into(),
        filter.to.unwrap_or(Timestamp::MAX).into(),
        at.into(),
        id.into(),
        filter.limit.into(),
    ];
    let rows = db
        .all(
            "SELECT id, at, kind, actor, subject, incident, details, seal FROM audit_events WHERE ($1 IS NULL OR subject = $1 OR actor = $2) \
             AND kind LIKE $3 ESCAPE '!' AND at >= $4 AND at < $5 AND (at, id) < ($6, $7) ORDER BY at DESC, id DESC LIMIT $8",
            values,
        )
        .await?;
    rows.iter().map(read).collect()
}

/// What happened to the person, newest first, at or after `from` and before the event `before` of an earlier page. Unlike
/// [`list`] it leaves out what they did to others, and the mails that told them; it stays fast however long the trail is.
pub async fn about(
    db: &Db,
    person: Id<Person>,
    from: Timestamp,
    before: Option<(Timestamp, String)>,
    limit: i64,
) -> Result<Vec<Written>, Fault> {
    let (at, id) = before.unwrap_or((Timestamp::MAX, String::new()));
    let rows = db
        .all(
            "SELECT id, at, kind, actor, subject, incident, details, seal FROM audit_events \
             WHERE subject = $1 AND kind NOT LIKE 'mail.%' AND at >= $2 AND (at, id) < ($3, $4) ORDER BY at DESC, id DESC LIMIT $5",
            [person.into(), from.into(), at.into(), id.into(), limit.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The event of that time and id, if it happened to the person.
pub async fn one_about(db: &Db, person: Id<Person>, at: Timestamp, id: &str) -> Result<Option<Written>, Fault> {
    let row = db
        .one(
            "SELECT id, at, kind, actor, subject, incident, details, seal FROM audit_events WHERE at = $1 AND id = $2 AND subject = $3",
            [at.into(), id.into(), person.into()],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::storage) fn read(row: &Row) -> Result<Written, Fault> {
    Ok(Written {
        id: row.text("id")?,
        at: row.time("at")?,
        kind: row.text("kind")?,
        actor: row.text("actor")?,
        subject: row.text_or_none("subject")?,
        incident: row.text("incident")?,
        details: row.json("details")?,
        seal: row.int_or_none("seal")?,
    })
}

/// Deletes the events of the oldest seal that was made before `before` and still has them; how many, `None` when no seal
/// is that old. The seal's row stays, with a keyed proof that it was retention, so that the chain still verifies. Call
/// again until `None`; commit with an event each time.
pub async fn forget_oldest(db: &Db, tx: &mut Tx, before: Timestamp, now: Timestamp) -> Result<Option<u64>, Fault> {
    let oldest =
        tx.one("SELECT seq, hash FROM audit_seals WHERE purged_at IS NULL AND at < $1 ORDER BY seq LIMIT 1", [before.into()]).await?;
    let Some(row) = oldest else { return Ok(None) };
    let (seq, hash) = (row.int("seq")?, row.bytes("hash")?);
    let mac = purge_mac(db, seq, &hash, now.as_millisecond())?;
    let events = tx.run("DELETE FROM audit_events WHERE seal = $1", [seq.into()]).await?;
    tx.run("UPDATE audit_seals SET purged_at = $2, purge_mac = $3 WHERE seq = $1", [seq.into(), now.into(), mac.into()]).await?;
    Ok(Some(events))
}

pub(in crate::storage) fn purge_mac(db: &Db, seq: i64, hash: &[u8], at: i64) -> Result<[u8; 32], Fault> {
    db.trail_key().mac(&[b"audit purge", &seq.to_be_bytes(), hash, &at.to_be_bytes()]).map_err(event::unsealed)
}

/// Claims a request that will be answered later, after a login. `false`: it was claimed before (a replay).
pub async fn claim(tx: &mut Tx, replay: &Replay) -> Result<bool, Fault> {
    let claimed = tx
        .run(
            "INSERT INTO replays (entity_id, request_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [(&replay.entity_id).into(), (&replay.request_id).into(), replay.expires_at.into()],
        )
        .await?;
    Ok(claimed == 1)
}

/// Deletes what is kept only against repeated requests and has expired; how many.
pub async fn purge_replays(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM replays WHERE expires_at <= $1", [now.into()]).await
}
