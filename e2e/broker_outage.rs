//! A broker that is out of order, points elsewhere or floods us: a clear page, nothing proved, logins unaffected, and
//! the broker believed again once it is well.

use serde_json::json;

use crate::{
    actors::broker::{Endpoint, Lies, jwk, key},
    broker_case::{OnTheRoad, on_the_road},
};

#[tokio::test]
async fn a_token_endpoint_that_leads_away_is_slow_floods_or_fails_proves_nothing() {
    on_the_road(|mut road| async move {
        let mut wrong = Vec::new();
        for (endpoint, reason) in [
            (Endpoint::Redirects, "redirect"),
            (Endpoint::Slow, "slow"),
            (Endpoint::Huge, "too_large"),
            (Endpoint::Status(500), "status"),
            (Endpoint::Status(503), "status"),
            (Endpoint::Status(404), "malformed"),
            (Endpoint::Status(200), "status"),
        ] {
            wrong.extend(road.refuse(&format!("{endpoint:?}"), Lies { endpoint, ..Lies::default() }, reason).await.err());
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        // Meanwhile everybody logs in as always.
        let colleague = road.house.employee("carl").await;
        colleague.at_home(&road.house).await;
        road.control().await;
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_publishes_nonsense_is_not_asked_at_all() {
    type Case = (&'static str, Lies);
    let honest = Lies::default();
    let cases: [Case; 7] = [
        ("another issuer", Lies { discovery: |document| document["issuer"] = json!("https://evil.example"), ..honest }),
        (
            "a token endpoint inside our network",
            Lies { discovery: |document| document["token_endpoint"] = json!("http://10.0.0.1/token"), ..honest },
        ),
        (
            "keys of another host over http",
            Lies { discovery: |document| document["jwks_uri"] = json!("http://broker.example/keys"), ..honest },
        ),
        ("a file for a key set", Lies { discovery: |document| document["jwks_uri"] = json!("file:///etc/passwd"), ..honest }),
        ("a thousand keys", Lies { keys: |set| set["keys"] = (0..1000).map(|n| jwk(&key("ec-1"), &n.to_string())).collect(), ..honest }),
        ("no key that may sign", Lies { keys: |set| set["keys"] = json!([{ "kty": "oct", "k": "c2VjcmV0", "kid": "rsa-1" }]), ..honest }),
        ("no keys", Lies { keys: |set| *set = json!({}), ..honest }),
    ];
    let cases = &cases;
    on_the_road(|mut road: OnTheRoad| async move {
        for (name, lies) in cases {
            road.broker.lie(*lies);
            road.house.advance(31);
            let page = road.ask().await;
            assert!(
                page.status == 200 && page.body.contains("role=\"alert\"") && !page.body.contains("0; url="),
                "{name}: {}",
                page.describe()
            );
        }
        assert_eq!((road.proofings().await, road.broker.count("token")), (0, 0));
        road.control().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_failure_the_broker_is_left_alone_and_what_was_known_serves_a_while() {
    on_the_road(|mut road: OnTheRoad| async move {
        road.broker.lie(Lies { discovery: |document| *document = json!({}), ..Lies::default() });
        for _ in 0..5 {
            road.ask().await;
        }
        assert_eq!(road.broker.count("discovery"), 1, "five visitors, one question");
        road.control().await;
        let known = road.broker.count("discovery");
        road.go().await;
        assert_eq!(road.broker.count("discovery"), known, "known for an hour");
        road.broker.lie(Lies { discovery: |document| *document = json!({}), ..Lies::default() });
        road.house.advance(3_601);
        road.visitor = road.employee.at_home(&road.house).await;
        let before = road.proofings().await;
        road.go().await;
        assert_eq!(road.proofings().await, before + 1, "what was known serves while the broker is out of order");
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_found_once_and_made_up_key_names_do_not_make_us_ask_again() {
    on_the_road(|mut road: OnTheRoad| async move {
        road.go().await;
        assert_eq!((road.proofings().await, road.broker.count("keys")), (1, 1));
        road.broker.rotate();
        road.go().await;
        assert_eq!((road.proofings().await, road.broker.count("keys")), (2, 2), "one look for the new key");
        let made_up = Lies { made: |made| made.header["kid"] = json!("made-up"), ..Lies::default() };
        for _ in 0..4 {
            road.refuse("a made-up name", made_up, "wrong_key").await.expect("refused");
        }
        assert_eq!(road.broker.count("keys"), 2, "a moment ago was soon enough");
        road.house.advance(31);
        road.refuse("a made-up name, later", made_up, "wrong_key").await.expect("refused");
        assert_eq!(road.broker.count("keys"), 3);
        road.control().await;
    })
    .await;
}
