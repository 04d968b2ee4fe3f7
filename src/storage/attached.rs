//! Authenticator apps that somebody else attached for a person: no authenticators yet. Their owner proves them, and they become
//! one; until then they carry nothing and stand nowhere else.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{factor::Authenticator, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// An app as it was attached.
#[derive(Debug, Clone)]
pub struct Attached {
    /// The id it will have as authenticator.
    pub id: Id<Authenticator>,
    /// Whose it is to be.
    pub person: Id<Person>,
    /// What it is called.
    pub name: String,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
    /// The newest step that was spent.
    pub last_step: Option<i64>,
    /// Who attached it, as the trail names actors.
    pub attached_by: String,
    /// When.
    pub attached_at: Timestamp,
}

/// Adds one.
pub async fn insert(tx: &mut Tx, one: &Attached) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO attached (id, person, name, secret, last_step, attached_by, attached_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            one.id.into(),
            one.person.into(),
            (&one.name).into(),
            one.sealed.clone().into(),
            one.last_step.into(),
            (&one.attached_by).into(),
            one.attached_at.into(),
        ],
    )
    .await
    .map(drop)
}

/// Those of the person, oldest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Attached>, Fault> {
    let rows = db
        .all(
            "SELECT id, person, name, secret, last_step, attached_by, attached_at FROM attached WHERE person = $1 ORDER BY attached_at, id",
            [person.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Attached {
                id: row.parsed("id")?,
                person: row.parsed("person")?,
                name: row.text("name")?,
                sealed: row.bytes("secret")?,
                last_step: row.int_or_none("last_step")?,
                attached_by: row.text("attached_by")?,
                attached_at: row.time("attached_at")?,
            })
        })
        .collect()
}

/// Spends a step of its codes: `true` exactly once for it, and never again for it or an earlier one.
pub async fn spend_step(tx: &mut Tx, id: Id<Authenticator>, step: i64) -> Result<bool, Fault> {
    let spent = tx
        .run("UPDATE attached SET last_step = $2 WHERE id = $1 AND (last_step IS NULL OR last_step < $2)", [id.into(), step.into()])
        .await?;
    Ok(spent == 1)
}

/// Takes one away: its owner proved it, or does not want it. `false` when the person has none such.
pub async fn remove(tx: &mut Tx, person: Id<Person>, id: Id<Authenticator>) -> Result<bool, Fault> {
    Ok(tx.run("DELETE FROM attached WHERE id = $1 AND person = $2", [id.into(), person.into()]).await? == 1)
}

/// Takes all of the person's away; how many.
pub async fn remove_all(tx: &mut Tx, person: Id<Person>) -> Result<u64, Fault> {
    tx.run("DELETE FROM attached WHERE person = $1", [person.into()]).await
}
