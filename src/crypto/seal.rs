//! Keys that never enter the database, and what they do there: columns are sealed (AES-256-GCM) and found again by
//! keyed hash (HMAC-SHA-256). One master key from a file; each use has its own key derived from it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    hash::MessageDigest,
    pkey::{PKey, Private},
    sign::Signer,
    symm::{Cipher, decrypt_aead, encrypt_aead},
};

use crate::base::{
    random::{self, Random},
    secret::Secret,
};

/// What a sealed value could not do.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The bytes are no sealed value of this key and context: another key, or changed by somebody.
    #[error("a sealed value does not open: another master key, or changed in the database")]
    DoesNotOpen,
    /// The cryptographic library failed.
    #[error("cryptographic library: {0}")]
    Library(#[from] openssl::error::ErrorStack),
    /// The master key is not 32 bytes.
    #[error("the master key must be 32 bytes in base64")]
    NotAKey,
}

/// A key for HMAC-SHA-256.
#[derive(Clone)]
pub struct MacKey(PKey<Private>);

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(..)")
    }
}

impl MacKey {
    /// A key of the given bytes.
    pub fn new(key: &[u8]) -> Result<Self, SealError> {
        Ok(Self(PKey::hmac(key)?))
    }

    /// HMAC-SHA-256 over the parts, each with its length in front, so that no two lists of parts collide.
    pub fn mac(&self, parts: &[&[u8]]) -> Result<[u8; 32], SealError> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0)?;
        for part in parts {
            signer.update(&(part.len() as u64).to_be_bytes())?;
            signer.update(part)?;
        }
        let mut mac = [0u8; 32];
        signer.sign(&mut mac)?;
        Ok(mac)
    }

    /// The same as text for cookies and addresses: base64 of the URL alphabet, without padding (RFC 4648, section 5).
    pub fn mac_text(&self, parts: &[&[u8]]) -> Result<String, SealError> {
        Ok(URL_SAFE_NO_PAD.encode(self.mac(parts)?))
    }

    /// Whether `text` is what [`MacKey::mac_text`] says of the parts, in constant time.
    pub fn verify_text(&self, parts: &[&[u8]], text: &str) -> bool {
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|mac| self.verify(parts, &mac))
    }

    /// Whether `mac` is the right one for the parts, in constant time.
    pub fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.mac(parts).is_ok_and(|right| mac.len() == right.len() && openssl::memcmp::eq(&right, mac))
    }
}

/// A key that seals column values.
#[derive(Debug, Clone)]
pub struct SealKey(Secret<Vec<u8>>);

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

impl SealKey {
    /// Seals `plain`, bound to `context` (table, column and row): the value opens nowhere else.
    /// Shape: version 1, nonce 12, cipher text, tag 16 bytes.
    pub fn seal(&self, plain: &[u8], context: &[u8], random: &dyn Random) -> Result<Vec<u8>, SealError> {
        let nonce = random::bytes::<NONCE>(random);
        let mut tag = [0u8; TAG];
        let cipher = encrypt_aead(Cipher::aes_256_gcm(), self.0.expose(), Some(&nonce), context, plain, &mut tag)?;
        Ok([&[VERSION][..], &nonce, &cipher, &tag].concat())
    }

    /// Opens what [`SealKey::seal`] sealed under the same context.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let body = sealed.strip_prefix(&[VERSION]).ok_or(SealError::DoesNotOpen)?;
        let (nonce, rest) = body.split_at_checked(NONCE).ok_or(SealError::DoesNotOpen)?;
        let (cipher, tag) = rest.len().checked_sub(TAG).and_then(|at| rest.split_at_checked(at)).ok_or(SealError::DoesNotOpen)?;
        decrypt_aead(Cipher::aes_256_gcm(), self.0.expose(), Some(nonce), context, cipher, tag)
            .map(Secret::new)
            .map_err(|_| SealError::DoesNotOpen)
    }
}

/// The key from which all others come. Kept in a file outside the database.
#[derive(Debug, Clone)]
pub struct MasterKey(Secret<Vec<u8>>);

impl MasterKey {
    /// Reads 32 bytes in base64; white space around them is allowed.
    pub fn from_base64(text: &str) -> Result<Self, SealError> {
        let bytes = openssl::base64::decode_block(text.trim()).map_err(|_| SealError::NotAKey)?;
        if bytes.len() != 32 {
            return Err(SealError::NotAKey);
        }
        Ok(Self(Secret::new(bytes)))
    }

    /// A fresh key, in base64, to be written to a file.
    pub fn generate(random: &dyn Random) -> Secret<String> {
        Secret::new(openssl::base64::encode_block(&random::bytes::<32>(random)))
    }

