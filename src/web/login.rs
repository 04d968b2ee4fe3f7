//! The login pages. `GET /login` shows whatever stage the flow is at; each `POST` proves one thing and leads back there.
//! Decisions are `service::login`'s; here they become pages, cookies and redirects.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    base::secret::Secret,
    domain::{
        factor::Kind,
        flow::{Accepting, Activation, Flow, Identify, Invited, NewPassword, Purpose, Recover, SecondFactor, Stage, Start, StepUp, Wanted},
    },
    service::{
        login::{
            self, Held, LoggedIn, Refusal, activation,
            password::Next,
            totp::{self, Checked},
            webauthn,
        },
        own_language,
        saml::{self, sso},
        sessions,
    },
    storage::{attached, authenticators, clients, people},
    web::{
        answer::{add, at_flow, frame, see, shown},
        app::App,
        extract::csrf::{CsrfForm, CsrfJson},
        page::{login as pages, login::FormError, problem},
        problem::Trouble,
        saml as saml_room,
        visit::{self, Visit},
    },
};

/// `?flow=`.
#[derive(Debug, Deserialize)]
pub struct AtFlow {
    /// The flow's public id.
    pub flow: Option<String>,
}

/// `GET /login`: begins a login, or shows the stage of the one named.
pub async fn show(app: Data<App>, visit: Visit, query: Query<AtFlow>) -> Result<HttpResponse, Trouble> {
    let Some(id) = query.into_inner().flow else {
        if let Some(token) = &visit.session
            && sessions::present(&app.ground, token).await.map_err(|fault| Trouble::storage(&visit, &fault))?.is_some()
        {
            return Ok(see("/account"));
        }
        let held = login::begin(&app.ground).map_err(|error| Trouble::internal(&visit, &error))?;
        return Ok(at_flow(&app, &visit, &held));
    };
    let Some(held) = visit.held(&id) else { return Err(Trouble::of(&visit, problem::Kind::FlowGone, "flow.cookie_mismatch", "cookie")) };
    let stage = login::stage_of(&app.ground, &held).await;
    match stage.map_err(|fault| Trouble::storage(&visit, &fault))?.as_deref() {
        Some(Start::NAME) => start(&app, &visit, &held).await,
        Some(SecondFactor::NAME | StepUp::NAME) => factor_page(&app, &visit, &held, None).await,
        Some(Activation::NAME) => activation_page(&app, &visit, &held, None).await,
        Some(Invited::NAME | Recover::NAME | Identify::NAME | Accepting::NAME | NewPassword::NAME) => {
            Ok(see(&format!("/activate?flow={}", held.id)))
        }
        Some("enrol") => Ok(see(&format!("/login/enrol?flow={}", held.id))),
        Some("done") => done(&app, &visit, &held).await,
        _ => Err(gone(&visit)),
    }
}

async fn start(app: &App, visit: &Visit, held: &Held) -> Result<HttpResponse, Trouble> {
    if held.unsaved.is_some() {
        // No relying party asked.
        return password_page(app, visit, held, "", None).await;
    }
    let resumed = sso::resume(&app.desk, &app.ground, held, visit.session.as_ref(), &visit.visitor).await;
    match resumed.map_err(|refused| Trouble::saml(visit, "saml.request.rejected", &refused))? {
        Some(outcome) => Ok(saml_room::outcome(app, visit, outcome, Some(held))),
        None => password_page(app, visit, held, "", None).await,
    }
}

async fn done(app: &App, visit: &Visit, held: &Held) -> Result<HttpResponse, Trouble> {
    let Some(session) = &visit.session else { return Err(gone(visit)) };
    let completed = sso::complete(&app.desk, &app.ground, held, session, &visit.visitor).await;
    match completed.map_err(|refused| Trouble::saml(visit, "saml.request.rejected", &refused))? {
        Some(outcome) => Ok(saml_room::outcome(app, visit, outcome, Some(held))),
        None => Err(gone(visit)),
    }
}

/// `POST /login/password`.
pub async fn post_password(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let password = Secret::new(form.field("password").to_owned());
    match login::password::check(&app.ground, &held, form.field("user_name"), password, &visit.visitor).await {
        Ok(Next::SecondFactor(held) | Next::Activation(held)) => Ok(at_flow(&app, &visit, &held)),
        Err(refusal) => {
            let error = form_error(&visit, refusal)?;
            password_page(&app, &visit, &held, form.field("user_name"), Some(error)).await
        }
    }
}

