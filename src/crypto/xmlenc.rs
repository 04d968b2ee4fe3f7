//! Encrypts a signed assertion for one relying party, by the algorithms its metadata asks for.
//!
//! RSA PKCS#1 v1.5 is never used, and there is no way out of here that gives clear text. OpenSSL does the work because
//! relying parties mix OAEP digests and mask functions. The path goes on to `protocol::saml::response`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::symm::{self, Cipher};
use zeroize::Zeroizing;

use crate::base::random::Random;
use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::PeerKey;
use crate::crypto::xmldsig::DSIG;

pub(super) const ENC: &str = "http://www.w3.org/2001/04/xmlenc#";
pub(super) const ENC11: &str = "http://www.w3.org/2009/xmlenc11#";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// Why nothing was encrypted; the relying party then gets an error, never the assertion in the clear.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// No algorithm both sides accept: the relying party lists only such as RSA PKCS#1 v1.5 or Triple DES.
    #[error("the relying party's metadata lists no acceptable encryption algorithm")]
    NoCommonAlgorithm,
    /// The key cannot encrypt: only RSA keys can.
    #[error("the relying party's encryption key is not an RSA key")]
    NotRsa,
    /// OpenSSL refused.
    #[error("encryption failed")]
    Failed,
    /// A text cannot be written as XML.
    #[error(transparent)]
    Text(#[from] Unwritable),
}

/// How the assertion itself is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-192-GCM.
    Aes192Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-128-CBC: no integrity of its own, only where the relying party asks for it.
    Aes128Cbc,
    /// AES-256-CBC: as above.
    Aes256Cbc,
}

/// A hash inside RSA-OAEP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1; sound inside OAEP, but on the way out.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How the content key is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `rsa-oaep-mgf1p` of XML Encryption 1.0: the mask function is SHA-1.
    OaepMgf1p {
        /// Hash of the label.
        digest: Hash,
    },
    /// `rsa-oaep` of XML Encryption 1.1.
    Oaep {
        /// Hash of the label.
        digest: Hash,
        /// Hash of the mask function.
        mgf: Hash,
    },
}

/// One choice of algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// For the assertion.
    pub content: Content,
    /// For its key.
    pub transport: Transport,
}

impl Suite {
    /// AES-256-GCM and RSA-OAEP with SHA-256: what an OIOSAML 3 relying party that lists nothing gets.
    pub const DEFAULT: Self = Self { content: Content::Aes256Gcm, transport: Transport::Oaep { digest: Hash::Sha256, mgf: Hash::Sha256 } };

    /// AES-256-CBC and RSA-OAEP with SHA-1: what older .NET libraries need; only by an entry's own setting.
    pub const LEGACY: Self = Self { content: Content::Aes256Cbc, transport: Transport::OaepMgf1p { digest: Hash::Sha1 } };

    /// Whether CBC or SHA-1 is in it; worth a line in the log.
    pub fn is_legacy(&self) -> bool {
        !self.content.is_gcm() || self.transport.is_legacy()
    }

    /// Chooses from the `md:EncryptionMethod`s of a key. Of each kind the first that is neither CBC nor SHA-1 wins; CBC and
    /// SHA-1 are taken where the metadata lists nothing better, or first come first served with `legacy`.
    ///
    /// Where nothing of a kind is listed, its default is taken: that of [`Suite::DEFAULT`], or with `legacy` that of
    /// [`Suite::LEGACY`] if nothing is listed at all.
    pub fn choose(listed: &[Listed], legacy: bool) -> Result<Self, EncryptError> {
        if listed.is_empty() {
            return Ok(if legacy { Self::LEGACY } else { Self::DEFAULT });
        }
        let (contents, transports): (Vec<&Listed>, Vec<&Listed>) = listed.iter().partition(|one| one.is_content());
        let known = || contents.iter().filter_map(|one| one.content());
        let content = known()
            .find(|content| legacy || content.is_gcm())
            .or_else(|| known().next())
            .or(contents.is_empty().then_some(Self::DEFAULT.content));
        let known = || transports.iter().filter_map(|one| one.transport());
        let transport = known()
            .find(|transport| legacy || !transport.is_legacy())
            .or_else(|| known().next())
            .or(transports.is_empty().then_some(Self::DEFAULT.transport));
        match (content, transport) {
            (Some(content), Some(transport)) => Ok(Self { content, transport }),
            _ => Err(EncryptError::NoCommonAlgorithm),
        }
    }
}

