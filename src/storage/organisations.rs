//! Organisations, known by CVR number. They are never deleted: people and proofings hang on them.

use crate::{
    base::id::Id,
    domain::organisation::Organisation,
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

/// Creates the organisation, or changes the one with that CVR number, which keeps its id. The id that holds.
pub async fn save(tx: &mut Tx, organisation: &Organisation) -> Result<Id<Organisation>, Fault> {
    let row = tx
        .one(
            "INSERT INTO organisations (id, cvr, name, notified) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (cvr) DO UPDATE SET name = excluded.name, notified = excluded.notified RETURNING id",
            [organisation.id.into(), organisation.cvr.as_str().into(), (&organisation.name).into(), organisation.notified.into()],
        )
        .await?;
    row.ok_or_else(|| Fault::Inconsistent("a saved organisation was not there".to_owned()))?.parsed("id")
}

/// Sets whom suspicions of misuse are told to; `None`: nobody.
pub async fn set_security_email(tx: &mut Tx, organisation: Id<Organisation>, address: Option<&str>) -> Result<(), Fault> {
    let address = address.map(str::to_owned);
    tx.run("UPDATE organisations SET security_email = $2 WHERE id = $1", [organisation.into(), address.into()]).await.map(drop)
}

/// Whom suspicions of misuse are told to.
pub async fn security_email(db: &Db, organisation: Id<Organisation>) -> Result<Option<String>, Fault> {
    let row = db.one("SELECT security_email FROM organisations WHERE id = $1", [organisation.into()]).await?;
    Ok(row.map(|row| row.text_or_none("security_email")).transpose()?.flatten())
}

/// The organisation with that CVR number.
pub async fn by_cvr(db: &Db, cvr: &str) -> Result<Option<Organisation>, Fault> {
    db.one("SELECT id, cvr, name, notified FROM organisations WHERE cvr = $1", [cvr.into()]).await?.as_ref().map(read).transpose()
}

/// The organisation with that id.
pub async fn by_id(db: &Db, id: Id<Organisation>) -> Result<Option<Organisation>, Fault> {
    db.one("SELECT id, cvr, name, notified FROM organisations WHERE id = $1", [id.into()]).await?.as_ref().map(read).transpose()
}

/// All organisations, by CVR number.
pub async fn list(db: &Db) -> Result<Vec<Organisation>, Fault> {
    db.all("SELECT id, cvr, name, notified FROM organisations ORDER BY cvr", []).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Organisation, Fault> {
    Ok(Organisation { id: row.parsed("id")?, cvr: row.parsed("cvr")?, name: row.text("name")?, notified: row.level("notified")? })
}
