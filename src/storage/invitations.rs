//! Invitations to take an identity into use, as hashes: one a person. One is good until the first second factor is enrolled;
//! it is dead after its time, a newer one, or a password that was set otherwise than under it (security case B13).

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::token::TokenHash,
    domain::{invitation::Channel, person::Person},
    storage::{
        db::{Db, Tx},
        fault::Fault,
    },
};

/// An invitation as it is stored.
#[derive(Debug)]
pub struct Invitation<'a> {
    /// Whose.
    pub person: Id<Person>,
    /// How it is sent.
    pub channel: Channel,
    /// The keyed hash of its code.
    pub code_hash: &'a TokenHash,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who made it.
    pub issued_by: &'a str,
}

const PUT: &str = "INSERT INTO invitations (person, channel, code_hash, issued_at, expires_at, issued_by) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (person) DO UPDATE SET channel = excluded.channel, code_hash = excluded.code_hash, issued_at = excluded.issued_at, \
     expires_at = excluded.expires_at, issued_by = excluded.issued_by, password_at = NULL";
// An update, so that of several at once one waits for the other.
const OPEN: &str = "UPDATE invitations SET channel = channel WHERE person = $1 AND code_hash = $2 AND expires_at > $3 AND NOT EXISTS \
     (SELECT 1 FROM authenticators WHERE authenticators.person = invitations.person) AND NOT EXISTS (SELECT 1 FROM passwords \
     WHERE passwords.person = invitations.person AND passwords.set_at > COALESCE(password_at, issued_at)) RETURNING channel";
const OPEN_FOR: &str = "SELECT channel, expires_at FROM invitations WHERE person = $1 AND expires_at > $2 AND NOT EXISTS \
     (SELECT 1 FROM authenticators WHERE authenticators.person = invitations.person) AND NOT EXISTS (SELECT 1 FROM passwords \
     WHERE passwords.person = invitations.person AND passwords.set_at > COALESCE(password_at, issued_at))";

/// Stores an invitation; an older one of the same person is void.
pub async fn put(tx: &mut Tx, invitation: &Invitation<'_>) -> Result<(), Fault> {
    tx.run(
        PUT,
        [
            invitation.person.into(),
            invitation.channel.as_str().into(),
            invitation.code_hash.into(),
            invitation.issued_at.into(),
            invitation.expires_at.into(),
            invitation.issued_by.into(),
        ],
    )
    .await
    .map(drop)
}

/// Opens an invitation, and holds it until the transaction ends: how it was sent. `None` for a wrong, expired, outdated or
/// spent one.
pub async fn open(tx: &mut Tx, person: Id<Person>, code_hash: &TokenHash, now: Timestamp) -> Result<Option<Channel>, Fault> {
    let row = tx.one(OPEN, [person.into(), code_hash.into(), now.into()]).await?;
    row.map(|row| row.parsed("channel")).transpose()
}

/// Notes that a password was chosen under the invitation: one that is set after that ends it.
pub async fn chose_password(tx: &mut Tx, person: Id<Person>, at: Timestamp) -> Result<(), Fault> {
    tx.run("UPDATE invitations SET password_at = $2 WHERE person = $1", [person.into(), at.into()]).await.map(drop)
}

/// Spends the person's invitation, if there is one: the identity is in use.
pub async fn spend(tx: &mut Tx, person: Id<Person>) -> Result<(), Fault> {
    tx.run("DELETE FROM invitations WHERE person = $1", [person.into()]).await.map(drop)
}

/// The person's invitation that could be used now: by which channel, and until when.
pub async fn open_for(db: &Db, person: Id<Person>, now: Timestamp) -> Result<Option<(Channel, Timestamp)>, Fault> {
    let row = db.one(OPEN_FOR, [person.into(), now.into()]).await?;
    row.map(|row| Ok((row.parsed("channel")?, row.time("expires_at")?))).transpose()
}

/// Deletes expired invitations; how many.
pub async fn purge(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    tx.run("DELETE FROM invitations WHERE expires_at <= $1", [now.into()]).await
}
