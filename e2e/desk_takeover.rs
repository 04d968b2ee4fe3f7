//! Becoming a colleague by way of the desk: a code without anything seen, a code for somebody with a role, the second person who
//! is the first one under another account, a recovery below what was enrolled or of another one's number (security case C02).

use portvagt::{
    domain::{
        assurance::Level,
        lock::Cause,
        mitid::Why,
        proofing::{Authentication, State},
        role::Role,
    },
    service::{
        activation,
        desk::{self, Given},
        lifecycle, people,
        proofing::{self, Refusal, Registrant},
        roles,
    },
};

use crate::{
    activation::{CPR, prove},
    actors::Employee,
    desk::{at_work, grant, registrant, seen},
    house::{House, on_both, on_both_by},
    recovery::begin,
    visitor::{Page, Visitor},
};

fn refused<T: std::fmt::Debug>(answer: Result<T, people::Refusal>) -> Refusal {
    match answer {
        Err(people::Refusal::Proofing(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

async fn recovery_code(house: &House, by: &Registrant, username: &str, level: Level) -> Result<Given, people::Refusal> {
    let person = house.person(username).await.id;
    desk::recovery_code(&house.app.ground, by, (person, Why::Factor), seen(level)).await
}

/// Types a desk code for a lost factor in another browser.
async fn type_code(house: &House, visitor: &mut Visitor, username: &str, given: &Given) -> Page {
    let page = begin(house, visitor, username, "factor").await;
    visitor.submit_form(&page, "/activate/code", &[("code", &given.code.to_text())]).await
}

/// A new password and a new app, to the page that follows.
async fn take_over(house: &House, visitor: &mut Visitor, page: &Page, username: &str) -> (Employee, Page) {
    let mut thief = Employee::named(username);
    thief.password = "nine purple umbrellas".to_owned();
    let page = thief.choose_password(visitor, page).await;
    let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
    let page = thief.enrol_app(house, visitor, &page).await;
    (thief, page)
}

#[tokio::test]
async fn a_colleague_with_a_role_is_not_taken_over_by_one_registrant() {
    on_both_by(crate::house::Plan { notified: Level::High, ..Default::default() }, |house| async move {
        let one = registrant(&house, "first").await;
        at_work(&house, "second").await;
        house.stranger("nina", "010180-1234").await;
        // The accomplice's record waits for a second person; the registrant becomes that person.
        let nina = house.person("nina").await.id;
        let record = proofing::in_person(&house.app.ground, &one, nina, seen(Level::High)).await.expect("recorded");
        let given = recovery_code(&house, &one, "second", Level::Substantial).await.expect("a code");
        assert!(given.waits, "it is worth nothing yet");
        let mut browser = house.visitor();
        let page = type_code(&house, &mut browser, "second", &given).await;
        assert_eq!(page.status, 401, "{}", page.describe());
        let waiting = desk::waiting_codes(&house.app.ground, &one).await.expect("the list");
        assert_eq!(waiting.len(), 1);
        let by_oneself = desk::release(&house.app.ground, &one, waiting[0].0.behind.id).await;
        assert!(matches!(refused(by_oneself), Refusal::NotASecondPerson));
        let state = async || proofing::of(&house.app.ground, nina).await.expect("records")[0].basis.state;
        assert_eq!(state().await, State::Waiting);
        assert_eq!(house.count("SELECT COUNT(*) FROM authenticators").await, 2, "the colleague's app is where it was");

        // The control: a second registrant looks, releases, and the code serves.
        let third = at_work(&house, "third").await;
        let mut visitor = third.at_home(&house).await;
        let page = visitor.open(house.url("/desk")).await;
        assert!(page.body.contains("Given second") && page.body.contains("Pas nr. 204123456"), "{}", page.describe());
        let done = visitor.submit_form(&page, "/desk/release", &[]).await;
        assert_eq!(done.status, 200, "{}", done.describe());
        assert_eq!(visitor.submit_form(&page, "/desk/release", &[]).await.status, 404, "once");
        let released = &house.events("code.released").await[0];
        assert_eq!(released.details.get("issued_by").map(String::as_str), Some(&*format!("person:{}", one.person())));
        assert_eq!(released.details.get("login_factors").map(String::as_str), Some("password+totp"));
        let page = type_code(&house, &mut browser, "second", &given).await;
        assert!(page.find_form("/activate/password").is_some(), "{}", page.describe());
        drop(record);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_waits_can_be_made_void() {
    on_both(|house| async move {
        let one = registrant(&house, "first").await;
        at_work(&house, "second").await;
        let given = recovery_code(&house, &one, "second", Level::Substantial).await.expect("a code");
        let mut visitor = at_work(&house, "third").await.at_home(&house).await;
        let page = visitor.open(house.url("/desk")).await;
        visitor.submit_form(&page, "/desk/withdraw", &[]).await;
        assert_eq!(house.events("code.withdrawn").await.len(), 1);
        let page = type_code(&house, &mut house.visitor(), "second", &given).await;
        assert_eq!(page.status, 401, "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn a_role_that_comes_after_the_code_stops_it() {
    on_both(|house| async move {
        let one = registrant(&house, "first").await;
        house.employee("anna").await;
        house.give_own_cpr("anna").await;
        let given = recovery_code(&house, &one, "anna", Level::Substantial).await.expect("a code");
        assert!(!given.waits);
        roles::grant(&house.app.ground, &house.operator(), house.person("anna").await.id, Role::Auditor).await.expect("a role");
        let page = type_code(&house, &mut house.visitor(), "anna", &given).await;
        assert_eq!(page.status, 401, "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_what_was_seen_and_never_less_than_what_it_replaces() {
    on_both(|house| async move {
        let one = registrant(&house, "first").await;
        house.employee("anna").await;
        house.give_own_cpr("anna").await;
        let mut blind = seen(Level::Substantial);
        blind.evidence = String::new();
        let person = house.person("anna").await.id;
        let nothing = desk::recovery_code(&house.app.ground, &one, (person, Why::Factor), blind).await;
        assert!(matches!(refused(nothing), Refusal::Evidence));
        let mut old = seen(Level::Substantial);
        old.document.expires = Some("2020-01-01".parse().expect("a day"));
        let expired = desk::recovery_code(&house.app.ground, &one, (person, Why::Factor), old).await;
        assert!(matches!(refused(expired), Refusal::DocumentExpired));
        let low = recovery_code(&house, &one, "anna", Level::Low).await;
        assert!(matches!(refused(low), Refusal::TooLow), "her app carries Substantial");
        assert_eq!(house.events("recovery.issued").await.len(), 0);

        // Somebody who has nothing yet: what is enrolled carries what was seen, and no code carries High.
        let ben = house.newcomer("ben").await.employee;
        house.give_own_cpr("ben").await;
        let person = house.person("ben").await.id;
        let given = desk::activation_code(&house.app.ground, &one, person, seen(Level::Low)).await.expect("a code");
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = ben.enter_password(&mut visitor, &page).await;
        let page = visitor.submit_form(&page, "/login/activation", &[("code", &given.code.to_text())]).await;
        let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
        let mut ben = ben;
        let page = ben.enrol_app(&house, &mut visitor, &page).await;
        ben.expect_home(&page);
        let ben = house.person("ben").await.id;
        assert_eq!(house.count(&format!("SELECT carries FROM authenticators WHERE person = '{ben}'")).await, 1, "Low");
        let high = recovery_code(&house, &one, "ben", Level::High).await.expect("a code");
        let page = type_code(&house, &mut visitor, "ben", &high).await;
        let (_, page) = take_over(&house, &mut visitor, &page, "ben").await;
        assert_eq!(page.status, 200, "{}", page.describe());
        assert_eq!(house.count(&format!("SELECT carries FROM authenticators WHERE person = '{ben}'")).await, 2, "Substantial");
    })
    .await;
}

#[tokio::test]
async fn one_human_is_no_second_person_under_another_account() {
    on_both_by(crate::house::Plan { notified: Level::High, ..Default::default() }, |house| async move {
        let ground = &house.app.ground;
        let lone = registrant(&house, "lone").await;
        house.stranger("nina", "010180-1234").await;
        let nina = house.person("nina").await.id;
        // Her administrator's account, of which nobody knows whose it is.
        let adm = house.employee("adm-lone").await;
        grant(&house, "adm-lone").await;
        let adm_id = house.person("adm-lone").await.id;
        let own = proofing::in_person(ground, &lone, adm_id, seen(Level::Substantial)).await;
        assert!(matches!(own, Err(Refusal::NoCpr)), "{own:?}");
        let waits = proofing::in_person(ground, &lone, nina, seen(Level::High)).await.expect("recorded");
        let as_adm = crate::recovery::as_registrant(&house, &adm.at_home(&house).await).await;
        let second = proofing::approve(ground, &as_adm, waits.id).await;
        assert!(matches!(second, Err(Refusal::NoCpr)), "{second:?}");
        // Her number is entered there too: the two are one human.
        let number = portvagt::service::cpr::read(ground, &house.operator(), lone.person(), "comparing two accounts").await.expect("hers");
        portvagt::service::cpr::set(ground, &house.operator(), &house.person("adm-lone").await, &number).await.expect("hers too");
        house.prove("adm-lone", Level::Substantial).await;
        let own = proofing::in_person(ground, &lone, adm_id, seen(Level::Substantial)).await;
        assert!(matches!(own, Err(Refusal::Own)), "{own:?}");
        let as_adm = crate::recovery::as_registrant(&house, &adm.at_home(&house).await).await;
        let second = proofing::approve(ground, &as_adm, waits.id).await;
        assert!(matches!(second, Err(Refusal::NotASecondPerson)), "{second:?}");
        assert_eq!(house.events("identity.refused").await.len(), 4, "each written down");
        // Nobody without a number is served, and the desk says why.
        house.employee("plain").await;
        let mut visitor = at_work(&house, "other").await.at_home(&house).await;
        let plain = house.person("plain").await.id;
        let page = visitor.open(house.url(&format!("/desk/person?person={plain}"))).await;
        assert!(page.status == 403 && page.body.contains("CPR-nummer mangler"), "{}", page.describe());
        // The control: another human approves, and it is kept how they were logged in.
        let other = crate::recovery::as_registrant(&house, &visitor).await;
        let approved = proofing::approve(ground, &other, waits.id).await.expect("a second human");
        let login: Option<Authentication> = approved.approved.and_then(|approval| approval.authentication);
        assert_eq!(login.map(|login| (login.level, login.factors)), Some((Level::Substantial, "password+totp".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn another_one_s_number_on_file_recovers_nothing() {
    on_both(|house| async move {
        house.employee("anna").await;
        house.give_cpr("anna", CPR).await;
        let person = house.person("anna").await.id;
        let lock = async || {
            lifecycle::lock(&house.app.ground, &house.operator(), person, Cause::Person, "asked for it").await.expect("a lock");
        };
        for why in ["password", "factor", "unlock"] {
            if why == "unlock" {
                lock().await;
            }
            let mut visitor = house.visitor();
            let page = begin(&house, &mut visitor, "anna", why).await;
            let erik = prove(&house, &mut visitor, &page, (CPR, Level::High, Some("Erik Hansen"))).await;
            assert!(matches!(erik, Err(activation::Refusal::Unmatched)), "{why}: {erik:?}");
        }
        let reasons = house.events("identification.refused").await;
        assert!(reasons.len() == 3 && reasons.iter().all(|event| event.details["reason"] == "other_name"));
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "unlock").await;
        prove(&house, &mut visitor, &page, (CPR, Level::Substantial, Some("Given anna Prøvesen"))).await.expect("the control");
    })
    .await;
}

#[tokio::test]
async fn who_was_never_active_has_nothing_to_get_back() {
    on_both(|house| async move {
        house.stranger("nina", CPR).await;
        for why in ["password", "factor"] {
            let mut visitor = house.visitor();
            let page = begin(&house, &mut visitor, "nina", why).await;
            let refused = prove(&house, &mut visitor, &page, (CPR, Level::High, None)).await;
            assert!(matches!(refused, Err(activation::Refusal::NotThisWay)), "{why}: {refused:?}");
        }
        let one = registrant(&house, "first").await;
        let given = recovery_code(&house, &one, "nina", Level::Substantial).await.expect("a code");
        let page = type_code(&house, &mut house.visitor(), "nina", &given).await;
        assert_eq!(page.status, 401, "{}", page.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM passwords").await, 1, "the registrant's own");
        // Whoever was active and lost the last factor to an operator's hand gets in again.
        let anna = house.employee("anna").await;
        house.give_cpr("anna", "020280-1234").await;
        anna.at_home(&house).await;
        let record = people::record(&house.app.ground, &"anna".parse().expect("a name")).await.expect("a record");
        let factor = record.authenticators[0].id;
        people::remove_factor(&house.app.ground, &house.operator(), &record.person.username, factor).await.expect("removed");
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "factor").await;
        prove(&house, &mut visitor, &page, ("020280-1234", Level::Substantial, None)).await.expect("the control");
    })
    .await;
}

#[tokio::test]
async fn one_s_own_lock_is_not_lifted_below_what_was_enrolled() {
    on_both(|house| async move {
        house.employee("anna").await;
        house.give_cpr("anna", CPR).await;
        house.give_own_cpr("anna").await;
        let person = house.person("anna").await.id;
        lifecycle::lock(&house.app.ground, &house.operator(), person, Cause::Person, "the key was stolen").await.expect("a lock");
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "unlock").await;
        let refused = prove(&house, &mut visitor, &page, (CPR, Level::Low, None)).await;
        assert!(matches!(refused, Err(activation::Refusal::TooLow)), "{refused:?}");
        let one = registrant(&house, "first").await;
        let low = desk::recovery_code(&house.app.ground, &one, (person, Why::Unlock), seen(Level::Low)).await;
        assert!(matches!(self::refused(low), Refusal::TooLow));
        assert!(lifecycle::locks(&house.app.ground, person).await.expect("locks")[0].lifted.is_none());
        let page = begin(&house, &mut visitor, "anna", "unlock").await;
        prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("the control");
    })
    .await;
}

#[tokio::test]
async fn an_earlier_check_is_taken_over_at_the_desk() {
    on_both(|house| async move {
        let mut visitor = at_work(&house, "reg").await.at_home(&house).await;
        let nina = house.stranger("nina", "010180-1234").await;
        let page = visitor.open(house.url(&format!("/desk/earlier?person={}", nina.id))).await;
        let fields = |day: &'static str, evidence: &'static str| {
            [("proved_by", "Borgerservice, Nabokommune"), ("proved_on", day), ("evidence", evidence), ("level", "substantial")]
        };
        for (day, evidence) in [("2999-01-01", "Sag 12"), ("in May", "Sag 12"), ("2025-05-17", "CPR 010180-1234"), ("2025-05-17", "")] {
            let flawed = visitor.submit_form(&page, "/desk/earlier", &fields(day, evidence)).await;
            assert_eq!(flawed.status, 422, "{day} {evidence}: {}", flawed.describe());
        }
        let done = visitor.submit_form(&page, "/desk/earlier", &fields("2025-05-17", "Sag 12")).await;
        assert_eq!(done.status, 200, "{}", done.describe());
        assert_eq!(proofing::identity(&house.app.ground, &nina).await.expect("the level"), Some(Level::Substantial));
        let record = &proofing::of(&house.app.ground, nina.id).await.expect("records")[0];
        assert_eq!((record.proved_by.as_str(), record.evidence.as_str()), ("Borgerservice, Nabokommune", "Sag 12"));
        assert!(record.authentication.is_some() && record.recorded_by.starts_with("person:"));
    })
    .await;
}

#[tokio::test]
async fn a_small_organisation_s_people_are_found_beside_a_large_one_s() {
    on_both(|house| async move {
        let reg = registrant(&house, "zita").await;
        house.crowd("90000002", "Given jens", 201).await;
        house.stranger("zjens", "010180-1234").await;
        let found = desk::find(&house.app.ground, &reg, "given").await.expect("people");
        let names: Vec<_> = found.iter().map(|person| person.username.to_string()).collect();
        assert!(names.contains(&"zjens".to_owned()) && names.iter().all(|name| !name.starts_with("crowd")), "{names:?}");
    })
    .await;
}
