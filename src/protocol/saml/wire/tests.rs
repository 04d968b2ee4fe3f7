//! Bindings: what arrives is taken exactly as it was sent, or refused with its reason.

use super::*;
use crate::crypto::tests::{peer_key, signing_key};
use crate::protocol::saml::names::{SAML, SAMLP};

fn xml() -> String {
    format!("<p:M xmlns:p=\"{SAMLP}\" ID=\"_1\"><a:Issuer xmlns:a=\"{SAML}\">https://sp</a:Issuer></p:M>")
}

fn query(state: Option<&str>) -> String {
    let url = redirect_url("https://idp/sso", Direction::Request, &xml(), state, signing_key(1)).unwrap();
    url.split_once('?').unwrap().1.to_owned()
}

fn judge(raw: &str) -> Result<Option<String>, Reason> {
    let incoming = from_query(raw)?;
    let verified = Unverified::new("https://sp".to_owned(), (), incoming).verify(&[peer_key(1)])?;
    Ok(verified.relay_state().map(str::to_owned))
}

fn deflated(xml: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(xml).unwrap();
    encoder.finish().unwrap()
}

/// A query whose message is `coded`, signed by key 1.
fn query_of(coded: &[u8]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let query = format!("SAMLRequest={}&SigAlg={}", encode(&BASE64.encode(coded)), encode(xmldsig::RSA_SHA256));
    let signature = xmlsign::sign_query(&query, signing_key(1)).unwrap();
    format!("{query}&Signature={}", encode(&signature))
}

#[test]
fn what_we_send_by_redirect_arrives() {
    assert_eq!(judge(&query(None)), Ok(None));
    for state in ["x", "", "a b+c&d=é😀", "\"><script>", "javascript:alert(1)", "\r\n", &"s".repeat(1024)] {
        assert_eq!(judge(&query(Some(state))), Ok(Some(state.to_owned())));
    }
    let url = redirect_url("https://idp/slo?tenant=1", Direction::Response, &xml(), None, signing_key(1)).unwrap();
    assert!(url.starts_with("https://idp/slo?tenant=1&SAMLResponse="));
}

#[test]
fn a_redirect_is_ascii_whatever_the_address() {
    let to = |address| redirect_url(address, Direction::Response, &xml(), None, signing_key(1)).unwrap();
    let url = to("https://løsning.dk/log-på?trin=æ");
    assert!(url.is_ascii() && url.starts_with("https://xn--lsning-bya.dk/log-p%C3%A5?trin=%C3%A6&SAMLResponse="), "{url}");
    assert!(to("https://SP.dk").starts_with("https://SP.dk?SAMLResponse="), "what is plain stays as it is written");
}

#[test]
fn each_faulty_query_has_its_reason() {
    let good = query(Some("state"));
    let lower: String = good.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3A", "%3a").replace("%3D", "%3d");
    let (message, rest) = good.split_once('&').unwrap();
    let cases: Vec<(&str, String, Reason)> = vec![
        ("two requests", format!("{good}&{message}"), Reason::DuplicateParameter),
        ("request and response", format!("{good}&SAMLResponse=x"), Reason::DuplicateParameter),
        ("two relay states", format!("{good}&RelayState=x"), Reason::DuplicateParameter),
        ("two algorithms", format!("{good}&SigAlg=x"), Reason::DuplicateParameter),
        ("two signatures", format!("{good}&Signature=x"), Reason::DuplicateParameter),
        ("a name in escapes", format!("{good}&SAML%52equest=x"), Reason::DuplicateParameter),
        ("re-encoded", lower, Reason::BadSignature),
        ("relay state changed", good.replace("RelayState=state", "RelayState=other"), Reason::BadSignature),
        ("relay state dropped", good.replace("&RelayState=state", ""), Reason::BadSignature),
        ("no signature", good.split("&Signature").next().unwrap().to_owned(), Reason::Unsigned),
        (
            "no algorithm",
            {
                let (a, b) = good.split_once("&SigAlg=").unwrap();
                format!("{a}&{}", b.split_once('&').unwrap().1)
            },
            Reason::Unsigned,
        ),
        ("sha1", good.replace("rsa-sha256", "rsa-sha1"), Reason::Algorithm),
        ("no message", rest.to_owned(), Reason::Schema),
        ("long relay state", query(Some(&"s".repeat(1025))), Reason::RelayState),
        ("NUL", query(Some("a\0b")), Reason::RelayState),
        ("no text", good.replace("RelayState=state", "RelayState=%ff"), Reason::RelayState),
        ("other coding", format!("{good}&SAMLEncoding=x"), Reason::Deflate),
        ("no base64", good.replace("SAMLRequest=", "SAMLRequest=!"), Reason::Deflate),
        ("huge", format!("{good}&x={}", "y".repeat(MAX_QUERY)), Reason::TooLarge),
    ];
    for (name, raw, expected) in cases {
        assert_eq!(judge(&raw), Err(expected), "{name}");
    }
    assert_eq!(judge(&good), Ok(Some("state".to_owned())));
}

