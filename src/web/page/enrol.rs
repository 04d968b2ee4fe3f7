//! Enrolment of an authenticator: at first login (with a flow) and from the person's own page (without one).
//!
//! What never happens here: keeping the TOTP secret; it is shown once, in a page that no cache may store.

use askama::Template;

use crate::web::page::{Frame, login::FormError};

/// First login: which authenticator to set up. `totp` posts to `/login/enrol/totp` (`flow`, `csrf`);
/// `passkey` leads to `GET /login/enrol/passkey?flow=`.
#[derive(Debug, Template)]
#[template(path = "login/enrol.html")]
pub struct Enrol {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// The authenticator app is on offer.
    pub totp: bool,
    /// The passkey is on offer.
    pub passkey: bool,
}

/// Set up an authenticator app: QR code, secret for typing, first code. Posts `flow`, `csrf` and `code` to `post`.
#[derive(Debug, Template)]
#[template(path = "login/enrol_totp.html")]
pub struct EnrolTotp {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id; empty from the account page, then no field is sent.
    pub flow: String,
    /// Where the form posts: `/login/enrol/totp/confirm` or `/account/totp/confirm`.
    pub post: String,
    /// Where "cancel" leads: `/login/enrol?flow=...` or `/account`.
    pub cancel: String,
    /// The QR code as an SVG element, drawn by us; goes into the page as it is. A leading XML declaration is dropped.
    pub qr: String,
    /// The secret in base32, shown in groups of four.
    pub secret: String,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}

impl EnrolTotp {
    fn drawing(&self) -> &str {
        self.qr.find("<svg").and_then(|start| self.qr.get(start..)).unwrap_or_default()
    }

    fn groups(&self) -> Vec<String> {
        let characters: Vec<char> = self.secret.chars().filter(|c| !c.is_whitespace()).collect();
        characters.chunks(4).map(|group| group.iter().collect()).collect()
    }
}

/// Set up a passkey or security key: a name and a button for script. Sends `{flow, name}` to `start` and `{flow, credential, name}`
/// to `finish`.
#[derive(Debug, Template)]
#[template(path = "login/enrol_passkey.html")]
pub struct EnrolPasskey {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id; empty from the account page.
    pub flow: String,
    /// `/login/enrol/passkey/start` or `/account/passkey/start`.
    pub start: String,
    /// `/login/enrol/passkey/finish` or `/account/passkey/finish`.
    pub finish: String,
    /// Where "cancel" leads.
    pub cancel: String,
}
