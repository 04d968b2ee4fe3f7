//! Searching the audit trail, newest first, page by page by the key of the last event shown. Each question has a text of its
//! own that goes by a key. Reads only.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{organisation::Organisation, person::Person},
    storage::{
        audit::{Written, read},
        db::{Db, literal},
        fault::Fault,
    },
};

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only what happened to this person.
    pub subject: Option<Id<Person>>,
    /// Only what this actor did, as the trail names actors.
    pub actor: Option<String>,
    /// Only kinds that begin so (`login.`).
    pub kind: String,
    /// Only of this incident code.
    pub incident: String,
    /// Only at or after.
    pub from: Option<Timestamp>,
    /// Only before.
    pub to: Option<Timestamp>,
    /// Only what happened to people of this organisation.
    pub organisation: Option<Id<Organisation>>,
    /// Only before this event of an earlier page.
    pub before: Option<(Timestamp, String)>,
    /// At most so many.
    pub limit: i64,
}

macro_rules! events {
    ($first:literal) => {
        concat!(
            "SELECT id, at, kind, actor, subject, incident, details, seal FROM audit_events WHERE ",
            $first,
            " AND kind LIKE $2 ESCAPE '!' AND at >= $3 AND at < $4 AND at <= $5 AND (at, id) < ($5, $6) AND ($7 = '' OR incident = $7) \
             AND ($8 = '' OR EXISTS (SELECT 1 FROM people WHERE people.id = audit_events.subject AND people.organisation = $8)) \
             AND ($9 = '' OR actor = $9) ORDER BY at DESC, id DESC LIMIT $1"
        )
    };
}

const ALL: &str = events!("$10 = ''");
const OF_SUBJECT: &str = events!("subject = $10");

/// The events that fit.
pub async fn find(db: &Db, query: &Query) -> Result<Vec<Written>, Fault> {
    let (at, id) = query.before.clone().unwrap_or((Timestamp::MAX, String::new()));
    let kind = literal(&query.kind);
    let subject = query.subject.map(|subject| subject.to_string()).unwrap_or_default();
    let sql = if subject.is_empty() { ALL } else { OF_SUBJECT };
    let values = [
        query.limit.into(),
        format!("{kind}%").into(),
        query.from.unwrap_or(Timestamp::MIN).into(),
        query.to.unwrap_or(Timestamp::MAX).into(),
        at.into(),
        id.into(),
        (&query.incident).into(),
        query.organisation.map(|organisation| organisation.to_string()).unwrap_or_default().into(),
        query.actor.clone().unwrap_or_default().into(),
        subject.into(),
    ];
    db.all(sql, values).await?.iter().map(read).collect()
}
