//! Small facts about this deployment, by name: the fingerprint of the master key, for one.
//! Nothing secret stands here, and no settings: those are in the configuration.

use crate::storage::{db::Db, fault::Fault};

/// The fact's value.
pub async fn get(db: &Db, key: &str) -> Result<Option<String>, Fault> {
    db.one("SELECT value FROM deployment WHERE key = $1", [key.into()]).await?.map(|row| row.text("value")).transpose()
}

/// Writes the fact unless one stands there; what stands there afterwards. Of two nodes starting at once one wins, and
/// both see the same value.
pub async fn put_if_absent(db: &Db, key: &str, value: &str) -> Result<String, Fault> {
    let mut tx = db.begin().await?;
    tx.run("INSERT INTO deployment (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", [key.into(), value.into()]).await?;
    let standing = tx.one("SELECT value FROM deployment WHERE key = $1", [key.into()]).await?;
    tx.commit_routine().await?;
    standing.ok_or_else(|| Fault::Inconsistent("a fact vanished while it was written".to_owned()))?.text("value")
}
