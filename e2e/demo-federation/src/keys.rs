//! Keys of the simulated parties: made once, kept in the data folder, readable by their owner only. Next: the rooms.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use portvagt::{
    base::{
        clock::{Clock, SystemClock},
        random::SystemRandom,
    },
    crypto::keyring::{KeyError, MIN_SIGNING_BITS, SigningKey, self_signed},
};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The data folder can't be written or read.
    #[error("the data folder: {0}")]
    Folder(#[from] std::io::Error),
    /// It cannot be made or read.
    #[error("the key: {0}")]
    Key(#[from] KeyError),
}

/// Reads `NAME.key` and `NAME.crt` (PEM) in `folder`, making both when there is no key yet.
pub fn open(folder: &Path, name: &str, common_name: &str) -> Result<SigningKey, NoKey> {
    fs::create_dir_all(folder)?;
    let (key_file, certificate_file) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.crt")));
    if !key_file.exists() {
        let (key, certificate) = self_signed(common_name, MIN_SIGNING_BITS, SystemClock.now(), 3650, &SystemRandom)?;
        write_whole(&certificate_file, &certificate)?;
        write_whole(&key_file, key.expose())?;
    }
    Ok(SigningKey::from_pem(&fs::read(key_file)?, &fs::read(certificate_file)?, None, false)?)
}

/// Reads a secret text in `folder`, making it when there is none yet.
pub fn text(folder: &Path, name: &str, make: impl FnOnce() -> Result<Vec<u8>, KeyError>) -> Result<Vec<u8>, NoKey> {
    fs::create_dir_all(folder)?;
    let file = folder.join(name);
    if !file.exists() {
        write_whole(&file, &make()?)?;
    }
    Ok(fs::read(file)?)
}

/// Writes beside and renames, so that a second process never reads half a key.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    let beside = file.with_extension(format!("new-{}", std::process::id()));
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(beside, file)
}
