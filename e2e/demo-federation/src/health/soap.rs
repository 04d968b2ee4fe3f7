//! A SOAP message: parsed once, its signatures checked by the library the server verifies with, its elements found by path.
//! Next: `token`, `sts`, `service`.

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_dsig::{DsigContext, VerifyResult, verify::verify_document};
use bergshamra_keys::{Key, KeyUsage, KeysManager, loader::load_spki_der};
use bergshamra_xml::nodeset::NodeSet;
use openssl::x509::X509;
use uppsala::{Document, NodeId, NodeKind, Parser};

/// SOAP 1.1.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// WS-Security.
pub const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// Its timestamps and ids.
pub const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// WS-Addressing.
pub const WSA: &str = "http://www.w3.org/2005/08/addressing";
/// WS-Trust.
pub const WST: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512";
/// Its `ActAs`.
pub const WST14: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200802";
/// WS-Policy.
pub const WSP: &str = "http://schemas.xmlsoap.org/ws/2004/09/policy";
/// Claims.
pub const AUTH: &str = "http://docs.oasis-open.org/wsfed/authorization/200706";
/// XML signatures.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// SAML assertions.
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// The header of DGWS.
pub const MEDCOM: &str = "http://www.medcom.dk/dgws/2006/04/dgws-1.0.xsd";

/// The most a message may be.
const LIMIT: usize = 256 * 1024;

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// No XML, or too much of it.
    #[error("the message is no XML of at most {LIMIT} bytes")]
    Xml,
    /// What readers disagree about.
    #[error("the message holds a comment or an instruction")]
    Comment,
}

/// A message.
pub struct Message(Document<'static>);

/// The name of an element: namespace and local name.
pub type Name<'n> = (&'n str, &'n str);

impl Message {
    /// Reads it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= LIMIT).ok_or(Unreadable::Xml)?;
        let parser = Parser::new().with_max_depth(64).with_forbid_dtd(true).with_forbid_entities(true);
        let document = parser.parse(text).map_err(|_| Unreadable::Xml)?.into_static();
        let plain = |id: &NodeId| {
            matches!(
                document.node_kind(*id),
                Some(NodeKind::Element(_) | NodeKind::Text(_) | NodeKind::Document | NodeKind::Attribute(..)) | None
            )
        };
        if !document.descendants(document.root()).iter().all(plain) {
            return Err(Unreadable::Comment);
        }
        Ok(Self(document))
    }

    /// The root.
    pub fn root(&self) -> Option<NodeId> {
        self.0.document_element()
    }

    /// Whether the element has that name.
    pub fn is(&self, id: NodeId, (namespace, name): Name<'_>) -> bool {
        self.0.element(id).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// Whether the element has no namespace and that name.
    pub fn named(&self, id: NodeId, name: &str) -> bool {
        self.0.element(id).is_some_and(|element| element.name.namespace_uri.is_none() && element.name.local_name == name)
    }

    /// The child elements.
    pub fn children(&self, of: NodeId) -> Vec<NodeId> {
        self.0.children(of).into_iter().filter(|id| self.0.element(*id).is_some()).collect()
    }

    /// The child elements of that name.
    pub fn all(&self, of: NodeId, name: Name<'_>) -> Vec<NodeId> {
        self.children(of).into_iter().filter(|id| self.is(*id, name)).collect()
    }

    /// The only child element of that name; nothing when there are several.
    pub fn one(&self, of: NodeId, name: Name<'_>) -> Option<NodeId> {
        match self.all(of, name).as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The element reached from `of` by the only child of each name.
    pub fn at(&self, of: NodeId, path: &[Name<'_>]) -> Option<NodeId> {
        path.iter().try_fold(of, |at, name| self.one(at, *name))
    }

    /// The element reached from the root, which is the envelope.
    pub fn in_envelope(&self, path: &[Name<'_>]) -> Option<NodeId> {
        self.at(self.root().filter(|root| self.is(*root, (SOAP, "Envelope")))?, path)
    }

    /// The text of an element that holds nothing else.
    pub fn text(&self, id: NodeId) -> &str {
        self.0.element_text(id).unwrap_or_default().trim()
    }

    /// The attribute without prefix.
    pub fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        let attributes = &self.0.element(id)?.attributes;
        let found = attributes.iter().find(|attribute| attribute.name.prefix.is_none() && attribute.name.local_name == name);
        found.map(|attribute| &*attribute.value)
    }

    /// The attribute of that namespace.
    pub fn attribute_of(&self, id: NodeId, (namespace, name): Name<'_>) -> Option<&str> {
        self.0.element(id)?.get_attribute_ns(namespace, name)
    }

    /// The certificate (base64, one line) in a `ds:KeyInfo`.
    pub fn certificate(&self, key_info: NodeId) -> Option<String> {
        let certificate = self.at(key_info, &[(DS, "X509Data"), (DS, "X509Certificate")])?;
        Some(self.text(certificate).split_whitespace().collect()).filter(|text: &String| !text.is_empty())
    }

    /// What the first signature of the message covers, if the key of `certificate` made it. `anywhere`: also what does not stand
    /// around the signature or beside it.
    pub fn signed_by(&self, certificate: &[u8], anywhere: bool) -> Option<Vec<NodeId>> {
        let spki = X509::from_der(certificate).ok()?.public_key().ok()?.public_key_to_der().ok()?;
        let mut keys = KeysManager::new();
        keys.add_key(Key::new(load_spki_der(&spki).ok()?.data, KeyUsage::Verify));
        let context = DsigContext::new(keys).with_strict_verification(!anywhere);
        match verify_document(&context, &self.0) {
            Ok(VerifyResult::Valid { references, .. }) if references.iter().all(|one| one.digest_verified) => {
                references.iter().map(|one| one.resolved_node).collect()
            }
            _ => None,
        }
    }

    /// The element as a document of its own, in exclusive canonical form.
    pub fn canonical(&self, id: NodeId) -> Option<String> {
        self.written(id, &[])
    }

    /// A signed element as a document of its own: what its signature names as belonging to it is declared on it.
    pub fn alone(&self, id: NodeId) -> Option<String> {
        let below = self.0.descendants(id);
        let prefixes: Vec<&str> = below.iter().filter_map(|id| self.attribute(*id, "PrefixList")).flat_map(str::split_whitespace).collect();
        self.written(id, &prefixes)
    }

    fn written(&self, id: NodeId, prefixes: &[&str]) -> Option<String> {
        let subtree = NodeSet::tree_without_comments(id, &self.0);
        String::from_utf8(canonicalize_doc(&self.0, C14nMode::Exclusive, Some(&subtree), prefixes).ok()?).ok()
    }
}
