//! The key that opens what others encrypted to us. It never signs, and nothing here says what was opened.

use openssl::encrypt::Decrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use zeroize::Zeroizing;

use super::SigningKey;
use crate::base::secret::Secret;
use crate::crypto::certificate::{Certificate, KeyError};

/// An RSA private key of ours with the certificate others encrypt to.
#[derive(Clone)]
pub struct DecryptionKey {
    key: PKey<Private>,
    certificate: Certificate,
}

impl DecryptionKey {
    /// Reads a PEM key and its PEM certificate; RSA of 2048 bits or more.
    pub fn from_pem(key: &[u8], certificate: &[u8], passphrase: Option<&Secret<String>>) -> Result<Self, KeyError> {
        Ok(Self::from(&SigningKey::from_pem(key, certificate, passphrase, true)?))
    }

    /// The certificate published for encryption.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Opens a content key. RSA-OAEP only: there is no way here to PKCS#1 v1.5, whatever a message names.
    pub(in crate::crypto) fn open(
        &self,
        wrapped: &[u8],
        digest: MessageDigest,
        mgf: MessageDigest,
    ) -> Result<Zeroizing<Vec<u8>>, openssl::error::ErrorStack> {
        let mut opener = Decrypter::new(&self.key)?;
        opener.set_rsa_padding(Padding::PKCS1_OAEP)?;
        opener.set_rsa_oaep_md(digest)?;
        opener.set_rsa_mgf1_md(mgf)?;
        let mut plain = Zeroizing::new(vec![0u8; opener.decrypt_len(wrapped)?]);
        let length = opener.decrypt(wrapped, &mut plain)?;
        plain.truncate(length);
        Ok(plain)
    }
}

impl From<&SigningKey> for DecryptionKey {
    /// The signing key used for both; what is published says so.
    fn from(signing: &SigningKey) -> Self {
        Self { key: signing.key.clone(), certificate: signing.certificate.clone() }
    }
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecryptionKey").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
