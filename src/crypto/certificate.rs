//! X.509 certificates as carriers of a key, and what can be wrong with keys and certificates.
//!
//! Chains and revocation are not looked at: trust comes from registration. The path goes on to `keyring`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::x509::X509;

use crate::base::clock;

/// Why a key or certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The private key could not be read.
    #[error("the private key cannot be read: expected PEM (PKCS#8 or PKCS#1) and, if it is encrypted, its passphrase")]
    UnreadableKey,
    /// The PKCS#12 file could not be opened.
    #[error(
        "the PKCS#12 file cannot be opened: wrong passphrase, or an encryption OpenSSL 3 no longer reads (export it again with AES-256)"
    )]
    UnreadablePkcs12,
    /// The PKCS#12 file lacks its key or its certificate.
    #[error("the PKCS#12 file holds no pair of private key and certificate")]
    IncompletePkcs12,
    /// The certificate could not be read.
    #[error("the certificate cannot be read")]
    UnreadableCertificate,
    /// We sign with RSA only.
    #[error("the signing key is not an RSA key")]
    NotRsa,
    /// The key kind is not one that can be used.
    #[error("the key is neither RSA nor ECDSA on P-256, P-384 or P-521")]
    UnsupportedKey,
    /// The RSA key has too few (or absurdly many) bits.
    #[error("the RSA key has {bits} bits; at least {least} and at most 8192 are accepted")]
    Length {
        /// Bits of the key.
        bits: u32,
        /// The least number accepted in this place.
        least: u32,
    },
    /// Private key and certificate do not belong together.
    #[error("the certificate does not belong to the private key")]
    Mismatch,
    /// The signing operation itself failed.
    #[error("signing failed")]
    Signing,
}

/// An X.509 certificate, as it is published in metadata and named in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    base64: String,
    fingerprint: String,
    subject: String,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Reads the first certificate of a PEM file.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_x509(&X509::from_pem(pem).map_err(|_| KeyError::UnreadableCertificate)?)
    }

    /// Reads DER bytes; certificates signed with RSASSA-PSS (OCES3) are fine, their signature is not looked at.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_x509(&X509::from_der(der).map_err(|_| KeyError::UnreadableCertificate)?)
    }

    /// Reads a parsed certificate.
    pub(super) fn from_x509(x509: &X509) -> Result<Self, KeyError> {
        let der = x509.to_der().map_err(|_| KeyError::UnreadableCertificate)?;
        let subject = x509
            .subject_name()
            .entries()
            .filter_map(|entry| {
                let value = entry.data().to_string().ok()?;
                Some(format!("{}={}", entry.object().nid().short_name().unwrap_or("OID"), value))
            })
            .collect::<Vec<_>>()
            .join(", ");
        Ok(Self {
            base64: BASE64.encode(&der),
            fingerprint: hex(&openssl::sha::sha256(&der)),
            subject,
            not_before: timestamp(x509.not_before())?,
            not_after: timestamp(x509.not_after())?,
            der,
        })
    }

    /// The DER bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The DER bytes in base64, one line, as `ds:X509Certificate` wants them.
    pub fn base64(&self) -> &str {
        &self.base64
    }

    /// SHA-256 of the DER bytes, lower-case hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The subject's distinguished name, for people to read.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Start of validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// End of validity.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("subject", &self.subject).field("fingerprint", &self.fingerprint).finish()
    }
}

fn timestamp(time: &Asn1TimeRef) -> Result<Timestamp, KeyError> {
    let epoch = Asn1Time::from_unix(0).map_err(|_| KeyError::UnreadableCertificate)?;
    let since = epoch.diff(time).map_err(|_| KeyError::UnreadableCertificate)?;
    let seconds = i64::from(since.days).saturating_mul(86_400).saturating_add(i64::from(since.secs));
    Ok(clock::plus(Timestamp::UNIX_EPOCH, seconds))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        text
    })
}
