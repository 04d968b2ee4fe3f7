//! `portvagt organisation`: the organisations whose employees log in, and their units.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{answer::Answer, policy, stand};
use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        organisation::{Cvr, Organisation, Unit},
    },
    service::{ground::Ground, lifecycle, organisations},
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
    /// Set whom suspicions of misuse are told to by mail, or show it
    Security {
        /// CVR number of the organisation; may be left out when there is one
        #[arg(long, value_name = "CVR")]
        organisation: Option<Cvr>,
        /// The mail address of those who look after security
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Nobody is told by mail; the log's warning stays
        #[arg(long, conflicts_with = "email")]
        none: bool,
    },
    /// List organisations
    List,
    /// Add a unit of an organisation, or change one
    Unit {
        /// Its name
        #[arg(long)]
        name: String,
        /// CVR number of the organisation; may be left out when there is one
        #[arg(long, value_name = "CVR")]
        organisation: Option<Cvr>,
        /// The id of the unit above it
        #[arg(long, value_name = "ID")]
        parent: Option<Id<Unit>>,
        /// Change the unit with that id
        #[arg(long, value_name = "ID")]
        change: Option<Id<Unit>>,
    },
    /// List the units of an organisation
    Units {
        /// CVR number of the organisation; may be left out when there is one
        #[arg(long, value_name = "CVR")]
        organisation: Option<Cvr>,
    },
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
        Command::Security { organisation, email, none } => {
            let organisation = organisations::find(ground, organisation.as_ref()).await?;
            if let Some(address) = if none { Some(String::new()) } else { email } {
                organisations::set_security_email(ground, &stand::operator(), &organisation, &address).await?;
            }
            let address = organisations::security_email(ground, &organisation).await?;
            let words = match &address {
                Some(address) => format!("Suspicions of misuse at {} are told to {address}.", organisation.name),
                None => format!("Suspicions of misuse at {} are told to nobody by mail.", organisation.name),
            };
            Ok(Answer::new(words, json!({ "cvr": organisation.cvr, "security_email": address })))
        }
        Command::List => {
            let rows: Vec<Value> = organisations::list(ground).await?.iter().map(to_json).collect();
            Ok(Answer::table(&rows, &[("CVR", "cvr"), ("NAME", "name"), ("NOTIFIED FOR", "notified")], "There is no organisation yet."))
        }
        Command::Unit { name, organisation, parent, change } => {
            let organisation = organisations::find(ground, organisation.as_ref()).await?;
            let id = change.unwrap_or_else(|| Id::random(ground.random.as_ref()));
            let known = lifecycle::units(ground, organisation.id).await?;
            anyhow::ensure!(change.is_none() || known.iter().any(|one| one.id == id), "the organisation has no such unit");
            let unit = Unit { id, organisation: organisation.id, parent, name };
            let saved = lifecycle::save_unit(ground, &stand::operator(), unit).await?;
            Ok(Answer::new(format!("The unit '{}' has the id {}.", saved.name, saved.id), unit_json(&saved)))
        }
        Command::Units { organisation } => {
            let organisation = organisations::find(ground, organisation.as_ref()).await?;
            let rows: Vec<Value> = lifecycle::units(ground, organisation.id).await?.iter().map(unit_json).collect();
            Ok(Answer::table(&rows, &[("ID", "id"), ("NAME", "name"), ("UNDER", "parent")], "There is no unit yet."))
        }
    }
}

fn unit_json(unit: &Unit) -> Value {
    json!({ "id": unit.id, "name": unit.name, "parent": unit.parent })
}

fn to_json(organisation: &Organisation) -> Value {
    json!({ "id": organisation.id, "cvr": organisation.cvr, "name": organisation.name, "notified": organisation.notified })
}
