//! Assertions and responses: written, signed, encrypted, in that order, for one relying party and one request.
//!
//! Only a `Statement` gets in. A successful response is not signed itself, an error is. The path goes on to `wire::post_form`.

use jiff::Timestamp;

use crate::base::random::Random;
use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::{PeerKey, SigningKey};
use crate::crypto::xmlenc::{self, EncryptError, Encrypted, Suite};
use crate::crypto::xmlsign::{SignError, Unsigned};
use crate::domain::assurance::Level;
use crate::domain::attribute::Attribute;
use crate::domain::bootstrap;
use crate::domain::statement::Statement;
use crate::protocol::saml::date_time;
use crate::protocol::saml::fault::Fault;
use crate::protocol::saml::names::{self, status};
use crate::protocol::saml::subject::{self, Attributes, NameId, write_assertion_head, write_attribute, write_head, write_status};

/// Everything an assertion says beside the statement.
#[derive(Debug, Clone, Copy)]
pub struct AssertionContent<'a> {
    /// A fresh id, never used again (relying parties remember it).
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The relying party's entity ID.
    pub audience: &'a str,
    /// The address it is posted to.
    pub recipient: &'a str,
    /// The id of the request.
    pub in_response_to: &'a str,
    /// The person, as this relying party knows them.
    pub name_id: &'a NameId,
    /// The session at this relying party; comes back in logout requests.
    pub session_index: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// Until when a browser may carry it to the service.
    pub bearer_until: Timestamp,
    /// Until when its conditions hold.
    pub conditions_until: Timestamp,
    /// A bootstrap token as an attribute carries it, where the relying party is to exchange one.
    pub bootstrap_token: Option<&'a str>,
}

/// A signed assertion, still readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAssertion(String);

impl SignedAssertion {
    /// Its XML.
    pub fn xml(&self) -> &str {
        &self.0
    }

    /// Makes it unreadable for everyone but the holder of `key`.
    pub fn encrypt(&self, key: &PeerKey, suite: Suite, random: &dyn Random) -> Result<Encrypted, EncryptError> {
        xmlenc::encrypt(&self.0, key, suite, random)
    }
}

/// Writes and signs an assertion of `statement`.
pub fn assertion(content: &AssertionContent<'_>, statement: &Statement, key: &SigningKey) -> Result<SignedAssertion, SignError> {
    let said = Said { level: statement.level(), authenticated_at: statement.authenticated_at(), attributes: statement.attributes() };
    Ok(SignedAssertion(write_assertion(content, said)?.sign(key)?))
}

/// What a statement holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) level: Level,
    pub(super) authenticated_at: Timestamp,
    pub(super) attributes: &'a [(Attribute, Vec<String>)],
}

/// OIOSAML 3 rules: one of each statement, no `NotBefore` in the confirmation, URI attribute names, plain strings.
pub(super) fn write_assertion(content: &AssertionContent<'_>, said: Said<'_>) -> Result<Unsigned, Unwritable> {
    let issued = date_time(content.issued_at);
    let mut w = Writer::new();
    let place = write_assertion_head(&mut w, content.id, content.issuer, &issued)?;
    write_subject(&mut w, content)?;
    let end = date_time(content.conditions_until);
    w.open("saml:Conditions", &[("NotBefore", Some(&issued)), ("NotOnOrAfter", Some(&end))])?;
    w.open("saml:AudienceRestriction", &[])?;
    w.leaf("saml:Audience", &[], content.audience)?;
    w.close();
    w.close();
    let authenticated = date_time(said.authenticated_at);
    let session = [("AuthnInstant", Some(authenticated.as_str())), ("SessionIndex", Some(content.session_index))];
    w.open("saml:AuthnStatement", &session)?;
    w.open("saml:AuthnContext", &[])?;
    w.leaf("saml:AuthnContextClassRef", &[], said.level.context_class())?;
    w.close();
    w.close();
    w.open("saml:AttributeStatement", &[])?;
    for (attribute, values) in said.attributes {
        write_attribute(&mut w, (attribute.name(), names::URI_NAMES), values.iter().map(String::as_str))?;
    }
    if let Some(token) = content.bootstrap_token {
        write_attribute(&mut w, (bootstrap::ATTRIBUTE, names::URI_NAMES), [token])?;
    }
    Ok(Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "xs xsi" })
}

fn write_subject(w: &mut Writer, content: &AssertionContent<'_>) -> Result<(), Unwritable> {
    let until = date_time(content.bearer_until);
    w.open("saml:Subject", &[])?;
    content.name_id.write(w, false)?;
    w.open("saml:SubjectConfirmation", &[("Method", Some(names::BEARER))])?;
    let data =
        [("InResponseTo", Some(content.in_response_to)), ("NotOnOrAfter", Some(until.as_str())), ("Recipient", Some(content.recipient))];
    w.leaf("saml:SubjectConfirmationData", &data, "")?;
    w.close();
    w.close();
    Ok(())
}

/// The frame of a response.
#[derive(Debug, Clone, Copy)]
pub struct ResponseContent<'a> {
    /// A fresh id.
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The address it is posted to.
    pub destination: &'a str,
    /// The id of the request.
    pub in_response_to: &'a str,
    /// Now.
    pub issued_at: Timestamp,
}

/// The assertion of a successful response.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// As OIOSAML wants it.
    Encrypted(&'a Encrypted),
    /// In the clear: only where an administrator lifted encryption for this relying party.
    Readable(&'a SignedAssertion),
}

/// Writes a successful response. It is not signed: the assertion in it is (OIOSAML 3).
pub fn success(content: &ResponseContent<'_>, body: Body<'_>) -> Result<String, Unwritable> {
    let (mut w, _) = open_response(content)?;
    write_status(&mut w, (status::SUCCESS, None), None)?;
    w.nest(match body {
        Body::Encrypted(encrypted) => &encrypted.xml,
        Body::Readable(assertion) => &assertion.0,
    });
    Ok(w.finish())
}

/// Writes and signs a response that tells the relying party of `fault`. `message` is for its log, never for secrets.
pub fn failure(content: &ResponseContent<'_>, fault: Fault, message: Option<&str>, key: &SigningKey) -> Result<String, SignError> {
    let (mut w, place) = open_response(content)?;
    write_status(&mut w, fault.codes(), message)?;
    Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "" }.sign(key)
}

fn open_response(content: &ResponseContent<'_>) -> Result<(Writer, usize), Unwritable> {
    let mut w = Writer::new();
    let attributes = Attributes {
        id: content.id,
        destination: content.destination,
        in_response_to: Some(content.in_response_to),
        issue_instant: content.issued_at,
        not_on_or_after: None,
    };
    let place = write_head(&mut w, "samlp:Response", &attributes, content.issuer)?;
    Ok((w, place))
}

pub use subject::fresh_id;

#[cfg(test)]
mod tests;
