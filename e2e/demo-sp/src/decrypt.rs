//! Opens an `EncryptedAssertion`, in one of two ways that share no code: samael's (AES-128) or OpenSSL's (AES-256).
//! What comes out is bytes someone encrypted to us, no more: whoever wrote them is for the signature to say. Next: `judge`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::encrypt::Decrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, decrypt_aead};
use roxmltree::Node;
use samael::crypto::{Crypto, CryptoProvider};
use samael::schema::CipherValue;
use thiserror::Error;

use crate::party::Suite;
use crate::xml::{self, DS, XENC, XENC11};

/// Content encryption with a 256-bit key.
pub const AES256_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
/// Content encryption with a 128-bit key.
pub const AES128_GCM: &str = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
/// Key transport with free choice of digest and mask function.
pub const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
/// Key transport with the mask function fixed at SHA-1.
pub const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
/// Mask generation with SHA-256.
pub const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";
const DIGEST_SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const DIGEST_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

const GCM_IV: usize = 12;
const GCM_TAG: usize = 16;

/// Why the assertion stays closed.
#[derive(Debug, Error)]
pub enum DecryptError {
    /// A part is missing or there are too many of it.
    #[error("{0}")]
    Structure(&'static str),
    /// Not the algorithms this entity's metadata offers.
    #[error("algorithms not offered")]
    NotOffered,
    /// The key transport or the content could not be opened.
    #[error("could not be opened")]
    Closed,
}

/// The encryption a message names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Content encryption.
    pub content: String,
    /// Key transport.
    pub transport: String,
    /// OAEP digest; SHA-1 when the message is silent.
    pub digest: String,
    /// OAEP mask function; empty when the message is silent.
    pub mask: String,
}

impl Named {
    /// What the metadata of `suite` offers.
    pub fn of(suite: Suite) -> Named {
        let [content, transport, digest, mask] = match suite {
            Suite::Aes256 => [AES256_GCM, RSA_OAEP, DIGEST_SHA256, MGF1_SHA256],
            Suite::Aes128 => [AES128_GCM, RSA_OAEP_MGF1P, DIGEST_SHA1, ""],
        }
        .map(str::to_owned);
        Named { content, transport, digest, mask }
    }

    /// Whether this is exactly what the metadata of `suite` offers.
    pub fn offered(&self, suite: Suite) -> bool {
        *self == Named::of(suite)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [&*self.content, &self.transport, &self.digest, &self.mask];
        out.write_str(all.join(" ").trim_end())
    }
}

/// The encrypted parts of one assertion.
pub struct Sealed {
    /// What the message says it is encrypted with.
    pub named: Named,
    key: String,
    content: String,
}

/// Reads an `EncryptedAssertion`: one `EncryptedData` and one `EncryptedKey`, inside its KeyInfo or beside it.
pub fn read(encrypted: Node<'_, '_>) -> Result<Sealed, DecryptError> {
    let data = only(encrypted, "EncryptedData").ok_or(DecryptError::Structure("xenc:EncryptedData"))?;
    let inside = xml::child(data, DS, "KeyInfo").and_then(|info| only(info, "EncryptedKey"));
    let key = match (inside, only(encrypted, "EncryptedKey")) {
        (Some(key), None) | (None, Some(key)) => key,
        _ => return Err(DecryptError::Structure("xenc:EncryptedKey")),
    };
    let method = xml::child(key, XENC, "EncryptionMethod").ok_or(DecryptError::Structure("xenc:EncryptionMethod"))?;
    if xml::child(method, XENC, "OAEPparams").is_some() {
        return Err(DecryptError::Structure("xenc:OAEPparams"));
    }
    let algorithm = |node: Option<Node<'_, '_>>| node.map(|node| xml::attribute(node, "Algorithm").to_owned());
    let named = Named {
        content: algorithm(xml::child(data, XENC, "EncryptionMethod")).unwrap_or_default(),
        transport: xml::attribute(method, "Algorithm").to_owned(),
        digest: algorithm(xml::child(method, DS, "DigestMethod")).unwrap_or_else(|| DIGEST_SHA1.to_owned()),
        mask: algorithm(xml::child(method, XENC11, "MGF")).unwrap_or_default(),
    };
    Ok(Sealed { named, key: cipher_value(key)?, content: cipher_value(data)? })
}

