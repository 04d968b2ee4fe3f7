//! Who sends a request, as far as it says: incident code, language, address, cookies. Proves nothing by itself.

use std::{future::Ready, net::IpAddr, ops::Deref, rc::Rc};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    dev::Payload,
    http::{Method, header},
    web::Data,
};

use crate::{
    base::id::{Id, Incident},
    crypto::token::Token,
    domain::{flow::AnyFlow, logout::Logout},
    service::{ground::Visitor, login::Held, saml::chain::Carried},
    web::{
        app::{App, client_address},
        language::{self, Language},
        page::Frame,
    },
};

/// The session cookie.
pub const SESSION: &str = "__Host-session";
/// Logins that one browser may have under way in its tabs.
const FLOWS_KEPT: usize = 10;
/// Bytes of a flow's cookie.
const LONGEST_FLOW: usize = 200;
/// Bytes of a path that a change of language leads back to.
pub const LONGEST_WAY_BACK: usize = 300;
/// Bytes of the known-browser cookie: eight people's parts.
const LONGEST_DEVICE: usize = 720;
/// The known-browser cookie.
pub const DEVICE: &str = "__Host-device";

/// One request's visitor; the same for all who ask within the request.
#[derive(Debug, Clone)]
pub struct Visit(Rc<Inner>);

/// What is known of a visitor.
#[derive(Debug)]
pub struct Inner {
    /// For acts and events.
    pub visitor: Visitor,
    /// The language of pages.
    pub language: Language,
    /// The organisation's name, for frames.
    pub organisation: String,
    /// The session cookie's token, unchecked.
    pub session: Option<Token>,
    /// Path and query for coming back to this page, where it can be asked for again; else the front page.
    pub here: String,
    flows: Vec<(String, String)>,
    logouts: Vec<(String, String)>,
}

impl Deref for Visit {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Visit {
    /// The visitor of the request.
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return known.clone();
        }
        let visit = Self(Rc::new(read(request)));
        request.extensions_mut().insert(visit.clone());
        visit
    }

    /// A page's frame without form token or person.
    pub fn frame(&self) -> Frame {
        Frame { incident: self.visitor.incident.to_string(), ..Frame::open(self.language, &self.organisation) }
    }

    /// Cookies of logins begun and left, when there are so many that headers would grow: browsers send the oldest first.
    pub fn surplus_flows(&self) -> impl Iterator<Item = Cookie<'static>> {
        let surplus = self.flows.len().saturating_sub(FLOWS_KEPT);
        self.flows.iter().take(surplus).map(|(name, _)| build(name.clone(), String::new(), Some(0)))
    }

    /// The logout under way of that id as this browser holds it; `None` without its cookie.
    pub fn carried(&self, id: &str) -> Option<Carried> {
        let id: Id<Logout> = id.parse().ok()?;
        let name = logout_cookie(id);
        let (_, token) = self.logouts.iter().find(|(known, _)| *known == name)?;
        Some(Carried { id, token: Token::from_text(token)? })
    }

    /// The flow of that id as this browser holds it; `None` without its cookie.
    pub fn held(&self, id: &str) -> Option<Held> {
        let id: Id<AnyFlow> = id.parse().ok()?;
        let name = flow_cookie(id);
        let (_, value) = self.flows.iter().find(|(known, _)| *known == name)?;
        Held::of_cookie(id, value)
    }
}

