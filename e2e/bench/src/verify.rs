//! Judges a sample of the responses with OpenSSL alone, none of the server's own code: decrypts, compares the digest,
//! verifies the signature, and looks whose request it answers. It leans on what we send being canonical already.

use anyhow::{Context, bail, ensure};
use openssl::{
    base64::decode_block,
    encrypt::Decrypter,
    hash::MessageDigest,
    pkey::PKey,
    rsa::Padding,
    sha::sha256,
    sign::Verifier,
    symm::{Cipher, decrypt_aead},
    x509::X509,
};

use crate::{
    http,
    requests::{Party, Prepared, RELAY_STATE},
};

/// Whether the page carries a good response to `request` for `party`, signed by the holder of `certificate` (PEM).
pub fn response(page: &str, request: &Prepared, party: &Party, certificate: &[u8]) -> anyhow::Result<()> {
    let message = http::field(page, "name=\"SAMLResponse\"", "value").context("no SAMLResponse")?;
    let state = http::field(page, "name=\"RelayState\"", "value").context("no RelayState")?;
    ensure!(state.replace("&#x2F;", "/") == RELAY_STATE, "another RelayState: {state}");
    let xml = String::from_utf8(decode_block(&message)?)?;
    ensure!(xml.contains("status:Success\""), "no success: {xml}");
    ensure!(xml.contains(&format!("InResponseTo=\"{}\"", request.id)), "the answer to another request");
    let assertion = match (party.encrypted, xml.contains("<saml:EncryptedAssertion")) {
        (true, true) => decrypt(&xml, &party.key_pem)?,
        (false, false) => between(&xml, "<saml:Assertion ", "</saml:Assertion>")?.to_owned(),
        (wanted, _) => bail!("encrypted: wanted {wanted}, got the other"),
    };
    ensure!(assertion.contains(&format!("InResponseTo=\"{}\"", request.id)), "an assertion for another request");
    ensure!(assertion.contains(&format!("<saml:Audience>{}</saml:Audience>", party.entity_id)), "an assertion for somebody else");
    signature(&assertion, certificate)
}

/// From the beginning of `open` to the end of `close`.
fn between<'a>(xml: &'a str, open: &str, close: &str) -> anyhow::Result<&'a str> {
    let from = xml.find(open).with_context(|| format!("no {open}"))?;
    let length = xml[from..].find(close).with_context(|| format!("no {close}"))?;
    Ok(&xml[from..from + length + close.len()])
}

fn text<'a>(xml: &'a str, element: &str) -> anyhow::Result<&'a str> {
    let whole = between(xml, &format!("<{element}>"), &format!("</{element}>"))?;
    Ok(&whole[element.len() + 2..whole.len() - element.len() - 3])
}

fn signature(assertion: &str, certificate: &[u8]) -> anyhow::Result<()> {
    let signature = between(assertion, "<ds:Signature ", "</ds:Signature>")?;
    let digest = decode_block(text(signature, "ds:DigestValue")?)?;
    ensure!(digest == sha256(assertion.replacen(signature, "", 1).as_bytes()), "another digest");
    let info = between(signature, "<ds:SignedInfo ", "</ds:SignedInfo>")?;
    let id = http::field(assertion, "<saml:Assertion ", "ID").context("no ID")?;
    ensure!(info.contains(&format!("URI=\"#{id}\"")), "a signature over something else");
    let key = X509::from_pem(certificate)?.public_key()?;
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key)?;
    let value = decode_block(text(signature, "ds:SignatureValue")?)?;
    ensure!(verifier.verify_oneshot(&value, info.as_bytes())?, "a bad signature");
    Ok(())
}

/// AES-256-GCM under RSA-OAEP with SHA-256: what the bench's metadata, which lists nothing, gets.
fn decrypt(xml: &str, key_pem: &[u8]) -> anyhow::Result<String> {
    let wrapped = between(xml, "<xenc:EncryptedKey", "</xenc:EncryptedKey>")?;
    let key = PKey::private_key_from_pem(key_pem)?;
    let mut decrypter = Decrypter::new(&key)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    decrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
    decrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
    let bytes = decode_block(text(wrapped, "xenc:CipherValue")?)?;
    let mut content_key = vec![0; decrypter.decrypt_len(&bytes)?];
    let length = decrypter.decrypt(&bytes, &mut content_key)?;
    content_key.truncate(length);
    let sealed = decode_block(text(&xml.replacen(wrapped, "", 1), "xenc:CipherValue")?)?;
    ensure!(sealed.len() > 28, "too short");
    let (iv, rest) = sealed.split_at(12);
    let (ciphertext, tag) = rest.split_at(rest.len() - 16);
    Ok(String::from_utf8(decrypt_aead(Cipher::aes_256_gcm(), &content_key, Some(iv), &[], ciphertext, tag)?)?)
}
