//! `portvagt organisation`: the organisations whose employees log in.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{answer::Answer, policy, stand};
use crate::{
    domain::{
        assurance::Level,
        organisation::{Cvr, Organisation},
    },
    service::{ground::Ground, organisations},
};

/// Add or list organisations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add an organisation, or change the one with that CVR number
    Add {
        /// Its CVR number, 8 digits
        #[arg(long)]
        cvr: Cvr,
        /// Its name as services show it
        #[arg(long)]
        name: String,
        /// The highest level it is notified for: low, substantial or high
        #[arg(long)]
        notified: Level,
    },
    /// Show or change what it demands of passwords
    Policy(policy::Policy),
    /// List organisations
    List,
}

/// Does one of them.
pub async fn run(command: Command, ground: &Ground) -> anyhow::Result<Answer> {
    match command {
        Command::Add { cvr, name, notified } => {
            let saved = organisations::save(ground, &stand::operator(), cvr, &name, notified).await?;
            Ok(Answer::new(
                format!("{} (CVR {}) is registered, notified for level {}.", saved.name, saved.cvr, saved.notified),
                to_json(&saved),
            ))
        }
        Command::Policy(policy) => policy::run(policy, ground).await,
        Command::List => {
            let rows: Vec<Value> = organisations::list(ground).await?.iter().map(to_json).collect();
            Ok(Answer::table(&rows, &[("CVR", "cvr"), ("NAME", "name"), ("NOTIFIED FOR", "notified")], "There is no organisation yet."))
        }
    }
}

fn to_json(organisation: &Organisation) -> Value {
    json!({ "id": organisation.id, "cvr": organisation.cvr, "name": organisation.name, "notified": organisation.notified })
}
