//! A relying party's metadata, read once when it is registered and again when it is needed.
//!
//! Trust comes from who registered it, not from a signature inside. Nothing is fetched. The path goes on to `request` and
//! `response`; our own metadata is written by `own_metadata`.

use jiff::Timestamp;

use crate::crypto::keyring::{KeyError, PeerKey};
use crate::crypto::xml::{METADATA, Node, Reason, Tree, trimmed};
use crate::crypto::xmlenc::{EncryptError, Listed, Suite};
use crate::protocol::saml::endpoint::{self, EndpointFault};
use crate::protocol::saml::names::{DSIG, MD, POST, SAMLP, SOAP, XENC11};
use crate::protocol::saml::read_date_time;
use crate::protocol::saml::subject::{MAX_ENTITY_ID, flag, number};
use crate::protocol::saml::wire::Binding;

/// Why a metadata document is not accepted, in words for the administrator who brought it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It has a DTD.
    #[error("The metadata contains a document type declaration (DOCTYPE), which is never accepted.")]
    Doctype,
    /// It is too large.
    #[error("The metadata is larger than 2 MiB.")]
    TooLarge,
    /// It is not sound XML.
    #[error("The metadata is not sound XML in UTF-8 ({0}).")]
    Xml(Reason),
    /// The root is something else.
    #[error("The document is not SAML metadata: its root must be EntityDescriptor or EntitiesDescriptor.")]
    NotMetadata,
    /// Not exactly one relying party in it.
    #[error("The metadata must describe exactly one service provider; this one describes {0}.")]
    HowMany(usize),
    /// No usable entity ID.
    #[error("The entityID must have between 1 and 1024 bytes, without blanks and control characters.")]
    EntityId,
    /// It speaks another protocol.
    #[error("The service provider does not support SAML 2.0.")]
    Protocol,
    /// Nowhere to answer to.
    #[error("The metadata names no AssertionConsumerService with the HTTP-POST binding.")]
    NoAcs,
    /// An address is not acceptable.
    #[error("The address '{url}' cannot be used: {fault}.")]
    Endpoint {
        /// The address, shortened.
        url: String,
        /// What is wrong with it.
        fault: EndpointFault,
    },
    /// No key to verify requests with.
    #[error("The metadata names no signing certificate, so its messages could not be verified.")]
    NoSigningKey,
    /// A key that cannot be used.
    #[error("A certificate in the metadata cannot be used: {0}.")]
    Key(#[from] KeyError),
    /// An attribute or element has an impossible value.
    #[error("The metadata has an invalid value in '{0}'.")]
    Value(&'static str),
    /// It has expired; may be overridden.
    #[error("The metadata expired at {0}. Ask the service for fresh metadata, or accept it explicitly.")]
    Expired(Timestamp),
}

/// What the administrator explicitly accepts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allow {
    /// A `validUntil` in the past.
    pub expired: bool,
    /// Plain http beyond this machine; never in production.
    pub plain_http: bool,
}

/// A relying party as its metadata describes it.
#[derive(Debug, Clone)]
pub struct ServiceProvider {
    /// Its name, compared byte for byte.
    pub entity_id: String,
    /// The keys its messages may be signed with, at least one.
    pub signing: Vec<PeerKey>,
    /// The keys assertions may be encrypted to, in listed order.
    pub encryption: Vec<EncryptionKey>,
    /// Where answers may go (HTTP-POST only), at least one, in listed order.
    pub acs: Vec<Acs>,
    /// Where logout messages go (Redirect and POST only), in listed order.
    pub slo: Vec<Slo>,
    /// Where logout requests go by SOAP.
    pub slo_soap: Option<String>,
    /// The attributes it asks for.
    pub requested: Vec<RequestedAttribute>,
    /// The NameID formats it lists.
    pub name_id_formats: Vec<String>,
    /// Whether it says its requests are signed; we require it in any case.
    pub authn_requests_signed: bool,
    /// Whether it wants assertions signed; ours always are.
    pub want_assertions_signed: bool,
    /// When the document expires.
    pub valid_until: Option<Timestamp>,
}

/// A key to encrypt to, and the algorithms listed for it.
#[derive(Debug, Clone)]
pub struct EncryptionKey {
    /// The key.
    pub key: PeerKey,
    /// Its `md:EncryptionMethod`s, in order.
    pub methods: Vec<Listed>,
}

/// An address an answer may be posted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acs {
    /// The address.
    pub location: String,
    /// Its index.
    pub index: u16,
    /// `isDefault`, if it says so.
    pub is_default: Option<bool>,
}

/// An address of single logout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// How messages travel.
    pub binding: Binding,
    /// Where requests go.
    pub location: String,
    /// Where responses go: `ResponseLocation`, or else the same.
    pub response_location: String,
}

/// An attribute asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAttribute {
    /// Its full name.
    pub name: String,
    /// Whether the service does not work without it.
    pub required: bool,
}

