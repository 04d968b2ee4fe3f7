//! Signatures on requests, of both bindings, each part to be falsified. The digest is taken over the text as it is
//! written, which is canonical already; see `messages.rs`.

use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};
use openssl::{
    base64::encode_block,
    hash::{MessageDigest, hash},
    pkey::{PKey, Private},
    sign::Signer,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{DSIG, KeyPair};

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a message is signed.
#[derive(Clone)]
pub struct Signing {
    /// The key.
    pub key: PKey<Private>,
    /// What stands in `ds:KeyInfo`, as an element in canonical form; empty: no `ds:KeyInfo`.
    pub key_info: String,
    /// The digest the signature is made with.
    pub hash: MessageDigest,
    /// The signature algorithm's name; `SigAlg` of HTTP-Redirect too.
    pub method: String,
    /// The canonicalisation algorithm's name.
    pub canonicalization: String,
    /// The transforms' names, in order.
    pub transforms: Vec<String>,
    /// The digest the reference is made with.
    pub digest: MessageDigest,
    /// The digest algorithm's name.
    pub digest_method: String,
    /// The reference's `URI`; `None`: `#` and the root's ID.
    pub reference: Option<String>,
    /// The digest's value; `None`: the right one.
    pub digest_value: Option<String>,
}

impl Signing {
    /// RSA-SHA256 with this key, as it should be.
    pub fn with(pair: &KeyPair) -> Self {
        Self {
            key: pair.key.clone(),
            key_info: format!(
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                pair.certificate
            ),
            hash: MessageDigest::sha256(),
            method: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256".to_owned(),
            canonicalization: "http://www.w3.org/2001/10/xml-exc-c14n#".to_owned(),
            transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#"]
                .map(str::to_owned)
                .to_vec(),
            digest: MessageDigest::sha256(),
            digest_method: "http://www.w3.org/2001/04/xmlenc#sha256".to_owned(),
            reference: None,
            digest_value: None,
        }
    }

    /// The message with the signature behind its issuer.
    #[track_caller]
    pub fn sign(&self, xml: &str) -> String {
        let signature = self.signature(xml);
        let place = xml.find("</saml:Issuer>").map(|at| at + "</saml:Issuer>".len());
        let place = place.unwrap_or_else(|| xml.find('>').expect("a root") + 1);
        format!("{}{signature}{}", &xml[..place], &xml[place..])
    }

    /// `ds:Signature` over the message, to be put anywhere.
    pub fn signature(&self, xml: &str) -> String {
        let info = self.signed_info(xml);
        let canonical = info.replacen("<ds:SignedInfo>", &format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\">"), 1);
        let value = self.raw(canonical.as_bytes());
        format!(
            "<ds:Signature xmlns:ds=\"{DSIG}\">{info}<ds:SignatureValue>{}</ds:SignatureValue>{}</ds:Signature>",
            encode_block(&value),
            self.key_info
        )
    }

    fn signed_info(&self, xml: &str) -> String {
        let uri = self.reference.clone().unwrap_or_else(|| format!("#{}", id_of(xml)));
        let digest = hash(self.digest, without_prologue(xml).as_bytes()).expect("a digest");
        let digest = self.digest_value.clone().unwrap_or_else(|| encode_block(&digest));
        let transform = |name: &String| format!("<ds:Transform Algorithm=\"{name}\"></ds:Transform>");
        let transforms: String = self.transforms.iter().map(transform).collect();
        format!(
            "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{}\"></ds:CanonicalizationMethod><ds:SignatureMethod \
             Algorithm=\"{}\"></ds:SignatureMethod><ds:Reference URI=\"{uri}\"><ds:Transforms>{transforms}</ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>\
             </ds:SignedInfo>",
            self.canonicalization, self.method, self.digest_method
        )
    }

    /// The query of HTTP-Redirect: `parameter` is `SAMLRequest` or `SAMLResponse`.
    pub fn query(&self, parameter: &str, xml: &str, relay_state: Option<&str>) -> String {
        let signed = self.unsigned_query(parameter, xml, relay_state);
        let signature = encode_block(&self.raw(signed.as_bytes()));
        format!("{signed}&Signature={}", percent(&signature))
    }

    /// The octets that HTTP-Redirect signs.
    pub fn unsigned_query(&self, parameter: &str, xml: &str, relay_state: Option<&str>) -> String {
        let relay_state = relay_state.map(|text| format!("&RelayState={}", percent(text))).unwrap_or_default();
        format!("{parameter}={}{relay_state}&SigAlg={}", percent(&encode_block(&deflate(xml.as_bytes()))), percent(&self.method))
    }

    /// The signature over these octets.
    pub fn raw(&self, octets: &[u8]) -> Vec<u8> {
        Signer::new(self.hash, &self.key).and_then(|mut signer| signer.sign_oneshot_to_vec(octets)).expect("a signature")
    }
}

/// Raw DEFLATE.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Percent-encoding of everything but unreserved characters.
pub fn percent(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

fn id_of(xml: &str) -> String {
    let (_, behind) = xml.split_once(" ID=\"").unwrap_or_default();
    behind.split('"').next().unwrap_or_default().to_owned()
}

fn without_prologue(xml: &str) -> &str {
    xml.find("<samlp:").map_or(xml, |at| &xml[at..])
}