#[test]
fn only_one_bounded_raw_stream_is_inflated() {
    let good = deflated(xml().as_bytes());
    assert_eq!(judge(&query_of(&good)), Ok(None));
    assert_eq!(judge(&query_of(&[good.clone(), b"x".to_vec()].concat())), Err(Reason::Deflate));
    assert_eq!(judge(&query_of(&good[..good.len() - 3])), Err(Reason::Deflate));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(xml().as_bytes()).unwrap();
    assert_eq!(judge(&query_of(&gzip.finish().unwrap())), Err(Reason::Deflate));
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(xml().as_bytes()).unwrap();
    assert_eq!(judge(&query_of(&zlib.finish().unwrap())), Err(Reason::Deflate));
    let bomb = deflated(&vec![b'a'; 40 * 1024 * 1024]);
    let start = std::time::Instant::now();
    assert_eq!(inflate(&bomb), Err(Reason::TooLarge));
    assert!(start.elapsed().as_millis() < 500);
    let full = vec![b'a'; MESSAGE.bytes];
    assert_eq!(inflate(&deflated(&full)).unwrap().len(), full.len());
    let random: Vec<u8> = (0..200_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    assert_eq!(inflate(&deflated(&random)).unwrap(), random);
}

#[test]
fn a_redirect_carries_no_signature_inside() {
    let w = xml();
    let place = w.find("</p:M>").unwrap();
    let inside = Unsigned { xml: w, id: "_1".to_owned(), place, prefixes: "" }.sign(signing_key(1)).unwrap();
    assert_eq!(judge(&query_of(&deflated(inside.as_bytes()))), Err(Reason::SignatureStructure));
}

#[test]
fn a_form_is_read_with_line_breaks_and_needs_its_signature() {
    let place = xml().find("</p:M>").unwrap();
    let signed = Unsigned { xml: xml(), id: "_1".to_owned(), place, prefixes: "" }.sign(signing_key(1)).unwrap();
    let base64 = post_form("https://idp", Direction::Request, &signed, None).message;
    let broken: String = base64.as_bytes().chunks(76).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect();
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let judge = |body: String| -> Result<Option<String>, Reason> {
        let verified = Unverified::new(String::new(), (), from_form(body.as_bytes())?).verify(&[peer_key(1)])?;
        Ok(verified.relay_state().map(str::to_owned))
    };
    assert_eq!(judge(format!("SAMLRequest={}&RelayState=a+b", encode(&broken))), Ok(Some("a b".to_owned())));
    let unsigned = encode(&BASE64.encode(xml()));
    assert_eq!(judge(format!("SAMLRequest={unsigned}")), Err(Reason::Unsigned));
    assert_eq!(judge(format!("SAMLRequest={}&SAMLRequest=x", encode(&base64))), Err(Reason::DuplicateParameter));
    assert_eq!(judge("SAMLRequest=%20".to_owned()), Err(Reason::Deflate));
    assert_eq!(judge("x".repeat(MAX_FORM + 1)), Err(Reason::TooLarge));
}
