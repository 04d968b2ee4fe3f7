//! Where one is logged in.

use askama::Template;
use jiff::Timestamp;

use crate::{
    protocol::browser::Browser,
    web::page::{Frame, account::Notice},
};

/// One login that is still alive.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its id, used in forms.
    pub id: String,
    /// The browser.
    pub browser: Browser,
    /// The address it began from; empty when it is not known.
    pub address: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// Services it was used at.
    pub services: Vec<String>,
    /// It is this one.
    pub current: bool,
}

/// `GET /account/sessions`. Its forms post `csrf` and `session` (an id, `others` or `all`) to `/account/sessions/end`.
#[derive(Debug, Template)]
#[template(path = "account/sessions.html")]
pub struct Sessions {
    /// The page around.
    pub frame: Frame,
    /// The logins alive, this one first.
    pub logins: Vec<Login>,
    /// What has just been done.
    pub notice: Option<Notice>,
}
