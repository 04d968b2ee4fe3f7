//! All of one's data (security case C14): complete, machine-readable, without secrets and without other people's names;
//! the CPR number only there, and its reading written down.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{FIREFOX, at_service, browser, own};
use crate::{
    actors::SamlService,
    house::{House, on_both},
    visitor::Visitor,
};

const CPR: &str = "0101801234";

async fn take_out(house: &House, visitor: &mut Visitor) -> (String, Value) {
    let page = own(house, visitor, "/account/export").await;
    let page = visitor.submit_form(&page, "/account/export", &[]).await;
    assert_eq!(page.status, 200, "{}", page.describe());
    assert!(page.header("content-disposition").starts_with("attachment;"), "{:?}", page.headers);
    assert_eq!(page.header("content-type"), "application/json");
    assert!(page.header("cache-control").contains("no-store"), "{:?}", page.headers);
    let document = serde_json::from_str(&page.body).expect("JSON");
    (page.body, document)
}

#[tokio::test]
async fn everything_about_oneself_and_nothing_of_others_is_given() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        house.employee("bo").await.at_home(&house).await;
        anna.add_passkey(&house).await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = browser(&house, FIREFOX);
        let page = house.login_page(&mut visitor).await;
        anna.mistype(&mut visitor, &page).await;
        anna.go_home(&house, &mut visitor).await;
        at_service(&house, &anna, &service, &mut visitor).await;
        house.give_cpr("anna", CPR).await;

        assert!(house.events("cpr.read").await.is_empty());
        let (text, document) = take_out(&house, &mut visitor).await;
        assert_eq!(document["form"], "portvagt-own-data-1");
        assert_eq!(document["person"]["user_name"], "anna");
        assert_eq!(document["person"]["email"], "anna@testkommune.test");
        assert_eq!(document["person"]["cpr"], CPR);
        assert_eq!(document["organisation"]["name"], "Testkommune");
        assert_eq!(document["identity_proofings"][0]["level"], "substantial");
        assert_eq!(document["identity_proofings"][0]["recorded_by"], "administrator");
        assert_eq!(document["authenticators"].as_array().expect("a list").len(), 2);
        assert_eq!(document["sessions"][0]["services"][0]["name"], house.client(&service.entity_id).await.name);
        assert!(document["password"]["set_at"].is_string());
        for list in ["employments", "roles", "locks", "terms", "mails", "logins_under_way", "acts_on_others"] {
            assert!(document[list].is_array(), "{list}");
        }
        let person = house.person("anna").await.id;
        let kinds: BTreeSet<&str> =
            document["activity"].as_array().expect("a list").iter().filter_map(|one| one["kind"].as_str()).collect();
        for kind in
            ["login.succeeded", "login.failed", "saml.assertion.issued", "person.added", "gdpr.export", "cpr.read", "authenticator.added"]
        {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
        let written = house.count(&format!("SELECT COUNT(*) FROM audit_events WHERE subject = '{person}'")).await;
        assert_eq!(document["activity"].as_array().expect("a list").len(), usize::try_from(written).expect("a number"), "the whole trail");

        assert_eq!(house.events("gdpr.export").await.len(), 1);
        let read = house.events("cpr.read").await;
        assert_eq!((read.len(), read[0].actor.clone()), (1, format!("person:{person}")), "reading the number is written down");
        // Nobody else, no secret: hashes, seeds, tokens.
        let session = visitor.cookies.value("__Host-session").expect("a session").to_owned();
        for foreign in ["suite", "operator:", "bo@", "Given bo", "argon2", session.as_str(), "token_hash", "\"secret\"", "credential_id"] {
            assert!(!text.contains(foreign), "{foreign}: {text}");
        }
        assert_eq!(text.matches(CPR).count(), 1, "the number stands once");
        assert!(document["activity"].as_array().expect("a list").iter().all(|one| !one.to_string().contains(CPR)));
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_number_gets_all_the_rest() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let (_, document) = take_out(&house, &mut visitor).await;
        assert_eq!(document["person"]["cpr"], Value::Null);
        assert!(house.events("cpr.read").await.is_empty());
        // The form's token belongs to the session: without it nothing is given.
        let answer = visitor.post_form(house.url("/account/export"), &[("csrf", "x")]).await;
        assert_eq!(answer.status, 403);
        assert_eq!(house.events("gdpr.export").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn other_people_s_part_in_it_is_told_by_what_they_are() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        house.lock_by_staff("anna", "bo").await;
        house.reactivate("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let (text, document) = take_out(&house, &mut visitor).await;
        assert_eq!(document["locks"][0]["placed_by"], "staff");
        let bo = house.person("bo").await.id.to_string();
        assert!(!text.contains(&bo), "{text}");
        let page = own(&house, &mut visitor, "/account/activity").await;
        assert!(!page.body.contains(&bo) && !page.body.contains("Given bo"), "{}", page.describe());
    })
    .await;
}
