//! The judge: reads one response strictly as OIOSAML 3 wants it and writes down every check, passed or not.
//! Values of a person are read only from the text libxmlsec1 found signed. No session is opened here.
//! Next: `envelope` opens the response, `assertion` reads what was inside, `web` shows the verdict.

pub mod report;

pub mod proof;

pub mod assertion;

pub mod envelope;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::attributes::Level;
use crate::decrypt::Named;
use crate::idp::Idp;
use crate::keys::OwnKey;
use crate::messages::NameId;
use crate::party::Party;
use crate::signed::Algorithms;
use report::Check;

/// Clock skew allowed either way, seconds (OIO-GE-01: 3 to 5 minutes).
pub const SKEW: i64 = 180;

/// A request we sent and still wait for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its ID.
    pub id: String,
    /// As which of our entities.
    pub party: Party,
    /// The level asked for.
    pub level: Level,
    /// Whether a fresh login was demanded.
    pub forced: bool,
    /// Whether no page might be shown.
    pub passive: bool,
    /// The RelayState sent along.
    pub relay_state: String,
    /// When it was sent.
    pub sent: Timestamp,
}

/// All that a response is held against.
pub struct Bench<'a> {
    /// The time now.
    pub now: Timestamp,
    /// The entity whose address the response was posted to.
    pub party: &'a Party,
    /// The request of this browser with the ID the response answers, when there is one; used up by being here.
    pub asked: Option<&'a Asked>,
    /// The identity provider.
    pub idp: &'a Idp,
    /// Our key.
    pub key: &'a OwnKey,
    /// Remembers an assertion's ID until the time given; `false` when it was known already.
    pub first_use: &'a dyn Fn(&str, Timestamp) -> bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every check passed: the person is logged in.
    Accepted,
    /// A genuine response that says no.
    Declined,
    /// At least one check failed; nothing in the response is believed.
    Refused,
}

/// One attribute as it stood in the assertion.
#[derive(Debug, Clone, Default)]
pub struct Attribute {
    /// Full name.
    pub name: String,
    /// Short name when the catalogue knows it.
    pub short: Option<&'static str>,
    /// The values in order.
    pub values: Vec<String>,
}

/// What the assertion says, read from the signed text only.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The assertion's ID.
    pub id: String,
    /// Who says it.
    pub issuer: String,
    /// IssueInstant as written.
    pub issued: String,
    /// About whom.
    pub name_id: NameId,
    /// The session at the identity provider, for logout.
    pub session_index: String,
    /// When the person was really authenticated, as written.
    pub authenticated: String,
    /// AuthnContextClassRef.
    pub class_ref: String,
    /// Conditions/NotBefore as written.
    pub not_before: String,
    /// Conditions/NotOnOrAfter as written.
    pub not_on_or_after: String,
    /// The bearer confirmation's NotOnOrAfter as written.
    pub confirm_before: String,
    /// Its Recipient.
    pub recipient: String,
    /// The audience.
    pub audience: String,
    /// The attributes in order.
    pub attributes: Vec<Attribute>,
    /// The NSIS level, when its word is one.
    pub level: Option<Level>,
}

impl Facts {
    /// The values of the attribute with this full name.
    pub fn values(&self, name: &str) -> &[String] {
        self.attributes.iter().find(|one| one.name == name).map(|one| one.values.as_slice()).unwrap_or_default()
    }
}

/// The whole finding on one response.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// Every check, in the order made.
    pub checks: Vec<Check>,
    /// Status codes, top level first.
    pub status: Vec<String>,
    /// StatusMessage, empty when absent.
    pub status_message: String,
    /// What was asked for, when the response answers a request of ours.
    pub asked: Option<Asked>,
    /// As which entity it was received.
    pub party: Party,
    /// The encryption it named.
    pub encryption: Option<Named>,
    /// The signature algorithms of the assertion, or of the response when it is an error.
    pub algorithms: Option<Algorithms>,
    /// SHA-256 of the certificate that fitted.
    pub certificate: String,
    /// What the assertion says; only when its signature held.
    pub facts: Option<Facts>,
    /// The response as it came.
    pub response_xml: String,
    /// The assertion exactly as it was decrypted.
    pub assertion_xml: Option<String>,
    /// When it was judged.
    pub judged: Timestamp,
}
