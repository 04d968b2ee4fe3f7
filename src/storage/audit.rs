//! The audit trail: events written in batches, each with a keyed code, and sealed each second in a chain of keyed
//! hashes. An event is never changed; retention deletes whole old seals and says so. Checking is in `verify`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{audit::Event, client::Client, flow::AnyFlow, person::Person, session::Session},
    storage::{
        db::{Db, Row, Tx, many},
        event,
        fault::Fault,
        value::Value,
    },
};

/// An event to be written with what must be durable together with it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// The session it speaks of: if that is over, nothing of the entry is written.
    pub session: Option<Id<Session>>,
    /// The request it answers: if that was answered before, nothing of the entry is written.
    pub replay: Option<Replay>,
    /// The login under way that it ends: if that was moved or ended before, nothing of the entry is written.
    pub login: Option<(Id<AnyFlow>, TokenHash)>,
    /// The relying party that is told of a session.
    pub participation: Option<Participation>,
    /// The session that was used, and when.
    pub touch: Option<(Id<Session>, Timestamp)>,
}

impl Entry {
    /// The event alone.
    pub fn of(event: Event) -> Self {
        Self { event, session: None, replay: None, login: None, participation: None, touch: None }
    }
}

/// A request that may be answered once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replay {
    /// Who asked.
    pub entity_id: String,
    /// The request's ID.
    pub request_id: String,
    /// When a repetition is refused for its age alone.
    pub expires_at: Timestamp,
}

/// A relying party that is told of a session.
#[derive(Debug, Clone)]
pub struct Participation {
    /// The session.
    pub session: Id<Session>,
    /// The relying party.
    pub client: Id<Client>,
    /// What it is told to know the session by.
    pub session_index: String,
    /// What it is told to know the person by.
    pub name_id: String,
    /// When.
    pub at: Timestamp,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Recorded,
    /// Its request was answered before, or its login was; nothing was written.
    Replay,
    /// Its session is over; nothing was written. A login that it was to end has ended all the same.
    Gone,
}

/// Tries of a batch that other transactions are in the way of.
const TRIES: usize = 4;

/// Writes all entries in one transaction, durably, or (on a fault) none. One outcome an entry, in order. A batch that
/// PostgreSQL gave up for another transaction's sake is written again: nobody is refused for a neighbour's deadlock.
pub async fn record_batch(db: &Db, entries: &[Entry]) -> Result<Vec<Outcome>, Fault> {
    for _ in 1..TRIES {
        match try_batch(db, entries).await {
            Err(Fault::Contended(_)) => {}
            done => return done,
        }
    }
    try_batch(db, entries).await
}

async fn try_batch(db: &Db, entries: &[Entry]) -> Result<Vec<Outcome>, Fault> {
    let rows = entries.iter().map(|entry| event::row(&entry.event, db.trail_key())).collect::<Result<Vec<_>, _>>()?;
    let mut tx = db.begin().await?;
    let outcomes = judge(&mut tx, entries).await?;
    let recorded = || entries.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Recorded).map(|(entry, _)| entry);
    let events = rows.into_iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Recorded).map(|(row, _)| row).collect();
    write_participations(&mut tx, recorded()).await?;
    write_touches(&mut tx, recorded()).await?;
    write_events(tx, events).await?;
    Ok(outcomes)
}

/// Writes the events, the last of them with the commit.
async fn write_events(mut tx: Tx, mut values: Vec<[Value; event::COLUMNS]>) -> Result<(), Fault> {
    let mut statements = many(event::INSERT, event::COLUMNS, "", values.len());
    let Some((_, last)) = statements.pop() else { return tx.commit_routine().await };
    for (rows, sql) in statements {
        tx.run_many(sql, values.drain(..rows).flatten().collect()).await?;
    }
    tx.run_to_end(last, values.into_iter().flatten().collect()).await
}

/// Ends each entry's login and claims its request; who comes second, here or on another node, gets [`Outcome::Replay`],
/// and whose session is over [`Outcome::Gone`]. From here on the sessions stay until the commit: a lock or a logout that
/// comes later waits, and what was acknowledged before is seen. In the order of whoever ends a person's: logins, sessions.
async fn judge(tx: &mut Tx, entries: &[Entry]) -> Result<Vec<Outcome>, Fault> {
    let mut ended = end_logins(tx, entries).await?;
    let claimed = claim_all(tx, entries).await?;
    // A request that was claimed tells that the session is there. Only who claimed none is asked for.
    let is_claimed = |entry: &&Entry| entry.replay.as_ref().is_some_and(|replay| claimed.contains(&replay.key()));
    let there = hold_sessions(tx, entries.iter().filter(|entry| !is_claimed(entry)).filter_map(|entry| entry.session)).await?;
    let mut taken = HashSet::new();
    let mut outcome = |entry: &Entry| {
        if entry.login.is_some_and(|(id, _)| !ended.remove(&id.to_string())) {
            return Outcome::Replay;
        }
        if let Some(key) = entry.replay.as_ref().map(Replay::key).filter(|key| claimed.contains(key)) {
            return if taken.insert(key) { Outcome::Recorded } else { Outcome::Replay };
        }
        match (entry.session, &entry.replay) {
            (Some(session), _) if !there.contains(&session.to_string()) => Outcome::Gone,
            (_, Some(_)) => Outcome::Replay,
            _ => Outcome::Recorded,
        }
    };
    Ok(entries.iter().map(&mut outcome).collect())
}

impl Replay {
    fn key(&self) -> (String, String) {
        (self.entity_id.clone(), self.request_id.clone())
    }
}

