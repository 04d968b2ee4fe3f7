//! Locking one's own identity: from one's own pages, and with user name and password alone. Nobody without the password
//! locks anybody, slows its owner down, or learns who exists.

use super::{expect_logged_out, own, text};
use crate::{
    actors::{Employee, SamlService},
    house::{House, on_both},
    visitor::{Page, Visitor},
};

async fn lock_page(house: &House, visitor: &mut Visitor) -> Page {
    visitor.headers = vec![("Accept-Language".to_owned(), "en".to_owned())];
    let page = visitor.open(house.url("/lock")).await;
    assert!(page.find_form("/lock").is_some(), "{}", page.describe());
    page
}

async fn lock(house: &House, visitor: &mut Visitor, username: &str, password: &str) -> Page {
    let page = lock_page(house, visitor).await;
    let form = page.forms().into_iter().find(|form| form.action.path() == "/lock").expect("the form");
    let form = form.with("user_name", username).with("password", password);
    visitor.submit(&page, &form).await
}

async fn expect_locked(house: &House, anna: &Employee) {
    let mut visitor = house.visitor();
    let page = house.login_page(&mut visitor).await;
    let page = anna.enter_password(&mut visitor, &page).await;
    assert_eq!(page.status, 401, "{}", page.describe());
    assert!(page.find_form("/login/totp").is_none());
}

#[tokio::test]
async fn user_name_and_password_lock_around_the_clock() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let node = house.second_node().await;
        let mut session = anna.at_home(&house).await.at_node(node.address.ip());
        let mut half = house.visitor();
        let page = house.login_page(&mut half).await;
        let code_page = anna.enter_password(&mut half, &page).await;
        let code = anna.fresh_code(&house);

        let mut stranger = house.visitor();
        let page = lock(&house, &mut stranger, " ANNA ", &anna.password).await;
        assert!(page.status == 200 && text(&page).contains("Your identity is locked"), "{}", page.describe());
        assert!(text(&page).contains("with MitID or by meeting in person"), "{}", page.describe());
        expect_logged_out(&house, &mut stranger).await;
        expect_logged_out(&house, &mut session).await;
        let page = anna.enter_code(&mut half, &code_page, &code).await;
        assert!((400..500).contains(&page.status), "{}", page.describe());
        let page = service.send(&house, &mut session, &service.request(&house)).await;
        assert!(page.saml_form().is_none(), "{}", page.describe());
        expect_locked(&house, &anna).await;
        let locked = house.events("person.locked").await;
        assert_eq!((locked.len(), locked[0].details["cause"].as_str()), (1, "person"));
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice = 'locked'").await, 1);

        // Once more is as good as once, and changes nothing.
        let page = lock(&house, &mut stranger, "anna", &anna.password).await;
        assert!(text(&page).contains("Your identity is locked"), "{}", page.describe());
        assert_eq!(house.events("person.locked").await.len(), 1);
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_is_logged_in_locks_from_their_own_pages() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let mut second = anna.at_home(&house).await;
        house.advance(901);
        let page = own(&house, &mut visitor, "/account/lock").await;
        own(&house, &mut second, "/account").await;
        let page = visitor.submit_form(&page, "/account/lock", &[]).await;
        assert_eq!(page.status, 200, "{}", page.describe());
        expect_logged_out(&house, &mut visitor).await;
        expect_logged_out(&house, &mut second).await;
        expect_locked(&house, &anna).await;
        let mut logged_in = house.employee("bo").await.at_home(&house).await;
        assert_eq!(logged_in.get(house.url("/lock")).await.header("location"), "/account/lock");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_locked_identity_answer_alike() {
    on_both(|house| async move {
        house.employee("anna").await;
        house.employee("bo").await;
        house.suspend("bo").await;
        // The first unknown name of a program's life also makes the hash that unknown names are held against.
        lock(&house, &mut house.visitor(), "nobody", "not it, not at all").await;
        let mut bodies = Vec::new();
        for name in ["anna", "nobody", "bo", "<img>"] {
            let mut visitor = house.visitor();
            let before = house.hashes();
            let page = lock(&house, &mut visitor, name, "not it, not at all").await;
            assert_eq!((page.status, house.hashes() - before), (401, 1), "{name}: {}", page.describe());
            assert!(text(&page).contains("could not be locked"), "{}", page.describe());
            let shown = crate::visitor::decode(&text(&page));
            bodies.push(shown.split("could not be locked").nth(1).expect("the rest").to_owned());
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        assert!(house.events("person.locked").await.iter().all(|event| event.details["cause"] == "administrator"));
    })
    .await;
}

#[tokio::test]
async fn guesses_here_and_at_the_login_are_counted_together_and_keep_no_owner_out() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        // The owner's own browser is known.
        let mut own_browser = anna.at_home(&house).await;
        assert_eq!(own_browser.cookies.remove_starting("__Host-session"), 1);
        for (last, here) in [(11, true), (12, false), (13, true), (14, false), (15, true)] {
            let mut attacker = house.visitor_from(last);
            let page = match here {
                true => lock(&house, &mut attacker, "anna", "not it, not at all").await,
                false => {
                    let page = house.login_page(&mut attacker).await;
                    anna.mistype(&mut attacker, &page).await
                }
            };
            assert_eq!(page.status, 401, "{}", page.describe());
        }
        let mut attacker = house.visitor_from(16);
        assert_eq!(lock(&house, &mut attacker, "anna", "not it, not at all").await.status, 429, "no sixth guess");
        assert_eq!(lock(&house, &mut attacker, "anna", &anna.password).await.status, 429, "nor a right one");
        let page = house.login_page(&mut attacker).await;
        assert_eq!(anna.mistype(&mut attacker, &page).await.status, 429, "nor at the login");
        assert!(house.events("person.locked").await.is_empty());
        let page = lock(&house, &mut own_browser, "anna", &anna.password).await;
        assert_eq!(page.status, 200, "the owner is not kept out: {}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn the_page_belongs_to_its_own_flow_and_browser() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let page = lock_page(&house, &mut visitor).await;
        let mut victim = house.visitor();
        let stolen = victim.get(page.url.as_str()).await;
        assert_eq!(stolen.status, 400, "another browser's: {}", stolen.describe());
        // A login's flow does not lock, and the lock's flow does not log in.
        let login = house.login_page(&mut visitor).await.form("/login/password");
        let fields = |form: &crate::visitor::Form| {
            let value = |name: &str| form.value(name).expect("a field").to_owned();
            [("flow", value("flow")), ("csrf", value("csrf")), ("user_name", "anna".to_owned()), ("password", anna.password.clone())]
        };
        let lock = page.forms().into_iter().find(|form| form.action.path() == "/lock").expect("the form");
        for (path, form) in [("/lock", &login), ("/login/password", &lock)] {
            let fields = fields(form);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = visitor.post_form(house.url(path), &fields).await;
            assert_eq!(answer.status, 400, "{path}: {}", answer.describe());
        }
        assert!(house.events("person.locked").await.is_empty());
    })
    .await;
}
