//! Finding and creating people.

use std::borrow::Cow;

use askama::Template;

use super::{Nav, Room, state_badge};
use crate::{domain::person::Access, web::page::Frame};

/// The states people are filtered by: the word in forms and the key of its text.
pub const STATES: [(&str, &str); 4] =
    [("active", "access-active"), ("locked", "access-locked"), ("not-begun", "access-not-begun"), ("ended", "access-ended")];

/// One of several to choose from.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A person in the list.
#[derive(Debug, Clone)]
pub struct Row {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub username: String,
    /// Their address; may be empty.
    pub email: String,
    /// Whether they may log in.
    pub access: Access,
    /// Where employed.
    pub organisation: String,
}

/// `GET /admin/people`, `POST /admin/people/find`: the form posts `query`, `organisation`, `state`, `unused` and `after`.
#[derive(Debug, Template)]
#[template(path = "admin/people.html")]
pub struct People {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// Whether they may create people.
    pub may_add: bool,
    /// Who was found.
    pub rows: Vec<Row>,
    /// After whom the next page begins, if there is one.
    pub next: Option<String>,
    /// What was sought; empty for a CPR number.
    pub text: String,
    /// The organisations within reach.
    pub organisations: Vec<Choice>,
    /// The one chosen; empty: all.
    pub organisation: String,
    /// The state chosen; empty: whichever.
    pub state: String,
    /// Only those without a second factor.
    pub unused: bool,
    /// Whether this is the first page.
    pub first: bool,
}

/// `GET /admin/people/new`. Posts to itself.
#[derive(Debug, Template)]
#[template(path = "admin/new_person.html")]
pub struct NewPerson {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// The organisations within reach.
    pub organisations: Vec<Choice>,
    /// The word of the field that could not be taken.
    pub flaw: Option<&'static str>,
    /// The one chosen.
    pub organisation: String,
    /// What was typed; a CPR number is not shown again.
    pub username: String,
    /// What was typed.
    pub given_name: String,
    /// What was typed.
    pub family_name: String,
    /// What was typed.
    pub email: String,
}

impl NewPerson {
    fn complaint(&self) -> Cow<'static, str> {
        self.frame.t(&format!("admin-field-{}", self.flaw.unwrap_or_default()))
    }
}
