//! Second factors: sealed TOTP secrets with their spent steps, and WebAuthn credentials with their counters.
//! Spending and updating are single statements with a condition, so that of many at once one wins (B07).

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        client::Client,
        factor::{Authenticator, Kind},
        person::Person,
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

/// The credential is enrolled already, by whomever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential is enrolled already")]
pub struct AlreadyKnown;

/// A TOTP authenticator with what checking a code needs.
#[derive(Debug)]
pub struct Totp {
    /// The authenticator.
    pub authenticator: Authenticator,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
    /// The newest step that was spent.
    pub last_step: Option<i64>,
}

/// Adds a TOTP authenticator. `step` is the step of the code that confirmed it: it is spent.
pub async fn insert_totp(tx: &mut Tx, authenticator: &Authenticator, sealed_secret: &[u8], step: Option<i64>) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO authenticators (id, person, kind, name, carries, enrolled_at, last_used_at, secret, last_step) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            authenticator.id.into(),
            authenticator.person.into(),
            Kind::Totp.as_str().into(),
            (&authenticator.name).into(),
            authenticator.carries.into(),
            authenticator.enrolled_at.into(),
            authenticator.last_used_at.into(),
            sealed_secret.into(),
            step.into(),
        ],
    )
    .await
    .map(drop)
}

/// A WebAuthn credential to be added.
#[derive(Debug)]
pub struct NewCredential<'c> {
    /// Its id.
    pub id: &'c [u8],
    /// Its public part with its counter.
    pub json: &'c str,
}

/// Adds a WebAuthn credential. `Err(AlreadyKnown)` inside `Ok` when its id is enrolled; the transaction stays usable.
pub async fn insert_webauthn(
    tx: &mut Tx,
    authenticator: &Authenticator,
    credential: &NewCredential<'_>,
) -> Result<Result<(), AlreadyKnown>, Fault> {
    let inserted = tx
        .run(
            "INSERT INTO authenticators (id, person, kind, name, carries, enrolled_at, last_used_at, credential_id, credential, provenance, aaguid) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (credential_id) DO NOTHING",
            [
                authenticator.id.into(),
                authenticator.person.into(),
                Kind::Webauthn.as_str().into(),
                (&authenticator.name).into(),
                authenticator.carries.into(),
                authenticator.enrolled_at.into(),
                authenticator.last_used_at.into(),
                credential.id.into(),
                credential.json.into(),
                authenticator.provenance.map(|provenance| provenance.as_str().to_owned()).into(),
                authenticator.model.map(|model| model.to_string()).into(),
            ],
        )
        .await?;
    Ok(if inserted == 1 { Ok(()) } else { Err(AlreadyKnown) })
}

