//! The SAML identity provider's acts: answering sign-ons, ending sessions, publishing metadata. What they need beside the
//! ground stands here: our keys, our addresses, the journal, and relying parties read from their metadata.

/// Who is there.
mod presence;
/// Bootstrap tokens for the STS of the health sector.
mod bootstrap;
/// What a relying party is told.
pub mod answering;
/// Answering sign-on requests.
pub mod sso;
/// Telling a relying party that a session is over.
pub mod recall;
/// A logout that a browser carries from service to service.
pub mod chain;
/// Logout messages.
pub mod slo;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use uuid::Uuid;

use crate::{
    base::{clock::from_millis, id::Id},
    crypto::{canonical::Unwritable, keyring::Keyring, reason::Reason, seal::SealError, xmlsign::SignError},
    domain::{
        attribute,
        bootstrap::ATTRIBUTE,
        client::{Client, Edition},
        logout::Recall,
        person::Person,
        session::Session,
    },
    protocol::saml::{
        courier::Courier,
        metadata::{self, Allow, MetadataError, ServiceProvider},
        own_metadata::{self, Contact, OwnMetadata},
        subject::{NameId, NameKind, fresh_id},
    },
    service::{ground::Ground, published::Published, saml::presence::Presence, trail::Journal},
    storage::{bootstraps, clients, fault::Fault},
};

/// Our side of SAML.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Our keys.
    pub keyring: Arc<Keyring>,
    /// Our names and addresses.
    pub own: Arc<Own>,
    /// Where each answer is written down before it leaves.
    pub journal: Journal,
    /// The way to relying parties by the back-channel.
    pub courier: Courier,
    known: Arc<RwLock<HashMap<String, Arc<Registered>>>>,
    /// Our signed metadata, with HTTP-POST for sign-on and without.
    published: Arc<[Published; 2]>,
    presence: Presence,
}

/// Our names and addresses.
#[derive(Debug, Clone)]
pub struct Own {
    /// Our entity ID.
    pub entity_id: String,
    /// Where sign-on requests go.
    pub sso: String,
    /// Where logout messages go.
    pub slo: String,
    /// Where logout requests go by SOAP.
    pub slo_soap: String,
    /// How far clocks may differ, in seconds.
    pub clock_skew: i64,
    /// How long an assertion may be delivered, in seconds.
    pub bearer_seconds: i64,
    /// How long its conditions hold, in seconds.
    pub conditions_seconds: i64,
    /// Whether requests may come by HTTP-POST.
    pub post_requests: bool,
    /// The technical contact's e-mail in our metadata.
    pub contact_email: Option<String>,
}

/// A relying party with its metadata read.
#[derive(Debug)]
pub struct Registered {
    /// The entry.
    pub client: Client,
    /// Its metadata.
    pub metadata: ServiceProvider,
    /// What it gets to exchange at the STS of the health sector, if anything.
    pub bootstrap: Option<bootstrap::Registered>,
}

