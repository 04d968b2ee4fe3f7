//! Terms of organisations, version by version, and who accepted which when. Neither is ever changed.

use crate::{
    base::id::Id,
    domain::{
        organisation::Organisation,
        person::Person,
        terms::{Acceptance, Terms},
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

const COLUMNS_OF: &str = "SELECT organisation, version, danish, english, published_by, published_at FROM terms \
     WHERE organisation = $1 ORDER BY version DESC";
const OUTSTANDING: &str = "SELECT t.organisation, t.version, t.danish, t.english, t.published_by, t.published_at \
     FROM people p JOIN terms t ON t.organisation = p.organisation \
     WHERE p.id = $1 AND t.version = (SELECT MAX(version) FROM terms WHERE terms.organisation = p.organisation) \
     AND NOT EXISTS (SELECT 1 FROM acceptances a WHERE a.person = p.id AND a.version = t.version)";

/// Publishes a text as the organisation's next version (the one given in `terms` is not read): which it became, or
/// `None` when another was published at the same moment.
pub async fn publish(tx: &mut Tx, terms: &Terms) -> Result<Option<i64>, Fault> {
    let row = tx
        .one(
            "INSERT INTO terms (organisation, version, danish, english, published_by, published_at) \
             SELECT $1, COALESCE((SELECT MAX(version) FROM terms WHERE organisation = $1), 0) + 1, $2, $3, $4, $5 \
             FROM organisations WHERE id = $1 ON CONFLICT DO NOTHING RETURNING version",
            [
                terms.organisation.into(),
                (&terms.danish).into(),
                (&terms.english).into(),
                (&terms.published_by).into(),
                terms.published_at.into(),
            ],
        )
        .await?;
    row.map(|row| row.int("version")).transpose()
}

/// The organisation's terms, newest version first.
pub async fn of_organisation(db: &Db, organisation: Id<Organisation>) -> Result<Vec<Terms>, Fault> {
    db.all(COLUMNS_OF, [organisation.into()]).await?.iter().map(read).collect()
}

/// The newest version of the person's organisation, when the person has not accepted it.
pub async fn outstanding(db: &Db, person: Id<Person>) -> Result<Option<Terms>, Fault> {
    db.one(OUTSTANDING, [person.into()]).await?.as_ref().map(read).transpose()
}

/// Keeps that the person accepted a version. `false` when that was kept before.
pub async fn accept(tx: &mut Tx, person: Id<Person>, acceptance: &Acceptance) -> Result<bool, Fault> {
    let kept = tx
        .run(
            "INSERT INTO acceptances (person, version, language, accepted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [person.into(), acceptance.version.into(), (&acceptance.language).into(), acceptance.accepted_at.into()],
        )
        .await?;
    Ok(kept == 1)
}

/// What the person accepted, newest version first.
pub async fn accepted_by(db: &Db, person: Id<Person>) -> Result<Vec<Acceptance>, Fault> {
    let rows =
        db.all("SELECT version, language, accepted_at FROM acceptances WHERE person = $1 ORDER BY version DESC", [person.into()]).await?;
    rows.iter()
        .map(|row| Ok(Acceptance { version: row.int("version")?, language: row.text("language")?, accepted_at: row.time("accepted_at")? }))
        .collect()
}

fn read(row: &Row) -> Result<Terms, Fault> {
    Ok(Terms {
        organisation: row.parsed("organisation")?,
        version: row.int("version")?,
        danish: row.text("danish")?,
        english: row.text("english")?,
        published_by: row.text("published_by")?,
        published_at: row.time("published_at")?,
    })
}
