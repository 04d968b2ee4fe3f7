//! What happens at a bad moment: a service registered anew, sign-ons and step-ups at once, a logout that names no session,
//! a visitor who hangs up half-way.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    actors::{KeyPair, SamlService},
    house::{House, Plan, at_once, on_both, on_both_by},
    visitor::Visitor,
};

async fn is_logged_in(house: &House, visitor: &mut Visitor) -> bool {
    visitor.get(house.url("/account")).await.status == 200
}

#[tokio::test]
async fn a_service_registered_anew_is_no_longer_believed_under_its_old_key() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let old = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        let page = old.send(&house, &mut visitor, &old.request(&house)).await;
        old.read(&house, &page).assertion();

        // Its key was stolen: the operator removes the entry and registers it again with another key.
        let pair = |name: &str| KeyPair::named(name);
        let new = SamlService { signing: pair("new signing"), encryption: Some(pair("new encryption")), ..old.clone() };
        house.unregister(&old.entity_id).await;
        house.register(&new.metadata()).await;

        let page = old.send(&house, &mut visitor, &old.request(&house)).await;
        assert_eq!(page.status, 400, "{}", page.describe());
        assert_eq!(old.send(&house, &mut house.visitor(), &old.request(&house)).await.status, 400, "without a session neither");
        let page = new.send(&house, &mut visitor, &new.request(&house)).await;
        new.read(&house, &page).assertion();
    })
    .await;
}

#[tokio::test]
async fn an_address_taken_away_during_a_login_gets_no_answer() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let moved = SamlService { acs: vec!["https://service.test/new".to_owned()], ..service.clone() };
        for (number, again) in [false, true].into_iter().enumerate() {
            let mut visitor = house.visitor();
            let page = service.send(&house, &mut visitor, &service.request(&house)).await;
            let page = anna.enter_password(&mut visitor, &page).await;
            if again {
                house.unregister(&service.entity_id).await;
                house.register(&service.metadata()).await;
            } else {
                house.register(&moved.metadata()).await;
            }
            let page = anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await;
            assert!(page.saml_form().is_none(), "{}", page.describe());
            assert!((400..500).contains(&page.status), "{}", page.describe());
            assert_eq!(house.events("saml.assertion.issued").await.len(), 0, "{number}");
            house.register(&service.metadata()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn whichever_of_many_sign_ons_a_logout_names_the_session_ends() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let visitor = anna.at_home(&house).await;
        let tabs = (0..8).map(|_| {
            let (house, service, mut tab) = (house.clone(), service.clone(), visitor.clone());
            async move {
                let page = service.send(&house, &mut tab, &service.request(&house)).await;
                service.read(&house, &page).assertion().clone()
            }
        });
        let told = at_once(tabs).await;
        for assertion in &told {
            assert_eq!(assertion.session_index, told[0].session_index, "one session, one index");
        }
        let request = service.logout_request(&house, &told[0]);
        let page = house.visitor().get(service.redirect(&house.url("/saml/slo"), &request.xml(), None)).await;
        assert_eq!(page.status, 303, "{}", page.describe());
        assert!(!is_logged_in(&house, &mut visitor.clone()).await);
    })
    .await;
}

#[tokio::test]
async fn a_logout_without_index_and_cookie_ends_that_person_s_session_and_no_other() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let service = SamlService::at(&house, "service").await;
        let (mut hers, mut his) = (anna.at_home(&house).await, bo.at_home(&house).await);
        let page = service.send(&house, &mut his, &service.request(&house)).await;
        service.read(&house, &page).assertion();
        let page = service.send(&house, &mut hers, &service.request(&house)).await;
        let mut request = service.logout_request(&house, service.read(&house, &page).assertion());
        request.session_indexes.clear();
        // Posted from the service's page, so without our cookies.
        let fields = service.fields(&request.xml(), None);
        let page = service.post_fields(&mut hers, &house.url("/saml/slo"), &fields).await;
        assert!(page.status < 400, "{}", page.describe());
        assert!(!is_logged_in(&house, &mut hers).await, "what was answered as logged out is logged out");
        assert!(is_logged_in(&house, &mut his).await);
    })
    .await;
}

