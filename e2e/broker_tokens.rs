//! ID tokens and claims that are not true: each is refused for its own reason, and the honest broker is believed after.

use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::{
    actors::broker::{Lies, Made, key},
    broker_case::{OnTheRoad, on_the_road},
};

type Case = (&'static str, fn(&mut Made), &'static str);

async fn refuse_all(mut road: OnTheRoad, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (name, made, reason) in cases {
        wrong.extend(road.refuse(name, Lies { made: *made, ..Lies::default() }, reason).await.err());
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    road.control().await;
}

fn later(made: &mut Made, name: &str, seconds: i64) {
    made.claims[name] = json!(made.claims["iat"].as_i64().expect("a time") + seconds);
}

fn without(made: &mut Made, name: &str) {
    made.claims.as_object_mut().expect("claims").remove(name);
}

#[tokio::test]
async fn forged_signatures_are_refused() {
    const CASES: &[Case] = &[
        ("alg none", |made| made.header = json!({ "alg": "none" }), "unsigned"),
        ("alg nOnE", |made| made.header = json!({ "alg": "nOnE" }), "malformed"),
        ("no signature under RS256", |made| made.around["id_token"] = json!(stripped(made)), "bad_signature"),
        ("HS256 with the public key", |made| shared(made, public_pem()), "algorithm"),
        ("HS256 with our secret", |made| made.header["alg"] = json!("HS256"), "algorithm"),
        ("RS384", |made| made.header["alg"] = json!("RS384"), "algorithm"),
        ("another key under a known name", |made| made.key = key("rsa-evil"), "bad_signature"),
        ("another key under its own name", |made| evil(made), "wrong_key"),
        ("a key inside the token", |made| embedded(made), "wrong_key"),
        ("an EC key under an RSA algorithm", |made| made.header["kid"] = json!("ec-1"), "wrong_key"),
        ("claims changed after signing", |made| made.after = |claims| claims["cpr"] = json!("0202802345"), "bad_signature"),
        ("a critical header nobody knows", |made| made.header["crit"] = json!(["b64"]), "algorithm"),
        ("an encrypted token", |made| made.header = json!({ "alg": "RSA-OAEP", "enc": "A256GCM" }), "malformed"),
        ("no token at all", |made| made.around["id_token"] = Value::Null, "no_id_token"),
        ("words instead of a token", |made| made.around["id_token"] = json!("a.b.c"), "malformed"),
    ];
    on_the_road(|road| refuse_all(road, CASES)).await;
}

fn evil(made: &mut Made) {
    made.key = key("rsa-evil");
    made.header["kid"] = json!("rsa-evil");
}

fn embedded(made: &mut Made) {
    evil(made);
    made.header["jwk"] = crate::actors::broker::jwk(&key("rsa-evil"), "rsa-evil");
    made.header["jku"] = json!("https://evil.example/keys");
}

fn shared(made: &mut Made, bytes: Vec<u8>) {
    made.header["alg"] = json!("HS256");
    made.shared = bytes;
}

fn public_pem() -> Vec<u8> {
    let der = key("rsa-1").public_key_to_der().expect("a key");
    PKey::public_key_from_der(&der).and_then(|key| key.public_key_to_pem()).expect("a key")
}

fn stripped(made: &Made) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&made.header), part(&made.claims))
}

