//! Units of organisations, and who works there from when to when. Each change also writes the period that counts into the
//! person's row, which is what every request reads.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        employment::{self, Employment},
        organisation::{Organisation, Unit},
        person::Person,
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
        people,
    },
};

const OF_PERSON: &str = "SELECT id, person, unit, title, starts_at, ends_at FROM employments WHERE person = $1 ORDER BY starts_at, id";

/// Creates the unit, or changes the one with that id.
pub async fn save_unit(tx: &mut Tx, unit: &Unit) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO units (id, organisation, parent, name) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, name = excluded.name",
        [unit.id.into(), unit.organisation.into(), unit.parent.into(), (&unit.name).into()],
    )
    .await
    .map(drop)
}

/// The organisation's units, by name.
pub async fn units_of(db: &Db, organisation: Id<Organisation>) -> Result<Vec<Unit>, Fault> {
    let rows =
        db.all("SELECT id, organisation, parent, name FROM units WHERE organisation = $1 ORDER BY name, id", [organisation.into()]).await?;
    rows.iter()
        .map(|row| {
            let parent = row.text_or_none("parent")?.map(|_| row.parsed("parent")).transpose()?;
            Ok(Unit { id: row.parsed("id")?, organisation: row.parsed("organisation")?, parent, name: row.text("name")? })
        })
        .collect()
}

/// Writes the employment down, or changes the one with that id. `false` when nobody has the person's id.
pub async fn save(tx: &mut Tx, employment: &Employment, now: Timestamp) -> Result<bool, Fault> {
    if !people::hold(tx, employment.person).await? {
        return Ok(false);
    }
    tx.run(
        "INSERT INTO employments (id, person, unit, title, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) \
         DO UPDATE SET unit = excluded.unit, title = excluded.title, starts_at = excluded.starts_at, ends_at = excluded.ends_at",
        [
            employment.id.into(),
            employment.person.into(),
            employment.unit.into(),
            (&employment.title).into(),
            employment.starts_at.into(),
            employment.ends_at.into(),
        ],
    )
    .await?;
    settle(tx, employment.person, now).await.map(|_| true)
}

/// Takes an employment away. `false` when the person has none such.
pub async fn remove(tx: &mut Tx, person: Id<Person>, employment: Id<Employment>, now: Timestamp) -> Result<bool, Fault> {
    if !people::hold(tx, person).await? {
        return Ok(false);
    }
    let removed = tx.run("DELETE FROM employments WHERE id = $1 AND person = $2", [employment.into(), person.into()]).await?;
    settle(tx, person, now).await?;
    Ok(removed == 1)
}

/// Writes the period that counts at that time into the person's row. Called with each change, and when a period is over
/// and another one follows. The person's employments.
pub async fn settle(tx: &mut Tx, person: Id<Person>, now: Timestamp) -> Result<Vec<Employment>, Fault> {
    let rows = tx.all(OF_PERSON, [person.into()]).await?;
    let all = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let period = employment::period(&all, now);
    tx.run(
        "UPDATE people SET employed_from = $2, employed_until = $3 WHERE id = $1",
        [person.into(), period.from.into(), period.until.into()],
    )
    .await?;
    Ok(all)
}

/// The person's employments, oldest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Employment>, Fault> {
    db.all(OF_PERSON, [person.into()]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Employment, Fault> {
    Ok(Employment {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        unit: row.text_or_none("unit")?.map(|_| row.parsed("unit")).transpose()?,
        title: row.text("title")?,
        starts_at: row.time("starts_at")?,
        ends_at: row.time_or_none("ends_at")?,
    })
}
