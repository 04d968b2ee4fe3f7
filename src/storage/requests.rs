//! Requests that wait for a second person. Deciding one and doing what it asks for are one transaction of the caller; of two
//! decisions at once, one finds nothing to decide.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        person::Person,
        request::{Request, State, Wish},
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

const BY_ID: &str = "SELECT id, subject, wish, reason, requested_by, requested_at, expires_at, state, decided_by, decided_at \
     FROM requests WHERE id = $1";
const WAITING: &str = "SELECT id, subject, wish, reason, requested_by, requested_at, expires_at, state, decided_by, decided_at \
     FROM requests WHERE state = 'waiting' AND expires_at > $1 ORDER BY requested_at, id LIMIT 200";
const DECIDED: &str = "SELECT id, subject, wish, reason, requested_by, requested_at, expires_at, state, decided_by, decided_at \
     FROM requests WHERE state <> 'waiting' ORDER BY decided_at DESC, id LIMIT $1";
const OF_PERSON: &str = "SELECT id, subject, wish, reason, requested_by, requested_at, expires_at, state, decided_by, decided_at \
     FROM requests WHERE subject = $1 ORDER BY requested_at DESC, id LIMIT 50";

/// Keeps a request. `false` when the same waits already; one that is over gives way.
pub async fn put(tx: &mut Tx, request: &Request) -> Result<bool, Fault> {
    let wish = write(&request.wish)?;
    tx.run(
        "UPDATE requests SET state = 'withdrawn', decided_at = $3 WHERE subject = $1 AND wish = $2 AND state = 'waiting' AND expires_at <= $3",
        [request.subject.into(), (&wish).into(), request.requested_at.into()],
    )
    .await?;
    let kept = tx
        .run(
            "INSERT INTO requests (id, subject, wish, reason, requested_by, requested_at, expires_at, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting') ON CONFLICT DO NOTHING",
            [
                request.id.into(),
                request.subject.into(),
                wish.into(),
                (&request.reason).into(),
                request.requested_by.into(),
                request.requested_at.into(),
                request.expires_at.into(),
            ],
        )
        .await?;
    Ok(kept == 1)
}

/// Decides a request that waits. `false` when it does no longer.
pub async fn decide(tx: &mut Tx, id: Id<Request>, state: State, by: Id<Person>, (at, reason): (Timestamp, &str)) -> Result<bool, Fault> {
    let decided = tx
        .run(
            "UPDATE requests SET state = $2, decided_by = $3, decided_at = $4, decided_reason = $5 \
             WHERE id = $1 AND state = 'waiting' AND expires_at > $4",
            [id.into(), state.as_str().into(), by.into(), at.into(), reason.into()],
        )
        .await?;
    Ok(decided == 1)
}

/// The request with that id.
pub async fn by_id(db: &Db, id: Id<Request>) -> Result<Option<Request>, Fault> {
    db.one(BY_ID, [id.into()]).await?.as_ref().map(read).transpose()
}

/// What waits, oldest first.
pub async fn waiting(db: &Db, now: Timestamp) -> Result<Vec<Request>, Fault> {
    db.all(WAITING, [now.into()]).await?.iter().map(read).collect()
}

/// What was decided, newest first.
pub async fn decided(db: &Db, limit: i64) -> Result<Vec<Request>, Fault> {
    db.all(DECIDED, [limit.into()]).await?.iter().map(read).collect()
}

/// Requests about the person, newest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Request>, Fault> {
    db.all(OF_PERSON, [person.into()]).await?.iter().map(read).collect()
}

fn write(wish: &Wish) -> Result<String, Fault> {
    serde_json::to_string(wish).map_err(|error| Fault::Inconsistent(format!("a wish cannot be written: {error}")))
}

fn read(row: &Row) -> Result<Request, Fault> {
    let decided_by = row.text_or_none("decided_by")?.map(|_| row.parsed("decided_by")).transpose()?;
    Ok(Request {
        id: row.parsed("id")?,
        subject: row.parsed("subject")?,
        wish: row.json("wish")?,
        reason: row.text("reason")?,
        requested_by: row.parsed("requested_by")?,
        requested_at: row.time("requested_at")?,
        expires_at: row.time("expires_at")?,
        state: row.parsed("state")?,
        decided: decided_by.zip(row.time_or_none("decided_at")?),
    })
}
