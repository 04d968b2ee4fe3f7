//! Identity proofings (NSIS 3.1.2), kept for the auditor and never changed but by revoking.

use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        person::{Person, Proofing},
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

/// Adds a proofing.
pub async fn insert(tx: &mut Tx, proofing: &Proofing) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO proofings (id, person, method, evidence, level, proved_by, proved_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            proofing.id.into(),
            proofing.person.into(),
            proofing.method.as_str().into(),
            (&proofing.evidence).into(),
            proofing.level.into(),
            (&proofing.proved_by).into(),
            proofing.proved_at.into(),
        ],
    )
    .await
    .map(drop)
}

/// The person's valid proofings, newest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Proofing>, Fault> {
    let rows = db
        .all(
            "SELECT id, person, method, evidence, level, proved_by, proved_at FROM proofings \
             WHERE person = $1 AND revoked_at IS NULL ORDER BY proved_at DESC, id",
            [person.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The identity assurance level: the highest of valid proofings. `None` when the identity was never proved.
pub async fn identity_level(db: &Db, person: Id<Person>) -> Result<Option<Level>, Fault> {
    let row = db.one("SELECT MAX(level) AS identity FROM proofings WHERE person = $1 AND revoked_at IS NULL", [person.into()]).await?;
    row.map_or(Ok(None), |row| row.level_or_none("identity"))
}

/// Takes a proofing back. `false` when it is not there or was taken back before.
pub async fn revoke(tx: &mut Tx, proofing: Id<Proofing>, at: jiff::Timestamp) -> Result<bool, Fault> {
    let revoked = tx.run("UPDATE proofings SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", [proofing.into(), at.into()]).await?;
    Ok(revoked == 1)
}

fn read(row: &Row) -> Result<Proofing, Fault> {
    Ok(Proofing {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        method: row.parsed("method")?,
        evidence: row.text("evidence")?,
        level: row.level("level")?,
        proved_by: row.text("proved_by")?,
        proved_at: row.time("proved_at")?,
    })
}
