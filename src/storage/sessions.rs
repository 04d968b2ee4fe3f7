//! Logins that are done, known by the hash of their token, and the relying parties each was used at.
//! Whether a session still lives is judged by `domain::session`; here it is only kept, found and ended.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{
        assurance::Level,
        client::{Client, Edition},
        factor::Evidence,
        organisation::Organisation,
        person::Person,
        proofing::{self, Basis, ProofingPolicy},
        session::Session,
    },
    storage::{
        db::{Db, Row, Tx, many},
        fault::Fault,
        people, proofings, recalls,
        value::Value,
    },
};

/// Everything a sign-on needs to know about a session, in one read.
#[derive(Debug)]
pub struct Standing {
    /// The session.
    pub session: Session,
    /// Whose; ask whether they may log in.
    pub person: Person,
    /// Where they are employed.
    pub organisation: Organisation,
    /// What the person's valid proofings prove.
    pub bases: Vec<Basis>,
    /// The keyed fingerprint of the person's CPR number.
    pub cpr_index: Option<Vec<u8>>,
    /// The relying party as it is registered now; `None` when there is none with that entity ID.
    pub client: Option<Edition>,
    /// Whether it is served.
    pub client_enabled: bool,
    /// The `SessionIndex` it already knows this session by.
    pub session_index: Option<String>,
    /// Whether the organisation's newest terms are still to be accepted.
    pub terms_due: bool,
}

impl Standing {
    /// The identity assurance level at that time.
    pub fn identity(&self, policy: &ProofingPolicy, now: Timestamp) -> Option<Level> {
        let present = proofing::Present { name: &self.person.full_name(), cpr_index: self.cpr_index.as_deref() };
        proofing::identity_level(&self.bases, present, policy, now)
    }
}

/// A relying party that was told of a session.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Its id.
    pub client: Id<Client>,
    /// Its entity ID.
    pub entity_id: String,
    /// What it knows the session by.
    pub session_index: String,
    /// What it knows the person by.
    pub name_id: String,
}

/// One row for each valid proofing, and one at least: the level is worked out by `domain::proofing` and nowhere else.
const STANDING: &str = "SELECT asked.column1 AS place, s.id, s.person, s.evidence, s.created_at, s.last_seen_at, s.user_agent, s.address, \
     p.organisation, p.username, p.given_name, p.family_name, p.email, p.persistent_uuid, p.active_locks, p.employed_from, \
     p.employed_until, o.cvr, o.name AS organisation_name, o.notified, k.cpr_index AS present_cpr, \
     f.level, f.state, f.name, f.cpr_index, f.document_expires, c.id AS client, c.revision, c.enabled, t.session_index, \
     (SELECT COUNT(*) FROM terms d WHERE d.organisation = p.organisation \
     AND d.version = (SELECT MAX(version) FROM terms WHERE terms.organisation = p.organisation) \
     AND NOT EXISTS (SELECT 1 FROM acceptances a WHERE a.person = p.id AND a.version = d.version)) AS terms_due \
     FROM (VALUES ";
const STANDING_OF_ASKED: &str = ") AS asked JOIN sessions s ON s.token_hash = asked.column2 \
     JOIN people p ON p.id = s.person JOIN organisations o ON o.id = p.organisation \
     LEFT JOIN cprs k ON k.person = s.person LEFT JOIN proofings f ON f.person = s.person AND f.state = 'valid' \
     LEFT JOIN clients c ON c.entity_id = asked.column3 LEFT JOIN participations t ON t.session = s.id AND t.client = c.id";
const BY_PARTICIPATION: &str = "SELECT s.id, s.person, s.evidence, s.created_at, s.last_seen_at, s.user_agent, s.address, \
     t.client, c.entity_id, t.session_index, t.name_id \
     FROM participations t JOIN clients c ON c.id = t.client JOIN sessions s ON s.id = t.session \
     WHERE t.client = $1 AND t.session_index = $2";
const BY_NAME: &str = "SELECT s.id, s.person, s.evidence, s.created_at, s.last_seen_at, s.user_agent, s.address \
     FROM participations t JOIN sessions s ON s.id = t.session WHERE t.client = $1 AND t.name_id = $2";
const LIST: &str = "SELECT id, person, evidence, created_at, last_seen_at, user_agent, address FROM sessions WHERE person = $1 ORDER BY created_at DESC, id";
const FIND: &str = "SELECT id, person, evidence, created_at, last_seen_at, user_agent, address FROM sessions WHERE token_hash = $1";
const BY_ID: &str = "SELECT id, person, evidence, created_at, last_seen_at, user_agent, address FROM sessions WHERE id = $1";

/// Stores a new session. After `absolute_end` it may be purged.
pub async fn insert(tx: &mut Tx, session: &Session, token_hash: &TokenHash, absolute_end: Timestamp) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO sessions (id, token_hash, person, evidence, created_at, last_seen_at, absolute_end, user_agent, address) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            session.id.into(),
            token_hash.into(),
            session.person.into(),
            write(&session.evidence)?.into(),
            session.created_at.into(),
            session.last_seen_at.into(),
            absolute_end.into(),
            (&session.user_agent).into(),
            (&session.address).into(),
        ],
    )
    .await
    .map(drop)
}