/// Reads a metadata document as it is to be registered at `now`.
pub fn parse(document: &[u8], now: Timestamp, allow: Allow) -> Result<ServiceProvider, MetadataError> {
    let tree = Tree::parse(document, METADATA).map_err(unreadable)?;
    let (entity, role) = the_one(tree.root())?;
    let valid_until = valid_until(&[tree.root(), entity, role], now, allow)?;
    read(entity, role, valid_until, allow)
}

/// Why a document that is no sound XML is not accepted.
pub(super) fn unreadable(reason: Reason) -> MetadataError {
    match reason {
        Reason::Doctype => MetadataError::Doctype,
        Reason::TooLarge => MetadataError::TooLarge,
        other => MetadataError::Xml(other),
    }
}

/// The earliest end that any of `nodes` names; one that has passed is a fault.
pub(super) fn valid_until(nodes: &[Node<'_>], now: Timestamp, allow: Allow) -> Result<Option<Timestamp>, MetadataError> {
    let mut earliest = None;
    for node in nodes {
        earliest = [earliest, instant(*node)?].into_iter().flatten().min();
    }
    match earliest.filter(|end| *end <= now && !allow.expired) {
        Some(end) => Err(MetadataError::Expired(end)),
        None => Ok(earliest),
    }
}

/// The entity ID of an `EntityDescriptor`.
pub(super) fn entity_id(entity: Node<'_>) -> Result<&str, MetadataError> {
    let entity_id = entity.attribute("entityID").unwrap_or_default();
    let foreign = |letter: char| letter.is_whitespace() || letter.is_control();
    let fits = (1..=MAX_ENTITY_ID).contains(&entity_id.len()) && !entity_id.chars().any(foreign);
    if fits { Ok(entity_id) } else { Err(MetadataError::EntityId) }
}

/// The only service provider of the document.
fn the_one(root: Node<'_>) -> Result<(Node<'_>, Node<'_>), MetadataError> {
    if !root.is(MD, "EntityDescriptor") && !root.is(MD, "EntitiesDescriptor") {
        return Err(MetadataError::NotMetadata);
    }
    let entities = root.descendants().into_iter().filter(|node| node.is(MD, "EntityDescriptor"));
    let found: Vec<(Node<'_>, Node<'_>)> =
        entities.flat_map(|entity| entity.all(MD, "SPSSODescriptor").map(move |role| (entity, role))).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        other => Err(MetadataError::HowMany(other.len())),
    }
}

fn read(entity: Node<'_>, role: Node<'_>, valid_until: Option<Timestamp>, allow: Allow) -> Result<ServiceProvider, MetadataError> {
    let entity_id = entity_id(entity)?;
    let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
    if !protocols.split_ascii_whitespace().any(|protocol| protocol == SAMLP) {
        return Err(MetadataError::Protocol);
    }
    let (signing, encryption) = keys(role)?;
    Ok(ServiceProvider {
        entity_id: entity_id.to_owned(),
        signing,
        encryption,
        acs: consumers(role, allow)?,
        slo: logouts(role, allow)?,
        slo_soap: back_channel(role),
        requested: requested(role)?,
        name_id_formats: role.all(MD, "NameIDFormat").filter_map(|node| Some(trimmed(node.text().ok()?).to_owned())).collect(),
        authn_requests_signed: boolean(role, "AuthnRequestsSigned")?,
        want_assertions_signed: boolean(role, "WantAssertionsSigned")?,
        valid_until,
    })
}

/// Signing keys must all be usable, so that none is silently ignored; a key without `use` serves both ends.
pub(super) fn keys(role: Node<'_>) -> Result<(Vec<PeerKey>, Vec<EncryptionKey>), MetadataError> {
    let (mut signing, mut encryption) = (Vec::new(), Vec::new());
    for descriptor in role.all(MD, "KeyDescriptor") {
        let purpose = descriptor.attribute("use");
        if !matches!(purpose, None | Some("signing" | "encryption")) {
            return Err(MetadataError::Value("use"));
        }
        let methods: Vec<Listed> = descriptor.all(MD, "EncryptionMethod").filter_map(method).collect();
        let data = descriptor.first(DSIG, "KeyInfo").into_iter().flat_map(|info| info.all(DSIG, "X509Data"));
        for certificate in data.flat_map(|data| data.all(DSIG, "X509Certificate")) {
            let text = certificate.text().map_err(|_| MetadataError::Key(KeyError::UnreadableCertificate))?;
            let key = PeerKey::from_base64(text)?;
            if purpose != Some("encryption") {
                signing.push(key.clone());
            }
            if purpose != Some("signing") && key.is_rsa() {
                encryption.push(EncryptionKey { key, methods: methods.clone() });
            }
        }
    }
    if signing.is_empty() { Err(MetadataError::NoSigningKey) } else { Ok((signing, encryption)) }
}

fn method(node: Node<'_>) -> Option<Listed> {
    let inner = |namespace, name| node.first(namespace, name).and_then(|node| node.attribute("Algorithm")).map(str::to_owned);
    Some(Listed { algorithm: node.attribute("Algorithm")?.to_owned(), digest: inner(DSIG, "DigestMethod"), mgf: inner(XENC11, "MGF") })
}

