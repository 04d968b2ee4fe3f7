//! What organisations demand of passwords otherwise than the installation does.

use crate::{
    base::id::Id,
    domain::{organisation::Organisation, policy::PasswordRules},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// The organisation's own rules, if it has any.
pub async fn of(db: &Db, organisation: Id<Organisation>) -> Result<Option<PasswordRules>, Fault> {
    let row = db.one("SELECT rules FROM password_rules WHERE organisation = $1", [organisation.into()]).await?;
    row.map(|row| row.json("rules")).transpose()
}

/// Sets the organisation's own rules.
pub async fn save(tx: &mut Tx, organisation: Id<Organisation>, rules: &PasswordRules) -> Result<(), Fault> {
    let text = serde_json::to_string(rules).map_err(|error| Fault::Inconsistent(format!("rules cannot be written: {error}")))?;
    tx.run(
        "INSERT INTO password_rules (organisation, rules) VALUES ($1, $2) ON CONFLICT (organisation) DO UPDATE SET rules = excluded.rules",
        [organisation.into(), text.into()],
    )
    .await
    .map(drop)
}

/// Takes the organisation's own rules away; `false` when it has none.
pub async fn remove(tx: &mut Tx, organisation: Id<Organisation>) -> Result<bool, Fault> {
    Ok(tx.run("DELETE FROM password_rules WHERE organisation = $1", [organisation.into()]).await? == 1)
}
