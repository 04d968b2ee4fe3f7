//! Verifies what others signed: the one enveloped signature of a message's root, and the signature of a redirect query.
//!
//! Structure, algorithms, transforms and key sources are checked against lists before any cryptography; keys come only from
//! the caller. Bergshamra canonicalises, digests and compares. The path goes on to `protocol::saml`.

/// What a signature says about its key.
mod key_info;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bergshamra_dsig::{DsigContext, VerifyResult};
use bergshamra_keys::KeysManager;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use crate::crypto::keyring::PeerKey;
use crate::crypto::xml::{Node, Reason, Tree};

/// XML signatures.
pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonicalisation without comments: the only one accepted and produced.
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The enveloped-signature transform.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// SHA-256 as a digest method.
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// RSASSA-PKCS1-v1_5 with SHA-256: the algorithm we sign with.
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

const DIGESTS: &[&str] = &[SHA256, "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512"];

/// The signature algorithms accepted, on both bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Pkcs1,
    Pss,
    Ecdsa,
}

fn scheme(uri: &str) -> Result<(Scheme, MessageDigest), Reason> {
    Ok(match uri {
        RSA_SHA256 => (Scheme::Pkcs1, MessageDigest::sha256()),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => (Scheme::Pkcs1, MessageDigest::sha384()),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => (Scheme::Pkcs1, MessageDigest::sha512()),
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1" => (Scheme::Pss, MessageDigest::sha256()),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => (Scheme::Ecdsa, MessageDigest::sha256()),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => (Scheme::Ecdsa, MessageDigest::sha384()),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => (Scheme::Ecdsa, MessageDigest::sha512()),
        _ => return Err(Reason::Algorithm),
    })
}

fn fits(scheme: Scheme, key: &PeerKey) -> bool {
    key.is_rsa() == (scheme != Scheme::Ecdsa)
}

/// A tree whose root carries one well-formed enveloped signature that has not been checked yet.
#[derive(Debug)]
pub struct Sealed {
    tree: Tree,
    scheme: Scheme,
    certificates: Vec<Vec<u8>>,
    signature: Vec<u8>,
}

/// Looks at the structure only: `Unsigned` if there is no signature at all, else what is wrong with the one there.
pub fn examine(tree: Tree) -> Result<Sealed, Reason> {
    let signature = the_signature(tree.root())?;
    let parts = Parts::of(signature)?;
    let scheme = parts.signed_info(tree.root())?;
    let value = base64_text(parts.value)?;
    let certificates = parts.certificates()?;
    Ok(Sealed { scheme, certificates, signature: value, tree })
}

/// Whether any signature element stands in the tree.
pub fn is_signed(tree: &Tree) -> bool {
    tree.root().descendants().iter().any(|node| node.is(DSIG, "Signature"))
}

fn the_signature(root: Node<'_>) -> Result<Node<'_>, Reason> {
    let signatures: Vec<Node<'_>> = root.descendants().into_iter().filter(|node| node.is(DSIG, "Signature")).collect();
    let signature = match signatures.as_slice() {
        [] => return Err(Reason::Unsigned),
        [one] => *one,
        _ => return Err(Reason::SignatureStructure),
    };
    // Schema position: first of the root, or right after its Issuer (the sequence of the SAML schemas).
    let mut children = root.children();
    let placed = match children.next() {
        Some(first) if first.same(signature) => true,
        Some(first) => first.name() == "Issuer" && children.next().is_some_and(|second| second.same(signature)),
        None => false,
    };
    if placed { Ok(signature) } else { Err(Reason::SignatureStructure) }
}

/// A tree whose root was signed by a key the caller named; the root is the node that was signed.
#[derive(Debug)]
pub struct Proven(Tree);

impl Proven {
    /// The root that was signed.
    pub fn root(&self) -> Node<'_> {
        self.0.root()
    }
}

