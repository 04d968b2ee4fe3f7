//! `portvagt keys` and `portvagt metadata`: the keys we sign with, new ones, and what services are told of them.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{answer::Answer, stand};
use crate::{
    base::{
        clock::{Clock, SystemClock},
        id::Id,
        random::SystemRandom,
    },
    config::Settings,
    crypto::{keyring, seal::MasterKey},
    domain::{
        attribute::{ALL, Attribute},
        bootstrap,
    },
    protocol::saml::own_metadata::{self, Contact, OwnMetadata},
};

/// The keys we sign with, and new ones.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the signing key and the certificates published beside it
    List,
    /// Make a new key; an existing file is never overwritten
    Generate {
        /// What for
        kind: Kind,
        /// Where it is written, readable by its owner only
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Where the self-signed certificate of a signing key is written; without it beside the key, ending in .crt
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// The name in that certificate
        #[arg(long, default_value = "Portvagt test signing")]
        name: String,
        /// How many days that certificate is valid
        #[arg(long, default_value_t = 730)]
        days: u16,
    },
}

/// What a new key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// 32 bytes for secrets.master_key_file.
    MasterKey,
    /// 32 bytes for secrets.pepper_file.
    Pepper,
    /// RSA-3072 with a self-signed certificate: for tests, where no OCES certificate is at hand.
    Signing,
}

/// Lists the keys.
pub fn list(settings: &Settings) -> anyhow::Result<Answer> {
    let keyring = stand::keyring(settings)?;
    let row = |role: &str, certificate: &keyring::Certificate| {
        json!({
            "role": role, "subject": certificate.subject(), "fingerprint": certificate.fingerprint(),
            "not_before": certificate.not_before(), "not_after": certificate.not_after(),
        })
    };
    let mut rows = vec![row("signs", keyring.active.certificate())];
    rows.extend(keyring.bootstrap.iter().map(|key| row("signs bootstrap tokens", key.certificate())));
    rows.extend(keyring.published.iter().map(|certificate| row("published", certificate)));
    let columns = [("ROLE", "role"), ("SUBJECT", "subject"), ("NOT AFTER", "not_after"), ("SHA-256", "fingerprint")];
    Ok(Answer::table(&rows, &columns, ""))
}

/// Makes a key.
pub fn generate(kind: Kind, out: &Path, certificate: Option<&Path>, (name, days): (&str, u16)) -> anyhow::Result<Answer> {
    match kind {
        Kind::MasterKey | Kind::Pepper => write_new(out, MasterKey::generate(&SystemRandom).expose().as_bytes(), true)?,
        Kind::Signing => {
            let (key, pem) = keyring::self_signed(name, keyring::MIN_SIGNING_BITS, SystemClock.now(), days.into(), &SystemRandom)?;
            let beside = certificate.map_or_else(|| out.with_extension("crt"), Path::to_owned);
            write_new(out, key.expose(), true)?;
            write_new(&beside, &pem, false)?;
            let words = format!("Key written to {}, its self-signed certificate to {}.", out.display(), beside.display());
            return Ok(Answer::new(words, json!({ "key": out, "certificate": beside })));
        }
    }
    let setting = if matches!(kind, Kind::Pepper) { "secrets.pepper_file" } else { "secrets.master_key_file" };
    let words = format!("Written to {}; name it in {setting}. Keep a copy apart from the database.", out.display());
    Ok(Answer::new(words, json!({ "key": out })))
}

/// Writes a file that must not exist yet; a secret one is readable by its owner only.
pub fn write_new(path: &Path, content: &[u8], secret: bool) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = secret;
    let mut file = options.open(path).with_context(|| path.display().to_string())?;
    file.write_all(content).with_context(|| path.display().to_string())
}

/// Our metadata, signed.
pub fn metadata(settings: &Settings, redirect_only: bool) -> anyhow::Result<Answer> {
    let attributes: Vec<&str> = ALL.into_iter().map(Attribute::name).chain([bootstrap::ATTRIBUTE]).collect();
    let base = &settings.http.base_url;
    let id = format!("_{}", Id::<Value>::random(&SystemRandom));
    let (sso, slo, entity_id) = (format!("{base}/saml/sso"), format!("{base}/saml/slo"), settings.entity_id());
    let soap = format!("{slo}/soap");
    let contact = Contact { company: Some(&settings.site.organisation), name: None, email: settings.saml.contact_email.as_deref() };
    let content = OwnMetadata {
        id: &id,
        entity_id: &entity_id,
        sso: &sso,
        slo: &slo,
        slo_soap: Some(&soap),
        attributes: &attributes,
        redirect_only,
        contact: Some(contact),
    };
    let xml = own_metadata::write_signed(&content, &stand::keyring(settings)?)?;
    Ok(Answer::new(xml.clone(), json!({ "entity_id": entity_id, "metadata": xml })))
}
