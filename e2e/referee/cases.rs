//! Every kind of message we emit before the referees: valid by the schemas, signed as xmlsec1 reads signatures, and opened
//! by Python's cryptography.

use openssl::base64::decode_block;
use portvagt::domain::client::Terms;

use super::{judge::Judge, schema::expect_valid, xmlsec::verifies};
use crate::{
    actors::{AuthnRequest, SamlService},
    forge::swap,
    house::House,
    real_sp::{Algorithms, KeyTransport},
    visitor::Page,
};

/// Our certificate, as metadata gives it.
fn certificate(house: &House) -> String {
    house.app.desk.keyring.active.certificate().base64().to_owned()
}

/// Valid and signed; a changed letter is noticed, so that the referee is known to look.
#[track_caller]
fn approve(house: &House, name: &str, xml: &str, element: &'static str) {
    expect_valid(name, xml);
    assert!(verifies(xml, &[element], &certificate(house)), "{name}: the signature: {xml}");
    let (before, issuer) = xml.rsplit_once("https://saml.testkommune.test").expect("our name");
    let changed = format!("{before}https://saml.testkommune.tesT{issuer}");
    assert!(!verifies(&changed, &[element], &certificate(house)), "{name}: a change goes unnoticed");
}

#[tokio::test]
async fn our_metadata() {
    let house = House::sqlite().await;
    let mut visitor = house.visitor();
    for (query, signed, redirect_only) in
        [("", false, false), ("?signed=1", true, false), ("?binding=redirect", false, true), ("?binding=redirect&signed=1", true, true)]
    {
        let page = visitor.get(house.url(&format!("/saml/metadata{query}"))).await;
        assert_eq!(page.status, 200);
        let xml = &page.body;
        expect_valid(query, xml);
        assert_eq!(xml.contains("Signature"), signed, "{xml}");
        if signed {
            approve(&house, query, xml, "EntityDescriptor");
        }
        let posts = xml.contains("SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"");
        assert_eq!(posts, !redirect_only, "{xml}");
        assert!(xml.contains(&certificate(&house)), "our certificate");
    }
}

#[tokio::test]
async fn successful_responses_in_every_suite() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let mut visitor = anna.at_home(&house).await;
    let mut judge = Judge::start();
    let transports = [KeyTransport::OaepMgf1p, KeyTransport::OaepSha256, KeyTransport::OaepSha256Mgf1Sha1];
    let mut suites: Vec<Option<Algorithms>> = vec![None];
    for block in ["aes128-gcm", "aes256-gcm", "aes128-cbc", "aes256-cbc"] {
        suites.extend(transports.map(|transport| Some(Algorithms::only(block, transport))));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (n, algorithms) in suites.into_iter().enumerate() {
        let mut service = SamlService::named("suite");
        service.entity_id = format!("https://saml.suite{n}.test");
        service.algorithms = algorithms;
        house.register_on(&service.metadata(), Terms::default()).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let answer = service.read(&house, &page);
        expect_valid("an encrypted response", &answer.xml);
        let key = service.encryption.as_ref().expect("a key").key.private_key_to_pem_pkcs8().expect("PEM");
        let (assertion, suite) = judge.decrypt(&answer.xml, std::str::from_utf8(&key).expect("PEM"));
        assert_eq!(assertion, answer.assertion().xml);
        approve(&house, "a decrypted assertion", &assertion, "Assertion");
        if let Some(algorithms) = &service.algorithms {
            let said: Vec<String> = suite.iter().flatten().cloned().collect();
            assert!(said[0].ends_with(algorithms.blocks[0]), "{said:?}");
            assert_eq!(said[1], algorithms.transports[0].uri(), "{said:?}");
        } else {
            assert!(suite[0].as_deref().is_some_and(|uri| uri.ends_with("aes256-gcm")), "{suite:?}");
            assert!(suite[2].as_deref().is_some_and(|uri| uri.ends_with("#sha256")), "{suite:?}");
            assert!(suite[3].as_deref().is_some_and(|uri| uri.ends_with("mgf1sha256")), "{suite:?}");
        }
        seen.insert(suite);
    }
    assert_eq!(seen.len(), 12, "{seen:?}");
}

#[tokio::test]
async fn a_response_in_clear() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let mut service = SamlService::named("clear");
    service.encryption = None;
    service.requested =
        ["fullName", "firstName", "lastName", "email"].map(|name| format!("https://data.gov.dk/model/core/eid/{name}")).to_vec();
    house.register_on(&service.metadata(), Terms { encrypt: false, ..Terms::default() }).await;
    let mut visitor = anna.at_home(&house).await;
    for transient in [false, true] {
        let mut request = service.request(&house);
        if transient {
            request.elements =
                "<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\"></samlp:NameIDPolicy>".to_owned();
        }
        let page = service.send(&house, &mut visitor, &request).await;
        let answer = service.read(&house, &page);
        approve(&house, "a response in clear", &answer.xml, "Assertion");
        approve(&house, "its assertion alone", &answer.assertion().xml, "Assertion");
    }
}

