//! The chain through the browser: our session ends first, then each other service is asked by a signed request, and whoever
//! began is answered last.

use super::{
    Carried, PARTIAL, RESPONDER, SUCCESS, answer, at, by_redirect, go, is_logged_in, log_out_at, posted, response, sent, service, step,
    waiting, within,
};
use crate::{
    actors::Assertion,
    house::{House, on_both},
    referee::{judge::Judge, schema::expect_valid, xmlsec::verifies},
};

/// The request as the referees and the service it is for want it.
#[track_caller]
fn approve(house: &House, judge: &mut Judge, carried: &Carried, assertion: &Assertion) {
    let certificate = house.app.desk.keyring.active.certificate().base64().to_owned();
    expect_valid("a logout request", &carried.xml);
    match &carried.query {
        Some(query) => {
            assert!(judge.opened(query, &certificate).is_some(), "the signature of {query}");
            let state = carried.relay_state.as_deref().expect("a state");
            assert!(judge.opened(&query.replacen(state, &state.replace('-', "_"), 1), &certificate).is_none(), "a change goes unnoticed");
        }
        None => {
            assert!(verifies(&carried.xml, &["LogoutRequest"], &certificate), "{}", carried.xml);
            assert!(!verifies(&carried.xml.replacen("</saml:NameID>", "0</saml:NameID>", 1), &["LogoutRequest"], &certificate));
        }
    }
    for part in [
        format!(">{}</saml:NameID>", assertion.name_id),
        format!("Format=\"{}\"", assertion.name_id_format),
        format!("SPNameQualifier=\"{}\"", assertion.sp_name_qualifier),
        format!(">{}</samlp:SessionIndex>", assertion.session_index),
    ] {
        assert!(carried.xml.contains(&part), "{part}: {}", carried.xml);
    }
    assert_eq!(carried.attribute("Destination"), carried.to);
}

