//! The three messages we write: AuthnRequest, LogoutRequest, LogoutResponse. Every value is escaped by the template.
//! Not written by samael, whose builder leaves values unescaped. Signing by redirect is in `wire`, by POST in `signed`.

use askama::Template;
use jiff::Timestamp;

use crate::attributes::Level;
use crate::party::Party;

/// A subject's identifier, as it stood in the assertion and as a LogoutRequest must repeat it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameId {
    /// The identifier.
    pub value: String,
    /// Format URI.
    pub format: String,
    /// NameQualifier, empty when absent.
    pub name_qualifier: String,
    /// SPNameQualifier, empty when absent.
    pub sp_name_qualifier: String,
}

/// What every message carries.
#[derive(Debug, Clone)]
pub struct Head<'a> {
    /// Who sends it.
    pub party: &'a Party,
    /// Its ID.
    pub id: &'a str,
    /// IssueInstant.
    pub now: Timestamp,
    /// The address it is sent to.
    pub destination: &'a str,
    /// Whether an enveloped signature template stands in it (POST binding).
    pub signed: bool,
}

/// `now` as xs:dateTime in UTC with milliseconds.
pub fn date_time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A request to log someone in at `level` or better.
pub fn authn_request(head: &Head<'_>, level: Level, forced: bool, passive: bool) -> Result<String, askama::Error> {
    AuthnRequest {
        party: head.party,
        id: head.id,
        instant: date_time(head.now),
        destination: head.destination,
        signed: head.signed,
        level,
        forced,
        passive,
    }
    .render()
}

/// A request to end the session `session_index` of `name_id`.
pub fn logout_request(head: &Head<'_>, name_id: &NameId, session_index: &str) -> Result<String, askama::Error> {
    LogoutRequest {
        party: head.party,
        id: head.id,
        instant: date_time(head.now),
        destination: head.destination,
        signed: head.signed,
        name_id,
        session_index,
    }
    .render()
}

/// The answer "done" to the logout request `in_response_to`.
pub fn logout_response(head: &Head<'_>, in_response_to: &str) -> Result<String, askama::Error> {
    LogoutResponse {
        party: head.party,
        id: head.id,
        instant: date_time(head.now),
        destination: head.destination,
        signed: head.signed,
        in_response_to,
    }
    .render()
}

#[derive(Template)]
#[template(path = "saml/authn_request.xml")]
struct AuthnRequest<'a> {
    party: &'a Party,
    id: &'a str,
    instant: String,
    destination: &'a str,
    signed: bool,
    level: Level,
    forced: bool,
    passive: bool,
}

#[derive(Template)]
#[template(path = "saml/logout_request.xml")]
struct LogoutRequest<'a> {
    party: &'a Party,
    id: &'a str,
    instant: String,
    destination: &'a str,
    signed: bool,
    name_id: &'a NameId,
    session_index: &'a str,
}

#[derive(Template)]
#[template(path = "saml/logout_response.xml")]
struct LogoutResponse<'a> {
    party: &'a Party,
    id: &'a str,
    instant: String,
    destination: &'a str,
    signed: bool,
    in_response_to: &'a str,
}
