//! One-time activation codes, as hashes: one a person, spent once, by one statement.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{assurance::Level, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// An activation code as it is stored.
#[derive(Debug)]
pub struct Activation<'a> {
    /// Whose.
    pub person: Id<Person>,
    /// The keyed hash of the code.
    pub code_hash: &'a TokenHash,
    /// The most that what is enrolled with it may carry.
    pub level: Level,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who handed it over.
    pub issued_by: &'a str,
}

/// Stores a code; an older one of the same person is void.
pub async fn put(tx: &mut Tx, activation: &Activation<'_>) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO activations (person, code_hash, level, expires_at, issued_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (person) DO UPDATE SET code_hash = excluded.code_hash, level = excluded.level, \
         expires_at = excluded.expires_at, issued_by = excluded.issued_by",
        [
            activation.person.into(),
            activation.code_hash.into(),
            activation.level.into(),
            activation.expires_at.into(),
            activation.issued_by.into(),
        ],
    )
    .await
    .map(drop)
}

/// Spends a code: its level exactly once, `None` for a wrong, expired or spent one.
pub async fn spend(tx: &mut Tx, person: Id<Person>, code_hash: &TokenHash, now: Timestamp) -> Result<Option<Level>, Fault> {
    let row = tx
        .one(
            "DELETE FROM activations WHERE person = $1 AND code_hash = $2 AND expires_at > $3 RETURNING level",
            [person.into(), code_hash.into(), now.into()],
        )
        .await?;
    row.map(|row| row.level("level")).transpose()
}

/// Whether a code of the person could be spent now.
pub async fn open_for(db: &Db, person: Id<Person>, now: Timestamp) -> Result<bool, Fault> {
    Ok(db.one("SELECT person FROM activations WHERE person = $1 AND expires_at > $2", [person.into(), now.into()]).await?.is_some())
}

/// Deletes expired codes; how many.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM activations WHERE expires_at <= $1", [now.into()]).await
}
