//! An attacker's hand on a response: opened with the service provider's own key, changed, and closed again.
//!
//! That key is what makes the test sharp: the changed assertion decrypts well, so only its signature can give it away.
//! Works on the text of the response; it assumes one `EncryptedKey`, inside the `EncryptedData`, and checks nothing.

use openssl::base64::{decode_block, encode_block};
use openssl::md::Md;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, Crypter, Mode, decrypt_aead, encrypt_aead};

/// A response in pieces.
pub struct Opened {
    /// The response up to the cipher text of the assertion.
    before: String,
    /// The response behind it.
    behind: String,
    /// The raw cipher text: IV, cipher text and, for GCM, the tag.
    pub sealed: Vec<u8>,
    /// The signed assertion, in clear.
    pub assertion: String,
    cipher: Cipher,
    gcm: bool,
    content_key: Vec<u8>,
}

impl Opened {
    /// Opens the value of a `SAMLResponse` field.
    pub fn new(field: &str, key: &PKey<Private>) -> Self {
        let xml = String::from_utf8(decode(field)).expect("UTF-8");
        let ends: Vec<usize> = xml.match_indices("CipherValue>").map(|(at, text)| at + text.len()).collect();
        let [key_from, key_to, data_from, data_to] = ends[..] else { panic!("not one encrypted assertion: {xml}") };
        let wrapped = decode(&inside(&xml[key_from..key_to]));
        let sealed = decode(&inside(&xml[data_from..data_to]));
        let data_length = inside(&xml[data_from..data_to]).len();
        let content_key = unwrap(&xml, key, &wrapped);
        let (cipher, gcm) = cipher(&xml);
        let clear = open(cipher, gcm, &content_key, &sealed);
        Self {
            before: xml[..data_from].to_owned(),
            behind: xml[data_from + data_length..].to_owned(),
            sealed,
            assertion: String::from_utf8(clear).expect("UTF-8"),
            cipher,
            gcm,
            content_key,
        }
    }

    /// The field's value again, with this assertion in it.
    pub fn close(&self, assertion: &str) -> String {
        let iv: Vec<u8> = self.sealed[..self.cipher.iv_len().expect("an IV")].to_vec();
        let text = assertion.as_bytes();
        let mut sealed = iv.clone();
        if self.gcm {
            let mut tag = [0; 16];
            sealed.extend(encrypt_aead(self.cipher, &self.content_key, Some(&iv), &[], text, &mut tag).expect("sealed"));
            sealed.extend(tag);
        } else {
            let fill = 16 - text.len() % 16;
            let mut padded = text.to_vec();
            padded.resize(text.len() + fill, u8::try_from(fill).expect("at most 16"));
            sealed.extend(cbc(self.cipher, Mode::Encrypt, &self.content_key, &iv, &padded));
        }
        self.with_sealed(&sealed)
    }

    /// The field's value again, with this cipher text in it.
    pub fn with_sealed(&self, sealed: &[u8]) -> String {
        encode_block(format!("{}{}{}", self.before, encode_block(sealed), self.behind).as_bytes())
    }

    /// The field's value with an assertion in clear in place of the encrypted one.
    pub fn in_clear(&self, assertion: &str) -> String {
        let start = self.before.rfind("EncryptedAssertion").and_then(|at| self.before[..at].rfind('<')).expect("a start");
        let end_tag = self.behind.find("EncryptedAssertion").expect("an end");
        let end = end_tag + self.behind[end_tag..].find('>').expect("an end") + 1;
        encode_block(format!("{}{assertion}{}", &self.before[..start], &self.behind[end..]).as_bytes())
    }
}

/// The assertion without its signature.
pub fn unsigned(assertion: &str) -> String {
    let start = assertion.find("Signature ").or_else(|| assertion.find("Signature>")).expect("a signature");
    let start = assertion[..start].rfind('<').expect("a tag");
    let last = assertion.rfind("Signature>").expect("an end") + "Signature>".len();
    format!("{}{}", &assertion[..start], &assertion[last..])
}

fn decode(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    decode_block(&text).expect("base64")
}

/// The text of an element of which `text` begins behind the start tag.
fn inside(text: &str) -> String {
    text[..text.find('<').expect("an end tag")].to_owned()
}

fn cipher(xml: &str) -> (Cipher, bool) {
    let known = [
        ("#aes128-cbc", Cipher::aes_128_cbc(), false),
        ("#aes256-cbc", Cipher::aes_256_cbc(), false),
        ("#aes128-gcm", Cipher::aes_128_gcm(), true),
        ("#aes256-gcm", Cipher::aes_256_gcm(), true),
    ];
    let found = known.into_iter().find(|(name, _, _)| xml.contains(name)).expect("a known block cipher");
    (found.1, found.2)
}

fn unwrap(xml: &str, key: &PKey<Private>, wrapped: &[u8]) -> Vec<u8> {
    let start = xml.find("EncryptedKey").expect("a key");
    let method = &xml[start..start + xml[start..].find("CipherValue").expect("a wrapped key")];
    let digest = if method.contains("xmlenc#sha256") { Md::sha256() } else { Md::sha1() };
    let mask = if method.contains("mgf1sha256") { Md::sha256() } else { Md::sha1() };
    let mut context = PkeyCtx::new(key).expect("a context");
    context.decrypt_init().expect("decryption");
    context.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
    context.set_rsa_oaep_md(digest).expect("a digest");
    context.set_rsa_mgf1_md(mask).expect("a mask");
    let mut content_key = vec![];
    context.decrypt_to_vec(wrapped, &mut content_key).expect("the content key");
    content_key
}

fn open(cipher: Cipher, gcm: bool, key: &[u8], sealed: &[u8]) -> Vec<u8> {
    let (iv, text) = sealed.split_at(cipher.iv_len().expect("an IV"));
    if gcm {
        let (text, tag) = text.split_at(text.len() - 16);
        return decrypt_aead(cipher, key, Some(iv), &[], text, tag).expect("a genuine cipher text");
    }
    let mut clear = cbc(cipher, Mode::Decrypt, key, iv, text);
    let fill = usize::from(*clear.last().expect("a padding"));
    clear.truncate(clear.len() - fill);
    clear
}

/// CBC without OpenSSL's padding: XML Encryption fills the last block in its own way.
fn cbc(cipher: Cipher, mode: Mode, key: &[u8], iv: &[u8], text: &[u8]) -> Vec<u8> {
    let mut crypter = Crypter::new(cipher, mode, key, Some(iv)).expect("a cipher");
    crypter.pad(false);
    let mut out = vec![0; text.len() + 16];
    let mut length = crypter.update(text, &mut out).expect("whole blocks");
    length += crypter.finalize(&mut out[length..]).expect("whole blocks");
    out.truncate(length);
    out
}