/// `POST /login/totp`: the code at the second factor or at step-up.
pub async fn post_totp(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let outcome = match is_step_up(&app, &visit, &held).await? {
        true => totp::step_up(&app.ground, &held, form.field("code"), &visit.visitor).await.map(|entered| Checked::In(Box::new(entered))),
        false => totp::check(&app.ground, &held, form.field("code"), &visit.visitor).await,
    };
    match outcome {
        Ok(Checked::In(entered)) => welcome(&app, &visit, &held, *entered).await,
        Ok(Checked::ToProve(held)) => Ok(at_flow(&app, &visit, &held)),
        Err(refusal) => {
            let error = form_error(&visit, refusal)?;
            factor_page(&app, &visit, &held, Some(error)).await
        }
    }
}

/// `POST /login/activation`: the code of the first login.
pub async fn post_activation(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    match activation::check(&app.ground, &held, form.field("code"), &visit.visitor).await {
        Ok(held) => Ok(at_flow(&app, &visit, &held)),
        Err(refusal) => {
            let error = form_error(&visit, refusal)?;
            activation_page(&app, &visit, &held, Some(error)).await
        }
    }
}

/// `POST /login/restart`: log in as somebody else.
pub async fn post_restart(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let old = form.flow(&visit)?;
    let held = login::restart(&app.ground, &old).await.map_err(|refusal| Trouble::login(&visit, &refusal))?;
    let mut answer = at_flow(&app, &visit, &held);
    add(&mut answer, visit::drop_flow(old.id));
    Ok(answer)
}

/// `POST /login/passkey/start`: options for a login by passkey.
pub async fn passkey_start(app: Data<App>, visit: Visit, json: CsrfJson) -> Result<HttpResponse, Trouble> {
    let held = json.flow(&visit)?;
    let options = webauthn::start_passkey(&app.ground, &app.ceremonies, &held).await;
    Ok(HttpResponse::Ok().json(options.map_err(|refusal| Trouble::login(&visit, &refusal).as_document())?))
}

/// `POST /login/passkey/finish`: judges the passkey.
pub async fn passkey_finish(app: Data<App>, visit: Visit, json: CsrfJson) -> Result<HttpResponse, Trouble> {
    let held = json.flow(&visit)?;
    let credential = json.body.get("credential").cloned().unwrap_or_default();
    let entered = webauthn::finish_passkey(&app.ground, &app.ceremonies, &held, &credential, &visit.visitor).await;
    let entered = entered.map_err(|refusal| Trouble::login(&visit, &refusal).as_document())?;
    welcome_script(&app, &visit, &held, entered).await
}

/// `POST /login/webauthn/start`: options for a key as second factor.
pub async fn webauthn_start(app: Data<App>, visit: Visit, json: CsrfJson) -> Result<HttpResponse, Trouble> {
    let held = json.flow(&visit)?;
    let options = webauthn::start_proof(&app.ground, &app.ceremonies, &held).await;
    Ok(HttpResponse::Ok().json(options.map_err(|refusal| Trouble::login(&visit, &refusal).as_document())?))
}

/// `POST /login/webauthn/finish`: judges the key.
pub async fn webauthn_finish(app: Data<App>, visit: Visit, json: CsrfJson) -> Result<HttpResponse, Trouble> {
    let held = json.flow(&visit)?;
    let credential = json.body.get("credential").cloned().unwrap_or_default();
    let entered = match is_step_up(&app, &visit, &held).await? {
        true => webauthn::step_up(&app.ground, &app.ceremonies, &held, &credential, &visit.visitor).await,
        false => webauthn::finish_proof(&app.ground, &app.ceremonies, &held, &credential, &visit.visitor).await,
    };
    let entered = entered.map_err(|refusal| Trouble::login(&visit, &refusal).as_document())?;
    welcome_script(&app, &visit, &held, entered).await
}

async fn is_step_up(app: &App, visit: &Visit, held: &Held) -> Result<bool, Trouble> {
    let stage = login::stage_of(&app.ground, held).await;
    Ok(stage.map_err(|fault| Trouble::storage(visit, &fault))?.as_deref() == Some(StepUp::NAME))
}

/// The factors were right: cookies, and on to whoever asked.
pub async fn welcome(app: &App, visit: &Visit, held: &Held, entered: LoggedIn) -> Result<HttpResponse, Trouble> {
    let next = next_of(&entered);
    let mut answer = see(&next);
    settle(app, visit, held, entered, &mut answer).await?;
    Ok(answer)
}

/// The same for script.
pub async fn welcome_script(app: &App, visit: &Visit, held: &Held, entered: LoggedIn) -> Result<HttpResponse, Trouble> {
    let mut answer = HttpResponse::Ok().json(json!({ "next": next_of(&entered) }));
    settle(app, visit, held, entered, &mut answer).await?;
    Ok(answer)
}

