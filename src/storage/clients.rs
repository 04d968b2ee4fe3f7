//! Relying parties as an administrator registered them. Each change makes the revision grow; a cache compares it.

use crate::{
    base::id::Id,
    domain::client::{Client, Edition},
    storage::{
        db::{Db, Row, Tx, many},
        fault::Fault,
        value::Value,
    },
};

/// Registers a relying party. `false`, and nothing is changed, when there is an entry with that entity ID.
pub async fn add(tx: &mut Tx, client: &Client) -> Result<bool, Fault> {
    let added = tx
        .run(
            "INSERT INTO clients (id, entity_id, name, metadata, terms, enabled, revision, registered_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (entity_id) DO NOTHING",
            values(client)?,
        )
        .await?;
    Ok(added == 1)
}

/// Registers the relying party, or changes the entry with that entity ID. It keeps its id and date, and whether it is
/// served: somebody may be disabling it at this moment. The revision.
pub async fn save(tx: &mut Tx, client: &Client) -> Result<i64, Fault> {
    let row = tx
        .one(
            "INSERT INTO clients (id, entity_id, name, metadata, terms, enabled, revision, registered_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (entity_id) DO UPDATE SET name = excluded.name, \
             metadata = excluded.metadata, terms = excluded.terms, revision = clients.revision + 1 \
             RETURNING revision",
            values(client)?,
        )
        .await?;
    row.ok_or_else(|| Fault::Inconsistent("a saved relying party was not there".to_owned()))?.int("revision")
}

fn values(client: &Client) -> Result<[Value; 7], Fault> {
    let terms = serde_json::to_string(&client.terms).map_err(|error| Fault::Inconsistent(format!("terms cannot be written: {error}")))?;
    Ok([
        client.id.into(),
        (&client.entity_id).into(),
        (&client.name).into(),
        (&client.metadata).into(),
        terms.into(),
        client.enabled.into(),
        client.registered_at.into(),
    ])
}

const BY_ENTITY_ID: &str =
    "SELECT id, entity_id, name, metadata, terms, enabled, revision, registered_at FROM clients WHERE entity_id = $1";
const BY_ID: &str = "SELECT id, entity_id, name, metadata, terms, enabled, revision, registered_at FROM clients WHERE id = $1";
const LIST: &str = "SELECT id, entity_id, name, metadata, terms, enabled, revision, registered_at FROM clients ORDER BY entity_id";

/// The relying party with exactly that entity ID.
pub async fn by_entity_id(db: &Db, entity_id: &str) -> Result<Option<Client>, Fault> {
    db.one(BY_ENTITY_ID, [entity_id.into()]).await?.as_ref().map(read).transpose()
}

/// The relying party with that id.
pub async fn by_id(db: &Db, id: Id<Client>) -> Result<Option<Client>, Fault> {
    db.one(BY_ID, [id.into()]).await?.as_ref().map(read).transpose()
}

/// The names of the relying parties with those ids, by name; those that are not there are left out.
pub async fn names(db: &Db, ids: &[Id<Client>]) -> Result<Vec<(Id<Client>, String)>, Fault> {
    let mut values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    let mut names = Vec::new();
    for (rows, sql) in many("SELECT id, name FROM clients WHERE id IN (VALUES ", 1, ")", values.len()) {
        for row in db.all_many(sql, values.drain(..rows).collect()).await? {
            names.push((row.parsed("id")?, row.text("name")?));
        }
    }
    names.sort_by(|(_, one), (_, other)| one.cmp(other));
    Ok(names)
}

/// All relying parties, by entity ID.
pub async fn list(db: &Db) -> Result<Vec<Client>, Fault> {
    db.all(LIST, []).await?.iter().map(read).collect()
}

/// Removes the relying party and what sessions remember of it. `false` when it is not there.
pub async fn remove(tx: &mut Tx, entity_id: &str) -> Result<bool, Fault> {
    tx.run("DELETE FROM bootstraps WHERE client IN (SELECT id FROM clients WHERE entity_id = $1)", [entity_id.into()]).await?;
    let Some(row) = tx.one("DELETE FROM clients WHERE entity_id = $1 RETURNING id", [entity_id.into()]).await? else {
        return Ok(false);
    };
    tx.run("DELETE FROM participations WHERE client = $1", [row.text("id")?.into()]).await?;
    Ok(true)
}

/// Serves the relying party, or stops serving it. `false` when it is not there.
pub async fn set_enabled(tx: &mut Tx, entity_id: &str, enabled: bool) -> Result<bool, Fault> {
    let changed =
        tx.run("UPDATE clients SET enabled = $2, revision = revision + 1 WHERE entity_id = $1", [entity_id.into(), enabled.into()]).await?;
    Ok(changed == 1)
}

fn read(row: &Row) -> Result<Client, Fault> {
    Ok(Client {
        id: row.parsed("id")?,
        entity_id: row.text("entity_id")?,
        name: row.text("name")?,
        metadata: row.text("metadata")?,
        terms: row.json("terms")?,
        enabled: row.flag("enabled")?,
        revision: row.int("revision")?,
        registered_at: row.time("registered_at")?,
    })
}

/// The relying party as it is registered now; `None` when there is none with that entity ID.
pub async fn edition(db: &Db, entity_id: &str) -> Result<Option<Edition>, Fault> {
    let row = db.one("SELECT id, revision FROM clients WHERE entity_id = $1", [entity_id.into()]).await?;
    row.map(|row| Ok(Edition { client: row.parsed("id")?, revision: row.int("revision")? })).transpose()
}
