//! Single logout, both ways: our request and its answer, and the identity provider's request and our answer.
//! A message whose signature doesn't hold ends nothing. Next: `sessions`, `wire`.

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;

use crate::desk::{self, Desk, Outgoing, SendError};
use crate::idp::Idp;
use crate::judge::report::{self, Checks};
use crate::judge::{SKEW, Verdict};
use crate::messages;
use crate::party::Party;
use crate::sessions::{Farewell, Leaving};
use crate::signed;
use crate::texts::Texts;
use crate::wire::{self, Kind, Received, WireError};
use crate::xml::{self, SAML, SAMLP};

const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status:";

/// `GET|POST /logout`: ends the login here and asks the identity provider to end it there.
pub async fn leave(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let (t, now, browser) = (desk::language(&request), desk.now(), desk::session_id(&request));
    let local = Farewell { how: "local", checks: Vec::new() };
    let Some(verdict) = desk.sessions.leave(&browser, local) else { return desk::see_other("/") };
    let Ok(idp) = desk.idp(true, now).await else { return desk::see_other("/") };
    match ask(&desk, &idp, &verdict, &browser, t) {
        Ok(answer) => answer,
        Err(SendError::NoEndpoint) => desk::see_other("/"),
        Err(error) => desk::problem(t, HttpResponse::InternalServerError(), "send", &error.to_string()),
    }
}

fn ask(desk: &Desk, idp: &Idp, verdict: &Verdict, browser: &str, t: &Texts) -> Result<HttpResponse, SendError> {
    let (now, id, relay_state) = (desk.now(), desk::chance(), desk::chance());
    let Some(facts) = &verdict.facts else { return Err(SendError::NoEndpoint) };
    let outgoing = Outgoing {
        party: &verdict.party,
        kind: Kind::Request,
        id: &id,
        redirect: idp.slo.redirect.as_deref(),
        post: idp.slo.post.as_deref(),
        prefer_post: false,
        relay_state: Some(&relay_state),
    };
    let answer = desk::send(desk, &outgoing, now, t, |head| messages::logout_request(head, &facts.name_id, &facts.session_index))?;
    let leaving = Leaving { browser: browser.to_owned(), party: verdict.party.clone(), relay_state, sent: now };
    desk.sessions.leaving(&id, leaving);
    desk.sessions.farewell(browser, Farewell { how: "asked", checks: Vec::new() });
    Ok(answer)
}

/// `GET|POST /slo`: a logout message from the identity provider, by redirect or POST, for `party`.
pub async fn receive(request: HttpRequest, desk: &Desk, party: &Party, body: Option<&str>) -> HttpResponse {
    let (t, now) = (desk::language(&request), desk.now());
    let idp = match desk.idp(false, now).await {
        Ok(idp) => idp,
        Err(error) => return desk::problem(t, HttpResponse::BadGateway(), "idp", &error),
    };
    match unpack(&request, &idp, body) {
        Err(error) => desk::problem(t, HttpResponse::BadRequest(), "message", &error.to_string()),
        Ok((received, genuine)) => {
            let frame = Frame { party, idp: &idp, genuine, now };
            if received.kind == Kind::Request {
                return asked(desk, &frame, &received, t);
            }
            answered(desk, &frame, &received);
            desk::see_other("/")
        }
    }
}

/// The message and whether its signature holds. A posted one is replaced by the text that was signed.
fn unpack(request: &HttpRequest, idp: &Idp, body: Option<&str>) -> Result<(Received, bool), WireError> {
    let Some(body) = body else { return wire::from_query(request.query_string(), &idp.certificates) };
    let mut received = wire::from_form(body)?;
    let signed = signed::verified(&received.xml, &idp.certificates);
    let genuine = signed.is_some();
    if let Some(signed) = signed {
        received.xml = signed.xml;
    }
    Ok((received, genuine))
}

