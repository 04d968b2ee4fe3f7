//! The code for tokens: one request to the token endpoint, with the code verifier and the proof of who we are. What
//! comes back is not believed here; `token` judges it.

use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardErrorResponse, StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde_json::json;

use crate::{
    crypto::jws::Algorithm,
    protocol::oidc::{
        Reason,
        ask::Secrets,
        party::{Authentication, Party},
        provider::Provider,
        token::Claims,
        wire::Wire,
    },
};

/// What the token endpoint answers.
pub type Tokens = StandardTokenResponse<
    IdTokenFields<Claims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>,
    CoreTokenType,
>;

/// We, as the crate knows us.
pub type RelyingParty = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A statement to the token endpoint lives this long, in seconds.
const STATEMENT_SECONDS: i64 = 60;

/// The crate's client for the broker as it is known now. It never learns our secret as a key for ID tokens: HS256 is
/// no algorithm here.
pub fn relying_party(party: &Party, provider: &Provider) -> RelyingParty {
    let secret = match &party.authentication {
        Authentication::SecretBasic(secret) | Authentication::SecretPost(secret) => Some(ClientSecret::new(secret.expose().clone())),
        Authentication::PrivateKey(_) => None,
    };
    let kind = match party.authentication {
        Authentication::SecretBasic(_) => AuthType::BasicAuth,
        Authentication::SecretPost(_) | Authentication::PrivateKey(_) => AuthType::RequestBody,
    };
    let client = RelyingParty::from_provider_metadata(provider.metadata().clone(), ClientId::new(party.client_id.clone()), secret);
    match RedirectUrl::new(party.redirect_uri.clone()) {
        Ok(address) => client.set_redirect_uri(address),
        // The settings were checked; a broker refuses a request without it.
        Err(_) => client,
    }
    .set_auth_type(kind)
}

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
    request.request_async(wire).await.map_err(|error| match error {
        RequestTokenError::Request(reason) => reason,
        RequestTokenError::ServerResponse(_) => Reason::TokenRefused,
        RequestTokenError::Parse(..) => Reason::Malformed,
        RequestTokenError::Other(_) => Reason::Status,
    })
}
