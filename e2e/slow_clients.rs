//! Those who take their time: a body that never ends, one that is too long, half a head on a connection that was good
//! before. None of them holds memory or a connection for longer than somebody honest needs.

use std::time::Duration;

use portvagt::web::deadlines::Deadlines;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::house::{House, Plan, on_both_by};

fn hurried() -> Plan {
    Plan { deadlines: Deadlines { body: Duration::from_millis(500), between: Duration::from_millis(1500) }, ..Plan::default() }
}

/// Sends that much, and reads what comes until the connection ends.
async fn until_the_end(house: &House, pieces: &[String]) -> String {
    let mut stream = TcpStream::connect(house.address).await.expect("a connection");
    for piece in pieces {
        // A server that has seen enough may hang up while we still talk.
        let _ = stream.write_all(piece.as_bytes()).await;
    }
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "no end after 20 seconds: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn head(house: &House, path: &str, length: usize) -> String {
    let host = house.base.trim_start_matches("http://");
    format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up() {
    on_both_by(hurried(), |house| async move {
        for path in ["/saml/sso", "/saml/slo", "/login/password", "/language"] {
            let answer = until_the_end(&house, &[head(&house, path, 20_000), "x".repeat(19_999)]).await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer:.200}");
        }
        for path in ["/saml/sso", "/mitid/nemlogin/acs"] {
            let answer = until_the_end(&house, &[head(&house, path, 655_000), "x".repeat(654_999)]).await;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer:.200}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_before_it_is_read() {
    on_both_by(hurried(), |house| async move {
        for (path, length) in [("/login/password", 100_000), ("/language", 100_000), ("/saml/sso", 700_000)] {
            let answer = until_the_end(&house, &[head(&house, path, length), "x".repeat(1_000)]).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer:.200}");
        }
        // One that does not say how long it is, too.
        let host = house.base.trim_start_matches("http://");
        let kind = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked";
        let chunked = format!("POST /language HTTP/1.1\r\nHost: {host}\r\n{kind}\r\n\r\n7d00\r\n{}\r\n", "x".repeat(32_000));
        let answer = until_the_end(&house, &[chunked]).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:.200}");
    })
    .await;
}

#[tokio::test]
async fn half_a_head_on_a_connection_that_was_good_is_shut() {
    on_both_by(hurried(), |house| async move {
        let host = house.base.trim_start_matches("http://").to_owned();
        let whole = format!("GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let mut stream = TcpStream::connect(house.address).await.expect("a connection");
        let mut buffer = [0; 4096];
        // The control: a connection that asks now and then goes on.
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(600)).await;
            stream.write_all(whole.as_bytes()).await.expect("it is sent");
            let read = stream.read(&mut buffer).await.expect("an answer");
            assert!(buffer[..read].starts_with(b"HTTP/1.1 200 "));
        }
        stream.write_all(&whole.as_bytes()[..30]).await.expect("it is sent");
        let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut Vec::new())).await;
        assert!(end.is_ok(), "still open after 20 seconds");
        // Nor does it help to send the rest letter by letter.
        let mut stream = TcpStream::connect(house.address).await.expect("a connection");
        stream.write_all(whole.as_bytes()).await.expect("it is sent");
        let trickled = async {
            loop {
                tokio::time::sleep(Duration::from_millis(200)).await;
                if stream.write_all(b"G").await.is_err() {
                    return;
                }
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(20), trickled).await.is_ok(), "still open after 20 seconds");
    })
    .await;
}
