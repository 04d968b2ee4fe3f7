//! `portvagt audit`: read the trail, and prove that it is what was written.

use anyhow::Context;
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::{
    domain::person::Username,
    service::{ground::Ground, people},
    storage::{
        audit::{self, Anchor, Filter, Written},
        verify,
    },
};

/// Read and verify the audit trail.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List events, newest first
    List {
        /// Only what this person did or what happened to them
        #[arg(long, value_name = "USERNAME")]
        person: Option<Username>,
        /// Only kinds that begin with this, such as login or saml.assertion
        #[arg(long, default_value = "")]
        kind: String,
        /// Not before this instant, such as 2026-11-01T08:00:00Z, or this day (UTC), such as 2026-11-01
        #[arg(long, value_parser = instant)]
        since: Option<Timestamp>,
        /// Before this instant
        #[arg(long, value_parser = instant)]
        until: Option<Timestamp>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Check every event and the chain of seals
    Verify {
        /// A seal published outside earlier, as SEQ:HASH from the log: shows that the tail was not cut
        #[arg(long, value_parser = anchor)]
        anchor: Option<Anchor>,
    },
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let read = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
    read.map_err(|_| "should be an instant or a day, as 2026-11-01T08:00:00Z or 2026-11-01".to_owned())
}

fn anchor(text: &str) -> Result<Anchor, String> {
    let wrong = || "should be SEQ:HASH, as 42:9f86d0... with 64 hexadecimal digits".to_owned();
    let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
    let digits: Vec<u32> = hash.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>().ok_or_else(wrong)?;
    let bytes = digits.chunks(2).map(|two| two.iter().fold(0, |byte, digit| byte * 16 + digit)).map(u8::try_from);
    let hash: Vec<u8> = bytes.collect::<Result<_, _>>().map_err(|_| wrong())?;
    if digits.len() != 64 {
        return Err(wrong());
    }
    Ok(Anchor { seq: seq.parse().map_err(|_| wrong())?, hash })
}

/// Does one of them.
pub async fn run(command: Command, ground: &Ground) -> anyhow::Result<Answer> {
    match command {
        Command::List { person, kind, since, until, limit } => {
            let person = match person {
                Some(username) => Some(people::find(ground, &username).await?.id),
                None => None,
            };
            let filter = Filter { person, kind_prefix: kind, from: since, to: until, before: None, limit: limit.into() };
            let events = audit::list(&ground.db, &filter).await?;
            let rows: Vec<Value> = events.iter().map(line).collect();
            let columns = [
                ("AT", "at"),
                ("KIND", "kind"),
                ("ACTOR", "actor"),
                ("SUBJECT", "subject"),
                ("INCIDENT", "incident"),
                ("DETAILS", "words"),
            ];
            Ok(Answer::table(&rows, &columns, "No event fits.").with_json(json!(events)))
        }
        Command::Verify { anchor } => {
            let verdict = verify::run(&ground.db, anchor.as_ref()).await.context("the trail could not be read")?;
            let head = verdict.head.as_ref().map(|head| format!("{}:{}", head.seq, hex(&head.hash)));
            let good = verdict.first_bad.is_none();
            let words = match &verdict.first_bad {
                None => format!(
                    "The trail is what was written: {} sealed event(s), {} not sealed yet, {} seal(s) emptied by retention.\nNewest seal: {}",
                    verdict.sealed,
                    verdict.unsealed,
                    verdict.purged_seals,
                    head.as_deref().unwrap_or("none yet")
                ),
                Some(bad) => format!("The trail is NOT what was written: {bad}."),
            };
            let json = json!({
                "ok": good, "sealed": verdict.sealed, "unsealed": verdict.unsealed, "purged_seals": verdict.purged_seals, "head": head,
                "first_bad": verdict.first_bad.as_ref().map(ToString::to_string),
            });
            Ok(Answer::new(words, json).with_code(u8::from(!good)))
        }
    }
}

/// An event as a line of the table.
fn line(event: &Written) -> Value {
    let words = event.details.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    json!({
        "at": event.at, "kind": event.kind, "actor": event.actor, "subject": event.subject, "incident": event.incident, "words": words,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_instant() {
        assert_eq!(instant("2026-11-01").unwrap(), instant("2026-11-01T00:00:00Z").unwrap());
        for bad in ["yesterday", "2026", "01-11-2026", ""] {
            assert!(instant(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_anchor_is_a_number_and_32_bytes() {
        let read = anchor(&format!("42:{}", "0f".repeat(32))).unwrap();
        assert_eq!((read.seq, read.hash), (42, vec![15; 32]));
        for bad in ["", "42", "42:", "x:0f", "42:0f", &format!("42:{}", "zz".repeat(32))] {
            assert!(anchor(bad).is_err(), "{bad}");
        }
    }
}