/// The text inside, opened as `suite` prescribes.
pub fn open(sealed: &Sealed, suite: Suite, key: &PKey<Private>) -> Result<String, DecryptError> {
    if !sealed.named.offered(suite) {
        return Err(DecryptError::NotOffered);
    }
    let plain = match suite {
        Suite::Aes256 => by_openssl(sealed, key)?,
        Suite::Aes128 => by_samael(sealed, key)?,
    };
    String::from_utf8(plain).map_err(|_| DecryptError::Closed)
}

fn by_openssl(sealed: &Sealed, key: &PKey<Private>) -> Result<Vec<u8>, DecryptError> {
    let wrapped = STANDARD.decode(&sealed.key).map_err(|_| DecryptError::Closed)?;
    let sealed_bytes = STANDARD.decode(&sealed.content).map_err(|_| DecryptError::Closed)?;
    let content_key = unwrap_oaep_sha256(&wrapped, key).map_err(|_| DecryptError::Closed)?;
    let (iv, rest) = sealed_bytes.split_at_checked(GCM_IV).ok_or(DecryptError::Closed)?;
    let end = rest.len().checked_sub(GCM_TAG).ok_or(DecryptError::Closed)?;
    let (content, tag) = rest.split_at_checked(end).ok_or(DecryptError::Closed)?;
    let cipher = Cipher::aes_256_gcm();
    if content_key.len() != cipher.key_len() {
        return Err(DecryptError::Closed);
    }
    decrypt_aead(cipher, &content_key, Some(iv), &[], content, tag).map_err(|_| DecryptError::Closed)
}

fn unwrap_oaep_sha256(wrapped: &[u8], key: &PKey<Private>) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let mut opener = Decrypter::new(key)?;
    opener.set_rsa_padding(Padding::PKCS1_OAEP)?;
    opener.set_rsa_oaep_md(MessageDigest::sha256())?;
    opener.set_rsa_mgf1_md(MessageDigest::sha256())?;
    let mut plain = vec![0; opener.decrypt_len(wrapped)?];
    let length = opener.decrypt(wrapped, &mut plain)?;
    plain.truncate(length);
    Ok(plain)
}

/// samael slices without asking for the length, so lengths are asked here first.
fn by_samael(sealed: &Sealed, key: &PKey<Private>) -> Result<Vec<u8>, DecryptError> {
    let content_key = Crypto::decrypt_assertion_key_info(&CipherValue { value: sealed.key.clone() }, &sealed.named.transport, key)
        .map_err(|_| DecryptError::Closed)?;
    let length = STANDARD.decode(&sealed.content).map_err(|_| DecryptError::Closed)?.len();
    if content_key.len() != Cipher::aes_128_gcm().key_len() || length < GCM_IV + GCM_TAG {
        return Err(DecryptError::Closed);
    }
    Crypto::decrypt_assertion_value_info(&CipherValue { value: sealed.content.clone() }, &sealed.named.content, &content_key)
        .map_err(|_| DecryptError::Closed)
}

fn only<'a, 'i>(parent: Node<'a, 'i>, name: &'a str) -> Option<Node<'a, 'i>> {
    let mut found = xml::children(parent, XENC, name);
    found.next().filter(|_| found.next().is_none())
}

fn cipher_value(node: Node<'_, '_>) -> Result<String, DecryptError> {
    let value = xml::child(node, XENC, "CipherData")
        .and_then(|data| xml::child(data, XENC, "CipherValue"))
        .ok_or(DecryptError::Structure("xenc:CipherValue"))?;
    Ok(xml::text(value).split_whitespace().collect())
}
