//! Keys and certificates: our own signing keys, and the public keys of relying parties out of their metadata.
//!
//! A private key is read once, never printed and never leaves this room; it signs, or opens what was encrypted to us. Chains are not checked here:
//! a relying party's key is trusted because its metadata was registered. The path goes on to `xmldsig` and `xmlenc`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bergshamra_keys::{Key, KeyUsage};
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{Id as KeyKind, PKey, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::Signer;
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use crate::base::clock;
use crate::base::random::{self, Random};
use crate::base::secret::Secret;
pub use crate::crypto::certificate::{Certificate, KeyError};

/// The key that opens what was encrypted to us.
mod decryption;
pub use decryption::DecryptionKey;

/// The shortest RSA key we sign with, in bits (NSIS and ASVS 11.2.3: 128-bit strength).
pub const MIN_SIGNING_BITS: u32 = 3072;
/// The shortest RSA key of a relying party, in bits (SAML2Int MD06).
pub const MIN_PEER_BITS: u32 = 2048;
/// Longer RSA keys only cost time; refused so that a registered key cannot slow verification down.
const MAX_RSA_BITS: u32 = 8192;

/// An RSA private key of ours with its certificate. Signs from any number of threads at once.
#[derive(Clone)]
pub struct SigningKey {
    key: PKey<Private>,
    certificate: Certificate,
}

impl SigningKey {
    /// Reads a PEM key (PKCS#8 or PKCS#1, encrypted if `passphrase` is given) and its PEM certificate.
    ///
    /// `allow_short` accepts RSA keys of 2048 bits, for test federations that still use them.
    pub fn from_pem(key: &[u8], certificate: &[u8], passphrase: Option<&Secret<String>>, allow_short: bool) -> Result<Self, KeyError> {
        // An empty passphrase instead of none: OpenSSL must never ask on the terminal.
        let passphrase = passphrase.map(|secret| secret.expose().as_bytes()).unwrap_or_default();
        let key = PKey::private_key_from_pem_passphrase(key, passphrase).map_err(|_| KeyError::UnreadableKey)?;
        let x509 = X509::from_pem(certificate).map_err(|_| KeyError::UnreadableCertificate)?;
        Self::pair(key, &x509, allow_short)
    }

    /// Opens a PKCS#12 file (`.p12`, `.pfx`), the form OCES3 certificates are delivered in.
    pub fn from_pkcs12(file: &[u8], passphrase: &Secret<String>, allow_short: bool) -> Result<Self, KeyError> {
        let parsed =
            Pkcs12::from_der(file).and_then(|pkcs12| pkcs12.parse2(passphrase.expose())).map_err(|_| KeyError::UnreadablePkcs12)?;
        match (parsed.pkey, parsed.cert) {
            (Some(key), Some(x509)) => Self::pair(key, &x509, allow_short),
            _ => Err(KeyError::IncompletePkcs12),
        }
    }

    fn pair(key: PKey<Private>, x509: &X509, allow_short: bool) -> Result<Self, KeyError> {
        if key.id() != KeyKind::RSA {
            return Err(KeyError::NotRsa);
        }
        check_length(key.bits(), if allow_short { MIN_PEER_BITS } else { MIN_SIGNING_BITS })?;
        let public = x509.public_key().map_err(|_| KeyError::UnreadableCertificate)?;
        if !key.public_eq(&public) {
            return Err(KeyError::Mismatch);
        }
        Ok(Self { key, certificate: Certificate::from_x509(x509)? })
    }

    /// RSASSA-PKCS1-v1_5 over the SHA-256 of `bytes`.
    pub fn sign_sha256(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).map_err(|_| KeyError::Signing)?;
        signer.sign_oneshot_to_vec(bytes).map_err(|_| KeyError::Signing)
    }

    /// The certificate published for this key.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// DER of that certificate.
    pub fn certificate_der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// SHA-256 fingerprint of that certificate, lower-case hex.
    pub fn fingerprint(&self) -> &str {
        self.certificate.fingerprint()
    }

    /// Start of the certificate's validity.
    pub fn not_before(&self) -> Timestamp {
        self.certificate.not_before()
    }

    /// End of the certificate's validity.
    pub fn not_after(&self) -> Timestamp {
        self.certificate.not_after()
    }

    /// Bits of the RSA modulus.
    pub fn bits(&self) -> u32 {
        self.key.bits()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// The key we sign with, and the certificates published beside it while keys roll over.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// Signs everything.
    pub active: SigningKey,
    /// Published in metadata as well: the next key before it is used, the last one until relying parties have read on.
    pub published: Vec<Certificate>,
    /// Signs bootstrap tokens, where the STS is to know another key than relying parties do.
    pub bootstrap: Option<SigningKey>,
}

impl Keyring {
    /// The key that bootstrap tokens are signed with.
    pub fn for_bootstrap(&self) -> &SigningKey {
        self.bootstrap.as_ref().unwrap_or(&self.active)
    }

    /// Every certificate our metadata names: the active one first, none twice.
    pub fn certificates(&self) -> Vec<&Certificate> {
        let mut all = vec![self.active.certificate()];
        for certificate in &self.published {
            if !all.contains(&certificate) {
                all.push(certificate);
            }
        }
        all
    }
}

/// A public key of a relying party, out of its registered metadata.
#[derive(Clone)]
pub struct PeerKey {
    certificate: Certificate,
    key: PKey<Public>,
    xml: Key,
}

impl PeerKey {
    /// Takes the key out of a certificate: RSA of 2048 bits or more, or ECDSA on P-256, P-384, P-521.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let x509 = X509::from_der(der).map_err(|_| KeyError::UnreadableCertificate)?;
        let key = x509.public_key().map_err(|_| KeyError::UnsupportedKey)?;
        match key.id() {
            KeyKind::RSA => check_length(key.bits(), MIN_PEER_BITS)?,
            KeyKind::EC => {
                let curve = key.ec_key().ok().and_then(|ec| ec.group().curve_name());
                if !matches!(curve, Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1 | Nid::SECP521R1)) {
                    return Err(KeyError::UnsupportedKey);
                }
            }
            _ => return Err(KeyError::UnsupportedKey),
        }
        let spki = key.public_key_to_der().map_err(|_| KeyError::UnsupportedKey)?;
        let xml = bergshamra_keys::loader::load_spki_der(&spki).map_err(|_| KeyError::UnsupportedKey)?;
        let xml = Key::new(xml.data, KeyUsage::Verify);
        Ok(Self { certificate: Certificate::from_x509(&x509)?, key, xml })
    }

    /// Takes the key out of the text of a `ds:X509Certificate` (base64, line breaks allowed).
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let compact: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        Self::from_der(&BASE64.decode(compact).map_err(|_| KeyError::UnreadableCertificate)?)
    }

    /// The certificate the key stands in.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// SHA-256 fingerprint of the certificate, lower-case hex.
    pub fn fingerprint(&self) -> &str {
        self.certificate.fingerprint()
    }

    /// End of the certificate's validity; whether an expired one is still accepted is the caller's policy.
    pub fn not_after(&self) -> Timestamp {
        self.certificate.not_after()
    }

    /// Whether the key is RSA (else it is ECDSA).
    pub fn is_rsa(&self) -> bool {
        self.key.id() == KeyKind::RSA
    }

    /// Bits of the modulus or of the curve.
    pub fn bits(&self) -> u32 {
        self.key.bits()
    }

    /// The key for OpenSSL.
    pub(super) fn openssl(&self) -> &PKey<Public> {
        &self.key
    }

    /// The key for bergshamra.
    pub(super) fn bergshamra(&self) -> &Key {
        &self.xml
    }

    /// Whether `signature` was made by this RSA key over *something*: tells altered content from a wrong key.
    pub(super) fn made(&self, signature: &[u8]) -> bool {
        let Ok(rsa) = self.key.rsa() else { return false };
        let mut recovered = vec![0u8; rsa.size() as usize];
        rsa.public_decrypt(signature, &mut recovered, Padding::PKCS1).is_ok()
    }
}

