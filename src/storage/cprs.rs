//! CPR numbers, sealed: this room stores what `crypto::seal` made and never sees ten digits. Found by keyed fingerprint;
//! one human may have several accounts, in one organisation too.

use crate::{
    base::id::Id,
    domain::{organisation::Organisation, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// A CPR number as it is stored.
#[derive(Debug, Clone)]
pub struct SealedCpr {
    /// The number, sealed.
    pub cipher: Vec<u8>,
    /// Its keyed fingerprint, for finding it again.
    pub index: Vec<u8>,
}

/// Sets the person's number, whatever stood there. Other accounts may have the same: they are the same human's.
pub async fn put(tx: &mut Tx, person: Id<Person>, organisation: Id<Organisation>, cpr: &SealedCpr) -> Result<(), Fault> {
    tx.run(
        "INSERT INTO cprs (person, organisation, cpr, cpr_index) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (person) DO UPDATE SET organisation = excluded.organisation, cpr = excluded.cpr, cpr_index = excluded.cpr_index",
        [person.into(), organisation.into(), cpr.cipher.clone().into(), cpr.index.clone().into()],
    )
    .await
    .map(drop)
}

/// The person's number, sealed, if known.
pub async fn of(db: &Db, person: Id<Person>) -> Result<Option<SealedCpr>, Fault> {
    let row = db.one("SELECT cpr, cpr_index FROM cprs WHERE person = $1", [person.into()]).await?;
    row.map(|row| Ok(SealedCpr { cipher: row.bytes("cpr")?, index: row.bytes("cpr_index")? })).transpose()
}

/// The accounts whose number has that fingerprint: one human's, in all organisations.
pub async fn accounts(db: &Db, index: &[u8]) -> Result<Vec<Id<Person>>, Fault> {
    let rows = db.all("SELECT person FROM cprs WHERE cpr_index = $1 ORDER BY person", [index.into()]).await?;
    rows.iter().map(|row| row.parsed("person")).collect()
}
