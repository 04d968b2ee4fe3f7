//! Answers of MitID made up by the hundred: each refused one is a failure of the place it comes from, like a wrong password,
//! so nobody fills the trail with them. And what costs us a signature is not to be had for every request.

use reqwest::Method;
use url::Url;

use crate::{
    broker_case::on_the_road,
    forge::stranger,
    house::{Plan, on_both, on_both_by},
    mitid_case::{Asking, CPR, Sealing, encrypt, leaving},
};

/// Ten failures a minute from one address: what thirty do, sooner.
fn after_ten() -> Plan {
    let mut plan = Plan::default();
    plan.rules.throttle.address_failures = 10;
    plan
}

#[tokio::test]
async fn forged_answers_of_nemlogin_end_at_the_limit_of_failures() {
    on_both_by(after_ten(), |house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        // Encrypted to us as it should be, signed by a stranger.
        let forged = asking.response(&encrypt(&asking.assertion().signed(&stranger()), &Sealing::usual())).bare();
        let mut stranger = house.visitor_from(66);
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(asking.post(&mut stranger, &forged).await.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 10, "{statuses:?}");
        assert!(statuses[10..].iter().all(|status| *status == 429), "{statuses:?}");
        assert_eq!(house.events("mitid.refused").await.len(), 10);
        // Unsigned, or with another relay state, it is not even written down.
        house.advance(61);
        let unsigned = asking.response(&encrypt(&asking.assertion().bare(), &Sealing::usual())).bare();
        for _ in 0..20 {
            asking.post(&mut stranger, &unsigned).await;
            asking.post_with(&mut stranger, &asking.sound(), "another").await;
        }
        assert_eq!(house.events("mitid.refused").await.len(), 10);
        let page = asking.post(&mut stranger, &forged).await;
        assert!(page.status == 429 && page.headers.contains_key("retry-after"), "{}", page.describe());
        // The control: somebody else's answer is taken meanwhile.
        let sound = asking.sound();
        assert_eq!(asking.return_with(&sound).await.url.path(), "/account");
    })
    .await;
}

#[tokio::test]
async fn made_up_answers_of_the_broker_end_at_the_limit_of_failures() {
    on_the_road(|mut road| async move {
        let mut statuses = Vec::new();
        for _ in 0..40 {
            let mut back = road.authorized().await;
            back.query_pairs_mut().append_pair("error", "x");
            let page = road.visitor.get(back).await;
            statuses.push(page.status);
        }
        assert_eq!(road.house.events("mitid.refused").await.len(), 30, "{statuses:?}");
        assert!(statuses[30..].iter().all(|status| *status == 429), "{statuses:?}");
        road.control().await;
    })
    .await;
}

#[tokio::test]
async fn a_flow_puts_ten_questions() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let page = asking.visitor.get(house.url(&format!("/mitid?flow={}", asking.flow))).await;
        for question in 2..=10 {
            let asked = asking.visitor.submit_form(&page, "/mitid/road", &[]).await;
            assert!(leaving(&asked).query().is_some(), "question {question}");
        }
        let asked = asking.visitor.submit_form(&page, "/mitid/road", &[]).await;
        assert_eq!(asked.status, 400, "{}", asked.describe());
        assert_eq!(house.count("SELECT COUNT(*) FROM mitid_questions").await, 10);
    })
    .await;
}

#[tokio::test]
async fn signed_metadata_is_signed_once_in_some_minutes() {
    on_both(|house| async move {
        let url = Url::parse(&house.url("/mitid/nemlogin/metadata?signed=1")).expect("an address");
        let mut visitor = house.visitor();
        let mut fetch = async || visitor.send(Method::GET, &url, None, &[], vec![]).await.body;
        let first = fetch().await;
        assert!(first.contains("SignatureValue"));
        house.advance(299);
        assert_eq!(fetch().await, first);
        house.advance(1);
        assert_ne!(fetch().await, first, "then anew");
    })
    .await;
}
