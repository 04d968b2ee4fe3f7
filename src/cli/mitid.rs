//! `portvagt mitid`: what NemLog-in is told of us, what its metadata says; and the roads to MitID as the settings want them.
//! Nothing is fetched. The path goes on in `serve`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, anyhow};
use clap::Subcommand;
use serde_json::json;

use super::{answer::Answer, stand};
use crate::{
    base::{
        clock::{Clock, SystemClock},
        random::SystemRandom,
    },
    config::{self, Settings},
    crypto::keyring::{DecryptionKey, PeerKey, SigningKey},
    protocol::saml::{
        metadata::Allow,
        sp::{
            idp_metadata::{self, IdentityProvider},
            testimony::REQUESTED,
        },
    },
    service::mitid::{
        Roads,
        broker::Broker,
        nemlogin::{NemLogin, Own, Terms},
    },
};

/// MitID.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print our metadata as a service provider, signed: what is uploaded to NemLog-in
    Metadata,
    /// Explain an identity provider's metadata before it is named in nemlogin.metadata_file
    Check {
        /// The file
        file: PathBuf,
    },
}

/// The roads that are open.
pub fn roads(settings: &Settings) -> anyhow::Result<Roads> {
    let nemlogin = settings.nemlogin.enabled.then(|| nemlogin(settings)).transpose()?;
    let party = config::mitid_broker::party(settings).map_err(|(name, words)| anyhow!("{name} {words}"))?;
    let broker = party.map(Broker::new).transpose().map_err(|reason| anyhow!("mitid_broker.issuer: {reason}"))?;
    Ok(Roads { nemlogin: nemlogin.map(Arc::new), broker })
}

fn nemlogin(settings: &Settings) -> anyhow::Result<NemLogin> {
    let own = &settings.nemlogin;
    let file = own.metadata_file.as_deref().ok_or_else(|| anyhow!("nemlogin.metadata_file must be set"))?;
    let provider = read(file).with_context(|| format!("nemlogin.metadata_file: {}", file.display()))?;
    if provider.valid_until.is_some_and(|end| end <= SystemClock.now()) {
        // Refusing would end every server at midnight; what holds is that the file was checked when it was brought.
        tracing::warn!(event = "config.warning", setting = "nemlogin.metadata_file", words = "has expired");
    }
    let terms = Terms {
        least: config::mitid::level(&own.level).ok_or_else(|| anyhow!("nemlogin.level: use substantial or high"))?,
        profile: config::mitid::profile(&own.profile).ok_or_else(|| anyhow!("nemlogin.profile: use person, professional or any"))?,
        allow_cbc: own.allow_cbc,
        skew: settings.saml.clock_skew.seconds,
    };
    Ok(NemLogin::new(provider, ourselves(settings)?, terms))
}

/// What we are to it.
fn ourselves(settings: &Settings) -> anyhow::Result<Own> {
    let own = &settings.nemlogin;
    let signing = match (&own.signing_key_file, &own.signing_certificate_file) {
        (Some(key), Some(certificate)) => {
            SigningKey::from_pem(key.expose().as_bytes(), &file(certificate)?, None, false).context("nemlogin.signing_key_file")?
        }
        _ => stand::keyring(settings)?.active,
    };
    let decryption = match (&own.decryption_key_file, &own.decryption_certificate_file) {
        (Some(key), Some(certificate)) => {
            DecryptionKey::from_pem(key.expose().as_bytes(), &file(certificate)?, None).context("nemlogin.decryption_key_file")?
        }
        _ => DecryptionKey::from(&signing),
    };
    let base = &settings.http.base_url;
    Ok(Own {
        entity_id: settings.nemlogin_entity_id(),
        acs: format!("{base}/mitid/nemlogin/acs"),
        slo: format!("{base}/mitid/nemlogin/slo"),
        service: settings.site.organisation.clone(),
        signing,
        decryption,
    })
}

fn file(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn read(file: &Path) -> anyhow::Result<IdentityProvider> {
    let document = std::fs::read(file)?;
    Ok(idp_metadata::parse(&document, SystemClock.now(), Allow { expired: true, plain_http: false })?)
}

/// Our metadata, signed. It needs no metadata of NemLog-in's: ours is uploaded first.
pub fn metadata(settings: &Settings) -> anyhow::Result<Answer> {
    let ourselves = ourselves(settings)?;
    let xml = ourselves.metadata(&SystemRandom, true)?;
    Ok(Answer::new(xml.clone(), json!({ "entity_id": ourselves.entity_id, "metadata": xml })))
}

/// What an identity provider's metadata says.
pub fn check(file: &Path) -> anyhow::Result<Answer> {
    let provider = read(file).with_context(|| file.display().to_string())?;
    let keys: Vec<String> = provider.signing.iter().map(key).collect();
    let lacking: Vec<&str> =
        REQUESTED.iter().map(|(name, _)| *name).filter(|name| !provider.attributes.iter().any(|it| it == name)).collect();
    let logout = provider.logout().map_or("not by HTTP-Redirect", |slo| &slo.location);
    let mut words = format!("Entity ID      {}\nQuestions go   {}\nLogouts go     {logout}\n", provider.entity_id, provider.sso);
    for key in &keys {
        words.push_str(&format!("Signed with    {key}\n"));
    }
    words.push_str(&match provider.valid_until {
        Some(end) if end <= SystemClock.now() => format!("Valid until    {end}: it has EXPIRED\n"),
        Some(end) => format!("Valid until    {end}\n"),
        None => "Valid until    not said\n".to_owned(),
    });
    words.push_str(&match lacking.as_slice() {
        _ if provider.attributes.is_empty() => "Attributes     none listed\n".to_owned(),
        [] => "Attributes     all that we need\n".to_owned(),
        lacking => format!("Attributes     it does not list {}\n", lacking.join(", ")),
    });
    words.push_str("It can be named in nemlogin.metadata_file.");
    let facts = json!({
        "entity_id": provider.entity_id, "sso": provider.sso, "slo": provider.logout().map(|slo| &slo.location),
        "keys": keys, "valid_until": provider.valid_until, "lacking": lacking,
    });
    Ok(Answer::new(words, facts))
}

fn key(key: &PeerKey) -> String {
    let kind = if key.is_rsa() { "RSA" } else { "EC" };
    format!("{kind} {} bits, until {}, {} ({})", key.bits(), key.not_after(), key.certificate().subject(), key.fingerprint())
}
