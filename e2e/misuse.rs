//! "This wasn't me" and other suspicions: whoever looks after security is told, by mail, of people by id; and no such lock is
//! lifted without a word about the second factor that was reported (NSIS 3.2.3).

use portvagt::{
    base::id::Id,
    crypto::token::Token,
    domain::{
        factor::{Authenticator, Kind},
        lock::{Cause, Hand, Suspect},
        person::Person,
    },
    service::{
        activity,
        ground::Visitor as From,
        lifecycle::{
            self, Refusal,
            misuse::{self, Choice},
        },
        organisations, people, self_lock,
    },
    storage::outbox::State,
};

use crate::{
    actors::Employee,
    house::{House, on_both, on_both_by},
    mail::{mails, office, server::Server, settled, turn},
};

const SECURITY: &str = "sikkerhed@testkommune.test";

async fn tell_security(house: &House) {
    let organisation = organisations::find(&house.app.ground, None).await.expect("an organisation");
    organisations::set_security_email(&house.app.ground, &house.operator(), &organisation, SECURITY).await.expect("set");
}

/// The person says that their newest event of that kind was not their doing.
async fn report(house: &House, person: Id<Person>, kind: &str) {
    let page = activity::page(&house.app.ground, person, None).await.expect("the database");
    let deed = page.deeds.into_iter().find(|deed| deed.kind == kind).unwrap_or_else(|| panic!("no {kind}"));
    let from = From { incident: house.operator().incident, address: [127, 0, 0, 1].into(), user_agent: "Firefox".to_owned(), device: None };
    self_lock::not_me(&house.app.ground, person, &deed, &from).await.expect("reported");
}

async fn factors(house: &House) -> Vec<Authenticator> {
    people::record(&house.app.ground, &"anna".parse().expect("a name")).await.expect("anna").authenticators
}

/// What the active lock for misuse says was reported.
async fn suspect(house: &House, person: Id<Person>) -> Option<Suspect> {
    let locks = lifecycle::locks(&house.app.ground, person).await.expect("locks");
    locks.into_iter().find(|lock| lock.cause == Cause::Misuse && lock.lifted.is_none()).expect("a lock").suspect
}

async fn is_locked(house: &House) -> bool {
    !house.person("anna").await.may_log_in(house.app.ground.clock.now())
}

/// Anna, with an app and a passkey; she logged in with the passkey last.
async fn anna(house: &House) -> Employee {
    let mut anna = house.employee("anna").await;
    anna.add_passkey(house).await;
    house.advance(60);
    let mut visitor = house.visitor();
    let page = house.login_page(&mut visitor).await;
    anna.passkey_login(house, &mut visitor, &page, &crate::actors::Twist::default()).await;
    let token = visitor.cookies.value("__Host-session").and_then(Token::from_text);
    assert!(token.is_some(), "logged in");
    anna
}

