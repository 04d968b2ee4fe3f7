//! Roles of people in Portvagt itself, each with who granted it when.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        person::Person,
        role::{Grant, Role},
    },
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// Grants a role. `false` when the person has it.
pub async fn grant(tx: &mut Tx, person: Id<Person>, role: Role, by: &str, at: Timestamp) -> Result<bool, Fault> {
    let granted = tx
        .run(
            "INSERT INTO roles (person, role, granted_by, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [person.into(), role.as_str().into(), by.into(), at.into()],
        )
        .await?;
    Ok(granted == 1)
}

/// Takes a role back. `false` when the person has it not.
pub async fn revoke(tx: &mut Tx, person: Id<Person>, role: Role) -> Result<bool, Fault> {
    Ok(tx.run("DELETE FROM roles WHERE person = $1 AND role = $2", [person.into(), role.as_str().into()]).await? == 1)
}

/// The person's roles, by name.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Grant>, Fault> {
    let rows = db.all("SELECT role, granted_by, granted_at FROM roles WHERE person = $1 ORDER BY role", [person.into()]).await?;
    rows.iter()
        .map(|row| Ok(Grant { role: row.parsed("role")?, granted_by: row.text("granted_by")?, granted_at: row.time("granted_at")? }))
        .collect()
}

/// Whether the person has the role.
pub async fn has(db: &Db, person: Id<Person>, role: Role) -> Result<bool, Fault> {
    Ok(db.one("SELECT role FROM roles WHERE person = $1 AND role = $2", [person.into(), role.as_str().into()]).await?.is_some())
}
