//! A logout on its way through the browser: off to one service after another, each by a signed request, and back here in
//! between. Only the browser that holds the logout's cookie goes on. The path goes on in `service::saml::chain`.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::id::Id,
    domain::client::Client,
    protocol::saml::wire::Delivery,
    service::{
        saml::chain::{self, Carried, Step},
        sessions,
    },
    web::{
        answer,
        app::App,
        page::{
            Frame,
            logout::{Carry, LoggedOut},
            problem::Kind,
            saml::{Carries, Post},
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

const REJECTED: &str = "slo.rejected";

/// The browser begins to carry a logout.
pub fn carry(visit: &Visit, carried: &Carried) -> HttpResponse {
    let mut reply = answer::see(&format!("/logout/services?logout={}", carried.id));
    answer::add(&mut reply, visit::keep_logout(carried));
    if visit.session.is_some() {
        answer::add(&mut reply, visit::drop_session());
    }
    reply
}

/// `?logout=`, and what the last service said, or that it is passed over.
#[derive(Debug, Deserialize)]
pub struct OnTheWay {
    logout: String,
    said: Option<String>,
}

/// `GET /logout/services?logout=&said=`: takes in what was said, and goes on to the next.
pub async fn services(app: Data<App>, visit: Visit, query: Query<OnTheWay>) -> Result<HttpResponse, Trouble> {
    let Some(carried) = visit.carried(&query.logout) else {
        return Err(Trouble::of(&visit, Kind::BadRequest { reason: "cookie".to_owned() }, REJECTED, "cookie"));
    };
    let (ground, incident) = (&app.ground, &visit.visitor.incident);
    let broken = |refused| Trouble::saml(&visit, REJECTED, &refused);
    if let Some(said) = &query.said {
        if !chain::hear(ground, &carried, said, incident).await.map_err(broken)? {
            return Err(Trouble::of(&visit, Kind::BadRequest { reason: "answer".to_owned() }, REJECTED, "answer"));
        }
        // Without what was said, so that the page may be asked for again.
        return Ok(answer::see(&format!("/logout/services?logout={}", carried.id)));
    }
    let mut reply = match chain::next(&app.desk, ground, &carried, incident).await.map_err(broken)? {
        Some(Step::Ask { delivery, service, skip }) => {
            let here = format!("/logout/services?logout={}", carried.id);
            let frame = Frame { here: Some(here.clone()), ..visit.frame() };
            Carry::of(frame, delivery, service, format!("{here}&said={skip}")).answer()
        }
        Some(Step::Done(last)) => {
            let mut reply = done(&visit, last.missed, last.answer);
            answer::add(&mut reply, visit::drop_logout(&carried));
            reply
        }
        None => answer::see("/logged-out"),
    };
    // A form of another site brought no cookie to be taken away.
    if let Some(token) = &visit.session
        && sessions::present(ground, token).await.map_err(|fault| Trouble::storage(&visit, &fault))?.is_none()
    {
        answer::add(&mut reply, visit::drop_session());
    }
    Ok(reply)
}

/// The end: straight back to whoever asked, or the page that says where one may still be logged in.
pub fn done(visit: &Visit, missed: Vec<(Id<Client>, String)>, back: Option<(Delivery, String)>) -> HttpResponse {
    match back {
        Some((Delivery::Redirect(url), _)) if missed.is_empty() => answer::see(&url),
        Some((Delivery::Post(form), service)) if missed.is_empty() => {
            let (message, relay_state) = (form.message, form.relay_state);
            let (carries, service) = (Carries::Response, Some(service));
            Post { frame: visit.frame(), action: form.action, carries, message, relay_state, service }.answer()
        }
        back => {
            let ids: String = missed.iter().map(|(id, _)| format!("{id}.")).collect();
            let mut here = format!("/logged-out?services={ids}");
            // In the other language the page knows as many of the services as an address holds.
            here.truncate(visit::LONGEST_WAY_BACK);
            // The way back to whoever asked would be lost in it.
            let frame = Frame { here: back.is_none().then_some(here), ..visit.frame() };
            LoggedOut { frame, services: missed.into_iter().map(|(_, name)| name).collect(), back }.answer()
        }
    }
}
