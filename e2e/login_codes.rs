//! One-time codes: each lets in once, for its person, in its time, and guessing ends (security cases B07, B08).

use crate::{
    actors::Employee,
    house::{House, at_once, log, on_both},
    visitor::{Page, Visitor},
};

/// A browser at the second factor.
async fn at_factor(house: &House, who: &Employee) -> (Visitor, Page) {
    let mut visitor = house.visitor();
    let page = house.login_page(&mut visitor).await;
    let page = who.enter_password(&mut visitor, &page).await;
    assert!(page.find_form("/login/totp").is_some(), "{}", page.describe());
    (visitor, page)
}

async fn tried(house: &House, who: &Employee, code: &str) -> Page {
    let (mut visitor, page) = at_factor(house, who).await;
    who.enter_code(&mut visitor, &page, code).await
}

/// The reason that the trail holds for the newest failure.
async fn reason(house: &House) -> String {
    let events = house.new_events("login.failed").await;
    let [event] = events.as_slice() else { panic!("not one failure: {events:?}") };
    log::expect_one(&event.incident, "login.failed", &event.details["reason"]);
    event.details["reason"].clone()
}

#[tokio::test]
async fn a_code_lets_in_once() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let code = anna.code_at(house.now());
        anna.expect_home(&tried(&house, &anna, &code).await);
        assert_eq!(tried(&house, &anna, &code).await.status, 401);
        assert_eq!(reason(&house).await, "replay");
        house.advance(30);
        assert_eq!(tried(&house, &anna, &code).await.status, 401, "not in the next step either");
        assert_eq!(reason(&house).await, "replay");
        anna.expect_home(&tried(&house, &anna, &anna.code_at(house.now())).await);
    })
    .await;
}

#[tokio::test]
async fn the_previous_step_counts_but_not_behind_a_newer_one() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let previous = anna.code_at(house.now() - 30);
        anna.expect_home(&tried(&house, &anna, &previous).await);
        house.advance(120);
        let (previous, present) = (anna.code_at(house.now() - 30), anna.code_at(house.now()));
        anna.expect_home(&tried(&house, &anna, &present).await);
        assert_eq!(tried(&house, &anna, &previous).await.status, 401);
        assert_eq!(reason(&house).await, "replay");
    })
    .await;
}

#[tokio::test]
async fn other_codes_let_nobody_in() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let now = house.now();
        let others = [anna.code_at(now + 30), anna.code_at(now - 60), bo.code_at(now), "not a code".to_owned()];
        for code in others {
            let page = tried(&house, &anna, &code).await;
            assert_eq!(page.status, 401, "{code}: {}", page.describe());
            assert_eq!(reason(&house).await, "wrong_code");
        }
        anna.expect_home(&tried(&house, &anna, &anna.code_at(now)).await);
    })
    .await;
}

#[tokio::test]
async fn of_fifty_at_once_on_two_nodes_one_gets_in() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let other = house.second_node().await;
        let mut ready = Vec::new();
        for number in 0..50 {
            ready.push(at_factor(if number % 2 == 0 { &house } else { &other }, &anna).await);
        }
        let code = anna.code_at(house.now());
        let all = ready.into_iter().map(|(mut visitor, page)| {
            let (anna, code) = (&anna, &code);
            async move { anna.enter_code(&mut visitor, &page, code).await }
        });
        let pages = at_once(all).await;
        assert_eq!(pages.iter().filter(|page| anna.is_home(page)).count(), 1);
        let statuses: Vec<u16> = pages.iter().map(|page| page.status).collect();
        assert!(statuses.iter().all(|status| matches!(status, 200 | 401 | 429)), "{statuses:?}");
        assert_eq!(house.events("login.succeeded").await.len(), 1);
        assert_eq!(house.count("SELECT COUNT(*) FROM sessions").await, 1);
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn guessing_locks_the_factor_over_all_sessions() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let right = anna.code_at(house.now());
        let wrong: String = right.chars().rev().chain("1".chars()).take(6).map(|digit| if digit == '9' { '0' } else { '9' }).collect();
        let mut refused = 0;
        for number in 0..9 {
            // A fresh browser and a right password every third time.
            let (mut visitor, mut page) = at_factor(&house, &anna).await;
            for _ in 0..3 {
                page = anna.enter_code(&mut visitor, &page, &wrong).await;
                refused += usize::from(page.status == 401);
                if page.status == 429 {
                    break;
                }
            }
            assert_eq!(page.status, if number == 0 { 401 } else { 429 }, "{}", page.describe());
        }
        assert_eq!(refused, 5);
        let locked = house.events("mfa.locked").await;
        assert_eq!(locked.len(), 1);
        log::expect_one(&locked[0].incident, "mfa.locked", "wrong_code");
        let page = tried(&house, &anna, &right).await;
        assert_eq!(page.status, 429, "the right code waits too: {}", page.describe());
        house.advance(31);
        anna.expect_home(&tried(&house, &anna, &anna.code_at(house.now())).await);
    })
    .await;
}
