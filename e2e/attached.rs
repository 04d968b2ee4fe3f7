//! What an operator alone can make of somebody: an app that carries nothing until its owner proves it, no password of whoever is
//! active, and once there is a registrant no proofing, no approval, and no code above Low.

use portvagt::{
    base::{random::SystemRandom, secret::Secret},
    crypto::totp::TotpSecret,
    domain::{assurance::Level, mitid::Why, proofing::Method, role::Role},
    service::{
        activation, desk,
        ground::Rules,
        people,
        proofing::{
            self, Refusal,
            operators::{self, Told},
        },
        roles,
    },
};

use crate::{
    activation::{CPR, prove},
    actors::{Employee, SamlService},
    desk::{registrant, seen},
    house::{House, Plan, on_both, on_both_by},
    visitor::{Page, Visitor},
};

/// An installation as it is run, without what a demonstration leaves open.
fn in_earnest() -> Plan {
    let plan = Plan::default();
    Plan { rules: Rules { demonstration: false, ..plan.rules.clone() }, ..plan }
}

/// Somebody with a password and an app that an operator attached.
async fn with_attached(house: &House, username: &str, cpr: &str) -> Employee {
    let mut who = house.newcomer(username).await.employee;
    house.give_cpr(username, cpr).await;
    house.prove(username, Level::Substantial).await;
    let secret = TotpSecret::random(&SystemRandom);
    let name = username.parse().expect("a name");
    let secret = people::attach_totp(&house.app.ground, &house.operator(), &name, "Handed over", secret).await.expect("attached");
    who.take_secret(&secret.to_base32());
    who
}

/// Password and the app's code, to wherever that leads.
async fn begin(house: &House, who: &Employee, visitor: &mut Visitor) -> Page {
    let page = house.login_page(visitor).await;
    let page = who.enter_password(visitor, &page).await;
    assert!(page.find_form("/login/totp").is_some(), "{}", page.describe());
    who.enter_code(visitor, &page, &who.fresh_code(house)).await
}

async fn own(house: &House) -> (i64, i64) {
    (house.count("SELECT COUNT(*) FROM authenticators").await, house.count("SELECT COUNT(*) FROM attached").await)
}

#[tokio::test]
async fn an_attached_app_carries_nothing_until_mitid_proves_its_owner() {
    on_both(|house| async move {
        let anna = with_attached(&house, "anna", CPR).await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = anna.enter_password(&mut visitor, &page).await;
        let code = anna.fresh_code(&house);
        let page = anna.enter_code(&mut visitor, &page, &code).await;
        assert!(page.find_form("/activate/code").is_some(), "into the proof: {}", page.describe());
        assert!(visitor.cookies.value("__Host-session").is_none());
        assert_eq!((house.events("saml.assertion.issued").await.len(), own(&house).await), (0, (0, 1)), "nothing is said of her");
        // The same code again, in another browser.
        let mut other = house.visitor();
        let again = house.login_page(&mut other).await;
        let again = anna.enter_password(&mut other, &again).await;
        assert_eq!(anna.enter_code(&mut other, &again, &code).await.status, 401, "once");
        let erik = prove(&house, &mut visitor, &page, ("020280-1234", Level::High, None)).await;
        assert!(matches!(erik, Err(activation::Refusal::Unmatched)), "{erik:?}");
        assert_eq!(own(&house).await, (0, 1));
        prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("her own MitID");
        assert_eq!(own(&house).await, (1, 0));
        assert_eq!(house.count("SELECT carries FROM authenticators").await, 2);
        let proved = &house.events("authenticator.proved").await[0];
        assert!(proved.details["attached_by"].starts_with("operator:"));
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        assert_eq!(service.read(&house, &page).assertion().level(), "Substantial");
        // From now on it is hers as any other.
        anna.at_home(&house).await;
    })
    .await;
}

#[tokio::test]
async fn a_code_from_the_desk_proves_it_for_what_was_seen() {
    on_both(|house| async move {
        let by = registrant(&house, "reg").await;
        let anna = with_attached(&house, "anna", CPR).await;
        let mut visitor = house.visitor();
        let page = begin(&house, &anna, &mut visitor).await;
        let person = house.person("anna").await.id;
        let other = desk::recovery_code(&house.app.ground, &by, (person, Why::Unlock), seen(Level::Substantial)).await.expect("a code");
        let refused = visitor.submit_form(&page, "/activate/code", &[("code", &other.code.to_text())]).await;
        assert_eq!(refused.status, 401, "for something else: {}", refused.describe());
        let given = desk::recovery_code(&house.app.ground, &by, (person, Why::Attached), seen(Level::Low)).await.expect("a code");
        let page = visitor.submit_form(&page, "/activate/code", &[("code", &given.code.to_text())]).await;
        anna.expect_home(&page);
        assert_eq!(house.count(&format!("SELECT carries FROM authenticators WHERE person = '{person}'")).await, 1, "no more than was seen");
    })
    .await;
}