/// The identity provider's answer to our request.
fn answered(desk: &Desk, frame: &Frame<'_>, received: &Received) {
    let Ok(document) = xml::parse(&received.xml) else { return };
    let answer = document.root_element();
    let Some(leaving) = desk.sessions.take_leaving(xml::attribute(answer, "InResponseTo")) else { return };
    let mut checks = Checks::default();
    head(&mut checks, answer, "LogoutResponse", frame);
    checks.row("logout-party", "SAML Core 3.7.2").equals(&leaving.party.entity_id, &frame.party.entity_id);
    let relayed = received.relay_state.as_deref().unwrap_or_default();
    checks.row("relay-state", "SAML Bindings 3.4.3").equals(&leaving.relay_state, relayed);
    let codes: Vec<String> = answer
        .descendants()
        .filter(|node| xml::is(*node, SAMLP, "StatusCode"))
        .map(|node| xml::attribute(node, "Value").to_owned())
        .collect();
    let success = codes.first().is_some_and(|top| *top == format!("{STATUS}Success"));
    checks.row("status", "SAML Core 3.2.2.2").noted(success, format!("{STATUS}Success"), codes.join(" / "));
    let how = match (checks.failed(), success, codes.len()) {
        (true, _, _) | (false, false, _) => "refused",
        (false, true, 1) => "done",
        (false, true, _) => "partial",
    };
    desk.sessions.farewell(&leaving.browser, Farewell { how, checks: checks.into_lines() });
}

/// The identity provider's own request: end the sessions meant and say so.
fn asked(desk: &Desk, frame: &Frame<'_>, received: &Received, t: &Texts) -> HttpResponse {
    let refuse = |detail: &str| desk::problem(t, HttpResponse::BadRequest(), "message", detail);
    let document = match xml::parse(&received.xml) {
        Ok(document) => document,
        Err(error) => return refuse(&error.to_string()),
    };
    let (message, now) = (document.root_element(), frame.now);
    let mut checks = Checks::default();
    head(&mut checks, message, "LogoutRequest", frame);
    let end = xml::attribute(message, "NotOnOrAfter");
    let alive = end.is_empty() || report::instant(end).is_some_and(|end| now < report::skewed(end, SKEW));
    checks.row("not-on-or-after", "SAML Core 3.7.1").holds(alive, format!("> -{SKEW} s"), end);
    let id = xml::attribute(message, "ID");
    // Remembered only once it is known to be genuine, so that a forgery can't use up a real message's ID.
    let fresh = checks.failed() || desk.sessions.first_use(id, report::skewed(now, 3600));
    checks.row("replay", "SAML Profiles 4.4.4.1").holds(fresh, "1", if fresh { "1" } else { "2+" });
    if checks.failed() {
        let failed: Vec<String> = checks
            .into_lines()
            .into_iter()
            .filter(|check| check.result == report::Result::Fail)
            .map(|check| format!("{}: {}", t.of("check", check.id), check.found))
            .collect();
        return refuse(&failed.join("; "));
    }
    let name_id = xml::child(message, SAML, "NameID").map(xml::text).unwrap_or_default();
    let indexes: Vec<String> = xml::children(message, SAMLP, "SessionIndex").map(xml::text).collect();
    desk.sessions.end(frame.party, &name_id, &indexes);
    let slo = &frame.idp.slo;
    let (answer_id, request_id) = (desk::chance(), id.to_owned());
    let outgoing = Outgoing {
        party: frame.party,
        kind: Kind::Response,
        id: &answer_id,
        redirect: slo.redirect.as_ref().map(|plain| slo.answer.as_deref().unwrap_or(plain)),
        post: slo.post.as_ref().map(|plain| slo.answer_post.as_deref().unwrap_or(plain)),
        prefer_post: false,
        relay_state: received.relay_state.as_deref(),
    };
    desk::send(desk, &outgoing, now, t, |head| messages::logout_response(head, &request_id))
        .unwrap_or_else(|error| desk::problem(t, HttpResponse::InternalServerError(), "send", &error.to_string()))
}

/// What both kinds of message are held against.
struct Frame<'a> {
    party: &'a Party,
    idp: &'a Idp,
    genuine: bool,
    now: Timestamp,
}

fn head(checks: &mut Checks, message: roxmltree::Node<'_, '_>, name: &str, frame: &Frame<'_>) {
    let shape = if xml::is(message, SAMLP, name) { xml::attribute(message, "Version") } else { message.tag_name().name() };
    checks.row("logout-xml", "SAML Core 3.7").equals("2.0", shape);
    checks.row("logout-signature", "SAML Profiles 4.4.3").holds(
        frame.genuine,
        signed::RSA_SHA256,
        if frame.genuine { signed::RSA_SHA256 } else { "" },
    );
    checks.row("logout-destination", "SAML Bindings 3.4.5.2").equals(&frame.party.slo, xml::attribute(message, "Destination"));
    checks.row("response-issuer", "SAML Profiles 4.4.4.1").equals(&frame.idp.entity_id, &xml::child_text(message, SAML, "Issuer"));
    checks.row("logout-instant", "OIO-GE-01").recent(xml::attribute(message, "IssueInstant"), frame.now);
}