/// The person's authenticators, oldest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Authenticator>, Fault> {
    let rows = db
        .all(
            "SELECT id, person, kind, name, provenance, aaguid, carries, enrolled_at, last_used_at FROM authenticators WHERE person = $1 ORDER BY enrolled_at, id",
            [person.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The person's TOTP authenticators, oldest first.
pub async fn totp_of(db: &Db, person: Id<Person>) -> Result<Vec<Totp>, Fault> {
    let rows = db
        .all(
            "SELECT id, person, kind, name, provenance, aaguid, carries, enrolled_at, last_used_at, secret, last_step FROM authenticators \
             WHERE person = $1 AND kind = 'totp' ORDER BY enrolled_at, id",
            [person.into()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(Totp { authenticator: read(row)?, sealed: row.bytes("secret")?, last_step: row.int_or_none("last_step")? }))
        .collect()
}

/// Spends a TOTP step: `true` exactly once for it, and never again for it or an earlier one, on whatever node.
pub async fn spend_totp_step(tx: &mut Tx, authenticator: Id<Authenticator>, step: i64, at: Timestamp) -> Result<bool, Fault> {
    let spent = tx
        .run(
            "UPDATE authenticators SET last_step = $2, last_used_at = $3 \
             WHERE id = $1 AND kind = 'totp' AND (last_step IS NULL OR last_step < $2)",
            [authenticator.into(), step.into(), at.into()],
        )
        .await?;
    Ok(spent == 1)
}

/// The person's WebAuthn credentials with their JSON, oldest first.
pub async fn webauthn_of(db: &Db, person: Id<Person>) -> Result<Vec<(Authenticator, String)>, Fault> {
    let rows = db
        .all(
            "SELECT id, person, kind, name, provenance, aaguid, carries, enrolled_at, last_used_at, credential FROM authenticators \
             WHERE person = $1 AND kind = 'webauthn' ORDER BY enrolled_at, id",
            [person.into()],
        )
        .await?;
    rows.iter().map(|row| Ok((read(row)?, row.text("credential")?))).collect()
}

/// The WebAuthn credential with that id, with its JSON.
pub async fn webauthn_by_credential_id(db: &Db, credential_id: &[u8]) -> Result<Option<(Authenticator, String)>, Fault> {
    let row = db
        .one(
            "SELECT id, person, kind, name, provenance, aaguid, carries, enrolled_at, last_used_at, credential FROM authenticators WHERE credential_id = $1",
            [credential_id.into()],
        )
        .await?;
    row.map(|row| Ok((read(&row)?, row.text("credential")?))).transpose()
}

/// Writes a credential after use, if it still is what was checked (`old`, the JSON that was read): of two uses with the
/// same counter at once one gets `false`, and must not let anybody in.
pub async fn update_webauthn(tx: &mut Tx, authenticator: Id<Authenticator>, old: &str, new: &str, at: Timestamp) -> Result<bool, Fault> {
    let updated = tx
        .run(
            "UPDATE authenticators SET credential = $3, last_used_at = $4 WHERE id = $1 AND kind = 'webauthn' AND credential = $2",
            [authenticator.into(), old.into(), new.into(), at.into()],
        )
        .await?;
    Ok(updated == 1)
}

/// At what an authenticator was used last.
#[derive(Debug, Clone)]
pub struct LastPlace {
    /// Which one.
    pub authenticator: Id<Authenticator>,
    /// The relying party's name; `None` for the person's own pages, or for one that is not registered any more.
    pub client: Option<String>,
    /// The browser's own words about itself.
    pub browser: String,
}

/// Notes at what the authenticator was just used.
pub async fn used_at(tx: &mut Tx, authenticator: Id<Authenticator>, client: Option<Id<Client>>, browser: &str) -> Result<(), Fault> {
    tx.run(
        "UPDATE authenticators SET last_client = $2, last_browser = $3 WHERE id = $1",
        [authenticator.into(), client.map(|client| client.to_string()).into(), browser.into()],
    )
    .await
    .map(drop)
}

/// At what each of the person's authenticators was used last; those never used are left out.
pub async fn last_places(db: &Db, person: Id<Person>) -> Result<Vec<LastPlace>, Fault> {
    let rows = db
        .all(
            "SELECT a.id, a.last_browser, c.name FROM authenticators a LEFT JOIN clients c ON c.id = a.last_client \
             WHERE a.person = $1 AND a.last_browser IS NOT NULL ORDER BY a.id",
            [person.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(LastPlace { authenticator: row.parsed("id")?, client: row.text_or_none("name")?, browser: row.text("last_browser")? })
        })
        .collect()
}

/// Removes one of the person's authenticators. `false` when it is not theirs.
pub async fn remove(tx: &mut Tx, person: Id<Person>, authenticator: Id<Authenticator>) -> Result<bool, Fault> {
    let removed = tx.run("DELETE FROM authenticators WHERE id = $1 AND person = $2", [authenticator.into(), person.into()]).await?;
    Ok(removed == 1)
}

/// Removes all authenticators of the person: what there was, oldest first.
pub async fn remove_all_of(tx: &mut Tx, person: Id<Person>) -> Result<Vec<Authenticator>, Fault> {
    let rows = tx
        .all(
            "DELETE FROM authenticators WHERE person = $1 RETURNING id, person, kind, name, provenance, aaguid, carries, enrolled_at, last_used_at",
            [person.into()],
        )
        .await?;
    let mut removed = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    removed.sort_by_key(|one| (one.enrolled_at, one.id.to_string()));
    Ok(removed)
}

/// Whether the person has none, asked inside a transaction.
pub async fn has_none(tx: &mut Tx, person: Id<Person>) -> Result<bool, Fault> {
    Ok(tx.one("SELECT id FROM authenticators WHERE person = $1 LIMIT 1", [person.into()]).await?.is_none())
}

/// Renames one of the person's authenticators. `false` when it is not theirs.
pub async fn rename(tx: &mut Tx, person: Id<Person>, authenticator: Id<Authenticator>, name: &str) -> Result<bool, Fault> {
    let renamed = tx
        .run("UPDATE authenticators SET name = $3 WHERE id = $1 AND person = $2", [authenticator.into(), person.into(), name.into()])
        .await?;
    Ok(renamed == 1)
}

fn read(row: &Row) -> Result<Authenticator, Fault> {
    Ok(Authenticator {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        kind: row.parsed("kind")?,
        name: row.text("name")?,
        provenance: row.text_or_none("provenance")?.map(|word| word.parse()).transpose().map_err(|()| unreadable("provenance"))?,
        model: row.text_or_none("aaguid")?.map(|text| text.parse()).transpose().map_err(|_| unreadable("aaguid"))?,
        carries: row.level("carries")?,
        enrolled_at: row.time("enrolled_at")?,
        last_used_at: row.time_or_none("last_used_at")?,
    })
}

fn unreadable(column: &str) -> Fault {
    Fault::Inconsistent(format!("column {column} holds something unreadable"))
}
