//! `portvagt terms`: the terms that employees accept, from text files, version by version.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{answer::Answer, stand};
use crate::{
    domain::{organisation::Cvr, terms::Terms},
    service::{ground::Ground, organisations, terms},
};

/// Publish the terms that employees accept, or list them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publish the next version; everybody is asked for it at their next login
    Publish {
        /// The Danish text: a UTF-8 file, paragraphs parted by an empty line
        #[arg(long, value_name = "FILE")]
        danish: PathBuf,
        /// The English text
        #[arg(long, value_name = "FILE")]
        english: PathBuf,
        /// CVR number of the organisation; may be left out when there is one
        #[arg(long, value_name = "CVR")]
        organisation: Option<Cvr>,
    },
    /// List the versions
    List {
        /// CVR number of the organisation; may be left out when there is one
        #[arg(long, value_name = "CVR")]
        organisation: Option<Cvr>,
    },
}

/// Does one of them.
pub async fn run(command: Command, ground: &Ground) -> anyhow::Result<Answer> {
    match command {
        Command::Publish { danish, english, organisation } => {
            let organisation = organisations::find(ground, organisation.as_ref()).await?;
            let (danish, english) = (read(&danish)?, read(&english)?);
            let published = terms::publish(ground, &stand::operator(), organisation.id, (&danish, &english)).await?;
            let words =
                format!("Version {} of the terms of {} is published; everybody is asked for it.", published.version, organisation.name);
            Ok(Answer::new(words, to_json(&published)))
        }
        Command::List { organisation } => {
            let organisation = organisations::find(ground, organisation.as_ref()).await?;
            let rows: Vec<Value> = terms::list(ground, organisation.id).await?.iter().map(to_json).collect();
            Ok(Answer::table(&rows, &[("VERSION", "version"), ("AT", "published_at"), ("BY", "published_by")], "No terms are published."))
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read as UTF-8 text", path.display()))
}

fn to_json(one: &Terms) -> Value {
    json!({ "version": one.version, "published_at": one.published_at, "published_by": one.published_by, "danish": one.danish, "english": one.english })
}
