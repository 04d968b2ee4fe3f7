//! What waits for a second person, and what was decided lately.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;

use super::{Held, Nav, Room};
use crate::{
    domain::{request::State, role::Role},
    web::page::Frame,
};

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A role.
    Role {
        /// The role.
        role: Role,
        /// The organisation's name; `None`: everywhere.
        place: Option<String>,
    },
    /// That the last second factor is removed.
    Reset,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// What is asked for.
    pub wanted: Wanted,
    /// Whom it is about: their id.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// Who asks.
    pub asker: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// When it is over.
    pub until: Timestamp,
    /// Where it stands.
    pub state: State,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// The visitor asked it.
    pub is_mine: bool,
    /// The visitor may decide it.
    pub may_decide: bool,
}

impl Asked {
    /// The part of the addresses that decide it.
    fn sort(&self) -> &'static str {
        match self.wanted {
            Wanted::Role { .. } => "role",
            Wanted::Reset => "reset",
        }
    }

    fn words(&self, frame: &Frame) -> String {
        match &self.wanted {
            Wanted::Role { role, place } => {
                let held = Held { role: *role, place: place.clone(), scope: String::new() };
                frame.with("admin-wish-role", "role", frame.held(&held))
            }
            Wanted::Reset => frame.t("admin-wish-reset").into_owned(),
        }
    }

    fn state(&self, frame: &Frame) -> Cow<'static, str> {
        frame.t(&format!("request-{}", self.state.as_str()))
    }
}

/// `GET /admin/requests`. Its forms post `csrf`, `request` and, to refuse, `reason` to `/admin/requests/...`.
#[derive(Debug, Template)]
#[template(path = "admin/requests.html")]
pub struct Requests {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// What waits, oldest first.
    pub waiting: Vec<Asked>,
    /// What was decided, newest first.
    pub decided: Vec<Asked>,
    /// The key of what was just done.
    pub done: Option<&'static str>,
    /// The key of why nothing was done.
    pub flaw: Option<&'static str>,
}

/// The key of what was just done.
pub fn done(word: &str) -> Option<&'static str> {
    match word {
        "approved" => Some("admin-done-approved"),
        "refused" => Some("admin-done-refused"),
        "withdrawn" => Some("admin-done-withdrawn"),
        _ => None,
    }
}