#[tokio::test]
async fn every_error() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let service = SamlService::at(&house, "errors").await;
    let with = |elements: &str| AuthnRequest { elements: elements.to_owned(), ..service.request(&house) };
    let mut visitor = anna.at_home(&house).await;
    let mut stranger = house.visitor();
    let mut pages: Vec<(&str, Page)> = vec![
        ("NoPassive", service.send(&house, &mut stranger, &service.request(&house).passive()).await),
        ("NoAuthnContext", service.send(&house, &mut visitor, &service.request(&house).level("High")).await),
        (
            "InvalidNameIDPolicy",
            service.send(&house, &mut visitor, &with("<samlp:NameIDPolicy Format=\"urn:x\"></samlp:NameIDPolicy>")).await,
        ),
        ("RequestUnsupported", service.send(&house, &mut visitor, &service.request(&house).passive().force()).await),
    ];
    let other = AuthnRequest { version: Some("3.0".to_owned()), ..service.request(&house) };
    pages.push(("VersionMismatch", service.send(&house, &mut visitor, &other).await));
    let demand = "UPDATE clients SET metadata = REPLACE(metadata, 'use=\"encryption\"', 'use=\"signing\"'), revision = revision + 1 RETURNING revision";
    house.count(demand).await;
    pages.push(("RequestDenied", service.send(&house, &mut visitor, &service.request(&house)).await));
    for (code, page) in pages {
        let answer = service.read(&house, &page);
        assert_eq!(answer.code(), code, "{}", answer.xml);
        approve(&house, code, &answer.xml, "Response");
    }
}

#[tokio::test]
async fn logout_responses_by_both_bindings() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let mut judge = Judge::start();
    for posted in [false, true] {
        let mut service = SamlService::named(if posted { "posted" } else { "redirected" });
        let metadata = service.metadata();
        let metadata = match posted {
            true => {
                let post = "SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"";
                swap(&metadata, "SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\"", post)
            }
            false => metadata,
        };
        house.register(&metadata).await;
        let mut visitor = anna.at_home(&house).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let assertion = service.read(&house, &page).assertion().clone();
        let sound = service.logout_request(&house, &assertion);
        let mut foreign = service.logout_request(&house, &assertion);
        foreign.name_id = sound.name_id.clone().map(|name| name.replace("/uuid/", "/uuid/0"));
        let mut other = service.logout_request(&house, &assertion);
        other.version = Some("3.0".to_owned());
        for (name, request, code) in
            [("another's", foreign, "UnknownPrincipal"), ("another version", other, "VersionMismatch"), ("a sound one", sound, "Success")]
        {
            let page = visitor.get(service.redirect(&house.url("/saml/slo"), &request.xml(), Some("state"))).await;
            let xml = if posted {
                let form = page.saml_form().unwrap_or_else(|| panic!("{name}: {}", page.describe()));
                assert_eq!((form.action.to_string(), form.value("RelayState")), (service.slo.clone().expect("an address"), Some("state")));
                let xml = String::from_utf8(decode_block(form.value("SAMLResponse").expect("an answer")).expect("base64")).expect("UTF-8");
                approve(&house, name, &xml, "LogoutResponse");
                xml
            } else {
                let query = page.location().unwrap_or_else(|| panic!("{name}: {}", page.describe())).query().expect("a query").to_owned();
                let xml = judge.opened(&query, &certificate(&house)).unwrap_or_else(|| panic!("{name}: the signature of {query}"));
                assert!(judge.opened(&query.replacen("RelayState=state", "RelayState=statf", 1), &certificate(&house)).is_none());
                assert!(!xml.contains("Signature"), "{xml}");
                expect_valid(name, &xml);
                xml
            };
            assert!(xml.contains(&format!(":{code}\"")), "{name}: {xml}");
            assert!(xml.contains(&format!("InResponseTo=\"{}\"", request.id)), "{name}: {xml}");
        }
        service.slo = None;
    }
}
