//! Enrolment pages, for the first login and for the person's own page alike: both hold a flow at stage `enrol`.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use qrcode::{QrCode, render::svg};
use serde_json::{Value, json};

use crate::{
    domain::flow::Enrol,
    service::{
        enrolment::{self, Enrolled},
        login::{self, Held},
    },
    web::{
        answer,
        app::App,
        extract::csrf::{CsrfForm, CsrfJson},
        login as room,
        page::{self, Frame, enrol as pages, login::FormError, problem},
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `GET /login/enrol?flow=`: which authenticator to set up.
pub async fn show(app: Data<App>, visit: Visit, query: Query<room::AtFlow>) -> Result<HttpResponse, Trouble> {
    let held = held(&visit, &query)?;
    login::open::<Enrol>(&app.ground, &held).await.map_err(|refusal| Trouble::login(&visit, &refusal))?;
    let frame = frame(&app, &visit, &held, "")?;
    Ok(page::ok(&pages::Enrol { frame, flow: held.id.to_string(), totp: true, passkey: true }))
}

/// `POST /login/enrol/totp`: an authenticator app it shall be.
pub async fn choose_totp(visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    Ok(answer::see(&format!("/login/enrol/totp?flow={}", held.id)))
}

/// `GET /login/enrol/totp?flow=`: the picture and the secret.
pub async fn show_totp(app: Data<App>, visit: Visit, query: Query<room::AtFlow>) -> Result<HttpResponse, Trouble> {
    let held = held(&visit, &query)?;
    totp_page(&app, &visit, &held, None).await
}

/// `POST /login/enrol/totp/confirm`: the first code.
pub async fn confirm_totp(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let enrolled = enrolment::confirm_totp(&app.ground, &held, form.field("code"), &visit.visitor).await;
    match enrolled.map_err(|refusal| Trouble::login(&visit, &refusal))? {
        Enrolled::LoggedIn(entered) => room::welcome(&app, &visit, &held, *entered).await,
        Enrolled::Added => Ok(added(&held)),
        Enrolled::WrongCode | Enrolled::Unacceptable => totp_page(&app, &visit, &held, Some(FormError::Refused)).await,
    }
}

async fn totp_page(app: &App, visit: &Visit, held: &Held, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let offer = enrolment::offer_totp(&app.ground, held).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    let code = QrCode::new(offer.uri.as_bytes()).map_err(|error| Trouble::internal(visit, &error))?;
    let page = pages::EnrolTotp {
        frame: frame(app, visit, held, "/totp")?,
        flow: held.id.to_string(),
        post: "/login/enrol/totp/confirm".to_owned(),
        cancel: cancel(app, visit, held).await?,
        qr: code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build(),
        secret: offer.secret,
        error,
    };
    Ok(answer::shown(&page, error))
}

/// `GET /login/enrol/passkey?flow=`: a name and a button.
pub async fn show_passkey(app: Data<App>, visit: Visit, query: Query<room::AtFlow>) -> Result<HttpResponse, Trouble> {
    let held = held(&visit, &query)?;
    let cancel = cancel(&app, &visit, &held).await?;
    let page = pages::EnrolPasskey {
        frame: frame(&app, &visit, &held, "/passkey")?,
        flow: held.id.to_string(),
        start: "/login/enrol/passkey/start".to_owned(),
        finish: "/login/enrol/passkey/finish".to_owned(),
        cancel,
    };
    Ok(page::ok(&page))
}

/// `POST /login/enrol/passkey/start`: options for a new key.
pub async fn start_passkey(app: Data<App>, visit: Visit, json: CsrfJson) -> Result<HttpResponse, Trouble> {
    let held = json.flow(&visit)?;
    let options = enrolment::offer_key(&app.ground, &app.ceremonies, &held).await;
    Ok(HttpResponse::Ok().json(options.map_err(|refusal| Trouble::login(&visit, &refusal).as_document())?))
}

/// `POST /login/enrol/passkey/finish`: judges the new key.
pub async fn finish_passkey(app: Data<App>, visit: Visit, json: CsrfJson) -> Result<HttpResponse, Trouble> {
    let held = json.flow(&visit)?;
    let credential = json.body.get("credential").cloned().unwrap_or_default();
    let name = json.body.get("name").and_then(Value::as_str).unwrap_or_default();
    let enrolled = enrolment::confirm_key(&app.ground, &app.ceremonies, &held, (&credential, name), &visit.visitor).await;
    match enrolled.map_err(|refusal| Trouble::login(&visit, &refusal).as_document())? {
        Enrolled::LoggedIn(entered) => room::welcome_script(&app, &visit, &held, *entered).await,
        Enrolled::Added => {
            let mut reply = HttpResponse::Ok().json(json!({ "next": "/account/authenticators?done=added" }));
            answer::add(&mut reply, visit::drop_flow(held.id));
            Ok(reply)
        }
        Enrolled::WrongCode | Enrolled::Unacceptable => {
            let kind = problem::Kind::BadRequest { reason: "credential".to_owned() };
            Err(Trouble::logged(&visit, kind).as_document())
        }
    }
}

fn added(held: &Held) -> HttpResponse {
    let mut reply = answer::see("/account/authenticators?done=added");
    answer::add(&mut reply, visit::drop_flow(held.id));
    reply
}

/// Back to the choice at first login, to the person's page later.
async fn cancel(app: &App, visit: &Visit, held: &Held) -> Result<String, Trouble> {
    let flow = login::open::<Enrol>(&app.ground, held).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    Ok(if flow.stage.session.is_some() { "/account/authenticators".to_owned() } else { format!("/login/enrol?flow={}", held.id) })
}

/// The frame of one of the pages here, which the language switch comes back to.
fn frame(app: &App, visit: &Visit, held: &Held, page: &str) -> Result<Frame, Trouble> {
    Ok(Frame { here: Some(format!("/login/enrol{page}?flow={}", held.id)), ..answer::frame(app, visit, held)? })
}

fn held(visit: &Visit, query: &room::AtFlow) -> Result<Held, Trouble> {
    let held = query.flow.as_deref().and_then(|id| visit.held(id));
    held.ok_or_else(|| Trouble::of(visit, problem::Kind::FlowGone, "flow.cookie_mismatch", "cookie"))
}
