//! Whether the database can be written: a node whose audit trail cannot be written must not take logins (R03, R09).

use crate::storage::{db::Db, fault::Fault};

/// Asks the database whether it can be written. On PostgreSQL a demoted leader says no.
///
/// # Errors
/// [`Fault::Unavailable`] when it cannot.
pub async fn ping(db: &Db) -> Result<(), Fault> {
    db.check_writable().await
}
