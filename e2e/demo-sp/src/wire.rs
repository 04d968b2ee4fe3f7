//! The two front-channel bindings: base64, DEFLATE and the signature over a redirect query, by OpenSSL over the raw text.
//! Not samael's, which panics on a query without SigAlg. What a message means is never asked here. Next: `judge`, `logout`.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::{Signer, Verifier};
use openssl::x509::X509;
use thiserror::Error;
use url::form_urlencoded;

use crate::signed::RSA_SHA256;
use crate::xml::MAX_BYTES;

/// Why a message can't be unpacked or packed.
#[derive(Debug, Error)]
pub enum WireError {
    /// A parameter is missing or stands twice.
    #[error("{0}: missing or twice")]
    Parameter(&'static str),
    /// Not base64, not DEFLATE, not UTF-8, or too large.
    #[error("{0}")]
    Encoding(&'static str),
    /// OpenSSL could not sign.
    #[error("{0}")]
    OpenSsl(#[from] ErrorStack),
}

/// Which of the two parameter names a message stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl Kind {
    /// The parameter's name.
    pub fn parameter(self) -> &'static str {
        match self {
            Kind::Request => "SAMLRequest",
            Kind::Response => "SAMLResponse",
        }
    }
}

/// A message taken off the wire, its signature not yet judged unless it came by redirect.
#[derive(Debug, Clone)]
pub struct Received {
    /// Request or response.
    pub kind: Kind,
    /// The XML.
    pub xml: String,
    /// RelayState, decoded.
    pub relay_state: Option<String>,
}

/// The address that carries `xml` to `location` by the redirect binding, signed rsa-sha256.
pub fn redirect(location: &str, kind: Kind, xml: &str, relay_state: Option<&str>, key: &PKey<Private>) -> Result<String, WireError> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    let packed = deflate.write_all(xml.as_bytes()).and_then(|()| deflate.finish());
    let packed = packed.map_err(|_| WireError::Encoding("deflate"))?;
    let mut query = format!("{}={}", kind.parameter(), encoded(&STANDARD.encode(packed)));
    if let Some(state) = relay_state {
        query.push_str(&format!("&RelayState={}", encoded(state)));
    }
    query.push_str(&format!("&SigAlg={}", encoded(RSA_SHA256)));
    let mut signer = Signer::new(MessageDigest::sha256(), key)?;
    signer.update(query.as_bytes())?;
    let signature = encoded(&STANDARD.encode(signer.sign_to_vec()?));
    let joint = if location.contains('?') { '&' } else { '?' };
    Ok(format!("{location}{joint}{query}&Signature={signature}"))
}

/// Takes the message out of a raw redirect query; `true` when its signature fits one of `certificates` (DER).
pub fn from_query(query: &str, certificates: &[Vec<u8>]) -> Result<(Received, bool), WireError> {
    let (kind, packed) = message(query)?;
    let packed = STANDARD.decode(packed).map_err(|_| WireError::Encoding("base64"))?;
    let mut xml = String::new();
    let limit = MAX_BYTES as u64 + 1;
    DeflateDecoder::new(&*packed).take(limit).read_to_string(&mut xml).map_err(|_| WireError::Encoding("deflate"))?;
    if xml.len() > MAX_BYTES {
        return Err(WireError::Encoding("size"));
    }
    let genuine = query_signature_fits(query, kind, certificates).unwrap_or(false);
    Ok((Received { kind, xml, relay_state: decoded(query, "RelayState")? }, genuine))
}

/// Takes the message out of a posted form.
pub fn from_form(body: &str) -> Result<Received, WireError> {
    let (kind, packed) = message(body)?;
    let packed: String = packed.split_whitespace().collect();
    let bytes = STANDARD.decode(packed).map_err(|_| WireError::Encoding("base64"))?;
    if bytes.len() > MAX_BYTES {
        return Err(WireError::Encoding("size"));
    }
    let xml = String::from_utf8(bytes).map_err(|_| WireError::Encoding("UTF-8"))?;
    Ok(Received { kind, xml, relay_state: decoded(body, "RelayState")? })
}

/// `xml` as the value of a hidden form field.
pub fn form_value(xml: &str) -> String {
    STANDARD.encode(xml)
}

fn message(query: &str) -> Result<(Kind, String), WireError> {
    match (decoded(query, "SAMLRequest")?, decoded(query, "SAMLResponse")?) {
        (Some(packed), None) => Ok((Kind::Request, packed)),
        (None, Some(packed)) => Ok((Kind::Response, packed)),
        _ => Err(WireError::Parameter("SAMLRequest/SAMLResponse")),
    }
}

/// SAML bindings 3.4.4.1: the signature covers the parameters as they were sent, in the fixed order, not re-encoded.
fn query_signature_fits(query: &str, kind: Kind, certificates: &[Vec<u8>]) -> Option<bool> {
    if decoded(query, "SigAlg").ok()?? != RSA_SHA256 {
        return Some(false);
    }
    let signature = STANDARD.decode(decoded(query, "Signature").ok()??).ok()?;
    let mut covered = format!("{}={}", kind.parameter(), raw(query, kind.parameter())?);
    if let Some(state) = raw(query, "RelayState") {
        covered.push_str(&format!("&RelayState={state}"));
    }
    covered.push_str(&format!("&SigAlg={}", raw(query, "SigAlg")?));
    Some(certificates.iter().any(|der| fits(der, &covered, &signature).unwrap_or(false)))
}

fn fits(der: &[u8], covered: &str, signature: &[u8]) -> Result<bool, ErrorStack> {
    let key = X509::from_der(der)?.public_key()?;
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key)?;
    verifier.update(covered.as_bytes())?;
    verifier.verify(signature)
}

/// The parameter's value as it stands in the query.
fn raw<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The parameter's decoded value; an error when it stands twice.
fn decoded(query: &str, name: &'static str) -> Result<Option<String>, WireError> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let value = values.next().map(|(_, value)| value.into_owned());
    if values.next().is_some() { Err(WireError::Parameter(name)) } else { Ok(value) }
}

fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    #[test]
    fn a_redirect_comes_back_whole_and_a_changed_one_does_not_verify() {
        let folder = std::env::temp_dir().join(format!("demo-sp-wire-{}", std::process::id()));
        let key = keys::open(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let address = redirect("http://idp/slo", Kind::Request, "<a/>", Some("a b&c"), &key.private).unwrap();
        let query = address.split_once('?').unwrap().1;
        let certificates = [key.certificate_der.clone()];
        let (received, genuine) = from_query(query, &certificates).unwrap();
        assert_eq!((received.xml.as_str(), received.relay_state.as_deref()), ("<a/>", Some("a b&c")));
        assert!(genuine);
        let changed = query.replace("RelayState=a+b", "RelayState=b+b");
        assert!(!from_query(&changed, &certificates).unwrap().1);
        let unsigned = query.split("&SigAlg").next().unwrap();
        assert!(!from_query(unsigned, &certificates).unwrap().1);
        assert!(from_query(&format!("{query}&RelayState=x"), &certificates).is_err());
    }
}
