//! What was decided about the bootstrap tokens of relying parties, and whose UUID a national register knows. Each change of
//! terms makes the relying party's revision grow: a cache compares it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    base::id::Id,
    domain::{bootstrap::Terms, client::Client, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// The relying party's terms; `None`: it gets no tokens.
pub async fn of(db: &Db, client: Id<Client>) -> Result<Option<Terms>, Fault> {
    let sql =
        "SELECT profile, environment, audience, certificate, lifetime_seconds, least_level, required FROM bootstraps WHERE client = $1";
    let Some(row) = db.one(sql, [client.into()]).await? else { return Ok(None) };
    Ok(Some(Terms {
        profile: row.parsed("profile")?,
        environment: row.text("environment")?,
        audience: row.text("audience")?,
        certificate: row.bytes("certificate")?,
        lifetime_seconds: row.int("lifetime_seconds")?,
        least_level: row.level("least_level")?,
        required: row.flag("required")?,
    }))
}

/// Sets them.
pub async fn save(tx: &mut Tx, client: Id<Client>, terms: &Terms) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO bootstraps (client, profile, environment, audience, certificate, lifetime_seconds, least_level, required) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (client) DO UPDATE SET profile = excluded.profile, \
         environment = excluded.environment, audience = excluded.audience, certificate = excluded.certificate, \
         lifetime_seconds = excluded.lifetime_seconds, least_level = excluded.least_level, required = excluded.required",
        [
            client.into(),
            terms.profile.as_str().into(),
            (&terms.environment).into(),
            (&terms.audience).into(),
            terms.certificate.clone().into(),
            terms.lifetime_seconds.into(),
            terms.least_level.into(),
            terms.required.into(),
        ],
    )
    .await?;
    grow(tx, client).await
}

/// Takes them away. `false` when there are none.
pub async fn remove(tx: &mut Tx, client: Id<Client>) -> Result<bool, Fault> {
    let removed = tx.run("DELETE FROM bootstraps WHERE client = $1", [client.into()]).await?;
    grow(tx, client).await?;
    Ok(removed == 1)
}

async fn grow(tx: &mut Tx, client: Id<Client>) -> Result<(), Fault> {
    tx.run("UPDATE clients SET revision = revision + 1 WHERE id = $1", [client.into()]).await.map(drop)
}

/// States that a national register knows the person by their UUID.
pub async fn state_uuid(tx: &mut Tx, person: Id<Person>, at: Timestamp) -> Result<(), Fault> {
    let sql = "INSERT INTO registered_uuids (person, stated_at) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET stated_at = excluded.stated_at";
    tx.run(sql, [person.into(), at.into()]).await.map(drop)
}

/// Whether somebody stated that.
pub async fn uuid_is_registered(db: &Db, person: Id<Person>) -> Result<bool, Fault> {
    Ok(db.one("SELECT person FROM registered_uuids WHERE person = $1", [person.into()]).await?.is_some())
}

/// Gives the person another UUID. `false`, and nothing is changed, when somebody else has it.
pub async fn change_uuid(tx: &mut Tx, person: Id<Person>, uuid: Uuid) -> Result<bool, Fault> {
    let sql = "UPDATE people SET persistent_uuid = $2 WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM people p WHERE p.persistent_uuid = $2 AND p.id <> $1)";
    Ok(tx.run(sql, [person.into(), uuid.to_string().into()]).await? == 1)
}
