//! What one logs in with: seen, added, named and removed. Every change needs a fresh login with two factors.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::{factor, flow::Wanted},
    protocol::browser,
    service::{activation::attached, enrolment},
    storage::{
        attached as rows,
        authenticators::{self, LastPlace},
    },
    web::{
        account::{door, overview::Done},
        activate, answer,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        page::{
            self,
            account::{
                Notice,
                authenticators::{Authenticator, Authenticators, ConfirmRemove, Rename},
            },
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

const HERE: &str = "/account/authenticators";

/// `GET /account/authenticators`.
pub async fn list(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Done>) -> Result<HttpResponse, Trouble> {
    Ok(page::ok(&list_page(&app, &visit, who, (query.notice(), false)).await?))
}

async fn list_page(app: &App, visit: &Visit, who: SignedIn, (notice, wrong): (Option<Notice>, bool)) -> Result<Authenticators, Trouble> {
    let broken = |fault| Trouble::storage(visit, &fault);
    let person = who.present.person.id;
    let enrolled = authenticators::of_person(&app.ground.db, person).await.map_err(broken)?;
    let places = authenticators::last_places(&app.ground.db, person).await.map_err(broken)?;
    let place = |one: &factor::Authenticator| places.iter().find(|place| place.authenticator == one.id);
    let attached = rows::of_person(&app.ground.db, person).await.map_err(broken)?;
    Ok(Authenticators {
        frame: who.frame,
        authenticators: enrolled.iter().map(|one| shown(one, place(one))).collect(),
        attached: attached.into_iter().map(|one| one.name).collect(),
        wrong,
        notice,
    })
}

/// `POST /account/attached`: the code of an app that somebody else attached; it is theirs from now on.
pub async fn take_attached(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let fresh = match door::fresh(&app, &visit, &who, Wanted::Authenticators).await? {
        Ok(fresh) => fresh,
        Err(first) => return Ok(first),
    };
    match attached::take(&app.ground, fresh, form.field("code"), &visit.visitor).await {
        Ok(true) => Ok(answer::see(&format!("{HERE}?done=added"))),
        Ok(false) => {
            let page = list_page(&app, &visit, who, (None, true)).await?;
            Ok(page::answer(StatusCode::UNAUTHORIZED, &page))
        }
        Err(refusal) => Err(activate::trouble(&visit, refusal)),
    }
}

fn shown(one: &factor::Authenticator, place: Option<&LastPlace>) -> Authenticator {
    Authenticator {
        id: one.id.to_string(),
        kind: one.kind,
        name: one.name.clone(),
        added: one.enrolled_at,
        used: one.last_used_at,
        service: place.and_then(|place| place.client.clone()),
        browser: place.map(|place| browser::read(&place.browser)),
    }
}

/// `POST /account/totp`: begins the enrolment of an authenticator app.
pub async fn begin_totp(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    begin(&app, &visit, &who, "totp").await
}

/// `GET /account/passkey`: begins the enrolment of a passkey.
pub async fn begin_passkey(app: Data<App>, visit: Visit, who: SignedIn) -> Result<HttpResponse, Trouble> {
    begin(&app, &visit, &who, "passkey").await
}

async fn begin(app: &App, visit: &Visit, who: &SignedIn, what: &str) -> Result<HttpResponse, Trouble> {
    let fresh = match door::fresh(app, visit, who, Wanted::Authenticators).await? {
        Ok(fresh) => fresh,
        Err(first) => return Ok(first),
    };
    let held = enrolment::begin(&app.ground, fresh).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    let mut reply = answer::see(&format!("/login/enrol/{what}?flow={}", held.id));
    answer::add(&mut reply, visit::keep_flow(&held, app.ground.rules.session.flow_seconds));
    Ok(reply)
}

/// `?authenticator=`.
#[derive(Debug, Deserialize)]
pub struct Which {
    authenticator: String,
}

/// `GET /account/rename?authenticator=`.
pub async fn ask_name(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Which>) -> Result<HttpResponse, Trouble> {
    if let Err(first) = door::fresh(&app, &visit, &who, Wanted::Authenticators).await? {
        return Ok(first);
    }
    let (found, _) = find(&app, &visit, &who, &query.authenticator).await?;
    Ok(page::ok(&Rename { frame: who.frame, authenticator: shown(&found, None) }))
}

/// `POST /account/rename`.
pub async fn rename(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let fresh = match door::fresh(&app, &visit, &who, Wanted::Authenticators).await? {
        Ok(fresh) => fresh,
        Err(first) => return Ok(first),
    };
    let Ok(authenticator) = form.field("authenticator").parse() else { return Err(door::not_here(&visit, "authenticator")) };
    let renamed = enrolment::rename(&app.ground, fresh, (authenticator, form.field("name")), &visit.visitor).await;
    match renamed.map_err(|refusal| Trouble::login(&visit, &refusal))? {
        true => Ok(answer::see(&format!("{HERE}?done=renamed"))),
        false => Err(door::not_here(&visit, "authenticator")),
    }
}

/// `GET /account/remove?authenticator=`: asks first.
pub async fn confirm_remove(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Which>) -> Result<HttpResponse, Trouble> {
    if let Err(first) = door::fresh(&app, &visit, &who, Wanted::Authenticators).await? {
        return Ok(first);
    }
    let (found, last) = find(&app, &visit, &who, &query.authenticator).await?;
    Ok(page::ok(&ConfirmRemove { frame: who.frame, authenticator: shown(&found, None), last }))
}

/// `POST /account/remove`.
pub async fn remove(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let fresh = match door::fresh(&app, &visit, &who, Wanted::Authenticators).await? {
        Ok(fresh) => fresh,
        Err(first) => return Ok(first),
    };
    let Ok(authenticator) = form.field("authenticator").parse() else { return Err(door::not_here(&visit, "authenticator")) };
    match enrolment::remove(&app.ground, fresh, authenticator, &visit.visitor).await.map_err(|refusal| Trouble::login(&visit, &refusal))? {
        true => Ok(answer::see(&format!("{HERE}?done=removed"))),
        false => Err(door::not_here(&visit, "authenticator")),
    }
}

/// One of the person's authenticators, and whether it is the only one.
async fn find(app: &App, visit: &Visit, who: &SignedIn, id: &str) -> Result<(factor::Authenticator, bool), Trouble> {
    let enrolled = authenticators::of_person(&app.ground.db, who.present.person.id).await;
    let enrolled = enrolled.map_err(|fault| Trouble::storage(visit, &fault))?;
    let last = enrolled.len() == 1;
    let found = enrolled.into_iter().find(|one| one.id.to_string() == id);
    found.map(|one| (one, last)).ok_or_else(|| door::not_here(visit, "authenticator"))
}