#[tokio::test]
async fn another_factor_of_one_s_own_proves_it_and_a_session_cannot_be_renewed_with_it_before() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let secret = TotpSecret::random(&SystemRandom);
        let name = "anna".parse().expect("a name");
        let secret = people::attach_totp(&house.app.ground, &house.operator(), &name, "New", secret).await.expect("attached");
        let code = |house: &House| secret.code_at(house.now()).expect("a code");
        let mut visitor = anna.at_home(&house).await;
        house.advance(901);
        let asked = visitor.open(house.url("/account/password")).await;
        assert!(asked.find_form("/login/totp").is_some(), "{}", asked.describe());
        assert_eq!(visitor.submit_form(&asked, "/login/totp", &[("code", &code(&house))]).await.status, 401, "it renews no session");
        anna.enter_code(&mut visitor, &asked, &anna.fresh_code(&house)).await;
        let page = visitor.open(house.url("/account/authenticators")).await;
        let wrong = visitor.submit_form(&page, "/account/attached", &[("code", "000000")]).await;
        assert_eq!(wrong.status, 401, "{}", wrong.describe());
        assert_eq!(own(&house).await, (1, 1));
        house.advance(30);
        let page = visitor.submit_form(&page, "/account/attached", &[("code", &code(&house))]).await;
        assert_eq!((page.status, own(&house).await), (200, (2, 0)), "{}", page.describe());
        assert_eq!(house.count("SELECT MIN(carries) FROM authenticators").await, 2, "as much as the login it was proved under");
    })
    .await;
}

#[tokio::test]
async fn an_operator_alone_becomes_nobody() {
    on_both_by(in_earnest(), |house| async move {
        let (ground, by) = (&house.app.ground, house.operator());
        // The first registrant begins: proved by an operator, a code that carries Substantial.
        let first = house.newcomer("first").await;
        house.give_own_cpr("first").await;
        let person = house.person("first").await;
        roles::grant(ground, &by, person.id, Role::Registrant).await.expect("a role");
        let mut reg = first.employee;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = reg.enter_password(&mut visitor, &page).await;
        let page = visitor.submit_form(&page, "/login/activation", &[("code", &first.code)]).await;
        let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
        let page = reg.enrol_app(&house, &mut visitor, &page).await;
        reg.expect_home(&page);
        assert_eq!(visitor.open(house.url("/desk")).await.status, 200, "at work");

        // From here on no operator is anybody.
        let name = |text: &str| text.parse().expect("a name");
        let password = Secret::new("nine purple staplers".to_owned());
        let set = people::set_password(ground, &by, &name("first"), &password).await;
        assert!(matches!(set, Err(people::Refusal::InUse(_))), "{set:?}");
        let newcomer = people::Newcomer {
            organisation: None,
            username: name("anna"),
            given_name: "Given anna".to_owned(),
            family_name: "Prøvesen".to_owned(),
            email: None,
            persistent_uuid: None,
            cpr: Some(CPR.parse().expect("a number")),
            administrator: false,
            password: Some(Secret::new("seven green kettles of anna".to_owned())),
        };
        let (anna, code) = people::add(ground, &by, newcomer).await.expect("added");
        let told = Told { method: Method::InPerson, level: Level::Substantial, evidence: "pas 1".to_owned(), proved_by: "me".to_owned() };
        let proved = operators::by_operator(ground, &by, &anna, told).await;
        assert!(matches!(proved, Err(Refusal::HasRegistrants)), "{proved:?}");
        let registrant = crate::recovery::as_registrant(&house, &visitor).await;
        let waits = proofing::in_person(ground, &registrant, anna.id, seen(Level::High)).await.expect("recorded");
        let approved = operators::approve_by_operator(ground, &by, waits.id).await;
        assert!(matches!(approved, Err(Refusal::HasRegistrants)), "{approved:?}");
        let mut thief = Employee::named("anna");
        thief.password = "seven green kettles of anna".to_owned();
        let mut browser = house.visitor();
        let page = house.login_page(&mut browser).await;
        let page = thief.enter_password(&mut browser, &page).await;
        let page = browser.submit_form(&page, "/login/activation", &[("code", &code.expect("a code").to_text())]).await;
        let page = browser.submit_form(&page, "/login/enrol/totp", &[]).await;
        let page = thief.enrol_app(&house, &mut browser, &page).await;
        thief.expect_home(&page);
        let carries = format!("SELECT carries FROM authenticators WHERE person = '{}'", anna.id);
        assert_eq!(house.count(&carries).await, 1, "an operator's code begins at Low");
        let secret = TotpSecret::random(&SystemRandom);
        people::add_totp(ground, &by, &name("anna"), "App", secret).await.expect("attached");
        assert_eq!(own(&house).await, (2, 1), "attached, and no authenticator");
    })
    .await;
}
