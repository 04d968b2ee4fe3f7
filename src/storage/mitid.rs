//! Questions put to NemLog-in, and their answers while they wait for the browser that asked. Each question takes one answer,
//! each answer is fetched once; both are one statement with a condition.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{assurance::Level, flow::AnyFlow},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// A question under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The SAML request's ID.
    pub request: String,
    /// The flow that asks.
    pub flow: Id<AnyFlow>,
    /// The least level asked for.
    pub least: Level,
    /// When.
    pub asked_at: Timestamp,
    /// When no answer is taken any more.
    pub expires_at: Timestamp,
}

/// Remembers a question.
pub async fn ask(tx: &mut Tx, question: &Question) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO mitid_questions (request, flow, least, asked_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        [(&question.request).into(), question.flow.into(), question.least.into(), question.asked_at.into(), question.expires_at.into()],
    )
    .await
    .map(drop)
}

/// The question of that ID, if it is not over and has no answer yet.
pub async fn unanswered(db: &Db, request: &str, now: Timestamp) -> Result<Option<Question>, Fault> {
    let row = db
        .one(
            "SELECT request, flow, least, asked_at, expires_at FROM mitid_questions \
             WHERE request = $1 AND answer IS NULL AND expires_at > $2",
            [request.into(), now.into()],
        )
        .await?;
    row.map(|row| {
        Ok(Question {
            request: row.text("request")?,
            flow: row.parsed("flow")?,
            least: row.level("least")?,
            asked_at: row.time("asked_at")?,
            expires_at: row.time("expires_at")?,
        })
    })
    .transpose()
}

/// Keeps the answer for whoever brings `handle`: `true` exactly once.
pub async fn answer(tx: &mut Tx, request: &str, handle: &TokenHash, sealed: &[u8], now: Timestamp) -> Result<bool, Fault> {
    let kept = tx
        .run(
            "UPDATE mitid_questions SET handle = $2, answer = $3 WHERE request = $1 AND answer IS NULL AND expires_at > $4",
            [request.into(), handle.into(), sealed.into(), now.into()],
        )
        .await?;
    Ok(kept == 1)
}

/// Takes the answer away with its question; `None` without the right handle, or when it was taken before.
pub async fn take(tx: &mut Tx, request: &str, flow: Id<AnyFlow>, handle: &TokenHash, now: Timestamp) -> Result<Option<Vec<u8>>, Fault> {
    let row = tx
        .one(
            "DELETE FROM mitid_questions WHERE request = $1 AND flow = $2 AND handle = $3 AND expires_at > $4 RETURNING answer",
            [request.into(), flow.into(), handle.into(), now.into()],
        )
        .await?;
    row.map_or(Ok(None), |row| row.bytes_or_none("answer"))
}

/// Deletes questions that are over; how many.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM mitid_questions WHERE expires_at <= $1", [now.into()]).await
}