fn read(request: &HttpRequest) -> Inner {
    let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let app = request.app_data::<Data<App>>();
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    let forwarded = joined(request, "x-forwarded-for");
    let address = client_address(peer, forwarded.as_deref(), app.map_or(&[][..], |app| &app.site.trusted_proxies));
    let random = app.map(|app| Incident::random(app.ground.random.as_ref()));
    let cookie = |name: &str| request.cookie(name).map(|cookie| cookie.value().to_owned());
    let visitor = Visitor {
        incident: random.unwrap_or_else(|| Incident::random(&crate::base::random::SystemRandom)),
        address,
        user_agent: text(header::USER_AGENT).unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(200).collect(),
        device: cookie(DEVICE).filter(|value| value.len() <= LONGEST_DEVICE),
    };
    let held = |beginning: &str| -> Vec<(String, String)> {
        let Ok(cookies) = request.cookies() else { return Vec::new() };
        let cookies = cookies.iter().filter(|cookie| cookie.name().starts_with(beginning) && cookie.value().len() <= LONGEST_FLOW);
        cookies.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
    };
    Inner {
        visitor,
        language: Language::choose(cookie(language::COOKIE).as_deref(), text(header::ACCEPT_LANGUAGE)),
        organisation: app.map(|app| app.site.organisation.clone()).unwrap_or_default(),
        session: cookie(SESSION).and_then(|value| Token::from_text(&value)),
        here: here(request),
        flows: held("__Host-flow-"),
        logouts: held("__Host-logout-"),
    }
}

fn here(request: &HttpRequest) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // What was posted, or is a message of a service, is not asked for again.
    let own = matches!(*request.method(), Method::GET | Method::HEAD) && !path.starts_with("/saml/");
    let again = own && path.len() <= LONGEST_WAY_BACK;
    if again { path } else { "/" }.to_owned()
}

/// Several headers of one name are one list (RFC 9110, 5.3).
fn joined(request: &HttpRequest, name: &str) -> Option<String> {
    let all: Option<Vec<&str>> = request.headers().get_all(name).map(|value| value.to_str().ok()).collect();
    match all {
        Some(values) if values.is_empty() => None,
        Some(values) => Some(values.join(",")),
        None => Some("unreadable".to_owned()),
    }
}

impl FromRequest for Visit {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(request)))
    }
}

fn flow_cookie(id: Id<AnyFlow>) -> String {
    format!("__Host-flow-{}", id.to_string().get(..8).unwrap_or_default())
}

fn logout_cookie(id: Id<Logout>) -> String {
    format!("__Host-logout-{}", id.to_string().get(..8).unwrap_or_default())
}

/// The cookie by which a browser carries a logout; longer than one takes.
pub fn keep_logout(carried: &Carried) -> Cookie<'static> {
    build(logout_cookie(carried.id), carried.token.to_text(), Some(600))
}

/// Takes it away.
pub fn drop_logout(carried: &Carried) -> Cookie<'static> {
    build(logout_cookie(carried.id), String::new(), Some(0))
}

fn build(name: String, value: String, age: Option<i64>) -> Cookie<'static> {
    let cookie = Cookie::build(name, value).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    match age {
        Some(seconds) => cookie.max_age(Duration::seconds(seconds)).finish(),
        None => cookie.finish(),
    }
}

/// The cookie by which a browser holds its flow.
pub fn keep_flow(held: &Held, seconds: i64) -> Cookie<'static> {
    build(flow_cookie(held.id), held.to_cookie(), Some(seconds))
}

/// Takes a flow's cookie away.
pub fn drop_flow(id: Id<AnyFlow>) -> Cookie<'static> {
    build(flow_cookie(id), String::new(), Some(0))
}

/// The session cookie; it ends with the browser, the session itself by its own times.
pub fn keep_session(token: &Token) -> Cookie<'static> {
    build(SESSION.to_owned(), token.to_text(), None)
}

/// Takes the session cookie away.
pub fn drop_session() -> Cookie<'static> {
    build(SESSION.to_owned(), String::new(), Some(0))
}

/// Remembers the browser as known to a person, for a year.
pub fn keep_device(value: &str) -> Cookie<'static> {
    build(DEVICE.to_owned(), value.to_owned(), Some(365 * 86_400))
}

/// Remembers the choice of language, for a year.
pub fn keep_language(language: Language) -> Cookie<'static> {
    build(language::COOKIE.to_owned(), language.tag().to_owned(), Some(365 * 86_400))
}