/// Deletes the logins that answers end; which of them were there.
async fn end_logins(tx: &mut Tx, entries: &[Entry]) -> Result<HashSet<String>, Fault> {
    let wanted: BTreeMap<String, TokenHash> =
        entries.iter().filter_map(|entry| entry.login).map(|(id, hash)| (id.to_string(), hash)).collect();
    let mut values: Vec<[Value; 2]> = wanted.into_iter().map(|(id, hash)| [id.into(), (&hash).into()]).collect();
    let mut ended = HashSet::new();
    for (rows, sql) in many("DELETE FROM flows WHERE (id, token_hash) IN (VALUES ", 2, ") RETURNING id", values.len()) {
        for row in tx.all_many(sql, values.drain(..rows).flatten().collect()).await? {
            ended.insert(row.text("id")?);
        }
    }
    Ok(ended)
}

/// Ends the statement of [`claim_all`]. SQLite has one writer and so no word for holding a row.
macro_rules! of_live_sessions {
    ($hold:literal) => {
        concat!(
            ") AS asked WHERE asked.column4 = '' OR EXISTS (SELECT 1 FROM sessions WHERE sessions.id = asked.column4",
            $hold,
            ") ON CONFLICT DO NOTHING RETURNING entity_id, request_id"
        )
    };
}

/// Claims each entry's request whose session is there; which of them were claimed.
async fn claim_all(tx: &mut Tx, entries: &[Entry]) -> Result<HashSet<(String, String)>, Fault> {
    // Sorted, so that two nodes with the same requests wait for one another in one direction only.
    let mut wanted: BTreeMap<(&str, &str), (Timestamp, String)> = BTreeMap::new();
    for (replay, entry) in entries.iter().filter_map(|entry| Some((entry.replay.as_ref()?, entry))) {
        let session = entry.session.map_or(String::new(), |session| session.to_string());
        wanted.entry((&replay.entity_id, &replay.request_id)).or_insert((replay.expires_at, session));
    }
    let mut values: Vec<[Value; 4]> = wanted
        .into_iter()
        .map(|((entity, request), (expires, session))| [entity.into(), request.into(), expires.into(), session.into()])
        .collect();
    let head = "INSERT INTO replays (entity_id, request_id, expires_at) SELECT asked.column1, asked.column2, asked.column3 FROM (VALUES ";
    let tail = tx.by_engine(of_live_sessions!(""), of_live_sessions!(" FOR KEY SHARE"));
    let mut claimed = HashSet::new();
    for (rows, sql) in many(head, 4, tail, values.len()) {
        for row in tx.all_many(sql, values.drain(..rows).flatten().collect()).await? {
            claimed.insert((row.text("entity_id")?, row.text("request_id")?));
        }
    }
    Ok(claimed)
}

/// Which of the sessions are there; they stay until the commit.
async fn hold_sessions(tx: &mut Tx, wanted: impl Iterator<Item = Id<Session>>) -> Result<HashSet<String>, Fault> {
    let wanted: BTreeSet<String> = wanted.map(|session| session.to_string()).collect();
    let mut values: Vec<Value> = wanted.into_iter().map(Into::into).collect();
    let tail = tx.by_engine(")", ") FOR KEY SHARE");
    let mut there = HashSet::new();
    for (rows, sql) in many("SELECT id FROM sessions WHERE id IN (VALUES ", 1, tail, values.len()) {
        for row in tx.all_many(sql, values.drain(..rows).collect()).await? {
            there.insert(row.text("id")?);
        }
    }
    Ok(there)
}

async fn write_participations(tx: &mut Tx, entries: impl Iterator<Item = &Entry>) -> Result<(), Fault> {
    // One row a key and statement (the last counts), in one order on all nodes.
    let newest: BTreeMap<(String, String), &Participation> = entries
        .filter_map(|entry| entry.participation.as_ref())
        .map(|part| ((part.session.to_string(), part.client.to_string()), part))
        .collect();
    let values = newest
        .into_iter()
        .map(|((session, client), part)| {
            [session.into(), client.into(), (&part.session_index).into(), (&part.name_id).into(), part.at.into()]
        })
        .collect();
    let tail =
        " ON CONFLICT (session, client) DO UPDATE SET session_index = excluded.session_index, name_id = excluded.name_id, at = excluded.at";
    write_rows(tx, "INSERT INTO participations (session, client, session_index, name_id, at) VALUES ", tail, values).await
}

async fn write_touches(tx: &mut Tx, entries: impl Iterator<Item = &Entry>) -> Result<(), Fault> {
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for (session, at) in entries.filter_map(|entry| entry.touch) {
        let known = newest.entry(session.to_string()).or_insert(at);
        *known = at.max(*known);
    }
    let values = newest.into_iter().map(|(session, at)| [session.into(), at.into()]).collect();
    let tail = ") AS used WHERE sessions.id = used.column1 AND sessions.last_seen_at < used.column2";
    write_rows(tx, "UPDATE sessions SET last_seen_at = used.column2 FROM (VALUES ", tail, values).await
}

async fn write_rows<const N: usize>(tx: &mut Tx, head: &'static str, tail: &'static str, mut values: Vec<[Value; N]>) -> Result<(), Fault> {
    for (rows, sql) in many(head, N, tail, values.len()) {
        tx.run_many(sql, values.drain(..rows).flatten().collect()).await?;
    }
    Ok(())
}

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
    let prefix = filter.kind_prefix.replace('!', "!!").replace('%', "!%").replace('_', "!_");
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

fn read(row: &Row) -> Result<Written, Fault> {
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
