//! Changing one's own password.

use std::borrow::Cow;

use askama::Template;

use crate::{
    domain::policy::WeakPassword,
    web::page::{Frame, login::FormError},
};

/// Why a new password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// It does not meet the demands.
    Weak(WeakPassword),
    /// It is the old one.
    Same,
    /// It was not repeated alike.
    Repeated,
}

impl Frame {
    /// Why a new password was not taken, to whoever chose it.
    pub fn not_taken(&self, reason: &NotTaken) -> Cow<'static, str> {
        match reason {
            NotTaken::Weak(weak) => self.weak(weak),
            NotTaken::Same => self.t("password-same"),
            NotTaken::Repeated => self.t("password-repeated"),
        }
    }
}

/// `GET /account/password`. Posts `csrf`, `old`, `new` and `again` to `/account/password`.
#[derive(Debug, Template)]
#[template(path = "account/password.html")]
pub struct ChangePassword {
    /// The page around.
    pub frame: Frame,
    /// The user name, for the browser's password store.
    pub user_name: String,
    /// Fewest characters of a new one.
    pub least: usize,
    /// The old one was wrong, or there were too many tries.
    pub error: Option<FormError>,
    /// The new one was not taken.
    pub refused: Option<NotTaken>,
}
