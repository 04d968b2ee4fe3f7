//! `portvagt relying-party`: services that trust us, registered from their metadata.

/// Bootstrap tokens.
pub mod bootstrap;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{answer::Answer, stand};
use crate::{
    domain::{
        assurance::Level,
        client::{Client, Terms},
    },
    protocol::saml::metadata::ServiceProvider,
    service::{
        clients::{self, Registration},
        ground::Ground,
    },
};

/// Register and look after relying parties.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a service from its metadata; with --replace, change its entry
    Add(Add),
    /// List relying parties
    List,
    /// Show an entry with what its metadata says
    Show {
        /// Its entity ID
        entity_id: String,
    },
    /// Remove an entry
    Remove {
        /// Its entity ID
        entity_id: String,
    },
    /// Bootstrap tokens for the STS of the health sector
    #[command(subcommand)]
    Bootstrap(bootstrap::Command),
    /// Serve a disabled relying party again
    Enable {
        /// Its entity ID
        entity_id: String,
    },
    /// Keep the entry, but serve it no longer
    Disable {
        /// Its entity ID
        entity_id: String,
    },
}

/// A relying party to register.
#[derive(Debug, Args)]
pub struct Add {
    /// Its SAML metadata; - reads standard input
    pub file: PathBuf,
    /// What people see on the login page
    #[arg(long)]
    pub name: Option<String>,
    /// The least level it is served with, whatever it asks for; low for a new one
    #[arg(long)]
    pub least_level: Option<Level>,
    /// An attribute it may receive, by full name or last word; without any, what its metadata asks for, except the CPR number
    #[arg(long, value_name = "NAME")]
    pub allow_attribute: Vec<String>,
    /// Use AES-CBC and RSA-OAEP with SHA-1, for software that can do no better (mod_auth_mellon) and whose metadata does not say so
    #[arg(long)]
    pub legacy_encryption: bool,
    /// Do not encrypt its assertions
    #[arg(long, conflicts_with = "legacy_encryption")]
    pub no_encryption: bool,
    /// Allow plain http addresses on other machines; never in production
    #[arg(long)]
    pub allow_insecure_endpoints: bool,
    /// Take metadata past its validUntil
    #[arg(long)]
    pub allow_expired: bool,
    /// Change the entry of a registered service; what is not given here stays as it is
    #[arg(long)]
    pub replace: bool,
    /// Change it, and forget what was decided for it
    #[arg(long, conflicts_with = "replace")]
    pub anew: bool,
}

/// Does one of them.
pub async fn run(command: Command, ground: &Ground) -> anyhow::Result<Answer> {
    let by = stand::operator();
    match command {
        Command::Add(add) => {
            let document = read(&add.file)?;
            let present = if add.anew { None } else { clients::registered(ground, &document).await? };
            let terms = terms(&add, present.map(|client| client.terms).unwrap_or_default())?;
            let only_new = !add.replace && !add.anew;
            let registration = Registration { name: add.name, terms, allow_expired: add.allow_expired, only_new };
            let client = clients::save(ground, &by, &document, registration).await?;
            if add.anew {
                bootstrap::forget(ground, &by, &client.entity_id).await?;
            }
            Ok(Answer::new(format!("{} is registered as '{}'.", client.entity_id, client.name), to_json(&client)))
        }
        Command::List => {
            let rows: Vec<Value> = clients::list(ground).await?.iter().map(to_json).collect();
            let columns = [
                ("ENTITY ID", "entity_id"),
                ("NAME", "name"),
                ("LEAST LEVEL", "least_level"),
                ("ENCRYPTED", "encrypt"),
                ("ENABLED", "enabled"),
            ];
            Ok(Answer::table(&rows, &columns, "No relying party is registered yet."))
        }
        Command::Show { entity_id } => {
            let client = clients::find(ground, &entity_id).await?;
            Ok(show(&client, &clients::described(ground, &client)?))
        }
        Command::Remove { entity_id } => {
            clients::remove(ground, &by, &entity_id).await?;
            Ok(Answer::new(format!("{entity_id} is removed."), json!({ "entity_id": entity_id, "removed": true })))
        }
        Command::Bootstrap(command) => bootstrap::run(command, ground).await,
        Command::Enable { entity_id } => set_enabled(ground, &entity_id, true).await,
        Command::Disable { entity_id } => set_enabled(ground, &entity_id, false).await,
    }
}

/// What was decided before, with what is decided now. Fresh metadata alone never lowers the level a service is served
/// with, or changes what it may receive.
fn terms(add: &Add, before: Terms) -> anyhow::Result<Terms> {
    let attributes: Vec<String> = add.allow_attribute.iter().map(|name| clients::attribute_name(name)).collect::<Result<_, _>>()?;
    let encrypt = add.legacy_encryption || (before.encrypt && !add.no_encryption);
    Ok(Terms {
        least_level: add.least_level.unwrap_or(before.least_level),
        attributes: if attributes.is_empty() { before.attributes } else { attributes },
        encrypt,
        legacy_encryption: encrypt && (add.legacy_encryption || before.legacy_encryption),
        insecure_endpoints: add.allow_insecure_endpoints || before.insecure_endpoints,
    })
}

