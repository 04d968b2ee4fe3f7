//! Where one is logged in, and logging out there: one place, all others, or everywhere. Ending needs no fresh login: it
//! must never be hard to do (docs/decisions/0027).

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};

use crate::{
    protocol::browser,
    service::sessions,
    storage,
    web::{
        account::{door, logout, overview::Done},
        answer,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        page::{
            self,
            account::sessions::{Login, Sessions},
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `GET /account/sessions`.
pub async fn list(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Done>) -> Result<HttpResponse, Trouble> {
    let broken = |fault| Trouble::storage(&visit, &fault);
    let (person, current) = (who.present.person.id, who.present.session.id);
    let alive = sessions::list(&app.ground, person).await.map_err(broken)?;
    let visited = storage::sessions::visited_by(&app.ground.db, person).await.map_err(broken)?;
    let mut logins: Vec<Login> = alive
        .iter()
        .map(|one| Login {
            id: one.id.to_string(),
            browser: browser::read(&one.user_agent),
            address: one.address.clone(),
            started: one.created_at,
            used: one.last_seen_at,
            services: visited.iter().filter(|visit| visit.session == one.id).map(|visit| visit.name.clone()).collect(),
            current: one.id == current,
        })
        .collect();
    logins.sort_by_key(|login| !login.current);
    Ok(page::ok(&Sessions { frame: who.frame, logins, notice: query.notice() }))
}

/// `POST /account/sessions/end`.
pub async fn end(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let broken = |fault| Trouble::storage(&visit, &fault);
    let (ground, person, current) = (&app.ground, who.present.person.id, who.present.session.id);
    match form.field("session") {
        "all" => logout::everywhere(&app, &visit, &who).await,
        "others" => {
            sessions::end_others(ground, person, current, &visit.visitor).await.map_err(broken)?;
            Ok(answer::see("/account/sessions?done=ended-elsewhere"))
        }
        id => {
            let Ok(id) = id.parse() else { return Err(door::not_here(&visit, "session")) };
            sessions::end_one(ground, person, id, &visit.visitor).await.map_err(broken)?;
            Ok(answer::see("/account/sessions?done=ended"))
        }
    }
}
