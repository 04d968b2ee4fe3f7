//! Logging out: asked for by a link, done by a form. What the browser carries to services stands in `web::logout`.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::id::Id,
    domain::{client::Client, person::Person, session::Session},
    service::{
        saml::chain::{self, Ending},
        sessions,
    },
    storage::{clients, sessions as stored},
    web::{
        answer,
        app::App,
        extract::{
            csrf::{CsrfForm, Holder},
            present::SignedIn,
        },
        logout as carrying,
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
    let session = stored::find(&app.ground.db, &token.hash()).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    leave(&app, &visit, session.into_iter().collect(), None).await
}

/// Ends everything of the person: this browser's session is the one whose services it goes on to.
pub async fn everywhere(app: &App, visit: &Visit, who: &SignedIn) -> Result<HttpResponse, Trouble> {
    let (person, current) = (who.present.person.id, who.present.session.id);
    let mut all = sessions::list(&app.ground, person).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    all.sort_by_key(|session| session.id != current);
    leave(app, visit, all, Some(person)).await
}

async fn leave(app: &App, visit: &Visit, sessions: Vec<Session>, everything_of: Option<Id<Person>>) -> Result<HttpResponse, Trouble> {
    let ending = Ending { sessions, everything_of, by_browser: true, initiator: None, actor: None };
    let ended = chain::end(&app.desk, &app.ground, ending, &visit.visitor).await;
    let ended = ended.map_err(|refused| Trouble::saml(visit, "slo.failed", &refused))?;
    match ended.carried {
        Some(carried) => Ok(carrying::carry(visit, &carried)),
        None => {
            let missed = clients::names(&app.ground.db, &ended.missed).await.map_err(|fault| Trouble::storage(visit, &fault))?;
            let mut reply = carrying::done(visit, missed, None);
            answer::add(&mut reply, visit::drop_session());
            Ok(reply)
        }
    }
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
    let frame = Frame { here: Some(visit.here.clone()), ..visit.frame() };
    Ok(page::ok(&logout_pages::LoggedOut { frame, services, back: None }))
}