async fn set_enabled(ground: &Ground, entity_id: &str, enabled: bool) -> anyhow::Result<Answer> {
    clients::set_enabled(ground, &stand::operator(), entity_id, enabled).await?;
    let words = if enabled { "is served" } else { "is served no longer" };
    Ok(Answer::new(format!("{entity_id} {words}."), json!({ "entity_id": entity_id, "enabled": enabled })))
}

/// A metadata document; what is larger than any is not read to its end.
pub fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read;
    let most = 4 * 1024 * 1024;
    let mut document = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut document).context("standard input")?;
    } else {
        let opened = std::fs::File::open(file).with_context(|| file.display().to_string())?;
        opened.take(most).read_to_end(&mut document).with_context(|| file.display().to_string())?;
    }
    Ok(document)
}

fn to_json(client: &Client) -> Value {
    json!({
        "id": client.id, "entity_id": client.entity_id, "name": client.name, "enabled": client.enabled, "revision": client.revision,
        "registered_at": client.registered_at, "least_level": client.terms.least_level, "attributes": client.terms.attributes,
        "encrypt": client.terms.encrypt, "legacy_encryption": client.terms.legacy_encryption,
        "insecure_endpoints": client.terms.insecure_endpoints,
    })
}

fn show(client: &Client, described: &ServiceProvider) -> Answer {
    let yes_no = |flag: bool| if flag { "yes" } else { "no" };
    let suite = match described.encryption(client.terms.legacy_encryption) {
        None => "no key for it".to_owned(),
        Some(Ok((key, suite))) => {
            let legacy = if suite.is_legacy() { " (legacy: CBC or SHA-1, as its metadata or entry asks)" } else { "" };
            format!("{suite}{legacy} to the key {}", key.fingerprint())
        }
        Some(Err(error)) => error.to_string(),
    };
    let attributes = if client.terms.attributes.is_empty() {
        "what the metadata asks for, except the CPR number".to_owned()
    } else {
        client.terms.attributes.join(", ")
    };
    let mut lines = vec![
        format!("{} ('{}')", client.entity_id, client.name),
        format!("served               {}", yes_no(client.enabled)),
        format!("least level          {}", client.terms.least_level),
        format!(
            "encrypted            {}{}",
            yes_no(client.terms.encrypt),
            if client.terms.legacy_encryption { ", legacy algorithms asked for by the entry" } else { "" }
        ),
        format!("encryption           {suite}"),
        format!("may receive          {attributes}"),
        format!("registered           {}", client.registered_at),
    ];
    lines.extend(described.requested_names().iter().map(|name| format!("asks for             {name}")));
    lines.extend(described.acs.iter().map(|acs| format!("answers go to        {}", acs.location)));
    lines.extend(described.slo.iter().map(|slo| format!("logout goes to       {} ({:?})", slo.location, slo.binding)));
    lines.extend(described.signing.iter().map(|key| format!("signs with           {} until {}", key.fingerprint(), key.not_after())));
    if client.terms.insecure_endpoints {
        lines.push("plain http addresses on other machines are allowed: never in production".to_owned());
    }
    let mut json = to_json(client);
    if let Some(object) = json.as_object_mut() {
        object.insert("encryption".to_owned(), suite.into());
        object.insert("acs".to_owned(), described.acs.iter().map(|acs| acs.location.clone()).collect());
        object.insert("requested".to_owned(), described.requested_names().into());
        object.insert("signing_fingerprints".to_owned(), described.signing.iter().map(|key| key.fingerprint().to_owned()).collect());
    }
    Answer::new(lines.join("\n"), json)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        add: Add,
    }

    fn decided(typed: &[&str], before: Terms) -> Terms {
        terms(&Typed::parse_from(["add", "sp.xml"].iter().chain(typed)).add, before).unwrap()
    }

    #[test]
    fn fresh_metadata_alone_changes_nothing_that_was_decided() {
        let first = decided(&["--least-level", "substantial", "--allow-attribute", "email", "--no-encryption"], Terms::default());
        assert_eq!((first.least_level, first.attributes.len(), first.encrypt), (Level::Substantial, 1, false));
        assert_eq!(decided(&[], first.clone()), first);
        assert_eq!(decided(&["--least-level", "low"], first.clone()), Terms { least_level: Level::Low, ..first });
        assert_eq!(decided(&[], Terms::default()), Terms::default());
    }

    #[test]
    fn what_excludes_each_other_is_not_kept_beside_it() {
        let legacy = Terms { legacy_encryption: true, ..Terms::default() };
        let clear = decided(&["--no-encryption"], legacy);
        assert!(!clear.encrypt && !clear.legacy_encryption);
        let again = decided(&["--legacy-encryption"], clear);
        assert!(again.encrypt && again.legacy_encryption);
    }
}
