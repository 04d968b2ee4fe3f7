//! What we ask, and which answers to it are taken. ID tokens are judged end to end by the suite, with a hostile broker.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{
    Reason,
    answer::Answer,
    ask::{Question, Secrets, address},
    party::{Asking, Authentication, ClaimNames, Party},
    provider::Provider,
};
use crate::{base::secret::Secret, domain::assurance::Level};

const ISSUER: &str = "https://broker.example";

fn party() -> Party {
    let one = |text: &str| vec![text.to_owned()];
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    Party {
        issuer: ISSUER.to_owned(),
        client_id: "portvagt".to_owned(),
        authentication: Authentication::SecretBasic(Secret::new("s3cret".to_owned())),
        statement_audience: None,
        redirect_uri: "https://login.example/mitid/broker/callback".to_owned(),
        logged_out_uri: "https://login.example/mitid/broker/logged-out".to_owned(),
        asking: Asking {
            scopes: vec!["openid".to_owned(), "ssn".to_owned()],
            acr_substantial: one("urn:s"),
            acr_high: one("urn:h"),
            parameters: pair("idp_values", "mitid"),
            parameters_substantial: vec![],
            parameters_high: pair("idp_params", "{\"high\":true}"),
        },
        claims: ClaimNames { cpr: "cpr".to_owned(), level: "acr".to_owned(), name: "name".to_owned(), reference: "jti".to_owned() },
        levels: vec![("urn:s".to_owned(), Level::Substantial), ("urn:h".to_owned(), Level::High)],
        require_auth_time: true,
        clock_skew: 60,
        timeout: Duration::from_secs(1),
    }
}

fn provider(names_itself: bool) -> Provider {
    Provider::of_document(
        &json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://broker.example/authorize?tenant=1",
            "token_endpoint": "https://broker.example/token",
            "jwks_uri": "https://broker.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": names_itself,
        })
        .to_string(),
    )
}

#[test]
fn the_request_asks_for_the_level_anew_and_never_shows_the_verifier() {
    let secrets = Secrets { nonce: "the-nonce".to_owned(), verifier: "v".repeat(43) };
    let asked = |least| {
        let url = address(&party(), &provider(true), &Question { least, state: "the-state", secrets: &secrets, language: "da" });
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect::<BTreeMap<_, _>>()
    };
    let substantial = asked(Level::Substantial);
    let expected = [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "portvagt"),
        ("redirect_uri", "https://login.example/mitid/broker/callback"),
        ("scope", "openid ssn"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("acr_values", "urn:s"),
        ("ui_locales", "da"),
        ("idp_values", "mitid"),
    ];
    for (name, value) in expected {
        assert_eq!(substantial.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!substantial.contains_key("idp_params"));
    assert!(!substantial.values().any(|value| value.contains(&secrets.verifier) || value.contains("s3cret")));
    let high = asked(Level::High);
    assert_eq!((high["acr_values"].as_str(), high["idp_params"].as_str()), ("urn:h", "{\"high\":true}"));
}

#[test]
fn an_answer_is_taken_only_for_its_question_and_from_its_issuer() {
    let sound = || Answer { state: Some("s".into()), code: Some("c".into()), iss: Some(ISSUER.into()), error: None };
    let judge = |answer: Answer, names_itself| answer.to("s")?.code(&party(), &provider(names_itself)).map(|code| code.secret().clone());
    assert_eq!(judge(sound(), true), Ok("c".to_owned()));
    assert_eq!(judge(Answer { iss: None, ..sound() }, false), Ok("c".to_owned()), "a broker that never names itself");
    let evil = || Some("https://evil.example".to_owned());
    for (answer, names_itself, reason) in [
        (Answer { state: Some("t".into()), ..sound() }, true, Reason::State),
        (Answer { state: None, ..sound() }, true, Reason::State),
        (Answer { iss: evil(), ..sound() }, true, Reason::Issuer),
        (Answer { iss: evil(), ..sound() }, false, Reason::Issuer),
        (Answer { iss: None, ..sound() }, true, Reason::Issuer),
        (Answer { code: None, ..sound() }, true, Reason::Parameters),
        (Answer { code: Some(String::new()), ..sound() }, true, Reason::Parameters),
        (Answer { code: Some("c".repeat(5000)), ..sound() }, true, Reason::Parameters),
        (Answer { error: Some("access_denied".into()), ..sound() }, true, Reason::Parameters),
        (Answer { error: Some("access_denied".into()), code: None, ..sound() }, true, Reason::Cancelled),
        (Answer { error: Some("server_error".into()), code: None, ..sound() }, true, Reason::BrokerError),
        (Answer { error: Some("access_denied".into()), code: None, iss: evil(), ..sound() }, true, Reason::Issuer),
    ] {
        assert_eq!(judge(answer.clone(), names_itself), Err(reason), "{answer:?}");
    }
}
