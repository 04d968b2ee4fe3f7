//! Events written in batches, each with what must be durable together with it: the claim of a request, the end of a login,
//! what a relying party is told of a session. An entry whose request was answered before, or whose session is over, is not
//! written (decision 31).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{audit::Event, client::Client, flow::AnyFlow, session::Session},
    storage::{
        db::{Db, Tx, many},
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
