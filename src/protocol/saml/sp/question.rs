//! The question to an identity provider: an authentication request by HTTP-Redirect, signed over its query, that asks for a
//! level (OIO-SP-06), a profile (OIO-SP-07) and for the person to prove themselves anew.
//!
//! The path goes back through the browser to `answer`.

use jiff::Timestamp;

use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::{KeyError, SigningKey};
use crate::domain::assurance::Level;
use crate::protocol::saml::date_time;
use crate::protocol::saml::names;
use crate::protocol::saml::wire::{Direction, redirect_url};

/// Whose identity is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Profile {
    /// A private person's MitID.
    Person,
    /// An employee's identity (MitID Erhverv).
    Professional,
    /// Either.
    Any,
}

impl Profile {
    fn classes(self) -> &'static [&'static str] {
        match self {
            Self::Person => &["https://data.gov.dk/eid/Person"],
            Self::Professional => &["https://data.gov.dk/eid/Professional"],
            Self::Any => &[],
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// A fresh id; the answer must name it.
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The identity provider's address.
    pub destination: &'a str,
    /// Where the answer is to be posted.
    pub acs: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// The least level.
    pub least: Level,
    /// Whose identity.
    pub profile: Profile,
}

/// Why a question cannot be put.
#[derive(Debug, thiserror::Error)]
pub enum Unasked {
    /// A text cannot be written as XML.
    #[error(transparent)]
    Text(#[from] Unwritable),
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The address a browser is sent to.
pub fn url(question: &Question<'_>, relay_state: &str, key: &SigningKey) -> Result<String, Unasked> {
    Ok(redirect_url(question.destination, Direction::Request, &write(question)?, Some(relay_state), key)?)
}

fn write(question: &Question<'_>) -> Result<String, Unwritable> {
    let instant = date_time(question.issued_at);
    let mut w = Writer::new();
    w.open(
        "samlp:AuthnRequest",
        &[
            ("xmlns:samlp", Some(names::SAMLP)),
            ("AssertionConsumerServiceURL", Some(question.acs)),
            ("Destination", Some(question.destination)),
            ("ForceAuthn", Some("true")),
            ("ID", Some(question.id)),
            ("IssueInstant", Some(&instant)),
            ("ProtocolBinding", Some(names::POST)),
            ("Version", Some("2.0")),
        ],
    )?;
    w.leaf("saml:Issuer", &[("xmlns:saml", Some(names::SAML))], question.issuer)?;
    w.open("samlp:RequestedAuthnContext", &[("Comparison", Some("minimum"))])?;
    for class in std::iter::once(question.least.context_class()).chain(question.profile.classes().iter().copied()) {
        w.leaf("saml:AuthnContextClassRef", &[("xmlns:saml", Some(names::SAML))], class)?;
    }
    Ok(w.finish())
}
