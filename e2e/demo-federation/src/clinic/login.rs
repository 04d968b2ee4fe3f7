//! The clinical system as a relying party: asks Portvagt who somebody is, opens the answer, and believes what Portvagt signed
//! for it, in answer to a request of its own. Next: `national`.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use portvagt::{
    base::random::SystemRandom,
    crypto::{
        keyring::DecryptionKey,
        reason::Reason,
        xml::{MESSAGE, Node, Tree},
        xmldsig, xmlopen,
    },
    domain::{assurance::Level, bootstrap::ATTRIBUTE},
    protocol::saml::{
        SKEW,
        metadata::Allow,
        names::{SAML, SAMLP, status},
        read_date_time,
        response::fresh_id,
        sp::{
            idp_metadata::{self, IdentityProvider, IdpMetadataError},
            question::{self, Profile, Question, Unasked},
        },
        within,
    },
};

use super::{Clinic, ENTITY_ID, FULL_NAME, Visit};

const LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// Portvagt is not known.
    #[error("Portvagt's metadata was not given (--idp-metadata)")]
    Nobody,
    /// Its metadata cannot be used.
    #[error("Portvagt's metadata: {0}")]
    Metadata(#[from] IdpMetadataError),
    /// No request can be made.
    #[error(transparent)]
    Unasked(#[from] Unasked),
    /// It is no sound answer.
    #[error("the answer is refused: {0}")]
    Answer(#[from] Reason),
    /// Portvagt says no.
    #[error("Portvagt did not log anybody in: {0}")]
    Declined(String),
}

fn provider(room: &Clinic, now: Timestamp) -> Result<IdentityProvider, Wrong> {
    let document = room.idp_metadata.as_deref().map(std::fs::read).and_then(Result::ok).ok_or(Wrong::Nobody)?;
    Ok(idp_metadata::parse(&document, now, Allow::default())?)
}

/// The address that asks Portvagt, by the request `id`.
pub fn question(room: &Clinic, id: &str, now: Timestamp) -> Result<String, Wrong> {
    let provider = provider(room, now)?;
    let acs = room.acs();
    let question = Question {
        id,
        issuer: ENTITY_ID,
        destination: &provider.sso,
        acs: &acs,
        issued_at: now,
        least: Level::Substantial,
        profile: Profile::Professional,
    };
    Ok(question::url(&question, &fresh_id(&SystemRandom), &room.key)?)
}

/// Whom an answer logs in.
pub fn answer(room: &Clinic, body: &[u8], now: Timestamp) -> Result<Visit, Wrong> {
    let provider = provider(room, now)?;
    let message = url::form_urlencoded::parse(body).find(|(name, _)| name == "SAMLResponse").map(|(_, value)| value.into_owned());
    let message = message.and_then(|text| STANDARD.decode(text.as_bytes()).ok()).ok_or(Reason::Schema)?;
    let response = Tree::parse(&message, MESSAGE)?;
    let root = response.root();
    if !root.is(SAMLP, "Response") || !room.was_asked(root.attribute("InResponseTo").unwrap_or_default()) {
        return Err(Reason::InResponseTo.into());
    }
    check_status(root)?;
    let encrypted = root.only(SAML, "EncryptedAssertion")?.ok_or(Reason::AssertionCount)?;
    let opened = xmlopen::open(encrypted, &[DecryptionKey::from(&room.key)], false)?;
    let proven = xmldsig::examine(opened)?.prove(&provider.signing)?;
    let assertion = proven.root();
    check_conditions(assertion, now)?;
    let token = attribute(assertion, ATTRIBUTE).and_then(|text| STANDARD.decode(text).ok()).and_then(|xml| String::from_utf8(xml).ok());
    let said = |name| attribute(assertion, name).unwrap_or_default().to_owned();
    Ok(Visit { since: now, name: said(FULL_NAME), level: said(LOA), token, outcome: None })
}

fn check_status(root: Node<'_>) -> Result<(), Wrong> {
    let state = root.only(SAMLP, "Status")?.ok_or(Reason::Schema)?;
    let code = state.only(SAMLP, "StatusCode")?.ok_or(Reason::Schema)?;
    if code.attribute("Value") == Some(status::SUCCESS) {
        return Ok(());
    }
    let second = code.only(SAMLP, "StatusCode")?.and_then(|inner| inner.attribute("Value"));
    let words = state.only(SAMLP, "StatusMessage")?.and_then(|text| text.text().ok()).unwrap_or_default();
    Err(Wrong::Declined(format!("{} {words}", second.or(code.attribute("Value")).unwrap_or_default())))
}

/// Meant for us, and now.
fn check_conditions(assertion: Node<'_>, now: Timestamp) -> Result<(), Reason> {
    let conditions = assertion.only(SAML, "Conditions")?.ok_or(Reason::Schema)?;
    let restriction = conditions.only(SAML, "AudienceRestriction")?.ok_or(Reason::Audience)?;
    let audience = restriction.only(SAML, "Audience")?.ok_or(Reason::Audience)?.text()?;
    if audience != ENTITY_ID {
        return Err(Reason::Audience);
    }
    within(read_date_time(assertion.attribute("IssueInstant").unwrap_or_default())?, now, SKEW)
}

/// The first value of an attribute.
fn attribute<'t>(assertion: Node<'t>, name: &str) -> Option<&'t str> {
    let statement = assertion.first(SAML, "AttributeStatement")?;
    let found = statement.children().find(|node| node.is(SAML, "Attribute") && node.attribute("Name") == Some(name))?;
    found.first(SAML, "AttributeValue")?.text().ok()
}
