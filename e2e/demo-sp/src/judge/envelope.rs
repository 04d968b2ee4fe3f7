//! The outside of a response: is it for us, does it answer our request, what is its status, and can it be opened.
//! The envelope of a success is unsigned, so nothing of the person is read here. Next: `assertion` once it is open.

use roxmltree::Node;

use super::report::Checks;
use super::{Bench, Outcome, Verdict, assertion, proof};
use crate::decrypt::{self, Named};
use crate::wire::Received;
use crate::xml::{self, DS, SAML, SAMLP};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// Judges one response that was posted to `bench.party`.
pub fn judge(received: &Received, bench: &Bench<'_>) -> Verdict {
    let mut verdict = Verdict {
        outcome: Outcome::Refused,
        checks: Vec::new(),
        status: Vec::new(),
        status_message: String::new(),
        asked: bench.asked.cloned(),
        party: bench.party.clone(),
        encryption: None,
        algorithms: None,
        certificate: String::new(),
        facts: None,
        response_xml: received.xml.clone(),
        assertion_xml: None,
        judged: bench.now,
    };
    let mut checks = Checks::default();
    match xml::parse(&received.xml) {
        Ok(document) if xml::is(document.root_element(), SAMLP, "Response") => {
            let response = document.root_element();
            checks.row("xml", "SAML Core 3.3.3").equals("2.0", xml::attribute(response, "Version"));
            addressed(&mut checks, response, received, bench);
            let success = status(&mut checks, response, &mut verdict);
            if success {
                inside(&mut checks, response, bench, &mut verdict);
            } else {
                error_signature(&mut checks, &received.xml, response, bench, &mut verdict);
            }
            verdict.outcome = match (checks.failed(), success) {
                (true, _) => Outcome::Refused,
                (false, true) => Outcome::Accepted,
                (false, false) => Outcome::Declined,
            };
        }
        Ok(document) => {
            checks.row("xml", "SAML Core 3.3.3").equals("Response", document.root_element().tag_name().name());
        }
        Err(error) => {
            checks.row("xml", "OIOSAML 3, 3.1.2").holds(false, "Response", error.to_string());
        }
    }
    verdict.checks = checks.into_lines();
    verdict
}

/// Which request a response says it answers; read before judging, to find that request.
pub fn in_response_to(received: &Received) -> Option<String> {
    let document = xml::parse(&received.xml).ok()?;
    document.root_element().attribute("InResponseTo").map(str::to_owned)
}

fn addressed(checks: &mut Checks, response: Node<'_, '_>, received: &Received, bench: &Bench<'_>) {
    checks.row("destination", "SAML Bindings 3.5.5.2").equals(&bench.party.acs, xml::attribute(response, "Destination"));
    let answers = xml::attribute(response, "InResponseTo");
    let asked = bench.asked.filter(|asked| asked.party == *bench.party);
    let expected = asked.map(|asked| asked.id.as_str()).unwrap_or_default();
    checks.row("in-response-to", "SAML Core 3.2.2").holds(!expected.is_empty() && answers == expected, expected, answers);
    let relayed = received.relay_state.as_deref().unwrap_or_default();
    match asked {
        Some(asked) => {
            checks.row("relay-state", "SAML Bindings 3.5.3").equals(&asked.relay_state, relayed);
        }
        None => checks.row("relay-state", "SAML Bindings 3.5.3").skipped(),
    }
    proof::issuer(checks, "response-issuer", response, bench);
    checks.row("response-instant", "OIO-GE-01").recent(xml::attribute(response, "IssueInstant"), bench.now);
}

fn status(checks: &mut Checks, response: Node<'_, '_>, verdict: &mut Verdict) -> bool {
    let status = xml::child(response, SAMLP, "Status");
    let mut code = status.and_then(|status| xml::child(status, SAMLP, "StatusCode"));
    while let Some(node) = code {
        verdict.status.push(xml::attribute(node, "Value").to_owned());
        code = xml::child(node, SAMLP, "StatusCode");
    }
    verdict.status_message = status.map(|status| xml::child_text(status, SAMLP, "StatusMessage")).unwrap_or_default();
    let success = verdict.status.first().is_some_and(|top| top == SUCCESS);
    let row = checks.row("status", "SAML Core 3.2.2.2");
    if verdict.status.is_empty() {
        row.holds(false, SUCCESS, "");
    } else {
        row.noted(success, SUCCESS, verdict.status.join(" / "));
    }
    success
}

/// An error carries no assertion, so its own signature is what makes it genuine.
fn error_signature(checks: &mut Checks, text: &str, response: Node<'_, '_>, bench: &Bench<'_>, verdict: &mut Verdict) {
    let assertions = xml::count(response, SAML, "Assertion") + xml::count(response, SAML, "EncryptedAssertion");
    checks.row("no-assertion", "SAML Core 3.2.2.2").equals("0", &assertions.to_string());
    let certificate = proof::signature(checks, text, response, bench, verdict).map(|signed| signed.certificate);
    verdict.certificate = certificate.unwrap_or_default();
}

fn inside(checks: &mut Checks, response: Node<'_, '_>, bench: &Bench<'_>, verdict: &mut Verdict) {
    let signatures = xml::children(response, DS, "Signature").count();
    checks.row("response-signature", "OIOSAML 3, 5").noted(signatures == 0, "0", signatures.to_string());
    let plain = xml::count(response, SAML, "Assertion");
    let sealed: Vec<_> = xml::children(response, SAML, "EncryptedAssertion").collect();
    let everywhere = xml::count(response, SAML, "EncryptedAssertion");
    let one = sealed.len() == 1 && everywhere == 1 && plain == 0;
    let found = format!("EncryptedAssertion x {everywhere}, Assertion x {plain}");
    checks.row("one-encrypted", "OIOSAML 3, 5").holds(one, "EncryptedAssertion x 1, Assertion x 0", found);
    let opened = sealed.first().filter(|_| one).and_then(|node| open(checks, *node, bench, verdict));
    let Some(text) = opened else {
        if !one {
            checks.row("encryption", "OIO-ALG-01").skipped();
            checks.row("decryption", "XML Encryption 4.4").skipped();
        }
        return;
    };
    verdict.assertion_xml = Some(text.clone());
    assertion::judge(checks, &text, bench, verdict);
}

fn open(checks: &mut Checks, node: Node<'_, '_>, bench: &Bench<'_>, verdict: &mut Verdict) -> Option<String> {
    let offered = Named::of(bench.party.suite).to_string();
    let sealed = match decrypt::read(node) {
        Ok(sealed) => sealed,
        Err(error) => {
            checks.row("encryption", "OIO-ALG-01").holds(false, offered, error.to_string());
            checks.row("decryption", "XML Encryption 4.4").skipped();
            return None;
        }
    };
    let named = &sealed.named;
    let fits = checks.row("encryption", "OIO-ALG-01").holds(named.offered(bench.party.suite), offered, named.to_string());
    verdict.encryption = Some(named.clone());
    if !fits {
        checks.row("decryption", "XML Encryption 4.4").skipped();
        return None;
    }
    let opened = decrypt::open(&sealed, bench.party.suite, &bench.key.private);
    let found = opened.as_ref().map_or_else(ToString::to_string, |_| "OK".to_owned());
    checks.row("decryption", "XML Encryption 4.4").equals("OK", &found);
    opened.ok()
}
