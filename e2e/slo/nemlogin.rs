//! NemLog-in's own logout, we being the service: after a proof the browser logs out there and comes back; NemLog-in's own
//! request is answered. What is forged is refused with its reason; nothing depends on the way back.

use portvagt::protocol::saml::{metadata::Slo, wire::Binding};

use super::{SUCCESS, redirected, sent};
use crate::{
    actors::{KeyPair, Signing, fresh_id, instant},
    house::{
        House, Plan,
        mitid::{NEMLOGIN, NEMLOGIN_SSO, TERMS, idp_metadata, nemlogin_key},
        on_both_by,
    },
    mitid_case::{Asking, CPR, leaving, verdict},
    referee::{judge::Judge, schema::expect_valid},
};

const SLO: &str = "https://login.nemlog-in.test/idp/saml/3.0/logout";

/// A house whose NemLog-in takes logouts.
fn plan() -> Plan {
    let mut provider = idp_metadata(NEMLOGIN, NEMLOGIN_SSO, &nemlogin_key().certificate);
    provider.slo = vec![Slo { binding: Binding::Redirect, location: SLO.to_owned(), response_location: format!("{SLO}/answers") }];
    Plan { nemlogin: Some((provider, TERMS)), ..Plan::default() }
}

fn own(house: &House) -> String {
    house.url("/mitid/nemlogin/slo")
}

/// A message of NemLog-in's: its root and what stands in it.
fn message(house: &House, name: &str, attributes: &str, inside: &str) -> String {
    format!(
        "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{}\" ID=\"{}\" {attributes}IssueInstant=\"{}\" \
         Version=\"2.0\"><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{NEMLOGIN}</saml:Issuer>{inside}</samlp:{name}>",
        own(house),
        fresh_id(),
        instant(house, 0)
    )
}

fn answer_to(house: &House, request: &str) -> String {
    let status = format!("<samlp:Status><samlp:StatusCode Value=\"{SUCCESS}\"></samlp:StatusCode></samlp:Status>");
    message(house, "LogoutResponse", &format!("InResponseTo=\"{request}\" "), &status)
}

fn query(house: &House, key: &KeyPair, parameter: &str, xml: &str, state: Option<&str>) -> String {
    format!("{}?{}", own(house), Signing::with(key).query(parameter, xml, state))
}

#[tokio::test]
async fn after_a_proof_the_browser_logs_out_at_nemlog_in_and_comes_back() {
    on_both_by(plan(), |house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let page = asking.return_with(&asking.sound()).await;
        assert_eq!(asking.proofings().await, 1, "the proof counts before: {}", page.describe());
        let place = leaving(&page);
        let carried = redirected(place.as_str());
        assert_eq!((carried.to.as_str(), carried.relay_state.as_deref()), (SLO, Some(asking.flow.as_str())));
        expect_valid("a logout request", &carried.xml);
        let certificate = house.app.desk.keyring.active.certificate().base64().to_owned();
        assert!(Judge::start().opened(carried.query.as_deref().expect("a query"), &certificate).is_some(), "the signature of {place}");
        assert!(carried.xml.contains("/person/uuid/7d2a3c8e-6c1a-4a55-9d0e-2f5a1f0c9b11</saml:NameID>"), "{}", carried.xml);
        assert!(carried.xml.contains(">_session-1</samlp:SessionIndex>") && !carried.xml.contains(CPR), "{}", carried.xml);

        let request = carried.attribute("ID");
        let sound = answer_to(&house, &request);
        let state = Some(asking.flow.as_str());
        for (name, place, reason) in [
            ("another's key", query(&house, &KeyPair::named("forger"), "SAMLResponse", &sound, state), "wrong_key"),
            ("to another request", query(&house, nemlogin_key(), "SAMLResponse", &answer_to(&house, "_other"), state), "in_response_to"),
            ("of another flow", query(&house, nemlogin_key(), "SAMLResponse", &sound, Some("x")), "in_response_to"),
            ("without a state", query(&house, nemlogin_key(), "SAMLResponse", &sound, None), "relaystate"),
            (
                "in another's name",
                query(&house, nemlogin_key(), "SAMLResponse", &sound.replacen(NEMLOGIN, "https://saml.other.test", 1), state),
                "issuer",
            ),
            (
                "for another address",
                query(&house, nemlogin_key(), "SAMLResponse", &sound.replacen(&own(&house), "https://other.test/slo", 1), state),
                "destination",
            ),
        ] {
            let page = asking.visitor.get(place).await;
            verdict(&page, reason).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
        let page = asking.visitor.open(query(&house, nemlogin_key(), "SAMLResponse", &sound, state)).await;
        assert_eq!((page.status, page.url.path(), page.url.query()), (200, "/account", Some("done=proved")), "{}", page.describe());
        // Somebody else's browser is led to their own pages, and nothing is told there.
        let page = house.visitor().get(query(&house, nemlogin_key(), "SAMLResponse", &sound, state)).await;
        assert_eq!(page.location().expect("a place").path(), "/account");
    })
    .await;
}

#[tokio::test]
async fn nemlog_in_s_own_request_is_answered_once() {
    on_both_by(plan(), |house| async move {
        let mut visitor = house.visitor();
        let name = "<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">n</saml:NameID>\
                    <samlp:SessionIndex>_session-1</samlp:SessionIndex>";
        let request = message(&house, "LogoutRequest", "", name);
        let forged = query(&house, &KeyPair::named("forger"), "SAMLRequest", &request, Some("s"));
        verdict(&visitor.get(forged).await, "wrong_key").expect("refused");
        let place = query(&house, nemlogin_key(), "SAMLRequest", &request, Some("their state"));
        let page = visitor.get(&place).await;
        let answer = sent(&page);
        assert_eq!((answer.to, answer.relay_state.as_deref()), (format!("{SLO}/answers"), Some("their state")));
        expect_valid("the answer", &answer.xml);
        let certificate = house.app.desk.keyring.active.certificate().base64().to_owned();
        assert!(Judge::start().opened(answer.query.as_deref().expect("a query"), &certificate).is_some());
        assert!(answer.xml.contains(SUCCESS), "{}", answer.xml);
        verdict(&visitor.get(&place).await, "replay").expect("refused");
    })
    .await;
}

#[tokio::test]
async fn our_metadata_says_where_logouts_go() {
    let house = House::build(crate::house::Engine::Sqlite, plan()).await;
    let page = house.visitor().get(house.url("/mitid/nemlogin/metadata")).await;
    expect_valid("our metadata", &page.body);
    assert!(page.body.contains(&format!("HTTP-Redirect\" Location=\"{}\"", own(&house))), "{}", page.body);
    house.close().await;
}
