//! Real service providers judge us: Apache mod_auth_mellon and Shibboleth, as Debian packages them, on loopback.
//!
//! Each test starts its own, with its own folder, port and keys, and ends them by a guard. Nothing is installed here and
//! no service of the machine is touched; the Debian packages are listed in `packages.txt`. They use the time of day,
//! so the identity provider has to use it too. The cases stand in `cases.rs`.

mod answers;
/// Starting and ending foreign servers.
pub mod daemon;
mod encryption;
mod mellon;
mod requests;
mod shibboleth;
mod tamper;

pub mod cases;

pub use encryption::{Algorithms, KeyTransport};
pub use mellon::Mellon;
pub use shibboleth::Shibboleth;
pub use tamper::Opened;

use crate::visitor::{Page, Visitor};
use openssl::pkey::{PKey, Private};
use std::pin::Pin;

/// A step that takes time.
pub type Step<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The identity provider under test, as far as a service provider's owner and an employee see it.
pub trait IdentityProvider {
    /// Its entity ID.
    fn entity_id(&self) -> String;

    /// Its metadata, as published.
    fn metadata_xml(&self) -> String;

    /// Registers a service provider by its metadata; one with the same entity ID is replaced.
    fn register<'a>(&'a self, sp_metadata: &'a str) -> Step<'a, ()>;

    /// Completes password and second factor on the login page reached. Gives the page that carries the response to the
    /// service (a form not yet sent), or whatever came instead.
    fn log_in<'a>(&'a self, visitor: &'a mut Visitor, page: Page) -> Step<'a, Page>;

    /// Whether this is the page that asks for a user name and password.
    fn is_login_page(&self, page: &Page) -> bool;
}

/// How a service provider is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its entity ID.
    pub entity_id: String,
    /// The NSIS level it asks for at least: `Low`, `Substantial` or `High`, or nothing.
    pub level: Option<&'static str>,
    /// Whether it sends its AuthnRequests by HTTP-POST instead of HTTP-Redirect.
    pub post_requests: bool,
    /// The encryption its metadata offers; `None` is all that this software can open.
    pub encryption: Option<Algorithms>,
}

impl Options {
    /// Requests by redirect, no level asked for, everything offered.
    pub fn new(entity_id: &str) -> Self {
        Self { entity_id: entity_id.to_owned(), level: None, post_requests: false, encryption: None }
    }

    /// The same with at least this NSIS level asked for: `Low`, `Substantial` or `High`.
    #[must_use]
    pub fn asking_for(mut self, level: &'static str) -> Self {
        self.level = Some(level);
        self
    }

    /// The same with AuthnRequests sent by HTTP-POST.
    #[must_use]
    pub fn posting(mut self) -> Self {
        self.post_requests = true;
        self
    }

    /// The same with only these algorithms offered in the metadata.
    #[must_use]
    pub fn offering(mut self, algorithms: Algorithms) -> Self {
        self.encryption = Some(algorithms);
        self
    }
}

/// The `AuthnContextClassRef` of an NSIS level.
fn class_ref(level: &str) -> String {
    format!("https://data.gov.dk/concept/core/nsis/loa/{level}")
}

/// A running service provider.
pub trait ServiceProvider {
    /// What it is, for messages.
    fn name(&self) -> &'static str;

    /// `http://127.0.0.1:PORT`.
    fn base_url(&self) -> String;

    /// Its entity ID.
    fn entity_id(&self) -> &str;

    /// Its metadata, with its keys and the algorithms it can open.
    fn metadata_xml(&self) -> &str;

    /// Where it logs a person out: of itself, then of the identity provider.
    fn logout_url(&self) -> String;

    /// How the cookie of its session is named (the beginning of the name).
    fn session_cookie(&self) -> String;

    /// The private key that opens what is encrypted for it.
    fn decryption_key(&self) -> &PKey<Private>;

    /// Its logs so far, for messages of failed tests.
    fn logs(&self) -> String;

    /// A page that only the logged-in see; it prints the attributes.
    fn secret_url(&self) -> String {
        format!("{}/secret/", self.base_url())
    }
}

/// What the secret page prints of the person, if this is the secret page: `cvr`, `orgName`, `loa`, `specVersion`,
/// and so on.
pub fn attribute(page: &Page, name: &str) -> Option<String> {
    if page.status != 200 || !page.body.contains("The secret page") {
        return None;
    }
    let line = page.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(crate::visitor::decode(line))
}

/// The NameID that the secret page shows.
pub fn name_id(page: &Page) -> Option<String> {
    let user = attribute(page, "REMOTE_USER")?;
    // Shibboleth adds whom the name was made for.
    Some(user.split_once("!!").map_or(user.as_str(), |(name, _)| name).to_owned())
}
