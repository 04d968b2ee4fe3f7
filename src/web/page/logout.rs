//! The pages around logging out.
//!
//! What never happens here: ending a session; asking for the page alone ends none.

use askama::Template;

use crate::web::page::Frame;

/// `GET /logged-out`.
#[derive(Debug, Template)]
#[template(path = "logged_out.html")]
pub struct LoggedOut {
    /// The page around.
    pub frame: Frame,
    /// Services where the person may still be logged in.
    pub services: Vec<String>,
}

/// Asks before logging out. Posts `csrf` to `/logout`.
#[derive(Debug, Template)]
#[template(path = "logout_confirm.html")]
pub struct LogoutConfirm {
    /// The page around.
    pub frame: Frame,
    /// Where "no, stay" leads.
    pub cancel: String,
}
