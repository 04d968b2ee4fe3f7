//! An identity provider's metadata, as NemLog-in publishes it: a file an administrator brings. Trust comes from that, not
//! from a signature inside. The path goes on to `question` and `answer`.

use jiff::Timestamp;

use crate::crypto::keyring::PeerKey;
use crate::crypto::xml::{METADATA, Node, Tree};
use crate::protocol::saml::metadata::{self, Allow, MetadataError, Slo, keys, location, logouts};
use crate::protocol::saml::names::{MD, REDIRECT, SAML, SAMLP};
use crate::protocol::saml::wire::Binding;

/// Why a metadata document is not accepted, in words for the administrator who brought it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdpMetadataError {
    /// What may be wrong with any metadata.
    #[error(transparent)]
    Document(#[from] MetadataError),
    /// Not exactly one identity provider in it.
    #[error("The metadata must describe exactly one identity provider; this one describes {0}.")]
    HowMany(usize),
    /// It speaks another protocol.
    #[error("The identity provider does not support SAML 2.0.")]
    Protocol,
    /// Nowhere to ask.
    #[error("The metadata names no SingleSignOnService with the HTTP-Redirect binding.")]
    NoSso,
}

/// An identity provider as its metadata describes it.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    /// Its name, compared byte for byte.
    pub entity_id: String,
    /// The keys its assertions may be signed with, at least one.
    pub signing: Vec<PeerKey>,
    /// Where questions go, by HTTP-Redirect.
    pub sso: String,
    /// Where logout messages go (Redirect and POST only), in listed order.
    pub slo: Vec<Slo>,
    /// Full names of the attributes it can state.
    pub attributes: Vec<String>,
    /// When the document expires.
    pub valid_until: Option<Timestamp>,
}

/// Reads a metadata document as it holds at `now`.
pub fn parse(document: &[u8], now: Timestamp, allow: Allow) -> Result<IdentityProvider, IdpMetadataError> {
    let tree = Tree::parse(document, METADATA).map_err(metadata::unreadable)?;
    let (entity, role) = the_one(tree.root())?;
    let valid_until = metadata::valid_until(&[tree.root(), entity, role], now, allow)?;
    let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
    if !protocols.split_ascii_whitespace().any(|protocol| protocol == SAMLP) {
        return Err(IdpMetadataError::Protocol);
    }
    let (signing, _) = keys(role)?;
    Ok(IdentityProvider {
        entity_id: metadata::entity_id(entity)?.to_owned(),
        signing,
        sso: sso(role, allow)?,
        slo: logouts(role, allow)?,
        attributes: role.all(SAML, "Attribute").filter_map(|node| node.attribute("Name")).map(str::to_owned).collect(),
        valid_until,
    })
}

fn the_one(root: Node<'_>) -> Result<(Node<'_>, Node<'_>), IdpMetadataError> {
    if !root.is(MD, "EntityDescriptor") && !root.is(MD, "EntitiesDescriptor") {
        return Err(MetadataError::NotMetadata.into());
    }
    let entities = root.descendants().into_iter().filter(|node| node.is(MD, "EntityDescriptor"));
    let found: Vec<(Node<'_>, Node<'_>)> =
        entities.flat_map(|entity| entity.all(MD, "IDPSSODescriptor").map(move |role| (entity, role))).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        other => Err(IdpMetadataError::HowMany(other.len())),
    }
}

fn sso(role: Node<'_>, allow: Allow) -> Result<String, IdpMetadataError> {
    let service = role.all(MD, "SingleSignOnService").find(|node| node.attribute("Binding") == Some(REDIRECT));
    let service = service.ok_or(IdpMetadataError::NoSso)?;
    Ok(location(service, "Location", allow)?.ok_or(MetadataError::Value("Location"))?)
}

impl IdentityProvider {
    /// Where logout requests go by HTTP-Redirect.
    pub fn logout(&self) -> Option<&Slo> {
        self.slo.iter().find(|slo| slo.binding == Binding::Redirect)
    }
}

#[cfg(test)]
mod tests;
