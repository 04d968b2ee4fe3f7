//! "Min identitet", the person's own page: level and why, authenticators, sessions. Changes to authenticators need a
//! login a few minutes old at most; an older one is renewed first.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::assurance,
    service::{
        enrolment::{self, Fresh},
        login, proofing, raising, sessions,
    },
    storage::{authenticators, organisations},
    web::{
        answer,
        app::App,
        extract::{
            csrf::{CsrfForm, Holder},
            present::SignedIn,
        },
        page::{
            self, Frame,
            account::{Authenticator, ConfirmRemove, Input, Login, Notice, Overview, Part},
            logout as logout_pages, problem,
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `?done=`.
#[derive(Debug, Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// `GET /account`.
pub async fn overview(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Done>) -> Result<HttpResponse, Trouble> {
    let broken = |fault| Trouble::storage(&visit, &fault);
    let (db, present) = (&app.ground.db, &who.present);
    let organisation = organisations::by_id(db, present.person.organisation).await.map_err(broken)?;
    let identity = proofing::identity(&app.ground, &present.person).await.map_err(broken)?;
    let strength = present.session.evidence.strength();
    let notified = organisation.map(|organisation| organisation.notified);
    let level = notified.and_then(|notified| assurance::level(identity, strength, notified));
    let input = |part, own| Input { part, level: own, limits: own == level };
    let enrolled = authenticators::of_person(db, present.person.id).await.map_err(broken)?;
    let alive = sessions::list(&app.ground, present.person.id).await.map_err(broken)?;
    let page = Overview {
        frame: who.frame,
        name: present.person.full_name(),
        user_name: present.person.username.to_string(),
        level,
        inputs: vec![
            input(Part::Proofing, identity),
            input(Part::Authenticators, Some(strength.level())),
            input(Part::Organisation, notified),
        ],
        authenticators: enrolled.iter().map(|one| shown(one, true)).collect(),
        logins: alive
            .iter()
            .map(|one| Login { started: one.created_at, used: one.last_seen_at, current: one.id == present.session.id })
            .collect(),
        mitid: !app.mitid.open().is_empty(),
        notice: query.done.as_deref().and_then(notice),
    };
    Ok(page::ok(&page))
}

fn notice(word: &str) -> Option<Notice> {
    match word {
        "added" => Some(Notice::Added),
        "removed" => Some(Notice::Removed),
        "proved" => Some(Notice::Proved),
        "ended" => Some(Notice::EndedElsewhere),
        _ => None,
    }
}

fn shown(one: &crate::domain::factor::Authenticator, removable: bool) -> Authenticator {
    Authenticator {
        id: one.id.to_string(),
        kind: one.kind,
        name: one.name.clone(),
        added: one.enrolled_at,
        used: one.last_used_at,
        removable,
    }
}

/// `POST /account/totp`: begins the enrolment of an authenticator app.
pub async fn begin_totp(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    begin(&app, &visit, &who, "totp").await
}

/// `POST /account/mitid`: to MitID, to raise the level of the identity.
pub async fn begin_mitid(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    if Fresh::of(&app.ground, &who.present.session).is_none() {
        return step_up(&app, &visit, &who).await;
    }
    let held = raising::begin(&app.ground, &who.present.session).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    Ok(answer::at_flow(&app, &visit, &held))
}

/// `GET /account/passkey`: begins the enrolment of a passkey.
pub async fn begin_passkey(app: Data<App>, visit: Visit, who: SignedIn) -> Result<HttpResponse, Trouble> {
    begin(&app, &visit, &who, "passkey").await
}

async fn begin(app: &App, visit: &Visit, who: &SignedIn, what: &str) -> Result<HttpResponse, Trouble> {
    let Some(fresh) = Fresh::of(&app.ground, &who.present.session) else { return step_up(app, visit, who).await };
    let held = enrolment::begin(&app.ground, fresh).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    let mut reply = answer::see(&format!("/login/enrol/{what}?flow={}", held.id));
    answer::add(&mut reply, visit::keep_flow(&held, app.ground.rules.session.flow_seconds));
    Ok(reply)
}

async fn step_up(app: &App, visit: &Visit, who: &SignedIn) -> Result<HttpResponse, Trouble> {
    tracing::info!(event = "stepup.required", incident = %visit.visitor.incident, person = %who.present.person.id);
    let held = login::begin_step_up(&app.ground, &who.present.session).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    Ok(answer::at_flow(app, visit, &held))
}

/// `?authenticator=`.
#[derive(Debug, Deserialize)]
pub struct Which {
    authenticator: String,
}

/// `GET /account/remove?authenticator=`: asks first.
pub async fn confirm_remove(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Which>) -> Result<HttpResponse, Trouble> {
    let enrolled =
        authenticators::of_person(&app.ground.db, who.present.person.id).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let found = enrolled.iter().find(|one| one.id.to_string() == query.authenticator);
    let Some(found) = found else { return Err(Trouble::of(&visit, problem::Kind::NotFound, "http.not_found", "authenticator")) };
    Ok(page::ok(&ConfirmRemove { frame: who.frame, authenticator: shown(found, true), last: enrolled.len() == 1 }))
}

/// `POST /account/remove`.
pub async fn remove(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let Some(fresh) = Fresh::of(&app.ground, &who.present.session) else { return step_up(&app, &visit, &who).await };
    let Ok(authenticator) = form.field("authenticator").parse() else {
        return Err(Trouble::of(&visit, problem::Kind::NotFound, "http.not_found", "authenticator"));
    };
    match enrolment::remove(&app.ground, fresh, authenticator, &visit.visitor).await.map_err(|refusal| Trouble::login(&visit, &refusal))? {
        true => Ok(answer::see("/account?done=removed")),
        false => Err(Trouble::of(&visit, problem::Kind::NotFound, "http.not_found", "authenticator")),
    }
}

/// `POST /account/sessions/end`: ends all logins but this one.
pub async fn end_others(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let (person, kept) = (who.present.person.id, who.present.session.id);
    sessions::end_others(&app.ground, person, kept, &visit.visitor).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    Ok(answer::see("/account?done=ended"))
}

/// `GET /logout`: asks first; a link alone logs nobody out.
pub async fn ask_logout(who: SignedIn) -> HttpResponse {
    page::ok(&logout_pages::LogoutConfirm { frame: who.frame, cancel: "/account".to_owned() })
}

/// `POST /logout`.
pub async fn logout(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let Holder::Session(token) = &form.holder else { return Err(Trouble::of(&visit, problem::Kind::Forbidden, "csrf.rejected", "token")) };
    let ended = sessions::end(&app.ground, token, None, &visit.visitor).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let (mut services, mut here) = (Vec::new(), "/logged-out?services=".to_owned());
    for participant in ended.unwrap_or_default() {
        let client =
            crate::storage::clients::by_id(&app.ground.db, participant.client).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
        if let Some(client) = client {
            here = format!("{here}{}.", client.id);
            services.push(client.name);
        }
    }
    // In the other language the page knows as many of the services as an address holds.
    here.truncate(visit::LONGEST_WAY_BACK);
    let mut reply = page::ok(&logout_pages::LoggedOut { frame: Frame { here: Some(here), ..visit.frame() }, services });
    answer::add(&mut reply, visit::drop_session());
    Ok(reply)
}

/// `?services=`: ids of relying parties, each with a dot behind it.
#[derive(Debug, Deserialize)]
pub struct Left {
    services: Option<String>,
}

/// `GET /logged-out`.
pub async fn logged_out(app: Data<App>, visit: Visit, query: Query<Left>) -> Result<HttpResponse, Trouble> {
    let mut services = Vec::new();
    for id in query.services.as_deref().unwrap_or_default().split('.').filter_map(|id| id.parse().ok()) {
        let client = crate::storage::clients::by_id(&app.ground.db, id).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
        services.extend(client.map(|client| client.name));
    }
    Ok(page::ok(&logout_pages::LoggedOut { frame: Frame { here: Some(visit.here.clone()), ..visit.frame() }, services }))
}

/// Forms of this page belong to the session, not to some flow.
fn own_form(visit: &Visit, form: &CsrfForm) -> Result<(), Trouble> {
    match &form.holder {
        Holder::Session(_) => Ok(()),
        Holder::Flow(_) => Err(Trouble::of(visit, problem::Kind::Forbidden, "csrf.rejected", "token")),
    }
}
