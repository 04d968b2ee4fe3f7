//! Locks on people. Each placing and lifting also counts the active ones that shut the person out into the person's row,
//! which is what every request reads; the person's row is taken first, so that the count is of everything that is there.
//! A lock for too many failures is not counted: it bars guessing, and is asked for where one could.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        lock::{Cause, Lifted, Lock, Suspect, UnknownSuspect},
        person::Person,
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
        people,
    },
};

const LIST: &str = "SELECT id, person, cause, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_reason, suspect FROM locks \
     WHERE person = $1 ORDER BY placed_at DESC, id";

/// Places a lock. `false` when one of its cause is active already, or nobody has that id.
pub async fn place(tx: &mut Tx, lock: &Lock) -> Result<bool, Fault> {
    if !people::hold(tx, lock.person).await? {
        return Ok(false);
    }
    let placed = tx
        .run(
            "INSERT INTO locks (id, person, cause, reason, placed_by, placed_at, suspect) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            [
                lock.id.into(),
                lock.person.into(),
                lock.cause.as_str().into(),
                (&lock.reason).into(),
                (&lock.placed_by).into(),
                lock.placed_at.into(),
                lock.suspect.map(Suspect::to_text).into(),
            ],
        )
        .await?;
    count(tx, lock.person).await?;
    Ok(placed == 1)
}

/// Lifts the active lock of that cause. `false` when there is none.
pub async fn lift(tx: &mut Tx, person: Id<Person>, cause: Cause, lifted: &Lifted) -> Result<bool, Fault> {
    if !people::hold(tx, person).await? {
        return Ok(false);
    }
    let done = tx
        .run(
            "UPDATE locks SET lifted_by = $3, lifted_at = $4, lifted_reason = $5 WHERE person = $1 AND cause = $2 AND lifted_at IS NULL",
            [person.into(), cause.as_str().into(), (&lifted.by).into(), lifted.at.into(), (&lifted.reason).into()],
        )
        .await?;
    count(tx, person).await?;
    Ok(done == 1)
}

async fn count(tx: &mut Tx, person: Id<Person>) -> Result<(), Fault> {
    tx.run(
        "UPDATE people SET active_locks = (SELECT COUNT(*) FROM locks WHERE person = $1 AND lifted_at IS NULL AND cause <> 'failures') WHERE id = $1",
        [person.into()],
    )
    .await
    .map(drop)
}

/// Whether a lock of that cause is active.
pub async fn is_active(db: &Db, person: Id<Person>, cause: Cause) -> Result<bool, Fault> {
    let row = db
        .one("SELECT id FROM locks WHERE person = $1 AND cause = $2 AND lifted_at IS NULL", [person.into(), cause.as_str().into()])
        .await?;
    Ok(row.is_some())
}

/// All locks of the person, active and lifted, newest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Lock>, Fault> {
    db.all(LIST, [person.into()]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Lock, Fault> {
    let lifted = match row.time_or_none("lifted_at")? {
        Some(at) => Some(Lifted { by: row.text("lifted_by")?, at, reason: row.text("lifted_reason")? }),
        None => None,
    };
    Ok(Lock {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        cause: row.parsed("cause")?,
        reason: row.text("reason")?,
        placed_by: row.text("placed_by")?,
        placed_at: row.time("placed_at")?,
        lifted,
        suspect: row.text_or_none("suspect")?.map(|text| text.parse()).transpose().map_err(unreadable)?,
    })
}

fn unreadable(error: UnknownSuspect) -> Fault {
    Fault::Inconsistent(format!("column suspect holds {error}"))
}

/// What was reported with the active lock of that cause. Ask for it once the person's row is held.
pub async fn suspect_of(tx: &mut Tx, person: Id<Person>, cause: Cause) -> Result<Option<Suspect>, Fault> {
    let row = tx
        .one("SELECT suspect FROM locks WHERE person = $1 AND cause = $2 AND lifted_at IS NULL", [person.into(), cause.as_str().into()])
        .await?;
    let text = row.map(|row| row.text_or_none("suspect")).transpose()?.flatten();
    text.map(|text| text.parse()).transpose().map_err(unreadable)
}

/// People whose employment is over at that time and who have no lock that says so, at most `limit`.
pub async fn to_expire(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<Id<Person>>, Fault> {
    let rows = db
        .all(
            "SELECT id FROM people WHERE employed_until <= $1 AND NOT EXISTS \
             (SELECT 1 FROM locks WHERE locks.person = people.id AND cause = 'expired' AND lifted_at IS NULL) ORDER BY id LIMIT $2",
            [now.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// People locked because an employment ended who have a current one, at most `limit`.
pub async fn to_readmit(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<Id<Person>>, Fault> {
    let rows = db
        .all(
            "SELECT person FROM locks WHERE cause = 'expired' AND lifted_at IS NULL AND (EXISTS \
             (SELECT 1 FROM employments WHERE employments.person = locks.person AND starts_at <= $1 AND (ends_at IS NULL OR ends_at > $1)) \
             OR NOT EXISTS (SELECT 1 FROM employments WHERE employments.person = locks.person)) ORDER BY person LIMIT $2",
            [now.into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| row.parsed("person")).collect()
}
