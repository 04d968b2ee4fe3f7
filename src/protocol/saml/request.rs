//! Authentication requests: read strictly, then asked what they want of address, level and name.
//!
//! Every function here is pure; who the sender is, and whether the person can meet the request, is decided above.
//! The path goes on to `service::sso`.

use jiff::Timestamp;

use crate::crypto::xml::{Node, Reason, trimmed};
use crate::domain::assurance::Level;
use crate::protocol::saml::fault::Fault;
use crate::protocol::saml::metadata::{Acs, ServiceProvider};
use crate::protocol::saml::names::{self, DSIG, SAML, SAMLP};
use crate::protocol::saml::subject::{Head, NameKind, check_sequence, flag, has_only, number, plain_text};
use crate::protocol::saml::wire::{Direction, Incoming, Unverified};
use crate::protocol::saml::within;

const PERSON: &str = "https://data.gov.dk/eid/Person";
const PROFESSIONAL: &str = "https://data.gov.dk/eid/Professional";

/// Its own attributes, beside those of every message.
const ATTRIBUTES: &[&str] = &[
    "ForceAuthn",
    "IsPassive",
    "ProtocolBinding",
    "AssertionConsumerServiceIndex",
    "AssertionConsumerServiceURL",
    "AttributeConsumingServiceIndex",
    "ProviderName",
];

/// `samlp:AuthnRequest`, as far as we serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// Its id, remembered against replays and named in the answer.
    pub id: String,
    /// Who asks.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The address it was sent to.
    pub destination: Option<String>,
    /// Whether it is of version 2.0; another gets [`Fault::VersionMismatch`] once it is verified.
    pub version_2: bool,
    /// Where the answer is wanted.
    pub acs_url: Option<String>,
    /// The same by index in metadata.
    pub acs_index: Option<u16>,
    /// How the answer is wanted.
    pub protocol_binding: Option<String>,
    /// Whether the person must prove themselves anew.
    pub force_authn: bool,
    /// Whether the person may be asked at all.
    pub is_passive: bool,
    /// What name is wanted.
    pub name_id_policy: Option<NameIdPolicy>,
    /// What level and profile is wanted.
    pub context: Option<RequestedContext>,
    /// Entity IDs of the services behind a broker (`Scoping/RequesterID`), nearest first; for display and log only.
    pub requester_ids: Vec<String>,
    /// Whether the request names the person it is about.
    pub names_subject: bool,
}

/// `samlp:NameIDPolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameIdPolicy {
    /// The format wanted.
    pub format: Option<String>,
    /// The relying party the name is wanted for.
    pub sp_name_qualifier: Option<String>,
    /// Whether a name may be made; ours always exist.
    pub allow_create: bool,
}

/// `samlp:RequestedAuthnContext`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedContext {
    /// `exact` (also if absent), `minimum`, `maximum` or `better`.
    pub comparison: String,
    /// The class references, in order.
    pub classes: Vec<String>,
}

/// Reads the request `incoming` carries. Only its issuer shows until it is verified.
pub fn parse(incoming: Incoming) -> Result<Unverified<AuthnRequest>, Reason> {
    let request = AuthnRequest::read(incoming.unproven_root(), incoming.direction)?;
    Ok(Unverified::new(request.issuer.clone(), request, incoming))
}

impl AuthnRequest {
    fn read(root: Node<'_>, direction: Direction) -> Result<Self, Reason> {
        if direction != Direction::Request || !root.is(SAMLP, "AuthnRequest") {
            return Err(Reason::Schema);
        }
        let head = Head::read(root, ATTRIBUTES)?;
        check_sequence(
            root,
            &[
                (SAML, "Issuer"),
                (DSIG, "Signature"),
                (SAMLP, "Extensions"),
                (SAML, "Subject"),
                (SAMLP, "NameIDPolicy"),
                (SAML, "Conditions"),
                (SAMLP, "RequestedAuthnContext"),
                (SAMLP, "Scoping"),
            ],
            "",
        )?;
        let index = |name| root.attribute(name).map(|text| number::<u16>(text).ok_or(Reason::Schema)).transpose();
        let acs_index = index("AssertionConsumerServiceIndex")?;
        // All that is asked for is in metadata; the index of a set must still be one.
        index("AttributeConsumingServiceIndex")?;
        Ok(Self {
            acs_url: root.attribute("AssertionConsumerServiceURL").map(str::to_owned),
            acs_index,
            protocol_binding: root.attribute("ProtocolBinding").map(str::to_owned),
            force_authn: flag(root, "ForceAuthn")?,
            is_passive: flag(root, "IsPassive")?,
            name_id_policy: root.first(SAMLP, "NameIDPolicy").map(NameIdPolicy::read).transpose()?,
            context: root.first(SAMLP, "RequestedAuthnContext").map(RequestedContext::read).transpose()?,
            requester_ids: requester_ids(root)?,
            names_subject: root.first(SAML, "Subject").is_some(),
            id: head.id,
            issuer: head.issuer,
            issue_instant: head.issue_instant,
            destination: head.destination,
            version_2: head.version_2,
        })
    }

    /// Whether it was sent to `ours`. A signed message must name its destination (SAML bindings 3.4.5.2, 3.5.5.2).
    pub fn check_destination(&self, ours: &str) -> Result<(), Reason> {
        check_destination(self.destination.as_deref(), ours)
    }

    /// Whether it was issued within `skew` seconds of `now`.
    pub fn check_clock(&self, now: Timestamp, skew: i64) -> Result<(), Reason> {
        within(self.issue_instant, now, skew)
    }

