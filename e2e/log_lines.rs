//! Forged log lines: whatever a client sends, a refused request is one line of JSON, with our event, our reason and the
//! code that stands on the page (security case B21).

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::{
    actors::{Part, SamlService},
    house::{House, log, on_both},
    login_stages::incident,
    visitor::Page,
};

/// What an attacker would like to have in the log.
fn hostile() -> Vec<String> {
    let forged = r#"{"event":"login.succeeded","incident":"FAKE-FAKE"}"#;
    vec![
        format!("x\r\n{forged}"),
        format!("x\"}}\n{forged}"),
        "\u{1b}[2K\u{1b}[1A\u{1b}[31mroot".to_owned(),
        format!("x\u{2028}{forged}\u{2029}\u{85}"),
        format!("\",\"event\":\"login.succeeded\",\"x\":\"{forged}"),
        "\u{202e}gnol\u{0}\u{7f}".to_owned(),
        "x".repeat(15_000),
    ]
}

/// The one line behind a problem page, which names nothing but what we named.
#[track_caller]
fn expect_line(page: &Page, event: &str, reason: &str) {
    let line = log::expect_one(&incident(page), event, reason);
    expect_sober(&line);
    assert!(!page.body.contains("FAKE-FAKE"), "nothing is echoed: {}", page.body);
}

/// No value of the line is longer than 256 characters or holds a control character.
#[track_caller]
fn expect_sober(line: &Value) {
    for (name, value) in line.as_object().expect("an object") {
        let text = value.as_str().unwrap_or_default();
        assert!(text.chars().count() <= 256 && !text.chars().any(char::is_control), "{name}: {text:?}");
    }
    assert!(log::of("FAKE-FAKE").is_empty(), "a forged line");
}

#[tokio::test]
async fn a_user_name_forges_no_line() {
    on_both(|house| async move {
        for (number, text) in hostile().into_iter().enumerate() {
            let mut visitor = house.visitor_from(50 + number as u8);
            let page = house.login_page(&mut visitor).await;
            let page = visitor.submit_form(&page, "/login/password", &[("user_name", &text), ("password", &text)]).await;
            let expected = if text.len() > 1024 { "password_too_long" } else { "unknown_user" };
            match page.status {
                // Each name that cannot be counts against the same account; see login_enumeration.
                401 => {
                    let event = house.new_events("login.failed").await.remove(0);
                    let line = log::of(&event.incident);
                    assert_eq!(line.len(), 1, "{line:?}");
                    assert_eq!(line[0]["reason"], expected);
                    expect_sober(&line[0]);
                }
                429 => assert!(number >= 5, "{}", page.describe()),
                413 => expect_line(&page, "http.rejected", "too_large"),
                other => panic!("{other}: {}", page.describe()),
            }
        }
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = visitor.submit_form(&page, "/login/password", &[("user_name", &"x".repeat(1_000_000)), ("password", "x")]).await;
        assert_eq!(page.status, 413, "{}", page.describe());
        expect_line(&page, "http.rejected", "too_large");
    })
    .await;
}

#[tokio::test]
async fn headers_forge_no_line() {
    on_both(|house| async move {
        let url = Url::parse(&house.url("/nowhere")).expect("an address");
        // A header cannot carry a line break at all; the rest can.
        let long = "x".repeat(60_000);
        for text in ["\u{2028}\"}{\"event\":\"fake\",\"incident\":\"FAKE-FAKE\"}", "\u{85}\u{1b}x".trim_matches('\u{1b}'), &long] {
            let Ok(value) = reqwest::header::HeaderValue::from_bytes(text.replace('\u{1b}', "").as_bytes()) else { continue };
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            for name in ["User-Agent", "Referer", "X-Forwarded-For", "X-Request-Id", "Accept-Language", "Cookie"] {
                let page = house.visitor().send(Method::GET, &url, None, &[(name, &text)], vec![]).await;
                assert_eq!(page.status, 404, "{name}: {}", page.describe());
                expect_line(&page, "http.not_found", "path");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_s_issuer_forges_no_line() {
    on_both(|house| async move {
        let service = SamlService::at(&house, "service").await;
        for text in hostile() {
            let printable: String = text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\r' | '\n')).collect();
            let mut request = service.request(&house);
            request.issuer = Some(printable);
            let page = service.send(&house, &mut house.visitor(), &request).await;
            assert_eq!(page.status, 400, "{}", page.describe());
            let lines = log::of(&incident(&page));
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert_eq!(lines[0]["event"], "saml.request.rejected");
            expect_sober(&lines[0]);
        }
        let page = service.send(&house, &mut house.visitor(), &service.request(&house)).await;
        assert!(page.find_form("/login/password").is_some(), "the control: {}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn a_passkey_s_answer_forges_no_line() {
    on_both(|house| async move {
        for text in hostile() {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            let part = Part::of(&page);
            part.options(&mut visitor).await;
            for credential in [json!(text), json!({ "id": text, "rawId": text, "type": text, "response": { "clientDataJSON": text } })] {
                let page = part.end(&mut visitor, &credential).await;
                assert_eq!(page.status, 403, "{}", page.describe());
                let lines = log::of(&incident(&page));
                assert_eq!(lines.len(), 1, "{lines:?}");
                assert_eq!(lines[0]["event"], "webauthn.failed");
                expect_sober(&lines[0]);
                house.advance(10);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn paths_and_queries_forge_no_line() {
    on_both(|house: House| async move {
        for text in hostile() {
            let text = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let page = house.visitor().get(house.url(&format!("/{}", &text[..text.len().min(8000)]))).await;
            assert_eq!(page.status, 404, "{}", page.describe());
            expect_line(&page, "http.not_found", "path");
            let page = house.visitor().get(house.url(&format!("/login?flow={}", &text[..text.len().min(8000)]))).await;
            assert_eq!(page.status, 400, "{}", page.describe());
            expect_line(&page, "flow.cookie_mismatch", "cookie");
        }
    })
    .await;
}