#[tokio::test(flavor = "multi_thread")]
async fn security_is_told_by_mail_of_people_by_id() {
    on_both(|house| async move {
        let authority = crate::mail::pki::Authority::new();
        let server = Server::start(Some(&authority.issue("localhost"))).await;
        settled(&house).await;
        let person = house.person("anna").await.id;
        let collect = async || {
            server.forget();
            turn(&house, &office(&house, server.port, &authority)).await;
            server.kept().into_iter().filter(|mail| mail.to == SECURITY).map(|mail| mail.text).collect::<Vec<_>>()
        };
        let (ground, by) = (&house.app.ground, house.operator());
        // Without an address nobody is written to.
        report(&house, person, "authenticator.added").await;
        assert!(collect().await.is_empty());
        misuse::lift(ground, &by, person, "it was the registrant", Choice::None).await.expect("lifted");
        tell_security(&house).await;
        report(&house, person, "authenticator.added").await;
        let told = collect().await;
        assert_eq!(told.len(), 1, "{told:?}");
        misuse::lift(ground, &by, person, "it was the registrant", Choice::None).await.expect("lifted");
        lifecycle::lock(ground, &by, person, Cause::Misuse, "seen in two places at once").await.expect("locked");
        lifecycle::lock(ground, &by, person, Cause::Failures, "six hundred failures").await.expect("locked");
        let told = [told, collect().await].concat();
        assert_eq!(told.len(), 3, "one for each suspicion: {told:?}");
        lifecycle::lock(ground, &by, person, Cause::Administrator, "on leave for a year").await.expect("locked");
        lifecycle::lock(ground, &by, person, Cause::Person, "asked for it").await.expect("locked");
        assert!(collect().await.is_empty(), "these are no suspicions");
        for mail in told {
            let decoded = crate::mail::notices::bodies(&mail).concat();
            assert!(decoded.contains(&person.to_string()), "{decoded}");
            for never in ["Given anna", "anna@", "://", &house.base, "0101", "token"] {
                assert!(!decoded.contains(never), "{never}: {decoded}");
            }
        }
        let events = house.events("misuse.reported").await;
        assert_eq!(events.len(), 2);
        assert!(mails(&house, State::Dead).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_factor_that_was_reported_ends_with_the_lock() {
    on_both(|house| async move {
        anna(&house).await;
        let person = house.person("anna").await.id;
        let (ground, by) = (&house.app.ground, house.operator());
        let before = factors(&house).await;
        let key = before.iter().find(|one| one.kind == Kind::Webauthn).expect("a passkey").id;
        report(&house, person, "login.succeeded").await;
        assert_eq!(suspect(&house, person).await, Some(Suspect::Factor(key)));
        assert_eq!(house.events("misuse.reported").await[0].details["suspect"], key.to_string());
        // The owner lifts no such lock, and nobody keeps what was reported.
        let owner = lifecycle::unlock(ground, &by, Hand::Owner, (person, Cause::Misuse), "proved who they are").await;
        assert!(matches!(owner, Err(Refusal::NotThisWay(_))), "{owner:?}");
        let kept = misuse::lift(ground, &by, person, "it was she after all", Choice::None).await;
        assert!(matches!(kept, Err(Refusal::FactorReported(id)) if id == key), "{kept:?}");
        assert!(is_locked(&house).await && factors(&house).await.len() == before.len(), "nothing happened");
        let removed = misuse::lift(ground, &by, person, "the key was stolen", Choice::Reported).await.expect("lifted");
        assert_eq!(removed.iter().map(|one| one.id).collect::<Vec<_>>(), [key]);
        assert!(!is_locked(&house).await);
        assert!(factors(&house).await.iter().all(|one| one.id != key));
        let event = &house.new_events("authenticator.removed").await[0];
        assert_eq!((event.details["authenticator"].as_str(), event.details["why"].as_str()), (&*key.to_string(), "misuse"));
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice = 'factor-removed'").await, 1, "its owner is told");
        let again = misuse::lift(ground, &by, person, "once more", Choice::Reported).await;
        assert!(matches!(again, Err(Refusal::NotLocked(_))), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn where_the_report_names_none_whoever_lifts_says_which() {
    on_both(|house| async move {
        anna(&house).await;
        house.suspend("anna").await;
        house.reactivate("anna").await;
        let person = house.person("anna").await.id;
        let (ground, by) = (&house.app.ground, house.operator());
        let before = factors(&house).await;
        report(&house, person, "person.unlocked").await;
        assert_eq!(suspect(&house, person).await, Some(Suspect::Unknown));
        for refused in [
            lifecycle::unlock(ground, &by, Hand::Administrator, (person, Cause::Misuse), "a mistake, she says").await,
            misuse::lift(ground, &by, person, "a mistake, she says", Choice::Reported).await.map(drop),
        ] {
            assert!(matches!(refused, Err(Refusal::WhichFactor)), "{refused:?}");
        }
        let nobodys = Choice::This(Id::random(ground.random.as_ref()));
        assert!(matches!(misuse::lift(ground, &by, person, "the app it was", nobodys).await, Err(Refusal::NoSuchFactor)));
        assert!(is_locked(&house).await);
        let app = before.iter().find(|one| one.kind == Kind::Totp).expect("an app").id;
        let removed = misuse::lift(ground, &by, person, "the telephone was stolen", Choice::This(app)).await.expect("lifted");
        assert_eq!(removed.len(), 1);
        report(&house, person, "person.unlocked").await;
        assert!(misuse::lift(ground, &by, person, "a mistake, she says", Choice::None).await.expect("lifted").is_empty());
        assert_eq!(factors(&house).await.len(), before.len() - 1);
        // Where nobody reported anything there is nothing to say.
        lifecycle::lock(ground, &by, person, Cause::Misuse, "seen in two places").await.expect("locked");
        lifecycle::unlock(ground, &by, Hand::Administrator, (person, Cause::Misuse), "it was two of them").await.expect("lifted");
        assert!(!is_locked(&house).await);
    })
    .await;
}

/// Guesses that lock are a suspicion like a report.
#[tokio::test]
async fn too_many_failures_are_told_to_security() {
    let mut plan = crate::house::Plan::default();
    plan.rules.throttle.account_failures = 2;
    plan.rules.throttle.first_delay_seconds = 1;
    plan.rules.throttle.longest_delay_seconds = 1;
    plan.rules.lock_after_failures = 4;
    on_both_by(plan, |house| async move {
        let anna = house.employee("anna").await;
        tell_security(&house).await;
        for _ in 0..4 {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            anna.mistype(&mut visitor, &page).await;
            house.advance(2);
        }
        assert_eq!(house.events("person.locked").await.len(), 1);
        let told = mails(&house, State::Queued).await;
        assert_eq!(told.iter().filter(|mail| mail.notice == "suspicion").count(), 1);
    })
    .await;
}
