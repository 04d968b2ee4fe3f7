//! `portvagt relying-party bootstrap`: which relying parties carry a bootstrap token to the STS of the health sector, and how.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::super::{answer::Answer, stand};
use crate::{
    crypto::keyring::Certificate,
    domain::{
        assurance::Level,
        bootstrap::{Profile, Terms},
    },
    service::{
        bootstrap::{self, Wanted},
        ground::Ground,
        operator::Operator,
    },
};

/// Bootstrap tokens of a relying party.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give the relying party a token with each assertion, or change how; what is not given here stays as it is
    Set(Set),
    /// Show what was decided for it
    Show {
        /// Its entity ID
        entity_id: String,
    },
    /// Give it tokens no longer
    Remove {
        /// Its entity ID
        entity_id: String,
    },
}

/// What is decided.
#[derive(Debug, Args)]
pub struct Set {
    /// The relying party's entity ID
    pub entity_id: String,
    /// The certificate (PEM or DER) with which the token is exchanged at the STS: an OCES3 system certificate the STS knows. Ask the service; it need not be the one in its metadata
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The shape: oioh3 (a local IdP's; the default), oio3 (NemLog-in's) or oioh2 (SEB's, with the CPR number)
    #[arg(long)]
    pub profile: Option<Profile>,
    /// Your name for the STS it is for: production (the default), test1, ...
    #[arg(long)]
    pub environment: Option<String>,
    /// That STS's name; <https://sts.sosi.dk/> by default. Ask NSP's service desk
    #[arg(long, value_name = "URI")]
    pub audience: Option<String>,
    /// How many seconds a token can be exchanged; 3600 by default. It should last as long as the service's own session
    #[arg(long, value_name = "SECONDS")]
    pub lifetime: Option<i64>,
    /// The least level at which a token is given; substantial by default
    #[arg(long)]
    pub least_level: Option<Level>,
    /// Whether the login fails when there can be no token; false by default
    #[arg(long, value_name = "true|false")]
    pub required: Option<bool>,
}

/// Does one of them.
pub async fn run(command: Command, ground: &Ground) -> anyhow::Result<Answer> {
    let by = stand::operator();
    match command {
        Command::Set(set) => {
            let wanted = Wanted {
                certificate: set.certificate.as_deref().map(certificate).transpose()?,
                profile: set.profile,
                environment: set.environment,
                audience: set.audience,
                lifetime_seconds: set.lifetime,
                least_level: set.least_level,
                required: set.required,
            };
            bootstrap::set(ground, &by, &set.entity_id, wanted).await?;
            show(ground, &set.entity_id).await
        }
        Command::Show { entity_id } => show(ground, &entity_id).await,
        Command::Remove { entity_id } => {
            bootstrap::remove(ground, &by, &entity_id).await?;
            Ok(Answer::new(format!("{entity_id} gets no bootstrap tokens."), json!({ "entity_id": entity_id, "bootstrap": Value::Null })))
        }
    }
}

/// Takes away what was decided about its tokens, if anything was.
pub async fn forget(ground: &Ground, by: &Operator, entity_id: &str) -> anyhow::Result<()> {
    match bootstrap::remove(ground, by, entity_id).await {
        Ok(()) | Err(bootstrap::Refusal::Nothing(_)) => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The DER of a certificate's file.
fn certificate(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let read = if bytes.starts_with(b"-----") { Certificate::from_pem(&bytes) } else { Certificate::from_der(&bytes) };
    Ok(read.with_context(|| file.display().to_string())?.der().to_vec())
}

async fn show(ground: &Ground, entity_id: &str) -> anyhow::Result<Answer> {
    let (client, terms, certificate) = bootstrap::of(ground, entity_id).await?;
    Ok(Answer::new(words(&client.entity_id, &terms, &certificate), to_json(&client.entity_id, &terms, &certificate)))
}

fn words(entity_id: &str, terms: &Terms, certificate: &Certificate) -> String {
    let mut lines = vec![
        format!("{entity_id} gets bootstrap tokens"),
        format!("profile              {}", terms.profile),
        format!("for the STS          {} ({})", terms.audience, terms.environment),
        format!("to be exchanged by   {}", certificate.subject()),
        format!("                     {} until {}", certificate.fingerprint(), certificate.not_after()),
        format!("lifetime             {} seconds", terms.lifetime_seconds),
        format!("least level          {}", terms.least_level),
        format!("without a token      {}", if terms.required { "the login fails" } else { "the login goes through" }),
    ];
    if terms.profile.tells_cpr() {
        lines.push("The token tells the person's CPR number.".to_owned());
    }
    lines.join("\n")
}

fn to_json(entity_id: &str, terms: &Terms, certificate: &Certificate) -> Value {
    json!({
        "entity_id": entity_id, "profile": terms.profile.as_str(), "environment": terms.environment, "audience": terms.audience,
        "certificate_subject": certificate.subject(), "certificate_fingerprint": certificate.fingerprint(),
        "certificate_not_after": certificate.not_after(), "lifetime_seconds": terms.lifetime_seconds,
        "least_level": terms.least_level, "required": terms.required,
    })
}
