//! Getting an identity back: only by MitID or the desk, never above what is proved; a forgotten password keeps the second
//! factor, a lost factor ends it and every session, and strangers learn nothing (security cases B05, B15).

use portvagt::{
    domain::{assurance::Level, lock::Cause, mitid::Why},
    service::{activation::Refusal, cpr, desk, lifecycle, proofing::Registrant, sessions},
};

use crate::{
    activation::{CPR, prove},
    actors::{Employee, SamlService},
    desk::{registrant, seen as seen_by_registrant},
    house::{House, at_once, on_both},
    login_enumeration::seen,
    visitor::{Page, Visitor},
};

/// The page where who it is must be proved.
pub async fn begin(house: &House, visitor: &mut Visitor, username: &str, why: &str) -> Page {
    let page = visitor.open(house.url("/recover")).await;
    let page = visitor.submit_form(&page, "/recover", &[("user_name", username), ("why", why)]).await;
    assert!(page.find_form("/activate/code").is_some(), "{}", page.describe());
    page
}

/// A code of a registrant.
async fn code(house: &House, username: &str, why: Why) -> String {
    let by = registrant(house, "registrar").await;
    house.give_own_cpr(username).await;
    let person = house.person(username).await.id;
    let given = desk::recovery_code(&house.app.ground, &by, (person, why), seen_by_registrant(Level::Substantial)).await;
    given.expect("a code").code.to_text()
}

async fn with_cpr(house: &House, username: &str) -> Employee {
    let employee = house.employee(username).await;
    let person = house.person(username).await;
    cpr::set(&house.app.ground, &house.operator(), &person, &CPR.parse().unwrap()).await.unwrap();
    house.prove(username, Level::Substantial).await;
    employee
}

