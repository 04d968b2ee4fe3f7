//! Recalls: relying parties that are still to be told that a session is over. They are made by `sessions` in the
//! transaction that ends a session, and go when the relying party was told or is given up. A node claims one durably before
//! it speaks to the relying party; to be told twice does a relying party no harm.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        logout::{Logout, Recall},
        person::Person,
        session::Session,
    },
    storage::{
        db::{Db, Row, Tx, many},
        fault::Fault,
        value::Value,
    },
};

/// Makes recalls of participations that were just deleted (`session`, `client`, `session_index`, `name_id`), to be told by
/// the back-channel at once.
pub(in crate::storage) async fn insert(tx: &mut Tx, person: Id<Person>, participations: &[Row]) -> Result<(), Fault> {
    let row = |row: &Row| -> Result<[Value; 5], Fault> {
        Ok([
            row.text("session")?.into(),
            row.text("client")?.into(),
            person.into(),
            row.text("session_index")?.into(),
            row.text("name_id")?.into(),
        ])
    };
    let mut values = participations.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    let head = "INSERT INTO recalls (session, client, person, session_index, name_id, state, due_at, tries) \
         SELECT asked.column1, asked.column2, asked.column3, asked.column4, asked.column5, 'queued', 0, 0 FROM (VALUES ";
    for (rows, sql) in many(head, 5, ") AS asked WHERE 1 = 1 ON CONFLICT DO NOTHING", values.len()) {
        tx.run_many(sql, values.drain(..rows).flatten().collect()).await?;
    }
    Ok(())
}

/// Gives the session's recalls to the browser of a logout, until `until`; what they are.
pub async fn hold(tx: &mut Tx, session: Id<Session>, logout: Id<Logout>, until: Timestamp) -> Result<Vec<Recall>, Fault> {
    let rows = tx
        .all(
            "UPDATE recalls SET state = 'held', logout = $2, due_at = $3 WHERE session = $1 AND state = 'queued' \
             RETURNING session, client, person, session_index, name_id, since, tries, request",
            [session.into(), logout.into(), until.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Those that the browser of the logout still carries, in one order.
pub async fn held_by(db: &Db, logout: Id<Logout>) -> Result<Vec<Recall>, Fault> {
    let rows = db
        .all(
            "SELECT session, client, person, session_index, name_id, since, tries, request FROM recalls \
             WHERE logout = $1 AND state = 'held' ORDER BY client, session",
            [logout.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Remembers the request that the browser is given; one that was remembered before stays. The ID that counts.
pub async fn ask(tx: &mut Tx, logout: Id<Logout>, recall: &Recall, request: &str) -> Result<Option<String>, Fault> {
    let row = tx
        .one(
            "UPDATE recalls SET request = COALESCE(request, $4) WHERE session = $1 AND client = $2 AND logout = $3 AND state = 'held' \
             RETURNING request",
            [recall.session.into(), recall.client.into(), logout.into(), request.into()],
        )
        .await?;
    row.map(|row| row.text("request")).transpose()
}

/// The relying party was told, or never will be: the recall is over. `false` when it was before.
pub async fn settle(tx: &mut Tx, recall: &Recall) -> Result<bool, Fault> {
    let gone = tx.run("DELETE FROM recalls WHERE session = $1 AND client = $2", [recall.session.into(), recall.client.into()]).await?;
    Ok(gone == 1)
}

/// Puts it (back) into the queue of the back-channel, to be tried at `at`, after its first try at `since`.
pub async fn queue(tx: &mut Tx, recall: &Recall, since: Timestamp, at: Timestamp) -> Result<(), Fault> {
    tx.run(
        "UPDATE recalls SET state = 'queued', logout = NULL, request = NULL, since = COALESCE(since, $3), tries = $4, due_at = $5 \
         WHERE session = $1 AND client = $2",
        [recall.session.into(), recall.client.into(), since.into(), recall.tries.into(), at.into()],
    )
    .await
    .map(drop)
}

/// Whether one waits whose time has come, or whose node or browser did not come back. Cheap: asked each second.
pub async fn is_due(db: &Db, now: Timestamp) -> Result<bool, Fault> {
    Ok(db.one("SELECT session FROM recalls WHERE due_at <= $1 LIMIT 1", [now.into()]).await?.is_some())
}

/// Claims up to `limit` of them for this node, until `lease`.
pub async fn claim(tx: &mut Tx, now: Timestamp, lease: Timestamp, limit: i64) -> Result<Vec<Recall>, Fault> {
    let rows = tx
        .all(
            "UPDATE recalls SET state = 'sending', logout = NULL, due_at = $2, since = COALESCE(since, $1), tries = tries + 1 \
             WHERE due_at <= $1 AND (session, client) IN \
             (SELECT session, client FROM recalls WHERE due_at <= $1 ORDER BY due_at, session, client LIMIT $3) \
             RETURNING session, client, person, session_index, name_id, since, tries, request",
            [now.into(), lease.into(), limit.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Recall, Fault> {
    Ok(Recall {
        session: row.parsed("session")?,
        client: row.parsed("client")?,
        person: row.parsed("person")?,
        session_index: row.text("session_index")?,
        name_id: row.text("name_id")?,
        since: row.time_or_none("since")?,
        tries: row.int("tries")?,
        request: row.text_or_none("request")?,
    })
}
