//! Organisations: created or changed by an operator, each with the level it is notified for.

use crate::{
    base::id::Id,
    crypto::canonical,
    domain::{
        assurance::Level,
        audit::Kind,
        organisation::{Cvr, Organisation},
    },
    protocol::mail,
    service::{cpr, ground::Ground, operator::Operator},
    storage::{fault::Fault, organisations},
};

/// Why an organisation was not saved.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The name is missing, too long, or holds what no assertion could carry.
    #[error("an organisation's name is 1 to 200 characters, without control characters")]
    Name,
    /// It is no mail address.
    #[error("an e-mail address is one address of at most 254 characters")]
    Email,
    /// No organisation has that CVR number.
    #[error("there is no organisation with CVR {0}")]
    NoSuch(Cvr),
    /// None was named and there is none at all.
    #[error("there is no organisation yet; add it first: portvagt organisation add")]
    None,
    /// None was named and there are several.
    #[error("there are {0} organisations; say which with its CVR number")]
    Which(usize),
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

/// Sets whom suspicions of misuse are told to by mail; an empty address: nobody.
pub async fn set_security_email(ground: &Ground, by: &Operator, organisation: &Organisation, address: &str) -> Result<(), Refusal> {
    let address = Some(address.trim()).filter(|address| !address.is_empty());
    if address.is_some_and(|address| address.len() > 254 || !mail::is_address(address) || cpr::holds_cpr(address)) {
        return Err(Refusal::Email);
    }
    let mut tx = ground.db.begin().await?;
    organisations::set_security_email(&mut tx, organisation.id, address).await?;
    let event = by.event(ground, Kind::OrganisationSaved).with("cvr", &organisation.cvr);
    Ok(tx.commit(event.with("security_address", if address.is_some() { "set" } else { "none" })).await?)
}

/// Whom suspicions of misuse are told to by mail.
pub async fn security_email(ground: &Ground, organisation: &Organisation) -> Result<Option<String>, Fault> {
    organisations::security_email(&ground.db, organisation.id).await
}

/// The organisation with that CVR number; without a number the only one there is.
pub async fn find(ground: &Ground, cvr: Option<&Cvr>) -> Result<Organisation, Refusal> {
    if let Some(cvr) = cvr {
        return organisations::by_cvr(&ground.db, cvr.as_str()).await?.ok_or_else(|| Refusal::NoSuch(cvr.clone()));
    }
    let all = organisations::list(&ground.db).await?;
    let count = all.len();
    match (all.into_iter().next(), count) {
        (Some(only), 1) => Ok(only),
        (None, _) => Err(Refusal::None),
        _ => Err(Refusal::Which(count)),
    }
}

/// All organisations, by CVR number.
pub async fn list(ground: &Ground) -> Result<Vec<Organisation>, Fault> {
    organisations::list(&ground.db).await
}
