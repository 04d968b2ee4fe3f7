//! What is kept about oneself: details, language, terms, and the way to take all of it out.

use askama::Template;
use jiff::Timestamp;

use crate::web::{
    language::Language,
    page::{Frame, account::Notice},
};

/// Terms the person accepted.
#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    /// Which.
    pub version: i64,
    /// When.
    pub at: Timestamp,
}

/// `GET /account/terms?version=`.
#[derive(Debug, Template)]
#[template(path = "account/terms.html")]
pub struct Terms {
    /// The page around.
    pub frame: Frame,
    /// Which, and when they were accepted.
    pub accepted: Accepted,
    /// The text.
    pub paragraphs: Vec<String>,
}

/// `GET /account/details`. Posts `csrf` and `language` to `/account/language`.
#[derive(Debug, Template)]
#[template(path = "account/details.html")]
pub struct Details {
    /// The page around.
    pub frame: Frame,
    /// The person's name.
    pub name: String,
    /// The user name.
    pub user_name: String,
    /// The address that mails go to, if one is known.
    pub email: Option<String>,
    /// Terms the person accepted, newest first; links lead to `/account/terms?version=`.
    pub accepted: Vec<Accepted>,
    /// What has just been done.
    pub notice: Option<Notice>,
}

/// `GET /account/export`: says what one gets. Posts `csrf` to `/account/export`.
#[derive(Debug, Template)]
#[template(path = "account/export.html")]
pub struct Export {
    /// The page around.
    pub frame: Frame,
}
