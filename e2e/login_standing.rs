//! Somebody suspended gets in by no path: not with a password, passkey or code, not with what was half done, not with a
//! session, at no service (security case B04).

use crate::{
    actors::{Employee, Part, SamlService, Twist},
    house::{House, on_both},
    visitor::{Page, Visitor},
};

/// Nothing of a session: no cookie that opens the person's page, no answer with an assertion.
async fn expect_outside(house: &House, visitor: &mut Visitor, page: &Page, path: &str) {
    assert!((400..500).contains(&page.status), "{path}: {}", page.describe());
    assert!(page.saml_form().is_none(), "{path}: {}", page.describe());
    let home = visitor.get(house.url("/account")).await;
    assert_eq!(home.header("location"), "/login", "{path}: {}", home.describe());
}

async fn half_way(house: &House, anna: &Employee) -> (Visitor, Page) {
    let mut visitor = house.visitor();
    let page = house.login_page(&mut visitor).await;
    let page = anna.enter_password(&mut visitor, &page).await;
    assert!(page.find_form("/login/totp").is_some(), "{}", page.describe());
    (visitor, page)
}

#[tokio::test]
async fn whoever_is_suspended_gets_in_by_no_path() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let service = SamlService::at(&house, "service").await;
        let mut session = anna.at_home(&house).await;
        let (mut with_code, code_page) = half_way(&house, &anna).await;
        let (mut with_key, key_page) = half_way(&house, &anna).await;
        let key_options = Part::of(&key_page).options(&mut with_key).await;
        let mut enrolling = session.clone();
        let enrol_page = enrolling.open(house.url("/account/passkey")).await;
        let mut passkey = house.visitor();
        let passkey_page = house.login_page(&mut passkey).await;
        let passkey_options = Part::of(&passkey_page).options(&mut passkey).await;
        house.suspend("anna").await;

        let mut fresh = house.visitor();
        let page = house.login_page(&mut fresh).await;
        let page = anna.enter_password(&mut fresh, &page).await;
        expect_outside(&house, &mut fresh, &page, "password").await;

        let page = anna.enter_code(&mut with_code, &code_page, &anna.fresh_code(&house)).await;
        expect_outside(&house, &mut with_code, &page, "code of a login under way").await;

        let key = anna.passkey.as_mut().expect("a passkey");
        let credential = key.assert(&key_options, &house.base, &Twist::default());
        let page = Part::of(&key_page).end(&mut with_key, &credential).await;
        expect_outside(&house, &mut with_key, &page, "key of a login under way").await;

        let credential = key.assert(&passkey_options, &house.base, &Twist::default());
        let page = Part::of(&passkey_page).end(&mut passkey, &credential).await;
        expect_outside(&house, &mut passkey, &page, "passkey").await;

        let page = Part::of(&enrol_page).begin(&mut enrolling).await;
        expect_outside(&house, &mut enrolling, &page, "enrolment under way").await;

        assert_eq!(session.get(house.url("/account")).await.header("location"), "/login", "the session is over");
        let page = service.send(&house, &mut session, &service.request(&house)).await;
        assert!(page.find_form("/login/password").is_some(), "no service either: {}", page.describe());
        let page = service.send(&house, &mut session, &service.request(&house).passive()).await;
        assert_eq!(service.read(&house, &page).code(), "NoPassive");

        // The control: let in again, everything anew works, and what was half done stays dead.
        house.reactivate("anna").await;
        anna.at_home(&house).await;
        let page = anna.enter_code(&mut with_code, &code_page, &anna.fresh_code(&house)).await;
        expect_outside(&house, &mut with_code, &page, "a login from before the suspension").await;
        assert_eq!(session.get(house.url("/account")).await.header("location"), "/login", "the old session stays over");
    })
    .await;
}

#[tokio::test]
async fn a_first_login_ends_with_a_suspension() {
    on_both(|house| async move {
        for stage in ["activation", "enrolment"] {
            let newcomer = house.newcomer(stage).await;
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let page = newcomer.employee.enter_password(&mut visitor, &page).await;
            let page = if stage == "activation" {
                house.suspend(stage).await;
                visitor.submit_form(&page, "/login/activation", &[("code", &newcomer.code)]).await
            } else {
                let page = visitor.submit_form(&page, "/login/activation", &[("code", &newcomer.code)]).await;
                house.suspend(stage).await;
                visitor.submit_form(&page, "/login/enrol/totp", &[]).await
            };
            expect_outside(&house, &mut visitor, &page, stage).await;
        }
    })
    .await;
}

#[tokio::test]
async fn suspended_between_login_and_answer() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = anna.enter_password(&mut visitor, &page).await;
        let form = page.form("/login/totp").with("code", &anna.fresh_code(&house));
        let entered = visitor.submit(&page, &form).await;
        assert_eq!(entered.status, 303, "{}", entered.describe());
        house.suspend("anna").await;
        let page = visitor.follow(entered).await;
        expect_outside(&house, &mut visitor, &page, "the answer that waited").await;
        assert_eq!(house.events("saml.assertion.issued").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        let mut session = anna.at_home(&house).await;
        let (mut half, page) = half_way(&house, &anna).await;
        let before = half.clone();
        house.set_password("anna", "nine purple staplers").await.expect("a good password");
        assert_eq!(session.get(house.url("/account")).await.header("location"), "/login");
        let page = anna.enter_code(&mut half, &page, &anna.fresh_code(&house)).await;
        expect_outside(&house, &mut half, &page, "the old password's login").await;
        drop(before);

        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        assert_eq!(anna.enter_password(&mut visitor, &page).await.status, 401, "the old password");
        anna.password = "nine purple staplers".to_owned();
        anna.at_home(&house).await;
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_enrols_nothing() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        let mut thief = anna.at_home(&house).await;
        let enrolment = thief.open(house.url("/account/passkey")).await;
        let options = Part::of(&enrolment).options(&mut thief).await;
        let mut own = anna.at_home(&house).await;
        let page = own.open(house.url("/account/sessions")).await;
        let page = own.submit_form(&page, "/account/sessions/end", &[("session", "others")]).await;
        anna.expect_home(&page);

        let (_, credential) = crate::actors::Passkey::create(&options, &house.base, &Twist::default());
        let page = Part::of(&enrolment).end(&mut thief, &credential).await;
        expect_outside(&house, &mut thief, &page, "an enrolment begun before").await;
        assert_eq!(house.events("authenticator.added").await.len(), 1, "only the operator's");

        // The control: the session that lives enrols.
        let page = own.open(house.url("/account/passkey")).await;
        let page = anna.make_passkey(&house, &mut own, &page).await;
        anna.expect_home(&page);
    })
    .await;
}
