//! The pages of a login under way: password, second factor, activation code.
//!
//! What never happens here: telling an unknown user name from a wrong password; both are `Refused`.

use askama::Template;

use crate::web::page::Frame;

/// Why a form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// What was entered is not right; one fixed text for each page, whatever the reason was.
    Refused,
    /// Too many tries: the visitor may try again after this many seconds.
    Throttled {
        /// Seconds to wait, at least 1.
        seconds: u64,
    },
}

/// `GET /login?flow=`: passkey first, then user name and password. Posts to `/login/password` (`flow`, `csrf`,
/// `user_name`, `password`); script posts to `/login/passkey/start` and `/finish`.
#[derive(Debug, Template)]
#[template(path = "login/password.html")]
pub struct Password {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// The service the visitor is on the way to; `None` when it is Min identitet.
    pub service: Option<String>,
    /// The user name entered before, else empty.
    pub user_name: String,
    /// The operator's sentence of help.
    pub help: Option<String>,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}

/// The second factor. Posts to `/login/totp` (`flow`, `csrf`, `code`); script posts to `/login/webauthn/start` and
/// `/finish`; "log in as somebody else" posts to `/login/restart` (`flow`, `csrf`).
#[derive(Debug, Template)]
#[template(path = "login/factor.html")]
pub struct Factor {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// The service the visitor is on the way to.
    pub service: Option<String>,
    /// The user name as entered.
    pub user_name: String,
    /// The person has a TOTP authenticator.
    pub totp: bool,
    /// The person has a passkey or security key.
    pub webauthn: bool,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}

/// First login: the activation code handed over by the registrant. Posts to `/login/activation` (`flow`, `csrf`, `code`).
#[derive(Debug, Template)]
#[template(path = "login/activation.html")]
pub struct Activation {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// The user name as entered.
    pub user_name: String,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}
