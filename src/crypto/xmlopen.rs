//! Opens an `EncryptedAssertion` with our own key. What comes out is bytes that somebody encrypted to us: whoever wrote them
//! is for the signature inside to say (`xmldsig`), and they are parsed once, there.
//!
//! Algorithms are checked against the list before any cryptography; whatever fails after that is one and the same reason,
//! so that nobody learns how far a guess came. RSA PKCS#1 v1.5 is never opened.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::symm::{self, Cipher};
use zeroize::Zeroizing;

use crate::crypto::keyring::DecryptionKey;
use crate::crypto::reason::Reason;
use crate::crypto::xml::{MESSAGE, Node, Tree};
use crate::crypto::xmldsig::DSIG;
use crate::crypto::xmlenc::{Content, ENC, ENC11, Hash, Listed, Transport};

const TAG: usize = 16;
const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";

/// Opens the one element in `encrypted` with any of `keys`, and parses it. CBC has no integrity of its own and is opened only
/// with `allow_cbc`.
pub fn open(encrypted: Node<'_>, keys: &[DecryptionKey], allow_cbc: bool) -> Result<Tree, Reason> {
    let parts = Parts::read(encrypted)?;
    if !parts.content.is_gcm() && !allow_cbc {
        return Err(Reason::EncryptionAlgorithm);
    }
    let plain = keys.iter().find_map(|key| parts.open(key)).ok_or(Reason::Decryption)?;
    // Without integrity a broken text says something about the key stream: then it is as if nothing had opened.
    Tree::parse(&plain, MESSAGE).map_err(|reason| if parts.content.is_gcm() { reason } else { Reason::Decryption })
}

/// One `EncryptedData` with its one `EncryptedKey`.
struct Parts {
    content: Content,
    transport: Transport,
    wrapped: Vec<u8>,
    sealed: Vec<u8>,
}

impl Parts {
    fn read(encrypted: Node<'_>) -> Result<Self, Reason> {
        if !encrypted.has_only(&[]) || !encrypted.holds_elements_only() {
            return Err(Reason::Schema);
        }
        let data = encrypted.only(ENC, "EncryptedData")?.ok_or(Reason::Schema)?;
        if data.attribute("Type").is_some_and(|kind| kind != ELEMENT) {
            return Err(Reason::Schema);
        }
        let inside = data.only(DSIG, "KeyInfo")?.map(|info| info.only(ENC, "EncryptedKey")).transpose()?.flatten();
        let key = match (inside, encrypted.only(ENC, "EncryptedKey")?) {
            (Some(key), None) | (None, Some(key)) => key,
            _ => return Err(Reason::Schema),
        };
        let count = encrypted.descendants().iter().filter(|node| node.is(ENC, "EncryptedKey") || node.is(ENC, "EncryptedData")).count();
        if count != 2 {
            return Err(Reason::Schema);
        }
        let content = listed(data, false)?.content().filter(|content| *content != Content::Aes192Gcm);
        let transport = listed(key, true)?.transport();
        let (Some(content), Some(transport)) = (content, transport) else { return Err(Reason::EncryptionAlgorithm) };
        Ok(Self { content, transport, wrapped: cipher_value(key)?, sealed: cipher_value(data)? })
    }

    fn open(&self, key: &DecryptionKey) -> Option<Zeroizing<Vec<u8>>> {
        let (digest, mgf) = self.transport.hashes();
        let content_key = key.open(&self.wrapped, digest.openssl(), mgf.openssl()).ok()?;
        let cipher = self.content.cipher();
        if content_key.len() != cipher.key_len() {
            return None;
        }
        let (iv, rest) = self.sealed.split_at_checked(cipher.iv_len()?)?;
        decrypt(cipher, self.content.is_gcm(), &content_key, (iv, rest))
    }
}

fn decrypt(cipher: Cipher, is_gcm: bool, key: &[u8], (iv, rest): (&[u8], &[u8])) -> Option<Zeroizing<Vec<u8>>> {
    if is_gcm {
        let (text, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        return symm::decrypt_aead(cipher, key, Some(iv), &[], text, tag).ok().map(Zeroizing::new);
    }
    // XML Encryption pads with any bytes and their number (5.2): OpenSSL's own padding would refuse them.
    let mut opener = symm::Crypter::new(cipher, symm::Mode::Decrypt, key, Some(iv)).ok()?;
    opener.pad(false);
    let mut plain = Zeroizing::new(vec![0u8; rest.len() + cipher.block_size()]);
    let mut length = opener.update(rest, &mut plain).ok()?;
    length += opener.finalize(plain.get_mut(length..)?).ok()?;
    plain.truncate(length);
    let padding = usize::from(*plain.last()?);
    let kept = plain.len().checked_sub(padding).filter(|_| (1..=cipher.block_size()).contains(&padding))?;
    plain.truncate(kept);
    Some(plain)
}

/// The `EncryptionMethod` of data or key, with the defaults that XML Encryption 1.1 (5.5.2) gives what is not named.
fn listed(node: Node<'_>, is_key: bool) -> Result<Listed, Reason> {
    let method = node.only(ENC, "EncryptionMethod")?.ok_or(Reason::EncryptionAlgorithm)?;
    let named = |namespace: &str, name: &str| Ok::<_, Reason>(method.only(namespace, name)?.and_then(|node| node.attribute("Algorithm")));
    // OAEPparams, KeySize and whatever else: nobody uses them, so nobody tests what they do.
    let known = |child: Node<'_>| is_key && (child.is(DSIG, "DigestMethod") || child.is(ENC11, "MGF"));
    if !method.children().all(known) || !method.holds_elements_only() {
        return Err(Reason::EncryptionAlgorithm);
    }
    let (sha1, mgf_sha1) = Hash::Sha1.uris();
    Ok(Listed {
        algorithm: method.attribute("Algorithm").ok_or(Reason::EncryptionAlgorithm)?.to_owned(),
        digest: Some(named(DSIG, "DigestMethod")?.unwrap_or(sha1).to_owned()),
        mgf: Some(named(ENC11, "MGF")?.unwrap_or(mgf_sha1).to_owned()),
    })
}

fn cipher_value(node: Node<'_>) -> Result<Vec<u8>, Reason> {
    let value = node.only(ENC, "CipherData")?.map(|data| data.only(ENC, "CipherValue")).transpose()?.flatten();
    let text = value.ok_or(Reason::Schema)?.text()?;
    let compact: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    BASE64.decode(compact).map_err(|_| Reason::Decryption)
}
