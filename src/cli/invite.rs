//! `portvagt person invite`: by mail, or by a letter to be printed. The code stands in the mail or the letter and nowhere
//! else; what it opens proves nothing yet.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{answer::Answer, keys, stand};
use crate::{
    domain::{
        invitation::Channel,
        language::Language,
        person::{Person, Username},
    },
    protocol::letter::{self, Letter},
    service::{activation::invitation, ground::Ground, people},
};

/// Somebody to invite.
#[derive(Debug, Args)]
pub struct Invite {
    /// Their user name
    pub username: Username,
    /// How the invitation is sent
    #[arg(long, value_enum)]
    pub by: By,
    /// Where the letter is written to; without it invitation-NAME.pdf
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The language of the letter: da or en
    #[arg(long, default_value = "da", value_parser = language)]
    pub language: Language,
}

/// How an invitation is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// To the person's e-mail address
    Mail,
    /// As a PDF to be printed and posted
    Letter,
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_tag(text).ok_or_else(|| "use da or en".to_owned())
}

/// Invites; `base_url` is the configured address, the only one that is ever told.
pub async fn run(invite: Invite, ground: &Ground, base_url: &str) -> anyhow::Result<Answer> {
    let person = people::find(ground, &invite.username).await?;
    let by = stand::operator();
    if invite.by == By::Mail {
        if invite.out.is_some() {
            bail!("--out is for letters");
        }
        let (_, expires_at) = invitation::invite(ground, &by, &person, Channel::Mail).await?;
        let words = format!("An invitation is on its way to '{}'; it may be used until {expires_at}.", person.username);
        return Ok(Answer::new(words, json!({ "username": person.username, "by": "mail", "expires_at": expires_at })));
    }
    let out = invite.out.unwrap_or_else(|| PathBuf::from(format!("invitation-{}.pdf", person.username)));
    if out.exists() {
        bail!("{} exists already", out.display());
    }
    let (code, expires_at) = invitation::invite(ground, &by, &person, Channel::Letter).await?;
    let lines = Lines { ground, base_url, person: &person, language: invite.language };
    let written = keys::write_new(&out, &lines.letter(&code.to_text(), &invite.language.moment(expires_at)), true);
    written.map_err(|error| error.context("the letter could not be written; invite again, which makes this invitation void"))?;
    let words = format!(
        "The letter is written to {}; print it, post it, and delete the file. Its code may be used until {expires_at}.",
        out.display()
    );
    Ok(Answer::new(words, json!({ "username": person.username, "by": "letter", "file": out, "expires_at": expires_at })))
}

/// What the letter is made of.
struct Lines<'a> {
    ground: &'a Ground,
    base_url: &'a str,
    person: &'a Person,
    language: Language,
}

impl Lines<'_> {
    fn letter(&self, code: &str, until: &str) -> Vec<u8> {
        let text = |key: &str| self.language.text(key).into_owned();
        let name = self.person.full_name();
        let organisation = self.ground.rules.issuer.as_str();
        let today = self.language.moment(self.ground.clock.now());
        letter::pdf(&Letter {
            language: self.language.tag(),
            sender: organisation,
            recipient: &name,
            date: &today,
            title: &text("letter-title"),
            before: &[
                self.language.text_with("letter-hello", "name", name.as_str()),
                self.language.text_with("letter-what", "organisation", organisation),
                text("letter-how"),
            ],
            facts: &[
                (text("letter-address"), format!("{}/activate", self.base_url)),
                (text("letter-user-name"), self.person.username.to_string()),
                (text("letter-code"), code.to_owned()),
            ],
            after: &[self.language.text_with("letter-until", "moment", until), text("letter-prove"), text("letter-safe")],
        })
    }
}