impl std::fmt::Debug for PeerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeerKey").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Makes an RSA key with a self-signed certificate, as PEM texts; for trying Portvagt out, where no OCES3 certificate is at hand.
pub fn self_signed(
    common_name: &str,
    bits: u32,
    from: Timestamp,
    days: i64,
    random: &dyn Random,
) -> Result<(Secret<Vec<u8>>, Vec<u8>), KeyError> {
    let build = || -> Result<(Secret<Vec<u8>>, Vec<u8>), openssl::error::ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(bits)?)?;
        let mut name = X509NameBuilder::new()?;
        name.append_entry_by_nid(Nid::COMMONNAME, common_name)?;
        let name = name.build();
        let mut serial: [u8; 16] = random::bytes(random);
        if let Some(first) = serial.first_mut() {
            *first &= 0x7f;
        }
        let mut x509 = X509Builder::new()?;
        x509.set_version(2)?;
        x509.set_serial_number(&*BigNum::from_slice(&serial)?.to_asn1_integer()?)?;
        x509.set_subject_name(&name)?;
        x509.set_issuer_name(&name)?;
        x509.set_not_before(&*Asn1Time::from_unix(from.as_second())?)?;
        x509.set_not_after(&*Asn1Time::from_unix(clock::plus(from, days.saturating_mul(86_400)).as_second())?)?;
        x509.set_pubkey(&key)?;
        x509.sign(&key, MessageDigest::sha256())?;
        Ok((Secret::new(key.private_key_to_pem_pkcs8()?), x509.build().to_pem()?))
    };
    build().map_err(|_| KeyError::Signing)
}

fn check_length(bits: u32, least: u32) -> Result<(), KeyError> {
    if (least..=MAX_RSA_BITS).contains(&bits) { Ok(()) } else { Err(KeyError::Length { bits, least }) }
}

#[cfg(test)]
mod tests;
