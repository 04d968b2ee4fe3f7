//! Signs the short-lived statements by which we prove to a broker who we are (RFC 7523), as compact JWS (RFC 7515).
//! The private key is read once, never printed and never leaves this room. Nothing is verified here: what others sign
//! is judged by `protocol::oidc`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    bn::{BigNum, BigNumContext},
    ecdsa::EcdsaSig,
    hash::MessageDigest,
    nid::Nid,
    pkey::{Id as KeyKind, PKey, Private},
    rsa::Padding,
    sign::{RsaPssSaltlen, Signer},
};
use serde_json::{Value, json};

use crate::crypto::keyring::{KeyError, MIN_SIGNING_BITS};

/// How a statement is signed (RFC 7518, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// The value of `alg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A key of ours that signs statements to a broker: RSA of at least 3072 bits, or ECDSA on P-256.
#[derive(Clone)]
pub struct StatementKey {
    key: PKey<Private>,
    id: String,
    public: Value,
}

impl StatementKey {
    /// Reads a PEM key. Without `id` it is known by its thumbprint (RFC 7638).
    pub fn from_pem(pem: &[u8], id: Option<&str>) -> Result<Self, KeyError> {
        // An empty passphrase instead of none: OpenSSL must never ask on the terminal.
        let key = PKey::private_key_from_pem_passphrase(pem, b"").map_err(|_| KeyError::UnreadableKey)?;
        let mut public = match key.id() {
            KeyKind::RSA if key.bits() < MIN_SIGNING_BITS => {
                return Err(KeyError::Length { bits: key.bits(), least: MIN_SIGNING_BITS });
            }
            KeyKind::RSA => rsa_members(&key),
            KeyKind::EC => ec_members(&key),
            _ => return Err(KeyError::UnsupportedKey),
        }?;
        // The members stand in the order of their names, as the thumbprint wants them.
        let id = id.map_or_else(|| URL_SAFE_NO_PAD.encode(openssl::sha::sha256(public.to_string().as_bytes())), str::to_owned);
        if let Some(members) = public.as_object_mut() {
            members.insert("kid".to_owned(), id.as_str().into());
            members.insert("use".to_owned(), "sig".into());
        }
        Ok(Self { key, id, public })
    }

    /// Whether the key is RSA (else it is ECDSA).
    pub fn is_rsa(&self) -> bool {
        self.key.id() == KeyKind::RSA
    }

    /// The public key as a JSON Web Key (RFC 7517), to be registered with the broker.
    pub fn public(&self) -> &Value {
        &self.public
    }

    /// Signs the claims.
    pub fn sign(&self, algorithm: Algorithm, claims: &Value) -> Result<String, KeyError> {
        let header = json!({ "alg": algorithm.as_str(), "kid": self.id, "typ": "JWT" });
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.signature(algorithm, text.as_bytes()).map_err(|_| KeyError::Signing)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signature(&self, algorithm: Algorithm, bytes: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        match algorithm {
            Algorithm::Rs256 => {}
            Algorithm::Ps256 => {
                signer.set_rsa_padding(Padding::PKCS1_PSS)?;
                signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            }
            Algorithm::Es256 => {
                // JWS wants the two numbers side by side (RFC 7518, 3.4), OpenSSL makes DER.
                let pair = EcdsaSig::from_der(&signer.sign_oneshot_to_vec(bytes)?)?;
                return Ok([pair.r().to_vec_padded(32)?, pair.s().to_vec_padded(32)?].concat());
            }
        }
        signer.sign_oneshot_to_vec(bytes)
    }
}

impl std::fmt::Debug for StatementKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatementKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn rsa_members(key: &PKey<Private>) -> Result<Value, KeyError> {
    let rsa = key.rsa().map_err(|_| KeyError::UnreadableKey)?;
    let text = |number: &openssl::bn::BigNumRef| URL_SAFE_NO_PAD.encode(number.to_vec());
    Ok(json!({ "e": text(rsa.e()), "kty": "RSA", "n": text(rsa.n()) }))
}

fn ec_members(key: &PKey<Private>) -> Result<Value, KeyError> {
    let ec = key.ec_key().map_err(|_| KeyError::UnreadableKey)?;
    if ec.group().curve_name() != Some(Nid::X9_62_PRIME256V1) {
        return Err(KeyError::UnsupportedKey);
    }
    let place = || -> Result<(Vec<u8>, Vec<u8>), openssl::error::ErrorStack> {
        let (mut x, mut y, mut room) = (BigNum::new()?, BigNum::new()?, BigNumContext::new()?);
        ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut room)?;
        Ok((x.to_vec_padded(32)?, y.to_vec_padded(32)?))
    };
    let (x, y) = place().map_err(|_| KeyError::UnreadableKey)?;
    Ok(json!({ "crv": "P-256", "kty": "EC", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) }))
}

#[cfg(test)]
mod tests {
    use openssl::{
        ec::{EcGroup, EcKey},
        rsa::Rsa,
        sign::Verifier,
    };

    use super::*;

    fn ec() -> PKey<Private> {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn statements_are_signed_as_the_header_says() {
        let rsa = PKey::from_rsa(Rsa::generate(MIN_SIGNING_BITS).unwrap()).unwrap();
        let ec = ec();
        for (key, algorithm) in [(&rsa, Algorithm::Rs256), (&rsa, Algorithm::Ps256), (&ec, Algorithm::Es256)] {
            let own = StatementKey::from_pem(&key.private_key_to_pem_pkcs8().unwrap(), None).unwrap();
            let token = own.sign(algorithm, &json!({ "iss": "us" })).unwrap();
            let (text, signature) = token.rsplit_once('.').unwrap();
            let header = URL_SAFE_NO_PAD.decode(text.split_once('.').unwrap().0).unwrap();
            let header: Value = serde_json::from_slice(&header).unwrap();
            assert_eq!((header["alg"].as_str(), header["kid"].as_str()), (Some(algorithm.as_str()), own.public()["kid"].as_str()));
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let mut verifier = Verifier::new(MessageDigest::sha256(), key).unwrap();
            if algorithm == Algorithm::Ps256 {
                verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
                verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            }
            let signature = match algorithm {
                Algorithm::Es256 => {
                    let number = |half: &[u8]| BigNum::from_slice(half).unwrap();
                    let pair = EcdsaSig::from_private_components(number(&signature[..32]), number(&signature[32..])).unwrap();
                    pair.to_der().unwrap()
                }
                _ => signature,
            };
            assert!(verifier.verify_oneshot(&signature, text.as_bytes()).unwrap(), "{algorithm:?}");
        }
    }

    #[test]
    fn short_keys_and_other_kinds_are_refused_and_an_id_of_ones_own_is_kept() {
        let short = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap().private_key_to_pem_pkcs8().unwrap();
        assert!(matches!(StatementKey::from_pem(&short, None), Err(KeyError::Length { .. })));
        let edwards = PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().unwrap();
        assert_eq!(StatementKey::from_pem(&edwards, None).unwrap_err(), KeyError::UnsupportedKey);
        assert_eq!(StatementKey::from_pem(b"no key", None).unwrap_err(), KeyError::UnreadableKey);
        let named = StatementKey::from_pem(&ec().private_key_to_pem_pkcs8().unwrap(), Some("2026")).unwrap();
        assert_eq!(named.public()["kid"], "2026");
        assert!(named.public().get("d").is_none(), "only what is public");
    }
}
