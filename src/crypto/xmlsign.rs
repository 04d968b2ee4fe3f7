//! Signs what we issue: an enveloped signature over a root that is already canonical, or the query of a redirect.
//!
//! The digest is taken over the bytes that are sent, so signing costs two hashes and one private-key operation.
//! Nothing is parsed here. The path goes on to `xmlenc` and to the bindings.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::{KeyError, SigningKey};
use crate::crypto::xmldsig::{DSIG, ENVELOPED, EXCLUSIVE, RSA_SHA256, SHA256};

/// Why something could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A text cannot be written as XML.
    #[error(transparent)]
    Text(#[from] Unwritable),
    /// The signature would not stand inside the element.
    #[error("the place of the signature lies outside the document")]
    Place,
}

/// A finished element that still lacks its signature.
#[derive(Debug)]
pub struct Unsigned {
    /// The element, in exclusive canonical form (with `prefixes` treated inclusively).
    pub xml: String,
    /// The value of its `ID`.
    pub id: String,
    /// Where the signature goes: right after the Issuer.
    pub place: usize,
    /// Prefixes used in content only (`xs`, `xsi`): the PrefixList of exclusive canonicalisation. Empty for none.
    pub prefixes: &'static str,
}

impl Unsigned {
    /// Signs with rsa-sha256 and puts the signature in its place.
    pub fn sign(self, key: &SigningKey) -> Result<String, SignError> {
        let (head, tail) = self.xml.split_at_checked(self.place).ok_or(SignError::Place)?;
        let digest = BASE64.encode(openssl::sha::sha256(self.xml.as_bytes()));
        let info = signed_info(&self.id, &digest, self.prefixes)?;
        let value = BASE64.encode(key.sign_sha256(info.as_bytes())?);
        let certificate = key.certificate().base64();
        let mut signed = String::with_capacity(self.xml.len() + info.len() + value.len() + certificate.len() + 400);
        signed.push_str(head);
        signed.push_str("<ds:Signature xmlns:ds=\"");
        signed.push_str(DSIG);
        signed.push_str("\">");
        signed.push_str(&info);
        for part in ["<ds:SignatureValue>", &value, "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"] {
            signed.push_str(part);
        }
        signed.push_str(certificate);
        signed.push_str("</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>");
        signed.push_str(tail);
        Ok(signed)
    }
}

/// `ds:SignedInfo` with its own namespace declaration: its canonical form, and what is sent.
fn signed_info(id: &str, digest: &str, prefixes: &str) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("ds:SignedInfo", &[("xmlns:ds", Some(DSIG))])?;
    w.leaf("ds:CanonicalizationMethod", &[("Algorithm", Some(EXCLUSIVE))], "")?;
    w.leaf("ds:SignatureMethod", &[("Algorithm", Some(RSA_SHA256))], "")?;
    w.open("ds:Reference", &[("URI", Some(&format!("#{id}")))])?;
    w.open("ds:Transforms", &[])?;
    w.leaf("ds:Transform", &[("Algorithm", Some(ENVELOPED))], "")?;
    w.open("ds:Transform", &[("Algorithm", Some(EXCLUSIVE))])?;
    if !prefixes.is_empty() {
        w.leaf("ec:InclusiveNamespaces", &[("xmlns:ec", Some(EXCLUSIVE)), ("PrefixList", Some(prefixes))], "")?;
    }
    w.close();
    w.close();
    w.leaf("ds:DigestMethod", &[("Algorithm", Some(SHA256))], "")?;
    w.leaf("ds:DigestValue", &[], digest)?;
    Ok(w.finish())
}

/// Signs the query of a redirect, up to and including `SigAlg`, and gives the base64 of `Signature`.
pub fn sign_query(query: &str, key: &SigningKey) -> Result<String, KeyError> {
    Ok(BASE64.encode(key.sign_sha256(query.as_bytes())?))
}

#[cfg(test)]
mod tests;
