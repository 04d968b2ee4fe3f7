//! Writes the answers: an assertion signed and then encrypted (OIOSAML 3), or a signed status. Next: the browser.

use jiff::Timestamp;
use portvagt::{
    base::{clock::plus, random::SystemRandom},
    cli::demo::Citizen,
    crypto::{
        canonical::{Unwritable, Writer},
        keyring::SigningKey,
        xmlenc::{self, EncryptError},
        xmlsign::{SignError, Unsigned},
    },
    domain::assurance::Level,
    protocol::saml::{
        date_time,
        fault::Fault,
        names,
        response::{self, Body, ResponseContent, fresh_id},
    },
};

use super::{ATTRIBUTES, ENTITY_ID, request::Asked};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// It cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// It cannot be encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] Unwritable),
}

/// The visitor broke it off.
pub fn cancelled(asked: &Asked, key: &SigningKey, now: Timestamp) -> Result<String, Unanswered> {
    declined(asked, Fault::AuthnFailed, key, now)
}

/// The level asked for is not reached.
pub fn too_low(asked: &Asked, key: &SigningKey, now: Timestamp) -> Result<String, Unanswered> {
    declined(asked, Fault::NoAuthnContext, key, now)
}

fn declined(asked: &Asked, fault: Fault, key: &SigningKey, now: Timestamp) -> Result<String, Unanswered> {
    let id = fresh_id(&SystemRandom);
    Ok(response::failure(&frame(asked, &id, now), fault, None, key)?)
}

/// Swears who the visitor is.
pub fn sworn(asked: &Asked, citizen: &Citizen, level: Level, key: &SigningKey, now: Timestamp) -> Result<String, Unanswered> {
    let (id, session) = (fresh_id(&SystemRandom), fresh_id(&SystemRandom));
    let said = [
        "OIO-SAML-3.0".to_owned(),
        level.word().to_owned(),
        Level::High.word().to_owned(),
        level.word().to_owned(),
        citizen.name.clone(),
        citizen.cpr.to_owned(),
    ];
    let signed = assertion(asked, (&id, &session), &said, now)?.sign(key)?;
    let encrypted = xmlenc::encrypt(&signed, &asked.key, asked.suite, &SystemRandom)?;
    let id = fresh_id(&SystemRandom);
    Ok(response::success(&frame(asked, &id, now), Body::Encrypted(&encrypted))?)
}

fn frame<'a>(asked: &'a Asked, id: &'a str, now: Timestamp) -> ResponseContent<'a> {
    ResponseContent { id, issuer: ENTITY_ID, destination: &asked.acs, in_response_to: &asked.id, issued_at: now }
}

fn assertion(asked: &Asked, (id, session): (&str, &str), said: &[String], now: Timestamp) -> Result<Unsigned, Unwritable> {
    let (issued, soon, later) = (date_time(now), date_time(plus(now, 300)), date_time(plus(now, 600)));
    let mut w = Writer::new();
    let head = [("xmlns:saml", Some(names::SAML)), ("ID", Some(id)), ("IssueInstant", Some(issued.as_str())), ("Version", Some("2.0"))];
    w.open("saml:Assertion", &head)?;
    w.leaf("saml:Issuer", &[], ENTITY_ID)?;
    let place = w.position();
    w.open("saml:Subject", &[])?;
    let name = format!("https://data.gov.dk/model/core/eid/person/uuid/{}", session.trim_start_matches('_'));
    w.leaf("saml:NameID", &[("Format", Some(names::PERSISTENT)), ("SPNameQualifier", Some(&asked.service))], &name)?;
    w.open("saml:SubjectConfirmation", &[("Method", Some(names::BEARER))])?;
    let confirmed =
        [("InResponseTo", Some(asked.id.as_str())), ("NotOnOrAfter", Some(soon.as_str())), ("Recipient", Some(asked.acs.as_str()))];
    w.leaf("saml:SubjectConfirmationData", &confirmed, "")?;
    w.close();
    w.close();
    w.open("saml:Conditions", &[("NotBefore", Some(&issued)), ("NotOnOrAfter", Some(&later))])?;
    w.open("saml:AudienceRestriction", &[])?;
    w.leaf("saml:Audience", &[], &asked.service)?;
    w.close();
    w.close();
    w.open("saml:AuthnStatement", &[("AuthnInstant", Some(&issued)), ("SessionIndex", Some(session))])?;
    w.open("saml:AuthnContext", &[])?;
    w.leaf("saml:AuthnContextClassRef", &[], asked.least.context_class())?;
    w.close();
    w.close();
    w.open("saml:AttributeStatement", &[])?;
    for (name, value) in ATTRIBUTES.iter().zip(said) {
        w.open("saml:Attribute", &[("Name", Some(*name)), ("NameFormat", Some(names::URI_NAMES))])?;
        w.leaf("saml:AttributeValue", &[], value)?;
        w.close();
    }
    Ok(Unsigned { xml: w.finish(), id: id.to_owned(), place, prefixes: "" })
}
