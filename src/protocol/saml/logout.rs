//! Single logout: requests and responses of both sides, over both bindings.
//!
//! Whose sessions end is decided above. The path goes on to `service::sso` and back through `wire`.

use jiff::Timestamp;

use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::xml::{Node, Reason};
use crate::crypto::xmlsign::Unsigned;
use crate::protocol::saml::fault::Fault;
use crate::protocol::saml::names::{DSIG, SAML, SAMLP, status};
use crate::protocol::saml::request::check_destination;
use crate::protocol::saml::subject::{Attributes, Head, NameId, check_sequence, plain_text, write_head, write_status};
use crate::protocol::saml::wire::{Direction, Incoming, Outgoing, Unverified};
use crate::protocol::saml::{read_date_time, within};

/// What can arrive at the logout endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutMessage {
    /// Somebody was logged out there.
    Request(LogoutRequest),
    /// The answer to a request of ours.
    Response(LogoutResponse),
}

/// `samlp:LogoutRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its id, remembered against replays and named in the answer.
    pub id: String,
    /// Who asks.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The address it was sent to.
    pub destination: Option<String>,
    /// Whether it is of version 2.0.
    pub version_2: bool,
    /// When it loses its meaning.
    pub not_on_or_after: Option<Timestamp>,
    /// Who is logged out.
    pub name_id: NameId,
    /// Which sessions; all of that person with that relying party if empty.
    pub session_indexes: Vec<String>,
}

/// `samlp:LogoutResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// Its id.
    pub id: String,
    /// Who answers.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The address it was sent to.
    pub destination: Option<String>,
    /// The id of our request.
    pub in_response_to: Option<String>,
    /// Top-level status code.
    pub status: String,
    /// Second-level status code.
    pub second_status: Option<String>,
}

impl LogoutRequest {
    /// Whether it was sent to `ours`.
    pub fn check_destination(&self, ours: &str) -> Result<(), Reason> {
        check_destination(self.destination.as_deref(), ours)
    }

    /// Whether it is fresh: issued within `skew` seconds of `now`, and not past its own end.
    pub fn check_clock(&self, now: Timestamp, skew: i64) -> Result<(), Reason> {
        within(self.issue_instant, now, skew)?;
        match self.not_on_or_after {
            Some(end) if crate::base::clock::plus(end, skew) <= now => Err(Reason::Clock),
            _ => Ok(()),
        }
    }
}

impl LogoutResponse {
    /// Whether it was sent to `ours`.
    pub fn check_destination(&self, ours: &str) -> Result<(), Reason> {
        check_destination(self.destination.as_deref(), ours)
    }

    /// Whether it was issued within `skew` seconds of `now`.
    pub fn check_clock(&self, now: Timestamp, skew: i64) -> Result<(), Reason> {
        within(self.issue_instant, now, skew)
    }

    /// Whether the other side knows nobody of that name or session: then nobody is logged in there.
    pub fn knows_nobody(&self) -> bool {
        self.second_status.as_deref() == Some(status::UNKNOWN_PRINCIPAL)
    }

    /// Whether the other side logged the person out, everywhere it knows of.
    pub fn is_success(&self) -> bool {
        self.status == status::SUCCESS && self.second_status.as_deref() != Some(status::PARTIAL_LOGOUT)
    }
}

/// Reads the logout message `incoming` carries. Only its issuer shows until it is verified.
pub fn parse(incoming: Incoming) -> Result<Unverified<LogoutMessage>, Reason> {
    let root = incoming.unproven_root();
    let (issuer, message) = match incoming.direction {
        Direction::Request => {
            let request = read_request(root)?;
            (request.issuer.clone(), LogoutMessage::Request(request))
        }
        Direction::Response => {
            let response = read_response(root)?;
            (response.issuer.clone(), LogoutMessage::Response(response))
        }
    };
    Ok(Unverified::new(issuer, message, incoming))
}

