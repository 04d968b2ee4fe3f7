//! Too much (A10, A11): bombs, broken streams by the thousand, depth, width and length. Refused by limits, quickly, in little
//! memory.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use portvagt::protocol::saml::{Reason, wire};
use reqwest::Method;
use url::Url;

use crate::{
    forge::{self, Draft, swap},
    house::{House, log},
    saml_case::{Case, Scene, Sent, controls, form, hold, incident, send},
};

fn streams(scene: &Scene) -> Vec<Case> {
    let signer = scene.key();
    let case = |name: &str, coded: &[u8], reason| Case::new("A10", name, Sent::SignOnQuery(forge::query_of(coded, None, signer)), reason);
    let xml = scene.authn_request().bare().into_bytes();
    let good = forge::deflated(&xml);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&xml).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&xml).unwrap();
    let bomb = forge::deflated(&vec![b' '; 40 * 1024 * 1024]);
    assert!((30_000..49_000).contains(&bomb.len()), "a bomb of {} bytes that fits a query", bomb.len());
    let edge = |bytes: usize| forge::deflated(&[&xml[..], &vec![b' '; bytes - xml.len()]].concat());
    vec![
        case("40 kB that become 40 MB", &bomb, "too_large"),
        case("a byte more than 256 KiB", &edge(256 * 1024 + 1), "too_large"),
        case("gzip", &gzip.finish().unwrap(), "deflate"),
        case("zlib", &zlib.finish().unwrap(), "deflate"),
        case("not coded at all", &xml, "deflate"),
        case("a byte behind the stream", &[&good[..], b"x"].concat(), "deflate"),
        case("a second stream behind the first", &good.repeat(2), "deflate"),
        case("the stream cut short", &good[..good.len() - 4], "deflate"),
        case("one byte", b"x", "deflate"),
        case("no bytes", b"", "deflate"),
        case("a bomb inside a bomb", &forge::deflated(&bomb), "c14n"),
        Case::new("A10", "a form coded like a query", Sent::SignOnForm(forge::form(&good, None)), "c14n"),
        Case::new(
            "A10",
            "base64 garbage",
            Sent::SignOnQuery(garbled(&forge::query(&scene.authn_request().bare(), None, signer))),
            "deflate",
        ),
        Case::new("A10", "a form of base64 garbage", Sent::SignOnForm("SAMLRequest=%%%".to_owned()), "deflate"),
        Case::new("A10", "an empty form value", Sent::SignOnForm("SAMLRequest=".to_owned()), "deflate"),
    ]
}

fn garbled(query: &str) -> String {
    query.replacen("SAMLRequest=", "SAMLRequest=*", 1)
}

fn intricate(scene: &Scene) -> Vec<Case> {
    let signer = scene.key();
    let inside = |inside: &str| {
        let draft = scene.authn_request();
        Draft { after: format!("<samlp:Extensions>{inside}</samlp:Extensions>{}", draft.after), ..draft }
    };
    let nested = |depth: usize| format!("{}{}", "<x xmlns=\"urn:x\">".repeat(depth), "</x>".repeat(depth));
    let attributes = |count: usize| format!("<x xmlns=\"urn:x\"{}></x>", (0..count).map(|n| format!(" a{n:05}=\"\"")).collect::<String>());
    let prefixes = |count: usize| format!("<x {}></x>", (0..count).map(|n| format!("xmlns:p{n}=\"urn:{n}\" ")).collect::<String>());
    let mut cases = Vec::new();
    for (name, draft, reason) in [
        ("33 levels", inside(&nested(31)), "limits"),
        ("80,000 levels never closed", inside(&"<x>".repeat(80_000)), "limits"),
        ("5,000 levels", inside(&nested(5_000)), "limits"),
        ("65 attributes", inside(&attributes(64)), "limits"),
        ("18,000 attributes", inside(&attributes(18_000)), "limits"),
        ("33 namespaces", inside(&prefixes(33)), "limits"),
        ("9,000 namespaces", inside(&prefixes(9_000)), "limits"),
        ("20,000 elements", inside(&"<x></x>".repeat(20_000)), "limits"),
    ] {
        cases.push(Case::new("A11", format!("form: {name}"), form(&draft.signed(signer)), reason));
        let query = forge::query(&draft.bare(), None, signer);
        if query.len() < 64 * 1024 {
            cases.push(Case::new("A11", format!("query: {name}"), Sent::SignOnQuery(query), reason));
        }
    }
    let long = scene.authn_request_with(&[("ProviderName", &"a".repeat(300 * 1024))], "");
    cases.push(Case::new("A11", "300 kB in one attribute, as a form", form(&long.signed(signer)), "too_large"));
    cases.push(Case::new(
        "A11",
        "1 MB in one attribute, as a query",
        {
            let long = scene.authn_request_with(&[("ProviderName", &"a".repeat(1024 * 1024))], "");
            Sent::SignOnQuery(forge::query(&long.bare(), None, signer))
        },
        "too_large",
    ));
    cases
}

#[tokio::test]
async fn a10_streams_are_bounded_and_whole() {
    let scene = Scene::open(House::sqlite().await).await;
    hold(&scene, &streams(&scene)).await;
    controls(&scene).await;
    // Up to the limit a message is read.
    let draft = scene.authn_request();
    let room = 256 * 1024 - draft.bare().len();
    let padded = forge::deflated(format!("{}{}", draft.bare(), " ".repeat(room)).as_bytes());
    crate::saml_case::control(&scene, &Sent::SignOnQuery(forge::query_of(&padded, None, scene.key()))).await;
}

/// Kilobytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("pages") * 4
}

/// Names the process that measures itself, alone.
const ALONE: &str = "E2E_ALONE";

#[tokio::test]
async fn a10_broken_streams_by_the_thousand_leave_no_memory_behind() {
    if std::env::var_os(ALONE).is_none() {
        // The other tests of this process use memory too: measured in a process of its own.
        let program = std::env::current_exe().expect("this program");
        let test = "saml_flood::a10_broken_streams_by_the_thousand_leave_no_memory_behind";
        let answer = std::process::Command::new(program).args(["--exact", test]).env(ALONE, "1").output().expect("it runs");
        let said = String::from_utf8_lossy(&answer.stdout);
        assert!(answer.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let scene = Scene::open(House::sqlite().await).await;
    let query = forge::query(&scene.authn_request().bare(), None, scene.key());
    let (value, rest) = query.strip_prefix("SAMLRequest=").and_then(|query| query.split_once('&')).expect("a message");
    let coded = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
    let cut = |n: usize| format!("SAMLRequest={}&{rest}", forge::escaped(&coded[..(4 + n % (coded.len() - 8)) / 4 * 4]));
    let direct = |count: usize| {
        for n in 0..count {
            assert_eq!(wire::from_query(&cut(n)).err(), Some(Reason::Deflate));
        }
    };
    let mut visitor = scene.house.visitor();
    let mut over_http = async |count: usize| {
        for n in 0..count {
            let page = send(&scene.house, &mut visitor, &Sent::SignOnQuery(cut(n))).await;
            assert_eq!(page.status, 400, "{}", page.describe());
            log::expect_one(&incident(&page).expect("a code"), "saml.request.rejected", "deflate");
        }
    };
    direct(1_000);
    over_http(100).await;
    let before = resident();
    direct(20_000);
    over_http(1_000).await;
    let grown = resident().saturating_sub(before);
    assert!(grown <= 16 * 1024, "{grown} KiB more after 21,000 broken streams");
    controls(&scene).await;
}

#[tokio::test]
async fn a11_depth_width_and_length_have_limits() {
    let scene = Scene::open(House::sqlite().await).await;
    let cases = intricate(&scene);
    hold(&scene, &cases).await;
    // Judged directly, the quickest of three: 100 ms of time is an upper bound of CPU time.
    for case in &cases {
        let best = (0..3).map(|_| {
            let start = Instant::now();
            match &case.sent {
                Sent::SignOnForm(text) | Sent::LogoutForm(text) => drop(wire::from_form(text.as_bytes())),
                Sent::SignOnQuery(text) | Sent::LogoutQuery(text) => drop(wire::from_query(text)),
            }
            start.elapsed()
        });
        let best = best.min().expect("three tries");
        assert!(best < Duration::from_millis(100), "{}: {best:?}", case.name);
    }
    controls(&scene).await;
    // Within the limits a message goes through.
    let draft = scene.authn_request();
    let attributes: String = (0..60).map(|n| format!(" a{n:02}=\"\"")).collect();
    let deep = format!("{}<x{attributes}></x>{}", "<x>".repeat(20), "</x>".repeat(20));
    let deep = swap(&deep, "<x>", "<x xmlns=\"urn:x\">");
    let draft = Draft { after: format!("<samlp:Extensions>{deep}</samlp:Extensions>{}", draft.after), ..draft };
    crate::saml_case::control(&scene, &form(&draft.signed(scene.key()))).await;
}

/// Bodies and queries beyond what any message needs are not even read.
#[tokio::test]
async fn a11_what_is_too_long_to_read_is_not_read() {
    let scene = Scene::open(House::sqlite().await).await;
    for (bytes, status) in [(700 * 1024, 413), (5 * 1024 * 1024, 413)] {
        for path in ["/saml/sso", "/saml/slo"] {
            let mut visitor = scene.house.visitor();
            let body = format!("SAMLRequest={}", "A".repeat(bytes));
            let url = Url::parse(&scene.house.url(path)).expect("an address");
            let kind = [("content-type", "application/x-www-form-urlencoded")];
            let page = visitor.send(Method::POST, &url, None, &kind, body.into_bytes()).await;
            assert_eq!(page.status, status, "{bytes} bytes to {path}: {}", page.describe());
        }
    }
    for length in [20_000, 60_000, 200_000, 2_000_000] {
        let answer = raw_query(&scene, &"x".repeat(length)).await;
        let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("none").to_owned();
        assert!(status.starts_with('4') || (length > 100_000 && status == "none"), "{length}: {answer:.100}");
    }
    controls(&scene).await;
}

/// Sends a sign-on query no client would, and reads what comes before the connection ends.
async fn raw_query(scene: &Scene, query: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(scene.house.address).await.expect("the server listens");
    let host = scene.house.base.trim_start_matches("http://");
    let head = format!("GET /saml/sso?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    // A server that has seen enough may hang up while we still talk.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "no end after 10 seconds");
    String::from_utf8_lossy(&answer).into_owned()
}
