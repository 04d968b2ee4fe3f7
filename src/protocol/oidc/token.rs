//! The ID token, judged (OpenID Connect Core, 3.1.3.7): signature by one of the issuer's keys with an algorithm of our
//! list, issuer, audience, authorized party, times, nonce, access token, level. A claim is read only from a token that
//! kept every rule; keys come from the issuer's own key set, never from the token.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use openidconnect::{
    AccessTokenHash, ClaimsVerificationError, IdTokenClaims, IdTokenVerifier, Nonce, OAuth2TokenResponse, SignatureVerificationError,
    TokenResponse,
    core::{CoreGenderClaim, CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use serde_json::Value;

use crate::{
    base::clock,
    domain::assurance::Level,
    protocol::oidc::{
        Reason,
        client::{Claims, Token, Tokens, relying_party},
        party::Party,
        provider::Provider,
    },
};

/// The algorithms we believe. HS256 and its kin would make a forger of everybody who knows our secret or, where a public
/// key is taken for one, of everybody.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] =
    [CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::RsaSsaPssSha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256];

/// What the question was, to hold the answer against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The nonce that was sent.
    pub nonce: &'a str,
    /// The least level.
    pub least: Level,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The time now.
    pub now: Timestamp,
}

/// What a sound ID token says.
pub struct Judged {
    /// The broker's name for the person.
    pub subject: String,
    /// The level of the login.
    pub level: Level,
    /// When the person used MitID.
    pub at: Timestamp,
    /// Every claim, by name.
    claims: Value,
}

impl Judged {
    /// A claim that is a text of 1 to 200 characters.
    pub fn text(&self, name: &str) -> Option<&str> {
        text(&self.claims, name)
    }
}

impl std::fmt::Debug for Judged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judged").field("level", &self.level).field("at", &self.at).finish_non_exhaustive()
    }
}

/// A claim that is a text of 1 to 200 characters, none of them a control character.
pub(super) fn text<'v>(claims: &'v Value, name: &str) -> Option<&'v str> {
    let value = claims.get(name)?.as_str()?;
    ((1..=200).contains(&value.chars().count()) && !value.chars().any(char::is_control)).then_some(value)
}

/// Judges the ID token among the tokens.
pub fn judge(party: &Party, provider: &Provider, tokens: &Tokens, expected: &Expected<'_>) -> Result<Judged, Reason> {
    let token = tokens.id_token().ok_or(Reason::NoIdToken)?;
    let client = relying_party(party, provider);
    let (earliest, latest) = (clock::plus(expected.now, -party.clock_skew), clock::plus(expected.now, party.clock_skew));
    let asked = clock::plus(expected.asked_at, -party.clock_skew);
    let clock = system_time(earliest);
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || clock.into())
        .set_issue_time_verifier_fn(move |at| within(at.timestamp(), asked, latest, "iat"));
    let claims = token.claims(&verifier, &Nonce::new(expected.nonce.to_owned())).map_err(|error| reason(&error))?;
    authorized(party, claims)?;
    access_token(tokens, token, claims, &verifier)?;
    let at = match claims.auth_time() {
        Some(at) if within(at.timestamp(), asked, latest, "auth_time").is_err() => return Err(Reason::AuthTime),
        None if party.require_auth_time => return Err(Reason::AuthTime),
        Some(at) => at.timestamp(),
        None => claims.issue_time().timestamp(),
    };
    let subject = claims.subject().to_string();
    let claims = serde_json::to_value(claims).map_err(|_| Reason::Malformed)?;
    let level = text(&claims, &party.claims.level).and_then(|value| party.level(value));
    let level = level.filter(|level| *level >= expected.least).ok_or(Reason::Level)?;
    Ok(Judged { subject, level, at: clock::from_millis(at.saturating_mul(1000)), claims })
}

/// Whether the token is for us alone (Core 3.1.3.7, 3 to 5).
fn authorized(party: &Party, claims: &IdTokenClaims<Claims, CoreGenderClaim>) -> Result<(), Reason> {
    match claims.authorized_party() {
        Some(azp) if azp.as_str() != party.client_id => Err(Reason::AuthorizedParty),
        _ => Ok(()),
    }
}

/// Whether the access token is the one the ID token was issued with, where it says so (Core 3.1.3.8).
fn access_token(
    tokens: &Tokens,
    token: &Token,
    claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
) -> Result<(), Reason> {
    let Some(stated) = claims.access_token_hash() else { return Ok(()) };
    let algorithm = token.signing_alg().map_err(|_| Reason::Algorithm)?;
    let key = token.signing_key(verifier).map_err(|_| Reason::WrongKey)?;
    let made = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|_| Reason::AccessTokenHash)?;
    if made == *stated { Ok(()) } else { Err(Reason::AccessTokenHash) }
}

fn within(at: i64, from: Timestamp, to: Timestamp, what: &str) -> Result<(), String> {
    // Whole seconds in the token, milliseconds on our clock.
    if (from.as_second()..=to.as_second() + 1).contains(&at) { Ok(()) } else { Err(what.to_owned()) }
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0))
}

fn reason(error: &ClaimsVerificationError) -> Reason {
    match error {
        ClaimsVerificationError::Expired(what) if what == "iat" => Reason::IssuedAt,
        ClaimsVerificationError::Expired(_) => Reason::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Reason::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Reason::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Reason::Nonce,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoSignature => Reason::Unsigned,
            SignatureVerificationError::DisallowedAlg(words) if words.contains("`none`") => Reason::Unsigned,
            SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => Reason::Algorithm,
            SignatureVerificationError::CryptoError(_) => Reason::BadSignature,
            _ => Reason::WrongKey,
        },
        ClaimsVerificationError::Unsupported(_) => Reason::Algorithm,
        _ => Reason::Malformed,
    }
}
