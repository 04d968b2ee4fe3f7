//! What an employee and an attacker do with a real service provider, whichever identity provider stands behind it.
//!
//! Every case starts its own service provider, registers it, and ends it. The cases know the identity provider only as
//! `IdentityProvider`: pages go through a `Visitor`, nothing is called inside the server.

use super::tamper::{Opened, unsigned};
use super::{Algorithms, IdentityProvider, Mellon, Options, ServiceProvider, Shibboleth, attribute, name_id};
use crate::visitor::{Page, Visitor};

/// Which service provider software.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// Apache mod_auth_mellon.
    Mellon,
    /// Shibboleth SP.
    Shibboleth,
}

impl Software {
    /// Starts it, trusting the identity provider of that metadata.
    pub fn launch(self, idp_entity_id: &str, idp_metadata: &str, options: Options) -> Box<dyn ServiceProvider> {
        match self {
            Self::Mellon => Box::new(Mellon::start(idp_metadata, options)),
            Self::Shibboleth => Box::new(Shibboleth::start(idp_entity_id, idp_metadata, options)),
        }
    }

    /// Starts it with the given options and registers it.
    pub async fn start(self, idp: &dyn IdentityProvider, options: Options) -> Box<dyn ServiceProvider> {
        let sp = self.launch(&idp.entity_id(), &idp.metadata_xml(), options);
        idp.register(sp.metadata_xml()).await;
        sp
    }

