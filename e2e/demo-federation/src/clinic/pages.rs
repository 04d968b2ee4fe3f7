//! The pages of the room: the start, and who is there with what. Next: `templates/clinic/`.

use askama::Template;

use super::{Visit, national::Outcome};
use crate::texts::Texts;

/// What can be tried.
#[derive(Template)]
#[template(path = "clinic/start.html")]
pub struct Start<'a> {
    /// Words.
    pub t: &'a Texts,
}

/// Who is there, with what.
#[derive(Template)]
#[template(path = "clinic/visit.html")]
pub struct Shown<'a> {
    /// Words.
    pub t: &'a Texts,
    /// What the visit is kept under.
    pub handle: &'a str,
    /// The visit.
    pub visit: &'a Visit,
}

impl Shown<'_> {
    /// The level in the reader's language.
    fn level(&self) -> String {
        self.t.of("level", &self.visit.level)
    }

    /// Two elements of the token that tell what it is: whom it is for, and until when.
    fn token_line(&self, before: &str, after: &str) -> &str {
        let token = self.visit.token.as_deref().unwrap_or_default();
        token.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(line, _)| line).unwrap_or_default()
    }

    fn audience(&self) -> &str {
        self.token_line("<saml:Audience>", "</saml:Audience>")
    }

    fn until(&self) -> &str {
        self.token_line("NotOnOrAfter=\"", "\"")
    }
}
