//! The pages around logging out.
//!
//! What never happens here: ending a session; asking for the page alone ends none.

use actix_web::{HttpResponse, http::header::CONTENT_SECURITY_POLICY};
use askama::Template;

use crate::{
    protocol::saml::wire::Delivery,
    web::{
        headers,
        page::{self, Frame},
    },
};

/// `GET /logged-out`, and the end of a logout that not everybody has heard of.
#[derive(Debug, Template)]
#[template(path = "logged_out.html")]
pub struct LoggedOut {
    /// The page around.
    pub frame: Frame,
    /// Services where the person may still be logged in.
    pub services: Vec<String>,
    /// The answer to the service that asked, and its name. The visitor sends it, having read the page.
    pub back: Option<(Delivery, String)>,
}

impl LoggedOut {
    /// The page as an answer; its form may post to the service that asked.
    pub fn answer(&self) -> HttpResponse {
        let mut answer = page::ok(self);
        if let Some((Delivery::Post(form), _)) = &self.back
            && let Some(policy) = headers::policy_posting_to(&form.action)
        {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
}

/// `GET /logout/services`: off to a service with a request of ours. A script goes by itself, and passes the service over
/// when it does not answer within five seconds; without script there is a link or button for each.
#[derive(Debug, Template)]
#[template(path = "logout_services.html")]
pub struct Carry {
    /// The page around.
    pub frame: Frame,
    /// The service's name.
    pub service: String,
    /// Where the request goes.
    pub delivery: Delivery,
    /// Where one goes on without this service.
    pub skip: String,
    /// An address of the service that the script looks for first.
    pub probe: String,
}

impl Carry {
    /// The page for one request.
    pub fn of(frame: Frame, delivery: Delivery, service: String, skip: String) -> Self {
        let address = match &delivery {
            Delivery::Redirect(url) => url,
            Delivery::Post(form) => &form.action,
        };
        let origin = url::Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        Self { frame, service, delivery, skip, probe: format!("{origin}/") }
    }

    /// The page as an answer, with a policy that lets it reach the one service.
    pub fn answer(&self) -> HttpResponse {
        let mut answer = page::ok(self);
        if let Some(policy) = headers::policy_reaching(&self.probe) {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
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