fn next_of(entered: &LoggedIn) -> String {
    if let Some(flow) = &entered.flow {
        return format!("/login?flow={}", flow.id);
    }
    let own = match entered.wanted {
        Wanted::Overview => "/account",
        Wanted::Authenticators => "/account/authenticators",
        Wanted::Password => "/account/password",
        Wanted::Export => "/account/export",
        Wanted::Desk => "/desk",
        Wanted::Console => "/admin",
        Wanted::ConsolePerson(person) => return format!("/admin/person?person={person}"),
    };
    own.to_owned()
}

async fn settle(app: &App, visit: &Visit, held: &Held, entered: LoggedIn, answer: &mut HttpResponse) -> Result<(), Trouble> {
    // A session that this browser had before, perhaps another person's, leaves no residue.
    if let Some(old) = &visit.session {
        sessions::end(&app.ground, old, &visit.visitor).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    }
    let language = own_language::chosen(&app.ground, entered.person).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    if let Some(language) = language {
        add(answer, visit::keep_language(language));
    }
    add(answer, visit::keep_session(&entered.session));
    add(answer, visit::keep_device(&entered.device));
    match &entered.flow {
        Some(flow) => add(answer, visit::keep_flow(flow, app.ground.rules.session.flow_seconds)),
        None => add(answer, visit::drop_flow(held.id)),
    }
    Ok(())
}

async fn password_page(app: &App, visit: &Visit, held: &Held, user_name: &str, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let flow: Flow<Start> = login::open(&app.ground, held).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    let service = service(app, visit, &flow.purpose).await?;
    let page = pages::Password {
        frame: frame(app, visit, held)?,
        flow: held.id.to_string(),
        service,
        user_name: user_name.chars().take(64).collect(),
        help: app.site.help.clone(),
        error,
    };
    Ok(shown(&page, error))
}

async fn factor_page(app: &App, visit: &Visit, held: &Held, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let ground = &app.ground;
    let (purpose, person) = match login::open::<SecondFactor>(ground, held).await {
        Ok(flow) => (flow.purpose, flow.stage.person),
        Err(_) => {
            let flow = login::open::<StepUp>(ground, held).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
            (flow.purpose, flow.stage.person)
        }
    };
    let broken = |fault| Trouble::storage(visit, &fault);
    let enrolled = authenticators::of_person(&ground.db, person).await.map_err(broken)?;
    let attached = !attached::of_person(&ground.db, person).await.map_err(broken)?.is_empty();
    let has = |kind: Kind| enrolled.iter().any(|one| one.kind == kind);
    let user_name = people::by_id(&ground.db, person).await.map_err(broken)?.map(|person| person.username.to_string());
    let page = pages::Factor {
        frame: frame(app, visit, held)?,
        flow: held.id.to_string(),
        service: service(app, visit, &purpose).await?,
        user_name: user_name.unwrap_or_default(),
        totp: has(Kind::Totp) || attached,
        webauthn: has(Kind::Webauthn),
        error,
    };
    Ok(shown(&page, error))
}

async fn activation_page(app: &App, visit: &Visit, held: &Held, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let flow: Flow<Activation> = login::open(&app.ground, held).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    let person = people::by_id(&app.ground.db, flow.stage.person).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    let user_name = person.map(|person| person.username.to_string()).unwrap_or_default();
    let page = pages::Activation { frame: frame(app, visit, held)?, flow: held.id.to_string(), user_name, error };
    Ok(shown(&page, error))
}

/// What a refused step shows in its form; anything else is a problem page.
pub fn form_error(visit: &Visit, refusal: Refusal) -> Result<FormError, Trouble> {
    match refusal {
        Refusal::Wrong => Ok(FormError::Refused),
        Refusal::Throttled { seconds } => Ok(FormError::Throttled { seconds }),
        other => Err(Trouble::login(visit, &other)),
    }
}

async fn service(app: &App, visit: &Visit, purpose: &Purpose) -> Result<Option<String>, Trouble> {
    let Some(sign_on) = purpose.sign_on() else { return Ok(None) };
    let client = clients::by_id(&app.ground.db, sign_on.client).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    match client {
        Some(client) if client.enabled => Ok(Some(client.name)),
        // Disabled or removed while somebody was on the way to it.
        _ => Err(Trouble::saml(visit, "saml.request.rejected", &saml::Refused::Message(crate::crypto::reason::Reason::SpDisabled))),
    }
}

fn gone(visit: &Visit) -> Trouble {
    Trouble::of(visit, problem::Kind::FlowGone, "flow.violation", "stage")
}
