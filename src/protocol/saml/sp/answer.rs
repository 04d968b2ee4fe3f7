//! The answer of an identity provider, from its envelope to what it swears: each rule has its reason, cheap ones first. The
//! envelope may be unsigned (OIOSAML 3 signs the assertion); nothing is believed of it but what it answers and its status.
//!
//! The assertion is opened, parsed once, and read only where its signature was checked. The path goes on to `testimony`.

use jiff::Timestamp;

use crate::crypto::keyring::{DecryptionKey, PeerKey};
use crate::crypto::xml::{Node, Reason, Tree};
use crate::crypto::{xmldsig, xmlopen};
use crate::protocol::saml::names::{DSIG, SAML, SAMLP, status};
use crate::protocol::saml::request::check_destination;
use crate::protocol::saml::sp::testimony::{Expected, Testimony};
use crate::protocol::saml::subject::{Head, check_sequence};
use crate::protocol::saml::wire::Posted;
use crate::protocol::saml::within;

/// A response whose envelope was read; nothing is proven yet.
#[derive(Debug)]
pub struct Answer {
    tree: Tree,
    head: Head,
    in_response_to: String,
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Success,
    Declined(Declined),
}

/// Why the other side did not let the person in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Declined {
    /// The person broke it off, or could not prove themselves.
    Cancelled,
    /// Not at the level or profile asked for.
    Level,
    /// We may not ask this.
    Denied,
    /// It failed there.
    Failed,
}

impl Declined {
    /// The word for the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Level => "no_authn_context",
            Self::Denied => "request_denied",
            Self::Failed => "failed",
        }
    }

    /// The second-level code says why; OIOSAML names no finer words (status codes of SAML core 3.2.2.2).
    fn of(second: Option<&str>) -> Self {
        match second {
            Some(status::AUTHN_FAILED | status::UNKNOWN_PRINCIPAL) => Self::Cancelled,
            Some(status::NO_AUTHN_CONTEXT) => Self::Level,
            Some(status::REQUEST_DENIED | status::REQUEST_UNSUPPORTED) => Self::Denied,
            _ => Self::Failed,
        }
    }
}

/// What an answer comes to.
#[derive(Debug)]
pub enum Verdict {
    /// The assertion holds, every rule kept.
    Sworn(Box<Testimony>),
    /// The other side declined.
    Declined(Declined),
}

/// Reads the envelope of a posted response.
pub fn read(posted: Posted) -> Result<Answer, Reason> {
    let tree = posted.tree;
    let root = tree.root();
    if !root.is(SAMLP, "Response") {
        return Err(Reason::Schema);
    }
    let head = Head::read(root, &["InResponseTo"])?;
    if !head.version_2 {
        return Err(Reason::Schema);
    }
    let in_response_to = root.attribute("InResponseTo").filter(|id| !id.is_empty()).ok_or(Reason::InResponseTo)?.to_owned();
    let outcome = outcome(root)?;
    assertions(root, &outcome)?;
    let order = [(SAML, "Issuer"), (DSIG, "Signature"), (SAMLP, "Extensions"), (SAMLP, "Status"), (SAML, "EncryptedAssertion")];
    check_sequence(root, &order, "")?;
    Ok(Answer { head, in_response_to, outcome, tree })
}

/// Exactly one assertion, encrypted; none beside an error.
fn assertions(root: Node<'_>, outcome: &Outcome) -> Result<(), Reason> {
    if root.all(SAML, "Assertion").next().is_some() {
        return Err(Reason::NotEncrypted);
    }
    match (root.all(SAML, "EncryptedAssertion").count(), outcome) {
        (1, Outcome::Success) | (0, Outcome::Declined(_)) => Ok(()),
        _ => Err(Reason::AssertionCount),
    }
}

fn outcome(root: Node<'_>) -> Result<Outcome, Reason> {
    let code = root.only(SAMLP, "Status")?.ok_or(Reason::Schema)?.only(SAMLP, "StatusCode")?.ok_or(Reason::Schema)?;
    match code.attribute("Value").ok_or(Reason::Schema)? {
        status::SUCCESS => Ok(Outcome::Success),
        _ => Ok(Outcome::Declined(Declined::of(code.only(SAMLP, "StatusCode")?.and_then(|node| node.attribute("Value"))))),
    }
}

impl Answer {
    /// The request it says it answers; whether that was asked is the caller's to know.
    pub fn in_response_to(&self) -> &str {
        &self.in_response_to
    }

    /// Judges it against what was asked.
    pub fn judge(self, expected: &Expected<'_>, keys: &[DecryptionKey], allow_cbc: bool) -> Result<Verdict, Reason> {
        let issued = self.head.issue_instant;
        self.envelope(expected, issued)?;
        if let Outcome::Declined(declined) = self.outcome {
            signed_if_at_all(self.tree, &expected.provider.signing)?;
            return Ok(Verdict::Declined(declined));
        }
        let assertion = opened(self.tree, &expected.provider.signing, keys, allow_cbc)?;
        let proven = xmldsig::examine(assertion)?.prove(&expected.provider.signing)?;
        Ok(Verdict::Sworn(Box::new(Testimony::read(proven.root(), expected)?)))
    }

    fn envelope(&self, expected: &Expected<'_>, issued: Timestamp) -> Result<(), Reason> {
        if self.head.issuer != expected.provider.entity_id {
            return Err(Reason::Issuer);
        }
        check_destination(self.head.destination.as_deref(), expected.acs)?;
        if self.in_response_to != expected.request {
            return Err(Reason::InResponseTo);
        }
        within(issued, expected.now, expected.skew)
    }
}

/// The assertion, decrypted. A signature of the whole response is checked before anything is decrypted, and CBC is opened
/// only under one: it has no integrity of its own, so whoever may send altered ciphertext and learns how it was refused
/// reads a stolen assertion block by block (W3C XML Encryption 1.1, section 6.1.1).
fn opened(tree: Tree, signers: &[PeerKey], keys: &[DecryptionKey], allow_cbc: bool) -> Result<Tree, Reason> {
    let encrypted = |root: Node<'_>, allow_cbc| {
        let node = root.first(SAML, "EncryptedAssertion").ok_or(Reason::AssertionCount)?;
        xmlopen::open(node, keys, allow_cbc)
    };
    if !xmldsig::is_signed(&tree) {
        return encrypted(tree.root(), false);
    }
    encrypted(xmldsig::examine(tree)?.prove(signers)?.root(), allow_cbc)
}

/// A response need not be signed as a whole; one that is must be by a key of the sender.
fn signed_if_at_all(tree: Tree, keys: &[PeerKey]) -> Result<(), Reason> {
    if xmldsig::is_signed(&tree) {
        xmldsig::examine(tree)?.prove(keys)?;
    }
    Ok(())
}
