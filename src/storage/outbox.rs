//! Mails that wait to be sent, one row an address and notice. A node claims a row durably before it speaks to the mail
//! server and resolves it after; a claim that nobody resolved in time is in doubt, and of two doubts the second ends it:
//! no mail is lost unseen, and none is delivered more than twice.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{notice::Letter, person::Person},
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
    },
};

/// Whom to write to.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The mail address, if known.
    pub email: Option<String>,
    /// The given name.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// The language they chose (`da`, `en`), if they did.
    pub language: Option<String>,
}

/// The address of whoever looks after security in the person's organisation, if it has one.
pub async fn security_address(tx: &mut Tx, person: Id<Person>) -> Result<Option<String>, Fault> {
    let row = tx
        .one("SELECT security_email FROM organisations WHERE id = (SELECT organisation FROM people WHERE people.id = $1)", [person.into()])
        .await?;
    Ok(row.map(|row| row.text_or_none("security_email")).transpose()?.flatten())
}

/// A mail to be queued.
#[derive(Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: Id<Letter>,
    /// To whom.
    pub person: Id<Person>,
    /// The notice's name.
    pub notice: &'a str,
    /// The letter, sealed.
    pub payload: &'a [u8],
    /// When.
    pub at: Timestamp,
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its next try.
    Queued,
    /// A node is at it.
    Sending,
    /// A mail server took it over.
    Sent,
    /// Is tried no more.
    Dead,
}

impl State {
    /// The word kept in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
        }
    }
}

impl std::str::FromStr for State {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Queued, Self::Sending, Self::Sent, Self::Dead].into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// A mail without its words.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Mail {
    /// Its id.
    pub id: Id<Letter>,
    /// To whom.
    pub person: Id<Person>,
    /// The notice's name.
    pub notice: String,
    /// Where it stands.
    pub state: State,
    /// When the act queued it.
    pub queued_at: Timestamp,
    /// Queued: when it is tried next. Sending: until when it is believed. Else when it ended.
    pub due_at: Timestamp,
    /// When it was last put in the queue; its age for giving up counts from here.
    pub since: Timestamp,
    /// Tries so far.
    pub tries: i64,
    /// Tries of which nobody knows how they ended.
    pub doubts: i64,
    /// Why the last try failed, in a word.
    pub reason: Option<String>,
}

/// A mail that this node, and no other, is to send now.
#[derive(Debug)]
pub struct Claim {
    /// The mail.
    pub mail: Mail,
    /// The letter, sealed.
    pub payload: Vec<u8>,
}

/// Address and name of a person, as the transaction sees them.
pub async fn recipient(tx: &mut Tx, person: Id<Person>) -> Result<Option<Recipient>, Fault> {
    let row = tx.one("SELECT email, given_name, family_name, language FROM people WHERE id = $1", [person.into()]).await?;
    let read = |row: Row| {
        Ok(Recipient {
            email: row.text_or_none("email")?,
            given_name: row.text("given_name")?,
            family_name: row.text("family_name")?,
            language: row.text_or_none("language")?,
        })
    };
    row.map(read).transpose()
}

/// Queues a mail, to be sent at once.
pub async fn insert(tx: &mut Tx, mail: &New<'_>) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO outbox (id, person, notice, state, payload, queued_at, due_at, since, tries, doubts) \
         VALUES ($1, $2, $3, 'queued', $4, $5, $5, $5, 0, 0)",
        [mail.id.into(), mail.person.into(), mail.notice.into(), mail.payload.into(), mail.at.into()],
    )
    .await
    .map(drop)
}

/// Whether a mail waits whose time has come, or a claim ran out. Cheap: asked every few seconds.
pub async fn is_due(db: &Db, now: Timestamp) -> Result<bool, Fault> {
    let row = db.one("SELECT id FROM outbox WHERE state IN ('queued', 'sending') AND due_at <= $1 LIMIT 1", [now.into()]).await?;
    Ok(row.is_some())
}

/// Claims the mail that is due longest, until `lease`. `None` when there is none, or another node just took it.
pub async fn claim(tx: &mut Tx, now: Timestamp, lease: Timestamp) -> Result<Option<Claim>, Fault> {
    let row = tx
        .one(
            "UPDATE outbox SET state = 'sending', due_at = $2, tries = tries + 1 WHERE state = 'queued' AND id = \
             (SELECT id FROM outbox WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, id LIMIT 1) \
             RETURNING id, person, notice, state, queued_at, due_at, since, tries, doubts, reason, payload",
            [now.into(), lease.into()],
        )
        .await?;
    row.map(|row| Ok(Claim { mail: read(&row)?, payload: row.bytes("payload")? })).transpose()
}

