//! What the broker publishes of itself (OpenID Connect Discovery), judged before anything of it is used: the issuer must
//! be the configured one, every address one that we may call, every key one that we would believe. Asking again when it
//! is old, or when a key is unknown, is `service::mitid::broker`'s.

use openidconnect::{
    AdditionalProviderMetadata, EndSessionUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::protocol::oidc::{Reason, wire::Wire};

/// A broker has a handful of keys; more only cost time.
const MOST_KEYS: usize = 50;
/// The shortest RSA modulus we believe, in bytes (2048 bits), and the longest (4096 bits).
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// What the crate does not know of.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct More {
    /// Where one logs out (RP-Initiated Logout).
    pub end_session_endpoint: Option<EndSessionUrl>,
    /// Whether every authorization response names its issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

/// The discovery document.
pub type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A broker as it published itself, judged.
#[derive(Debug, Clone)]
pub struct Provider {
    metadata: Metadata,
}

impl Provider {
    /// Fetches the discovery document and the keys of `issuer`.
    pub async fn discover(wire: &Wire, issuer: &str) -> Result<Self, Reason> {
        let address = Url::parse(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')));
        let metadata = judged(&wire.document(&address.map_err(|_| Reason::Address)?).await?, issuer, wire)?;
        Self { metadata }.with_fresh_keys(wire).await
    }

    /// The same broker with its keys fetched anew.
    pub async fn with_fresh_keys(&self, wire: &Wire) -> Result<Self, Reason> {
        let keys = usable(&wire.document(self.metadata.jwks_uri().url()).await?)?;
        Ok(Self { metadata: self.metadata.clone().set_jwks(keys) })
    }

    /// A broker by its document alone, unjudged and without keys.
    #[cfg(test)]
    pub(super) fn of_document(document: &str) -> Self {
        Self { metadata: serde_json::from_str(document).unwrap() }
    }

    /// The document.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether every authorization response names its issuer.
    pub fn names_itself(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }

    /// Where one logs out.
    pub fn end_session(&self) -> Option<&EndSessionUrl> {
        self.metadata.additional_metadata().end_session_endpoint.as_ref()
    }

    /// Whether statements signed with PS256 are taken by the token endpoint.
    pub fn takes_pss(&self) -> bool {
        let known = self.metadata.token_endpoint_auth_signing_alg_values_supported();
        known.is_some_and(|known| known.contains(&CoreJwsSigningAlgorithm::RsaSsaPssSha256))
    }
}

/// Reads the document and judges issuer and addresses.
fn judged(document: &[u8], issuer: &str, wire: &Wire) -> Result<Metadata, Reason> {
    let metadata: Metadata = serde_json::from_slice(document).map_err(|_| Reason::Malformed)?;
    if metadata.issuer().as_str() != issuer {
        return Err(Reason::Issuer);
    }
    let more = metadata.additional_metadata();
    let mut addresses = vec![metadata.authorization_endpoint().url(), metadata.jwks_uri().url()];
    addresses.push(metadata.token_endpoint().ok_or(Reason::Malformed)?.url());
    addresses.extend(metadata.userinfo_endpoint().map(|address| address.url()));
    addresses.extend(more.end_session_endpoint.as_ref().map(|address| address.url()));
    if addresses.into_iter().all(|address| wire.permits(address)) { Ok(metadata) } else { Err(Reason::Address) }
}

/// The keys that may sign ID tokens: RSA of 2048 to 4096 bits and P-256, for signing. Others are passed over; a set
/// without one of these, or with very many, is refused.
fn usable(document: &[u8]) -> Result<CoreJsonWebKeySet, Reason> {
    let document: Value = serde_json::from_slice(document).map_err(|_| Reason::Malformed)?;
    let keys = document.get("keys").and_then(Value::as_array).ok_or(Reason::Malformed)?;
    if keys.len() > MOST_KEYS {
        return Err(Reason::Keys);
    }
    let usable = keys.iter().filter(|key| is_usable(key)).filter_map(|key| CoreJsonWebKey::deserialize(key).ok());
    let set = CoreJsonWebKeySet::new(usable.collect());
    if set.keys().is_empty() { Err(Reason::Keys) } else { Ok(set) }
}

fn is_usable(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    // base64url without padding: four characters for three bytes.
    let bytes = |name: &str| text(name).map_or(0, |text| text.trim_start_matches('A').len() * 3 / 4);
    let signs = text("use").is_none_or(|purpose| purpose == "sig");
    let kind = match text("kty") {
        Some("RSA") => MODULUS.contains(&bytes("n")),
        Some("EC") => text("crv") == Some("P-256"),
        _ => false,
    };
    signs && kind
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://broker.example/op";

    fn document(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://broker.example/op/authorize",
            "token_endpoint": "https://broker.example/op/token",
            "userinfo_endpoint": "https://broker.example/op/userinfo",
            "end_session_endpoint": "https://broker.example/op/logout",
            "jwks_uri": "https://keys.broker.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "something-new"],
            "authorization_response_iss_parameter_supported": true,
        });
        change(&mut document);
        document.to_string().into_bytes()
    }

    fn judge(change: impl FnOnce(&mut Value)) -> Result<Metadata, Reason> {
        judged(&document(change), ISSUER, &Wire::new(ISSUER, Duration::from_secs(1)).unwrap())
    }

    #[test]
    fn a_document_is_the_configured_issuers_and_points_nowhere_inside() {
        let sound = Provider { metadata: judge(|_| ()).unwrap() };
        assert!(sound.names_itself() && sound.end_session().is_some() && !sound.takes_pss());
        assert_eq!(judge(|document| document["issuer"] = json!("https://broker.example/op/")).unwrap_err(), Reason::Issuer);
        assert_eq!(judge(|document| document["issuer"] = json!("https://evil.example")).unwrap_err(), Reason::Issuer);
        for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint", "jwks_uri"] {
            for inside in ["http://broker.example/x", "https://10.0.0.1/x", "https://localhost/x"] {
                assert_eq!(judge(|document| document[name] = json!(inside)).unwrap_err(), Reason::Address, "{name} {inside}");
            }
        }
        assert_eq!(judge(|document| drop(document.as_object_mut().unwrap().remove("token_endpoint"))).unwrap_err(), Reason::Malformed);
        assert!(
            !Provider { metadata: judge(|document| document["authorization_response_iss_parameter_supported"] = json!(false)).unwrap() }
                .names_itself()
        );
    }

    #[test]
    fn only_keys_that_would_be_believed_are_kept() {
        let set = |keys: Value| usable(json!({ "keys": keys }).to_string().as_bytes());
        let rsa = |kid: &str, length: usize| json!({ "kty": "RSA", "kid": kid, "e": "AQAB", "n": "w".repeat(length) });
        let ec = json!({ "kty": "EC", "crv": "P-256", "kid": "e", "x": "w".repeat(43), "y": "w".repeat(43) });
        let mut sealing = rsa("enc", 342);
        sealing["use"] = json!("enc");
        let others = json!([rsa("a", 342), ec, rsa("short", 171), sealing, { "kty": "oct", "k": "c2VjcmV0" }, { "kty": "OKP", "crv": "Ed25519", "x": "w" }, { "kty": "new" }, 7]);
        assert_eq!(set(others).unwrap().keys().len(), 2);
        assert_eq!(set(json!([])).unwrap_err(), Reason::Keys);
        assert_eq!(set(json!([rsa("short", 171)])).unwrap_err(), Reason::Keys);
        assert_eq!(set((0..1000).map(|n| rsa(&n.to_string(), 342)).collect()).unwrap_err(), Reason::Keys);
        assert_eq!(usable(b"<html>").unwrap_err(), Reason::Malformed);
        assert_eq!(usable(b"{}").unwrap_err(), Reason::Malformed);
    }
}
