//! Passkeys that state something false: without user verification, for another origin, with a challenge that is not
//! this login's, with a counter that went back (security cases B10, B11, B12). A software authenticator states it and
//! signs it well, so that only the false statement can give it away.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    actors::{Employee, Part, Passkey, SamlService, Twist},
    house::{House, log, on_both},
    login_stages::incident,
    visitor::{Page, Visitor},
};

/// An employee with an app and a passkey, and the browser at the login page.
async fn with_passkey(house: &House, name: &str) -> Employee {
    let mut who = house.employee(name).await;
    who.add_passkey(house).await;
    who
}

/// Every false statement of a login, with the reason it is refused for.
fn false_statements(house: &House) -> Vec<(&'static str, Twist, &'static str)> {
    let port = house.address.port();
    let origin = |text: String| Twist { origin: Some(text), ..Twist::default() };
    vec![
        ("user not verified", Twist { flags: Some(0x01), ..Twist::default() }, "uv"),
        ("user not present", Twist { flags: Some(0x04), ..Twist::default() }, "uv"),
        ("neither", Twist { flags: Some(0x00), ..Twist::default() }, "uv"),
        ("a signature of something else", Twist { signature: Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]), ..Twist::default() }, "signature"),
        ("a look-alike origin", origin(format!("http://badlocalhost:{port}")), "origin"),
        ("a sub-domain", origin(format!("http://login.localhost:{port}")), "origin"),
        ("another port", origin(format!("http://localhost:{}", port ^ 1)), "origin"),
        ("another scheme", origin(format!("https://localhost:{port}")), "origin"),
        ("no origin at all", origin(format!("http://localhost:{port}.evil.test")), "credential"),
        ("framed by another site", Twist { cross_origin: Some(true), ..Twist::default() }, "origin"),
        ("a top origin", Twist { top_origin: Some("https://evil.test".to_owned()), ..Twist::default() }, "origin"),
        ("another domain's key", Twist { rp_id: Some("evil.test".to_owned()), ..Twist::default() }, "rpid"),
        ("a registration", Twist { kind: Some("webauthn.create".to_owned()), ..Twist::default() }, "type"),
        ("another challenge", Twist { challenge: Some(URL_SAFE_NO_PAD.encode([7; 32])), ..Twist::default() }, "challenge"),
    ]
}

#[track_caller]
fn expect_refused(name: &str, page: &Page, reason: &str) {
    assert_eq!(page.status, 403, "{name}: {}", page.describe());
    log::expect_one(&incident(page), "webauthn.failed", reason);
    let told: Value = serde_json::from_str(&page.body).expect("a document");
    let mut told = told.as_object().expect("an object").clone();
    told.remove("incident");
    assert_eq!(told.len(), 2, "nothing but status and title: {told:?}");
}

/// Nobody was logged in.
async fn expect_outside(name: &str, house: &House, visitor: &mut Visitor) {
    let page = visitor.get(house.url("/account")).await;
    assert_eq!(page.header("location"), "/login", "{name}: {}", page.describe());
}

