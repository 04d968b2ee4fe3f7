//! Logging in, as it should go: every pair of factors, first logins, step-up, and sessions that end by time.

use crate::{
    actors::{SamlService, Twist, instant},
    house::{House, on_both},
    visitor::Visitor,
};

#[tokio::test]
async fn password_and_code() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let events = house.events("login.succeeded").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].details["factors"], "password+totp");
        let page = visitor.get(house.url("/login")).await;
        assert_eq!(page.header("location"), "/account", "whoever is logged in needs no login page");
    })
    .await;
}

#[tokio::test]
async fn a_passkey_alone() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = anna.passkey_login(&house, &mut visitor, &page, &Twist::default()).await;
        anna.expect_home(&page);
        assert!(house.events("login.succeeded").await.iter().any(|event| event.details["factors"] == "webauthn"));
    })
    .await;
}

#[tokio::test]
async fn a_key_beside_the_password() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = anna.enter_password(&mut visitor, &page).await;
        let page = anna.prove_key(&house, &mut visitor, &page, &Twist::default()).await;
        anna.expect_home(&page);
        assert!(house.events("login.succeeded").await.iter().any(|event| event.details["factors"] == "password+webauthn"));
    })
    .await;
}

#[tokio::test]
async fn the_first_login_enrols_an_app() {
    on_both(|house| async move {
        let newcomer = house.newcomer("clara").await;
        let mut clara = newcomer.employee;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = clara.enter_password(&mut visitor, &page).await;
        let wrong = visitor.submit_form(&page, "/login/activation", &[("code", "0000-0000-0000")]).await;
        assert_eq!(wrong.status, 401, "{}", wrong.describe());
        let page = visitor.submit_form(&wrong, "/login/activation", &[("code", &newcomer.code)]).await;
        assert_eq!(page.url.path(), "/login/enrol", "{}", page.describe());
        let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
        let page = clara.enrol_app(&house, &mut visitor, &page).await;
        clara.expect_home(&page);

        // The app serves from now on, the code no more.
        clara.at_home(&house).await;
        assert_eq!(house.events("activation.used").await.len(), 1);
        let mut again = house.visitor();
        let page = house.login_page(&mut again).await;
        let page = clara.enter_password(&mut again, &page).await;
        assert!(page.find_form("/login/activation").is_none(), "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn the_first_login_enrols_a_passkey() {
    on_both(|house| async move {
        let newcomer = house.newcomer("clara").await;
        let mut clara = newcomer.employee;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = clara.enter_password(&mut visitor, &page).await;
        let page = visitor.submit_form(&page, "/login/activation", &[("code", &newcomer.code)]).await;
        let link = page.url.as_str().replace("/login/enrol?", "/login/enrol/passkey?");
        let page = visitor.open(link).await;
        let page = clara.make_passkey(&house, &mut visitor, &page).await;
        clara.expect_home(&page);

        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = clara.passkey_login(&house, &mut visitor, &page, &Twist::default()).await;
        clara.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn an_activation_code_serves_once_and_for_a_day() {
    on_both(|house| async move {
        let newcomer = house.newcomer("clara").await;
        let fresh = house.activation_code("clara").await;
        let try_code = |code: String| {
            let (house, clara) = (house.clone(), &newcomer.employee);
            async move {
                let mut visitor = house.visitor();
                let page = house.login_page(&mut visitor).await;
                let page = clara.enter_password(&mut visitor, &page).await;
                visitor.submit_form(&page, "/login/activation", &[("code", &code)]).await
            }
        };
        assert_eq!(try_code(newcomer.code.clone()).await.status, 401, "a newer code makes the older one void");
        assert_eq!(try_code(fresh.clone()).await.url.path(), "/login/enrol");
        assert_eq!(try_code(fresh).await.status, 401, "once");
        let late = house.activation_code("clara").await;
        house.advance(24 * 3600 + 1);
        assert_eq!(try_code(late).await.status, 401, "for a day");
        let timely = house.activation_code("clara").await;
        assert_eq!(try_code(timely).await.url.path(), "/login/enrol");
    })
    .await;
}

#[tokio::test]
async fn a_service_gets_an_answer_and_the_next_one_without_a_password() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let request = service.request(&house);
        let page = service.send_with(&house, &mut visitor, &request, Some("where I was")).await;
        let page = anna.log_in(&house, &mut visitor, &page).await;
        let answer = service.read(&house, &page);
        assert_eq!(answer.relay_state.as_deref(), Some("where I was"));
        let first = answer.assertion();
        assert_eq!(first.level(), "Substantial");
        assert_eq!(first.in_response_to, request.id);
        assert_eq!(first.audience, service.entity_id);
        assert_eq!(first.recipient, service.acs[0]);
        assert!(first.encrypted);
        assert_ne!(first.id, answer.id);
        let until = instant(&house, 300);
        assert_eq!(first.not_on_or_after.get(..19), until.get(..19), "to be delivered within five minutes");

        let other = SamlService::at(&house, "other").await;
        let page = other.send(&house, &mut visitor, &other.request(&house)).await;
        let second = other.read(&house, &page);
        assert_ne!(second.assertion().name_id, first.name_id, "names are pairwise");
        assert_ne!(second.assertion().session_index, first.session_index);
        let page = service.post(&house, &mut visitor, &service.request(&house), None).await;
        let third = service.read(&house, &page);
        assert_eq!(third.assertion().name_id, first.name_id);
        assert_eq!(third.assertion().session_index, first.session_index);
        assert_eq!(house.events("login.succeeded").await.len(), 1);
        assert_eq!(house.events("saml.assertion.issued").await.len(), 3);
    })
    .await;
}

/// Uses the session every 50 minutes, so that it does not end by idleness.
async fn stay(house: &House, visitor: &mut Visitor, seconds: i64) {
    let mut left = seconds;
    while left > 0 {
        let step = left.min(3000);
        house.advance(step);
        left -= step;
        assert_eq!(visitor.get(house.url("/account")).await.status, 200, "{left} seconds before the end");
    }
}

#[tokio::test]
async fn step_up_asks_for_the_second_factor_alone() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        stay(&house, &mut visitor, 4 * 3600 - 60).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let before = service.read(&house, &page).assertion().authn_instant.clone();
        house.advance(120);

        for by_key in [false, true] {
            let page = service.send(&house, &mut visitor, &service.request(&house)).await;
            assert!(page.find_form("/login/password").is_none(), "no password: {}", page.describe());
            let old = visitor.cookies.value("__Host-session").map(str::to_owned);
            let page = if by_key {
                anna.prove_key(&house, &mut visitor, &page, &Twist::default()).await
            } else {
                anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await
            };
            let answer = service.read(&house, &page);
            assert_ne!(answer.assertion().authn_instant, before, "presence was proved anew");
            assert_ne!(visitor.cookies.value("__Host-session").map(str::to_owned), old, "the session's token is new");
            stay(&house, &mut visitor, if by_key { 60 } else { 4 * 3600 + 60 }).await;
        }
        assert_eq!(house.events("login.stepped_up").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_idle_session_ends_after_an_hour() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        house.advance(3599);
        assert_eq!(visitor.get(house.url("/account")).await.status, 200);
        house.advance(3599);
        assert_eq!(visitor.get(house.url("/account")).await.status, 200, "use counts");
        house.advance(3600);
        let page = visitor.open(house.url("/account")).await;
        assert!(page.find_form("/login/password").is_some(), "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn no_session_outlives_ten_hours() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        stay(&house, &mut visitor, 10 * 3600 - 1).await;
        house.advance(1);
        let page = visitor.open(house.url("/account")).await;
        assert!(page.find_form("/login/password").is_some(), "{}", page.describe());
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        assert!(page.find_form("/login/password").is_some(), "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn a_login_under_way_is_forgotten_after_a_quarter() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        house.advance(899);
        let page = anna.enter_password(&mut visitor, &page).await;
        assert!(page.find_form("/login/totp").is_some(), "{}", page.describe());
        house.advance(2);
        let page = anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await;
        assert_eq!(page.status, 400, "{}", page.describe());
        assert!(visitor.cookies.value("__Host-session").is_none());
    })
    .await;
}

#[tokio::test]
async fn logging_out_ends_the_session_and_a_link_does_not() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let stolen = visitor.clone();
        let page = visitor.open(house.url("/logout")).await;
        assert_eq!(visitor.get(house.url("/account")).await.status, 200, "a link alone logs nobody out");
        let page = visitor.submit_form(&page, "/logout", &[]).await;
        assert_eq!(page.status, 200, "{}", page.describe());
        assert!(visitor.cookies.value("__Host-session").is_none());
        for mut who in [visitor, stolen] {
            assert_eq!(who.get(house.url("/account")).await.header("location"), "/login");
        }
        assert_eq!(house.events("session.ended").await.len(), 1);
    })
    .await;
}
