//! The SAML layer by itself, judged by the real service providers: it reads their metadata, verifies their requests,
//! and answers with assertions they take, in every encryption they can open.
//!
//! No server and no database here, so that a failure points at the grammar or the cryptography. The whole way through
//! the server is in `cases.rs`.

use super::cases::{Software, deliver, expect_employee};
use super::requests::request_of;
use super::{Algorithms, KeyTransport, Mellon, Options, ServiceProvider, Shibboleth, encryption};
use crate::storage::{evidence, organisation, person};
use crate::visitor::{Page, Visitor};
use jiff::{SignedDuration, Timestamp};
use portvagt::base::clock::{Clock, SystemClock};
use portvagt::base::random::SystemRandom;
use portvagt::crypto::keyring::{Keyring, SigningKey, self_signed};
use portvagt::domain::assurance::Level;
use portvagt::domain::authenticator::AuthenticatorPolicy;
use portvagt::domain::client::{Client, Terms};
use portvagt::domain::statement::{Statement, Subject};
use portvagt::protocol::saml::metadata::{self, Allow};
use portvagt::protocol::saml::own_metadata::{OwnMetadata, write_signed};
use portvagt::protocol::saml::request::{self, AuthnRequest};
use portvagt::protocol::saml::response::{self, AssertionContent, Body, ResponseContent};
use portvagt::protocol::saml::subject::{NameId, NameKind, fresh_id};
use portvagt::protocol::saml::wire;
use url::Url;

const ENTITY_ID: &str = "https://saml.portvagt.test";
const SSO: &str = "http://localhost:1/saml/sso";

/// An identity provider made of the SAML layer alone.
struct Layer {
    keyring: Keyring,
}

impl Layer {
    fn new() -> Self {
        let (key, certificate) = self_signed("Portvagt", 3072, SystemClock.now(), 1, &SystemRandom).expect("a key");
        let active = SigningKey::from_pem(key.expose(), &certificate, None, false).expect("a key");
        Self { keyring: Keyring { active, published: vec![], bootstrap: None } }
    }

    fn metadata(&self) -> String {
        let id = fresh_id(&SystemRandom);
        let (slo, attributes) = ("http://localhost:1/saml/slo", &[][..]);
        let content =
            OwnMetadata { id: &id, entity_id: ENTITY_ID, sso: SSO, slo, slo_soap: None, attributes, redirect_only: false, contact: None };
        write_signed(&content, &self.keyring).expect("metadata")
    }

    /// The page that would carry the answer to the request in `url`.
    fn answer(&self, url: &Url, sp: &dyn ServiceProvider) -> Page {
        let now = SystemClock.now();
        let known = metadata::parse(sp.metadata_xml().as_bytes(), now, Allow::default()).expect("metadata we can read");
        let incoming = wire::from_query(url.query().expect("a query")).expect("a message we can read");
        let verified = request::parse(incoming).expect("a request we can read").verify(&known.signing).expect("a genuine request");
        let (request, relay_state) = verified.into_parts();
        request.check_destination(SSO).expect("our address");
        request.check_clock(now, 180).expect("now");
        let acs = request.choose_acs(&known).expect("a registered address").location.clone();
        let signed = self.assertion(&request, &acs, sp, now);
        let (key, suite) = known.encryption(true).expect("a key to encrypt to").expect("algorithms in common");
        let encrypted = signed.encrypt(key, suite, &SystemRandom).expect("encrypted");
        let id = fresh_id(&SystemRandom);
        let frame = ResponseContent { id: &id, issuer: ENTITY_ID, destination: &acs, in_response_to: &request.id, issued_at: now };
        let xml = response::success(&frame, Body::Encrypted(&encrypted)).expect("a response");
        let form = wire::post_form(&acs, wire::Direction::Response, &xml, relay_state.as_deref());
        page(&form, url)
    }

