//! People, with their CPR numbers sealed: this room stores what `crypto::seal` made and never sees ten digits.
//! Nobody is deleted; whoever leaves is suspended, and the trail keeps its meaning.

use crate::{
    base::id::Id,
    domain::person::{Person, Standing},
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

/// A CPR number as it is stored.
#[derive(Debug, Clone)]
pub struct SealedCpr {
    /// The number, sealed.
    pub cipher: Vec<u8>,
    /// Its keyed fingerprint, for finding it again.
    pub index: Vec<u8>,
}

/// What another person already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// The user name.
    #[error("the user name is taken")]
    Username,
    /// The CPR number.
    #[error("the CPR number is taken")]
    Cpr,
    /// The persistent UUID.
    #[error("the persistent UUID is taken")]
    PersistentUuid,
}

const INSERT: &str = "INSERT INTO people (id, organisation, username, given_name, family_name, email, persistent_uuid, standing, \
     administrator, search, cpr, cpr_index) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";
const CLASH: &str =
    "SELECT username, cpr_index FROM people WHERE username = $1 OR cpr_index = $2 OR persistent_uuid = $3 ORDER BY username = $1 DESC";
const BY_ID: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, standing, administrator \
     FROM people WHERE id = $1";
const BY_USERNAME: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, standing, administrator \
     FROM people WHERE username = $1";
const BY_CPR_INDEX: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, standing, administrator \
     FROM people WHERE cpr_index = $1";
const LIST: &str = "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, standing, administrator \
     FROM people WHERE search LIKE $1 ESCAPE '!' AND username > $2 ORDER BY username LIMIT $3";

/// Adds a person. `Err(Taken)` inside `Ok` when somebody else has the user name, CPR number or persistent UUID; the
/// transaction stays usable.
pub async fn insert(tx: &mut Tx, person: &Person, cpr: Option<SealedCpr>) -> Result<Result<(), Taken>, Fault> {
    let (cipher, index) = cpr.map_or((None, None), |cpr| (Some(cpr.cipher), Some(cpr.index)));
    let search = [person.username.as_str(), &person.full_name(), person.email.as_deref().unwrap_or_default()].join(" ").to_lowercase();
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
                person.standing.as_str().into(),
                person.administrator.into(),
                search.into(),
                cipher.into(),
                index.clone().into(),
            ],
        )
        .await?;
    if inserted == 1 {
        return Ok(Ok(()));
    }
    let clash = tx.one(CLASH, [person.username.as_str().into(), index.clone().into(), person.persistent_uuid.to_string().into()]).await?;
    let clash = clash.ok_or_else(|| Fault::Unavailable("a person of the same name came and went".to_owned()))?;
    if clash.text("username")? == person.username.as_str() {
        return Ok(Err(Taken::Username));
    }
    let same_cpr = index.is_some() && clash.bytes_or_none("cpr_index")? == index;
    Ok(Err(if same_cpr { Taken::Cpr } else { Taken::PersistentUuid }))
}

/// The person with that id.
pub async fn by_id(db: &Db, id: Id<Person>) -> Result<Option<Person>, Fault> {
    db.one(BY_ID, [id.into()]).await?.as_ref().map(read).transpose()
}

/// The person with that (normalised) user name.
pub async fn by_username(db: &Db, username: &str) -> Result<Option<Person>, Fault> {
    db.one(BY_USERNAME, [username.into()]).await?.as_ref().map(read).transpose()
}

/// The person whose CPR number has that keyed fingerprint.
pub async fn by_cpr_index(db: &Db, index: &[u8]) -> Result<Option<Person>, Fault> {
    db.one(BY_CPR_INDEX, [index.into()]).await?.as_ref().map(read).transpose()
}

/// People whose name, user name or address contains `filter` (any case; empty: all), in order of user name, at most
/// `limit`, beginning after the user name `after` (empty: from the first).
pub async fn list(db: &Db, filter: &str, limit: i64, after: &str) -> Result<Vec<Person>, Fault> {
    let pattern = filter.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    db.all(LIST, [format!("%{pattern}%").into(), after.into(), limit.into()]).await?.iter().map(read).collect()
}

/// Suspends or reactivates. `false` when nobody has that id or the standing is already so.
pub async fn set_standing(tx: &mut Tx, person: Id<Person>, standing: Standing) -> Result<bool, Fault> {
    let changed =
        tx.run("UPDATE people SET standing = $2 WHERE id = $1 AND standing <> $2", [person.into(), standing.as_str().into()]).await?;
    Ok(changed == 1)
}

/// The person's CPR number, sealed, if known.
pub async fn sealed_cpr(db: &Db, person: Id<Person>) -> Result<Option<Vec<u8>>, Fault> {
    let row = db.one("SELECT cpr FROM people WHERE id = $1", [person.into()]).await?;
    Ok(row.map(|row| row.bytes_or_none("cpr")).transpose()?.flatten())
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
        standing: row.parsed("standing")?,
        administrator: row.flag("administrator")?,
    })
}
