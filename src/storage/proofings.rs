//! Identity proofings (NSIS 3.1.2), kept for the auditor and never changed but by approving and revoking. What they come
//! to is `domain::proofing::identity_level`'s.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{
        person::Person,
        proofing::{Approval, Authentication, Basis, Document, Proofing, State},
    },
    storage::{
        db::{Db, Row, Tx},
        fault::Fault,
        value::Value,
    },
};

const INSERT: &str = "INSERT INTO proofings (id, person, method, evidence, level, proved_by, proved_at, state, name, cpr_index, \
     document_kind, document_issuer, document_expires, document_checked, recorded_by, recorder_level, recorder_factors, recorder_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const OF_PERSON: &str = "SELECT id, person, method, evidence, level, proved_by, proved_at, state, name, cpr_index, document_kind, \
     document_issuer, document_expires, document_checked, recorded_by, recorder_level, recorder_factors, recorder_at, approved_by, \
     approved_at, approver_level, approver_factors, approver_at, revoked_by, revoked_at, revoked_reason FROM proofings WHERE person = $1 ORDER BY proved_at DESC, id";
const BY_ID: &str = "SELECT id, person, method, evidence, level, proved_by, proved_at, state, name, cpr_index, document_kind, \
     document_issuer, document_expires, document_checked, recorded_by, recorder_level, recorder_factors, recorder_at, approved_by, \
     approved_at, approver_level, approver_factors, approver_at, revoked_by, revoked_at, revoked_reason FROM proofings WHERE id = $1";
const WAITING: &str = "SELECT id, person, method, evidence, level, proved_by, proved_at, state, name, cpr_index, document_kind, \
     document_issuer, document_expires, document_checked, recorded_by, recorder_level, recorder_factors, recorder_at, approved_by, \
     approved_at, approver_level, approver_factors, approver_at, revoked_by, revoked_at, revoked_reason FROM proofings WHERE state = 'waiting' ORDER BY proved_at, id";
const BASES: &str = "SELECT level, state, name, cpr_index, document_expires FROM proofings WHERE person = $1 AND state = 'valid'";

/// Adds a proofing.
pub async fn insert(tx: &mut Tx, proofing: &Proofing) -> Result<(), Fault> {
    let (document, basis) = (proofing.document.as_ref(), &proofing.basis);
    let recorder = proofing.authentication.as_ref();
    let level = recorder.map_or(Value::Int(None), |recorder| recorder.level.into());
    tx.run(
        INSERT,
        [
            proofing.id.into(),
            proofing.person.into(),
            proofing.method.as_str().into(),
            (&proofing.evidence).into(),
            basis.level.into(),
            (&proofing.proved_by).into(),
            proofing.proved_at.into(),
            basis.state.as_str().into(),
            (&basis.name).into(),
            basis.cpr_index.clone().into(),
            document.map(|document| document.kind.as_str().to_owned()).into(),
            document.map(|document| document.issuer.clone()).into(),
            basis.document_expires.map(|date| date.to_string()).into(),
            document.map(|document| document.checked.as_str().to_owned()).into(),
            (&proofing.recorded_by).into(),
            level,
            recorder.map(|recorder| recorder.factors.clone()).into(),
            recorder.map(|recorder| recorder.at).into(),
        ],
    )
    .await
    .map(drop)
}

/// All records of the person, revoked ones too, newest first.
pub async fn of_person(db: &Db, person: Id<Person>) -> Result<Vec<Proofing>, Fault> {
    db.all(OF_PERSON, [person.into()]).await?.iter().map(read).collect()
}

/// The record with that id.
pub async fn by_id(db: &Db, id: Id<Proofing>) -> Result<Option<Proofing>, Fault> {
    db.one(BY_ID, [id.into()]).await?.as_ref().map(read).transpose()
}

/// The records that wait for a second person, oldest first.
pub async fn waiting(db: &Db) -> Result<Vec<Proofing>, Fault> {
    db.all(WAITING, []).await?.iter().map(read).collect()
}

