//! The page that carries a SAML message to a service by the visitor's browser (HTTP-POST binding).
//!
//! A script of our own sends the form; without script a button does. What never happens here: making the message.

use actix_web::{HttpResponse, http::header::CONTENT_SECURITY_POLICY};
use askama::Template;

use crate::web::{
    headers,
    page::{self, Frame},
};

/// Whether we answer or ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// `SAMLResponse`.
    Response,
    /// `SAMLRequest`.
    Request,
}

impl Carries {
    fn field(self) -> &'static str {
        match self {
            Self::Response => "SAMLResponse",
            Self::Request => "SAMLRequest",
        }
    }
}

/// The posting page.
#[derive(Debug, Template)]
#[template(path = "saml/post.html")]
pub struct Post {
    /// The page around; only its language and organisation are used.
    pub frame: Frame,
    /// Where to post: an absolute URL from registered metadata.
    pub action: String,
    /// What is posted.
    pub carries: Carries,
    /// The message in base64.
    pub message: String,
    /// `RelayState`, passed on unchanged.
    pub relay_state: Option<String>,
    /// The service's name; its host is shown when it has none.
    pub service: Option<String>,
}

impl Post {
    /// The service's name, or the host that the form goes to.
    fn place(&self) -> String {
        let host = || url::Url::parse(&self.action).ok().and_then(|url| url.host_str().map(str::to_owned));
        self.service.clone().or_else(host).unwrap_or_default()
    }

    /// The message, which needs no escaping since it is base64; anything else is left out rather than written.
    fn base64(&self) -> &str {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        if self.message.bytes().all(is_base64) { &self.message } else { "" }
    }

    /// The page as an answer, with a policy that lets its form post to the one origin of `action`.
    /// With an `action` that is no http(s) URL the browser refuses to send the form.
    pub fn answer(&self) -> HttpResponse {
        let mut answer = page::ok(self);
        if let Some(policy) = headers::policy_posting_to(&self.action) {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
}