#[tokio::test]
async fn a_forgotten_password_keeps_the_second_factor() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut elsewhere = anna.at_home(&house).await;
        let old = anna.password.clone();
        let code = code(&house, "anna", Why::Password).await;
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "password").await;
        let page = visitor.submit_form(&page, "/activate/code", &[("code", &code)]).await;
        for (password, again) in [("kort", "kort"), ("Given anna 2026", "Given anna 2026"), ("one thing here", "another thing")] {
            let refused = visitor.submit_form(&page, "/activate/password", &[("password", password), ("again", again)]).await;
            assert_eq!(refused.status, 422, "{}", refused.describe());
        }
        anna.password = "nine purple umbrellas".to_owned();
        let page = anna.choose_password(&mut visitor, &page).await;
        assert!(page.find_form("/login/totp").is_some(), "the second factor is still asked for: {}", page.describe());
        assert!(visitor.cookies.value("__Host-session").is_none());
        let outside = elsewhere.get(house.url("/account")).await;
        assert_eq!(outside.location().map(|place| place.path().to_owned()).as_deref(), Some("/login"), "other sessions ended");
        let page = anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await;
        anna.expect_home(&page);

        let mut fresh = house.visitor();
        let page = house.login_page(&mut fresh).await;
        let mut stale = Employee::named("anna");
        stale.password = old;
        assert_eq!(stale.enter_password(&mut fresh, &page).await.status, 401);
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        assert_eq!(service.read(&house, &page).assertion().level(), "Substantial", "no level was gained");
        // At the desk, when the code was used, and when the password was changed.
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice IN ('recovery-begun', 'password-changed')").await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_lost_factor_ends_with_every_session() {
    on_both(|house| async move {
        let mut anna = with_cpr(&house, "anna").await;
        let mut thief = anna.at_home(&house).await;
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "factor").await;
        let refused = prove(&house, &mut visitor, &page, ("020280-1234", Level::High, None)).await;
        assert!(matches!(refused, Err(Refusal::Unmatched)), "{refused:?}");
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        let lost = anna.totp.take();
        anna.password = "nine purple umbrellas".to_owned();
        let page = anna.choose_password(&mut visitor, &page).await;
        assert!(page.find_form("/login/enrol/totp").is_some(), "{}", page.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM authenticators").await, 0, "the lost one ended");
        assert_eq!(thief.get(house.url("/account")).await.status, 303);
        let page = visitor.submit_form(&page, "/login/enrol/totp", &[]).await;
        let page = anna.enrol_app(&house, &mut visitor, &page).await;
        anna.expect_home(&page);
        assert_ne!(lost.map(|secret| secret.to_base32()), anna.totp.as_ref().map(|secret| secret.to_base32()));
        assert_eq!(house.events("identity.recovered").await.len(), 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice IN ('factor-removed', 'recovery-done')").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_factor_added_while_the_lost_one_is_replaced_ends_with_it() {
    on_both(|house| async move {
        let mut anna = with_cpr(&house, "anna").await;
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "factor").await;
        let page = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("identified");
        anna.password = "nine purple umbrellas".to_owned();
        let hashes = house.hashes();
        // A thief with a live session is just ending an enrolment.
        let mut thief = house.hold("UPDATE passwords SET set_at = set_at").await;
        let (page, ()) = tokio::join!(anna.choose_password(&mut visitor, &page), async {
            while house.hashes() == hashes {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            house.somebody_waits().await;
            thief
                .run(
                    "INSERT INTO authenticators (id, person, kind, name, carries, enrolled_at) \
                     SELECT '00000000-0000-4000-8000-000000000001', person, 'webauthn', 'thief', carries, enrolled_at FROM authenticators",
                )
                .await;
            thief.commit().await;
        });
        assert!(page.find_form("/login/enrol/totp").is_some(), "{}", page.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM authenticators").await, 0, "the thief's ended too");
        let removed = house.events("authenticator.removed").await;
        assert_eq!(removed.len(), 2, "and both are written down: {removed:?}");
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice = 'factor-removed'").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_is_for_one_person_one_purpose_and_one_use() {
    on_both(|house| async move {
        house.employee("anna").await;
        house.employee("bo").await;
        let refused = async |username: &str, why: &str, code: &str, what: &str| {
            let mut visitor = house.visitor();
            let page = begin(&house, &mut visitor, username, why).await;
            let page = visitor.submit_form(&page, "/activate/code", &[("code", code)]).await;
            assert_eq!(page.status, 401, "{what}: {}", page.describe());
        };
        let older = code(&house, "anna", Why::Password).await;
        let newer = code(&house, "anna", Why::Password).await;
        refused("anna", "password", &older, "the older").await;
        refused("anna", "factor", &newer, "another purpose").await;
        refused("bo", "password", &newer, "somebody else").await;
        let mut visitors = Vec::new();
        for _ in 0..50 {
            let mut visitor = house.visitor();
            let page = begin(&house, &mut visitor, "anna", "password").await;
            visitors.push((visitor, page));
        }
        let fields = [("code", newer.as_str())];
        let pages = at_once(visitors.iter_mut().map(|(visitor, page)| visitor.submit_form(page, "/activate/code", &fields))).await;
        assert_eq!(pages.iter().filter(|page| page.find_form("/activate/password").is_some()).count(), 1, "of fifty at once one");
        assert_eq!(house.events("identification.succeeded").await.len(), 1);
        house.advance(61);
        let late = code(&house, "bo", Why::Password).await;
        house.advance(901);
        refused("bo", "password", &late, "too late").await;
        let theirs = "SELECT COUNT(*) FROM sessions JOIN people ON people.id = sessions.person WHERE username IN ('anna', 'bo')";
        assert_eq!(house.count(theirs).await, 0);
    })
    .await;
}

/// Whoever fails on purpose, at however many codes, keeps nobody from the one that was handed to them, and locks nobody.
#[tokio::test]
async fn a_stranger_who_guesses_codes_keeps_nobody_from_theirs() {
    on_both(|house| async move {
        let who = house.employee("anna").await;
        let newcomer = house.newcomer("bent").await;
        let invited = crate::activation::Invited::new(&house, "nina").await;
        let session = &mut who.at_home(&house).await;
        let guess = async |address: u8, path: &str, username: &str, code: &str| {
            let mut visitor = house.visitor_from(address);
            if path == "/activate/open" {
                let page = visitor.open(house.url("/activate")).await;
                return visitor.submit_form(&page, path, &[("user_name", username), ("code", code)]).await;
            }
            if path == "/activate/code" {
                let page = begin(&house, &mut visitor, username, "factor").await;
                return visitor.submit_form(&page, path, &[("code", code)]).await;
            }
            let page = house.login_page(&mut visitor).await;
            let page = newcomer.employee.enter_password(&mut visitor, &page).await;
            visitor.submit_form(&page, path, &[("code", code)]).await
        };
        let targets = [("/activate/code", "anna", 101), ("/activate/open", "nina", 12), ("/login/activation", "bent", 12)];
        let rounds = targets.into_iter().flat_map(|(path, username, times)| (0..times).map(move |round| (path, username, round)));
        for (path, username, round) in rounds {
            let page = guess(66, path, username, "AAAA-BBBB-CCCC").await;
            assert_eq!(page.status, 401, "round {round}: {}", page.describe());
            house.advance(3);
        }
        let recovery = code(&house, "anna", Why::Factor).await;
        for (path, username, code) in [
            ("/activate/open", "nina", &invited.code),
            ("/activate/code", "anna", &recovery),
            ("/login/activation", "bent", &newcomer.code),
        ] {
            let page = guess(67, path, username, code).await;
            assert_eq!(page.status, 200, "{username}: {}", page.describe());
        }
        assert!(house.events("person.locked").await.is_empty());
        assert_eq!(session.get(house.url("/account")).await.status, 200, "what was open stays open");
        // The control: from one address it ends all the same.
        let mut last = 0;
        for _ in 0..31 {
            last = guess(66, "/activate/open", "nina", "AAAA-BBBB-CCCC").await.status;
        }
        assert_eq!(last, 429);
    })
    .await;
}

#[tokio::test]
async fn a_proof_below_what_was_enrolled_replaces_nothing() {
    on_both(|house| async move {
        with_cpr(&house, "anna").await;
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "factor").await;
        let refused = prove(&house, &mut visitor, &page, (CPR, Level::Low, None)).await;
        assert!(matches!(refused, Err(Refusal::TooLow)), "{refused:?}");
        assert_eq!(house.count("SELECT COUNT(*) FROM authenticators").await, 1);
    })
    .await;
}

#[tokio::test]
async fn one_s_own_lock_is_lifted_and_no_other() {
    on_both(|house| async move {
        let anna = with_cpr(&house, "anna").await;
        let person = house.person("anna").await.id;
        let (ground, by) = (&house.app.ground, house.operator());
        let mut visitor = house.visitor();
        let page = begin(&house, &mut visitor, "anna", "unlock").await;
        let refused = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await;
        assert!(matches!(refused, Err(Refusal::NotThisWay)), "nothing is locked: {refused:?}");
        lifecycle::lock(ground, &by, person, Cause::Person, "asked for it").await.unwrap();
        lifecycle::lock(ground, &by, person, Cause::Misuse, "suspected misuse").await.unwrap();
        let page = begin(&house, &mut visitor, "anna", "unlock").await;
        prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await.expect("unlocked");
        let active: Vec<Cause> =
            lifecycle::locks(ground, person).await.unwrap().iter().filter(|lock| lock.lifted.is_none()).map(|lock| lock.cause).collect();
        assert_eq!(active, [Cause::Misuse]);
        let page = house.login_page(&mut visitor).await;
        assert_eq!(anna.enter_password(&mut visitor, &page).await.status, 401, "the other lock stands");
        for why in ["password", "factor"] {
            let page = begin(&house, &mut visitor, "anna", why).await;
            let refused = prove(&house, &mut visitor, &page, (CPR, Level::Substantial, None)).await;
            assert!(matches!(refused, Err(Refusal::NotThisWay)), "locked: {refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_wants_a_recovery_learns_nothing() {
    on_both(|house| async move {
        house.employee("anna").await;
        house.newcomer("bent").await;
        house.employee("dora").await;
        house.suspend("dora").await;
        for round in 0..7u8 {
            let attempt = async |username: &str, address: u8| {
                let mut visitor = house.visitor_from(address);
                let choice = begin(&house, &mut visitor, username, "password").await;
                let before = house.hashes();
                let page = visitor.submit_form(&choice, "/activate/code", &[("code", "AAAA-BBBB-CCCC")]).await;
                assert_eq!(house.hashes(), before, "no hash, for anybody");
                (choice, page)
            };
            let unknown = attempt("nobo", 60 + round).await;
            assert_eq!(unknown.1.status, 401, "{}", unknown.1.describe());
            for known in ["anna", "bent", "dora"] {
                let page = attempt(known, 80 + round).await;
                assert_eq!(seen(&page.0, known), seen(&unknown.0, "nobo"), "{known}, round {round}");
                assert_eq!(seen(&page.1, known), seen(&unknown.1, "nobo"), "{known}, round {round}");
            }
        }
    })
    .await;
}

/// What the desk demands of whoever hands over a code, for tests that need one without its pages.
pub async fn as_registrant(house: &House, visitor: &Visitor) -> Registrant {
    let cookie = visitor.cookies.value("__Host-session").expect("a session");
    let token = portvagt::crypto::token::Token::from_text(cookie).expect("a token");
    let present = sessions::present(&house.app.ground, &token).await.expect("the database").expect("a live session");
    Registrant::of(&house.app.ground, &present, &house.operator().incident).await.expect("a registrant")
}