#[tokio::test]
async fn a_passkey_login_that_states_something_false() {
    on_both(|house| async move {
        let mut anna = with_passkey(&house, "anna").await;
        for (name, twist, reason) in false_statements(&house) {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let page = anna.passkey_login(&house, &mut visitor, &page, &twist).await;
            expect_refused(name, &page, reason);
            expect_outside(name, &house, &mut visitor).await;
        }
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = anna.passkey_login(&house, &mut visitor, &page, &Twist::default()).await;
        anna.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn a_key_beside_the_password_that_states_something_false() {
    on_both(|house| async move {
        let mut anna = with_passkey(&house, "anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let factor = anna.enter_password(&mut visitor, &page).await;
        for (name, twist, reason) in false_statements(&house) {
            let page = anna.prove_key(&house, &mut visitor, &factor, &twist).await;
            expect_refused(name, &page, reason);
            expect_outside(name, &house, &mut visitor).await;
            house.advance(61);
        }
        let page = anna.prove_key(&house, &mut visitor, &factor, &Twist::default()).await;
        service.read(&house, &page).assertion();
    })
    .await;
}

#[tokio::test]
async fn a_challenge_serves_once_and_for_five_minutes() {
    on_both(|house| async move {
        let mut anna = with_passkey(&house, "anna").await;
        let key = anna.passkey.as_mut().expect("a passkey");

        // Used up by a wrong answer.
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let part = Part::of(&page);
        let options = part.options(&mut visitor).await;
        let wrong = key.assert(&options, &house.base, &Twist { flags: Some(1), ..Twist::default() });
        expect_refused("without verification", &part.end(&mut visitor, &wrong).await, "uv");
        let right = key.assert(&options, &house.base, &Twist::default());
        expect_refused("used up", &part.end(&mut visitor, &right).await, "challenge");

        // Of another login.
        let mut other = house.visitor();
        let page = house.login_page(&mut other).await;
        let other_part = Part::of(&page);
        other_part.options(&mut other).await;
        let options = part.options(&mut visitor).await;
        let credential = key.assert(&options, &house.base, &Twist::default());
        expect_refused("another login's", &other_part.end(&mut other, &credential).await, "challenge");

        // Never asked for.
        let mut none = house.visitor();
        let page = house.login_page(&mut none).await;
        expect_refused("none", &Part::of(&page).end(&mut none, &credential).await, "challenge");

        // Too old; and the control: just in time.
        for (wait, name) in [(301, "too old"), (299, "in time")] {
            let options = part.options(&mut visitor).await;
            house.advance(wait);
            let credential = key.assert(&options, &house.base, &Twist::default());
            let page = part.end(&mut visitor, &credential).await;
            if wait > 300 { expect_refused(name, &page, "challenge") } else { assert_eq!(page.status, 200, "{}", page.describe()) }
        }

        // The whole answer again, in the same browser.
        let again = part.end(&mut visitor, &credential).await;
        assert_eq!(again.status, 400, "the login is over: {}", again.describe());
    })
    .await;
}

#[tokio::test]
async fn a_key_is_its_owner_s_alone() {
    on_both(|house| async move {
        let mut anna = with_passkey(&house, "anna").await;
        let mut bo = with_passkey(&house, "bo").await;
        let handle = bo.passkey.as_ref().expect("a passkey").user_handle.clone();
        let id = bo.passkey.as_ref().expect("a passkey").id.clone();
        let cases = [
            ("another's name", Twist { user_handle: Some(Some(handle.clone())), ..Twist::default() }, "unknown_credential"),
            ("no name", Twist { user_handle: Some(None), ..Twist::default() }, "unknown_credential"),
            ("another's id", Twist { id: Some(id.clone()), ..Twist::default() }, "unknown_credential"),
            ("another's id and name", Twist { id: Some(id), user_handle: Some(Some(handle)), ..Twist::default() }, "signature"),
            ("an id nobody has", Twist { id: Some(vec![1; 32]), ..Twist::default() }, "unknown_credential"),
        ];
        for (name, twist, reason) in cases {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let page = anna.passkey_login(&house, &mut visitor, &page, &twist).await;
            expect_refused(name, &page, reason);
            expect_outside(name, &house, &mut visitor).await;
        }
        // Beside a password, another's key proves nothing.
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = anna.enter_password(&mut visitor, &page).await;
        let part = Part::of(&page);
        let options = part.options(&mut visitor).await;
        let credential = bo.passkey.as_mut().expect("a passkey").assert(&options, &house.base, &Twist::default());
        expect_refused("another's key", &part.end(&mut visitor, &credential).await, "unknown_credential");
        let page = anna.prove_key(&house, &mut visitor, &page, &Twist::default()).await;
        anna.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn a_counter_that_goes_back_or_stands_is_a_copied_key() {
    on_both(|house| async move {
        let mut anna = with_passkey(&house, "anna").await;
        anna.passkey.as_mut().expect("a passkey").counter = 41;
        for (counter, good) in [(42, true), (42, false), (41, false), (0, false), (43, true)] {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let twist = Twist { counter: Some(counter), ..Twist::default() };
            let page = anna.passkey_login(&house, &mut visitor, &page, &twist).await;
            if good { anna.expect_home(&page) } else { expect_refused(&format!("counter {counter}"), &page, "counter") }
        }
    })
    .await;
}

/// Posts a registration made by `make` and gives the answer.
async fn register(house: &House, visitor: &mut Visitor, make: impl Fn(&Value) -> Value) -> Page {
    let page = visitor.open(house.url("/account/passkey")).await;
    let part = Part::of(&page);
    let options = part.options(visitor).await;
    part.end(visitor, &make(&options)).await
}

#[tokio::test]
async fn a_registration_that_states_something_false() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let bo = with_passkey(&house, "bo").await;
        let taken = bo.passkey.as_ref().expect("a passkey").id.clone();
        let mut visitor = anna.at_home(&house).await;
        let cases = [
            ("user not verified", Twist { flags: Some(0x41), ..Twist::default() }, "uv"),
            ("user not present", Twist { flags: Some(0x44), ..Twist::default() }, "uv"),
            ("another origin", Twist { origin: Some("https://evil.test".to_owned()), ..Twist::default() }, "origin"),
            ("framed by another site", Twist { cross_origin: Some(true), ..Twist::default() }, "origin"),
            ("another domain", Twist { rp_id: Some("evil.test".to_owned()), ..Twist::default() }, "rpid"),
            ("a login", Twist { kind: Some("webauthn.get".to_owned()), ..Twist::default() }, "type"),
            ("another challenge", Twist { challenge: Some(URL_SAFE_NO_PAD.encode([7; 32])), ..Twist::default() }, "challenge"),
            ("an algorithm not offered", Twist { algorithm: Some(-36), ..Twist::default() }, "alg"),
            ("an id another owns", Twist { id: Some(taken.clone()), ..Twist::default() }, "duplicate"),
            ("an id of 2,000 bytes", Twist { id: Some(vec![5; 2000]), ..Twist::default() }, "credential_id"),
            ("an id of 20 kB", Twist { id: Some(vec![5; 20_000]), ..Twist::default() }, "credential"),
        ];
        for (name, twist, reason) in cases {
            let page = register(&house, &mut visitor, |options| Passkey::create(options, &house.base, &twist).1).await;
            assert_eq!(page.status, 400, "{name}: {}", page.describe());
            log::expect_one(&incident(&page), "enrol.refused", reason);
        }
        let huge = Twist { id: Some(vec![5; 65_000]), ..Twist::default() };
        let page = register(&house, &mut visitor, |options| Passkey::create(options, &house.base, &huge).1).await;
        assert_eq!(page.status, 413, "an id of 64 kB: {}", page.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM authenticators WHERE kind = 'webauthn'").await, 1, "bo's");
        let page = register(&house, &mut visitor, |options| Passkey::create(options, &house.base, &Twist::default()).1).await;
        assert_eq!(page.status, 200, "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn a_registration_s_challenge_serves_once() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let page = visitor.open(house.url("/account/passkey")).await;
        let part = Part::of(&page);
        let options = part.options(&mut visitor).await;
        let bad = Passkey::create(&options, &house.base, &Twist { flags: Some(0x41), ..Twist::default() }).1;
        assert_eq!(part.end(&mut visitor, &bad).await.status, 400);
        let good = Passkey::create(&options, &house.base, &Twist::default()).1;
        assert_eq!(part.end(&mut visitor, &good).await.status, 400, "used up");
        let options = part.options(&mut visitor).await;
        house.advance(301);
        let late = Passkey::create(&options, &house.base, &Twist::default()).1;
        assert_eq!(part.end(&mut visitor, &late).await.status, 400, "too old");
        let options = part.options(&mut visitor).await;
        let good = Passkey::create(&options, &house.base, &Twist::default()).1;
        assert_eq!(part.end(&mut visitor, &good).await.status, 200);
    })
    .await;
}