/// The session of that token, alive or not.
pub async fn find(db: &Db, token_hash: &TokenHash) -> Result<Option<Session>, Fault> {
    db.one(FIND, [token_hash.into()]).await?.as_ref().map(read).transpose()
}

/// The session with that id, alive or not: a step-up finds its session by it.
pub async fn by_id(db: &Db, id: Id<Session>) -> Result<Option<Session>, Fault> {
    db.one(BY_ID, [id.into()]).await?.as_ref().map(read).transpose()
}

/// The session of that token with its person, and what the relying party of `entity_id` has to do with it.
pub async fn standing(db: &Db, token_hash: &TokenHash, entity_id: &str) -> Result<Option<Standing>, Fault> {
    Ok(standings(db, &[(*token_hash, entity_id.to_owned())]).await?.into_iter().next().flatten())
}

/// The same for any number of tokens and entity IDs, in one read for each few dozen of them. One answer each, in order.
pub async fn standings(db: &Db, asked: &[(TokenHash, String)]) -> Result<Vec<Option<Standing>>, Fault> {
    let mut found: Vec<Vec<Row>> = asked.iter().map(|_| Vec::new()).collect();
    let place = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut values: Vec<[Value; 3]> =
        asked.iter().enumerate().map(|(number, (token, entity))| [place(number).into(), token.into(), entity.into()]).collect();
    for (rows, sql) in many(STANDING, 3, STANDING_OF_ASKED, values.len()) {
        for row in db.all_many(sql, values.drain(..rows).flatten().collect()).await? {
            if let Some(rows) = usize::try_from(row.int("place")?).ok().and_then(|place| found.get_mut(place)) {
                rows.push(row);
            }
        }
    }
    found.iter().map(|rows| read_standing(rows)).collect()
}

fn read_standing(rows: &[Row]) -> Result<Option<Standing>, Fault> {
    let Some(row) = rows.first() else { return Ok(None) };
    let bases = rows.iter().map(proofings::read_joined).collect::<Result<Vec<_>, _>>()?;
    let organisation = Organisation {
        id: row.parsed("organisation")?,
        cvr: row.parsed("cvr")?,
        name: row.text("organisation_name")?,
        notified: row.level("notified")?,
    };
    Ok(Some(Standing {
        session: read(row)?,
        person: people::read_as(row, "person")?,
        organisation,
        bases: bases.into_iter().flatten().collect(),
        cpr_index: row.bytes_or_none("present_cpr")?,
        client: row
            .int_or_none("revision")?
            .map(|revision| Ok::<_, Fault>(Edition { client: row.parsed("client")?, revision }))
            .transpose()?,
        client_enabled: row.int_or_none("enabled")? == Some(1),
        session_index: row.text_or_none("session_index")?,
        terms_due: row.flag("terms_due")?,
    }))
}

/// Gives the session of that id a new token and new evidence after a step-up, whichever token it has now. `false` when it is
/// over.
pub async fn renew(tx: &mut Tx, id: Id<Session>, new: &TokenHash, evidence: &Evidence, at: Timestamp) -> Result<bool, Fault> {
    let renewed = tx
        .run(
            "UPDATE sessions SET token_hash = $2, evidence = $3, last_seen_at = $4 WHERE id = $1",
            [id.into(), new.into(), write(evidence)?.into(), at.into()],
        )
        .await?;
    Ok(renewed == 1)
}

/// Moves the last use forward; never back.
pub async fn touch(tx: &mut Tx, id: Id<Session>, at: Timestamp) -> Result<(), Fault> {
    tx.run("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2", [id.into(), at.into()]).await.map(drop)
}

/// Ends the session of that token: what it was, exactly once. The relying parties that were told of it become recalls.
pub async fn end(tx: &mut Tx, token_hash: &TokenHash) -> Result<Option<Session>, Fault> {
    let row = tx
        .one(
            "DELETE FROM sessions WHERE token_hash = $1 RETURNING id, person, evidence, created_at, last_seen_at, user_agent, address",
            [token_hash.into()],
        )
        .await?;
    recall_one(tx, row).await
}

/// Ends one of the person's sessions: what it was, exactly once. The relying parties that were told of it become recalls.
pub async fn end_by_id(tx: &mut Tx, person: Id<Person>, id: Id<Session>) -> Result<Option<Session>, Fault> {
    let row = tx
        .one(
            "DELETE FROM sessions WHERE id = $1 AND person = $2 RETURNING id, person, evidence, created_at, last_seen_at, user_agent, address",
            [id.into(), person.into()],
        )
        .await?;
    recall_one(tx, row).await
}

async fn recall_one(tx: &mut Tx, ended: Option<Row>) -> Result<Option<Session>, Fault> {
    let Some(row) = ended else { return Ok(None) };
    let session = read(&row)?;
    recall(tx, session.person, &[row]).await?;
    Ok(Some(session))
}

