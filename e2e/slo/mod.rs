//! Single logout: one logout, told to every service of the session (A23). Services in software answer by the browser; a
//! small listener on loopback answers by the back-channel, or does not. Real services stand in `real_sp`.

/// Told by the back-channel, at once or by the jobs.
mod back_channel;
/// Carried by the browser.
mod browser;
/// Forged, stale, and somebody else's.
mod forged;
/// A service's machine that takes SOAP.
mod listener;
/// NemLog-in's own logout, we being the service.
mod nemlogin;

use portvagt::service::{notices::delivery::Patience, saml::recall};

use crate::{
    actors::{Assertion, Employee, SamlService, fresh_id, instant},
    house::House,
    mitid_case::inflated,
    visitor::{Page, Visitor, decode},
};

pub use listener::{Conduct, Listener};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const PARTIAL: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const BINDINGS: &str = "urn:oasis:names:tc:SAML:2.0:bindings:";

/// A service with its logout addresses: by redirect or form at `https://NAME.test/slo`, and by SOAP where one listens.
pub async fn service(house: &House, name: &str, bindings: &[(&str, &str)]) -> SamlService {
    let service = SamlService { slo: None, ..SamlService::named(name) };
    let elements: String = bindings
        .iter()
        .map(|(binding, place)| format!("<md:SingleLogoutService Binding=\"{BINDINGS}{binding}\" Location=\"{place}\"/>"))
        .collect();
    let metadata = service.metadata().replacen("<md:AssertionConsumerService", &format!("{elements}<md:AssertionConsumerService"), 1);
    house.register(&metadata).await;
    SamlService { slo: bindings.iter().find(|(binding, _)| *binding != "SOAP").map(|(_, place)| (*place).to_owned()), ..service }
}

/// A service that takes logouts by redirect.
pub async fn by_redirect(house: &House, name: &str) -> SamlService {
    service(house, name, &[("HTTP-Redirect", &format!("https://{name}.test/slo"))]).await
}

/// The visitor logs in at the service, with a login at the house if there is none.
pub async fn at(house: &House, who: &Employee, visitor: &mut Visitor, service: &SamlService) -> Assertion {
    let page = service.send(house, visitor, &service.request(house)).await;
    let page = if page.find_form("/login/password").is_some() { who.log_in(house, visitor, &page).await } else { page };
    service.read(house, &page).assertion().clone()
}

/// A logout begun at the service, by redirect; one step.
pub async fn log_out_at(house: &House, visitor: &mut Visitor, service: &SamlService, assertion: &Assertion) -> Page {
    let request = service.logout_request(house, assertion);
    visitor.get(service.redirect(&house.url("/saml/slo"), &request.xml(), Some("state of the service"))).await
}

/// What a page or redirect carries to a service.
#[derive(Debug, Clone)]
pub struct Carried {
    /// Where to, without the query.
    pub to: String,
    /// The query, when it goes by redirect.
    pub query: Option<String>,
    /// The message.
    pub xml: String,
    pub relay_state: Option<String>,
    /// What passes the service over.
    pub skip: Option<String>,
}

impl Carried {
    /// The value of an attribute of the message's root.
    #[track_caller]
    pub fn attribute(&self, name: &str) -> String {
        let (_, behind) = self.xml.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}: {}", self.xml));
        decode(behind.split('"').next().expect("a value"))
    }

    /// The codes of the status.
    pub fn codes(&self) -> Vec<String> {
        self.xml.split("StatusCode Value=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }
}

/// What the page at `/logout/services` asks the browser to carry.
#[track_caller]
pub fn step(page: &Page) -> Carried {
    assert_eq!((page.status, page.url.path()), (200, "/logout/services"), "{}", page.describe());
    let link = |mark: &str| {
        let tag = page.body.split("<a ").find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(mark)))?;
        Some(decode(tag.split("href=\"").nth(1)?.split('"').next()?))
    };
    let skip = link("data-skip").map(|place| page.url.join(&place).expect("an address").to_string());
    match (link("data-go"), page.saml_form()) {
        (Some(place), None) => Carried { skip, ..redirected(&place) },
        (None, Some(form)) => Carried { skip, ..posted(&form) },
        _ => panic!("one way on: {}", page.describe()),
    }
}

