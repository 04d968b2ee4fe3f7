//! We as the crate knows us, and the types its messages have with this broker's claims. Nothing is asked or judged here.

use std::collections::BTreeMap;

use openidconnect::{
    AdditionalClaims, AuthType, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken,
    IdTokenFields, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::oidc::{
    party::{Authentication, Party},
    provider::Provider,
};

/// Claims that the standard does not know.
#[derive(Clone, Deserialize, Serialize)]
pub struct Claims {
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}

impl AdditionalClaims for Claims {}

impl std::fmt::Debug for Claims {
    /// The names only: among the values is a CPR number.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.all.keys()).finish()
    }
}

/// An ID token as it came.
pub type Token = IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

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
