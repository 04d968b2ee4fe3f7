//! Dates, waits and levels in the visitor's words.
//!
//! What never happens here: asking the time. The path goes on to the pages, which call these from their templates.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    domain::{assurance::Level, factor::Kind, policy::WeakPassword},
    protocol::browser::Browser,
    web::page::Frame,
};

impl Frame {
    /// Day, month and time of day in Denmark: "24. november 2026 kl. 14.05".
    pub fn moment(&self, at: &Timestamp) -> String {
        self.language.moment(*at)
    }

    /// The day in Denmark: "24. november 2026".
    pub fn day(&self, at: &Timestamp) -> String {
        self.language.day(*at)
    }

    /// A browser by its makers' names: "Chrome on Windows".
    pub fn browser(&self, browser: &Browser) -> String {
        match (browser.name, browser.system) {
            (Some(name), Some(system)) => self.fill("browser-on", &[("browser", name), ("system", system)]),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => self.t("browser-unknown").into_owned(),
        }
    }

    /// A level's name; `None` is below Low.
    pub fn level(&self, level: &Option<Level>) -> Cow<'static, str> {
        self.t(match level {
            None => "level-none",
            Some(Level::Low) => "level-low",
            Some(Level::Substantial) => "level-substantial",
            Some(Level::High) => "level-high",
        })
    }

    /// The name of a level that is there.
    pub fn one_level(&self, level: &Level) -> Cow<'static, str> {
        self.level(&Some(*level))
    }

    /// The name of a kind of authenticator.
    pub fn kind(&self, kind: &Kind) -> Cow<'static, str> {
        self.t(match kind {
            Kind::Password => "kind-password",
            Kind::Totp => "kind-totp",
            Kind::Webauthn => "kind-passkey",
            Kind::ActivationCode => "kind-activation",
        })
    }

    /// Why a password is not taken, to whoever chose it.
    pub fn weak(&self, weak: &WeakPassword) -> Cow<'static, str> {
        match weak {
            WeakPassword::TooShort { least } => Cow::Owned(self.language.text_with("password-too-short", "least", *least)),
            WeakPassword::TooLong => self.t("password-too-long"),
            WeakPassword::ControlCharacter => self.t("password-control-character"),
            WeakPassword::Common => self.t("password-common"),
            WeakPassword::Blocked => self.t("password-blocked"),
            WeakPassword::OwnWords => self.t("password-own-words"),
            WeakPassword::Breached => self.t("password-breached"),
            WeakPassword::UsedBefore => self.t("password-used-before"),
        }
    }

    /// The wait of a throttled visitor in plain words: seconds below a minute and a half, else minutes rounded up.
    pub fn wait(&self, seconds: &u64) -> String {
        if *seconds < 90 {
            self.language.text_with("wait-seconds", "seconds", (*seconds).max(1))
        } else {
            self.language.text_with("wait-minutes", "minutes", seconds.div_ceil(60))
        }
    }
}

/// The design system's class for a level's badge.
pub(super) fn badge(level: &Option<Level>) -> &'static str {
    match level {
        None => "badge-warning",
        Some(Level::Low) => "badge-info",
        Some(Level::Substantial | Level::High) => "badge-success",
    }
}
