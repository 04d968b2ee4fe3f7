//! The authorization response that the browser brings back: a code, or an error. Everything in it is the browser's word
//! until the state was compared; the issuer it names must be the broker we asked (RFC 9207), so that a code of another
//! broker is never carried to ours (mix-up).

use openidconnect::AuthorizationCode;
use serde::Deserialize;

use crate::protocol::oidc::{Reason, party::Party, provider::Provider};

/// The query of the redirect back to us.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Answer {
    /// The state that was sent.
    pub state: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The issuer.
    pub iss: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Answer {
    /// The code, if this is an answer to the question that was sent with `state`.
    pub fn code(&self, party: &Party, provider: &Provider, state: &str) -> Result<AuthorizationCode, Reason> {
        let same =
            self.state.as_deref().is_some_and(|own| own.len() == state.len() && openssl::memcmp::eq(own.as_bytes(), state.as_bytes()));
        if !same {
            return Err(Reason::State);
        }
        match &self.iss {
            Some(issuer) if *issuer != party.issuer => return Err(Reason::Issuer),
            None if provider.names_itself() => return Err(Reason::Issuer),
            _ => {}
        }
        match (self.error.as_deref(), &self.code) {
            (Some("access_denied" | "user_cancelled" | "login_cancelled"), None) => Err(Reason::Cancelled),
            (Some(_), None) => Err(Reason::BrokerError),
            (None, Some(code)) if !code.is_empty() && code.len() <= 4096 => Ok(AuthorizationCode::new(code.clone())),
            _ => Err(Reason::Parameters),
        }
    }
}