    /// Picks what concerns this software from a pair: mellon's, Shibboleth's.
    fn of(self, pair: [&'static str; 2]) -> &'static str {
        let [mellon, shibboleth] = pair;
        match self {
            Self::Mellon => mellon,
            Self::Shibboleth => shibboleth,
        }
    }

    fn options(self) -> Options {
        Options::new(match self {
            Self::Mellon => "https://saml.mellon.test",
            Self::Shibboleth => "https://saml.shibboleth.test",
        })
    }
}

/// Sign-on with a signed AuthnRequest (by redirect), login, a signed and encrypted assertion: the service sees who it is.
pub async fn round_trip(idp: &dyn IdentityProvider, software: Software) {
    let sp = software.start(idp, software.options()).await;
    let page = first_sign_on(idp, sp.as_ref(), &mut Visitor::new()).await;
    expect_employee(&page, sp.as_ref());
}

/// The same with an AuthnRequest sent by HTTP-POST, its signature inside the XML.
pub async fn posted_request(idp: &dyn IdentityProvider, software: Software) {
    let sp = software.start(idp, software.options().posting()).await;
    let page = first_sign_on(idp, sp.as_ref(), &mut Visitor::new()).await;
    expect_employee(&page, sp.as_ref());
}

/// The same with an NSIS level asked for, at least: the service must be content with the level it is answered.
pub async fn level_asked(idp: &dyn IdentityProvider, software: Software, level: &'static str) {
    let sp = software.start(idp, software.options().asking_for(level)).await;
    let page = first_sign_on(idp, sp.as_ref(), &mut Visitor::new()).await;
    expect_employee(&page, sp.as_ref());
}

/// Every encryption the software can open, one at a time, chosen by the identity provider from the metadata.
pub async fn every_encryption(idp: &dyn IdentityProvider, software: Software) {
    let all = match software {
        Software::Mellon => Mellon::algorithms(),
        Software::Shibboleth => Shibboleth::algorithms(),
    };
    let mut visitor = Visitor::new();
    let mut logged_in = false;
    for block in &all.blocks {
        for transport in &all.transports {
            let options = software.options().offering(Algorithms::only(block, *transport));
            let sp = software.start(idp, options).await;
            let page =
                if logged_in { sign_on(sp.as_ref(), &mut visitor).await } else { first_sign_on_form(idp, sp.as_ref(), &mut visitor).await };
            logged_in = true;
            expect_encryption(&page, block, *transport);
            let page = deliver(&mut visitor, page).await;
            expect_employee(&page, sp.as_ref());
        }
    }
}

/// With the session at the identity provider alive, no page asks for anything: not when the service has forgotten the
/// visitor, and not at another service, which gets another NameID.
pub async fn second_sign_on(idp: &dyn IdentityProvider) {
    let one = Software::Mellon.start(idp, Software::Mellon.options()).await;
    let other = Software::Shibboleth.start(idp, Software::Shibboleth.options()).await;
    let mut visitor = Visitor::new();
    let page = first_sign_on(idp, one.as_ref(), &mut visitor).await;
    let first = name_id(&page).expect("a NameID");

    assert!(visitor.cookies.remove_starting(&one.session_cookie()) > 0, "no session cookie: {:?}", visitor.cookies);
    let page = sign_on(one.as_ref(), &mut visitor).await;
    let page = deliver(&mut visitor, page).await;
    expect_employee(&page, one.as_ref());
    assert_eq!(name_id(&page).expect("a NameID"), first, "the same person has the same NameID at the same service");

    let page = sign_on(other.as_ref(), &mut visitor).await;
    let page = deliver(&mut visitor, page).await;
    expect_employee(&page, other.as_ref());
    assert_ne!(name_id(&page).expect("a NameID"), first, "NameIDs are pairwise");
}

/// A logout begun at the service ends the session at the identity provider, and comes back to the service.
pub async fn logout(idp: &dyn IdentityProvider, software: Software) {
    let sp = software.start(idp, software.options()).await;
    let mut visitor = Visitor::new();
    let page = first_sign_on(idp, sp.as_ref(), &mut visitor).await;
    expect_employee(&page, sp.as_ref());

    let page = visitor.get(sp.logout_url()).await;
    let page = visitor.carry_saml(page).await;
    assert!(page.url.as_str().starts_with(&sp.base_url()), "logout ends at the service: {}", page.describe());
    assert_eq!(page.status, 200, "{}\n{}", page.describe(), sp.logs());

    let page = visitor.get(sp.secret_url()).await;
    let page = visitor.carry_saml(page).await;
    assert!(idp.is_login_page(&page), "the session is over, so the password is asked for: {}\n{}", page.describe(), sp.logs());
}

/// With a session at two services a logout begun at one ends that at the other too: there nobody is let in without a login.
pub async fn logout_at_both(idp: &dyn IdentityProvider, begun: Software, other: Software) {
    let one = begun.start(idp, begun.options()).await;
    let two = other.start(idp, other.options()).await;
    let mut visitor = Visitor::new();
    let page = first_sign_on(idp, one.as_ref(), &mut visitor).await;
    expect_employee(&page, one.as_ref());
    let page = sign_on(two.as_ref(), &mut visitor).await;
    let page = deliver(&mut visitor, page).await;
    expect_employee(&page, two.as_ref());

    let page = visitor.get(one.logout_url()).await;
    let page = through_services(&mut visitor, page).await;
    assert!(page.url.as_str().starts_with(&one.base_url()), "the logout ends where it began: {}", page.describe());
    assert_eq!(page.status, 200, "{}\n{}\n{}", page.describe(), one.logs(), two.logs());
    for sp in [&two, &one] {
        let page = visitor.get(sp.secret_url()).await;
        assert!(attribute(&page, "cvr").is_none(), "{} still knows the visitor: {}", sp.name(), page.describe());
        let page = visitor.carry_saml(page).await;
        assert!(idp.is_login_page(&page), "{}: a login is asked for: {}\n{}", sp.name(), page.describe(), sp.logs());
    }
}

/// Does what the script of the pages between does: goes on to each service.
async fn through_services(visitor: &mut Visitor, page: Page) -> Page {
    let mut page = visitor.carry_saml(page).await;
    for _ in 0..10 {
        let link = page.body.split("<a ").find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains("data-go")));
        let Some(place) = link.and_then(|tag| tag.split("href=\"").nth(1)?.split('"').next()) else { return page };
        let next = visitor.get(crate::visitor::decode(place)).await;
        page = visitor.carry_saml(next).await;
    }
    page
}