#[tokio::test]
async fn tokens_for_others_of_other_times_or_requests_are_refused() {
    const CASES: &[Case] = &[
        ("another issuer", |made| made.claims["iss"] = json!("https://evil.example"), "issuer"),
        ("another audience", |made| made.claims["aud"] = json!("somebody-else"), "audience"),
        ("a second audience", |made| made.claims["aud"] = json!(["portvagt", "somebody-else"]), "audience"),
        ("no audience", |made| without(made, "aud"), "audience"),
        ("another authorized party", |made| made.claims["azp"] = json!("somebody-else"), "authorized_party"),
        ("another nonce", |made| made.claims["nonce"] = json!("another"), "nonce"),
        ("no nonce", |made| without(made, "nonce"), "nonce"),
        ("past its time", |made| later(made, "exp", -61), "expired"),
        ("no end", |made| without(made, "exp"), "malformed"),
        ("of the future", |made| later(made, "iat", 120), "issued_at"),
        ("from before the question", |made| later(made, "iat", -120), "issued_at"),
        ("another access token", |made| made.around["access_token"] = json!("access-other"), "access_token_hash"),
        ("an old login", |made| later(made, "auth_time", -3600), "auth_time"),
        ("a login of the future", |made| later(made, "auth_time", 3600), "auth_time"),
        ("no word of when", |made| without(made, "auth_time"), "auth_time"),
        ("a lower level", |made| made.claims["acr"] = json!("urn:l"), "level"),
        ("a level nobody knows", |made| made.claims["acr"] = json!("urn:s2"), "level"),
        ("no level", |made| without(made, "acr"), "level"),
        ("a level only beside the token", |made| level_beside(made), "level"),
    ];
    on_the_road(|road| refuse_all(road, CASES)).await;
}

fn level_beside(made: &mut Made) {
    without(made, "acr");
    without(made, "cpr");
    made.userinfo["acr"] = json!("urn:s");
}

#[tokio::test]
async fn missing_and_swapped_persons_are_refused() {
    const CASES: &[Case] = &[
        ("no CPR number anywhere", |made| nowhere(made), "no_cpr"),
        ("a CPR number that is none", |made| made.claims["cpr"] = json!("3213801234"), "no_cpr"),
        (
            "a CPR number that is no text",
            |made| {
                nowhere(made);
                made.claims["cpr"] = json!(101801234);
            },
            "no_cpr",
        ),
        ("userinfo of somebody else", |made| swapped(made), "subject"),
        (
            "userinfo of nobody",
            |made| {
                without(made, "cpr");
                made.userinfo.as_object_mut().expect("claims").remove("sub");
            },
            "malformed",
        ),
        ("an access token that breaks the header", |made| broken_header(made), "malformed"),
    ];
    on_the_road(|road| refuse_all(road, CASES)).await;
}

fn nowhere(made: &mut Made) {
    without(made, "cpr");
    made.userinfo.as_object_mut().expect("claims").remove("cpr");
}

fn swapped(made: &mut Made) {
    without(made, "cpr");
    made.userinfo["sub"] = json!("person-2");
}

fn broken_header(made: &mut Made) {
    without(made, "cpr");
    without(made, "at_hash");
    made.around["access_token"] = json!("access-a\r\nX-Evil: 1");
}

#[tokio::test]
async fn what_an_honest_broker_may_say_is_believed() {
    type Case = (&'static str, fn(&mut Made));
    const CASES: &[Case] = &[
        ("PS256", |made| made.header["alg"] = json!("PS256")),
        ("ES256", |made| {
            made.key = key("ec-1");
            made.header = json!({ "alg": "ES256", "kid": "ec-1" });
        }),
        ("audiences of one", |made| made.claims["aud"] = json!(["portvagt"])),
        ("us as authorized party", |made| made.claims["azp"] = json!("portvagt")),
        ("no hash of the access token", |made| without(made, "at_hash")),
        ("a higher level", |made| made.claims["acr"] = json!("urn:h")),
        ("the CPR number with a hyphen", |made| made.claims["cpr"] = json!("010180-1234")),
        ("the CPR number at the userinfo endpoint", |made| without(made, "cpr")),
        ("a clock that is a little off", |made| {
            later(made, "iat", 50);
            later(made, "auth_time", -50);
        }),
    ];
    on_the_road(|mut road| async move {
        for (number, (name, made)) in (1..).zip(CASES) {
            road.broker.lie(Lies { made: *made, ..Lies::default() });
            let page = road.go().await;
            assert_eq!(road.proofings().await, number, "{name}: {}", page.describe());
        }
    })
    .await;
}
