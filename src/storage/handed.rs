//! What stands behind a code that a registrant handed over: what they saw, how they were logged in, and who released it. A
//! code for somebody with a role in Portvagt waits here until a second registrant releases it; spending asks for that again.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        mitid::Why,
        organisation::Organisation,
        person::Person,
        proofing::{Authentication, Document},
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
        proofings,
        value::Value,
    },
};

/// A code that was handed over, for ids.
#[derive(Debug)]
pub enum Handed {}

/// What stands behind a code.
#[derive(Debug, Clone)]
pub struct Behind {
    /// The code's own id, by which it is released; it opens nothing.
    pub id: Id<Handed>,
    /// The document the registrant saw; `None` at the command line.
    pub document: Option<Document>,
    /// What was seen, in words. Never a CPR number.
    pub evidence: String,
    /// How whoever handed it over was logged in; `None` at the command line.
    pub authentication: Option<Authentication>,
    /// Who released it, as the trail names actors, and when.
    pub released: Option<(String, Timestamp)>,
}

/// A code that waits for a second registrant.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Whose it will be.
    pub person: Id<Person>,
    /// What it is for.
    pub why: Why,
    /// The most that what is enrolled with it may carry.
    pub level: Level,
    /// Who made it, as the trail names actors.
    pub issued_by: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What stands behind it.
    pub behind: Behind,
}

impl Behind {
    /// The values of its columns: id, document, evidence, how they were logged in, who released it.
    pub(in crate::storage) fn values(&self) -> [Value; 11] {
        let (document, login) = (self.document.as_ref(), self.authentication.as_ref());
        [
            self.id.into(),
            document.map(|document| document.kind.as_str().to_owned()).into(),
            document.map(|document| document.issuer.clone()).into(),
            document.and_then(|document| document.expires).map(|day| day.to_string()).into(),
            document.map(|document| document.checked.as_str().to_owned()).into(),
            (&self.evidence).into(),
            login.map_or(Value::Int(None), |login| login.level.into()),
            login.map(|login| login.factors.clone()).into(),
            login.map(|login| login.at).into(),
            self.released.as_ref().map(|(by, _)| by.clone()).into(),
            self.released.as_ref().map(|(_, at)| *at).into(),
        ]
    }
}

const WAITING: &str = "SELECT c.person, 'activation' AS why, c.level, c.issued_by, c.expires_at, c.id, c.document_kind, c.document_issuer, \
     c.document_expires, c.document_checked, c.evidence, c.issuer_level, c.issuer_factors, c.issuer_at, c.released_by, c.released_at \
     FROM activations c JOIN people p ON p.id = c.person WHERE p.organisation = $1 AND c.expires_at > $2 AND c.released_at IS NULL \
     AND c.id IS NOT NULL AND EXISTS (SELECT 1 FROM roles r WHERE r.person = c.person) \
     UNION ALL SELECT c.person, c.why, c.level, c.issued_by, c.expires_at, c.id, c.document_kind, c.document_issuer, \
     c.document_expires, c.document_checked, c.evidence, c.issuer_level, c.issuer_factors, c.issuer_at, c.released_by, c.released_at \
     FROM recoveries c JOIN people p ON p.id = c.person WHERE p.organisation = $1 AND c.expires_at > $2 AND c.released_at IS NULL \
     AND c.id IS NOT NULL AND EXISTS (SELECT 1 FROM roles r WHERE r.person = c.person) ORDER BY 5, 6";

/// The codes of the organisation that wait for a second registrant, the first to end first.
pub async fn waiting(db: &Db, organisation: Id<Organisation>, now: Timestamp) -> Result<Vec<Waiting>, Fault> {
    db.all(WAITING, [organisation.into(), now.into()]).await?.iter().map(read).collect()
}

/// A second registrant releases a code; it lives until `expires_at` from then on. `false` when it does not wait (any longer).
pub async fn release(tx: &mut Tx, code: Id<Handed>, (by, at): (&str, Timestamp), expires_at: Timestamp) -> Result<bool, Fault> {
    let values = || [code.into(), by.into(), at.into(), expires_at.into()];
    let released = tx
        .run(
            "UPDATE activations SET released_by = $2, released_at = $3, expires_at = $4 \
             WHERE id = $1 AND released_at IS NULL AND expires_at > $3",
            values(),
        )
        .await?
        + tx.run(
            "UPDATE recoveries SET released_by = $2, released_at = $3, expires_at = $4 \
             WHERE id = $1 AND released_at IS NULL AND expires_at > $3",
            values(),
        )
        .await?;
    Ok(released == 1)
}

/// Voids a code that waits. `false` when it does not (any longer).
pub async fn withdraw(tx: &mut Tx, code: Id<Handed>) -> Result<bool, Fault> {
    let gone = tx.run("DELETE FROM activations WHERE id = $1 AND released_at IS NULL", [code.into()]).await?
        + tx.run("DELETE FROM recoveries WHERE id = $1 AND released_at IS NULL", [code.into()]).await?;
    Ok(gone == 1)
}

fn read(row: &Row) -> Result<Waiting, Fault> {
    let behind = Behind {
        id: row.parsed("id")?,
        document: proofings::read_document(row)?,
        evidence: row.text_or_none("evidence")?.unwrap_or_default(),
        authentication: proofings::read_login(row, ["issuer_level", "issuer_factors", "issuer_at"])?,
        released: None,
    };
    Ok(Waiting {
        person: row.parsed("person")?,
        why: row.parsed("why")?,
        level: row.level("level")?,
        issued_by: row.text("issued_by")?,
        expires_at: row.time("expires_at")?,
        behind,
    })
}
