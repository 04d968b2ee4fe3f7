//! Logging out: asked for by a link, done by a form.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::id::Id,
    domain::client::Client,
    service::sessions,
    storage::clients,
    web::{
        answer,
        app::App,
        extract::{
            csrf::{CsrfForm, Holder},
            present::SignedIn,
        },
        page::{self, Frame, logout as logout_pages, problem},
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `GET /logout`: asks first; a link alone logs nobody out.
pub async fn ask(who: SignedIn) -> HttpResponse {
    page::ok(&logout_pages::LogoutConfirm { frame: who.frame, cancel: "/account".to_owned() })
}

/// `POST /logout`.
pub async fn logout(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let Holder::Session(token) = &form.holder else { return Err(Trouble::of(&visit, problem::Kind::Forbidden, "csrf.rejected", "token")) };
    let ended = sessions::end(&app.ground, token, None, &visit.visitor).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let used: Vec<Id<Client>> = ended.unwrap_or_default().into_iter().map(|participant| participant.client).collect();
    let services = clients::names(&app.ground.db, &used).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    Ok(done(&visit, services))
}

/// The page after the end of this browser's session, with the services where one may still be logged in.
pub fn done(visit: &Visit, services: Vec<(Id<Client>, String)>) -> HttpResponse {
    let ids: String = services.iter().map(|(id, _)| format!("{id}.")).collect();
    let mut here = format!("/logged-out?services={ids}");
    // In the other language the page knows as many of the services as an address holds.
    here.truncate(visit::LONGEST_WAY_BACK);
    let services = services.into_iter().map(|(_, name)| name).collect();
    let mut reply = page::ok(&logout_pages::LoggedOut { frame: Frame { here: Some(here), ..visit.frame() }, services });
    answer::add(&mut reply, visit::drop_session());
    reply
}

/// `?services=`: ids of relying parties, each with a dot behind it.
#[derive(Debug, Deserialize)]
pub struct Left {
    services: Option<String>,
}

/// Services that the page names at most: anybody may make up its address.
const NAMED: usize = 20;

/// `GET /logged-out`.
pub async fn logged_out(app: Data<App>, visit: Visit, query: Query<Left>) -> Result<HttpResponse, Trouble> {
    let mut ids: Vec<Id<Client>> = Vec::new();
    for id in query.services.as_deref().unwrap_or_default().split('.').take(NAMED).filter_map(|id| id.parse().ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let names = clients::names(&app.ground.db, &ids).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let services = names.into_iter().map(|(_, name)| name).collect();
    Ok(page::ok(&logout_pages::LoggedOut { frame: Frame { here: Some(visit.here.clone()), ..visit.frame() }, services }))
}
