//! One attack case and how it is held: sent over HTTP as it is, it must end on a plain page with status 400, with the
//! expected reason in exactly one log line, and change nothing. Its control, the same without the fault, must go through.
//!
//! The cases stand in the other `saml_*.rs` files, one file a class.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU32, Ordering},
};

use reqwest::Method;
use url::Url;

use crate::{
    actors::{KeyPair, SamlService},
    forge::{self, Draft, Head},
    house::{House, log},
    visitor::{Page, Visitor},
};

/// What is sent, and where to.
#[derive(Debug, Clone)]
pub enum Sent {
    /// To the sign-on address, as a query.
    SignOnQuery(String),
    /// To the sign-on address, as a form.
    SignOnForm(String),
    /// To the logout address, as a query.
    LogoutQuery(String),
    /// To the logout address, as a form.
    LogoutForm(String),
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Which row of the list of attacks it belongs to.
    pub id: &'static str,
    /// What is wrong.
    pub name: String,
    pub sent: Sent,
    /// The word the log must give.
    pub reason: &'static str,
}

impl Case {
    pub fn new(id: &'static str, name: impl Into<String>, sent: Sent, reason: &'static str) -> Self {
        Self { id, name: name.into(), sent, reason }
    }
}

/// A house with two relying parties, and what is needed to write to it.
pub struct Scene {
    pub house: House,
    pub one: SamlService,
    pub other: SamlService,
    serial: AtomicU32,
}

impl Scene {
    /// Registers two relying parties in `house`.
    pub async fn open(house: House) -> Self {
        let (one, other) = (SamlService::at(&house, "one").await, SamlService::at(&house, "other").await);
        Self { house, one, other, serial: AtomicU32::new(0) }
    }

    /// An id that was not used before.
    pub fn fresh_id(&self) -> String {
        format!("_msg{}", self.serial.fetch_add(1, Ordering::Relaxed))
    }

    /// The time of the house, `offset` seconds on, as `xs:dateTime`.
    pub fn instant(&self, offset: i64) -> String {
        jiff::Timestamp::from_second(self.house.now() + offset).expect("a time").to_string()
    }

    /// What the first party signs with.
    pub fn key(&self) -> &KeyPair {
        &self.one.signing
    }

    /// Where the first party takes logout messages.
    fn logout_address(&self) -> &str {
        self.one.slo.as_deref().expect("an address")
    }

    pub fn sso(&self) -> String {
        self.house.url("/saml/sso")
    }

    pub fn slo(&self) -> String {
        self.house.url("/saml/slo")
    }

    /// A sound AuthnRequest of the first party.
    pub fn authn_request(&self) -> Draft {
        self.authn_request_with(&[], "")
    }

    /// The same with further attributes and children.
    pub fn authn_request_with(&self, attributes: &[(&str, &str)], children: &str) -> Draft {
        let (id, instant, destination) = (self.fresh_id(), self.instant(0), self.sso());
        let head = Head { id: &id, issuer: &self.one.entity_id, destination: &destination, instant: &instant };
        Draft::authn_request(&head, attributes, children)
    }

    /// A sound LogoutRequest of the first party, about nobody.
    pub fn logout_request(&self) -> Draft {
        let (id, instant, destination) = (self.fresh_id(), self.instant(0), self.slo());
        let head = Head { id: &id, issuer: &self.one.entity_id, destination: &destination, instant: &instant };
        Draft::logout_request(&head, "https://data.gov.dk/model/core/eid/professional/uuid/00000000-0000-4000-8000-000000000000", "_s1")
    }

    /// The message as a signed sign-on query of the first party.
    pub fn query(&self, xml: &str) -> Sent {
        Sent::SignOnQuery(forge::query(xml, None, &self.one.signing))
    }
}

/// A sign-on form.
pub fn form(xml: &str) -> Sent {
    Sent::SignOnForm(forge::form(xml.as_bytes(), None))
}

/// A logout form.
pub fn logout_form(xml: &str) -> Sent {
    Sent::LogoutForm(forge::form(xml.as_bytes(), None))
}

/// Sends it exactly so.
pub async fn send(house: &House, visitor: &mut Visitor, sent: &Sent) -> Page {
    let (path, method, text) = match sent {
        Sent::SignOnQuery(text) => ("/saml/sso", Method::GET, text),
        Sent::SignOnForm(text) => ("/saml/sso", Method::POST, text),
        Sent::LogoutQuery(text) => ("/saml/slo", Method::GET, text),
        Sent::LogoutForm(text) => ("/saml/slo", Method::POST, text),
    };
    let mut url = Url::parse(&house.url(path)).expect("an address");
    if method == Method::GET {
        url.set_query(Some(text));
        return visitor.send(method, &url, None, &[], Vec::new()).await;
    }
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://one.test")];
    visitor.send(method, &url, None, &headers, text.clone().into_bytes()).await
}

