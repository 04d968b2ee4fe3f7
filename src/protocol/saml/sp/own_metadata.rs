//! Our metadata as a service provider: what an administrator uploads when NemLog-in is to know us.
//!
//! Signed on request. The path goes on to `web::mitid` and the command line.

use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::{Certificate, SigningKey};
use crate::crypto::xmlsign::{SignError, Unsigned};
use crate::protocol::saml::names::{self, DSIG, MD};

/// What it says.
#[derive(Debug, Clone, Copy)]
pub struct SpMetadata<'a> {
    /// A fresh id.
    pub id: &'a str,
    /// Our entity ID.
    pub entity_id: &'a str,
    /// Where answers are posted.
    pub acs: &'a str,
    /// Where logout messages arrive, by HTTP-Redirect, if anywhere.
    pub slo: Option<&'a str>,
    /// Certificates our questions may be signed with.
    pub signing: &'a [&'a Certificate],
    /// The certificates to encrypt to.
    pub encryption: &'a [&'a Certificate],
    /// Our name, in Danish and English alike.
    pub service: &'a str,
    /// The attributes we ask for, and whether we work without them.
    pub requested: &'a [(&'a str, bool)],
}

/// What we open, best first, as `md:EncryptionMethod` names it.
const METHODS: [&str; 4] = [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2009/xmlenc11#rsa-oaep",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
];

/// Writes it unsigned.
pub fn write(content: &SpMetadata<'_>) -> Result<String, Unwritable> {
    Ok(build(content)?.xml)
}

/// Writes and signs it.
pub fn write_signed(content: &SpMetadata<'_>, key: &SigningKey) -> Result<String, SignError> {
    build(content)?.sign(key)
}

fn build(content: &SpMetadata<'_>) -> Result<Unsigned, Unwritable> {
    let mut w = Writer::new();
    w.open("md:EntityDescriptor", &[("xmlns:md", Some(MD)), ("ID", Some(content.id)), ("entityID", Some(content.entity_id))])?;
    let place = w.position();
    let role =
        [("AuthnRequestsSigned", Some("true")), ("WantAssertionsSigned", Some("true")), ("protocolSupportEnumeration", Some(names::SAMLP))];
    w.open("md:SPSSODescriptor", &role)?;
    for certificate in content.signing {
        key(&mut w, "signing", certificate, &[])?;
    }
    for certificate in content.encryption {
        key(&mut w, "encryption", certificate, &METHODS)?;
    }
    if let Some(slo) = content.slo {
        w.leaf("md:SingleLogoutService", &[("Binding", Some(names::REDIRECT)), ("Location", Some(slo))], "")?;
    }
    w.leaf("md:NameIDFormat", &[], names::PERSISTENT)?;
    let acs = [("Binding", Some(names::POST)), ("Location", Some(content.acs)), ("index", Some("0")), ("isDefault", Some("true"))];
    w.leaf("md:AssertionConsumerService", &acs, "")?;
    w.open("md:AttributeConsumingService", &[("index", Some("0")), ("isDefault", Some("true"))])?;
    for language in ["da", "en"] {
        w.leaf("md:ServiceName", &[("xml:lang", Some(language))], content.service)?;
    }
    for (name, required) in content.requested {
        let attributes = [("Name", Some(*name)), ("NameFormat", Some(names::URI_NAMES)), ("isRequired", required.then_some("true"))];
        w.leaf("md:RequestedAttribute", &attributes, "")?;
    }
    Ok(Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "" })
}

fn key(w: &mut Writer, purpose: &str, certificate: &Certificate, methods: &[&str]) -> Result<(), Unwritable> {
    w.open("md:KeyDescriptor", &[("use", Some(purpose))])?;
    w.open("ds:KeyInfo", &[("xmlns:ds", Some(DSIG))])?;
    w.open("ds:X509Data", &[])?;
    w.leaf("ds:X509Certificate", &[], certificate.base64())?;
    w.close();
    w.close();
    for method in methods {
        w.leaf("md:EncryptionMethod", &[("Algorithm", Some(*method))], "")?;
    }
    w.close();
    Ok(())
}