impl Sealed {
    /// The root, *before* its signature was checked: good for finding out whose keys to check it with.
    pub fn unproven_root(&self) -> Node<'_> {
        self.tree.root()
    }

    /// Checks digest and signature with each of `keys` that fits. `WrongKey` where none of them can have made it.
    pub fn prove(self, keys: &[PeerKey]) -> Result<Proven, Reason> {
        let known = |der: &Vec<u8>| keys.iter().any(|key| key.certificate().der() == der.as_slice());
        if !self.certificates.iter().all(known) {
            return Err(Reason::KeySource);
        }
        let mut manager = KeysManager::new();
        manager.add_keys(keys.iter().filter(|key| fits(self.scheme, key)).map(|key| key.bergshamra().clone()));
        if manager.is_empty() {
            return Err(Reason::WrongKey);
        }
        // `new` is the strict mode: keys of the manager only, strict positions, every digest computed here.
        let context = DsigContext::new(manager);
        let result = bergshamra_dsig::verify::verify_document_with_source(&context, self.tree.document(), Some(self.tree.source()));
        let root = self.tree.root().id();
        match result {
            Ok(VerifyResult::Valid { references, .. }) if matches!(references.as_slice(), [one] if one.digest_verified && one.resolved_node == Some(root)) => {
                Ok(Proven(self.tree))
            }
            Ok(VerifyResult::Valid { .. }) => Err(Reason::Reference),
            Ok(VerifyResult::Invalid { .. }) => Err(blame(self.scheme, keys, &self.signature)),
            // Structure and algorithms were checked before, so the key or the value failed.
            Err(_) => Err(blame(self.scheme, keys, &self.signature)),
        }
    }
}

/// A well-formed RSA signature of one of the keys means the content was altered; anything else means another key.
fn blame(scheme: Scheme, keys: &[PeerKey], signature: &[u8]) -> Reason {
    if scheme == Scheme::Pkcs1 && !keys.iter().any(|key| key.made(signature)) { Reason::WrongKey } else { Reason::BadSignature }
}

/// Whether `signature` over the raw octets `signed` verifies by `algorithm` (a SigAlg URI) with any of `keys`.
pub fn verify_octets(signed: &[u8], algorithm: &str, signature: &[u8], keys: &[PeerKey]) -> Result<(), Reason> {
    let (scheme, digest) = scheme(algorithm)?;
    let fitting: Vec<&PeerKey> = keys.iter().filter(|key| fits(scheme, key)).collect();
    if fitting.is_empty() {
        return Err(Reason::WrongKey);
    }
    for key in fitting {
        if verified(signed, scheme, digest, signature, key).unwrap_or(false) {
            return Ok(());
        }
    }
    Err(blame(scheme, keys, signature))
}

/// Refuses a SigAlg that is not on the list, before anything else is done with the message.
pub fn check_algorithm(algorithm: &str) -> Result<(), Reason> {
    scheme(algorithm).map(|_| ())
}

fn verified(
    signed: &[u8],
    scheme: Scheme,
    digest: MessageDigest,
    signature: &[u8],
    key: &PeerKey,
) -> Result<bool, openssl::error::ErrorStack> {
    let mut verifier = Verifier::new(digest, key.openssl())?;
    match scheme {
        Scheme::Pkcs1 => verifier.set_rsa_padding(Padding::PKCS1)?,
        Scheme::Pss => {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_mgf1_md(digest)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        Scheme::Ecdsa => {
            // XML and redirect signatures carry r||s (XMLDSig 6.4.3); OpenSSL wants DER.
            let (r, s) = signature.split_at(signature.len() / 2);
            if r.len() != s.len() || r.is_empty() {
                return Ok(false);
            }
            let (r, s) = (openssl::bn::BigNum::from_slice(r)?, openssl::bn::BigNum::from_slice(s)?);
            let der = openssl::ecdsa::EcdsaSig::from_private_components(r, s)?.to_der()?;
            return verifier.verify_oneshot(&der, signed);
        }
    }
    verifier.verify_oneshot(signature, signed)
}

/// The children of `ds:Signature`, each at its place and nothing besides.
struct Parts<'t> {
    info: Node<'t>,
    value: Node<'t>,
    key_info: Option<Node<'t>>,
}

impl<'t> Parts<'t> {
    fn of(signature: Node<'t>) -> Result<Self, Reason> {
        let prefixed =
            |node: &Node<'_>| !node.has_only(&["Id", "ID", "id", "Algorithm", "URI", "Type", "PrefixList", "Encoding", "MimeType"]);
        if signature.descendants().iter().any(prefixed) {
            // Bergshamra finds attributes by local name; with none prefixed we cannot disagree on which one counts.
            return Err(Reason::SignatureStructure);
        }
        let mut children = signature.children();
        let (Some(info), Some(value)) = (children.next(), children.next()) else {
            return Err(Reason::SignatureStructure);
        };
        let key_info = children.next();
        let in_place = info.is(DSIG, "SignedInfo")
            && value.is(DSIG, "SignatureValue")
            && key_info.is_none_or(|node| node.is(DSIG, "KeyInfo"))
            && children.next().is_none()
            && signature.holds_elements_only();
        if in_place { Ok(Self { info, value, key_info }) } else { Err(Reason::SignatureStructure) }
    }

