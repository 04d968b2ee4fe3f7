//! Noise on every route: random, truncated, oversized and deeply nested input, by every method. The answer may be anything
//! but a server error, and it comes.
//!
//! The routes are read from `src/web/routes.rs`, so that a new one is met too. The seed is printed; `E2E_SEED`
//! runs the same noise again.

use std::time::Duration;

use portvagt::base::random::{self, Random, SeededRandom, SystemRandom};
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use url::Url;

use crate::{
    house::House,
    saml_case::{Scene, controls},
    visitor::Visitor,
};

/// Longer than any answer takes on a machine that builds something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);

fn routes() -> Vec<&'static str> {
    let list = include_str!("../src/web/routes.rs");
    let found: Vec<&str> = list.split("at(config, \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(found.len() > 25, "the list of routes can be read: {found:?}");
    found
}

fn seed() -> u64 {
    let given = std::env::var("E2E_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(u32::from_le_bytes(random::bytes(&SystemRandom))));
    println!("E2E_SEED={seed}");
    seed
}

fn bytes(random: &dyn Random, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}

/// Bodies with the content type they claim.
fn bodies(random: &dyn Random) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let (form, json) = ("application/x-www-form-urlencoded", "application/json");
    let escapes: String = bytes(random, 300).iter().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        ("random bytes as a form", form, bytes(random, 2_000)),
        ("random bytes as JSON", json, bytes(random, 2_000)),
        ("random bytes of no kind", "\u{1}x/y", bytes(random, 500)),
        (
            "random escapes",
            form,
            format!("flow={escapes}&csrf={escapes}&user_name={escapes}&password={escapes}&code={escapes}&SAMLRequest={escapes}")
                .into_bytes(),
        ),
        ("a form cut short", form, b"flow=%4&csrf=%&user_name&password=%e3%8".to_vec()),
        ("ten thousand fields", form, "a=b&".repeat(10_000).into_bytes()),
        ("one field ten thousand times", form, "flow=x&csrf=y&".repeat(10_000).into_bytes()),
        ("deep JSON", json, format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)).into_bytes()),
        ("deep JSON of objects", json, "{\"flow\":".repeat(20_000).into_bytes()),
        ("JSON cut short", json, b"{\"flow\":\"x\",\"credential\":{\"id\":\"".to_vec()),
        ("JSON of other types", json, b"{\"flow\":{},\"credential\":[1e999],\"name\":null}".to_vec()),
        ("JSON with strange text", json, b"{\"flow\":\"\\u0000\\ud800\",\"credential\":\"\\uffff\"}".to_vec()),
        ("deep XML in base64", form, crate::forge::form("<a>".repeat(60_000).as_bytes(), None).into_bytes()),
        ("a megabyte", form, format!("SAMLRequest={}", "A".repeat(1024 * 1024)).into_bytes()),
        ("nothing", form, Vec::new()),
    ]
}

