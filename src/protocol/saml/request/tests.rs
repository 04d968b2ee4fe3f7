//! Authentication requests: what the schema asks, and what each wish means.

use super::*;
use crate::base::clock;
use crate::crypto::tests::{peer_key, signing_key};
use crate::protocol::saml::SKEW;
use crate::protocol::saml::wire::{self, redirect_url};

const HEAD: &str = r#"ID="_r1" Version="2.0" IssueInstant="2026-11-24T06:00:00Z" Destination="https://idp/saml/sso""#;

fn message(attributes: &str, children: &str) -> String {
    format!(
        "<samlp:AuthnRequest xmlns:samlp=\"{SAMLP}\" xmlns:saml=\"{SAML}\" {attributes}>\
         <saml:Issuer>https://saml.sp</saml:Issuer>{children}</samlp:AuthnRequest>"
    )
}

fn judge(xml: &str) -> Result<AuthnRequest, Reason> {
    let url = redirect_url("https://idp/saml/sso", Direction::Request, xml, None, signing_key(1)).unwrap();
    let unverified = parse(wire::from_query(url.split_once('?').unwrap().1)?)?;
    assert_eq!(unverified.issuer(), "https://saml.sp");
    Ok(unverified.verify(&[peer_key(1)])?.into_parts().0)
}

fn plain(children: &str) -> AuthnRequest {
    judge(&message(HEAD, children)).unwrap()
}

#[test]
fn every_field_is_read() {
    let attributes = format!(
        "{HEAD} AssertionConsumerServiceURL=\"https://sp/acs\" ForceAuthn=\"true\" IsPassive=\"0\" ProtocolBinding=\"{}\"",
        names::POST
    );
    let children = format!(
        "<samlp:Extensions><x xmlns=\"urn:x\"/></samlp:Extensions>\
         <samlp:NameIDPolicy Format=\"{}\" AllowCreate=\"true\"/>\
         <samlp:RequestedAuthnContext Comparison=\"minimum\">\
         <saml:AuthnContextClassRef>https://data.gov.dk/concept/core/nsis/loa/Substantial</saml:AuthnContextClassRef>\
         </samlp:RequestedAuthnContext>\
         <samlp:Scoping><samlp:RequesterID>https://behind</samlp:RequesterID></samlp:Scoping>",
        names::PERSISTENT
    );
    let request = judge(&message(&attributes, &children)).unwrap();
    assert_eq!(request.id, "_r1");
    assert_eq!(request.acs_url.as_deref(), Some("https://sp/acs"));
    assert!(request.force_authn && !request.is_passive && request.version_2 && !request.names_subject);
    assert_eq!(request.requester_ids, ["https://behind"]);
    assert_eq!(request.level(), Ok(Some(Level::Substantial)));
    assert_eq!(request.name_kind(), Ok(NameKind::Persistent));
    assert_eq!(request.check_supported(), Ok(()));
    assert_eq!(request.check_destination("https://idp/saml/sso"), Ok(()));
    assert_eq!(request.check_destination("https://idp/saml/sso/"), Err(Reason::Destination));
    assert_eq!(request.check_clock(clock::plus(request.issue_instant, 180), SKEW), Ok(()));
    assert_eq!(request.check_clock(clock::plus(request.issue_instant, 181), SKEW), Err(Reason::Clock));
}

