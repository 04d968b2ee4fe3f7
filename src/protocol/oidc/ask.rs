//! The authorization request: where the browser is sent, and the three secrets that tie the answer to this browser and
//! this request: the state (it comes back through the browser), the nonce (inside the ID token) and the code verifier
//! (PKCE; it goes to the token endpoint).

use std::time::Duration;

use openidconnect::{
    AuthenticationContextClass, CsrfToken, LanguageTag, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope,
    core::{CoreAuthPrompt, CoreAuthenticationFlow},
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    base::random::Random,
    crypto::token::Token,
    domain::assurance::Level,
    protocol::oidc::{client::relying_party, party::Party, provider::Provider},
};

/// What only the browser's flow knows of a request.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// Must stand in the ID token.
    pub nonce: String,
    /// Must go to the token endpoint with the code.
    pub verifier: String,
}

impl Secrets {
    /// Fresh ones, of 256 bits each.
    pub fn random(random: &dyn Random) -> Self {
        Self { nonce: Token::random(random).to_text(), verifier: Token::random(random).to_text() }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// What is asked of the broker.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The least level; below Substantial there is nothing to ask for.
    pub least: Level,
    /// Comes back with the answer.
    pub state: &'a str,
    /// Ties the answer to this request.
    pub secrets: &'a Secrets,
    /// The language of the broker's pages (`da`, `en`).
    pub language: &'a str,
}

/// Where the browser goes. The person must log in anew there, whatever session the broker still has.
pub fn address(party: &Party, provider: &Provider, question: &Question<'_>) -> Url {
    let client = relying_party(party, provider);
    let asking = &party.asking;
    let (acr, more) = match question.least {
        Level::High => (&asking.acr_high, &asking.parameters_high),
        Level::Low | Level::Substantial => (&asking.acr_substantial, &asking.parameters_substantial),
    };
    let verifier = PkceCodeVerifier::new(question.secrets.verifier.clone());
    let (state, nonce) = (question.state.to_owned(), question.secrets.nonce.clone());
    let mut request = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || CsrfToken::new(state), move || Nonce::new(nonce))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_scopes(asking.scopes.iter().filter(|scope| *scope != "openid").map(|scope| Scope::new(scope.clone())))
        .add_prompt(CoreAuthPrompt::Login)
        .set_max_age(Duration::ZERO)
        .add_ui_locale(LanguageTag::new(question.language.to_owned()));
    for value in acr {
        request = request.add_auth_context_value(AuthenticationContextClass::new(value.clone()));
    }
    for (name, value) in asking.parameters.iter().chain(more) {
        request = request.add_extra_param(name.clone(), value.clone());
    }
    request.url().0
}