#[tokio::test]
async fn one_service_after_another_is_asked_and_the_first_is_answered() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let two = by_redirect(&house, "two").await;
        let three = service(&house, "three", &[("HTTP-POST", "https://three.test/slo")]).await;
        let mut visitor = house.visitor();
        let first = at(&house, &anna, &mut visitor, &one).await;
        let told = [(&two, at(&house, &anna, &mut visitor, &two).await), (&three, at(&house, &anna, &mut visitor, &three).await)];

        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        assert!(!is_logged_in(&house, &mut visitor).await, "our own session is over before anybody is asked");
        let mut page = within(&house, &mut visitor, page).await;
        let (mut judge, mut asked) = (Judge::start(), Vec::new());
        for _ in &told {
            let carried = step(&page);
            let (who, assertion) = told.iter().find(|(who, _)| who.slo.as_ref() == Some(&carried.to)).expect("one of the two");
            approve(&house, &mut judge, &carried, assertion);
            // Asked for again, the page carries the same question.
            let again = go(&house, &mut visitor, page.url.as_str()).await;
            assert_eq!(step(&again).attribute("ID"), carried.attribute("ID"));
            asked.push(carried.to.clone());
            page = go(&house, &mut visitor, &answer(&house, who, &carried, &[SUCCESS])).await;
        }
        asked.sort();
        assert_eq!(asked, ["https://three.test/slo", "https://two.test/slo"]);
        let last = sent(&page);
        assert_eq!((last.to.as_str(), last.relay_state.as_deref()), ("https://one.test/slo", Some("state of the service")));
        assert_eq!(last.codes(), [SUCCESS]);
        expect_valid("the answer", &last.xml);
        assert_eq!(waiting(&house).await, (0, 0));
        assert_eq!((house.events("slo.told").await.len(), house.events("slo.not_told").await.len()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn an_answer_by_form_counts_too_though_it_shows_no_cookie() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = service(&house, "one", &[("HTTP-POST", "https://one.test/slo")]).await;
        let two = by_redirect(&house, "two").await;
        let mut visitor = house.visitor();
        let first = at(&house, &anna, &mut visitor, &one).await;
        at(&house, &anna, &mut visitor, &two).await;
        // The logout itself comes by a form, without our session cookie.
        let request = one.logout_request(&house, &first);
        let page = one.post_fields(&mut visitor, &house.url("/saml/slo"), &one.fields(&request.xml(), Some("a"))).await;
        let page = within(&house, &mut visitor, page).await;
        let carried = step(&page);
        let xml = two.how().sign(&response(&house, &two, &carried.attribute("ID"), &[SUCCESS]));
        let fields: Vec<(String, String)> = vec![
            ("SAMLResponse".to_owned(), openssl::base64::encode_block(xml.as_bytes())),
            ("RelayState".to_owned(), carried.relay_state.clone().expect("a state")),
        ];
        let page = two.post_fields(&mut visitor, &house.url("/saml/slo"), &fields).await;
        let page = within(&house, &mut visitor, page).await;
        let last = posted(&page.saml_form().unwrap_or_else(|| panic!("an answer: {}", page.describe())));
        assert_eq!((last.to.as_str(), last.codes()), ("https://one.test/slo", vec![SUCCESS.to_owned()]));
        assert!(!is_logged_in(&house, &mut visitor).await);
        assert_eq!(waiting(&house).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_service_that_says_no_and_one_that_is_passed_over_are_named() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let others = [by_redirect(&house, "two").await, by_redirect(&house, "three").await];
        let mute = service(&house, "mute", &[]).await;
        let mut visitor = house.visitor();
        visitor.headers = vec![("Accept-Language".to_owned(), "en".to_owned())];
        let first = at(&house, &anna, &mut visitor, &one).await;
        for other in others.iter().chain([&mute]) {
            at(&house, &anna, &mut visitor, other).await;
        }
        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        let page = within(&house, &mut visitor, page).await;
        let carried = step(&page);
        let who = others.iter().find(|who| who.slo.as_ref() == Some(&carried.to)).expect("one of them");
        let page = go(&house, &mut visitor, &answer(&house, who, &carried, &[RESPONDER])).await;
        let skip = step(&page).skip.expect("a way past it");
        let page = go(&house, &mut visitor, &skip).await;
        assert_eq!(page.status, 200, "a page that says so: {}", page.describe());
        for left in others.iter().chain([&mute]) {
            assert!(page.body.contains(&house.client(&left.entity_id).await.name), "{}", page.describe());
        }
        assert!(page.body.contains("may still be logged in"), "{}", page.describe());
        let back = page.body.split("href=\"").find(|rest| rest.starts_with("https://one.test/slo?")).expect("a way back");
        let last = super::redirected(&crate::visitor::decode(back.split('"').next().expect("an address")));
        assert_eq!(last.codes(), [SUCCESS, PARTIAL], "top level and second level (SAML core 3.7.3.2)");
        expect_valid("the answer", &last.xml);
        let mut reasons: Vec<String> = house.events("slo.not_told").await.iter().map(|event| event.details["reason"].clone()).collect();
        reasons.sort();
        assert_eq!(reasons, ["no_back_channel", "refused", "skipped"]);
        assert_eq!(waiting(&house).await, (0, 0));
        // Passed over once, and the logout is over.
        assert_eq!(visitor.get(skip).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn our_own_pages_log_out_everywhere_too() {
    on_both(|house| async move {
        for (form, field) in [("/logout", None), ("/account/sessions/end", Some(("session", "all")))] {
            let name = if field.is_some() { "bo" } else { "anna" };
            let who = house.employee(name).await;
            let one = by_redirect(&house, &format!("{name}one")).await;
            let two = by_redirect(&house, &format!("{name}two")).await;
            let mut elsewhere = house.visitor();
            at(&house, &who, &mut elsewhere, &two).await;
            let mut visitor = house.visitor();
            at(&house, &who, &mut visitor, &one).await;
            let page = visitor.open(house.url("/account")).await;
            let csrf = page.form("/logout").value("csrf").expect("a token").to_owned();
            let fields: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(field).collect();
            let page = visitor.post_form(house.url(form), &fields).await;
            let page = within(&house, &mut visitor, page).await;
            let carried = step(&page);
            assert_eq!(Some(&carried.to), one.slo.as_ref());
            let page = go(&house, &mut visitor, &answer(&house, &one, &carried, &[SUCCESS])).await;
            let left = &house.client(&two.entity_id).await.name;
            assert_eq!((page.status, page.body.contains(left.as_str())), (200, field.is_some()), "{}", page.describe());
            assert!(!is_logged_in(&house, &mut visitor).await);
            assert_eq!(is_logged_in(&house, &mut elsewhere).await, field.is_none());
            assert_eq!(house.count("SELECT COUNT(*) FROM logouts").await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn two_services_cannot_send_one_another_in_circles() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let two = by_redirect(&house, "two").await;
        let mut visitor = house.visitor();
        let (first, second) = (at(&house, &anna, &mut visitor, &one).await, at(&house, &anna, &mut visitor, &two).await);
        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        let page = within(&house, &mut visitor, page).await;
        let carried = step(&page);
        // Asked to log out, the second sends a request of its own instead of an answer: its session is over, so that is all.
        let page = log_out_at(&house, &mut visitor, &two, &second).await;
        assert_eq!((sent(&page).to.as_str(), sent(&page).codes()), ("https://two.test/slo", vec![SUCCESS.to_owned()]));
        let page = go(&house, &mut visitor, &answer(&house, &two, &carried, &[SUCCESS])).await;
        assert_eq!(sent(&page).to, "https://one.test/slo");
    })
    .await;
}

#[tokio::test]
async fn a_logout_that_its_browser_never_ends_is_given_up_and_told_to_the_auditor() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let two = by_redirect(&house, "two").await;
        let mut visitor = house.visitor();
        let first = at(&house, &anna, &mut visitor, &one).await;
        at(&house, &anna, &mut visitor, &two).await;
        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        let page = within(&house, &mut visitor, page).await;
        let carried = step(&page);
        super::tell_due(&house).await;
        assert_eq!(waiting(&house).await, (1, 1), "the browser has its time");
        house.advance(301);
        assert_eq!(visitor.get(answer(&house, &two, &carried, &[SUCCESS])).await.status, 303, "it is still known");
        let page = go(&house, &mut visitor, page.url.as_str()).await;
        assert_eq!(page.url.path(), "/logged-out", "{}", page.describe());
        super::tell_due(&house).await;
        portvagt::jobs::tidy(&house.app.ground).await.expect("tidied");
        assert_eq!(waiting(&house).await, (0, 0));
        let missed = house.events("slo.not_told").await;
        assert_eq!((missed.len(), missed[0].details["client"].as_str()), (1, two.entity_id.as_str()));
        let late = visitor.get(answer(&house, &two, &carried, &[SUCCESS])).await;
        assert_eq!(late.status, 400);
    })
    .await;
}

#[tokio::test]
async fn a_service_without_logout_addresses_logs_out_here_all_the_same() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mute = service(&house, "mute", &[]).await;
        let mut visitor = house.visitor();
        let assertion = at(&house, &anna, &mut visitor, &mute).await;
        let page = log_out_at(&house, &mut visitor, &mute, &assertion).await;
        assert_eq!((page.status, page.location()), (200, None), "nowhere to answer to: {}", page.describe());
        assert!(!is_logged_in(&house, &mut visitor).await);
    })
    .await;
}