#[test]
fn what_the_schema_forbids_is_refused() {
    let cases = [
        ("no ID", message(&HEAD.replace("ID=\"_r1\"", ""), "")),
        ("ID is no name", message(&HEAD.replace("_r1", "1 r"), "")),
        ("long ID", message(&HEAD.replace("_r1", &format!("_{}", "r".repeat(256))), "")),
        ("no version", message(&HEAD.replace("Version=\"2.0\"", ""), "")),
        ("no instant", message(&HEAD.replace("IssueInstant=\"2026-11-24T06:00:00Z\"", ""), "")),
        ("no boolean", message(&format!("{HEAD} ForceAuthn=\"yes\""), "")),
        ("no index", message(&format!("{HEAD} AssertionConsumerServiceIndex=\"70000\""), "")),
        ("unknown child", message(HEAD, "<x xmlns=\"urn:x\"/>")),
        ("text between", message(HEAD, "x")),
        ("two policies", message(HEAD, "<samlp:NameIDPolicy/><samlp:NameIDPolicy/>")),
        ("wrong order", message(HEAD, "<samlp:Scoping/><samlp:NameIDPolicy/>")),
        ("empty context", message(HEAD, "<samlp:RequestedAuthnContext/>")),
        (
            "unknown comparison",
            message(
                HEAD,
                "<samlp:RequestedAuthnContext Comparison=\"x\"><saml:AuthnContextClassRef>a</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>",
            ),
        ),
        ("another root", message(HEAD, "").replace("AuthnRequest", "LogoutRequest")),
        ("another namespace", message(HEAD, "").replace(SAMLP, "urn:oasis:names:tc:SAML:1.0:protocol")),
        ("no issuer", message(HEAD, "").replace("<saml:Issuer>https://saml.sp</saml:Issuer>", "")),
        ("empty issuer", message(HEAD, "").replace("https://saml.sp", "")),
        ("not XML", "AuthnRequest".to_owned()),
    ];
    for (name, xml) in cases {
        assert_eq!(judge(&xml), Err(Reason::Schema), "{name}");
    }
    assert_eq!(judge(&message(&HEAD.replace("06:00:00Z", "06:00:00"), "")), Err(Reason::Clock));
    assert!(judge(&message(HEAD, "")).is_ok());
    let other = judge(&message(&HEAD.replace("\"2.0\"", "\"3.0\""), "")).unwrap();
    assert_eq!(other.check_supported(), Err(Fault::VersionMismatch));
}

#[test]
fn contradictions_are_faults() {
    let both = judge(&message(&format!("{HEAD} ForceAuthn=\"1\" IsPassive=\"true\""), "")).unwrap();
    assert_eq!(both.check_supported(), Err(Fault::RequestUnsupported));
    let subject = plain("<saml:Subject><saml:NameID>x</saml:NameID></saml:Subject>");
    assert_eq!(subject.check_supported(), Err(Fault::RequestUnsupported));
}

