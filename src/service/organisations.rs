//! Organisations: created or changed by an operator, each with the level it is notified for.

use crate::{
    base::id::Id,
    crypto::canonical,
    domain::{
        assurance::Level,
        audit::Kind,
        organisation::{Cvr, Organisation},
    },
    service::{ground::Ground, operator::Operator},
    storage::{fault::Fault, organisations},
};

/// Why an organisation was not saved.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The name is missing, too long, or holds what no assertion could carry.
    #[error("an organisation's name is 1 to 200 characters, without control characters")]
    Name,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Creates the organisation, or changes name and level of the one with that CVR number.
pub async fn save(ground: &Ground, by: &Operator, cvr: Cvr, name: &str, notified: Level) -> Result<Organisation, Refusal> {
    if !(1..=200).contains(&name.trim().chars().count()) || !canonical::is_plain(name.trim()) {
        return Err(Refusal::Name);
    }
    let mut organisation = Organisation { id: Id::random(ground.random.as_ref()), cvr, name: name.trim().to_owned(), notified };
    let mut tx = ground.db.begin().await?;
    organisation.id = organisations::save(&mut tx, &organisation).await?;
    let event = by.event(ground, Kind::OrganisationSaved).with("cvr", &organisation.cvr).with("notified", notified);
    tx.commit(event).await?;
    Ok(organisation)
}

/// All organisations, by CVR number.
pub async fn list(ground: &Ground) -> Result<Vec<Organisation>, Fault> {
    organisations::list(&ground.db).await
}
