//! XML signatures: libxmlsec1, reached through samael, is the judge; this room only says beforehand what shape it must have.
//! Keys come from the caller (the identity provider's metadata), never from the message; what is handed back is the text
//! that was hashed, so nothing unsigned can be read from it. Next: `judge`, `logout`.

use std::fmt;

use openssl::hash::{MessageDigest, hash};
use roxmltree::Node;
use samael::crypto::{AllowedSignatureAlgorithm, CertificateDer, Crypto, CryptoProvider, ReduceMode};
use thiserror::Error;

use crate::xml::{self, DS};

/// Exclusive canonicalisation without comments.
pub const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The one signature algorithm accepted (OIOSAML 3, section on algorithms).
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// The one digest accepted.
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Where the signature stands and what it covers.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// Not exactly one `ds:Signature` in the document.
    #[error("ds:Signature x {0}")]
    Count(usize),
    /// The signature is not a child of the element it should sign.
    #[error("ds:Signature below another element")]
    NotDirect,
    /// Not exactly one reference, or not to the element's own ID.
    #[error("ds:Reference {0}")]
    Reference(String),
    /// Content inside `ds:Object`.
    #[error("ds:Object")]
    Object,
}

/// The algorithms a signature names, in the order they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithms {
    /// SignatureMethod.
    pub method: String,
    /// DigestMethod of the reference.
    pub digest: String,
    /// CanonicalizationMethod of SignedInfo.
    pub canonicalization: String,
    /// Transforms of the reference.
    pub transforms: Vec<String>,
}

impl Algorithms {
    /// The only ones accepted: rsa-sha256, SHA-256, exclusive C14N and the enveloped-signature transform.
    pub fn demanded() -> Algorithms {
        Algorithms {
            method: RSA_SHA256.to_owned(),
            digest: SHA256.to_owned(),
            canonicalization: EXC_C14N.to_owned(),
            transforms: [ENVELOPED, EXC_C14N].map(str::to_owned).to_vec(),
        }
    }

    /// Whether these are the ones demanded.
    pub fn acceptable(&self) -> bool {
        *self == Algorithms::demanded()
    }
}

impl fmt::Display for Algorithms {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let three = [&*self.method, &self.digest, &self.canonicalization].join(" ");
        write!(out, "{three} {}", self.transforms.join(" "))
    }
}

/// A text libxmlsec1 found signed by one of the given keys.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Exactly the canonical text that was hashed, the signature itself removed.
    pub xml: String,
    /// SHA-256 of the certificate whose key fits, hexadecimal.
    pub certificate: String,
}

/// The one signature that stands directly in `root` and points at it; its algorithms.
pub fn place(root: Node<'_, '_>) -> Result<Algorithms, PlaceError> {
    let all = xml::count(root, DS, "Signature");
    if all != 1 {
        return Err(PlaceError::Count(all));
    }
    let signature = xml::child(root, DS, "Signature").ok_or(PlaceError::NotDirect)?;
    if xml::child(signature, DS, "Object").is_some() {
        return Err(PlaceError::Object);
    }
    let info = xml::child(signature, DS, "SignedInfo").ok_or_else(|| PlaceError::Reference("-".into()))?;
    let mut references = xml::children(info, DS, "Reference");
    let (Some(reference), None) = (references.next(), references.next()) else {
        return Err(PlaceError::Reference(format!("x {}", xml::children(info, DS, "Reference").count())));
    };
    let (id, uri) = (xml::attribute(root, "ID"), xml::attribute(reference, "URI"));
    if id.is_empty() || uri.strip_prefix('#') != Some(id) {
        return Err(PlaceError::Reference(uri.to_owned()));
    }
    let algorithm = |parent, name| xml::child(parent, DS, name).map(|node| xml::attribute(node, "Algorithm").to_owned());
    let transforms = xml::child(reference, DS, "Transforms")
        .map(|list| xml::children(list, DS, "Transform").map(|one| xml::attribute(one, "Algorithm").to_owned()).collect())
        .unwrap_or_default();
    Ok(Algorithms {
        method: algorithm(info, "SignatureMethod").unwrap_or_default(),
        digest: algorithm(reference, "DigestMethod").unwrap_or_default(),
        canonicalization: algorithm(info, "CanonicalizationMethod").unwrap_or_default(),
        transforms,
    })
}

/// Has libxmlsec1 verify the one signature of `xml` against `certificates` (DER); `None` when no key fits.
pub fn verify(xml: &str, certificates: &[Vec<u8>]) -> Option<Signed> {
    certificates.iter().find_map(|der| {
        let reduced = Crypto::reduce_xml_to_signed_with_allowed_algorithms(
            xml,
            &[CertificateDer::from(der.clone())],
            ReduceMode::PreDigest,
            Some(&[AllowedSignatureAlgorithm::RsaSha256]),
        );
        Some(Signed { xml: reduced.ok()?, certificate: fingerprint(der) })
    })
}

/// [`place`], acceptable algorithms and [`verify`] in one: for messages whose signature gets no rows of its own.
pub fn verified(text: &str, certificates: &[Vec<u8>]) -> Option<Signed> {
    let document = xml::parse(text).ok()?;
    place(document.root_element()).ok().filter(Algorithms::acceptable)?;
    verify(text, certificates)
}

/// Signs `xml`, which carries an empty signature template in its place, by libxmlsec1. The key is DER.
pub fn sign(xml: &str, key_der: &[u8]) -> Option<String> {
    Crypto::sign_xml(xml, key_der).ok()
}

/// SHA-256 of a certificate, hexadecimal.
pub fn fingerprint(der: &[u8]) -> String {
    hash(MessageDigest::sha256(), der).map(|sum| sum.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default()
}
