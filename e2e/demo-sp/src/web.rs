//! The routes: start page, login, the place responses arrive, metadata, and the verdict as JSON for tests.
//! No message is judged here; that is `judge` and `logout`. Next: `templates/page/start.html`.

use std::net::SocketAddr;

use actix_web::http::header::{CONTENT_TYPE, ContentType};
use actix_web::middleware::{DefaultHeaders, NormalizePath};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, HttpServer, web};
use jiff::Timestamp;
use serde_json::json;
use url::form_urlencoded;

use crate::attributes::Level;
use crate::desk::{self, Desk, Outgoing};
use crate::judge::{self, Asked, Bench, Outcome, Verdict, report::Check};
use crate::pages::{Choice, Shown, Start};
use crate::party::{Party, Suite};
use crate::texts::Texts;
use crate::wire::{self, Kind};
use crate::xml::MAX_BYTES;
use crate::{logout, messages};

const STYLE: &str = include_str!("../static/demo.css");
const SCRIPT: &str = include_str!("../static/post.js");
const ICON: &str = include_str!("../static/icon.svg");

/// Serves until the process is told to stop.
#[actix_web::main]
pub async fn serve(desk: Desk, listen: SocketAddr) -> std::io::Result<()> {
    let desk = web::Data::new(desk);
    HttpServer::new(move || {
        App::new()
            .app_data(desk.clone())
            // Base64 adds a third, percent-encoding of `+` and `/` a little more.
            .app_data(web::PayloadConfig::new(MAX_BYTES * 2))
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
            .wrap(NormalizePath::trim())
            .configure(routes)
    })
    .workers(2)
    .shutdown_timeout(2)
    .bind(listen)?
    .run()
    .await
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(start))
        .route("/", web::head().to(start))
        .route("/login", web::get().to(login))
        .route("/acs", web::post().to(arrive))
        .route("/acs/judge", web::get().to(conclude))
        .route("/acs/{suite}", web::post().to(arrive))
        .route("/logout", web::get().to(logout::leave))
        .route("/logout", web::post().to(logout::leave))
        .route("/slo", web::get().to(slo_redirect))
        .route("/slo", web::post().to(slo_post))
        .route("/slo/{suite}", web::get().to(slo_redirect))
        .route("/slo/{suite}", web::post().to(slo_post))
        .route("/metadata", web::get().to(metadata))
        .route("/metadata/{suite}", web::get().to(metadata))
        .route("/verdict.json", web::get().to(verdict_json))
        .route("/language/{language}", web::get().to(language))
        .route("/static/demo.css", web::get().to(|| async { file("text/css; charset=utf-8", STYLE) }))
        .route("/static/post.js", web::get().to(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/static/icon.svg", web::get().to(|| async { file("image/svg+xml", ICON) }));
}

fn file(kind: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).body(content)
}

/// The entity a path is for: the default one unless its last part names another.
fn party<'a>(desk: &'a Desk, request: &HttpRequest) -> Option<&'a Party> {
    match request.match_info().get("suite") {
        None => desk.parties.first(),
        Some(word) => desk.parties.iter().find(|party| party.suite == Suite::Aes128 && party.suite.word() == word),
    }
}

async fn start(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let now = desk.now();
    let browser = desk.sessions.find(&desk::session_id(&request), now);
    let idp = desk.idp(false, now).await;
    let origins = idp.as_ref().map(|idp| idp.origins()).unwrap_or_default();
    let page = Start {
        t: desk::language(&request),
        choice: Choice { level: desk.level, parties: &desk.parties },
        idp: idp.map(|idp| idp.entity_id.clone()),
        shown: browser.as_ref().and_then(|browser| browser.verdict.as_deref()).map(Shown::new),
        farewell: browser.as_ref().and_then(|browser| browser.farewell.as_ref()),
    };
    desk::dress(HttpResponse::Ok(), &page, &origins, false)
}