impl Transport {
    /// Hash of the label, and of the mask function.
    pub(super) fn hashes(self) -> (Hash, Hash) {
        match self {
            Self::OaepMgf1p { digest } => (digest, Hash::Sha1),
            Self::Oaep { digest, mgf } => (digest, mgf),
        }
    }

    fn is_legacy(self) -> bool {
        match self {
            Self::OaepMgf1p { .. } => true,
            Self::Oaep { digest, mgf } => digest == Hash::Sha1 || mgf == Hash::Sha1,
        }
    }
}

impl std::fmt::Display for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.content.uri().rsplit('#').next().unwrap_or_default();
        match self.transport {
            Transport::OaepMgf1p { digest } => write!(f, "{name}, rsa-oaep-mgf1p/{digest:?}"),
            Transport::Oaep { digest, mgf } => write!(f, "{name}, rsa-oaep/{digest:?}/MGF1-{mgf:?}"),
        }
    }
}

/// One `md:EncryptionMethod` as it stands in metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its `Algorithm`.
    pub algorithm: String,
    /// The `Algorithm` of its `ds:DigestMethod`.
    pub digest: Option<String>,
    /// The `Algorithm` of its `xenc11:MGF`.
    pub mgf: Option<String>,
}

impl Listed {
    fn is_content(&self) -> bool {
        let name = self.algorithm.rsplit('#').next().unwrap_or_default();
        name.ends_with("-cbc") || name.ends_with("-gcm")
    }

    pub(super) fn content(&self) -> Option<Content> {
        [Content::Aes128Gcm, Content::Aes192Gcm, Content::Aes256Gcm, Content::Aes128Cbc, Content::Aes256Cbc]
            .into_iter()
            .find(|content| content.uri() == self.algorithm)
    }

    pub(super) fn transport(&self) -> Option<Transport> {
        let hash = |uri: &str| HASHES.iter().find(|(_, digest, mgf)| *digest == uri || *mgf == uri).map(|(hash, _, _)| *hash);
        let named = |uri: &Option<String>, absent: Hash| match uri {
            Some(uri) => hash(uri),
            None => Some(absent),
        };
        match self.algorithm.as_str() {
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => Some(Transport::OaepMgf1p { digest: named(&self.digest, Hash::Sha1)? }),
            "http://www.w3.org/2009/xmlenc11#rsa-oaep" => {
                let digest = named(&self.digest, Hash::Sha256)?;
                Some(Transport::Oaep { digest, mgf: named(&self.mgf, digest)? })
            }
            _ => None,
        }
    }
}

