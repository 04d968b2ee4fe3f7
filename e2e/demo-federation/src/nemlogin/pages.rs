//! The pages of the room: who to be, and the answer on its way. Next: `templates/nemlogin/`.

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use portvagt::{cli::demo::Citizen, domain::assurance::Level};

use crate::texts::Texts;

/// Who to be, and at which level.
#[derive(Template)]
#[template(path = "nemlogin/choose.html")]
pub struct Choose<'a> {
    /// Words.
    pub t: &'a Texts,
    /// What the request waits under.
    pub handle: &'a str,
    /// Whom one can be.
    pub people: &'a [Citizen],
    /// The level asked for.
    pub least: Level,
    /// Who asks.
    pub service: &'a str,
}

impl Choose<'_> {
    fn levels(&self) -> [Level; 3] {
        [Level::Low, Level::Substantial, Level::High]
    }

    fn preset(&self, level: &Level) -> bool {
        *level == self.least.max(Level::Substantial)
    }
}

/// The answer on its way.
#[derive(Template)]
#[template(path = "nemlogin/post.html")]
pub struct Post<'a> {
    /// Words.
    pub t: &'a Texts,
    /// Where to.
    pub action: &'a str,
    /// The response in base64.
    pub message: &'a str,
    /// RelayState.
    pub relay_state: Option<&'a str>,
}

/// The message as a form carries it.
pub fn base64(xml: &str) -> String {
    STANDARD.encode(xml)
}