/// What the person's valid records prove, for `domain::proofing::identity_level`.
pub async fn bases_of(db: &Db, person: Id<Person>) -> Result<Vec<Basis>, Fault> {
    db.all(BASES, [person.into()]).await?.iter().map(read_basis).collect()
}

/// A second person approves a record. `false` when it does not wait (any longer).
pub async fn approve(tx: &mut Tx, proofing: Id<Proofing>, approval: &Approval) -> Result<bool, Fault> {
    let login = approval.authentication.as_ref();
    let approved = tx
        .run(
            "UPDATE proofings SET state = 'valid', approved_by = $2, approved_at = $3, approver_level = $4, approver_factors = $5, \
             approver_at = $6 WHERE id = $1 AND state = 'waiting'",
            [
                proofing.into(),
                (&approval.by).into(),
                approval.at.into(),
                login.map_or(Value::Int(None), |login| login.level.into()),
                login.map(|login| login.factors.clone()).into(),
                login.map(|login| login.at).into(),
            ],
        )
        .await?;
    Ok(approved == 1)
}

/// Takes a record back. `false` when it is not there or was taken back before.
pub async fn revoke(tx: &mut Tx, proofing: Id<Proofing>, by: &str, at: Timestamp, reason: &str) -> Result<bool, Fault> {
    let revoked = tx
        .run(
            "UPDATE proofings SET state = 'revoked', revoked_by = $2, revoked_at = $3, revoked_reason = $4 \
             WHERE id = $1 AND state <> 'revoked'",
            [proofing.into(), by.into(), at.into(), reason.into()],
        )
        .await?;
    Ok(revoked == 1)
}

fn read(row: &Row) -> Result<Proofing, Fault> {
    let basis = read_basis(row)?;
    let document = read_document(row)?;
    let authentication = read_login(row, ["recorder_level", "recorder_factors", "recorder_at"])?;
    let approved = match row.time_or_none("approved_at")? {
        Some(at) => {
            let authentication = read_login(row, ["approver_level", "approver_factors", "approver_at"])?;
            Some(Approval { by: row.text("approved_by")?, at, authentication })
        }
        None => None,
    };
    let revoked = match row.time_or_none("revoked_at")? {
        Some(at) => {
            Some((row.text_or_none("revoked_by")?.unwrap_or_default(), at, row.text_or_none("revoked_reason")?.unwrap_or_default()))
        }
        None => None,
    };
    Ok(Proofing {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        method: row.parsed("method")?,
        basis,
        document,
        evidence: row.text("evidence")?,
        proved_by: row.text("proved_by")?,
        proved_at: row.time("proved_at")?,
        recorded_by: row.text("recorded_by")?,
        authentication,
        approved,
        revoked,
    })
}

/// The document that was seen, where one was.
pub(in crate::storage) fn read_document(row: &Row) -> Result<Option<Document>, Fault> {
    if row.text_or_none("document_kind")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Document {
        kind: row.parsed("document_kind")?,
        issuer: row.text("document_issuer")?,
        expires: row.text_or_none("document_expires")?.map(|_| row.parsed("document_expires")).transpose()?,
        checked: row.parsed("document_checked")?,
    }))
}

/// How somebody was logged in, by the columns of level, factors and time.
pub(in crate::storage) fn read_login(row: &Row, [level, factors, at]: [&'static str; 3]) -> Result<Option<Authentication>, Fault> {
    let Some(level) = row.level_or_none(level)? else { return Ok(None) };
    Ok(Some(Authentication { level, factors: row.text(factors)?, at: row.time(at)? }))
}

fn read_basis(row: &Row) -> Result<Basis, Fault> {
    Ok(Basis {
        level: row.level("level")?,
        state: row.parsed::<State>("state")?,
        name: row.text("name")?,
        cpr_index: row.bytes_or_none("cpr_index")?,
        document_expires: row.text_or_none("document_expires")?.map(|_| row.parsed("document_expires")).transpose()?,
    })
}

/// Reads what a proofing proves out of a row of a join that may have none.
pub(in crate::storage) fn read_joined(row: &Row) -> Result<Option<Basis>, Fault> {
    if row.level_or_none("level")?.is_some() { read_basis(row).map(Some) } else { Ok(None) }
}
