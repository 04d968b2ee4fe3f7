//! Roles of people in Portvagt itself, each with where it holds and who granted it when.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        organisation::Organisation,
        person::Person,
        role::{Grant, Role, Scope},
    },
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

const WORKING: &str = "SELECT r.person FROM roles r JOIN people p ON p.id = r.person JOIN cprs c ON c.person = r.person \
     WHERE p.organisation = $1 AND r.role = 'registrant' AND r.organisation IN ('', $1) \
     AND EXISTS (SELECT 1 FROM authenticators a WHERE a.person = r.person) \
     AND EXISTS (SELECT 1 FROM proofings f WHERE f.person = r.person AND f.state = 'valid' AND f.level >= 2 \
     AND f.cpr_index = c.cpr_index) LIMIT 1";

const OF_PERSON: &str = "SELECT role, organisation, granted_by, granted_at FROM roles WHERE person = $1 ORDER BY role, organisation";

/// Grants a role. `false` when the person has it there.
pub async fn grant(tx: &mut Tx, person: Id<Person>, (role, scope): (Role, Scope), by: &str, at: Timestamp) -> Result<bool, Fault> {
    let granted = tx
        .run(
            "INSERT INTO roles (person, role, organisation, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            [person.into(), role.as_str().into(), scope.to_text().into(), by.into(), at.into()],
        )
        .await?;
    Ok(granted == 1)
}

/// Takes a role back, wherever it holds. `false` when the person has it not.
pub async fn revoke(tx: &mut Tx, person: Id<Person>, role: Role) -> Result<bool, Fault> {
    Ok(tx.run("DELETE FROM roles WHERE person = $1 AND role = $2", [person.into(), role.as_str().into()]).await? > 0)
}

/// Takes a role back in one place. `false` when the person has it not there.
pub async fn revoke_in(tx: &mut Tx, person: Id<Person>, (role, scope): (Role, Scope)) -> Result<bool, Fault> {
    let revoked = tx
        .run(
            "DELETE FROM roles WHERE person = $1 AND role = $2 AND organisation = $3",
            [person.into(), role.as_str().into(), scope.to_text().into()],
        )
        .await?;
    Ok(revoked == 1)
}

/// The person's roles, by name.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Grant>, Fault> {
    let rows = db.all(OF_PERSON, [person.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Grant {
                role: row.parsed("role")?,
                scope: row.parsed("organisation")?,
                granted_by: row.text("granted_by")?,
                granted_at: row.time("granted_at")?,
            })
        })
        .collect()
}

/// Whether the organisation has a registrant who could work: with the role, an authenticator, a CPR number, and an identity
/// proved of that number at Substantial or above.
pub async fn has_working_registrant(db: &Db, organisation: Id<Organisation>) -> Result<bool, Fault> {
    Ok(db.one(WORKING, [organisation.into()]).await?.is_some())
}

/// Whether the person has any role.
pub async fn has_any(db: &Db, person: Id<Person>) -> Result<bool, Fault> {
    Ok(db.one("SELECT role FROM roles WHERE person = $1 LIMIT 1", [person.into()]).await?.is_some())
}

/// Whether the person has the role, wherever.
pub async fn has(db: &Db, person: Id<Person>, role: Role) -> Result<bool, Fault> {
    Ok(db.one("SELECT role FROM roles WHERE person = $1 AND role = $2 LIMIT 1", [person.into(), role.as_str().into()]).await?.is_some())
}

/// Whether the person has the role in that organisation.
pub async fn has_in(db: &Db, person: Id<Person>, role: Role, organisation: Id<Organisation>) -> Result<bool, Fault> {
    let held = db
        .one(
            "SELECT role FROM roles WHERE person = $1 AND role = $2 AND organisation IN ('', $3) LIMIT 1",
            [person.into(), role.as_str().into(), organisation.into()],
        )
        .await?;
    Ok(held.is_some())
}