#[tokio::test]
async fn noise_meets_no_server_error_on_any_route() {
    let scene = Scene::open(House::sqlite().await).await;
    let anna = scene.house.employee("anna").await;
    let random = SeededRandom::new(seed());
    let mut wrong = Vec::new();
    let mut met = 0;
    for path in routes() {
        let path = path.replace("{name}", "x.css");
        let visitors = [scene.house.visitor(), anna.at_home(&scene.house).await];
        for (visitor, who) in visitors.iter().zip(["a stranger", "somebody logged in"]) {
            for (name, kind, body) in bodies(&random) {
                let headers = [("content-type", kind), ("origin", scene.house.base.as_str()), ("x-csrf", "x")];
                let headers = if kind.contains('\u{1}') { &headers[1..] } else { &headers[..] };
                let status = ask(visitor, Method::POST, &scene.house.url(&path), headers, body).await;
                met += 1;
                if status.is_none_or(|status| status >= 500) {
                    wrong.push(format!("POST {path} with {name} by {who}: {status:?}"));
                }
            }
            let escapes: String = bytes(&random, 200).iter().map(|byte| format!("%{byte:02X}")).collect();
            for query in
                [escapes.clone(), format!("flow={escapes}&flow={escapes}"), "a&".repeat(5_000), format!("binding={escapes}&signed=%ff")]
            {
                for method in [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS] {
                    let status = ask(visitor, method.clone(), &format!("{}?{query}", scene.house.url(&path)), &[], Vec::new()).await;
                    met += 1;
                    if status.is_none_or(|status| status >= 500) {
                        wrong.push(format!("{method} {path}?{query:.40} by {who}: {status:?}"));
                    }
                }
            }
            for header in [
                ("cookie", format!("__Host-session={escapes}; __Host-flow-{}={escapes}", &escapes[1..9].replace('%', "0"))),
                ("accept-language", escapes.repeat(20)),
                ("x-forwarded-for", escapes.repeat(10)),
                ("user-agent", "x".repeat(8_000)),
                ("if-none-match", escapes.clone()),
                ("range", "bytes=9-1,0-,-0,99999999999999999999-".to_owned()),
            ] {
                let status = ask(visitor, Method::GET, &scene.house.url(&path), &[(header.0, header.1.as_str())], Vec::new()).await;
                met += 1;
                if status.is_none_or(|status| status >= 500) {
                    wrong.push(format!("GET {path} with {}: {status:?}", header.0));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {met}:\n{}", wrong.len(), wrong.join("\n"));
    controls(&scene).await;
    anna.at_home(&scene.house).await;
}

async fn ask(visitor: &Visitor, method: Method, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Option<u16> {
    let url = Url::parse(url).expect("an address");
    // A copy, so that no answer changes the cookies of the next question.
    let mut visitor = visitor.clone();
    timeout(PATIENCE, visitor.send(method, &url, None, headers, body)).await.ok().map(|page| page.status)
}

/// What is no HTTP: answered with a refusal or by hanging up, and the next visitor is served.
#[tokio::test]
async fn noise_that_is_no_http_ends_only_its_own_connection() {
    let scene = Scene::open(House::sqlite().await).await;
    let random = SeededRandom::new(seed());
    let host = scene.house.base.trim_start_matches("http://").to_owned();
    let head = |first: &str, more: &str| format!("{first} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n").into_bytes();
    let mut said: Vec<(&str, Vec<u8>)> = vec![
        ("half a request", b"GET /login HTTP/1.1\r\nHo".to_vec()),
        ("no host", b"GET /login HTTP/1.1\r\n\r\n".to_vec()),
        ("two hosts", head("GET /login", "Host: evil.test\r\n")),
        ("a header of 200 kB", head("GET /login", &format!("X: {}\r\n", "x".repeat(200_000)))),
        ("ten thousand headers", head("GET /login", &"X: y\r\n".repeat(10_000))),
        ("a control character in a header", head("GET /login", "X: \u{1}\u{7f}\r\n")),
        ("a negative length", head("POST /login/password", "Content-Length: -1\r\n")),
        ("a length twice", head("POST /login/password", "Content-Length: 1\r\nContent-Length: 2\r\n")),
        ("a length and chunks", head("POST /login/password", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")),
        ("a chunk of no size", [head("POST /saml/sso", "Transfer-Encoding: chunked\r\n"), b"zz\r\n\r\n".to_vec()].concat()),
        (
            "a chunk too large to count",
            [head("POST /saml/sso", "Transfer-Encoding: chunked\r\n"), b"ffffffffffffffffff\r\n".to_vec()].concat(),
        ),
        ("an unknown method", head("FLY /saml/sso", "")),
        ("TRACE", head("TRACE /login", "")),
        ("CONNECT", head("CONNECT evil.test:443", "")),
        ("an absolute address", head("GET http://evil.test/login", "")),
        ("dots", head("GET /static/../../../../etc/passwd", "")),
        ("dots in escapes", head("GET /static/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "")),
        ("bytes in the path", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("HTTP/2 at once", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("line feeds only", b"GET /login HTTP/1.1\nHost: x\n\n".to_vec()),
    ];
    for _ in 0..20 {
        said.push(("random bytes", bytes(&random, 700)));
    }
    for (name, request) in &said {
        let mut stream = TcpStream::connect(scene.house.address).await.expect("the server listens");
        let _ = stream.write_all(request).await;
        // Our end is closed: a server that waits for more learns that nothing comes.
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{name}: no end");
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("400");
        // 501 and 505 say that a method or version is unknown; they are no fault of ours.
        assert!(!status.starts_with('5') || matches!(status, "501" | "505"), "{name}: {answer:.200}");
        assert!(!answer.contains("root:"), "{name}: {answer:.200}");
    }
    controls(&scene).await;
}