    /// Whether the key is one that documentation or a careless hand might leave: all bytes alike.
    pub fn is_example(&self) -> bool {
        let bytes = self.0.expose();
        bytes.iter().all(|byte| Some(byte) == bytes.first())
    }

    /// HKDF-Expand (RFC 5869, one block) with the label as info.
    fn derive(&self, label: &str) -> Result<[u8; 32], SealError> {
        let key = PKey::hmac(self.0.expose())?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(label.as_bytes())?;
        signer.update(&[1])?;
        let mut derived = [0u8; 32];
        signer.sign(&mut derived)?;
        Ok(derived)
    }

    /// A fingerprint that tells keys apart and gives nothing away.
    pub fn fingerprint(&self) -> Result<String, SealError> {
        Ok(self.derive("portvagt/fingerprint")?.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The keys of all uses.
    pub fn seals(&self) -> Result<Seals, SealError> {
        let mac = |label: &str| MacKey::new(&self.derive(label)?);
        let seal = |label: &str| Ok::<_, SealError>(SealKey(Secret::new(self.derive(label)?.to_vec())));
        Ok(Seals {
            cpr: seal("portvagt/cpr")?,
            cpr_index: mac("portvagt/cpr-index")?,
            totp: seal("portvagt/totp")?,
            mail: seal("portvagt/mail")?,
            csrf: mac("portvagt/csrf")?,
            trail: mac("portvagt/trail")?,
            pairwise: mac("portvagt/pairwise")?,
            throttle: mac("portvagt/throttle")?,
            activation: mac("portvagt/activation")?,
            invitation: mac("portvagt/invitation")?,
            recovery: mac("portvagt/recovery")?,
            device: mac("portvagt/device")?,
            flow: mac("portvagt/flow")?,
            mitid: seal("portvagt/mitid")?,
        })
    }
}

/// One key for each use.
#[derive(Debug, Clone)]
pub struct Seals {
    /// Seals CPR numbers.
    pub cpr: SealKey,
    /// Finds CPR numbers.
    pub cpr_index: MacKey,
    /// Seals TOTP secrets.
    pub totp: SealKey,
    /// Seals mails that wait to be sent.
    pub mail: SealKey,
    /// Makes form tokens.
    pub csrf: MacKey,
    /// Authenticates audit events.
    pub trail: MacKey,
    /// Makes pairwise NameIDs.
    pub pairwise: MacKey,
    /// Hides user names in throttle keys.
    pub throttle: MacKey,
    /// Hashes activation codes.
    pub activation: MacKey,
    /// Hashes the codes of invitations.
    pub invitation: MacKey,
    /// Hashes recovery codes.
    pub recovery: MacKey,
    /// Authenticates known-browser cookies.
    pub device: MacKey,
    /// Authenticates logins that only their browser knows of.
    pub flow: MacKey,
    /// Seals what is under way with MitID.
    pub mitid: SealKey,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{SeededRandom, SystemRandom};

    fn key() -> MasterKey {
        MasterKey::from_base64(MasterKey::generate(&SeededRandom::new(7)).expose()).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_unchanged() {
        let seals = key().seals().unwrap();
        let sealed = seals.cpr.seal(b"0101801234", b"people/cpr/1", &SystemRandom).unwrap();
        assert_eq!(seals.cpr.open(&sealed, b"people/cpr/1").unwrap().expose(), b"0101801234");
        assert!(seals.cpr.open(&sealed, b"people/cpr/2").is_err());
        assert!(seals.totp.open(&sealed, b"people/cpr/1").is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seals.cpr.open(&changed, b"people/cpr/1").is_err(), "byte {at}");
            assert!(seals.cpr.open(&sealed[..at], b"people/cpr/1").is_err(), "cut at {at}");
        }
    }

    #[test]
    fn parts_of_a_mac_do_not_run_together() {
        let mac = &key().seals().unwrap().csrf;
        assert_ne!(mac.mac(&[b"ab", b"c"]).unwrap(), mac.mac(&[b"a", b"bc"]).unwrap());
        assert!(mac.verify(&[b"ab"], &mac.mac(&[b"ab"]).unwrap()));
        assert!(!mac.verify(&[b"ab"], b""));
    }

    #[test]
    fn careless_keys_are_known() {
        assert!(MasterKey::from_base64(&openssl::base64::encode_block(&[0; 32])).unwrap().is_example());
        assert!(!key().is_example());
        assert!(MasterKey::from_base64("changeme").is_err());
    }
}
