//! What SimpleSAMLphp and we have to say to one another.

use crate::{
    house::{Engine, House, Plan, mitid::TERMS},
    mitid_case::{CPR, leaving, verdict},
    real_idp::{Options, SimpleSaml},
    visitor::{Page, Visitor},
};

/// A house whose NemLog-in is SimpleSAMLphp.
async fn house(engine: Engine, php: &SimpleSaml) -> House {
    let mut terms = TERMS;
    terms.allow_cbc = true;
    let house = House::build(engine, Plan { real_time: true, nemlogin: Some((php.provider(), terms)), ..Plan::default() }).await;
    let own = &house.app.mitid.nemlogin.as_ref().expect("a road").own;
    php.trust(&own.metadata(house.app.ground.random.as_ref(), true).expect("metadata"));
    house
}

/// Goes from the person's own pages to SimpleSAMLphp, logs in there as `user`, and gives the page that carries the answer.
async fn answer(house: &House, php: &SimpleSaml, visitor: &mut Visitor, user: &str) -> Page {
    let page = visitor.open(house.url("/account")).await;
    let page = visitor.submit_form(&page, "/account/mitid", &[]).await;
    let page = visitor.follow(page).await;
    let page = visitor.submit_form(&page, "/mitid/road", &[]).await;
    let page = visitor.open(leaving(&page).as_str()).await;
    let Some(form) = page.forms().into_iter().find(|form| form.value("username").is_some()) else {
        panic!("no login page: {}\n{}", page.describe(), php.logs());
    };
    let form = form.with("username", user).with("password", "secret");
    let page = visitor.submit(&page, &form).await;
    let page = visitor.follow(page).await;
    assert!(page.saml_form().is_some(), "it answers: {}\n{}", page.describe(), php.logs());
    page
}

/// Proofings by MitID.
async fn proved(house: &House) -> i64 {
    house.count("SELECT COUNT(*) FROM proofings WHERE method = 'mitid'").await
}

/// Somebody else's MitID and too low a level prove nothing; one's own does.
async fn proves(engine: Engine) {
    let php = SimpleSaml::start(Options { encrypt: true, sign_response: true });
    let house = house(engine, &php).await;
    let mut visitor = house.known_by_cpr("anna", CPR).await.at_home(&house).await;
    for user in ["low", "bo"] {
        let page = answer(&house, &php, &mut visitor, user).await;
        let page = visitor.carry_saml(page).await;
        let page = visitor.follow(page).await;
        assert!(page.find_form("/mitid/road").is_some(), "{user} chooses again: {}", page.describe());
        assert_eq!(proved(&house).await, 0, "{user}");
    }
    let page = answer(&house, &php, &mut visitor, "anna").await;
    let page = visitor.carry_saml(page).await;
    assert_eq!(proved(&house).await, 1, "{}\n{}", page.describe(), php.logs());
    // It ends its own session and sends the browser back.
    let page = visitor.open(leaving(&page).as_str()).await;
    let page = visitor.carry_saml(page).await;
    assert!(page.status == 200 && page.url.path() == "/account", "{}\n{}", page.describe(), php.logs());
    assert_eq!(house.new_events("mitid.answered").await.len(), 2, "bo's and anna's");
    house.close().await;
}

/// What it sends in the clear, for an employee, or with an encryption that nothing protects is refused.
async fn refuses(engine: Engine) {
    let php = SimpleSaml::start(Options { encrypt: true, sign_response: false });
    let house = self::house(engine, &php).await;
    let mut visitor = house.known_by_cpr("anna", CPR).await.at_home(&house).await;
    let page = answer(&house, &php, &mut visitor, "anna").await;
    let page = visitor.carry_saml(page).await;
    verdict(&page, "encryption_algorithm").expect("CBC in a response that nobody signed");
    house.close().await;

    let php = SimpleSaml::start(Options { encrypt: true, sign_response: true });
    let house = self::house(engine, &php).await;
    let mut visitor = house.known_by_cpr("anna", CPR).await.at_home(&house).await;
    let page = answer(&house, &php, &mut visitor, "employee").await;
    let page = visitor.carry_saml(page).await;
    verdict(&page, "profile").expect("an employee's identity");
    house.close().await;

    let php = SimpleSaml::start(Options { encrypt: false, sign_response: true });
    let house = self::house(engine, &php).await;
    let mut visitor = house.known_by_cpr("anna", CPR).await.at_home(&house).await;
    let page = answer(&house, &php, &mut visitor, "anna").await;
    let page = visitor.carry_saml(page).await;
    verdict(&page, "not_encrypted").expect("an assertion in the clear");
    assert_eq!(proved(&house).await, 0);
    house.close().await;
}

/// A service provider whose requests it cannot verify gets no answer: it judges our signature.
async fn judges_us(engine: Engine) {
    let php = SimpleSaml::start(Options { encrypt: true, sign_response: false });
    let house = house(engine, &php).await;
    let own = &house.app.mitid.nemlogin.as_ref().expect("a road").own;
    let metadata = own.metadata(house.app.ground.random.as_ref(), false).expect("metadata");
    let stranger = crate::forge::stranger().certificate;
    php.trust(&metadata.replace(own.signing.certificate().base64(), &stranger));
    let mut visitor = house.known_by_cpr("anna", CPR).await.at_home(&house).await;
    let page = visitor.open(house.url("/account")).await;
    let page = visitor.submit_form(&page, "/account/mitid", &[]).await;
    let page = visitor.follow(page).await;
    let page = visitor.submit_form(&page, "/mitid/road", &[]).await;
    let page = visitor.open(leaving(&page).as_str()).await;
    assert!(page.forms().iter().all(|form| form.value("username").is_none()), "no login page: {}", page.describe());
    house.close().await;
}

/// One test for each engine, named so.
macro_rules! on_engines {
    ($($name:ident: $case:expr;)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { let case = $case; case(super::Engine::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { let case = $case; case(super::Engine::Postgres).await; })+
        }
    };
}

on_engines! {
    simplesamlphp_proves_who_somebody_is: super::proves;
    simplesamlphp_in_the_clear_or_for_an_employee_proves_nothing: super::refuses;
    simplesamlphp_judges_our_requests: super::judges_us;
}
