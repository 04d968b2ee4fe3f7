//! Locking one's own identity: from the person's own pages, and from the login page without a second factor.

use askama::Template;

use crate::web::page::{Frame, login::FormError};

/// `GET /account/lock`: asks first. Posts `csrf` to `/account/lock`.
#[derive(Debug, Template)]
#[template(path = "account/lock.html")]
pub struct ConfirmLock {
    /// The page around.
    pub frame: Frame,
}

/// `GET /lock`: for whoever cannot log in. Posts `flow`, `csrf`, `user_name` and `password` to `/lock`.
#[derive(Debug, Template)]
#[template(path = "login/lock.html")]
pub struct LockByPassword {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// The user name entered before, else empty.
    pub user_name: String,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}

/// It is locked; what to do next.
#[derive(Debug, Template)]
#[template(path = "login/locked.html")]
pub struct Locked {
    /// The page around.
    pub frame: Frame,
    /// Somebody else may have used the identity.
    pub misuse: bool,
    /// Whom to ask.
    pub contact: String,
    /// The incident code of the lock.
    pub incident: String,
}
