//! Thousands of mutants of sound messages (A22), judged by us and by a judge of other blood. Whatever the judge refuses, we
//! refuse; what both accept says the same to both.
//!
//! The seed is printed; `E2E_SEED` runs the same mutants again. How messages are changed stands in
//! `saml_mutants/change.rs`.

mod change;

use portvagt::{
    crypto::keyring::PeerKey,
    protocol::saml::{
        logout::{self, LogoutMessage},
        request, wire,
    },
};
use serde_json::{Value, json};

use crate::{
    actors::KeyPair,
    forge::{self, Draft, Head, SAML},
    referee::judge::{Judge, Verdict},
};
use change::Chance;

const MUTANTS: usize = 2_000;

/// What we say of a posted message, or of a query: its fields, if we accept it.
fn ours(message: &Message, keys: &[PeerKey]) -> Result<Value, String> {
    let read = || match message {
        Message::Form(xml) => wire::from_form(forge::form(xml, None).as_bytes()),
        Message::Query(query) => wire::from_query(query),
    };
    let logout = matches!(message, Message::Form(bytes) if find(bytes, "LogoutRequest")) || is_logout_query(message);
    let refused = |reason: portvagt::protocol::saml::Reason| reason.to_string();
    if logout {
        let (message, _) = logout::parse(read().map_err(refused)?).and_then(|parsed| parsed.verify(keys)).map_err(refused)?.into_parts();
        let LogoutMessage::Request(request) = message else { return Err("a response".to_owned()) };
        if !request.version_2 {
            return Err("version".to_owned());
        }
        return Ok(json!({
            "id": request.id, "issuer": request.issuer, "destination": request.destination, "name": request.name_id.value,
            "format": request.name_id.format, "sp_name_qualifier": request.name_id.sp_name_qualifier, "sessions": request.session_indexes,
        }));
    }
    let (request, _) = request::parse(read().map_err(refused)?).and_then(|parsed| parsed.verify(keys)).map_err(refused)?.into_parts();
    if !request.version_2 {
        return Err("version".to_owned());
    }
    Ok(json!({
        "id": request.id, "issuer": request.issuer, "destination": request.destination, "acs": request.acs_url,
        "force": request.force_authn, "passive": request.is_passive, "format": request.name_id_policy.and_then(|policy| policy.format),
        "classes": request.context.map(|context| context.classes).unwrap_or_default(), "requesters": request.requester_ids,
    }))
}