/// A response that was changed on the way opens nothing at the service. The controls change nothing, by the same steps.
pub async fn tampered(idp: &dyn IdentityProvider, software: Software) {
    let sp = software.start(idp, software.options()).await;
    let mut logged_in = Visitor::new();
    let page = first_sign_on(idp, sp.as_ref(), &mut logged_in).await;
    expect_employee(&page, sp.as_ref());
    logged_in.cookies.remove_starting(&sp.session_cookie());

    for attack in ATTACKS {
        let mut visitor = logged_in.clone();
        let page = sign_on(sp.as_ref(), &mut visitor).await;
        let mut form = page.saml_form().expect("a response");
        let opened = Opened::new(form.value("SAMLResponse").expect("a response"), sp.decryption_key());
        form.set("SAMLResponse", &(attack.change)(&opened));
        let answer = visitor.submit(&page, &form).await;
        let page = visitor.follow(answer).await;
        match attack.reasons {
            None => assert!(attribute(&page, "cvr").is_some(), "{}: must be accepted: {}\n{}", attack.name, page.describe(), sp.logs()),
            Some(reasons) => expect_refused(&mut visitor, &page, sp.as_ref(), software.of(reasons)).await,
        }
    }
}

/// One way to change a response.
struct Attack {
    name: &'static str,
    change: fn(&Opened) -> String,
    /// What mellon and Shibboleth log when they refuse; `None` for a control, which they accept.
    reasons: Option<[&'static str; 2]>,
}

const BAD_SIGNATURE: [&str; 2] = ["Failed to verify signature", "signature could not be verified"];
const NO_SIGNATURE: [&str; 2] = ["Signature element not found", "Unable to establish security of incoming assertion"];

const ATTACKS: [Attack; 7] = [
    Attack { name: "nothing changed", change: |opened| opened.with_sealed(&opened.sealed), reasons: None },
    Attack { name: "opened and closed again", change: |opened| opened.close(&opened.assertion), reasons: None },
    Attack {
        name: "one bit of the cipher text",
        change: one_bit,
        reasons: Some(["When looking for an assertion we did not found it", "A valid authentication statement was not found"]),
    },
    Attack { name: "another level", change: |opened| opened.close(&another_level(opened)), reasons: Some(BAD_SIGNATURE) },
    Attack { name: "no signature", change: |opened| opened.close(&unsigned(&opened.assertion)), reasons: Some(NO_SIGNATURE) },
    Attack { name: "in clear, unsigned", change: |opened| opened.in_clear(&unsigned(&opened.assertion)), reasons: Some(NO_SIGNATURE) },
    Attack { name: "in clear, another level", change: |opened| opened.in_clear(&another_level(opened)), reasons: Some(BAD_SIGNATURE) },
];

fn one_bit(opened: &Opened) -> String {
    let mut sealed = opened.sealed.clone();
    let middle = sealed.len() / 2;
    sealed[middle] ^= 1;
    opened.with_sealed(&sealed)
}

fn another_level(opened: &Opened) -> String {
    let changed = opened.assertion.replace(">Substantial<", ">High<").replace(">Low<", ">High<");
    assert_ne!(changed, opened.assertion, "a level to change");
    changed
}

/// A response that was delivered once opens nothing a second time, neither in the same browser nor in another that
/// has begun a sign-on of its own.
pub async fn replayed(idp: &dyn IdentityProvider, software: Software) {
    let sp = software.start(idp, software.options()).await;
    let mut victim = Visitor::new();
    let before = victim.clone();
    let response = first_sign_on_form(idp, sp.as_ref(), &mut victim).await;
    let mut same = victim.clone();
    let page = deliver(&mut victim, response.clone()).await;
    expect_employee(&page, sp.as_ref());

    let again = deliver(&mut same, response.clone()).await;
    expect_refused(&mut same, &again, sp.as_ref(), software.of(["has already been used", "Rejecting replayed message"])).await;

    let mut attacker = before;
    let begun = attacker.get(sp.secret_url()).await;
    attacker.follow(begun).await;
    let again = deliver(&mut attacker, response).await;
    expect_refused(&mut attacker, &again, sp.as_ref(), software.of(["has already been used", "Response correlation failed"])).await;
}

/// From the service's secret page to the login page, through the login, and back to the secret page.
pub async fn first_sign_on(idp: &dyn IdentityProvider, sp: &dyn ServiceProvider, visitor: &mut Visitor) -> Page {
    let page = first_sign_on_form(idp, sp, visitor).await;
    deliver(visitor, page).await
}

/// The same, stopped at the page that holds the response.
pub async fn first_sign_on_form(idp: &dyn IdentityProvider, sp: &dyn ServiceProvider, visitor: &mut Visitor) -> Page {
    let page = visitor.get(sp.secret_url()).await;
    let page = visitor.carry_saml(page).await;
    assert!(idp.is_login_page(&page), "a login page first: {}\n{}", page.describe(), sp.logs());
    let page = idp.log_in(visitor, page).await;
    assert!(page.saml_form().is_some(), "a response after the login: {}", page.describe());
    page
}

/// From the service's secret page straight to the page that holds the response: nothing is asked.
pub async fn sign_on(sp: &dyn ServiceProvider, visitor: &mut Visitor) -> Page {
    let page = visitor.get(sp.secret_url()).await;
    let mut page = visitor.follow(page).await;
    if let Some(form) = page.saml_form().filter(|form| form.value("SAMLRequest").is_some()) {
        let answer = visitor.submit(&page, &form).await;
        page = visitor.follow(answer).await;
    }
    let response = page.saml_form().filter(|form| form.value("SAMLResponse").is_some());
    assert!(response.is_some(), "a response without a question: {}\n{}", page.describe(), sp.logs());
    page
}

/// Sends the response to the service and follows to where the visitor wanted to go.
pub async fn deliver(visitor: &mut Visitor, page: Page) -> Page {
    let form = page.saml_form().expect("a response to deliver");
    let answer = visitor.submit(&page, &form).await;
    visitor.follow(answer).await
}

/// The secret page, with the four attributes OIOSAML 3 demands and a persistent NameID in the data.gov.dk form.
#[track_caller]
pub fn expect_employee(page: &Page, sp: &dyn ServiceProvider) {
    let told = || format!("{} shows: {}\n{}", sp.name(), page.describe(), sp.logs());
    let cvr = attribute(page, "cvr").unwrap_or_else(|| panic!("no CVR number: {}", told()));
    assert!(cvr.len() == 8 && cvr.bytes().all(|digit| digit.is_ascii_digit()), "{cvr}: {}", told());
    assert!(attribute(page, "orgName").is_some_and(|name| !name.trim().is_empty()), "no name: {}", told());
    assert!(attribute(page, "loa").is_some_and(|loa| ["Low", "Substantial", "High"].contains(&loa.as_str())), "{}", told());
    assert_eq!(attribute(page, "specVersion").as_deref(), Some("OIO-SAML-3.0"), "{}", told());
    let name = name_id(page).unwrap_or_else(|| panic!("no NameID: {}", told()));
    let uuid = name.strip_prefix("https://data.gov.dk/model/core/eid/professional/uuid/");
    assert!(uuid.is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()), "{name}: {}", told());
}

/// The response on this page is encrypted for exactly these algorithms.
#[track_caller]
fn expect_encryption(page: &Page, block: &str, transport: super::KeyTransport) {
    let form = page.saml_form().expect("a response");
    let xml = openssl::base64::decode_block(form.value("SAMLResponse").expect("a response")).expect("base64");
    let xml = String::from_utf8_lossy(&xml);
    assert!(xml.contains(&format!("\"{}\"", super::encryption::block_uri(block))), "not {block}: {xml}");
    assert!(xml.contains(&format!("\"{}\"", transport.uri())), "not {transport:?}: {xml}");
}

/// Neither this page nor the next visit shows what only the logged-in see, and the service says why in its log.
async fn expect_refused(visitor: &mut Visitor, page: &Page, sp: &dyn ServiceProvider, reason: &str) {
    assert!(attribute(page, "cvr").is_none(), "{} accepted ({reason}): {}", sp.name(), page.describe());
    let next = visitor.get(sp.secret_url()).await;
    assert!(attribute(&next, "cvr").is_none(), "{} made a session ({reason}): {}", sp.name(), next.describe());
    let logs = sp.logs();
    assert!(logs.contains(reason), "{} refused, but not for this: {reason}: {logs}", sp.name());
}