/// Holds every case against what it must be; says all that differ at once.
pub async fn hold(scene: &Scene, cases: &[Case]) {
    hold_at(scene, &scene.house, cases).await;
}

/// The same at a node of the house.
pub async fn hold_at(scene: &Scene, node: &House, cases: &[Case]) {
    assert!(!cases.is_empty(), "no cases");
    let rows = stored(&scene.house).await;
    let mut wrong = Vec::new();
    for case in cases {
        let mut visitor = node.visitor();
        let page = send(node, &mut visitor, &case.sent).await;
        let found = verdict(scene, case, &page);
        if let Err(why) = found {
            wrong.push(format!("{} {}: {why}", case.id, case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_eq!(stored(&scene.house).await, rows, "flows, sessions, claimed requests and events are as they were");
}

/// Rows that a refused message may not add to.
async fn stored(house: &House) -> [i64; 4] {
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(["flows", "sessions", "replays", "audit_events"]) {
        *count = house.count(&format!("SELECT COUNT(*) FROM {table}")).await;
    }
    counts
}

fn verdict(scene: &Scene, case: &Case, page: &Page) -> Result<(), String> {
    if page.status != 400 {
        return Err(format!("status {} instead of 400 ({}), to {:?}", page.status, case.reason, page.header("location")));
    }
    let incident = incident(page).ok_or("no incident code on the page")?;
    let lines = log::of(&incident);
    let [line] = lines.as_slice() else { return Err(format!("{} log lines for {incident}", lines.len())) };
    let event = match case.sent {
        Sent::SignOnQuery(_) | Sent::SignOnForm(_) => "saml.request.rejected",
        Sent::LogoutQuery(_) | Sent::LogoutForm(_) => "slo.rejected",
    };
    if line["event"] != event || line["reason"] != case.reason {
        return Err(format!("{} {} instead of {event} {}", line["event"], line["reason"], case.reason));
    }
    for name in ["location", "set-cookie", "refresh"] {
        if page.headers.contains_key(name) {
            return Err(format!("a header {name}: {:?}", page.header(name)));
        }
    }
    let foreign = [&scene.one.entity_id, &scene.other.entity_id, "_msg", "evil", ".test/", "<samlp", "SAMLRequest"];
    if let Some(echo) = foreign.iter().find(|text| page.body.contains(**text)) {
        return Err(format!("the page repeats {echo:?}"));
    }
    if page.forms().iter().any(|form| form.action.host_str() != Some("localhost")) {
        return Err("a form that leads elsewhere".to_owned());
    }
    Ok(())
}

/// The incident code on a problem page.
pub fn incident(page: &Page) -> Option<String> {
    incident_in(&page.body)
}

/// The first incident code in a text.
pub fn incident_in(text: &str) -> Option<String> {
    let is_code = |text: &&str| {
        text.len() == 9
            && text.as_bytes()[4] == b'-'
            && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').find(is_code).map(str::to_owned)
}

/// The control of a sign-on: it leads to a login page.
#[track_caller]
pub fn expect_login(page: &Page) {
    let login = page.location().is_some_and(|to| to.path() == "/login" && to.query().is_some_and(|query| query.starts_with("flow=")));
    assert!(login && page.status == 303, "the control leads to a login: {}", page.describe());
}

/// Sends what must go through: a sign-on leads to a login, a logout is answered to the party's address.
pub async fn control(scene: &Scene, sent: &Sent) {
    let mut visitor = scene.house.visitor();
    let page = send(&scene.house, &mut visitor, sent).await;
    match sent {
        Sent::SignOnQuery(_) | Sent::SignOnForm(_) => expect_login(&page),
        Sent::LogoutQuery(_) | Sent::LogoutForm(_) => {
            let to = page.location().map(|to| to.to_string()).unwrap_or_default();
            assert!(to.starts_with(&format!("{}?SAMLResponse=", scene.logout_address())), "the control is answered: {}", page.describe());
        }
    }
}

/// The control of both messages on both bindings.
pub async fn controls(scene: &Scene) {
    let (request, logout) = (scene.authn_request(), scene.logout_request());
    control(scene, &scene.query(&request.bare())).await;
    control(scene, &form(&scene.authn_request().signed(&scene.one.signing))).await;
    control(scene, &Sent::LogoutQuery(forge::query(&logout.bare(), None, &scene.one.signing))).await;
    control(scene, &logout_form(&scene.logout_request().signed(&scene.one.signing))).await;
}

/// Counts who connects to an address of loopback: nobody may.
pub struct Trap {
    listener: TcpListener,
    pub url: String,
}

impl Trap {
    pub fn set() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("accept without waiting");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        Self { listener, url }
    }

    /// Fails the test when somebody connected.
    #[track_caller]
    pub fn expect_untouched(&self) {
        let visit = self.listener.accept();
        assert!(visit.is_err(), "somebody fetched from {}: {visit:?}", self.url);
    }
}