/// What is told to whoever sent a message we may not answer.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The message is refused; the reason is for its sender's staff.
    #[error("refused: {0}")]
    Message(#[from] Reason),
    /// The database does not answer, or the trail cannot be written.
    #[error(transparent)]
    Storage(#[from] Fault),
    /// Something of ours failed.
    #[error("{0}")]
    Internal(String),
}

impl From<SignError> for Refused {
    fn from(error: SignError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Unwritable> for Refused {
    fn from(error: Unwritable) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SealError> for Refused {
    fn from(error: SealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<crate::service::login::Refusal> for Refused {
    fn from(refusal: crate::service::login::Refusal) -> Self {
        match refusal {
            crate::service::login::Refusal::Storage(fault) => Self::Storage(fault),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl Desk {
    /// A desk with nobody known yet.
    pub fn new(keyring: Keyring, own: Own, journal: Journal, courier: Courier) -> Self {
        Self {
            keyring: Arc::new(keyring),
            own: Arc::new(own),
            journal,
            courier,
            known: Arc::default(),
            published: Arc::default(),
            presence: Presence::default(),
        }
    }

    /// The enabled relying party of that entity ID, as it is registered now.
    pub async fn relying_party(&self, ground: &Ground, entity_id: &str) -> Result<Arc<Registered>, Refused> {
        let edition = clients::edition(&ground.db, entity_id).await?;
        self.at_edition(ground, entity_id, edition).await
    }

    /// The same when its edition was read already (`None`: it is not registered).
    pub async fn at_edition(&self, ground: &Ground, entity_id: &str, edition: Option<Edition>) -> Result<Arc<Registered>, Refused> {
        let Some(edition) = edition else { return Err(Reason::UnknownSp.into()) };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(entity_id).cloned();
        let registered = match known.filter(|known| known.client.edition() == edition) {
            Some(known) => known,
            None => self.read(ground, entity_id).await?,
        };
        if registered.client.enabled { Ok(registered) } else { Err(Reason::SpDisabled.into()) }
    }

    async fn read(&self, ground: &Ground, entity_id: &str) -> Result<Arc<Registered>, Refused> {
        let client = clients::by_entity_id(&ground.db, entity_id).await?.ok_or(Reason::UnknownSp)?;
        let metadata = read_metadata(&client).map_err(|error| Refused::Internal(format!("stored metadata of {entity_id}: {error}")))?;
        let terms = bootstraps::of(&ground.db, client.id).await?.map(bootstrap::Registered::read).transpose();
        let bootstrap = terms.map_err(|error| Refused::Internal(format!("stored certificate of {entity_id}: {error}")))?;
        let registered = Arc::new(Registered { client, metadata, bootstrap });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(entity_id.to_owned(), Arc::clone(&registered));
        Ok(registered)
    }
}

/// Our metadata: the signed form has a signature of our own on it; `redirect_only` leaves HTTP-POST out for sign-on.
pub fn own_metadata(desk: &Desk, ground: &Ground, redirect_only: bool, signed: bool) -> Result<String, Refused> {
    let write = || write_metadata(desk, ground, redirect_only, signed);
    let [whole, short] = &*desk.published;
    if signed { if redirect_only { short } else { whole }.at(ground.clock.now(), write) } else { write() }
}

fn write_metadata(desk: &Desk, ground: &Ground, redirect_only: bool, signed: bool) -> Result<String, Refused> {
    let id = fresh_id(ground.random.as_ref());
    let attributes: Vec<&str> = attribute::ALL.iter().map(|attribute| attribute.name()).chain([ATTRIBUTE]).collect();
    let contact = desk.own.contact_email.as_deref().map(|email| Contact { company: None, name: None, email: Some(email) });
    let content = OwnMetadata {
        id: &id,
        entity_id: &desk.own.entity_id,
        sso: &desk.own.sso,
        slo: &desk.own.slo,
        slo_soap: Some(&desk.own.slo_soap),
        attributes: &attributes,
        redirect_only: redirect_only || !desk.own.post_requests,
        contact,
    };
    let written = if signed {
        own_metadata::write_signed(&content, &desk.keyring).map_err(|error| error.to_string())
    } else {
        own_metadata::write(&content, &desk.keyring).map_err(|error| error.to_string())
    };
    written.map_err(Refused::Internal)
}

/// Reads the metadata of a registered relying party. That it had not expired was checked when it was registered.
pub fn read_metadata(client: &Client) -> Result<ServiceProvider, MetadataError> {
    let allow = Allow { expired: true, plain_http: client.terms.insecure_endpoints };
    metadata::parse(client.metadata.as_bytes(), from_millis(0), allow)
}

/// What `client` knows the session by: the same in every assertion, also in two that are made at the same moment, so that
/// whichever of them a logout names, it names this session.
fn session_index(ground: &Ground, session: &Session, client: &Client) -> Result<String, SealError> {
    let mac = ground.seals.pairwise.mac(&[b"session index", session.id.uuid().as_bytes(), client.id.uuid().as_bytes()])?;
    let (half, _) = mac.split_at(16);
    Ok(format!("_{}", half.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// What `client` knows the session's person by: a UUID of its own, made with a key that never leaves us, so that two
/// services cannot compare (OIOSAML 3: the subject is specific to the service provider). A transient one lasts as long as
/// the session.
fn pairwise(ground: &Ground, session: &Session, client: &Client, kind: NameKind) -> Result<NameId, SealError> {
    pairwise_of(ground, (session.person, session.id), client, kind)
}

fn pairwise_of(
    ground: &Ground,
    (person, session): (Id<Person>, Id<Session>),
    client: &Client,
    kind: NameKind,
) -> Result<NameId, SealError> {
    let (scope, of): (&[u8], Uuid) = match kind {
        NameKind::Persistent => (b"persistent", person.uuid()),
        NameKind::Transient => (b"transient", session.uuid()),
    };
    let mac = ground.seals.pairwise.mac(&[scope, of.as_bytes(), client.entity_id.as_bytes()])?;
    let (half, _) = mac.split_at(16);
    let uuid = Uuid::from_slice(half).map(|uuid| uuid::Builder::from_custom_bytes(uuid.into_bytes()).into_uuid());
    Ok(NameId::professional(uuid.unwrap_or_default(), &client.entity_id, kind))
}

/// What `client` was told the person of a session by that is over, exactly as it was told.
fn recalled_name(ground: &Ground, recall: &Recall, client: &Client) -> Result<NameId, SealError> {
    let of = (recall.person, recall.session);
    let transient = pairwise_of(ground, of, client, NameKind::Transient)?;
    if transient.value == recall.name_id {
        return Ok(transient);
    }
    Ok(NameId { value: recall.name_id.clone(), ..pairwise_of(ground, of, client, NameKind::Persistent)? })
}
