//! One-time activation codes, as hashes: one a person, spent once, by one statement.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{assurance::Level, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
        handed::Behind,
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
    /// What stands behind it.
    pub behind: &'a Behind,
}

const PUT: &str = "INSERT INTO activations (person, code_hash, level, expires_at, issued_by, id, document_kind, document_issuer, \
     document_expires, document_checked, evidence, issuer_level, issuer_factors, issuer_at, released_by, released_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (person) DO UPDATE SET \
     code_hash = excluded.code_hash, level = excluded.level, expires_at = excluded.expires_at, issued_by = \
     excluded.issued_by, id = excluded.id, document_kind = excluded.document_kind, document_issuer = \
     excluded.document_issuer, document_expires = excluded.document_expires, document_checked = excluded.document_checked, \
     evidence = excluded.evidence, issuer_level = excluded.issuer_level, issuer_factors = excluded.issuer_factors, \
     issuer_at = excluded.issuer_at, released_by = excluded.released_by, released_at = excluded.released_at";

/// Stores a code; an older one of the same person is void.
pub async fn put(tx: &mut Tx, activation: &Activation<'_>) -> Result<(), Fault> {
    let mut values = vec![
        activation.person.into(),
        activation.code_hash.into(),
        activation.level.into(),
        activation.expires_at.into(),
        activation.issued_by.into(),
    ];
    values.extend(activation.behind.values());
    tx.run_many(PUT, values).await.map(drop)
}

/// Spends a code: its level exactly once, `None` for a wrong, expired or spent one, and for one of somebody with a role
/// that nobody released.
pub async fn spend(tx: &mut Tx, person: Id<Person>, code_hash: &TokenHash, now: Timestamp) -> Result<Option<Level>, Fault> {
    let row = tx
        .one(
            "DELETE FROM activations WHERE person = $1 AND code_hash = $2 AND expires_at > $3 AND (released_at IS NOT NULL \
             OR NOT EXISTS (SELECT 1 FROM roles WHERE roles.person = activations.person)) RETURNING level",
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
