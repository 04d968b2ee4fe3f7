//! The claims of the userinfo endpoint, for brokers that keep the CPR number out of ID tokens. They are believed only
//! when they speak of the same person as the ID token (OpenID Connect Core, 5.3.2).

use openidconnect::{OAuth2TokenResponse, SubjectIdentifier, UserInfoClaims, UserInfoError, core::CoreGenderClaim};
use serde_json::Value;

use crate::protocol::oidc::{
    Reason,
    client::{Claims, Tokens, relying_party},
    party::Party,
    provider::Provider,
    token,
    wire::Wire,
};

/// What the endpoint tells of a person.
pub struct Told(Value);

impl Told {
    /// A claim that is a text of 1 to 200 characters.
    pub fn text(&self, name: &str) -> Option<&str> {
        token::text(&self.0, name)
    }
}

/// Asks for the claims of the person `subject`; `None` when the broker has no such endpoint.
pub async fn told((party, provider): (&Party, &Provider), wire: &Wire, tokens: &Tokens, subject: &str) -> Result<Option<Told>, Reason> {
    let client = relying_party(party, provider);
    let subject = SubjectIdentifier::new(subject.to_owned());
    let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject)) else { return Ok(None) };
    let claims: UserInfoClaims<Claims, CoreGenderClaim> = request.request_async(wire).await.map_err(|error| match error {
        UserInfoError::Request(reason) => reason,
        UserInfoError::ClaimsVerification(_) => Reason::Subject,
        UserInfoError::Response(..) => Reason::Status,
        _ => Reason::Malformed,
    })?;
    Ok(Some(Told(serde_json::to_value(claims).map_err(|_| Reason::Malformed)?)))
}
