//! Our own metadata: what an administrator hands to a service, or uploads to MitID Erhverv.
//!
//! Signed with the active key on request. The path goes on to `web::saml` and the command line.

use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::Keyring;
use crate::crypto::xmlsign::{SignError, Unsigned};
use crate::protocol::saml::names;

/// What our metadata says.
#[derive(Debug, Clone, Copy)]
pub struct OwnMetadata<'a> {
    /// A fresh id.
    pub id: &'a str,
    /// Our entity ID.
    pub entity_id: &'a str,
    /// Where requests arrive.
    pub sso: &'a str,
    /// Where logout messages arrive.
    pub slo: &'a str,
    /// Where they arrive by SOAP; not listed in the variant with HTTP-Redirect only.
    pub slo_soap: Option<&'a str>,
    /// Full names of the attributes we can state.
    pub attributes: &'a [&'a str],
    /// Leave out HTTP-POST for requests: NemLog-in wants metadata that lists Redirect only (SAML2Int SDP-IDP02).
    pub redirect_only: bool,
    /// Whom to write to.
    pub contact: Option<Contact<'a>>,
}

/// A technical contact; every part may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Contact<'a> {
    /// The organisation.
    pub company: Option<&'a str>,
    /// A person or team.
    pub name: Option<&'a str>,
    /// `mailto:` is put in front if it is missing.
    pub email: Option<&'a str>,
}

/// Writes the metadata with every certificate of `keyring`, unsigned.
pub fn write(content: &OwnMetadata<'_>, keyring: &Keyring) -> Result<String, Unwritable> {
    Ok(build(content, keyring)?.xml)
}

/// Writes it and signs it with the active key.
pub fn write_signed(content: &OwnMetadata<'_>, keyring: &Keyring) -> Result<String, SignError> {
    build(content, keyring)?.sign(&keyring.active)
}

fn build(content: &OwnMetadata<'_>, keyring: &Keyring) -> Result<Unsigned, Unwritable> {
    let mut w = Writer::new();
    w.open("md:EntityDescriptor", &[("xmlns:md", Some(names::MD)), ("ID", Some(content.id)), ("entityID", Some(content.entity_id))])?;
    let place = w.position();
    w.open("md:IDPSSODescriptor", &[("WantAuthnRequestsSigned", Some("true")), ("protocolSupportEnumeration", Some(names::SAMLP))])?;
    for certificate in keyring.certificates() {
        w.open("md:KeyDescriptor", &[("use", Some("signing"))])?;
        w.open("ds:KeyInfo", &[("xmlns:ds", Some(names::DSIG))])?;
        w.open("ds:X509Data", &[])?;
        w.leaf("ds:X509Certificate", &[], certificate.base64())?;
        w.close();
        w.close();
        w.close();
    }
    for binding in [names::REDIRECT, names::POST] {
        w.leaf("md:SingleLogoutService", &[("Binding", Some(binding)), ("Location", Some(content.slo))], "")?;
    }
    // Last, since some services send to the first they find.
    if let Some(soap) = content.slo_soap.filter(|_| !content.redirect_only) {
        w.leaf("md:SingleLogoutService", &[("Binding", Some(names::SOAP)), ("Location", Some(soap))], "")?;
    }
    w.leaf("md:NameIDFormat", &[], names::PERSISTENT)?;
    w.leaf("md:NameIDFormat", &[], names::TRANSIENT)?;
    let bindings: &[&str] = if content.redirect_only { &[names::REDIRECT] } else { &[names::REDIRECT, names::POST] };
    for binding in bindings {
        w.leaf("md:SingleSignOnService", &[("Binding", Some(binding)), ("Location", Some(content.sso))], "")?;
    }
    for name in content.attributes {
        let attributes = [("xmlns:saml", Some(names::SAML)), ("Name", Some(*name)), ("NameFormat", Some(names::URI_NAMES))];
        w.leaf("saml:Attribute", &attributes, "")?;
    }
    w.close();
    if let Some(contact) = content.contact {
        write_contact(&mut w, contact)?;
    }
    Ok(Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "" })
}

fn write_contact(w: &mut Writer, contact: Contact<'_>) -> Result<(), Unwritable> {
    w.open("md:ContactPerson", &[("contactType", Some("technical"))])?;
    if let Some(company) = contact.company {
        w.leaf("md:Company", &[], company)?;
    }
    if let Some(name) = contact.name {
        w.leaf("md:GivenName", &[], name)?;
    }
    if let Some(email) = contact.email {
        let address = if email.starts_with("mailto:") { email.to_owned() } else { format!("mailto:{email}") };
        w.leaf("md:EmailAddress", &[], &address)?;
    }
    w.close();
    Ok(())
}
