//! Every page as a type: a struct with plain fields and the template of the same name under `templates/`.
//!
//! All text comes from the language files through the `Frame` that each page carries; everything else is escaped.
//! What never happens here: deciding what to show. Handlers fill in the fields and answer with `page::answer`.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::ContentType},
};
use askama::Template;

use crate::web::{assets, language::Language};

/// Dates, waits, levels and kinds in words.
pub mod words;
/// Login: password, second factor, activation.
pub mod login;
/// Enrolment of a first or further authenticator, at login and from the person's own page.
pub mod enrol;
/// Activation and recovery.
pub mod activate;
/// The registrant's desk.
pub mod desk;
/// The console.
pub mod admin;
/// The person's own page, "Min identitet".
pub mod account;
/// After and before logging out.
pub mod logout;
/// The page that carries a SAML message to a service.
pub mod saml;
/// On the way to MitID.
pub mod mitid;
/// What went wrong, in plain words, with an incident code.
pub mod problem;
/// Pages that are the same for everybody.
pub mod open;

/// What every page has around its content.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The visitor's language.
    pub language: Language,
    /// The organisation's name, shown in the head.
    pub organisation: String,
    /// The CSRF token for this page's forms; empty where there is neither flow nor session.
    pub csrf: String,
    /// Path and query of this page for coming back after a change of language (`/login?flow=...`); `None` hides the switch.
    pub here: Option<String>,
    /// The incident code of the request, for pages that show one.
    pub incident: String,
    /// The name of the person logged in.
    pub signed_in: Option<String>,
}

impl Frame {
    /// A frame for a visitor who is not logged in and has no flow.
    pub fn open(language: Language, organisation: &str) -> Self {
        Self { language, organisation: organisation.to_owned(), ..Self::default() }
    }

    /// The text of `key`.
    pub fn t(&self, key: &str) -> Cow<'static, str> {
        self.language.text(key)
    }

    /// The text of `key` with the variable `name` filled in.
    pub fn with(&self, key: &str, name: &str, value: impl AsRef<str>) -> String {
        self.language.text_with(key, name, value.as_ref())
    }

    /// The text of `key` with several variables filled in.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.language.text_of(key, values)
    }

    /// The text of `key` with the number `count` filled in.
    pub fn count(&self, key: &str, count: &usize) -> String {
        self.language.text_with(key, "count", u64::try_from(*count).unwrap_or(u64::MAX))
    }

    /// The address of a built static file.
    pub fn file(&self, name: &str) -> String {
        assets::url(name)
    }
}

/// Renders a page as an answer. A template that fails to render (it never should) answers 500 without content.
pub fn answer(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status).insert_header(ContentType::html()).body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// Renders a page with status 200.
pub fn ok(page: &impl Template) -> HttpResponse {
    answer(StatusCode::OK, page)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
