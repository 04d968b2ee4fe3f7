//! Logins under way. A flow opens only with its own token and at its own stage; each move is one statement with a
//! condition, so that of two browsers tabs, nodes or attackers at once one moves and the others get `false`.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{
        flow::{AnyFlow, Flow, Stage},
        person::Person,
    },
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// Stores a new flow.
pub async fn begin<S: Stage>(tx: &mut Tx, flow: &Flow<S>, token_hash: &TokenHash) -> Result<(), Fault> {
    let (data, person) = write(&flow.stage)?;
    let purpose = serde_json::to_string(&flow.purpose).map_err(unwritable)?;
    tx.run(
        "INSERT INTO flows (id, token_hash, stage, purpose, data, person, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [flow.id.into(), token_hash.into(), S::NAME.into(), purpose.into(), data.into(), person.into(), flow.expires_at.into()],
    )
    .await
    .map(drop)
}

/// Stores a flow that so far only its browser knew of, at that stage. `false` when it is there already.
pub async fn begin_once<A, B: Stage>(tx: &mut Tx, flow: &Flow<A>, stage: &B, token_hash: &TokenHash) -> Result<bool, Fault> {
    let (data, person) = write(stage)?;
    let purpose = serde_json::to_string(&flow.purpose).map_err(unwritable)?;
    let begun = tx
        .run(
            "INSERT INTO flows (id, token_hash, stage, purpose, data, person, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (id) DO NOTHING",
            [flow.id.into(), token_hash.into(), B::NAME.into(), purpose.into(), data.into(), person.into(), flow.expires_at.into()],
        )
        .await?;
    Ok(begun == 1)
}

/// The flow, if the token is its own, it stands at stage `S` and is not over.
pub async fn open<S: Stage>(db: &Db, id: Id<AnyFlow>, token_hash: &TokenHash, now: Timestamp) -> Result<Option<Flow<S>>, Fault> {
    let row = db
        .one(
            "SELECT purpose, data, expires_at FROM flows WHERE id = $1 AND token_hash = $2 AND stage = $3 AND expires_at > $4",
            [id.into(), token_hash.into(), S::NAME.into(), now.into()],
        )
        .await?;
    row.map(|row| Ok(Flow { id, purpose: row.json("purpose")?, stage: row.json("data")?, expires_at: row.time("expires_at")? })).transpose()
}

/// The name of the stage it stands at, if the token is its own and it is not over.
pub async fn stage_of(db: &Db, id: Id<AnyFlow>, token_hash: &TokenHash, now: Timestamp) -> Result<Option<String>, Fault> {
    let row = db
        .one("SELECT stage FROM flows WHERE id = $1 AND token_hash = $2 AND expires_at > $3", [id.into(), token_hash.into(), now.into()])
        .await?;
    row.map(|row| row.text("stage")).transpose()
}

/// Whether such a flow is under way in whatever browser: tells a missing cookie from a login that is over.
pub async fn exists(db: &Db, id: Id<AnyFlow>, now: Timestamp) -> Result<bool, Fault> {
    Ok(db.one("SELECT id FROM flows WHERE id = $1 AND expires_at > $2", [id.into(), now.into()]).await?.is_some())
}

/// Moves the flow to its next stage under a new token. `false` when it was moved or ended meanwhile.
pub async fn advance<A: Stage, B: Stage>(tx: &mut Tx, flow: &Flow<A>, old: &TokenHash, next: &B, new: &TokenHash) -> Result<bool, Fault> {
    let (data, person) = write(next)?;
    let moved = tx
        .run(
            "UPDATE flows SET token_hash = $4, stage = $5, data = $6, person = $7 WHERE id = $1 AND token_hash = $2 AND stage = $3",
            [flow.id.into(), old.into(), A::NAME.into(), new.into(), B::NAME.into(), data.into(), person.into()],
        )
        .await?;
    Ok(moved == 1)
}

/// Writes new data at the same stage, if the flow still is as it was opened (`flow`). `false` when somebody else wrote.
pub async fn save<S: Stage>(tx: &mut Tx, flow: &Flow<S>, token_hash: &TokenHash, stage: &S) -> Result<bool, Fault> {
    let (old, _) = write(&flow.stage)?;
    let (new, person) = write(stage)?;
    let saved = tx
        .run(
            "UPDATE flows SET data = $5, person = $6 WHERE id = $1 AND token_hash = $2 AND stage = $3 AND data = $4",
            [flow.id.into(), token_hash.into(), S::NAME.into(), old.into(), new.into(), person.into()],
        )
        .await?;
    Ok(saved == 1)
}

/// Ends the flow from stage `S`: `true` exactly once.
pub async fn finish<S: Stage>(tx: &mut Tx, id: Id<AnyFlow>, token_hash: &TokenHash) -> Result<bool, Fault> {
    let ended = tx
        .run("DELETE FROM flows WHERE id = $1 AND token_hash = $2 AND stage = $3", [id.into(), token_hash.into(), S::NAME.into()])
        .await?;
    Ok(ended == 1)
}

/// A login under way, without its token.
#[derive(Debug, Clone, serde::Serialize)]
pub struct UnderWay {
    /// The stage it stands at.
    pub stage: String,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// The logins under way of a person, the one that ends first first.
pub async fn of_person(db: &Db, person: Id<Person>, now: Timestamp) -> Result<Vec<UnderWay>, Fault> {
    let rows = db
        .all(
            "SELECT stage, expires_at FROM flows WHERE person = $1 AND expires_at > $2 ORDER BY expires_at, id",
            [person.into(), now.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(UnderWay { stage: row.text("stage")?, expires_at: row.time("expires_at")? })).collect()
}

/// Ends all logins under way of a person; how many.
pub async fn end_of_person(tx: &mut Tx, person: Id<Person>) -> Result<u64, Fault> {
    tx.run("DELETE FROM flows WHERE person = $1", [person.into()]).await
}

/// Ends all logins under way of a person but one; how many.
pub async fn end_others(tx: &mut Tx, person: Id<Person>, kept: Id<AnyFlow>) -> Result<u64, Fault> {
    tx.run("DELETE FROM flows WHERE person = $1 AND id <> $2", [person.into(), kept.into()]).await
}

/// Deletes flows that are over; how many.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM flows WHERE expires_at <= $1", [now.into()]).await
}

/// The stage as JSON, and the person it names, if any: all stages that know their person call the field `person`.
fn write<S: Stage>(stage: &S) -> Result<(String, Option<String>), Fault> {
    let data = serde_json::to_value(stage).map_err(unwritable)?;
    let person = data.get("person").and_then(serde_json::Value::as_str).map(str::to_owned);
    Ok((data.to_string(), person))
}

fn unwritable(error: serde_json::Error) -> Fault {
    Fault::Inconsistent(format!("a login cannot be written: {error}"))
}
