//! Finding people among very many: by what words begin with, page by page by the key of the last one shown. Reads only; the
//! words are written by `words` with each person.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{organisation::Organisation, person::Person},
    storage::{
        db::{Db, Row},
        fault::Fault,
        people,
        value::Value,
        words,
    },
};

/// Whom to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// What words of theirs begin with; empty: everybody. Three count, the longest.
    pub words: String,
    /// Only of this organisation.
    pub organisation: Option<Id<Organisation>>,
    /// Only those in that state: `active`, `locked`, `not-begun`, `ended`; empty: whatever state.
    pub state: String,
    /// Only those who have no second factor yet.
    pub unused: bool,
    /// Begin after this one.
    pub after: Option<Id<Person>>,
    /// At most so many.
    pub limit: i64,
}

/// The longest words that count.
const WORDS: usize = 3;

// $1 limit, $2 and $3 the key after which the page begins, $4 organisation or empty, $5 state or empty, $6 now, $7 whether unused.
macro_rules! listed {
    ($within:literal, $words:literal, $order:literal) => {
        concat!(
            "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, employed_until \
             FROM people WHERE ",
            $within,
            " AND list_key >= $2 AND (list_key, id) > ($2, $3) AND ($5 = '' OR $5 = \
             CASE WHEN active_locks > 0 THEN 'locked' WHEN employed_until <= $6 THEN 'ended' WHEN employed_from > $6 THEN 'not-begun' ELSE 'active' END) \
             AND ($7 = 0 OR NOT EXISTS (SELECT 1 FROM authenticators a WHERE a.person = people.id))",
            $words,
            $order,
            " LIMIT $1"
        )
    };
    ($words:literal) => {
        listed!("($4 = '' OR organisation = $4)", $words, " ORDER BY list_key, id")
    };
}

const ALL: &str = listed!("");
// By the index of the organisation's own list.
const OF_ORGANISATION: &str = listed!("organisation = $4", "", " ORDER BY organisation, list_key, id");
const ONE: &str = listed!(" AND id IN (SELECT person FROM people_words WHERE word >= $8 AND word < $9)");
const TWO: &str = listed!(
    " AND id IN (SELECT person FROM people_words WHERE word >= $8 AND word < $9) \
     AND id IN (SELECT person FROM people_words WHERE word >= $10 AND word < $11)"
);
const THREE: &str = listed!(
    " AND id IN (SELECT person FROM people_words WHERE word >= $8 AND word < $9) \
     AND id IN (SELECT person FROM people_words WHERE word >= $10 AND word < $11) \
     AND id IN (SELECT person FROM people_words WHERE word >= $12 AND word < $13)"
);

/// The people that fit, in order of family name, given name and user name.
pub async fn find(db: &Db, query: &Query, now: Timestamp) -> Result<Vec<Person>, Fault> {
    let (key, id) = match query.after {
        Some(after) => match db.one("SELECT list_key FROM people WHERE id = $1", [after.into()]).await? {
            Some(row) => (row.bytes_or_none("list_key")?.unwrap_or_default(), after.to_string()),
            None => return Ok(Vec::new()),
        },
        None => (Vec::new(), String::new()),
    };
    let organisation = query.organisation.map(|organisation| organisation.to_string()).unwrap_or_default();
    let mut values: Vec<Value> =
        vec![query.limit.into(), key.into(), id.into(), (&organisation).into(), (&query.state).into(), now.into(), query.unused.into()];
    let mut sought: Vec<String> = words::words(&query.words).into_iter().collect();
    sought.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    sought.truncate(WORDS);
    let sql = match (sought.len(), organisation.is_empty()) {
        (0, true) => ALL,
        (0, false) => OF_ORGANISATION,
        (1, _) => ONE,
        (2, _) => TWO,
        _ => THREE,
    };
    for word in sought {
        // No byte of UTF-8 is 0xFF.
        let end = [word.as_bytes(), &[0xff]].concat();
        values.extend([word.into_bytes().into(), end.into()]);
    }
    db.all_many(sql, values).await?.iter().map(|row| people::read_as(row, "id")).collect()
}

/// What lists stand in order of.
pub fn key(person: &Person) -> (Vec<u8>, String) {
    (words::list_key(person), person.id.to_string())
}

/// The person with that persistent UUID.
pub async fn by_persistent_uuid(db: &Db, uuid: uuid::Uuid) -> Result<Option<Person>, Fault> {
    let row = db
        .one(
            "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, employed_until \
             FROM people WHERE persistent_uuid = $1",
            [uuid.to_string().into()],
        )
        .await?;
    row.as_ref().map(|row| people::read_as(row, "id")).transpose()
}

/// Writes words and key of people who were there before there were any; how many are done. Called when the program starts.
pub async fn catch_up(db: &Db) -> Result<usize, Fault> {
    let mut done = 0;
    loop {
        let rows = db
            .all(
                "SELECT id, organisation, username, given_name, family_name, email, persistent_uuid, active_locks, employed_from, \
                 employed_until FROM people WHERE list_key IS NULL ORDER BY id LIMIT $1",
                [BATCH.into()],
            )
            .await?;
        if rows.is_empty() {
            return Ok(done);
        }
        let mut tx = db.begin().await?;
        for person in rows.iter().map(|row: &Row| people::read_as(row, "id")) {
            words::write(&mut tx, &person?).await?;
        }
        tx.commit_routine().await?;
        done += rows.len();
    }
}

/// People of one turn.
const BATCH: i64 = 500;