const HASHES: &[(Hash, &str, &str)] = &[
    (Hash::Sha1, "http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2009/xmlenc11#mgf1sha1"),
    (Hash::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2009/xmlenc11#mgf1sha256"),
    (Hash::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2009/xmlenc11#mgf1sha384"),
    (Hash::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2009/xmlenc11#mgf1sha512"),
];

impl Hash {
    pub(super) fn uris(self) -> (&'static str, &'static str) {
        HASHES.iter().find(|(hash, _, _)| *hash == self).map(|(_, digest, mgf)| (*digest, *mgf)).unwrap_or_default()
    }

    pub(super) fn openssl(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }
}

impl Content {
    fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            Self::Aes192Gcm => "http://www.w3.org/2009/xmlenc11#aes192-gcm",
            Self::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            Self::Aes128Cbc => "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            Self::Aes256Cbc => "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        }
    }

    pub(super) fn cipher(self) -> Cipher {
        match self {
            Self::Aes128Gcm => Cipher::aes_128_gcm(),
            Self::Aes192Gcm => Cipher::aes_192_gcm(),
            Self::Aes256Gcm => Cipher::aes_256_gcm(),
            Self::Aes128Cbc => Cipher::aes_128_cbc(),
            Self::Aes256Cbc => Cipher::aes_256_cbc(),
        }
    }

    pub(super) fn is_gcm(self) -> bool {
        matches!(self, Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm)
    }
}

/// An assertion nobody but the relying party can read.
#[derive(Debug)]
pub struct Encrypted {
    /// `saml:EncryptedAssertion`.
    pub xml: String,
    /// What it was encrypted with.
    pub suite: Suite,
}

/// Encrypts the signed assertion `xml` for the holder of `key`.
pub fn encrypt(xml: &str, key: &PeerKey, suite: Suite, random: &dyn Random) -> Result<Encrypted, EncryptError> {
    if !key.is_rsa() {
        return Err(EncryptError::NotRsa);
    }
    let cipher = suite.content.cipher();
    let mut content_key = Zeroizing::new(vec![0u8; cipher.key_len()]);
    random.fill(&mut content_key);
    let sealed = seal(xml.as_bytes(), suite.content, &content_key, random).map_err(|_| EncryptError::Failed)?;
    let wrapped = wrap(&content_key, key, suite.transport).map_err(|_| EncryptError::Failed)?;
    Ok(Encrypted { xml: element(suite, &BASE64.encode(wrapped), &BASE64.encode(sealed))?, suite })
}

/// IV, ciphertext and (GCM) tag in one, as XML Encryption 1.1 section 5.2 wants them.
fn seal(bytes: &[u8], content: Content, key: &[u8], random: &dyn Random) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let cipher = content.cipher();
    let mut sealed = vec![0u8; cipher.iv_len().unwrap_or_default()];
    random.fill(&mut sealed);
    if content.is_gcm() {
        let mut tag = [0u8; 16];
        let ciphertext = symm::encrypt_aead(cipher, key, Some(&sealed), &[], bytes, &mut tag)?;
        sealed.extend_from_slice(&ciphertext);
        sealed.extend_from_slice(&tag);
    } else {
        let ciphertext = symm::encrypt(cipher, key, Some(&sealed), bytes)?;
        sealed.extend_from_slice(&ciphertext);
    }
    Ok(sealed)
}

fn wrap(content_key: &[u8], key: &PeerKey, transport: Transport) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let (digest, mgf) = transport.hashes();
    let mut encrypter = Encrypter::new(key.openssl())?;
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    encrypter.set_rsa_oaep_md(digest.openssl())?;
    encrypter.set_rsa_mgf1_md(mgf.openssl())?;
    let mut wrapped = vec![0u8; encrypter.encrypt_len(content_key)?];
    let length = encrypter.encrypt(content_key, &mut wrapped)?;
    wrapped.truncate(length);
    Ok(wrapped)
}

fn element(suite: Suite, wrapped: &str, sealed: &str) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("saml:EncryptedAssertion", &[("xmlns:saml", Some(SAML))])?;
    w.open("xenc:EncryptedData", &[("xmlns:xenc", Some(ENC)), ("Type", Some("http://www.w3.org/2001/04/xmlenc#Element"))])?;
    w.leaf("xenc:EncryptionMethod", &[("Algorithm", Some(suite.content.uri()))], "")?;
    w.open("ds:KeyInfo", &[("xmlns:ds", Some(DSIG))])?;
    w.open("xenc:EncryptedKey", &[])?;
    match suite.transport {
        Transport::OaepMgf1p { digest } => {
            w.open("xenc:EncryptionMethod", &[("Algorithm", Some("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"))])?;
            w.leaf("ds:DigestMethod", &[("Algorithm", Some(digest.uris().0))], "")?;
        }
        Transport::Oaep { digest, mgf } => {
            w.open("xenc:EncryptionMethod", &[("Algorithm", Some("http://www.w3.org/2009/xmlenc11#rsa-oaep"))])?;
            w.leaf("ds:DigestMethod", &[("Algorithm", Some(digest.uris().0))], "")?;
            w.leaf("xenc11:MGF", &[("xmlns:xenc11", Some(ENC11)), ("Algorithm", Some(mgf.uris().1))], "")?;
        }
    }
    w.close();
    cipher_data(&mut w, wrapped)?;
    w.close();
    w.close();
    cipher_data(&mut w, sealed)?;
    Ok(w.finish())
}

fn cipher_data(w: &mut Writer, base64: &str) -> Result<(), Unwritable> {
    w.open("xenc:CipherData", &[])?;
    w.leaf("xenc:CipherValue", &[], base64)?;
    w.close();
    Ok(())
}
