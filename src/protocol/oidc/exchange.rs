//! The code for tokens: one request to the token endpoint, with the code verifier and the proof of who we are. What
//! comes back is not believed here; `token` judges it.

use openidconnect::{AuthorizationCode, OAuth2TokenResponse, PkceCodeVerifier, RequestTokenError};
use serde_json::json;

use crate::{
    crypto::jws::Algorithm,
    protocol::oidc::{
        Reason,
        ask::Secrets,
        client::{Tokens, relying_party},
        party::{Authentication, Party},
        provider::Provider,
        wire::Wire,
    },
};

/// A statement to the token endpoint lives this long, in seconds.
const STATEMENT_SECONDS: i64 = 60;

/// What a statement of ours says besides who we are.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its id, never used twice.
    pub id: String,
    /// The time, in Unix seconds.
    pub now: i64,
}

/// Sends the code and gets the tokens.
pub async fn tokens(
    (party, provider): (&Party, &Provider),
    wire: &Wire,
    code: AuthorizationCode,
    secrets: &Secrets,
    statement: &Statement,
) -> Result<Tokens, Reason> {
    let client = relying_party(party, provider);
    let request = client.exchange_code(code).map_err(|_| Reason::Malformed)?;
    let mut request = request.set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()));
    if let Authentication::PrivateKey(key) = &party.authentication {
        let claims = json!({
            "iss": party.client_id,
            "sub": party.client_id,
            "aud": party.statement_audience.as_ref().unwrap_or(&party.issuer),
            "jti": statement.id,
            "iat": statement.now,
            "exp": statement.now.saturating_add(STATEMENT_SECONDS),
        });
        let algorithm = match (key.is_rsa(), provider.takes_pss()) {
            (true, true) => Algorithm::Ps256,
            (true, false) => Algorithm::Rs256,
            (false, _) => Algorithm::Es256,
        };
        let signed = key.sign(algorithm, &claims).map_err(|_| Reason::Malformed)?;
        request = request
            .add_extra_param("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .add_extra_param("client_assertion", signed);
    }
    let tokens = request.request_async(wire).await.map_err(|error| match error {
        RequestTokenError::Request(reason) => reason,
        RequestTokenError::ServerResponse(_) => Reason::TokenRefused,
        RequestTokenError::Parse(..) => Reason::Malformed,
        RequestTokenError::Other(_) => Reason::Status,
    })?;
    if is_header_text(tokens.access_token().secret()) { Ok(tokens) } else { Err(Reason::Malformed) }
}

/// Whether an access token can stand in a header (RFC 6750, 2.1); the crate falls over one that cannot.
fn is_header_text(token: &str) -> bool {
    (1..=16_384).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}
