//! The beginning of a recovery: who, and what is lost. Who it is must then be proved as at enrolment, by MitID or at the
//! registrant's desk; a mail recovers nothing. User names that nobody has go the same way to the same dead end.

use crate::{
    crypto::seal::SealError,
    domain::{
        assurance::Level,
        flow::{Identify, Recover},
        mitid::Why,
        person::Username,
    },
    service::{
        activation::nobody,
        ground::Ground,
        login::{self, Held, Refusal, unsaved},
    },
    storage::people,
};

/// What can be recovered.
pub const REASONS: [Why; 3] = [Why::Password, Why::Factor, Why::Unlock];

/// Begins one.
pub fn begin(ground: &Ground) -> Result<Held, SealError> {
    unsaved::begin::<Recover>(ground)
}

/// Who, and what is lost.
pub async fn choose(ground: &Ground, held: &Held, user_name: &str, why: Why) -> Result<Held, Refusal> {
    let flow = login::open::<Recover>(ground, held).await?;
    let user_name = user_name.parse::<Username>().map_or(String::new(), |name| name.to_string());
    let known = people::by_username(&ground.db, &user_name).await?;
    let nobody = nobody(ground, &user_name)?;
    let person = Some(known.map_or(nobody, |person| person.id));
    let mut tx = ground.db.begin().await?;
    let stage = Identify { why, person, session: None, least: Level::Substantial, asked: None, shown: None };
    let held = login::advance(ground, &mut tx, &flow, held, &stage).await?;
    tx.commit_routine().await?;
    Ok(held)
}
