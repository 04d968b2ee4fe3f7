//! Sessions and logins that an attacker prepared: what was set before is worth nothing after, an address alone opens
//! nothing, and whoever comes second in a browser finds nothing of the first (security case B16).

use crate::{
    actors::SamlService,
    house::{House, log, on_both},
    login_stages::incident,
    visitor::Visitor,
};

fn session(visitor: &Visitor) -> String {
    visitor.cookies.value("__Host-session").unwrap_or_default().to_owned()
}

/// Whether that value of the session cookie opens anything.
async fn opens(house: &House, value: &str) -> bool {
    let mut visitor = house.visitor();
    visitor.cookies.set(&house.url("/").parse().expect("an address"), "__Host-session", value);
    visitor.get(house.url("/account")).await.status == 200
}

#[tokio::test]
async fn a_session_set_by_an_attacker_is_not_taken_over() {
    on_both(|house| async move {
        let (anna, mallory) = (house.employee("anna").await, house.employee("mallory").await);
        let prepared = session(&mallory.at_home(&house).await);
        let never = "A".repeat(43);
        for planted in [prepared.as_str(), never.as_str()] {
            let mut victim = house.visitor();
            victim.cookies.set(&house.url("/").parse().expect("an address"), "__Host-session", planted);
            let service = SamlService::at(&house, "service").await;
            let page = service.send(&house, &mut victim, &service.request(&house).force()).await;
            let page = anna.log_in(&house, &mut victim, &page).await;
            service.read(&house, &page).assertion();
            assert_ne!(session(&victim), planted);
            assert!(!opens(&house, planted).await, "what was planted opens nothing");
            assert!(opens(&house, &session(&victim)).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_login_s_address_opens_nothing_elsewhere() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut attacker = house.visitor();
        let page = house.login_page(&mut attacker).await;
        let address = page.url.clone();
        let mut victim = house.visitor();
        let opened = victim.open(&address).await;
        assert_eq!(opened.status, 400, "{}", opened.describe());
        log::expect_one(&incident(&opened), "flow.cookie_mismatch", "cookie");
        assert!(victim.cookies.all().is_empty(), "{:?}", victim.cookies);
        // Even after the attacker has got further with it.
        let factor = anna.enter_password(&mut attacker, &page).await;
        let opened = victim.open(&address).await;
        assert_eq!(opened.status, 400, "{}", opened.describe());
        let page = anna.enter_code(&mut attacker, &factor, &anna.fresh_code(&house)).await;
        anna.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn a_planted_login_is_not_the_planter_s_once_it_moves() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut attacker = house.visitor();
        let page = house.login_page(&mut attacker).await;
        // The victim's browser has the attacker's cookies, and the attacker keeps a copy.
        let mut victim = attacker.clone();
        let factor = anna.enter_password(&mut victim, &page).await;
        assert!(factor.find_form("/login/totp").is_some());
        let seen = attacker.open(&page.url).await;
        assert_eq!(seen.status, 400, "the copy is worth nothing now: {}", seen.describe());
        let stolen = attacker.submit(&factor, &factor.form("/login/totp").with("code", &anna.code_at(house.now()))).await;
        assert_eq!(stolen.status, 403, "{}", stolen.describe());
        let page = anna.enter_code(&mut victim, &factor, &anna.fresh_code(&house)).await;
        anna.expect_home(&page);
        assert_eq!(attacker.get(house.url("/account")).await.header("location"), "/login");
    })
    .await;
}

#[tokio::test]
async fn every_token_is_new_at_every_step() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let mut seen = std::collections::BTreeSet::new();
        let mut note = |visitor: &Visitor| {
            for cookie in visitor.cookies.starting("__Host-flow-").into_iter().chain(visitor.cookies.starting("__Host-session")) {
                assert!(seen.insert(cookie.value.clone()), "{} was used before", cookie.name);
            }
        };
        let page = house.login_page(&mut visitor).await;
        note(&visitor);
        let page = anna.enter_password(&mut visitor, &page).await;
        note(&visitor);
        anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await;
        assert!(visitor.cookies.starting("__Host-flow-").is_empty(), "the login is done and leaves nothing");
        note(&visitor);

        // A step-up gives the session a new token, and the old one is worth nothing.
        let before = session(&visitor);
        house.advance(901);
        let page = visitor.open(house.url("/account/passkey")).await;
        anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await;
        assert_ne!(session(&visitor), before);
        assert!(!opens(&house, &before).await);
        let after = session(&visitor);
        assert!(opens(&house, &after).await);

        let page = visitor.open(house.url("/logout")).await;
        visitor.submit_form(&page, "/logout", &[]).await;
        assert_eq!(session(&visitor), "");
        assert!(!opens(&house, &after).await);
    })
    .await;
}

#[tokio::test]
async fn the_second_person_in_a_browser_finds_nothing_of_the_first() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = anna.log_in(&house, &mut visitor, &page).await;
        let annas = service.read(&house, &page).assertion().clone();
        let first = session(&visitor);

        // Anna doesn't log out; the service asks for a fresh login, and Bo sits there.
        let page = service.send(&house, &mut visitor, &service.request(&house).force()).await;
        let page = bo.log_in(&house, &mut visitor, &page).await;
        let bos = service.read(&house, &page).assertion().clone();
        assert_ne!(bos.name_id, annas.name_id);
        assert_ne!(bos.session_index, annas.session_index);
        assert!(!opens(&house, &first).await, "anna's session is over");
        let page = visitor.open(house.url("/account")).await;
        bo.expect_home(&page);
        assert!(!page.body.contains("anna"), "{}", page.body);
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        assert_eq!(service.read(&house, &page).assertion().name_id, bos.name_id);
    })
    .await;
}

#[tokio::test]
async fn somebody_else_is_asked_for_and_not_the_one_who_is_logged_in() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let annas = service.read(&house, &page).assertion().clone();
        let hers = session(&visitor);
        // Her second factor is old by now, but she is still there. Bo sits down at the same computer.
        for _ in 0..5 {
            house.advance(3_000);
            assert!(opens(&house, &hers).await, "she is still logged in");
        }
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        assert!(page.find_form("/login/totp").is_some(), "hers is asked for: {}", page.describe());
        // In another tab she proves it anew, so her session could answer again.
        let mut tab = visitor.clone();
        let other = service.send(&house, &mut tab, &service.request(&house)).await;
        let other = anna.enter_code(&mut tab, &other, &anna.fresh_code(&house)).await;
        service.read(&house, &other).assertion();
        visitor.cookies = tab.cookies.clone();
        let page = visitor.submit_form(&page, "/login/restart", &[]).await;
        assert!(page.find_form("/login/password").is_some(), "somebody else's password is asked for: {}", page.describe());
        let page = bo.log_in(&house, &mut visitor, &page).await;
        assert_ne!(service.read(&house, &page).assertion().name_id, annas.name_id, "and bo answers as bo");
        let page = visitor.open(house.url("/account")).await;
        bo.expect_home(&page);
    })
    .await;
}
