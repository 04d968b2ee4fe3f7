//! WebAuthn ceremonies (W3C WebAuthn level 2) on webauthn-rs: options and answers as JSON, states as text that the flow
//! keeps between them. User verification is always required. No database, no HTTP, no clock but given.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        Credential, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential, WebauthnError,
    },
};
use webauthn_rs_proto::{AttestationConveyancePreference, ResidentKeyRequirement};

use crate::base::clock::seconds_between;
use crate::protocol::attestation::{Attestation, NotTaken, Origin};

/// Seconds a challenge may wait for its answer.
pub const CHALLENGE_SECONDS: i64 = 300;

/// Why an answer is refused; the words are those of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not the JSON of a credential.
    #[error("malformed")]
    Malformed,
    /// The challenge is missing, another one's, used or older than five minutes.
    #[error("challenge")]
    Challenge,
    /// Another origin, or framed by one.
    #[error("origin")]
    Origin,
    /// Another relying party's.
    #[error("rpid")]
    RpId,
    /// `create` for `get` or the other way round.
    #[error("type")]
    Type,
    /// The user was not verified, or not present.
    #[error("uv")]
    UserVerification,
    /// The signature does not fit.
    #[error("signature")]
    Signature,
    /// The counter went back: the key may have been copied.
    #[error("counter")]
    Counter,
    /// An algorithm that was not offered.
    #[error("alg")]
    Algorithm,
    /// A key nobody here has, or not this person's.
    #[error("unknown_credential")]
    UnknownCredential,
    /// Its maker, its kind or its model is not acceptable here.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// Anything else the library refuses.
    #[error("credential")]
    Credential,
}

impl Refused {
    fn of(error: &WebauthnError) -> Self {
        match error {
            WebauthnError::MismatchedChallenge => Self::Challenge,
            WebauthnError::InvalidRPOrigin => Self::Origin,
            WebauthnError::InvalidRPIDHash => Self::RpId,
            WebauthnError::InvalidClientDataType => Self::Type,
            WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => Self::UserVerification,
            WebauthnError::AuthenticationFailure | WebauthnError::SignatureInvalid => Self::Signature,
            WebauthnError::CredentialPossibleCompromise => Self::Counter,
            WebauthnError::CredentialInsecureCryptography
            | WebauthnError::CredentialAlteredAlgFromRequest
            | WebauthnError::COSEKeyInvalidAlgorithm => Self::Algorithm,
            WebauthnError::CredentialNotFound | WebauthnError::InvalidUserUniqueId => Self::UnknownCredential,
            _ => Self::Credential,
        }
    }
}

/// The relying party identity under which keys are made.
#[derive(Clone)]
pub struct Ceremonies {
    library: Arc<Webauthn>,
    attestation: Arc<Attestation>,
}

impl std::fmt::Debug for Ceremonies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ceremonies(..)")
    }
}

/// A state kept between question and answer.
#[derive(Serialize, Deserialize)]
struct Kept<S> {
    at: Timestamp,
    state: S,
}

/// A new credential.
#[derive(Debug)]
pub struct Registered {
    /// Its id.
    pub credential_id: Vec<u8>,
    /// Its public part and counter, to be stored.
    pub json: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// A credential that was used.
#[derive(Debug)]
pub struct Used {
    /// What to store in place of the old JSON.
    pub json: String,
    /// Whether the user was verified.
    pub user_verified: bool,
}

impl Ceremonies {
    /// Keys are bound to the domain `rp_id`; pages are at `origin`.
    pub fn new(rp_id: &str, origin: &Url, name: &str) -> Result<Self, WebauthnError> {
        let library = Arc::new(WebauthnBuilder::new(rp_id, origin)?.rp_name(name).build()?);
        Ok(Self { library, attestation: Arc::default() })
    }

    /// The same with demands on new keys.
    #[must_use]
    pub fn with_attestation(self, attestation: Attestation) -> Self {
        Self { attestation: Arc::new(attestation), ..self }
    }

    /// Options and state for making a key. `known` are the stored JSONs that may not be made twice.
    pub fn start_registration(
        &self,
        person: Uuid,
        names: (&str, &str),
        known: &[String],
        now: Timestamp,
    ) -> Result<(Value, String), Refused> {
        let exclude = read_all(known).into_iter().map(|key: Passkey| key.cred_id().clone()).collect();
        let started = self.library.start_passkey_registration(person, names.0, names.1, Some(exclude));
        let (mut options, state) = started.map_err(|error| Refused::of(&error))?;
        // A key that the device can offer by itself makes the one-tap login possible; devices that cannot still serve.
        if let Some(selection) = options.public_key.authenticator_selection.as_mut() {
            selection.resident_key = Some(ResidentKeyRequirement::Preferred);
        }
        if self.attestation.is_asked() {
            options.public_key.attestation = Some(AttestationConveyancePreference::Direct);
        }
        Ok((to_json(&options)?, keep(state, now)?))
    }

