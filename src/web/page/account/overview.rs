//! The first of the person's own pages: who one is here, at which level one is logged in, and the way to the rest.

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::assurance::Level,
    web::page::{Frame, account::Notice, words},
};

/// `GET /account`.
#[derive(Debug, Template)]
#[template(path = "account/overview.html")]
pub struct Overview {
    /// The page around.
    pub frame: Frame,
    /// The person's name.
    pub name: String,
    /// The user name.
    pub user_name: String,
    /// The level of this login; `None` when nothing can be said of the person.
    pub level: Option<Level>,
    /// How many authenticators the person has beside the password.
    pub authenticators: usize,
    /// How many logins are alive, this one included.
    pub logins: usize,
    /// When the password was set.
    pub password_set: Option<Timestamp>,
    /// A road to MitID is open: a form posts to `/account/mitid`.
    pub mitid: bool,
    /// Whether the person is a registrant: a way leads to the desk.
    pub desk: bool,
    /// Whether the person has a role: a way leads to the console.
    pub console: bool,
    /// What has just been done.
    pub notice: Option<Notice>,
}