/// The participations of sessions that just ended become recalls; how many sessions.
async fn recall(tx: &mut Tx, person: Id<Person>, ended: &[Row]) -> Result<u64, Fault> {
    // In the order of the trail's batches: sessions, then participations. The other way round both would wait for one another.
    let mut values = ended.iter().map(|row| row.text("id").map(Into::into)).collect::<Result<Vec<Value>, _>>()?;
    let count = values.len() as u64;
    let tail = ") RETURNING session, client, session_index, name_id";
    for (rows, sql) in many("DELETE FROM participations WHERE session IN (VALUES ", 1, tail, values.len()) {
        let told = tx.all_many(sql, values.drain(..rows).collect()).await?;
        recalls::insert(tx, person, &told).await?;
    }
    Ok(count)
}

/// Ends all sessions of the person; how many. The relying parties that were told of them become recalls.
pub async fn end_all_of(tx: &mut Tx, person: Id<Person>) -> Result<u64, Fault> {
    let ended = tx.all("DELETE FROM sessions WHERE person = $1 RETURNING id", [person.into()]).await?;
    recall(tx, person, &ended).await
}

/// Ends all sessions of the person but one; how many. The relying parties that were told of them become recalls.
pub async fn end_all_but(tx: &mut Tx, person: Id<Person>, kept: Id<Session>) -> Result<u64, Fault> {
    let ended = tx.all("DELETE FROM sessions WHERE person = $1 AND id <> $2 RETURNING id", [person.into(), kept.into()]).await?;
    recall(tx, person, &ended).await
}

/// The person's sessions, newest first, alive or not.
pub async fn list_of(db: &Db, person: Id<Person>) -> Result<Vec<Session>, Fault> {
    db.all(LIST, [person.into()]).await?.iter().map(read).collect()
}

/// A relying party that one of the person's sessions was used at.
#[derive(Debug, Clone)]
pub struct Visited {
    /// The session.
    pub session: Id<Session>,
    /// The relying party.
    pub client: Id<Client>,
    /// Its name.
    pub name: String,
    /// When it was told of the session.
    pub at: Timestamp,
}

/// Where the person's sessions were used, first told first.
pub async fn visited_by(db: &Db, person: Id<Person>) -> Result<Vec<Visited>, Fault> {
    let rows = db
        .all(
            "SELECT t.session, t.client, c.name, t.at FROM sessions s JOIN participations t ON t.session = s.id \
             JOIN clients c ON c.id = t.client WHERE s.person = $1 ORDER BY t.at, c.name",
            [person.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Visited { session: row.parsed("session")?, client: row.parsed("client")?, name: row.text("name")?, at: row.time("at")? })
        })
        .collect()
}

/// The session that the relying party knows by that `SessionIndex`.
pub async fn by_participation(db: &Db, client: Id<Client>, session_index: &str) -> Result<Option<(Session, Participant)>, Fault> {
    let row = db.one(BY_PARTICIPATION, [client.into(), session_index.into()]).await?;
    row.map(|row| Ok((read(&row)?, read_participant(&row)?))).transpose()
}

/// The sessions in which the relying party knows the person by that name.
pub async fn by_name(db: &Db, client: Id<Client>, name_id: &str) -> Result<Vec<Session>, Fault> {
    db.all(BY_NAME, [client.into(), name_id.into()]).await?.iter().map(read).collect()
}

/// Whether any relying party knows a session by that `SessionIndex`.
pub async fn index_is_known(db: &Db, session_index: &str) -> Result<bool, Fault> {
    Ok(db.one("SELECT session FROM participations WHERE session_index = $1", [session_index.into()]).await?.is_some())
}

/// Deletes sessions past their absolute end or unused since `idle_since`, and participations without a session; how
/// many sessions. Nobody is told: a session that ran out is no logout (SAML2Int), and services have times of their own.
pub async fn purge(tx: &mut Tx, now: Timestamp, idle_since: Timestamp) -> Result<u64, Fault> {
    let ended = tx.run("DELETE FROM sessions WHERE absolute_end <= $1 OR last_seen_at < $2", [now.into(), idle_since.into()]).await?;
    tx.run("DELETE FROM participations WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = participations.session)", []).await?;
    Ok(ended)
}

fn write(evidence: &Evidence) -> Result<String, Fault> {
    serde_json::to_string(evidence).map_err(|error| Fault::Inconsistent(format!("evidence cannot be written: {error}")))
}

fn read(row: &Row) -> Result<Session, Fault> {
    Ok(Session {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        evidence: row.json("evidence")?,
        created_at: row.time("created_at")?,
        last_seen_at: row.time("last_seen_at")?,
        user_agent: row.text("user_agent")?,
        address: row.text("address")?,
    })
}

fn read_participant(row: &Row) -> Result<Participant, Fault> {
    Ok(Participant {
        client: row.parsed("client")?,
        entity_id: row.text("entity_id")?,
        session_index: row.text("session_index")?,
        name_id: row.text("name_id")?,
    })
}