fn find(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Queries of logouts are marked by a parameter that means nothing.
fn is_logout_query(message: &Message) -> bool {
    matches!(message, Message::Query(query) if query.ends_with("&logout"))
}

/// A mutant as it is sent.
enum Message {
    Form(Vec<u8>),
    Query(String),
}

/// The two sound messages everything begins with: every kind of part is in them.
fn originals() -> [Draft; 2] {
    let head = Head { id: "_m1", issuer: "https://saml.one.test", destination: "https://idp.test/saml", instant: "2026-11-24T06:00:00Z" };
    let children = format!(
        "<samlp:Extensions><x:a xmlns:x=\"urn:x\" b=\"c\">d</x:a></samlp:Extensions>\
         <samlp:NameIDPolicy AllowCreate=\"true\" Format=\"{}\"></samlp:NameIDPolicy>\
         <samlp:RequestedAuthnContext Comparison=\"minimum\">\
         <saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">https://data.gov.dk/concept/core/nsis/loa/Substantial</saml:AuthnContextClassRef>\
         <saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">https://data.gov.dk/eid/Professional</saml:AuthnContextClassRef>\
         </samlp:RequestedAuthnContext><samlp:Scoping ProxyCount=\"1\"><samlp:RequesterID>https://behind.test</samlp:RequesterID></samlp:Scoping>",
        forge::PERSISTENT
    );
    let attributes = [
        ("AssertionConsumerServiceURL", "https://one.test/acs"),
        ("ForceAuthn", "false"),
        ("IsPassive", "0"),
        ("AttributeConsumingServiceIndex", "1"),
    ];
    let request = Draft::authn_request(&head, &attributes, &children);
    [request, Draft::logout_request(&head, "https://data.gov.dk/model/core/eid/professional/uuid/1", "_s1")]
}

/// One mutant: changed after signing, before signing, or as a redirect; `None` where the change left nothing to sign.
fn mutant(chance: &mut Chance, judge: &mut Judge, key: &KeyPair) -> Option<Message> {
    let which = chance.below(2);
    let draft = &originals()[which];
    match chance.below(3) {
        0 => Some(Message::Form(change::several(chance, &draft.signed(key)))),
        1 => {
            let changed = change::several(chance, &draft.bare());
            // Signed as the other side canonicalises it; what it cannot parse is signed as it stands.
            let canonical = judge.canonical(&changed).map_or_else(|| changed.clone(), String::into_bytes);
            let text = String::from_utf8(changed).ok()?;
            let id = text.split_once(" ID=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or("_m1");
            let info = forge::signed_info(id, &openssl::sha::sha256(&canonical));
            let value = forge::sign(key, forge::info_in_scope(&info).as_bytes());
            let signature = forge::signature_of(&info, &value, &forge::key_info(key));
            let place = text.find("Issuer>").map(|at| at + "Issuer>".len()).filter(|at| text.is_char_boundary(*at))?;
            Some(Message::Form(format!("{}{signature}{}", &text[..place], &text[place..]).into_bytes()))
        }
        _ => {
            let changed = change::several(chance, &draft.bare());
            let query = forge::query_of(&forge::deflated(&changed), None, key);
            Some(Message::Query(if which == 1 { format!("{query}&logout") } else { query }))
        }
    }
}

fn theirs(message: &Message, judge: &mut Judge, key: &KeyPair) -> Verdict {
    match message {
        Message::Form(xml) => judge.form(xml, &key.certificate),
        Message::Query(query) => judge.query(query, &key.certificate),
    }
}

fn shown(message: &Message) -> String {
    match message {
        Message::Form(xml) => String::from_utf8_lossy(xml).into_owned(),
        Message::Query(query) => query.clone(),
    }
}

#[test]
fn a22_we_accept_nothing_that_another_judge_refuses() {
    let seed = std::env::var("E2E_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(change::fresh_seed);
    println!("E2E_SEED={seed}");
    let key = KeyPair::named("mutants");
    let keys = [PeerKey::from_base64(&key.certificate).expect("a key")];
    let (mut chance, mut judge) = (Chance::new(seed), Judge::start());
    for (draft, mark) in originals().iter().zip(["", "&logout"]) {
        let query = format!("{}{mark}", forge::query(&draft.bare(), None, &key));
        for message in [Message::Form(draft.signed(&key).into_bytes()), Message::Query(query)] {
            let verdict = theirs(&message, &mut judge, &key);
            assert!(verdict.accepted, "the original: {}", verdict.why);
            assert_eq!(ours(&message, &keys), Ok(verdict.fields));
        }
    }
    let (mut both, mut neither, mut only_they, mut wrong) = (0, 0, 0, Vec::new());
    let mut judged = 0;
    while judged < MUTANTS {
        let Some(message) = mutant(&mut chance, &mut judge, &key) else { continue };
        judged += 1;
        let said = ours(&message, &keys);
        let verdict = theirs(&message, &mut judge, &key);
        match (said, verdict.accepted) {
            (Ok(fields), true) if fields == verdict.fields => both += 1,
            (Ok(fields), true) => wrong.push(format!("read as {fields} and as {}: {}", verdict.fields, shown(&message))),
            (Ok(_), false) => wrong.push(format!("only we accept, they say {}: {}", verdict.why, shown(&message))),
            (Err(_), true) => only_they += 1,
            (Err(_), false) => neither += 1,
        }
    }
    println!("{both} accepted by both, {neither} by neither, {only_they} by the other judge alone");
    assert!(wrong.is_empty(), "E2E_SEED={seed}: {} of {MUTANTS}:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(both > MUTANTS / 20 && neither > MUTANTS / 4, "the mutants test something");
}
