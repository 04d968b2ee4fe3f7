//! The SAML endpoints. Anybody may send anything here: what is not a sound, signed message of a registered service gets
//! a plain page and changes nothing. The path goes on in `service::saml`.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
    web::Data,
};

use crate::{
    protocol::saml::{
        Reason, soap,
        wire::{self, Binding, Incoming},
    },
    service::{
        login::Held,
        saml::{self, Refused, slo, sso},
    },
    web::{
        answer,
        app::App,
        extract::body::Message,
        logout,
        page::saml::{Carries, Post},
        problem::Trouble,
        visit::{self, Visit},
    },
};

const REJECTED: &str = "saml.request.rejected";
const SLO_REJECTED: &str = "slo.rejected";

/// `GET /saml/metadata`: our metadata; with `?signed=1` signed, with `?binding=redirect` without HTTP-POST (NemLog-in).
pub async fn metadata(app: Data<App>, visit: Visit, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    let asked =
        |name: &str, value: &str| url::form_urlencoded::parse(request.query_string().as_bytes()).any(|(n, v)| n == name && v == value);
    let document = saml::own_metadata(&app.desk, &app.ground, asked("binding", "redirect"), asked("signed", "1"));
    let document = document.map_err(|refused| Trouble::saml(&visit, REJECTED, &refused))?;
    let disposition = (header::CONTENT_DISPOSITION, "inline; filename=\"portvagt-metadata.xml\"");
    Ok(HttpResponse::Ok().content_type("application/samlmetadata+xml").insert_header(disposition).body(document))
}

/// `GET /saml/sso`: a sign-on request by HTTP-Redirect.
pub async fn sso_redirect(app: Data<App>, visit: Visit, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    sign_on(&app, &visit, wire::from_query(request.query_string()).map_err(Refused::from)).await
}

/// `POST /saml/sso`: a sign-on request by HTTP-POST.
pub async fn sso_post(app: Data<App>, visit: Visit, body: Message) -> Result<HttpResponse, Trouble> {
    sign_on(&app, &visit, wire::from_form(&body.0).map_err(Refused::from)).await
}

async fn sign_on(app: &App, visit: &Visit, incoming: Result<Incoming, Refused>) -> Result<HttpResponse, Trouble> {
    let rejected = |refused: Refused| Trouble::saml(visit, REJECTED, &refused);
    let incoming = incoming.map_err(rejected)?;
    let outcome = sso::receive(&app.desk, &app.ground, incoming, visit.session.as_ref(), &visit.visitor).await;
    Ok(self::outcome(app, visit, outcome.map_err(rejected)?, None))
}

/// An outcome as the browser gets it. `held` is the flow that led here; it is over unless the outcome goes on with it.
pub fn outcome(app: &App, visit: &Visit, outcome: sso::Outcome, held: Option<&Held>) -> HttpResponse {
    let goes_on = matches!((&outcome, held), (sso::Outcome::Login(next), Some(held)) if next.id == held.id);
    let mut reply = match outcome {
        sso::Outcome::Login(next) => answer::at_flow(app, visit, &next),
        sso::Outcome::Answer(answer) => post(visit, answer.form, Some(answer.service), Carries::Response),
    };
    if let Some(held) = held.filter(|_| !goes_on) {
        answer::add(&mut reply, visit::drop_flow(held.id));
    }
    reply
}

fn post(visit: &Visit, form: wire::PostForm, service: Option<String>, carries: Carries) -> HttpResponse {
    Post { frame: visit.frame(), action: form.action, carries, message: form.message, relay_state: form.relay_state, service }.answer()
}

/// `GET /saml/slo`: a logout message by HTTP-Redirect.
pub async fn slo_redirect(app: Data<App>, visit: Visit, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    log_out(&app, &visit, wire::from_query(request.query_string()).map_err(Refused::from)).await
}

/// `POST /saml/slo`: a logout message by HTTP-POST.
pub async fn slo_post(app: Data<App>, visit: Visit, body: Message) -> Result<HttpResponse, Trouble> {
    log_out(&app, &visit, wire::from_form(&body.0).map_err(Refused::from)).await
}

async fn log_out(app: &App, visit: &Visit, incoming: Result<Incoming, Refused>) -> Result<HttpResponse, Trouble> {
    let rejected = |refused: Refused| Trouble::saml(visit, SLO_REJECTED, &refused);
    let incoming = incoming.map_err(rejected)?;
    let received = slo::receive(&app.desk, &app.ground, incoming, visit.session.as_ref(), &visit.visitor).await.map_err(rejected)?;
    match received {
        slo::Received::Answered(answered) => {
            let slo::Answered { delivery, service, own_ended, missed } = *answered;
            let mut reply = logout::done(visit, missed, delivery.map(|delivery| (delivery, service)));
            if own_ended {
                answer::add(&mut reply, visit::drop_session());
            }
            Ok(reply)
        }
        slo::Received::Carried(carried) => Ok(logout::carry(visit, &carried)),
        // A redirect shows our cookies: another browser than the one that carries the logout has nothing to say in it.
        slo::Received::Heard(id, Binding::Redirect, _) if visit.carried(&id.to_string()).is_none() => {
            Err(rejected(Reason::RelayState.into()))
        }
        slo::Received::Heard(id, _, said) => Ok(answer::see(&format!("/logout/services?logout={id}&said={said}"))),
    }
}

/// `POST /saml/slo/soap`: a logout request by the back-channel, from a relying party's own machine.
pub async fn slo_soap(app: Data<App>, visit: Visit, body: Message) -> HttpResponse {
    let received = slo::receive_by_soap(&app.desk, &app.ground, &body.0, &visit.visitor).await;
    let reply = |status: StatusCode, envelope: String| HttpResponse::build(status).content_type(soap::MEDIA_TYPE).body(envelope);
    match received {
        Ok(envelope) => reply(StatusCode::OK, envelope),
        Err(refused) => {
            // Logged there; a machine gets the status, and no page.
            let trouble = Trouble::saml(&visit, SLO_REJECTED, &refused);
            let status = if trouble.status_code().is_client_error() { StatusCode::BAD_REQUEST } else { trouble.status_code() };
            reply(status, soap::fault())
        }
    }
}
