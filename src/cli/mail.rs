//! `portvagt mail`: the mails that wait, were sent or were given up; trying again; and a test of the mail server.
//! Mails are known by their ids and people by theirs: no address and no words are shown.

use anyhow::{anyhow, ensure};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{answer::Answer, stand};
use crate::{
    base::id::Id,
    config::Settings,
    domain::{audit::Kind, language::Language, notice::Letter},
    service::{
        ground::Ground,
        notices::{self, delivery},
    },
    storage::outbox::{self, State},
};

/// Mails to people about their identity.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List mails, newest first
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<Which>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Put a dead mail back into the queue, or try a waiting one at once
    Retry {
        /// Its id, as the list shows it
        #[arg(required_unless_present = "dead")]
        id: Option<String>,
        /// All dead ones
        #[arg(long, conflicts_with = "id")]
        dead: bool,
    },
    /// Send a test mail at once and say what came of it
    Test {
        /// To this address
        to: String,
        /// In this language: da or en
        #[arg(long, default_value = "da")]
        language: String,
    },
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Which {
    /// Waits for its next try.
    Queued,
    /// A node is at it.
    Sending,
    /// A mail server took it over.
    Sent,
    /// Is tried no more.
    Dead,
}

/// Does it.
pub async fn run(command: Command, ground: &Ground, settings: &Settings) -> anyhow::Result<Answer> {
    match command {
        Command::List { state, limit } => list(ground, state, limit).await,
        Command::Retry { id: Some(id), .. } => retry(ground, &id).await,
        Command::Retry { .. } => retry_dead(ground).await,
        Command::Test { to, language } => test(ground, settings, &to, &language).await,
    }
}

async fn list(ground: &Ground, state: Option<Which>, limit: u32) -> anyhow::Result<Answer> {
    let state = state.map(|state| match state {
        Which::Queued => State::Queued,
        Which::Sending => State::Sending,
        Which::Sent => State::Sent,
        Which::Dead => State::Dead,
    });
    let mails = outbox::list(&ground.db, state, limit.into()).await?;
    let rows = mails.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>()?;
    let columns = [
        ("ID", "id"),
        ("NOTICE", "notice"),
        ("PERSON", "person"),
        ("STATE", "state"),
        ("QUEUED", "queued_at"),
        ("TRIES", "tries"),
        ("NEXT OR ENDED", "due_at"),
        ("REASON", "reason"),
    ];
    Ok(Answer::table(&rows, &columns, "No mails."))
}

async fn retry(ground: &Ground, id: &str) -> anyhow::Result<Answer> {
    let id: Id<Letter> = id.parse().map_err(|_| anyhow!("'{id}' is no mail's id; portvagt mail list shows them"))?;
    let queued = notices::retry(ground, &stand::operator(), id).await?;
    ensure!(queued, "no mail with the id {id} waits or was given up");
    Ok(Answer::new("It is tried again now.", json!({ "queued": [id] })))
}

async fn retry_dead(ground: &Ground) -> anyhow::Result<Answer> {
    let mut queued = Vec::new();
    for mail in outbox::list(&ground.db, Some(State::Dead), 100_000).await? {
        if notices::retry(ground, &stand::operator(), mail.id).await? {
            queued.push(mail.id);
        }
    }
    Ok(Answer::new(format!("{} mails are tried again now.", queued.len()), json!({ "queued": queued })))
}

async fn test(ground: &Ground, settings: &Settings, to: &str, language: &str) -> anyhow::Result<Answer> {
    let language = Language::from_tag(language).ok_or_else(|| anyhow!("the language is da or en"))?;
    let office = settings.office()?.ok_or_else(|| anyhow!("mail.smtp_host is not set; portvagt config check explains"))?;
    let tested = delivery::test(ground, &office, to, language).await;
    let outcome = tested.as_ref().map_or_else(ToString::to_string, |()| "sent".to_owned());
    let tx = ground.db.begin().await?;
    tx.commit(stand::operator().event(ground, Kind::MailTested).with("outcome", &outcome)).await?;
    tested.map_err(|failure| anyhow!("{} did not take the mail: {failure}", office.postman.host))?;
    let words = format!("{} took the mail over.", office.postman.host);
    Ok(Answer::new(words, json!({ "server": office.postman.host, "outcome": outcome })))
}
