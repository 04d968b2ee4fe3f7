//! The ways a sign-on or logout can fail that a relying party is told of: a signed status of two levels.
//!
//! What may not be answered at all is a `Reason`, never a `Fault`. The path goes on to `response` and `logout`.

use crate::protocol::saml::names::status;

/// A refusal in the words of SAML core 3.2.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Fault {
    /// The level or profile asked for is not reached or not offered.
    NoAuthnContext,
    /// Nobody is logged in with enough, and asking was forbidden.
    NoPassive,
    /// The NameID policy cannot be met.
    InvalidNameIdPolicy,
    /// The person could not or would not log in.
    AuthnFailed,
    /// We may not answer this: no encryption possible, not entitled, logged in as another.
    RequestDenied,
    /// A combination we never serve, such as ForceAuthn with IsPassive.
    RequestUnsupported,
    /// The person is not known, or not to that relying party.
    UnknownPrincipal,
    /// A version other than 2.0.
    VersionMismatch,
    /// Something failed here.
    Internal,
    /// Logged out here, but not everywhere.
    PartialLogout,
}

impl Fault {
    /// Top-level and second-level status code.
    pub fn codes(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::NoAuthnContext => (status::REQUESTER, Some(status::NO_AUTHN_CONTEXT)),
            // Responder, as OIOSAML.Net expects it.
            Self::NoPassive => (status::RESPONDER, Some(status::NO_PASSIVE)),
            Self::InvalidNameIdPolicy => (status::REQUESTER, Some(status::INVALID_NAME_ID_POLICY)),
            Self::AuthnFailed => (status::RESPONDER, Some(status::AUTHN_FAILED)),
            Self::RequestDenied => (status::RESPONDER, Some(status::REQUEST_DENIED)),
            Self::RequestUnsupported => (status::REQUESTER, Some(status::REQUEST_UNSUPPORTED)),
            Self::UnknownPrincipal => (status::REQUESTER, Some(status::UNKNOWN_PRINCIPAL)),
            Self::VersionMismatch => (status::VERSION_MISMATCH, None),
            Self::Internal => (status::RESPONDER, None),
            // Our session is over; that not everybody could be told comes second (SAML core 3.7.3.2).
            Self::PartialLogout => (status::SUCCESS, Some(status::PARTIAL_LOGOUT)),
        }
    }

    /// The word for the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAuthnContext => "NoAuthnContext",
            Self::NoPassive => "NoPassive",
            Self::InvalidNameIdPolicy => "InvalidNameIDPolicy",
            Self::AuthnFailed => "AuthnFailed",
            Self::RequestDenied => "RequestDenied",
            Self::RequestUnsupported => "RequestUnsupported",
            Self::UnknownPrincipal => "UnknownPrincipal",
            Self::VersionMismatch => "VersionMismatch",
            Self::Internal => "Responder",
            Self::PartialLogout => "PartialLogout",
        }
    }
}
