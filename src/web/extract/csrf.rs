//! The only way to read a form or a JSON body: with the token of the flow or session it belongs to, from our own pages
//! (security case B17). Duplicate fields are refused; sizes are bounded before anything is read from them.

use std::collections::BTreeMap;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web::{Bytes, Data},
};
use serde_json::Value;

use super::body::{self, Reading};
use crate::{
    crypto::token::Token,
    service::login::Held,
    web::{app::App, page::problem::Kind, problem::Trouble, visit::Visit},
};

/// The most a form of ours can be: a password of 1,024 characters, percent-encoded, and some fields.
const FORM_LIMIT: usize = 24 * 1024;
/// The most a passkey answer can be.
const JSON_LIMIT: usize = 128 * 1024;

/// Whom the form token belongs to.
#[derive(Debug, Clone)]
pub enum Holder {
    /// A login under way.
    Flow(Held),
    /// A session cookie; whether the session lives is asked separately.
    Session(Token),
}

/// A form of ours, proved to come from a page of ours in the same browser.
#[derive(Debug)]
pub struct CsrfForm {
    /// Whose.
    pub holder: Holder,
    fields: BTreeMap<String, String>,
}

/// A JSON body, proved likewise by the header `X-CSRF`.
#[derive(Debug)]
pub struct CsrfJson {
    /// Whose.
    pub holder: Holder,
    /// The body.
    pub body: Value,
}

impl CsrfForm {
    /// A field's text; empty when it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The flow the form belongs to.
    pub fn flow(&self, visit: &Visit) -> Result<Held, Trouble> {
        self.holder.flow(visit)
    }
}

impl CsrfJson {
    /// The flow the body belongs to.
    pub fn flow(&self, visit: &Visit) -> Result<Held, Trouble> {
        self.holder.flow(visit)
    }
}

impl Holder {
    fn flow(&self, visit: &Visit) -> Result<Held, Trouble> {
        match self {
            Self::Flow(held) => Ok(held.clone()),
            Self::Session(_) => Err(Trouble::of(visit, Kind::FlowGone, "flow.violation", "no_flow")),
        }
    }
}

impl FromRequest for CsrfForm {
    type Error = Trouble;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, reading) = (request.clone(), OwnForm::from_request(request, payload));
        Box::pin(async move {
            let OwnForm { fields } = reading.await?;
            let text = |name: &str| fields.get(name).map_or("", String::as_str);
            let holder = holder(&request, &Visit::of(&request), text("flow"), text("csrf"))?;
            Ok(Self { holder, fields })
        })
    }
}

/// A form from a page of ours that has neither flow nor session, so no token: only for what changes nothing but this
/// browser's own choice of language.
#[derive(Debug)]
pub struct OwnForm {
    fields: BTreeMap<String, String>,
}

impl OwnForm {
    /// A field's text; empty when it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl FromRequest for OwnForm {
    type Error = Trouble;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (visit, reading) = (Visit::of(request), bounded(request, payload, "application/x-www-form-urlencoded", FORM_LIMIT));
        Box::pin(async move {
            let body = reading.await?;
            let mut fields = BTreeMap::new();
            for (name, value) in url::form_urlencoded::parse(&body) {
                if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                    return Err(refused(&visit, "duplicate_parameter"));
                }
            }
            Ok(Self { fields })
        })
    }
}

impl FromRequest for CsrfJson {
    type Error = Trouble;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, reading) = (request.clone(), bounded(request, payload, "application/json", JSON_LIMIT));
        Box::pin(async move {
            let visit = Visit::of(&request);
            let body = reading.await?;
            let body: Value = serde_json::from_slice(&body).map_err(|_| refused(&visit, "json"))?;
            let flow = body.get("flow").and_then(Value::as_str).unwrap_or_default();
            let token = request.headers().get("x-csrf").and_then(|value| value.to_str().ok()).unwrap_or_default();
            let holder = holder(&request, &visit, flow, token)?;
            Ok(Self { holder, body })
        })
    }
}

/// The body of a request from a page of ours, if it is of that type and no larger than `limit` bytes.
fn bounded(request: &HttpRequest, payload: &mut Payload, media_type: &'static str, limit: usize) -> Reading<Bytes> {
    let (request, mut payload) = (request.clone(), payload.take());
    Box::pin(async move {
        from_our_page(&request, &Visit::of(&request), media_type)?;
        body::read(&request, &mut payload, limit).await
    })
}

/// Browsers say where a request comes from; whatever they say must be us. A plain client that says nothing still needs
/// the token.
fn from_our_page(request: &HttpRequest, visit: &Visit, media_type: &str) -> Result<(), Trouble> {
    let headers: &HeaderMap = request.headers();
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = request.app_data::<Data<App>>().map(|app| app.site.origin());
    if text("origin").is_some_and(|given| Some(given) != origin.as_deref()) {
        return Err(refused(visit, "origin"));
    }
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(refused(visit, "fetch_site"));
    }
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type) {
        return Err(refused(visit, "content_type"));
    }
    Ok(())
}

fn holder(request: &HttpRequest, visit: &Visit, flow: &str, token: &str) -> Result<Holder, Trouble> {
    let Some(app) = request.app_data::<Data<App>>() else { return Err(refused(visit, "token")) };
    let key = &app.ground.seals.csrf;
    if !flow.is_empty() {
        // Without the flow's own cookie the login belongs to another browser, or is over.
        let Some(held) = visit.held(flow) else { return Err(Trouble::of(visit, Kind::FlowGone, "flow.cookie_mismatch", "cookie")) };
        return if held.token.accepts_form(key, token) { Ok(Holder::Flow(held)) } else { Err(refused(visit, "token")) };
    }
    match &visit.session {
        Some(session) if session.accepts_form(key, token) => Ok(Holder::Session(session.clone())),
        _ => Err(refused(visit, "token")),
    }
}

fn refused(visit: &Visit, reason: &'static str) -> Trouble {
    Trouble::of(visit, Kind::Forbidden, "csrf.rejected", reason)
}