fn consumers(role: Node<'_>, allow: Allow) -> Result<Vec<Acs>, MetadataError> {
    let mut found = Vec::new();
    for node in role.all(MD, "AssertionConsumerService").filter(|node| node.attribute("Binding") == Some(POST)) {
        let location = location(node, "Location", allow)?.ok_or(MetadataError::Value("Location"))?;
        let index = node.attribute("index").and_then(|text| number(trimmed(text))).ok_or(MetadataError::Value("index"))?;
        let is_default = node.attribute("isDefault").map(|_| boolean(node, "isDefault")).transpose()?;
        found.push(Acs { location, index, is_default });
    }
    if found.is_empty() { Err(MetadataError::NoAcs) } else { Ok(found) }
}

pub(super) fn logouts(role: Node<'_>, allow: Allow) -> Result<Vec<Slo>, MetadataError> {
    let mut found = Vec::new();
    for node in role.all(MD, "SingleLogoutService") {
        // Every address is checked, also those of bindings we do not speak: a bad one shows a bad document.
        let address = location(node, "Location", allow)?.ok_or(MetadataError::Value("Location"))?;
        let response = location(node, "ResponseLocation", allow)?;
        if let Some(binding) = node.attribute("Binding").and_then(Binding::from_uri) {
            found.push(Slo { binding, response_location: response.unwrap_or_else(|| address.clone()), location: address });
        }
    }
    Ok(found)
}

/// The address of single logout by SOAP; `logouts` has checked it.
fn back_channel(role: Node<'_>) -> Option<String> {
    let services = role.all(MD, "SingleLogoutService");
    services.filter(|node| node.attribute("Binding") == Some(SOAP)).find_map(|node| node.attribute("Location")).map(str::to_owned)
}

fn requested(role: Node<'_>) -> Result<Vec<RequestedAttribute>, MetadataError> {
    let services: Vec<Node<'_>> = role.all(MD, "AttributeConsumingService").collect();
    let default =
        services.iter().find(|service| service.attribute("isDefault").is_some_and(|value| matches!(trimmed(value), "true" | "1")));
    let Some(service) = default.or(services.first()) else { return Ok(Vec::new()) };
    service
        .all(MD, "RequestedAttribute")
        .map(|node| {
            let name = node.attribute("Name").ok_or(MetadataError::Value("Name"))?.to_owned();
            Ok(RequestedAttribute { name, required: boolean(node, "isRequired")? })
        })
        .collect()
}

pub(super) fn location(node: Node<'_>, name: &str, allow: Allow) -> Result<Option<String>, MetadataError> {
    let Some(text) = node.attribute(name) else { return Ok(None) };
    match endpoint::check(text, allow.plain_http) {
        Ok(()) => Ok(Some(text.to_owned())),
        Err(fault) => Err(MetadataError::Endpoint { url: text.chars().take(200).collect(), fault }),
    }
}

fn boolean(node: Node<'_>, name: &'static str) -> Result<bool, MetadataError> {
    flag(node, name).map_err(|_| MetadataError::Value(name))
}

fn instant(node: Node<'_>) -> Result<Option<Timestamp>, MetadataError> {
    node.attribute("validUntil").map(read_date_time).transpose().map_err(|_| MetadataError::Value("validUntil"))
}

impl ServiceProvider {
    /// The default address for answers: the first marked so, else the first not marked otherwise, else the first
    /// (SAML metadata 2.2.3).
    pub fn default_acs(&self) -> Option<&Acs> {
        let marked = |mark: Option<bool>| self.acs.iter().find(move |acs| acs.is_default == mark);
        marked(Some(true)).or_else(|| marked(None)).or_else(|| self.acs.first())
    }

    /// The address of single logout by `preferred` if it is listed, else the first listed.
    pub fn logout_by(&self, preferred: Binding) -> Option<&Slo> {
        self.slo.iter().find(|slo| slo.binding == preferred).or_else(|| self.slo.first())
    }

    /// The key to encrypt to and the algorithms for it. `None` if no key is listed.
    ///
    /// `legacy`: whether its entry asks for CBC or SHA-1 in OAEP; without that they are taken only where its metadata
    /// lists nothing better.
    pub fn encryption(&self, legacy: bool) -> Option<Result<(&PeerKey, Suite), EncryptError>> {
        let first = self.encryption.first()?;
        let chosen = self.encryption.iter().find_map(|one| Some((&one.key, Suite::choose(&one.methods, legacy).ok()?)));
        Some(chosen.ok_or(EncryptError::NoCommonAlgorithm).or_else(|_| Ok((&first.key, Suite::choose(&first.methods, legacy)?))))
    }

    /// The names of the attributes it asks for.
    pub fn requested_names(&self) -> Vec<String> {
        self.requested.iter().map(|attribute| attribute.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
