//! Recovery codes that a registrant handed over, as hashes: one a person, spent once, by one statement, and dead once the
//! password was set after it.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{assurance::Level, mitid::Why, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
        handed::Behind,
    },
};

/// A recovery code as it is stored.
#[derive(Debug)]
pub struct Recovery<'a> {
    /// Whose.
    pub person: Id<Person>,
    /// What it is for.
    pub why: Why,
    /// The keyed hash of the code.
    pub code_hash: &'a TokenHash,
    /// The most that what is enrolled with it may carry.
    pub level: Level,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who handed it over.
    pub issued_by: &'a str,
    /// What stands behind it.
    pub behind: &'a Behind,
}

const PUT: &str = "INSERT INTO recoveries (person, why, code_hash, level, issued_at, expires_at, issued_by, id, document_kind, \
     document_issuer, document_expires, document_checked, evidence, issuer_level, issuer_factors, issuer_at, released_by, \
     released_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) ON CONFLICT \
     (person) DO UPDATE SET why = excluded.why, code_hash = excluded.code_hash, level = excluded.level, issued_at = \
     excluded.issued_at, expires_at = excluded.expires_at, issued_by = excluded.issued_by, id = excluded.id, document_kind \
     = excluded.document_kind, document_issuer = excluded.document_issuer, document_expires = excluded.document_expires, \
     document_checked = excluded.document_checked, evidence = excluded.evidence, issuer_level = excluded.issuer_level, \
     issuer_factors = excluded.issuer_factors, issuer_at = excluded.issuer_at, released_by = excluded.released_by, \
     released_at = excluded.released_at";
const SPEND: &str = "DELETE FROM recoveries WHERE person = $1 AND code_hash = $2 AND why = $3 AND expires_at > $4 AND NOT EXISTS \
     (SELECT 1 FROM passwords WHERE passwords.person = recoveries.person AND passwords.set_at > recoveries.issued_at) \
     AND (released_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM roles WHERE roles.person = recoveries.person)) RETURNING level";

/// Stores a code; an older one of the same person is void.
pub async fn put(tx: &mut Tx, recovery: &Recovery<'_>) -> Result<(), Fault> {
    let mut values = vec![
        recovery.person.into(),
        recovery.why.as_str().into(),
        recovery.code_hash.into(),
        recovery.level.into(),
        recovery.issued_at.into(),
        recovery.expires_at.into(),
        recovery.issued_by.into(),
    ];
    values.extend(recovery.behind.values());
    tx.run_many(PUT, values).await.map(drop)
}

/// Spends a code: its level exactly once, `None` for one that is wrong, expired, outdated, spent, for
/// something else, or of somebody with a role that nobody released.
pub async fn spend(tx: &mut Tx, person: Id<Person>, why: Why, code_hash: &TokenHash, now: Timestamp) -> Result<Option<Level>, Fault> {
    let row = tx.one(SPEND, [person.into(), code_hash.into(), why.as_str().into(), now.into()]).await?;
    row.map(|row| row.level("level")).transpose()
}

/// Whether a recovery of the person is open, used or not yet.
pub async fn open_for(db: &Db, person: Id<Person>, now: Timestamp) -> Result<bool, Fault> {
    Ok(db.one("SELECT person FROM recoveries WHERE person = $1 AND expires_at > $2", [person.into(), now.into()]).await?.is_some())
}

/// Deletes expired codes; how many.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM recoveries WHERE expires_at <= $1", [now.into()]).await
}