/// `GET /login?level=&force=&passive=&binding=&encryption=`: every part may be left out.
async fn login(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let (t, now) = (desk::language(&request), desk.now());
    let idp = match desk.idp(true, now).await {
        Ok(idp) => idp,
        Err(error) => return desk::problem(t, HttpResponse::BadGateway(), "idp", &error),
    };
    let chosen = |name: &str| {
        form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let suite = Suite::from_word(&chosen("encryption")).unwrap_or(Suite::Aes256);
    let Some(party) = desk.parties.iter().find(|party| party.suite == suite) else {
        return HttpResponse::NotFound().finish();
    };
    let asked = Asked {
        id: desk::chance(),
        party: party.clone(),
        level: Level::from_word(&chosen("level")).unwrap_or(desk.level),
        forced: chosen("force") == "1",
        passive: chosen("passive") == "1",
        relay_state: desk::chance(),
        sent: now,
    };
    let outgoing = Outgoing {
        party,
        kind: Kind::Request,
        id: &asked.id,
        redirect: idp.sso.redirect.as_deref(),
        post: idp.sso.post.as_deref(),
        prefer_post: chosen("binding") == "post",
        relay_state: Some(&asked.relay_state),
    };
    let sent = desk::send(&desk, &outgoing, now, t, |head| messages::authn_request(head, asked.level, asked.forced, asked.passive));
    let mut answer = match sent {
        Ok(answer) => answer,
        Err(error) => return desk::problem(t, HttpResponse::InternalServerError(), "send", &error.to_string()),
    };
    let known = Some(desk::session_id(&request)).filter(|id| desk.sessions.find(id, now).is_some());
    let id = known.unwrap_or_else(desk::chance);
    desk.sessions.ask(&id, asked.clone(), now);
    if answer.add_cookie(&desk::session_cookie(&id)).is_err() {
        return HttpResponse::InternalServerError().finish();
    }
    answer
}

/// `POST /acs`: from another site, so without our cookie. The response waits, and the browser comes for it by GET.
async fn arrive(request: HttpRequest, desk: web::Data<Desk>, body: String) -> HttpResponse {
    let t = desk::language(&request);
    let Some(party) = party(&desk, &request) else { return HttpResponse::NotFound().finish() };
    match form(&request, &body, Kind::Response) {
        Ok(received) => {
            let handle = desk::chance();
            desk.sessions.arrive(&handle, party.clone(), received, desk.now());
            desk::see_other(&format!("/acs/judge?arrival={handle}"))
        }
        Err(error) => desk::problem(t, HttpResponse::BadRequest(), "message", &error.to_string()),
    }
}

fn form(request: &HttpRequest, body: &str, kind: Kind) -> Result<wire::Received, wire::WireError> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(wire::WireError::Encoding("Content-Type"));
    }
    wire::from_form(body).and_then(
        |received| {
            if received.kind == kind { Ok(received) } else { Err(wire::WireError::Parameter(kind.parameter())) }
        },
    )
}

/// `GET /acs/judge`: now with the browser's cookie, so that only a request of this browser is answered.
async fn conclude(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let (t, now, browser) = (desk::language(&request), desk.now(), desk::session_id(&request));
    let handle = request.query_string().strip_prefix("arrival=").unwrap_or_default();
    let Some((party, received)) = desk.sessions.take_arrival(handle, now) else { return desk::see_other("/") };
    let idp = match desk.idp(false, now).await {
        Ok(idp) => idp,
        Err(error) => return desk::problem(t, HttpResponse::BadGateway(), "idp", &error),
    };
    let asked = judge::envelope::in_response_to(&received).and_then(|id| desk.sessions.take_asked(&browser, &id, now));
    let first_use = |id: &str, until: Timestamp| desk.sessions.first_use(id, until);
    let bench = Bench { now, party: &party, asked: asked.as_ref(), idp: &idp, key: &desk.key, first_use: &first_use };
    let verdict = judge::envelope::judge(&received, &bench);
    let id = desk::chance();
    desk.sessions.conclude(&browser, &id, verdict, now);
    let mut answer = desk::see_other("/");
    if answer.add_cookie(&desk::session_cookie(&id)).is_err() {
        return HttpResponse::InternalServerError().finish();
    }
    answer
}