/// What an address carries by redirect.
#[track_caller]
pub fn redirected(place: &str) -> Carried {
    let (to, query) = place.split_once('?').unwrap_or_else(|| panic!("no query: {place}"));
    let parameter =
        |name: &str| url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let message = parameter("SAMLRequest").or(parameter("SAMLResponse")).unwrap_or_else(|| panic!("no message: {place}"));
    Carried { to: to.to_owned(), query: Some(query.to_owned()), xml: inflated(&message), relay_state: parameter("RelayState"), skip: None }
}

/// What a form carries.
#[track_caller]
pub fn posted(form: &crate::visitor::Form) -> Carried {
    let message = form.value("SAMLRequest").or(form.value("SAMLResponse")).expect("a message");
    let xml = String::from_utf8(openssl::base64::decode_block(message).expect("base64")).expect("UTF-8");
    Carried { to: form.action.to_string(), query: None, xml, relay_state: form.value("RelayState").map(str::to_owned), skip: None }
}

/// A service's answer to a logout request, unsigned.
pub fn response(house: &House, service: &SamlService, in_response_to: &str, codes: &[&str]) -> String {
    response_for(house, service, in_response_to, (&house.url("/saml/slo"), codes))
}

/// The same, sent to an address of its own.
pub fn response_for(house: &House, service: &SamlService, in_response_to: &str, (destination, codes): (&str, &[&str])) -> String {
    let status = match codes {
        [one] => format!("<samlp:StatusCode Value=\"{one}\"></samlp:StatusCode>"),
        [one, second, ..] => {
            format!("<samlp:StatusCode Value=\"{one}\"><samlp:StatusCode Value=\"{second}\"></samlp:StatusCode></samlp:StatusCode>")
        }
        [] => String::new(),
    };
    format!(
        "<samlp:LogoutResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{destination}\" ID=\"{}\" \
         InResponseTo=\"{in_response_to}\" IssueInstant=\"{}\" Version=\"2.0\"><saml:Issuer \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer><samlp:Status>{status}</samlp:Status></samlp:LogoutResponse>",
        fresh_id(),
        instant(house, 0),
        service.entity_id
    )
}

/// The address by which the service answers what the browser carried to it.
pub fn answer(house: &House, service: &SamlService, carried: &Carried, codes: &[&str]) -> String {
    let xml = response(house, service, &carried.attribute("ID"), codes);
    format!("{}?{}", house.url("/saml/slo"), service.how().query("SAMLResponse", &xml, carried.relay_state.as_deref()))
}

/// Fetches the address and follows what comes, as long as it leads within the house.
pub async fn go(house: &House, visitor: &mut Visitor, place: &str) -> Page {
    let page = visitor.get(place).await;
    within(house, visitor, page).await
}

/// Follows redirects within the house.
pub async fn within(house: &House, visitor: &mut Visitor, mut page: Page) -> Page {
    while let Some(place) = page.location().filter(|place| place.as_str().starts_with(&house.base)) {
        page = visitor.get(place).await;
    }
    page
}

/// Where a redirect out of the house goes, with its message.
#[track_caller]
pub fn sent(page: &Page) -> Carried {
    redirected(page.location().unwrap_or_else(|| panic!("no redirect: {}", page.describe())).as_str())
}

/// Whether the visitor has a session.
pub async fn is_logged_in(house: &House, visitor: &mut Visitor) -> bool {
    visitor.get(house.url("/account")).await.status == 200
}

/// What the jobs do each second, once.
pub async fn tell_due(house: &House) -> usize {
    let patience = Patience { first_retry: 30, longest_retry: 1800, give_up: 12 * 3600 };
    recall::tell_due(&house.app.desk, &house.app.ground, &patience).await.expect("the database answers")
}

/// Rows that wait, and logouts under way.
pub async fn waiting(house: &House) -> (i64, i64) {
    (house.count("SELECT COUNT(*) FROM recalls").await, house.count("SELECT COUNT(*) FROM logouts").await)
}