#[tokio::test]
async fn a_logout_without_index_ends_the_named_person_s_session_whoever_s_browser_brings_it() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let service = SamlService::at(&house, "service").await;
        let (mut hers, mut his) = (anna.at_home(&house).await, bo.at_home(&house).await);
        let page = service.send(&house, &mut hers, &service.request(&house)).await;
        let mut request = service.logout_request(&house, service.read(&house, &page).assertion());
        request.session_indexes.clear();
        // By redirect, with somebody else's session in the browser.
        let page = his.get(service.redirect(&house.url("/saml/slo"), &request.xml(), None)).await;
        assert_eq!(page.status, 303, "{}", page.describe());
        assert!(!is_logged_in(&house, &mut hers).await, "the named person is logged out");
        assert!(is_logged_in(&house, &mut his).await, "and nobody else");
        // Nobody is there by that name now, and nothing else is claimed.
        let mut again = service.logout_request(
            &house,
            &service.read(&house, &service.send(&house, &mut his, &service.request(&house)).await).assertion().clone(),
        );
        again.session_indexes.clear();
        again.name_id = request.name_id.clone();
        let page = house.visitor().get(service.redirect(&house.url("/saml/slo"), &again.xml(), None)).await;
        let answer =
            page.location().expect("an answer").query_pairs().find(|(name, _)| name == "SAMLResponse").expect("a message").1.into_owned();
        assert!(crate::mitid_case::inflated(&answer).contains("UnknownPrincipal"));
        assert!(is_logged_in(&house, &mut his).await);
    })
    .await;
}

#[tokio::test]
async fn many_step_ups_at_once_do_not_wait_for_one_another() {
    on_both(|house| async move {
        let names: Vec<String> = (0..12).map(|n| format!("employee{n}")).collect();
        let mut pages = Vec::new();
        for name in &names {
            let employee = house.employee(name).await;
            let visitor = employee.at_home(&house).await;
            pages.push((employee, visitor));
        }
        house.advance(901);
        let step_ups = pages.into_iter().map(|(employee, mut visitor)| {
            let house = house.clone();
            async move {
                let page = visitor.open(house.url("/account/passkey")).await;
                employee.enter_code(&mut visitor, &page, &employee.fresh_code(&house)).await.status
            }
        });
        let answers = at_once(step_ups).await;
        assert!(answers.iter().all(|status| *status < 400), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn hanging_up_spares_nobody_the_failure() {
    on_both_by(Plan { memory_kib: 19_456, ..Plan::default() }, |house| async move {
        house.employee("anna").await;
        for _ in 0..3 {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let form = page.form("/login/password").with("user_name", "anna").with("password", "gættet forkert");
            hang_up_on(&house, &visitor, &form.inputs).await;
        }
        for _ in 0..100 {
            if house.events("login.failed").await.len() == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(house.events("login.failed").await.len(), 3, "each attempt that was counted is written down");
        let counted = house.count("SELECT CAST(SUM(failures) AS BIGINT) FROM throttles WHERE key LIKE 'address:%'").await;
        assert_eq!(counted, 3, "and counts against the address");
    })
    .await;
}

/// Sends the login form and breaks the connection off while the password is being checked.
async fn hang_up_on(house: &House, visitor: &Visitor, fields: &[(String, String)]) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let url = house.url("/login/password").parse().expect("an address");
    let (host, cookies, length) = (house.base.trim_start_matches("http://"), visitor.cookies.header(&url, false, false), body.len());
    let mut stream = TcpStream::connect(house.address).await.expect("a connection");
    // Taken before it is broken off: of one that is reset earlier nothing is known, and nothing is checked.
    stream.write_all(format!("GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.expect("it is sent");
    let _ = stream.read(&mut [0; 1024]).await.expect("an answer");
    let head = format!("POST /login/password HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nContent-Length: {length}\r\n");
    let request = format!("{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    tokio::time::sleep(Duration::from_millis(20)).await;
    // Reset, not closed: the server learns at once that nobody listens.
    stream.set_zero_linger().expect("the option");
}

#[tokio::test]
async fn a_connection_reset_before_it_is_taken_checks_nothing() {
    on_both(|house| async move {
        house.employee("anna").await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let form = page.form("/login/password").with("user_name", "anna").with("password", "gættet forkert");
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.inputs).finish();
        let url = house.url("/login/password").parse().expect("an address");
        let (host, cookies) = (house.base.trim_start_matches("http://"), visitor.cookies.header(&url, false, false));
        let head = format!("POST /login/password HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nContent-Length: {}\r\n", body.len());
        let request = format!("{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}");
        for _ in 0..50 {
            let stream = std::net::TcpStream::connect(house.address).expect("a connection");
            std::io::Write::write_all(&mut &stream, request.as_bytes()).expect("it is sent");
            stream.set_nonblocking(true).expect("the option");
            TcpStream::from_std(stream).expect("a stream").set_zero_linger().expect("the option");
        }
        // Whatever was taken in time has an address, and is refused and counted there like any other.
        house.login_page(&mut house.visitor()).await;
        assert_eq!(house.count("SELECT COUNT(*) FROM throttles WHERE key = 'address:0.0.0.0'").await, 0);
        for event in house.events("").await {
            assert_ne!(event.details.get("address").map(String::as_str), Some("0.0.0.0"), "{event:?}");
        }
    })
    .await;
}
