//! What one logs in with: seen, added, named and removed.

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::factor::Kind,
    protocol::browser::Browser,
    web::page::{Frame, account::Notice},
};

/// One authenticator of the person.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// Its id, used in links and forms.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The name given to it; may be empty.
    pub name: String,
    /// When it was added.
    pub added: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// The service it was last used for, if that is known.
    pub service: Option<String>,
    /// The browser it was last used in, if that is known.
    pub browser: Option<Browser>,
}

/// `GET /account/authenticators`. Its form posts to `/account/totp` (begin an authenticator app); links lead to
/// `/account/passkey`, and to `/account/rename` and `/account/remove` with `?authenticator=`.
#[derive(Debug, Template)]
#[template(path = "account/authenticators.html")]
pub struct Authenticators {
    /// The page around.
    pub frame: Frame,
    /// What the person logs in with beside the password.
    pub authenticators: Vec<Authenticator>,
    /// Names of apps that somebody else attached; one form posts `code` to `/account/attached`.
    pub attached: Vec<String>,
    /// The code of one of them was wrong.
    pub wrong: bool,
    /// What has just been done.
    pub notice: Option<Notice>,
}

/// `GET /account/rename?authenticator=`. Posts `csrf`, `authenticator` and `name` to `/account/rename`.
#[derive(Debug, Template)]
#[template(path = "account/rename.html")]
pub struct Rename {
    /// The page around.
    pub frame: Frame,
    /// What gets another name.
    pub authenticator: Authenticator,
}

/// `GET /account/remove?authenticator=`: asks before removing. Posts `csrf` and `authenticator` to `/account/remove`.
#[derive(Debug, Template)]
#[template(path = "account/confirm_remove.html")]
pub struct ConfirmRemove {
    /// The page around.
    pub frame: Frame,
    /// What is to be removed.
    pub authenticator: Authenticator,
    /// Nothing but the password is left after it.
    pub last: bool,
}