#[test]
fn the_level_is_the_weakest_listed_and_minimum_only() {
    const LOW: &str = "https://data.gov.dk/concept/core/nsis/loa/Low";
    const HIGH: &str = "https://data.gov.dk/concept/core/nsis/loa/High";
    let none = Err(Fault::NoAuthnContext);
    type Row = (&'static str, &'static [&'static str], Result<Option<Level>, Fault>);
    let cases: &[Row] = &[
        ("minimum", &[HIGH], Ok(Some(Level::High))),
        ("minimum", &[HIGH, LOW, PROFESSIONAL], Ok(Some(Level::Low))),
        ("minimum", &[HIGH, "urn:unknown"], Ok(Some(Level::High))),
        ("", &[PROFESSIONAL], Ok(None)),
        ("exact", &[PROFESSIONAL, PERSON], Ok(None)),
        ("", &[LOW], none),
        ("exact", &[LOW], none),
        ("better", &[LOW], none),
        ("maximum", &[HIGH], none),
        ("minimum", &["urn:unknown"], none),
        ("minimum", &["https://data.gov.dk/concept/core/nsis/loa/high"], none),
        ("minimum", &["High"], none),
        ("minimum", &[LOW, PERSON], none),
        ("minimum", &[PERSON], none),
    ];
    for (comparison, classes, expected) in cases {
        let comparison = if comparison.is_empty() { String::new() } else { format!(" Comparison=\"{comparison}\"") };
        let list: String = classes.iter().map(|class| format!("<saml:AuthnContextClassRef>{class}</saml:AuthnContextClassRef>")).collect();
        let request = plain(&format!("<samlp:RequestedAuthnContext{comparison}>{list}</samlp:RequestedAuthnContext>"));
        assert_eq!(request.level(), *expected, "{comparison} {classes:?}");
    }
    assert_eq!(plain("").level(), Ok(None));
    let declared =
        plain("<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>a</saml:AuthnContextDeclRef></samlp:RequestedAuthnContext>");
    assert_eq!(declared.level(), none);
}

#[test]
fn the_name_asked_for() {
    let cases = [
        ("", Ok(NameKind::Persistent)),
        ("<samlp:NameIDPolicy AllowCreate=\"true\"/>", Ok(NameKind::Persistent)),
        ("<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified\"/>", Ok(NameKind::Persistent)),
        ("<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\"/>", Ok(NameKind::Transient)),
        ("<samlp:NameIDPolicy SPNameQualifier=\"https://saml.sp\"/>", Ok(NameKind::Persistent)),
        ("<samlp:NameIDPolicy SPNameQualifier=\"https://other\"/>", Err(Fault::InvalidNameIdPolicy)),
        ("<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"/>", Err(Fault::InvalidNameIdPolicy)),
        ("<samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted\"/>", Err(Fault::InvalidNameIdPolicy)),
    ];
    for (policy, expected) in cases {
        assert_eq!(plain(policy).name_kind(), expected, "{policy}");
    }
}

#[test]
fn answers_go_to_registered_addresses_only() {
    let acs = |location: &str, index, is_default| Acs { location: location.to_owned(), index, is_default };
    let metadata = ServiceProvider {
        entity_id: "https://saml.sp".to_owned(),
        signing: Vec::new(),
        encryption: Vec::new(),
        acs: vec![acs("https://sp.dk/first", 3, Some(false)), acs("https://sp.dk/acs", 7, None)],
        slo: Vec::new(),
        slo_soap: None,
        requested: Vec::new(),
        name_id_formats: Vec::new(),
        authn_requests_signed: true,
        want_assertions_signed: true,
        valid_until: None,
    };
    let chosen = |attributes: &str| {
        let request = judge(&message(&format!("{HEAD} {attributes}"), "")).unwrap();
        request.choose_acs(&metadata).map(|acs| acs.location.clone())
    };
    assert_eq!(chosen(""), Ok("https://sp.dk/acs".to_owned()));
    assert_eq!(chosen("AssertionConsumerServiceURL=\"https://sp.dk/first\""), Ok("https://sp.dk/first".to_owned()));
    assert_eq!(chosen("AssertionConsumerServiceIndex=\"3\""), Ok("https://sp.dk/first".to_owned()));
    let hostile = [
        "https://evil.dk/acs",
        "https://sp.dk/acs/",
        "https://sp.dk/ac",
        "https://sp.dk/acs?x=1",
        "https://sp.dk/acs#x",
        "https://SP.dk/acs",
        "https://sp.dk/ACS",
        "https://sp.dk:443/acs",
        "https://sp.dk./acs",
        "http://sp.dk/acs",
        "https://sp.dk@evil.dk/acs",
        "https://sp.dk/acs/../acs",
        "https://sp.dk/a;/../acs",
        "https://sp.dk/acs ",
        " https://sp.dk/acs",
        "",
    ];
    for url in hostile {
        assert_eq!(chosen(&format!("AssertionConsumerServiceURL=\"{url}\"")), Err(Reason::AcsMismatch), "{url}");
    }
    for attributes in [
        "AssertionConsumerServiceIndex=\"4\"",
        "AssertionConsumerServiceIndex=\"3\" AssertionConsumerServiceURL=\"https://sp.dk/first\"",
        "ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\"",
    ] {
        assert_eq!(chosen(attributes), Err(Reason::AcsMismatch), "{attributes}");
    }
}

#[test]
fn extensions_say_nothing_of_types() {
    let with = |inside: &str| judge(&message(HEAD, &format!("<samlp:Extensions>{inside}</samlp:Extensions>")));
    assert!(with("<x xmlns=\"urn:x\" a=\"b\"><y/></x>").is_ok());
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    for inside in [format!("<x xmlns=\"urn:x\" {xsi} xsi:type=\"x\"/>"), format!("<x xmlns=\"urn:x\" {xsi}><y xsi:nil=\"true\"/></x>")] {
        assert_eq!(with(&inside).err(), Some(Reason::Schema), "{inside}");
    }
}
