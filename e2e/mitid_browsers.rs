//! Whose browser goes on: only the one that both asked and brought the answer. Login CSRF, swapped answers and answers that
//! somebody else was talked into giving end at a page that says so.

use crate::{
    house::{House, on_both},
    mitid_case::{Asking, CPR},
    visitor::Page,
};

const OTHER_CPR: &str = "0303803456";

async fn proofings(house: &House) -> i64 {
    house.count("SELECT COUNT(*) FROM proofings").await
}

#[track_caller]
fn stopped(page: &Page) {
    assert!(page.status == 400 && page.location().is_none(), "stopped: {}", page.describe());
}

#[tokio::test]
async fn an_answer_brought_by_another_browser_helps_neither() {
    on_both(|house| async move {
        let mut attacker = Asking::of(&house, "anna", CPR).await;
        // The attacker's question, answered by somebody else who was sent to NemLog-in: their browser brings the answer.
        let mut victim = house.visitor();
        let page = attacker.post(&mut victim, &attacker.sound()).await;
        assert_eq!(page.status, 303);
        let fetch = page.location().expect("an address");
        stopped(&victim.follow(page).await);
        // The attacker holds the cookie, but not the handle that the victim's browser was given.
        let guess = house.url(&format!("/mitid/nemlogin/answer?flow={}&answer={}", attacker.flow, "A".repeat(43)));
        stopped(&attacker.visitor.get(&guess).await);
        stopped(&attacker.visitor.get(house.url(&format!("/mitid/nemlogin/answer?flow={}", attacker.flow))).await);
        assert_eq!(proofings(&house).await, 0);
        // The control: cookie and handle in one browser.
        let page = attacker.visitor.open(fetch.as_str()).await;
        assert_eq!(page.url.path(), "/account", "{}", page.describe());
        assert_eq!(proofings(&house).await, 1);
        // And once only.
        stopped(&attacker.visitor.get(fetch.as_str()).await);
        house.advance(1);
    })
    .await;
}

#[tokio::test]
async fn answers_cannot_be_swapped_between_flows() {
    on_both(|house| async move {
        let mut one = Asking::of(&house, "anna", CPR).await;
        let mut two = Asking::of(&house, "bo", OTHER_CPR).await;
        let of_one = one.post(&mut one.visitor.clone(), &one.sound()).await.location().expect("an address");
        let of_two =
            two.post(&mut two.visitor.clone(), &two.sealed(&two.assertion().with(CPR, OTHER_CPR))).await.location().expect("an address");
        let handle = |place: &url::Url| place.query_pairs().find(|(name, _)| name == "answer").expect("a handle").1.into_owned();
        // One's browser with two's answer under one's flow, and under two's.
        stopped(&one.visitor.get(house.url(&format!("/mitid/nemlogin/answer?flow={}&answer={}", one.flow, handle(&of_two)))).await);
        stopped(&one.visitor.get(of_two.as_str()).await);
        stopped(&two.visitor.get(of_one.as_str()).await);
        assert_eq!(proofings(&house).await, 0);
        assert_eq!(one.visitor.open(of_one.as_str()).await.url.path(), "/account");
        assert_eq!(two.visitor.open(of_two.as_str()).await.url.path(), "/account");
        assert_eq!(proofings(&house).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_newer_question_and_an_ended_login_leave_the_answer_without_use() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let page = asking.post(&mut asking.visitor.clone(), &asking.sound()).await;
        let fetch = page.location().expect("an address");
        // The same flow asks anew: what was answered before is not what it asked.
        let choose = asking.visitor.get(house.url(&format!("/mitid?flow={}", asking.flow))).await;
        asking.visitor.submit_form(&choose, "/mitid/road", &[]).await;
        stopped(&asking.visitor.get(fetch.as_str()).await);

        house.advance(2);
        asking.again().await;
        let page = asking.post(&mut asking.visitor.clone(), &asking.sound()).await;
        house.suspend("anna").await;
        stopped(&asking.visitor.follow(page).await);
        assert_eq!(proofings(&house).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_flow_that_took_too_long_takes_no_answer() {
    on_both(|house| async move {
        let asking = Asking::of(&house, "anna", CPR).await;
        house.advance(901);
        asking.refuse("too late", &asking.sound(), "in_response_to").await.expect("refused");
    })
    .await;
}
