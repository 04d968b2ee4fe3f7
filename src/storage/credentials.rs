//! Password hashes. This room never sees a password; `crypto::password` made what is stored here.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::person::Person,
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// A password hash as it is stored.
#[derive(Clone)]
pub struct StoredHash {
    /// The hash with its parameters (PHC string).
    pub text: String,
    /// When the password was set, or its hash renewed.
    pub set_at: Timestamp,
}

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredHash(..)")
    }
}

/// The person's password hash, if a password is set.
pub async fn password(db: &Db, person: Id<Person>) -> Result<Option<StoredHash>, Fault> {
    let row = db.one("SELECT hash, set_at FROM passwords WHERE person = $1", [person.into()]).await?;
    row.map(|row| Ok(StoredHash { text: row.text("hash")?, set_at: row.time("set_at")? })).transpose()
}

/// Sets the person's password hash, whatever stood there.
pub async fn set_password(tx: &mut Tx, person: Id<Person>, hash: &str, at: Timestamp) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO passwords (person, hash, set_at) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at",
        [person.into(), hash.into(), at.into()],
    )
    .await
    .map(drop)
}

/// The person's present password hash and those of earlier passwords, newest first, at most `limit`.
pub async fn latest(db: &Db, person: Id<Person>, limit: i64) -> Result<Vec<String>, Fault> {
    let rows = db
        .all(
            "SELECT hash FROM (SELECT hash, set_at AS at, 1 AS present FROM passwords WHERE person = $1 \
             UNION ALL SELECT hash, retired_at, 0 FROM password_history WHERE person = $1) AS known \
             ORDER BY present DESC, at DESC, hash LIMIT $2",
            [person.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| row.text("hash")).collect()
}

/// Moves the person's present hash to the earlier ones, of which the newest `keep` stay. Call it before another is set.
pub async fn retire(tx: &mut Tx, person: Id<Person>, keep: i64, at: Timestamp) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO password_history (person, hash, retired_at) SELECT person, hash, $2 FROM passwords WHERE person = $1 \
         ON CONFLICT (person, hash) DO NOTHING",
        [person.into(), at.into()],
    )
    .await?;
    tx.run(
        "DELETE FROM password_history WHERE person = $1 AND hash NOT IN \
         (SELECT hash FROM password_history WHERE person = $1 ORDER BY retired_at DESC, hash LIMIT $2)",
        [person.into(), keep.into()],
    )
    .await
    .map(drop)
}

/// Renews the hash of an unchanged password with present parameters, unless another was set meanwhile.
pub async fn renew_hash(tx: &mut Tx, person: Id<Person>, old: &str, new: &str) -> Result<bool, Fault> {
    let renewed = tx.run("UPDATE passwords SET hash = $3 WHERE person = $1 AND hash = $2", [person.into(), old.into(), new.into()]).await?;
    Ok(renewed == 1)
}
