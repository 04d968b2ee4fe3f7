//! Logout messages: what we write, the other side can read; what is wrong is refused.

use super::*;
use crate::base::clock;
use crate::crypto::tests::{peer_key, signing_key};
use crate::protocol::saml::names::PERSISTENT;
use crate::protocol::saml::wire::{self, Binding, Delivery};
use crate::protocol::saml::{SKEW, Verified};

fn name_id() -> NameId {
    NameId {
        value: "https://data.gov.dk/model/core/eid/professional/uuid/8f9c".to_owned(),
        format: Some(PERSISTENT.to_owned()),
        name_qualifier: None,
        sp_name_qualifier: Some("https://saml.sp?a&b".to_owned()),
    }
}

fn at() -> Timestamp {
    clock::from_millis(1_790_000_000_000)
}

fn arrive(delivery: &Delivery) -> Result<Verified<LogoutMessage>, Reason> {
    let incoming = match delivery {
        Delivery::Redirect(url) => wire::from_query(url.split_once('?').unwrap().1)?,
        Delivery::Post(form) => {
            let escaped = form.message.replace('+', "%2B");
            let state = form.relay_state.clone().unwrap_or_default();
            wire::from_form(format!("{}={escaped}&RelayState={state}", form.parameter).as_bytes())?
        }
    };
    parse(incoming)?.verify(&[peer_key(1)])
}

fn our_request() -> Outgoing {
    let name_id = name_id();
    let content = RequestContent {
        id: "_q",
        issuer: "https://saml.idp",
        destination: "https://sp/slo",
        issued_at: at(),
        expires_at: clock::plus(at(), 300),
        name_id: &name_id,
        session_index: "_s1",
    };
    request(&content, Some("state")).unwrap()
}

#[test]
fn a_request_arrives_over_both_bindings() {
    for binding in [Binding::Redirect, Binding::Post] {
        let verified = arrive(&our_request().send(binding, signing_key(1)).unwrap()).unwrap();
        assert_eq!((verified.issuer(), verified.relay_state(), verified.binding()), ("https://saml.idp", Some("state"), binding));
        let LogoutMessage::Request(read) = verified.message() else { panic!("another message") };
        assert_eq!(read.name_id, name_id());
        assert_eq!(read.session_indexes, ["_s1"]);
        assert_eq!(read.check_destination("https://sp/slo"), Ok(()));
        assert_eq!(read.check_destination("https://sp/other"), Err(Reason::Destination));
        assert_eq!(read.check_clock(at(), SKEW), Ok(()));
        assert_eq!(read.check_clock(clock::plus(at(), 181), SKEW), Err(Reason::Clock));
        let foreign = arrive(&our_request().send(binding, signing_key(2)).unwrap()).unwrap_err();
        assert!(matches!(foreign, Reason::WrongKey | Reason::KeySource));
    }
}

#[test]
fn a_response_arrives_over_both_bindings() {
    for (fault, success) in [(None, true), (Some(Fault::PartialLogout), false), (Some(Fault::UnknownPrincipal), false)] {
        for binding in [Binding::Redirect, Binding::Post] {
            let content = ResponseContent {
                id: "_a",
                issuer: "https://saml.idp",
                destination: "https://sp/slo",
                in_response_to: "_q",
                issued_at: at(),
                fault,
            };
            let verified = arrive(&response(&content, None).unwrap().send(binding, signing_key(1)).unwrap()).unwrap();
            let LogoutMessage::Response(read) = verified.message() else { panic!("another message") };
            assert_eq!(read.in_response_to.as_deref(), Some("_q"));
            assert_eq!(read.is_success(), success);
            assert_eq!(read.second_status.as_deref(), fault.and_then(|fault| fault.codes().1));
        }
    }
}

#[test]
fn what_the_schema_forbids_is_refused() {
    let judge = |xml: &str| {
        let url = wire::redirect_url("https://idp/slo", Direction::Request, xml, None, signing_key(1)).unwrap();
        arrive(&Delivery::Redirect(url)).map(|_| ())
    };
    let good = format!(
        "<p:LogoutRequest xmlns:p=\"{SAMLP}\" xmlns:a=\"{SAML}\" ID=\"_1\" Version=\"2.0\" IssueInstant=\"2026-09-21T14:13:20Z\">\
         <a:Issuer>https://sp</a:Issuer><a:NameID>x</a:NameID><p:SessionIndex>1</p:SessionIndex><p:SessionIndex>2</p:SessionIndex></p:LogoutRequest>"
    );
    assert_eq!(judge(&good), Ok(()));
    for (from, to, reason) in [
        ("<a:NameID>x</a:NameID>", "", Reason::Schema),
        ("<a:NameID>x</a:NameID>", "<a:NameID>x</a:NameID><a:NameID>y</a:NameID>", Reason::Schema),
        ("<a:NameID>x</a:NameID>", "<a:EncryptedID/>", Reason::Schema),
        ("<a:NameID>x</a:NameID>", "<a:NameID><b/>x</a:NameID>", Reason::Schema),
        ("<a:NameID>x", "<a:NameID>x<!-- -->y", Reason::ForbiddenNode),
        ("ID=\"_1\" ", "", Reason::Schema),
        ("ID=\"_1\"", "ID=\"_1\" NotOnOrAfter=\"soon\"", Reason::Schema),
        ("LogoutRequest", "AuthnRequest", Reason::Schema),
        ("LogoutRequest", "LogoutResponse", Reason::Schema),
    ] {
        assert_eq!(judge(&good.replace(from, to)), Err(reason), "{from} -> {to}");
    }
}
