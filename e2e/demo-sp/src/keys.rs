//! The service provider's own key and certificate: made once, kept in its data folder, readable by its owner only.
//! No other party's key is ever handled here. Next: `wire` signs with it, `decrypt` opens with it, `party` publishes it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use thiserror::Error;

const KEY_BITS: u32 = 3072;
const CERTIFICATE_DAYS: u32 = 3650;

/// Why there is no key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The data folder can't be written or read.
    #[error("the data folder: {0}")]
    Folder(#[from] std::io::Error),
    /// OpenSSL could not make or read the key.
    #[error("the key: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
}

/// Key and certificate, used for signing and for decryption alike.
pub struct OwnKey {
    /// The RSA key, 3072 bits.
    pub private: PKey<Private>,
    /// The self-signed certificate, DER.
    pub certificate_der: Vec<u8>,
}

/// Reads `sp.key` and `sp.crt` (PEM) in `folder`, making both when there is no key yet.
pub fn open(folder: &Path) -> Result<OwnKey, KeyError> {
    fs::create_dir_all(folder)?;
    let (key_file, certificate_file) = (folder.join("sp.key"), folder.join("sp.crt"));
    if !key_file.exists() {
        let (private, certificate) = make()?;
        write_whole(&certificate_file, &certificate.to_pem()?)?;
        write_whole(&key_file, &private.private_key_to_pem_pkcs8()?)?;
    }
    let private = PKey::private_key_from_pem(&fs::read(key_file)?)?;
    let certificate = X509::from_pem(&fs::read(certificate_file)?)?;
    Ok(OwnKey { private, certificate_der: certificate.to_der()? })
}

fn make() -> Result<(PKey<Private>, X509), KeyError> {
    let private = PKey::from_rsa(Rsa::generate(KEY_BITS)?)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "Portvagt demo service provider")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(120, MsbOption::ONE, false)?;
    let (from, until) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(CERTIFICATE_DAYS)?);
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_not_before(&from)?;
    builder.set_not_after(&until)?;
    builder.set_pubkey(&private)?;
    builder.sign(&private, MessageDigest::sha256())?;
    Ok((private, builder.build()))
}

/// Writes beside and renames, so that a second process never reads half a key.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let beside = file.with_extension(format!("new-{}", std::process::id()));
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(beside, file)?;
    Ok(())
}
