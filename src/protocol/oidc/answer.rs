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

/// An answer whose state is the one this browser was sent away with.
#[derive(Debug)]
pub struct Matched(Answer);

impl Answer {
    /// Compares the state; nothing else of an answer is looked at before.
    pub fn to(self, state: &str) -> Result<Matched, Reason> {
        let own = self.state.as_deref().unwrap_or_default().as_bytes();
        let same = own.len() == state.len() && openssl::memcmp::eq(own, state.as_bytes());
        if same { Ok(Matched(self)) } else { Err(Reason::State) }
    }
}

impl Matched {
    /// The code, if the broker we asked gave one.
    pub fn code(&self, party: &Party, provider: &Provider) -> Result<AuthorizationCode, Reason> {
        let answer = &self.0;
        match &answer.iss {
            Some(issuer) if *issuer != party.issuer => return Err(Reason::Issuer),
            None if provider.names_itself() => return Err(Reason::Issuer),
            _ => {}
        }
        match (answer.error.as_deref(), &answer.code) {
            (Some("access_denied" | "user_cancelled" | "login_cancelled"), None) => Err(Reason::Cancelled),
            (Some(_), None) => Err(Reason::BrokerError),
            (None, Some(code)) if !code.is_empty() && code.len() <= 4096 => Ok(AuthorizationCode::new(code.clone())),
            _ => Err(Reason::Parameters),
        }
    }
}
