//! Hand-made SAML messages, true and false: texts in canonical form, signed with OpenSSL alone, so that what is tested has
//! no part in making the test.
//!
//! A [`Draft`] is cut where its signature goes; what a case changes before or after signing is plain text. The wrapped
//! shapes stand in `forge/wrapping.rs`.

pub mod wrapping;

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use flate2::{Compression, write::DeflateEncoder};
use openssl::{hash::MessageDigest, sign::Signer};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::actors::KeyPair;

pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// A message in its canonical form (exclusive, without comments), cut where its signature goes.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// Up to and with the Issuer.
    pub before: String,
    /// The rest.
    pub after: String,
}

/// What every draft names.
#[derive(Debug, Clone)]
pub struct Head<'a> {
    pub id: &'a str,
    pub issuer: &'a str,
    pub destination: &'a str,
    /// As `xs:dateTime`.
    pub instant: &'a str,
}

impl Draft {
    /// An AuthnRequest with further attributes and children.
    pub fn authn_request(head: &Head<'_>, attributes: &[(&str, &str)], children: &str) -> Self {
        Self::message("AuthnRequest", head, attributes, children)
    }

    /// A LogoutRequest for that person and session.
    pub fn logout_request(head: &Head<'_>, name: &str, session_index: &str) -> Self {
        let children = format!(
            "<saml:NameID xmlns:saml=\"{SAML}\" Format=\"{PERSISTENT}\" SPNameQualifier=\"{}\">{name}</saml:NameID>\
             <samlp:SessionIndex>{session_index}</samlp:SessionIndex>",
            head.issuer
        );
        Self::message("LogoutRequest", head, &[], &children)
    }

    /// Any message of the protocol namespace. Attributes come out in canonical order.
    pub fn message(name: &str, head: &Head<'_>, attributes: &[(&str, &str)], children: &str) -> Self {
        let mut all = vec![("Destination", head.destination), ("ID", head.id), ("IssueInstant", head.instant), ("Version", "2.0")];
        all.extend_from_slice(attributes);
        all.sort_unstable();
        let attributes: String = all.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
        Self {
            id: head.id.to_owned(),
            before: format!(
                "<samlp:{name} xmlns:samlp=\"{SAMLP}\"{attributes}><saml:Issuer xmlns:saml=\"{SAML}\">{}</saml:Issuer>",
                head.issuer
            ),
            after: format!("{children}</samlp:{name}>"),
        }
    }

    /// The message without a signature.
    pub fn bare(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// The draft with `from` replaced by `to`, which must change it.
    #[must_use]
    #[track_caller]
    pub fn with(&self, from: &str, to: &str) -> Self {
        let changed = Self { id: self.id.clone(), before: self.before.replacen(from, to, 1), after: self.after.replacen(from, to, 1) };
        assert_ne!(changed.bare(), self.bare(), "nothing to replace: {from:?}");
        changed
    }

    /// Signed as the profile asks.
    pub fn signed(&self, signer: &KeyPair) -> String {
        self.enveloping(&self.signature(signer))
    }

    /// The message with this signature where the schema puts it.
    pub fn enveloping(&self, signature: &str) -> String {
        format!("{}{signature}{}", self.before, self.after)
    }

    /// The `ds:Signature` over the draft, as the profile asks.
    pub fn signature(&self, signer: &KeyPair) -> String {
        self.signature_by(signer, |info| info.to_owned())
    }

    /// The same with `ds:SignedInfo` changed before it is signed: the signature value stays right.
    pub fn signature_by(&self, signer: &KeyPair, change: impl FnOnce(&str) -> String) -> String {
        let info = change(&signed_info(&self.id, &openssl::sha::sha256(self.bare().as_bytes())));
        signature_of(&info, &sign(signer, info_in_scope(&info).as_bytes()), &key_info(signer))
    }
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
pub fn sign(signer: &KeyPair, bytes: &[u8]) -> Vec<u8> {
    sign_with(signer, MessageDigest::sha256(), bytes)
}

/// RSASSA-PKCS1-v1_5 with any digest.
pub fn sign_with(signer: &KeyPair, digest: MessageDigest, bytes: &[u8]) -> Vec<u8> {
    Signer::new(digest, &signer.key).and_then(|mut pen| pen.sign_oneshot_to_vec(bytes)).expect("a signature")
}

/// `ds:KeyInfo` with the certificate.
pub fn key_info(signer: &KeyPair) -> String {
    format!("<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>", signer.certificate)
}

/// A key that nobody registered.
pub fn stranger() -> KeyPair {
    KeyPair::named("a stranger")
}

/// `text` with `from` replaced by `to`, which must change it.
#[track_caller]
pub fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "nothing to replace: {from:?} in {text}");
    text.replacen(from, to, 1)
}

/// `ds:SignedInfo` as it stands inside `ds:Signature`.
pub fn signed_info(id: &str, digest: &[u8]) -> String {
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>\
         </ds:Transforms><ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>\
         </ds:Reference></ds:SignedInfo>",
        BASE64.encode(digest)
    )
}

/// The same as it is signed: canonical, with the namespace it inherits.
pub fn info_in_scope(info: &str) -> String {
    info.replacen("<ds:SignedInfo", &format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\""), 1)
}

/// `ds:Signature` from its parts.
pub fn signature_of(info: &str, value: &[u8], key_info: &str) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"{DSIG}\">{info}<ds:SignatureValue>{}</ds:SignatureValue>{key_info}</ds:Signature>",
        BASE64.encode(value)
    )
}

/// Raw DEFLATE.
pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("bytes go into memory");
    encoder.finish().expect("bytes go into memory")
}

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as it stands in a query.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// The signed query of a redirect with any bytes as its (already coded) message.
pub fn query_of(coded: &[u8], relay_state: Option<&str>, signer: &KeyPair) -> String {
    let state = relay_state.map(|state| format!("&RelayState={}", escaped(state))).unwrap_or_default();
    let signed = format!("SAMLRequest={}{state}&SigAlg={}", escaped(&BASE64.encode(coded)), escaped(RSA_SHA256));
    format!("{signed}&Signature={}", escaped(&BASE64.encode(sign(signer, signed.as_bytes()))))
}

/// The signed query of a redirect.
pub fn query(xml: &str, relay_state: Option<&str>, signer: &KeyPair) -> String {
    query_of(&deflated(xml.as_bytes()), relay_state, signer)
}

/// The body of a posted form with any bytes as its message.
pub fn form(message: &[u8], relay_state: Option<&str>) -> String {
    let state = relay_state.map(|state| format!("&RelayState={}", escaped(state))).unwrap_or_default();
    format!("SAMLRequest={}{state}", escaped(&BASE64.encode(message)))
}