    /// Where the answer goes: an address of `metadata`, compared byte for byte; its default if none is asked for.
    pub fn choose_acs<'m>(&self, metadata: &'m ServiceProvider) -> Result<&'m Acs, Reason> {
        if self.protocol_binding.as_deref().is_some_and(|binding| binding != names::POST) {
            return Err(Reason::AcsMismatch);
        }
        let found = match (self.acs_url.as_deref(), self.acs_index) {
            (Some(url), None) => metadata.acs.iter().find(|acs| acs.location == url),
            (None, Some(index)) => metadata.acs.iter().find(|acs| acs.index == index),
            (None, None) => metadata.default_acs(),
            (Some(_), Some(_)) => None,
        };
        found.ok_or(Reason::AcsMismatch)
    }

    /// The least level asked for; `None` if it asks for none.
    pub fn level(&self) -> Result<Option<Level>, Fault> {
        self.context.as_ref().map_or(Ok(None), RequestedContext::level)
    }

    /// The kind of name to answer with.
    pub fn name_kind(&self) -> Result<NameKind, Fault> {
        let Some(policy) = &self.name_id_policy else { return Ok(NameKind::Persistent) };
        if policy.sp_name_qualifier.as_ref().is_some_and(|qualifier| *qualifier != self.issuer) {
            return Err(Fault::InvalidNameIdPolicy);
        }
        match policy.format.as_deref() {
            None | Some(names::PERSISTENT | names::UNSPECIFIED) => Ok(NameKind::Persistent),
            Some(names::TRANSIENT) => Ok(NameKind::Transient),
            Some(_) => Err(Fault::InvalidNameIdPolicy),
        }
    }

    /// Refuses what contradicts itself or we never serve, once the sender is known.
    pub fn check_supported(&self) -> Result<(), Fault> {
        if !self.version_2 {
            Err(Fault::VersionMismatch)
        } else if (self.force_authn && self.is_passive) || self.names_subject {
            Err(Fault::RequestUnsupported)
        } else {
            Ok(())
        }
    }
}

/// Whether a message for `destination` was meant for `ours`, compared byte for byte.
pub fn check_destination(destination: Option<&str>, ours: &str) -> Result<(), Reason> {
    if destination == Some(ours) { Ok(()) } else { Err(Reason::Destination) }
}

impl NameIdPolicy {
    fn read(node: Node<'_>) -> Result<Self, Reason> {
        has_only(node, &["Format", "SPNameQualifier", "AllowCreate"])?;
        if !node.text()?.is_empty() {
            return Err(Reason::Schema);
        }
        Ok(Self {
            format: node.attribute("Format").map(str::to_owned),
            sp_name_qualifier: node.attribute("SPNameQualifier").map(str::to_owned),
            allow_create: flag(node, "AllowCreate")?,
        })
    }
}

impl RequestedContext {
    fn read(node: Node<'_>) -> Result<Self, Reason> {
        has_only(node, &["Comparison"])?;
        let comparison = node.attribute("Comparison").unwrap_or("exact");
        if !matches!(comparison, "exact" | "minimum" | "maximum" | "better") || !node.holds_elements_only() {
            return Err(Reason::Schema);
        }
        let mut classes = Vec::new();
        let mut declared = 0;
        for child in node.children() {
            if child.is(SAML, "AuthnContextClassRef") {
                classes.push(trimmed(plain_text(child)?).to_owned());
            } else if child.is(SAML, "AuthnContextDeclRef") {
                declared += 1;
            } else {
                return Err(Reason::Schema);
            }
        }
        // The schema has a choice: one kind or the other, at least one.
        if classes.is_empty() == (declared == 0) {
            return Err(Reason::Schema);
        }
        Ok(Self { comparison: comparison.to_owned(), classes })
    }

    /// `Comparison` concerns the NSIS levels only (OIO-SP-07) and must then be `minimum` (OIO-SP-06); a class that is neither a
    /// level nor a profile is ignored if another is understood.
    fn level(&self) -> Result<Option<Level>, Fault> {
        let of_class = |class: &str| [Level::Low, Level::Substantial, Level::High].into_iter().find(|level| level.context_class() == class);
        // "Minimum" means as strong as *one* of those listed (SAML core 3.3.2.2.1): the weakest decides.
        let level = self.classes.iter().filter_map(|class| of_class(class)).min();
        let asks = |profile: &str| self.classes.iter().any(|class| class == profile);
        let (professional, person) = (asks(PROFESSIONAL), asks(PERSON));
        if person && !professional {
            return Err(Fault::NoAuthnContext);
        }
        match level {
            Some(_) if self.comparison != "minimum" => Err(Fault::NoAuthnContext),
            None if !professional => Err(Fault::NoAuthnContext),
            level => Ok(level),
        }
    }
}

fn requester_ids(root: Node<'_>) -> Result<Vec<String>, Reason> {
    let Some(scoping) = root.first(SAMLP, "Scoping") else { return Ok(Vec::new()) };
    has_only(scoping, &["ProxyCount"])?;
    let counts = scoping.attribute("ProxyCount").is_none_or(|text| number::<u32>(text).is_some());
    let (mut ids, mut first) = (Vec::new(), true);
    for child in scoping.children() {
        if child.is(SAMLP, "RequesterID") {
            ids.push(trimmed(plain_text(child)?).to_owned());
        } else if !(first && child.is(SAMLP, "IDPList")) {
            return Err(Reason::Schema);
        }
        first = false;
    }
    if counts && scoping.holds_elements_only() { Ok(ids) } else { Err(Reason::Schema) }
}

#[cfg(test)]
mod tests;
