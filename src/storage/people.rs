//! People. Nobody is deleted; whoever leaves is locked out, and the trail keeps its meaning. CPR numbers are in `cprs`;
//! what `active_locks` and the dates of employment are is written by `locks` and `employments` alone.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        organisation::Organisation,
        person::{Admission, Person},
    },
    storage::{
        cprs::{self, SealedCpr},
        db::{Db, Row, Tx, literal, many},
        fault::Fault,
        value::Value,
        words,
    },
};

/// What another person already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// The user name.
    #[error("the user name is taken")]
    Username,
    /// The persistent UUID.
    #[error("the persistent UUID is taken")]
    PersistentUuid,
}

const INSERT: &str = "INSERT INTO people (id, organisation, username, given_name, family_name, email, persistent_uuid, search) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
const UPDATE: &str = "UPDATE people SET username = $2, given_name = $3, family_name = $4, email = $5, search = $6 WHERE id = $1 \
     AND NOT EXISTS (SELECT 1 FROM people AS other WHERE other.username = $2 AND other.id <> $1)";
const CLASH: &str = "SELECT username FROM people WHERE username = $1 OR persistent_uuid = $2 ORDER BY username = $1 DESC";
const BY_ID: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, \
     employed_until FROM people WHERE id = $1";
const BY_IDS: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, \
     employed_until FROM people WHERE id IN (VALUES ";
const BY_USERNAME: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, \
     employed_from, employed_until FROM people WHERE username = $1";
const LIST: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, \
     employed_until FROM people WHERE search LIKE $1 ESCAPE '!' AND username > $2 ORDER BY username LIMIT $3";
const LIST_OF: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, \
     employed_until FROM people WHERE organisation = $1 AND search LIKE $2 ESCAPE '!' ORDER BY username LIMIT $3";

/// Adds a person, open to log in. `Err(Taken)` inside `Ok` when somebody else has the user name or persistent UUID; the
/// transaction stays usable.
pub async fn insert(tx: &mut Tx, person: &Person, cpr: Option<SealedCpr>) -> Result<Result<(), Taken>, Fault> {
    let inserted = tx
        .run(
            INSERT,
            [
                person.id.into(),
                person.organisation.into(),
                person.username.as_str().into(),
                (&person.given_name).into(),
                (&person.family_name).into(),
                person.email.clone().into(),
                person.persistent_uuid.to_string().into(),
                search_text(person).into(),
            ],
        )
        .await?;
    if inserted != 1 {
        let clash = tx.one(CLASH, [person.username.as_str().into(), person.persistent_uuid.to_string().into()]).await?;
        let clash = clash.ok_or_else(|| Fault::Unavailable("a person of the same name came and went".to_owned()))?;
        return Ok(Err(if clash.text("username")? == person.username.as_str() { Taken::Username } else { Taken::PersistentUuid }));
    }
    words::write(tx, person).await?;
    if let Some(cpr) = cpr {
        cprs::put(tx, person.id, person.organisation, &cpr).await?;
    }
    Ok(Ok(()))
}

/// Writes names, user name and address of a person down. `Err(Taken)` inside `Ok` when somebody else has the user name; the
/// transaction stays usable.
pub async fn update(tx: &mut Tx, person: &Person) -> Result<Result<(), Taken>, Fault> {
    let updated = tx
        .run(
            UPDATE,
            [
                person.id.into(),
                person.username.as_str().into(),
                (&person.given_name).into(),
                (&person.family_name).into(),
                person.email.clone().into(),
                search_text(person).into(),
            ],
        )
        .await?;
    if updated != 1 {
        return Ok(Err(Taken::Username));
    }
    words::write(tx, person).await?;
    Ok(Ok(()))
}

/// The people with those ids, in whatever order; who is not there is left out.
pub async fn by_ids(db: &Db, ids: impl IntoIterator<Item = Id<Person>>) -> Result<HashMap<Id<Person>, Person>, Fault> {
    let wanted: HashSet<Id<Person>> = ids.into_iter().collect();
    let mut values: Vec<Value> = wanted.into_iter().map(Into::into).collect();
    let mut people = HashMap::new();
    for (rows, sql) in many(BY_IDS, 1, ")", values.len()) {
        for row in db.all_many(sql, values.drain(..rows).collect()).await? {
            let person = read(&row)?;
            people.insert(person.id, person);
        }
    }
    Ok(people)
}

/// Takes the person's row, so that of two changes to one person's locks, employments or proofings at once, on whatever
/// nodes, one waits for the other. `false` when nobody has that id.
pub async fn hold(tx: &mut Tx, person: Id<Person>) -> Result<bool, Fault> {
    Ok(tx.run("UPDATE people SET active_locks = active_locks WHERE id = $1", [person.into()]).await? == 1)
}

/// Takes the person's row, if they may log in at that time: asked again inside the transaction that lets somebody in, so
/// that a lock placed meanwhile is seen, and one placed after it finds what was let in.
pub async fn admit(tx: &mut Tx, person: Id<Person>, now: Timestamp) -> Result<bool, Fault> {
    let admitted = tx
        .run(
            "UPDATE people SET active_locks = active_locks WHERE id = $1 AND active_locks = 0 \
             AND (employed_from IS NULL OR employed_from <= $2) AND (employed_until IS NULL OR employed_until > $2)",
            [person.into(), now.into()],
        )
        .await?;
    Ok(admitted == 1)
}

/// What a list is searched by.
fn search_text(person: &Person) -> String {
    [person.username.as_str(), &person.full_name(), person.email.as_deref().unwrap_or_default()].join(" ").to_lowercase()
}

/// The person with that id.
pub async fn by_id(db: &Db, id: Id<Person>) -> Result<Option<Person>, Fault> {
    db.one(BY_ID, [id.into()]).await?.as_ref().map(read).transpose()
}

/// The person with that (normalised) user name.
pub async fn by_username(db: &Db, username: &str) -> Result<Option<Person>, Fault> {
    db.one(BY_USERNAME, [username.into()]).await?.as_ref().map(read).transpose()
}

/// People whose name, user name or address contains `filter` (any case; empty: all), in order of user name, at most
/// `limit`, beginning after the user name `after` (empty: from the first).
pub async fn list(db: &Db, filter: &str, limit: i64, after: &str) -> Result<Vec<Person>, Fault> {
    db.all(LIST, [pattern(filter).into(), after.into(), limit.into()]).await?.iter().map(read).collect()
}

/// As [`list`], of one organisation only.
pub async fn list_of(db: &Db, organisation: Id<Organisation>, filter: &str, limit: i64) -> Result<Vec<Person>, Fault> {
    let pattern = pattern(filter);
    db.all(LIST_OF, [organisation.into(), pattern.into(), limit.into()]).await?.iter().map(read).collect()
}

fn pattern(filter: &str) -> String {
    format!("%{}%", literal(&filter.to_lowercase()))
}

/// Notes that the identity was taken into use, the first time.
pub async fn activated(tx: &mut Tx, person: Id<Person>, at: Timestamp) -> Result<(), Fault> {
    tx.run("UPDATE people SET activated_at = $2 WHERE id = $1 AND activated_at IS NULL", [person.into(), at.into()]).await.map(drop)
}

/// Whether the identity was ever taken into use.
pub async fn was_active(db: &Db, person: Id<Person>) -> Result<bool, Fault> {
    Ok(db.one("SELECT id FROM people WHERE id = $1 AND activated_at IS NOT NULL", [person.into()]).await?.is_some())
}

/// The language the person chose (`da`, `en`), if they did.
pub async fn language(db: &Db, person: Id<Person>) -> Result<Option<String>, Fault> {
    let row = db.one("SELECT language FROM people WHERE id = $1", [person.into()]).await?;
    Ok(row.map(|row| row.text_or_none("language")).transpose()?.flatten())
}

/// Keeps the language the person chose.
pub async fn set_language(tx: &mut Tx, person: Id<Person>, language: &str) -> Result<(), Fault> {
    tx.run("UPDATE people SET language = $2 WHERE id = $1", [person.into(), language.into()]).await.map(drop)
}

/// How many people there are.
pub async fn count(db: &Db) -> Result<i64, Fault> {
    let row = db.one("SELECT COUNT(*) AS people FROM people", []).await?;
    row.map_or(Ok(0), |row| row.int("people"))
}

/// Reads a person's columns.
fn read(row: &Row) -> Result<Person, Fault> {
    read_as(row, "id")
}

/// Reads a person's columns of a join, where the id has another name.
pub(in crate::storage) fn read_as(row: &Row, id: &'static str) -> Result<Person, Fault> {
    Ok(Person {
        id: row.parsed(id)?,
        organisation: row.parsed("organisation")?,
        username: row.parsed("username")?,
        given_name: row.text("given_name")?,
        family_name: row.text("family_name")?,
        email: row.text_or_none("email")?,
        persistent_uuid: row.parsed("persistent_uuid")?,
        admission: Admission {
            locks: row.int("active_locks")?,
            employed_from: row.time_or_none("employed_from")?,
            employed_until: row.time_or_none("employed_until")?,
        },
    })
}