/// Takes back claims that ran out: the first time for another try, the second time for good. The mails as they stand now.
pub async fn reclaim(tx: &mut Tx, now: Timestamp) -> Result<Vec<Mail>, Fault> {
    let rows = tx
        .all(
            "UPDATE outbox SET state = CASE WHEN doubts >= 1 THEN 'dead' ELSE 'queued' END, doubts = doubts + 1, due_at = $1, \
             reason = 'in_doubt' WHERE state = 'sending' AND due_at <= $1 \
             RETURNING id, person, notice, state, queued_at, due_at, since, tries, doubts, reason",
            [now.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// A mail server took the mail over; its words are erased. `false` when the claim is no longer ours.
pub async fn sent(tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<bool, Fault> {
    let changed = tx
        .run(
            "UPDATE outbox SET state = 'sent', payload = NULL, due_at = $3, reason = NULL WHERE id = $1 AND state = 'sending' AND tries = $2",
            [mail.id.into(), mail.tries.into(), now.into()],
        )
        .await?;
    Ok(changed == 1)
}

/// How a try failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// Why, in a word.
    pub reason: &'a str,
    /// Whether the server may have taken the mail all the same.
    pub in_doubt: bool,
    /// When it is tried again; `None`: never.
    pub again_at: Option<Timestamp>,
}

/// The try failed: the mail waits again, or is dead. `false` when the claim is no longer ours.
pub async fn failed(tx: &mut Tx, mail: &Mail, failure: Failure<'_>, now: Timestamp) -> Result<bool, Fault> {
    let state = if failure.again_at.is_some() { State::Queued } else { State::Dead };
    let changed = tx
        .run(
            "UPDATE outbox SET state = $3, due_at = $4, reason = $5, doubts = doubts + $6 WHERE id = $1 AND state = 'sending' AND tries = $2",
            [
                mail.id.into(),
                mail.tries.into(),
                state.as_str().into(),
                failure.again_at.unwrap_or(now).into(),
                failure.reason.into(),
                i64::from(failure.in_doubt).into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Puts a dead mail back into the queue, or has a waiting one tried at once. `None` when there is no such mail.
pub async fn retry(tx: &mut Tx, id: Id<Letter>, now: Timestamp) -> Result<Option<Mail>, Fault> {
    let row = tx
        .one(
            "UPDATE outbox SET state = 'queued', due_at = $2, since = $2, doubts = 0 WHERE id = $1 AND state IN ('queued', 'dead') \
             RETURNING id, person, notice, state, queued_at, due_at, since, tries, doubts, reason",
            [id.into(), now.into()],
        )
        .await?;
    row.as_ref().map(read).transpose()
}

/// Mails in this state (all without), newest first, at most `limit`.
pub async fn list(db: &Db, state: Option<State>, limit: i64) -> Result<Vec<Mail>, Fault> {
    let state = state.map(|state| state.as_str().to_owned());
    let rows = db
        .all(
            "SELECT id, person, notice, state, queued_at, due_at, since, tries, doubts, reason FROM outbox \
             WHERE $1 IS NULL OR state = $1 ORDER BY queued_at DESC, id LIMIT $2",
            [state.into(), limit.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Mails to the person, newest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Mail>, Fault> {
    let rows = db
        .all(
            "SELECT id, person, notice, state, queued_at, due_at, since, tries, doubts, reason FROM outbox WHERE person = $1 \
             ORDER BY queued_at DESC, id",
            [person.into()],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Deletes mails that were sent or given up before `before`; how many.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM outbox WHERE state IN ('sent', 'dead') AND due_at < $1", [before.into()]).await
}

fn read(row: &Row) -> Result<Mail, Fault> {
    Ok(Mail {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        notice: row.text("notice")?,
        state: row.parsed("state")?,
        queued_at: row.time("queued_at")?,
        due_at: row.time("due_at")?,
        since: row.time("since")?,
        tries: row.int("tries")?,
        doubts: row.int("doubts")?,
        reason: row.text_or_none("reason")?,
    })
}