async fn slo_redirect(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let Some(party) = party(&desk, &request) else { return HttpResponse::NotFound().finish() };
    logout::receive(request.clone(), &desk, party, None).await
}

async fn slo_post(request: HttpRequest, desk: web::Data<Desk>, body: String) -> HttpResponse {
    let Some(party) = party(&desk, &request) else { return HttpResponse::NotFound().finish() };
    logout::receive(request.clone(), &desk, party, Some(&body)).await
}

async fn metadata(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let Some(party) = party(&desk, &request) else { return HttpResponse::NotFound().finish() };
    match party.metadata(&desk.key) {
        Ok(xml) => HttpResponse::Ok().content_type("application/samlmetadata+xml").body(xml),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn language(request: HttpRequest) -> HttpResponse {
    let language = if request.match_info().get("language") == Some("en") { "en" } else { "da" };
    let mut answer = desk::see_other("/");
    if answer.add_cookie(&desk::language_cookie(language)).is_err() {
        return HttpResponse::InternalServerError().finish();
    }
    answer
}

/// The same finding as on the page, for programs.
async fn verdict_json(request: HttpRequest, desk: web::Data<Desk>) -> HttpResponse {
    let browser = desk.sessions.find(&desk::session_id(&request), desk.now());
    let verdict = browser.as_ref().and_then(|browser| browser.verdict.as_deref());
    let farewell = browser.as_ref().and_then(|browser| browser.farewell.as_ref());
    let t = desk::language(&request);
    let body = json!({
        "logged_in": verdict.is_some_and(|verdict| verdict.outcome == Outcome::Accepted),
        "response": verdict.map(|verdict| verdict_value(verdict, t)),
        "logout": farewell.map(|farewell| json!({ "how": farewell.how, "checks": checks_value(&farewell.checks, t) })),
    });
    HttpResponse::Ok().insert_header(ContentType::json()).insert_header(("Cache-Control", "no-store")).body(body.to_string())
}

fn verdict_value(verdict: &Verdict, t: &Texts) -> serde_json::Value {
    let facts = verdict.facts.as_ref().map(|facts| {
        let attributes: serde_json::Map<_, _> = facts.attributes.iter().map(|one| (one.name.clone(), json!(one.values))).collect();
        json!({
            "id": facts.id,
            "issuer": facts.issuer,
            "name_id": facts.name_id.value,
            "name_id_format": facts.name_id.format,
            "sp_name_qualifier": facts.name_id.sp_name_qualifier,
            "session_index": facts.session_index,
            "authn_instant": facts.authenticated,
            "class_ref": facts.class_ref,
            "level": facts.level.map(Level::word),
            "attributes": attributes,
        })
    });
    json!({
        "outcome": match verdict.outcome {
            Outcome::Accepted => "accepted",
            Outcome::Declined => "declined",
            Outcome::Refused => "refused",
        },
        "status": verdict.status,
        "status_message": verdict.status_message,
        "entity_id": verdict.party.entity_id,
        "assertion": facts,
        "encryption": verdict.encryption.as_ref().map(|named| json!({ "content": named.content, "key_transport": named.transport })),
        "certificate": verdict.certificate,
        "judged": messages::date_time(verdict.judged),
        "checks": checks_value(&verdict.checks, t),
    })
}

fn checks_value(checks: &[Check], t: &Texts) -> serde_json::Value {
    checks
        .iter()
        .map(|check| {
            json!({
                "id": check.id,
                "title": t.of("check", check.id),
                "source": check.source,
                "result": check.result.word(),
                "expected": check.expected,
                "found": check.found,
            })
        })
        .collect()
}
