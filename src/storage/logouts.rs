//! Logouts under way, each in one browser and known by the hash of its token. A row goes with the last answer; one whose
//! browser never comes back is purged, and its recalls fall to the back-channel by their own time.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{client::Client, logout::Logout},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// Begins one.
pub async fn insert(tx: &mut Tx, logout: &Logout, token: &TokenHash) -> Result<(), Fault> {
    let initiator = logout.initiator.as_ref().map(json).transpose()?;
    tx.run(
        "INSERT INTO logouts (id, token_hash, initiator, missed, expires_at) VALUES ($1, $2, $3, $4, $5)",
        [logout.id.into(), token.into(), initiator.into(), json(&logout.missed)?.into(), logout.expires_at.into()],
    )
    .await
    .map(drop)
}

/// The logout of that id in the browser that holds its token; `None` when it is over or another browser's.
pub async fn open(db: &Db, id: Id<Logout>, token: &TokenHash, now: Timestamp) -> Result<Option<Logout>, Fault> {
    let row = db
        .one(
            "SELECT id, initiator, missed, expires_at FROM logouts WHERE id = $1 AND token_hash = $2 AND expires_at > $3",
            [id.into(), token.into(), now.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let initiator = row.text_or_none("initiator")?.map(|text| serde_json::from_str(&text).map_err(unreadable)).transpose()?;
    Ok(Some(Logout { id: row.parsed("id")?, initiator, missed: row.json("missed")?, expires_at: row.time("expires_at")? }))
}

/// Writes down who was not told so far.
pub async fn miss(tx: &mut Tx, id: Id<Logout>, missed: &[Id<Client>]) -> Result<(), Fault> {
    tx.run("UPDATE logouts SET missed = $2 WHERE id = $1", [id.into(), json(&missed)?.into()]).await.map(drop)
}

/// Ends it: `true` exactly once.
pub async fn finish(tx: &mut Tx, id: Id<Logout>) -> Result<bool, Fault> {
    Ok(tx.run("DELETE FROM logouts WHERE id = $1", [id.into()]).await? == 1)
}

/// Deletes those that are given up; how many.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM logouts WHERE expires_at <= $1", [now.into()]).await
}

fn json(what: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(what).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Fault {
    Fault::Inconsistent(format!("a logout under way: {error}"))
}