    /// Judges a new key.
    pub fn finish_registration(&self, answer: &Value, state: &str, now: Timestamp) -> Result<Registered, Refused> {
        let answer: RegisterPublicKeyCredential = read(answer)?;
        same_origin_only(answer.response.client_data_json.as_ref())?;
        let state: PasskeyRegistration = open(state, now)?;
        let key = self.library.finish_passkey_registration(&answer, &state).map_err(|error| Refused::of(&error))?;
        let json = serde_json::to_string(&key).map_err(|_| Refused::Malformed)?;
        let credential_id = key.cred_id().to_vec();
        let origin = self.attestation.judge(&Credential::from(key))?;
        Ok(Registered { credential_id, json, origin })
    }

    /// Options and state for a login by whichever passkey the browser offers.
    pub fn start_discovery(&self, now: Timestamp) -> Result<(Value, String), Refused> {
        let (options, state) = self.library.start_discoverable_authentication().map_err(|error| Refused::of(&error))?;
        Ok((to_json(&options)?, keep(state, now)?))
    }

    /// Whose passkey and which one the answer claims to be; proves nothing yet.
    pub fn claimed(&self, answer: &Value) -> Result<(Uuid, Vec<u8>), Refused> {
        let answer: PublicKeyCredential = read(answer)?;
        let (person, credential) = self.library.identify_discoverable_authentication(&answer).map_err(|error| Refused::of(&error))?;
        Ok((person, credential.to_vec()))
    }

    /// Judges a login by passkey against the stored credential.
    pub fn finish_discovery(&self, answer: &Value, state: &str, stored: &str, now: Timestamp) -> Result<Used, Refused> {
        let answer: PublicKeyCredential = read(answer)?;
        same_origin_only(answer.response.client_data_json.as_ref())?;
        let state: DiscoverableAuthentication = open(state, now)?;
        let mut key: Passkey = serde_json::from_str(stored).map_err(|_| Refused::UnknownCredential)?;
        let result = self
            .library
            .finish_discoverable_authentication_v2(&answer, state, DiscoverableKey::from(&key))
            .map_err(|error| Refused::of(&error))?;
        key.update_credential(&result);
        Ok(Used { json: serde_json::to_string(&key).map_err(|_| Refused::Malformed)?, user_verified: result.user_verified() })
    }

    /// Options and state for proving one of a person's keys beside a password.
    pub fn start_proof(&self, stored: &[String], now: Timestamp) -> Result<(Value, String), Refused> {
        let keys: Vec<Passkey> = read_all(stored);
        let (options, state) = self.library.start_passkey_authentication(&keys).map_err(|error| Refused::of(&error))?;
        Ok((to_json(&options)?, keep(state, now)?))
    }

    /// Judges the proof; the index tells which of `stored` it was.
    pub fn finish_proof(&self, answer: &Value, state: &str, stored: &[String], now: Timestamp) -> Result<(usize, Used), Refused> {
        let answer: PublicKeyCredential = read(answer)?;
        same_origin_only(answer.response.client_data_json.as_ref())?;
        let state: PasskeyAuthentication = open(state, now)?;
        let result = self.library.finish_passkey_authentication(&answer, &state).map_err(|error| Refused::of(&error))?;
        for (index, json) in stored.iter().enumerate() {
            let Ok(mut key) = serde_json::from_str::<Passkey>(json) else { continue };
            if key.update_credential(&result).is_some() {
                let json = serde_json::to_string(&key).map_err(|_| Refused::Malformed)?;
                return Ok((index, Used { json, user_verified: result.user_verified() }));
            }
        }
        Err(Refused::UnknownCredential)
    }
}

/// The fields of the client data that the library leaves to us: a login framed by another site is refused.
fn same_origin_only(client_data: &[u8]) -> Result<(), Refused> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ClientData {
        #[serde(default)]
        cross_origin: bool,
        top_origin: Option<Value>,
    }
    let data: ClientData = serde_json::from_slice(client_data).map_err(|_| Refused::Malformed)?;
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Refused::Origin);
    }
    Ok(())
}

fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, Refused> {
    T::deserialize(answer).map_err(|_| Refused::Malformed)
}

fn read_all<T: DeserializeOwned>(stored: &[String]) -> Vec<T> {
    stored.iter().filter_map(|json| serde_json::from_str(json).ok()).collect()
}

fn to_json(options: &impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(options).map_err(|_| Refused::Malformed)
}

fn keep<S: Serialize>(state: S, at: Timestamp) -> Result<String, Refused> {
    serde_json::to_string(&Kept { at, state }).map_err(|_| Refused::Malformed)
}

fn open<S: DeserializeOwned>(kept: &str, now: Timestamp) -> Result<S, Refused> {
    let kept: Kept<S> = serde_json::from_str(kept).map_err(|_| Refused::Challenge)?;
    if !(0..=CHALLENGE_SECONDS).contains(&seconds_between(kept.at, now)) {
        return Err(Refused::Challenge);
    }
    Ok(kept.state)
}
