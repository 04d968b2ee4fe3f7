//! Relying parties, registered by an operator from their metadata. The metadata is read whole before anything is kept,
//! so that whatever is registered can be served. The path goes on in `protocol::saml::metadata` and `storage::clients`.

use crate::{
    base::id::Id,
    domain::{
        attribute::Attribute,
        audit::Kind,
        client::{Client, Terms},
    },
    protocol::saml::metadata::{self, Allow, MetadataError, ServiceProvider},
    service::{ground::Ground, operator::Operator},
    storage::{clients, fault::Fault},
};

/// Why an act was not done; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The metadata cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// It is not text.
    #[error("the metadata is not UTF-8")]
    NotText,
    /// It asks for encryption that the entry does not allow, or has no key.
    #[error("assertions could not be encrypted to it: {0}")]
    Encryption(String),
    /// The attribute is not in the catalogue.
    #[error("'{0}' is no attribute of the OIOSAML 3 catalogue")]
    NoSuchAttribute(String),
    /// Nobody is registered by that entity ID.
    #[error("no relying party is registered as '{0}'")]
    NotRegistered(String),
    /// Somebody is registered by that entity ID, and nobody said that the entry may change.
    #[error("'{0}' is registered already; with --replace its entry is changed")]
    Registered(String),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// How a relying party is to be registered.
#[derive(Debug, Default)]
pub struct Registration {
    /// What people see; without it the entity ID's host.
    pub name: Option<String>,
    /// What was decided.
    pub terms: Terms,
    /// Whether metadata past its `validUntil` is taken.
    pub allow_expired: bool,
    /// Whether it must be a new one.
    pub only_new: bool,
}

/// Registers the relying party of that metadata, or changes its entry.
pub async fn save(ground: &Ground, by: &Operator, document: &[u8], registration: Registration) -> Result<Client, Refusal> {
    let terms = registration.terms;
    let allow = Allow { expired: registration.allow_expired, plain_http: terms.insecure_endpoints };
    let described = metadata::parse(document, ground.clock.now(), allow)?;
    can_be_served(&described, &terms)?;
    let text = std::str::from_utf8(document).map_err(|_| Refusal::NotText)?;
    let before = clients::by_entity_id(&ground.db, &described.entity_id).await?;
    let client = Client {
        id: before.as_ref().map_or_else(|| Id::random(ground.random.as_ref()), |before| before.id),
        enabled: true,
        name: registration.name.or(before.map(|before| before.name)).unwrap_or_else(|| host_of(&described.entity_id)),
        metadata: text.to_owned(),
        terms,
        revision: 0,
        registered_at: ground.clock.now(),
        entity_id: described.entity_id,
    };
    let mut tx = ground.db.begin().await?;
    if registration.only_new {
        if !clients::add(&mut tx, &client).await? {
            return Err(Refusal::Registered(client.entity_id));
        }
    } else {
        clients::save(&mut tx, &client).await?;
    }
    let event = by.event(ground, Kind::ClientSaved).with("client", &client.entity_id).with("encrypt", client.terms.encrypt);
    let event = event.with("legacy_encryption", client.terms.legacy_encryption).with("least_level", client.terms.least_level);
    tx.commit(event.with("attributes", client.terms.attributes.join(" ")).with("insecure_endpoints", client.terms.insecure_endpoints))
        .await?;
    find(ground, &client.entity_id).await
}

/// The entry of the relying party that the metadata describes, if there is one. Whether the metadata can be used is
/// judged by [`save`].
pub async fn registered(ground: &Ground, document: &[u8]) -> Result<Option<Client>, Refusal> {
    let described = metadata::parse(document, ground.clock.now(), Allow { expired: true, plain_http: true })?;
    Ok(clients::by_entity_id(&ground.db, &described.entity_id).await?)
}

/// The full name of an attribute given by full name or by its last word (`cprNumber`, `email`).
pub fn attribute_name(given: &str) -> Result<String, Refusal> {
    let known = crate::domain::attribute::ALL.into_iter().map(Attribute::name);
    let fits = |name: &&str| *name == given || name.rsplit('/').next() == Some(given);
    known.into_iter().find(fits).map(str::to_owned).ok_or_else(|| Refusal::NoSuchAttribute(given.to_owned()))
}

/// The relying party of that entity ID.
pub async fn find(ground: &Ground, entity_id: &str) -> Result<Client, Refusal> {
    clients::by_entity_id(&ground.db, entity_id).await?.ok_or_else(|| Refusal::NotRegistered(entity_id.to_owned()))
}

/// All relying parties, by entity ID.
pub async fn list(ground: &Ground) -> Result<Vec<Client>, Refusal> {
    Ok(clients::list(&ground.db).await?)
}

/// What the registered metadata says now.
pub fn described(ground: &Ground, client: &Client) -> Result<ServiceProvider, Refusal> {
    let allow = Allow { expired: true, plain_http: client.terms.insecure_endpoints };
    Ok(metadata::parse(client.metadata.as_bytes(), ground.clock.now(), allow)?)
}

/// Removes the entry.
pub async fn remove(ground: &Ground, by: &Operator, entity_id: &str) -> Result<(), Refusal> {
    let mut tx = ground.db.begin().await?;
    if !clients::remove(&mut tx, entity_id).await? {
        return Err(Refusal::NotRegistered(entity_id.to_owned()));
    }
    Ok(tx.commit(by.event(ground, Kind::ClientRemoved).with("client", entity_id)).await?)
}

/// Serves the relying party, or no longer.
pub async fn set_enabled(ground: &Ground, by: &Operator, entity_id: &str, enabled: bool) -> Result<(), Refusal> {
    let mut tx = ground.db.begin().await?;
    if !clients::set_enabled(&mut tx, entity_id, enabled).await? {
        return Err(Refusal::NotRegistered(entity_id.to_owned()));
    }
    Ok(tx.commit(by.event(ground, Kind::ClientSaved).with("client", entity_id).with("enabled", enabled)).await?)
}

/// Registering what could not be answered would only move the failure to the first login.
fn can_be_served(described: &ServiceProvider, terms: &Terms) -> Result<(), Refusal> {
    if !terms.encrypt {
        return Ok(());
    }
    match described.encryption(terms.legacy_encryption) {
        None => {
            Err(Refusal::Encryption("its metadata has no certificate for encryption (an entry may be made without encryption)".to_owned()))
        }
        Some(Err(error)) => Err(Refusal::Encryption(error.to_string())),
        Some(Ok(_)) => Ok(()),
    }
}

fn host_of(entity_id: &str) -> String {
    let host = url::Url::parse(entity_id).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| entity_id.to_owned())
}