fn read_request(root: Node<'_>) -> Result<LogoutRequest, Reason> {
    if !root.is(SAMLP, "LogoutRequest") {
        return Err(Reason::Schema);
    }
    let head = Head::read(root, &["Reason", "NotOnOrAfter"])?;
    let order = [(SAML, "Issuer"), (DSIG, "Signature"), (SAMLP, "Extensions"), (SAML, "NameID"), (SAMLP, "SessionIndex")];
    check_sequence(root, &order, "SessionIndex")?;
    // BaseID and EncryptedID fail the sequence: our NameIDs are never encrypted to others.
    let name_id = NameId::read(root.first(SAML, "NameID").ok_or(Reason::Schema)?)?;
    let session_indexes = root.all(SAMLP, "SessionIndex").map(|node| plain_text(node).map(str::to_owned)).collect::<Result<_, _>>()?;
    Ok(LogoutRequest {
        id: head.id,
        issuer: head.issuer,
        issue_instant: head.issue_instant,
        destination: head.destination,
        version_2: head.version_2,
        not_on_or_after: root.attribute("NotOnOrAfter").map(read_date_time).transpose()?,
        name_id,
        session_indexes,
    })
}

fn read_response(root: Node<'_>) -> Result<LogoutResponse, Reason> {
    if !root.is(SAMLP, "LogoutResponse") {
        return Err(Reason::Schema);
    }
    let head = Head::read(root, &["InResponseTo"])?;
    check_sequence(root, &[(SAML, "Issuer"), (DSIG, "Signature"), (SAMLP, "Extensions"), (SAMLP, "Status")], "")?;
    if !head.version_2 {
        return Err(Reason::Schema);
    }
    let code = root.first(SAMLP, "Status").and_then(|status| status.first(SAMLP, "StatusCode")).ok_or(Reason::Schema)?;
    let second = code.only(SAMLP, "StatusCode")?.and_then(|node| node.attribute("Value"));
    Ok(LogoutResponse {
        id: head.id,
        issuer: head.issuer,
        issue_instant: head.issue_instant,
        destination: head.destination,
        in_response_to: root.attribute("InResponseTo").map(str::to_owned),
        status: code.attribute("Value").ok_or(Reason::Schema)?.to_owned(),
        second_status: second.map(str::to_owned),
    })
}

/// A logout request of ours.
#[derive(Debug, Clone, Copy)]
pub struct RequestContent<'a> {
    /// A fresh id.
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The relying party's logout address.
    pub destination: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// When the request loses its meaning.
    pub expires_at: Timestamp,
    /// The person, exactly as in the assertion.
    pub name_id: &'a NameId,
    /// The session, as in the assertion.
    pub session_index: &'a str,
}

/// Writes a logout request; `send` signs it for its binding.
pub fn request(content: &RequestContent<'_>, relay_state: Option<&str>) -> Result<Outgoing, Unwritable> {
    let mut w = Writer::new();
    let attributes = Attributes {
        id: content.id,
        destination: content.destination,
        in_response_to: None,
        issue_instant: content.issued_at,
        not_on_or_after: Some(content.expires_at),
    };
    let place = write_head(&mut w, "samlp:LogoutRequest", &attributes, content.issuer)?;
    content.name_id.write(&mut w, true)?;
    w.leaf("samlp:SessionIndex", &[], content.session_index)?;
    let message = Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "" };
    Ok(Outgoing::new(message, Direction::Request, content.destination, relay_state))
}

/// A logout response of ours.
#[derive(Debug, Clone, Copy)]
pub struct ResponseContent<'a> {
    /// A fresh id.
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// The relying party's address for answers; empty when the answer goes back the way the request came.
    pub destination: &'a str,
    /// The id of its request.
    pub in_response_to: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// What went wrong, if anything.
    pub fault: Option<Fault>,
}

/// Writes a logout response; `send` signs it for its binding.
pub fn response(content: &ResponseContent<'_>, relay_state: Option<&str>) -> Result<Outgoing, Unwritable> {
    let mut w = Writer::new();
    let attributes = Attributes {
        id: content.id,
        destination: content.destination,
        in_response_to: Some(content.in_response_to),
        issue_instant: content.issued_at,
        not_on_or_after: None,
    };
    let place = write_head(&mut w, "samlp:LogoutResponse", &attributes, content.issuer)?;
    write_status(&mut w, content.fault.map_or((status::SUCCESS, None), Fault::codes), None)?;
    let message = Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "" };
    Ok(Outgoing::new(message, Direction::Response, content.destination, relay_state))
}

#[cfg(test)]
mod tests;
