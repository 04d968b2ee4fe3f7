//! Locking one's own identity: from one's own pages, and from the login page for those who cannot log in. Neither asks for
//! a fresh login: it must never be hard to do.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::secret::Secret,
    service::{
        activity::{self, Deed, Place},
        login::Held,
        self_lock, sessions,
    },
    web::{
        account::door,
        answer,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        login::{self, AtFlow},
        page::{
            self,
            account::{
                activity::Report,
                lock::{ConfirmLock, LockByPassword, Locked},
            },
            login::FormError,
            problem,
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `GET /account/lock`: asks first.
pub async fn ask(who: SignedIn) -> HttpResponse {
    page::ok(&ConfirmLock { frame: who.frame })
}

/// `POST /account/lock`.
pub async fn lock(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let locked = self_lock::from_own_pages(&app.ground, who.present.person.id, &visit.visitor).await;
    locked.map_err(|fault| Trouble::storage(&visit, &fault))?;
    Ok(done(&app, &visit, false))
}

/// `?event=`.
#[derive(Debug, Deserialize)]
pub struct Which {
    event: String,
}

/// `GET /account/activity/report?event=`: asks first.
pub async fn ask_not_me(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Which>) -> Result<HttpResponse, Trouble> {
    let deed = find(&app, &visit, &who, &query.event).await?;
    Ok(page::ok(&Report { frame: who.frame, deed }))
}

/// `POST /account/activity/report`.
pub async fn not_me(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let deed = find(&app, &visit, &who, form.field("event")).await?;
    let locked = self_lock::not_me(&app.ground, who.present.person.id, &deed, &visit.visitor).await;
    locked.map_err(|fault| Trouble::storage(&visit, &fault))?;
    Ok(done(&app, &visit, true))
}

async fn find(app: &App, visit: &Visit, who: &SignedIn, event: &str) -> Result<Deed, Trouble> {
    let Some(place) = Place::from_text(event) else { return Err(door::not_here(visit, "event")) };
    let found = activity::one(&app.ground, who.present.person.id, &place).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    found.ok_or_else(|| door::not_here(visit, "event"))
}

/// `GET /lock`: begins, or shows the form.
pub async fn ask_by_password(app: Data<App>, visit: Visit, query: Query<AtFlow>) -> Result<HttpResponse, Trouble> {
    let broken = |fault| Trouble::storage(&visit, &fault);
    let Some(id) = query.into_inner().flow else {
        if let Some(token) = &visit.session
            && sessions::present(&app.ground, token).await.map_err(broken)?.is_some()
        {
            return Ok(answer::see("/account/lock"));
        }
        let held = self_lock::begin(&app.ground).map_err(|error| Trouble::internal(&visit, &error))?;
        let mut reply = answer::see(&format!("/lock?flow={}", held.id));
        answer::add(&mut reply, visit::keep_flow(&held, app.ground.rules.session.flow_seconds));
        for surplus in visit.surplus_flows() {
            answer::add(&mut reply, surplus);
        }
        return Ok(reply);
    };
    let Some(held) = visit.held(&id) else { return Err(Trouble::of(&visit, problem::Kind::FlowGone, "flow.cookie_mismatch", "cookie")) };
    self_lock::is_open(&app.ground, &held).await.map_err(|refusal| Trouble::login(&visit, &refusal))?;
    by_password_page(&app, &visit, &held, "", None)
}

/// `POST /lock`.
pub async fn by_password(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let user_name = form.field("user_name");
    let password = Secret::new(form.field("password").to_owned());
    match self_lock::by_password(&app.ground, &held, (user_name, password), &visit.visitor).await {
        Ok(()) => {
            let mut reply = done(&app, &visit, false);
            answer::add(&mut reply, visit::drop_flow(held.id));
            Ok(reply)
        }
        Err(refusal) => {
            let error = login::form_error(&visit, refusal)?;
            by_password_page(&app, &visit, &held, user_name, Some(error))
        }
    }
}

fn by_password_page(app: &App, visit: &Visit, held: &Held, user_name: &str, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let mut frame = answer::frame(app, visit, held)?;
    frame.here = Some(format!("/lock?flow={}", held.id));
    let page = LockByPassword { frame, flow: held.id.to_string(), user_name: user_name.chars().take(64).collect(), error };
    Ok(answer::shown(&page, error))
}

fn done(app: &App, visit: &Visit, misuse: bool) -> HttpResponse {
    let (contact, incident) = (app.site.contact.clone(), visit.visitor.incident.to_string());
    let mut reply = page::ok(&Locked { frame: visit.frame(), misuse, contact, incident });
    answer::add(&mut reply, visit::drop_session());
    reply
}
