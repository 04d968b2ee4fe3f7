//! The back-channel: whoever can be told without a browser is told at once, all at the same time; a machine that does not
//! answer is tried again by the jobs until it has heard or is given up. Locks use the same road.

use std::time::{Duration, Instant};

use super::{
    Conduct, Listener, PARTIAL, SUCCESS, answer, at, by_redirect, go, is_logged_in, log_out_at, sent, service, step, tell_due, waiting,
    within,
};
use crate::{
    actors::{Assertion, Employee, SamlService},
    house::{House, Plan, on_both, on_both_by},
    referee::{schema::expect_valid, xmlsec::verifies},
    visitor::Visitor,
};

/// A service with a machine that takes SOAP, and perhaps the browser too.
async fn with_machine(house: &House, name: &str, conduct: Conduct, by_browser: bool) -> (SamlService, Listener) {
    let listener = Listener::start(conduct).await;
    let place = format!("https://{name}.test/slo");
    let bindings = [("SOAP", listener.address.as_str()), ("HTTP-Redirect", place.as_str())];
    let service = service(house, name, &bindings[..if by_browser { 2 } else { 1 }]).await;
    listener.belongs_to(&service, house);
    (service, listener)
}

/// A browser with a session at the service.
async fn logged_in(house: &House, who: &Employee, service: &SamlService) -> (Visitor, Assertion) {
    let mut visitor = house.visitor();
    let assertion = at(house, who, &mut visitor, service).await;
    (visitor, assertion)
}

/// Impatient, so that nobody waits long in a test.
fn impatient() -> Plan {
    Plan { patience: Duration::from_secs(1), ..Plan::default() }
}