    fn signed_info(&self, root: Node<'_>) -> Result<Scheme, Reason> {
        let mut children = self.info.children();
        let (Some(canonical), Some(method)) = (children.next(), children.next()) else {
            return Err(Reason::SignatureStructure);
        };
        let references: Vec<Node<'_>> = children.collect();
        if !canonical.is(DSIG, "CanonicalizationMethod")
            || !method.is(DSIG, "SignatureMethod")
            || !references.iter().all(|node| node.is(DSIG, "Reference"))
            || !self.info.holds_elements_only()
        {
            return Err(Reason::SignatureStructure);
        }
        if canonical.attribute("Algorithm") != Some(EXCLUSIVE) || !only_prefix_list(canonical) {
            return Err(Reason::C14n);
        }
        let (scheme, _) = scheme(method.attribute("Algorithm").ok_or(Reason::Algorithm)?)?;
        if !method.text().is_ok_and(|text| text.bytes().all(|byte| byte.is_ascii_whitespace())) {
            return Err(Reason::Algorithm);
        }
        match references.as_slice() {
            [one] => reference(*one, root)?,
            _ => return Err(Reason::Reference),
        }
        Ok(scheme)
    }

    fn certificates(&self) -> Result<Vec<Vec<u8>>, Reason> {
        self.key_info.map_or(Ok(Vec::new()), key_info::certificates)
    }
}

fn reference(reference: Node<'_>, root: Node<'_>) -> Result<(), Reason> {
    let id = root.attribute("ID").filter(|id| !id.is_empty()).ok_or(Reason::Reference)?;
    let target = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
    if target != Some(id) || reference.attribute("Type").is_some() {
        return Err(Reason::Reference);
    }
    let children: Vec<Node<'_>> = reference.children().collect();
    let [transforms, method, value] = children.as_slice() else {
        return Err(if children.len() < 3 { Reason::Transform } else { Reason::SignatureStructure });
    };
    if !transforms.is(DSIG, "Transforms") || !method.is(DSIG, "DigestMethod") || !value.is(DSIG, "DigestValue") {
        return Err(Reason::SignatureStructure);
    }
    check_transforms(*transforms)?;
    let digest = method.attribute("Algorithm").ok_or(Reason::Algorithm)?;
    if !DIGESTS.contains(&digest) || method.children().next().is_some() {
        return Err(Reason::Algorithm);
    }
    if base64_text(*value)? == openssl::sha::sha256(b"") {
        // The digest of nothing is what a canonicaliser that gave up would produce.
        return Err(Reason::C14n);
    }
    Ok(())
}

fn check_transforms(transforms: Node<'_>) -> Result<(), Reason> {
    let list: Vec<Node<'_>> = transforms.children().collect();
    let uris: Vec<&str> = list.iter().map(|node| node.attribute("Algorithm").unwrap_or_default()).collect();
    if !list.iter().all(|node| node.is(DSIG, "Transform")) || !matches!(uris.as_slice(), [ENVELOPED] | [ENVELOPED, EXCLUSIVE]) {
        return Err(Reason::Transform);
    }
    match list.as_slice() {
        [enveloped, rest @ ..] if enveloped.children().next().is_none() && rest.iter().all(|node| only_prefix_list(*node)) => Ok(()),
        _ => Err(Reason::Transform),
    }
}

/// Whether there is at most the one parameter exclusive canonicalisation has.
fn only_prefix_list(node: Node<'_>) -> bool {
    let children: Vec<Node<'_>> = node.children().collect();
    match children.as_slice() {
        [] => true,
        [one] => one.is(EXCLUSIVE, "InclusiveNamespaces") && one.has_only(&["PrefixList"]),
        _ => false,
    }
}

fn base64_text(node: Node<'_>) -> Result<Vec<u8>, Reason> {
    let text = node.text().map_err(|reason| if reason == Reason::Schema { Reason::SignatureStructure } else { reason })?;
    let compact: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    BASE64.decode(compact).map_err(|_| Reason::BadSignature)
}
