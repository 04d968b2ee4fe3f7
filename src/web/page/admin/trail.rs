//! The audit trail: filters, events, and whether it is what was written.

use askama::Template;

use super::{Doer, Event, Nav, Room};
use crate::web::page::Frame;

/// `GET /admin/trail`. The filters are a form of their own address; `/admin/trail/export` and `/admin/trail/verify` are posted to.
#[derive(Debug, Template)]
#[template(path = "admin/trail.html")]
pub struct Trail {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// Newest first.
    pub events: Vec<Event>,
    /// The query of the next page, if there is one.
    pub older: Option<String>,
    /// It is the first page.
    pub newest: bool,
    /// The word of the filter that fits nothing.
    pub unknown: Option<&'static str>,
    /// The filter as typed.
    pub person: String,
    /// The filter as typed.
    pub actor: String,
    /// The filter as typed.
    pub kind: String,
    /// The filter as typed.
    pub incident: String,
    /// The filter as typed.
    pub from: String,
    /// The filter as typed.
    pub to: String,
}

impl Trail {
    fn complaint(&self) -> String {
        self.frame.t(&format!("admin-filter-{}", self.unknown.unwrap_or_default())).into_owned()
    }
}

/// What the check of the trail found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Events under a seal.
    pub sealed: u64,
    /// Events no seal covers yet.
    pub unsealed: u64,
    /// Seals that retention emptied.
    pub purged: u64,
    /// The newest seal, as the log publishes it.
    pub head: Option<String>,
    /// The first thing that is not what was written, in the words of the command line.
    pub bad: Option<String>,
}

/// `POST /admin/trail/verify`.
#[derive(Debug, Template)]
#[template(path = "admin/verified.html")]
pub struct Verified {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// What was found.
    pub checked: Checked,
}