#[tokio::test]
async fn machines_are_told_before_the_browser_goes_anywhere() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let (two, machine) = with_machine(&house, "two", Conduct::Sound, true).await;
        let (mut visitor, first) = logged_in(&house, &anna, &one).await;
        let assertion = at(&house, &anna, &mut visitor, &two).await;
        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        assert_eq!((sent(&page).to.as_str(), sent(&page).codes()), ("https://one.test/slo", vec![SUCCESS.to_owned()]));
        let requests = machine.requests();
        assert_eq!(requests.len(), 1);
        assert!(requests[0].xml.contains(&assertion.name_id) && requests[0].xml.contains(&assertion.session_index), "{}", requests[0].xml);
        assert_eq!(requests[0].attribute("Destination"), machine.address);
        assert_eq!(waiting(&house).await, (0, 0));
        assert_eq!(house.events("slo.told").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn dead_machines_cost_one_wait_in_all_and_are_named() {
    on_both_by(impatient(), |house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let (mut visitor, first) = logged_in(&house, &anna, &one).await;
        let mut machines = Vec::new();
        for name in ["deada", "deadb", "deadc"] {
            // They take the browser too, but have had their time.
            let (service, machine) = with_machine(&house, name, Conduct::Silent, true).await;
            at(&house, &anna, &mut visitor, &service).await;
            machines.push((service, machine));
        }
        let begun = Instant::now();
        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        assert!(begun.elapsed() < Duration::from_millis(2_500), "three at the same time: {:?}", begun.elapsed());
        assert!(!is_logged_in(&house, &mut visitor).await);
        let back = page.body.split("href=\"").find(|rest| rest.starts_with("https://one.test/slo?")).expect("a way back");
        let last = super::redirected(&crate::visitor::decode(back.split('"').next().expect("an address")));
        assert_eq!(last.codes(), [SUCCESS, PARTIAL]);
        for (service, _) in &machines {
            assert!(page.body.contains(&house.client(&service.entity_id).await.name), "{}", page.describe());
        }
        // They are back: the jobs tell them.
        machines.iter().for_each(|(_, machine)| machine.behave(Conduct::Sound));
        assert_eq!(tell_due(&house).await, 0, "not at once");
        house.advance(31);
        assert_eq!(tell_due(&house).await, 3);
        assert!(machines.iter().all(|(_, machine)| machine.requests().len() == 2));
        assert_eq!(waiting(&house).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_machine_that_fails_at_once_leaves_it_to_the_browser() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let one = by_redirect(&house, "one").await;
        let (two, _machine) = with_machine(&house, "two", Conduct::Broken, true).await;
        let (mut visitor, first) = logged_in(&house, &anna, &one).await;
        at(&house, &anna, &mut visitor, &two).await;
        let page = log_out_at(&house, &mut visitor, &one, &first).await;
        let page = within(&house, &mut visitor, page).await;
        let carried = step(&page);
        assert_eq!(carried.to, "https://two.test/slo");
        let page = go(&house, &mut visitor, &answer(&house, &two, &carried, &[SUCCESS])).await;
        assert_eq!(sent(&page).codes(), [SUCCESS]);
        assert_eq!(waiting(&house).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_lock_tells_services_and_does_not_give_up_soon() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let (one, machine) = with_machine(&house, "one", Conduct::Broken, false).await;
        let two = by_redirect(&house, "two").await;
        let (mut visitor, _) = logged_in(&house, &anna, &one).await;
        at(&house, &anna, &mut visitor, &two).await;
        house.suspend("anna").await;
        assert!(!is_logged_in(&house, &mut visitor).await);
        assert_eq!((machine.heard().len(), waiting(&house).await), (0, (2, 0)), "queued with the lock");
        assert_eq!(tell_due(&house).await, 0);
        let missed = house.events("slo.not_told").await;
        assert_eq!((missed.len(), missed[0].details["client"].as_str()), (1, two.entity_id.as_str()), "who cannot be told is named");
        assert_eq!(missed[0].details["reason"], "no_back_channel");
        assert_eq!(missed[0].subject, Some(house.person("anna").await.id.to_string()));
        // Tried again, and later each time.
        assert_eq!((tell_due(&house).await, machine.heard().len()), (0, 1));
        house.advance(30);
        assert_eq!((tell_due(&house).await, machine.heard().len()), (0, 2));
        house.advance(30);
        assert_eq!((tell_due(&house).await, machine.heard().len()), (0, 2), "a minute the second time");
        // Another node does the same work.
        let node = house.second_node().await;
        house.advance(30);
        machine.behave(Conduct::Sound);
        assert_eq!((tell_due(&node).await, machine.requests().len()), (1, 3));
        assert_eq!((tell_due(&house).await, waiting(&house).await), (0, (0, 0)));
        let told = house.events("slo.told").await;
        assert_eq!((told.len(), told[0].details["client"].as_str()), (1, one.entity_id.as_str()));
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_never_answers_is_given_up_with_an_event() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let (one, machine) = with_machine(&house, "one", Conduct::Broken, false).await;
        logged_in(&house, &anna, &one).await;
        house.suspend("anna").await;
        for _ in 0..60 {
            tell_due(&house).await;
            house.advance(1_800);
            if waiting(&house).await == (0, 0) {
                break;
            }
        }
        assert_eq!(waiting(&house).await, (0, 0));
        let missed = house.events("slo.not_told").await;
        assert_eq!((missed.len(), missed[0].details["reason"].as_str()), (1, "http_status"));
        assert!((20..40).contains(&machine.heard().len()), "{} tries in twelve hours", machine.heard().len());
    })
    .await;
}

#[tokio::test]
async fn only_the_service_s_own_answer_to_this_request_counts() {
    on_both_by(impatient(), |house| async move {
        let anna = house.employee("anna").await;
        let (one, machine) = with_machine(&house, "one", Conduct::Sound, false).await;
        for conduct in [
            Conduct::Forged,
            Conduct::Unsigned,
            Conduct::Other,
            Conduct::Impostor,
            Conduct::Redirecting,
            Conduct::Endless,
            Conduct::Silent,
            Conduct::Broken,
        ] {
            machine.behave(conduct);
            let (mut visitor, _) = logged_in(&house, &anna, &one).await;
            let before = machine.heard().len();
            let page = visitor.open(house.url("/account")).await;
            let page = visitor.submit(&page, &page.form("/logout")).await;
            assert!(page.body.contains(&house.client(&one.entity_id).await.name), "{conduct:?}: {}", page.describe());
            assert_eq!((machine.heard().len(), waiting(&house).await), (before + 1, (1, 0)), "{conduct:?}: asked once, and waits");
            // The control.
            machine.behave(Conduct::Sound);
            house.advance(30);
            assert_eq!((tell_due(&house).await, waiting(&house).await), (1, (0, 0)), "{conduct:?}");
        }
        machine.behave(Conduct::Refusing);
        let (mut visitor, _) = logged_in(&house, &anna, &one).await;
        let page = visitor.open(house.url("/account")).await;
        visitor.submit(&page, &page.form("/logout")).await;
        assert_eq!(waiting(&house).await, (0, 0), "a no is an answer");
        assert_eq!(house.events("slo.not_told").await[0].details["reason"], "refused");
    })
    .await;
}

/// Posts an envelope to the house's back-channel.
async fn envelope(house: &House, body: &str) -> crate::visitor::Page {
    let url = url::Url::parse(&house.url("/saml/slo/soap")).expect("an address");
    let headers = [("content-type", "text/xml"), ("soapaction", "\"http://www.oasis-open.org/committees/security\"")];
    house.visitor().send(reqwest::Method::POST, &url, None, &headers, body.as_bytes().to_vec()).await
}

fn wrapped(xml: &str) -> String {
    format!("<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>{xml}</S:Body></S:Envelope>")
}

#[tokio::test]
async fn a_service_s_machine_logs_out_by_soap() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let (one, _) = with_machine(&house, "one", Conduct::Sound, false).await;
        let (two, machine) = with_machine(&house, "two", Conduct::Sound, false).await;
        let (mut visitor, assertion) = logged_in(&house, &anna, &one).await;
        at(&house, &anna, &mut visitor, &two).await;
        let mut request = one.logout_request(&house, &assertion);
        request.destination = Some(house.url("/saml/slo/soap"));
        let sound = wrapped(&one.how().sign(&request.xml()));
        let mut elsewhere = request.clone();
        elsewhere.destination = Some(house.url("/saml/slo"));
        let header = wrapped(&one.how().sign(&request.xml())).replacen("<S:Body>", "<S:Header><x/></S:Header><S:Body>", 1);
        for (name, refused) in [
            ("unsigned", wrapped(&request.xml())),
            ("another's key", wrapped(&two.how().sign(&request.xml()))),
            ("changed", sound.replacen(&assertion.session_index, "_other", 1)),
            ("for another address", wrapped(&one.how().sign(&elsewhere.xml()))),
            ("two messages", sound.replacen("</S:Body>", "<x/></S:Body>", 1)),
            ("a header that demands something", header),
            ("no envelope", one.how().sign(&request.xml())),
            ("an answer", wrapped(&one.how().sign(&super::response(&house, &one, "_x", &[SUCCESS])))),
        ] {
            let page = envelope(&house, &refused).await;
            assert_eq!(page.status, 400, "{name}: {}", page.describe());
            assert!(page.body.contains("soap:Fault") && !page.body.contains("one.test"), "{name}: {}", page.describe());
            assert!(is_logged_in(&house, &mut visitor).await, "{name}");
        }
        let page = envelope(&house, &sound).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/xml; charset=utf-8"), "{}", page.describe());
        let inside = page.body.split("<soap:Body>").nth(1).and_then(|rest| rest.split("</soap:Body>").next()).expect("a body");
        expect_valid("the answer", inside);
        let certificate = house.app.desk.keyring.active.certificate().base64().to_owned();
        assert!(verifies(inside, &["LogoutResponse"], &certificate), "{inside}");
        assert!(
            inside.contains(&format!("InResponseTo=\"{}\"", request.id)) && inside.contains(SUCCESS) && !inside.contains(PARTIAL),
            "{inside}"
        );
        assert!(!is_logged_in(&house, &mut visitor).await);
        assert_eq!((machine.requests().len(), waiting(&house).await), (1, (0, 0)));
        assert_eq!(envelope(&house, &sound).await.status, 400, "once");
    })
    .await;
}

#[tokio::test]
async fn by_soap_whoever_needs_a_browser_is_not_told() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let (one, _) = with_machine(&house, "one", Conduct::Sound, false).await;
        let two = by_redirect(&house, "two").await;
        let (mut visitor, assertion) = logged_in(&house, &anna, &one).await;
        at(&house, &anna, &mut visitor, &two).await;
        let mut request = one.logout_request(&house, &assertion);
        request.destination = Some(house.url("/saml/slo/soap"));
        let page = envelope(&house, &wrapped(&one.how().sign(&request.xml()))).await;
        assert!(page.status == 200 && page.body.contains(PARTIAL) && page.body.contains(SUCCESS), "{}", page.describe());
        assert!(!is_logged_in(&house, &mut visitor).await);
        assert_eq!((house.events("slo.not_told").await.len(), waiting(&house).await), (1, (0, 0)));
    })
    .await;
}
