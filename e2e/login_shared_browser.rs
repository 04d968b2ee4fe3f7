//! Out of spite, against whole wards: colleagues take turns at one computer, and each of them is still known there; and a
//! lock for too many failures bars those who guess, not those who are in or come by a way that cannot be guessed (B03).

use portvagt::{
    domain::lock::{Cause, Hand},
    service::lifecycle,
};

use crate::{
    actors::{Employee, SamlService, Twist},
    house::{House, Plan, on_both, on_both_by},
    visitor::Visitor,
};

async fn log_out(house: &House, visitor: &mut Visitor) {
    let page = visitor.open(house.url("/logout")).await;
    visitor.submit_form(&page, "/logout", &[]).await;
}

/// A wrong password from somewhere else.
async fn guess(house: &House, from: u8, who: &Employee) {
    let mut stranger = house.visitor_from(from);
    let page = house.login_page(&mut stranger).await;
    assert_eq!(who.mistype(&mut stranger, &page).await.status, 401);
}

#[tokio::test]
async fn colleagues_who_take_turns_are_all_known_where_they_do() {
    on_both(|house| async move {
        let mut ward = house.visitor();
        let mut people = Vec::new();
        for name in ["anna", "bo", "carl", "dorte", "erik", "fie", "gorm", "hanne"] {
            let who = house.employee(name).await;
            who.go_home(&house, &mut ward).await;
            log_out(&house, &mut ward).await;
            people.push(who);
        }
        for who in [&people[0], &people[7]] {
            for from in 1..=5 {
                guess(&house, 100 + from, who).await;
            }
        }
        // Elsewhere the first of them waits; here she logs in as ever.
        let mut elsewhere = house.visitor();
        let page = house.login_page(&mut elsewhere).await;
        assert_eq!(people[0].enter_password(&mut elsewhere, &page).await.status, 429);
        people[0].go_home(&house, &mut ward).await;
        log_out(&house, &mut ward).await;
        // A ninth takes the place of who was here longest ago.
        let ninth = house.employee("ida").await;
        ninth.go_home(&house, &mut ward).await;
        log_out(&house, &mut ward).await;
        assert_eq!(ward.cookies.value("__Host-device").expect("a device cookie").split('~').count(), 8);
        people[7].go_home(&house, &mut ward).await;
        for from in 1..=5 {
            guess(&house, 100 + from, &people[1]).await;
        }
        log_out(&house, &mut ward).await;
        let page = house.login_page(&mut ward).await;
        assert_eq!(people[1].enter_password(&mut ward, &page).await.status, 429, "whose place was taken waits");
    })
    .await;
}

/// A few failures lock.
fn impatient() -> Plan {
    let mut plan = Plan::default();
    let throttle = &mut plan.rules.throttle;
    (throttle.account_failures, throttle.first_delay_seconds, throttle.longest_delay_seconds) = (3, 1, 1);
    plan.rules.lock_after_failures = 6;
    plan
}

#[tokio::test]
async fn a_lock_for_failures_bars_guessing_and_nothing_else() {
    on_both_by(impatient(), |house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let service = SamlService::at(&house, "service").await;
        let mut session = anna.at_home(&house).await;
        let mut known = anna.at_home(&house).await;
        log_out(&house, &mut known).await;
        // Somebody who has guessed the password stands before the code.
        let mut guesser = house.visitor_from(90);
        let page = house.login_page(&mut guesser).await;
        let at_code = anna.enter_password(&mut guesser, &page).await;
        for from in 1..=6 {
            guess(&house, 100 + from, &anna).await;
            house.advance(2);
        }
        let id = house.person("anna").await.id;
        let locks = lifecycle::locks(&house.app.ground, id).await.expect("locks");
        assert_eq!((locks.len(), locks[0].cause), (1, Cause::Failures));
        assert_eq!(house.events("person.locked").await[0].details["sessions_ended"], "0");

        let unknown = async |status: u16| {
            let mut elsewhere = house.visitor();
            let page = house.login_page(&mut elsewhere).await;
            assert_eq!(anna.enter_password(&mut elsewhere, &page).await.status, status);
            house.advance(2);
        };
        unknown(401).await;
        let page = anna.enter_code(&mut guesser, &at_code, &anna.fresh_code(&house)).await;
        assert_eq!(page.status, 401, "no code either: {}", page.describe());
        house.advance(2);
        // What she has goes on.
        let page = service.send(&house, &mut session, &service.request(&house)).await;
        service.read(&house, &page).assertion();
        anna.go_home(&house, &mut known).await;
        let mut elsewhere = house.visitor();
        let page = house.login_page(&mut elsewhere).await;
        let page = anna.passkey_login(&house, &mut elsewhere, &page, &Twist::default()).await;
        anna.expect_home(&page);
        let (ground, by) = (&house.app.ground, house.operator());
        lifecycle::unlock(ground, &by, Hand::Administrator, (id, Cause::Failures), "the case is over").await.expect("open");
        let mut elsewhere = house.visitor();
        let page = house.login_page(&mut elsewhere).await;
        assert!(anna.enter_password(&mut elsewhere, &page).await.find_form("/login/totp").is_some());
    })
    .await;
}
