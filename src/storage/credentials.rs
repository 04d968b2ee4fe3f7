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

/// Renews the hash of an unchanged password with present parameters, unless another was set meanwhile.
pub async fn renew_hash(tx: &mut Tx, person: Id<Person>, old: &str, new: &str) -> Result<bool, Fault> {
    let renewed = tx.run("UPDATE passwords SET hash = $3 WHERE person = $1 AND hash = $2", [person.into(), old.into(), new.into()]).await?;
    Ok(renewed == 1)
}