    fn assertion(&self, request: &AuthnRequest, acs: &str, sp: &dyn ServiceProvider, now: Timestamp) -> response::SignedAssertion {
        let organisation = organisation();
        let person = person(organisation.id, "aase");
        let evidence = evidence(0);
        let subject = Subject {
            person: &person,
            access: portvagt::domain::person::Access::Open,
            organisation: &organisation,
            identity: Some(Level::Substantial),
            evidence: &evidence,
            authenticators: &AuthenticatorPolicy::default(),
            cpr: None,
        };
        let least = request.level().expect("levels we know").unwrap_or(Level::Low);
        let statement = Statement::about(&subject, &client(sp, now), &[], least).expect("a level that suffices");
        let name_id = NameId::professional(uuid::Uuid::from_u128(7), sp.entity_id(), NameKind::Persistent);
        let (id, session) = (fresh_id(&SystemRandom), fresh_id(&SystemRandom));
        let content = AssertionContent {
            id: &id,
            issuer: ENTITY_ID,
            audience: sp.entity_id(),
            recipient: acs,
            in_response_to: &request.id,
            name_id: &name_id,
            session_index: &session,
            issued_at: now,
            bearer_until: now + SignedDuration::from_mins(5),
            conditions_until: now + SignedDuration::from_mins(10),
            bootstrap_token: None,
        };
        response::assertion(&content, &statement, &self.keyring.active).expect("signed")
    }
}

fn client(sp: &dyn ServiceProvider, now: Timestamp) -> Client {
    Client {
        id: portvagt::base::id::Id::random(&SystemRandom),
        entity_id: sp.entity_id().to_owned(),
        name: sp.name().to_owned(),
        metadata: sp.metadata_xml().to_owned(),
        terms: Terms::default(),
        enabled: true,
        revision: 1,
        registered_at: now,
    }
}

/// The form as a page, the way a browser would get it.
fn page(form: &wire::PostForm, url: &Url) -> Page {
    let relay_state = form.relay_state.as_deref().unwrap_or_default().replace('&', "&amp;").replace('"', "&quot;");
    let body = format!(
        "<form method=post action=\"{}\"><input name={} value=\"{}\"><input name=RelayState value=\"{relay_state}\"></form>",
        form.action, form.parameter, form.message
    );
    Page { status: 200, headers: reqwest::header::HeaderMap::default(), body, url: url.clone() }
}

async fn sign_on(layer: &Layer, sp: &dyn ServiceProvider) -> String {
    let mut visitor = Visitor::new();
    let url = request_of(sp, &mut visitor).await;
    let answer = layer.answer(&url, sp);
    let message = answer.form("/").value("SAMLResponse").expect("a response").to_owned();
    let page = deliver(&mut visitor, answer).await;
    expect_employee(&page, sp);
    String::from_utf8(openssl::base64::decode_block(&message).expect("base64")).expect("UTF-8")
}

async fn every_encryption(software: Software, offered: Algorithms) {
    let layer = Layer::new();
    for block in &offered.blocks {
        for transport in &offered.transports {
            let options = Options::new("https://saml.sp.test").asking_for("Substantial").offering(Algorithms::only(block, *transport));
            let sp = software.launch(ENTITY_ID, &layer.metadata(), options);
            let xml = sign_on(&layer, sp.as_ref()).await;
            assert!(xml.contains(&encryption::block_uri(block)), "not {block}: {xml}");
            assert!(xml.contains(transport.uri()), "not {transport:?}: {xml}");
        }
    }
}

#[tokio::test]
async fn mellon_opens_our_assertions_in_every_encryption_it_offers() {
    every_encryption(Software::Mellon, Mellon::algorithms()).await;
}

#[tokio::test]
async fn shibboleth_opens_our_assertions_in_every_encryption_it_offers() {
    every_encryption(Software::Shibboleth, Shibboleth::algorithms()).await;
}

/// Metadata as Shibboleth writes it for itself: it lists `rsa-oaep` without saying which digest.
#[tokio::test]
async fn shibboleths_own_metadata_needs_no_help() {
    let layer = Layer::new();
    let sp = Software::Shibboleth.launch(ENTITY_ID, &layer.metadata(), Options::new("https://saml.sp.test").asking_for("Low"));
    let xml = sign_on(&layer, sp.as_ref()).await;
    assert!(xml.contains("gcm\""), "authenticated encryption where it is offered: {xml}");
    assert!(xml.contains(KeyTransport::OaepSha256.uri()), "{xml}");
}
