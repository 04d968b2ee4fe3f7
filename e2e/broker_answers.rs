//! Answers that nobody asked for, that another browser asked for, or that come from elsewhere: state, replay, code
//! injection, mix-up. The honest answer goes through after each.

use url::Url;

use crate::{
    actors::broker::Lies,
    broker_case::{OnTheRoad, ask, expect_problem, leaving, on_the_road},
    house::at_once,
};

/// The address with a parameter changed, or without it.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut pairs: Vec<(String, String)> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    pairs.retain(|(known, _)| known != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    changed
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).expect("a parameter")
}

#[tokio::test]
async fn a_state_of_another_browser_another_flow_or_nobody_is_refused() {
    on_the_road(|mut road| async move {
        let back = road.authorized().await;
        // An attacker's answer in the victim's browser, and the victim's in the attacker's.
        let stranger = road.house.known_by_cpr("berit", "0202802345").await;
        let mut other = stranger.at_home(&road.house).await;
        let page = other.get(&back).await;
        expect_problem(&page, 400, "flow.cookie_mismatch", "cookie");
        let page = ask(&road.house, &mut other).await;
        let theirs = other.get(leaving(&page)).await.location().expect("the broker sends the browser back");
        let page = road.visitor.get(&theirs).await;
        expect_problem(&page, 400, "flow.cookie_mismatch", "cookie");
        let state = parameter(&back, "state");
        let flow = state.split_once('.').expect("a flow").0.to_owned();
        for (made_up, event, reason) in [
            (Some(format!("{flow}.{}", "A".repeat(43))), "mitid.rejected", "state"),
            (Some(format!("{flow}.")), "mitid.rejected", "state"),
            (Some(format!("{state}A")), "mitid.rejected", "state"),
            (Some(flow.clone()), "mitid.rejected", "parameters"),
            (None, "mitid.rejected", "parameters"),
        ] {
            let page = road.visitor.get(with(&back, "state", made_up.as_deref())).await;
            expect_problem(&page, 400, event, reason);
        }
        assert_eq!((road.proofings().await, road.broker.count("token")), (0, 0), "no code was sent on");
        // None of this closed the question.
        road.visitor.get(&back).await;
        assert_eq!(road.proofings().await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_counts_once_also_when_it_comes_twice_at_the_same_time() {
    on_the_road(|mut road| async move {
        let back = road.authorized().await;
        let pages = at_once((0..4).map(|_| {
            let (mut visitor, back) = (road.visitor.clone(), back.clone());
            async move { visitor.get(&back).await.status }
        }))
        .await;
        assert_eq!(pages.iter().filter(|status| **status == 200).count(), 1, "{pages:?}");
        assert_eq!((road.proofings().await, road.broker.count("token")), (1, 1));
        let page = road.visitor.get(&back).await;
        assert_eq!(page.status, 400, "a replay: {}", page.describe());
        // A used code in a new question is refused by the broker.
        let (code, fresh) = (parameter(&back, "code"), road.authorized().await);
        road.visitor.get(with(&fresh, "code", Some(&code))).await;
        assert_eq!(road.proofings().await, 1);
        let refused = road.house.new_events("mitid.refused").await;
        assert_eq!(refused[0].details["reason"], "token_refused");
        road.control().await;
    })
    .await;
}

#[tokio::test]
async fn a_strangers_code_in_my_question_is_refused_by_the_verifier_and_by_the_nonce() {
    on_the_road(|mut road| async move {
        for (no_pkce, reason) in [(false, "token_refused"), (true, "nonce")] {
            road.broker.lie(Lies { no_pkce, ..Lies::default() });
            let (theirs, mine) = (road.authorized().await, road.authorized().await);
            road.house.new_events("mitid.").await;
            road.visitor.get(with(&mine, "code", Some(&parameter(&theirs, "code")))).await;
            let events = road.house.new_events("mitid.").await;
            assert_eq!((events.len(), events[0].details["reason"].as_str()), (1, reason));
        }
        assert_eq!(road.proofings().await, 0);
        road.control().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_before_its_code_is_sent_on() {
    on_the_road(|mut road| async move {
        for (name, redirect, reason) in redirects() {
            let refused = road.refuse(name, Lies { redirect, ..Lies::default() }, reason).await;
            assert_eq!(refused, Ok(()));
        }
        assert_eq!(road.broker.count("token"), 0, "no code was sent on");
        road.control().await;
    })
    .await;
}

type Redirect = (&'static str, fn(&mut Vec<(String, String)>), &'static str);

fn redirects() -> [Redirect; 5] {
    fn set(query: &mut Vec<(String, String)>, name: &str, value: Option<&str>) {
        query.retain(|(known, _)| known != name);
        query.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }
    fn error(query: &mut Vec<(String, String)>, word: &str) {
        set(query, "code", None);
        set(query, "error", Some(word));
    }
    [
        ("another issuer", |query| set(query, "iss", Some("https://evil.example")), "issuer"),
        ("no issuer, though the broker always names itself", |query| set(query, "iss", None), "issuer"),
        ("neither code nor error", |query| set(query, "code", None), "parameters"),
        ("broken off", |query| error(query, "access_denied"), "cancelled"),
        ("the broker is in trouble", |query| error(query, "server_error"), "broker_error"),
    ]
}

#[tokio::test]
async fn somebody_elses_mitid_changes_nothing() {
    on_the_road(|mut road: OnTheRoad| async move {
        road.broker.person("0202802345", "urn:h");
        road.go().await;
        assert_eq!(road.proofings().await, 0);
        let refused = road.house.new_events("mitid.refused").await;
        assert_eq!(refused[0].details["reason"], "other_cpr");
        road.broker.person(crate::broker_case::CPR, "urn:s");
        road.control().await;
    })
    .await;
}
