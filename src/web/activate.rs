//! The pages of activation and recovery. `GET /activate` shows whatever stage the flow is at; each `POST` does one thing
//! and leads back there. Decisions are `service::activation`'s and `service::recovery`'s.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};

use crate::{
    base::secret::Secret,
    domain::{
        flow::{Accepting, Identify, Invited, NewPassword, Recover, Stage},
        language::Language,
        mitid::Why,
    },
    service::{
        activation::{self, Next, Refusal, accepting, desk_code, invitation, password},
        login::{self, Held},
        passwords, recovery,
    },
    web::{
        answer::{self, at_flow, see, shown},
        app::App,
        extract::csrf::CsrfForm,
        login as room,
        page::{
            self,
            activate::{self as pages, Unfit},
            login::FormError,
            problem::Kind,
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// `GET /activate`: begins an activation, or shows the stage of the flow that is named. Nothing is spent by looking.
pub async fn show(app: Data<App>, visit: Visit, query: Query<room::AtFlow>) -> Result<HttpResponse, Trouble> {
    let Some(id) = query.into_inner().flow else {
        let held = invitation::begin(&app.ground).map_err(|error| Trouble::internal(&visit, &error))?;
        return Ok(at_flow(&app, &visit, &held));
    };
    let Some(held) = visit.held(&id) else { return Err(Trouble::of(&visit, Kind::FlowGone, "flow.cookie_mismatch", "cookie")) };
    let stage = login::stage_of(&app.ground, &held).await;
    match stage.map_err(|fault| Trouble::storage(&visit, &fault))?.as_deref() {
        Some(Invited::NAME) => invitation_page(&app, &visit, &held, "", None),
        Some(Recover::NAME) => recover_page(&app, &visit, &held),
        Some(Identify::NAME) => prove_page(&app, &visit, &held, None).await,
        Some(Accepting::NAME) => terms_page(&app, &visit, &held).await,
        Some(NewPassword::NAME) => password_page(&app, &visit, &held, None).await,
        Some(_) => Ok(see(&format!("/login?flow={}", held.id))),
        None => Err(Trouble::of(&visit, Kind::FlowGone, "flow.violation", "stage")),
    }
}

/// `GET /recover`: begins a recovery.
pub async fn recover(app: Data<App>, visit: Visit) -> Result<HttpResponse, Trouble> {
    let held = recovery::begin(&app.ground).map_err(|error| Trouble::internal(&visit, &error))?;
    Ok(at_flow(&app, &visit, &held))
}

/// `POST /recover`: who, and what is lost.
pub async fn post_recover(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let Some(why) = recovery::REASONS.into_iter().find(|why| why.as_str() == form.field("why")) else {
        login::open::<Recover>(&app.ground, &held).await.map_err(|refusal| Trouble::login(&visit, &refusal))?;
        return recover_page(&app, &visit, &held);
    };
    let held = recovery::choose(&app.ground, &held, form.field("user_name"), why).await;
    Ok(at_flow(&app, &visit, &held.map_err(|refusal| Trouble::login(&visit, &refusal))?))
}

/// `POST /activate/open`: the code of an invitation.
pub async fn post_open(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    match invitation::open(&app.ground, &held, form.field("user_name"), form.field("code"), &visit.visitor).await {
        Ok(held) => Ok(at_flow(&app, &visit, &held)),
        Err(refusal) => {
            let error = room::form_error(&visit, refusal)?;
            invitation_page(&app, &visit, &held, form.field("user_name"), Some(error))
        }
    }
}

/// `POST /activate/code`: the code that a registrant handed over.
pub async fn post_code(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    match desk_code::check(&app.ground, &held, form.field("code"), &visit.visitor).await {
        Ok(next) => go_on(&app, &visit, &held, next).await,
        Err(Refusal::Login(refusal)) => {
            let error = room::form_error(&visit, refusal)?;
            prove_page(&app, &visit, &held, Some(error)).await
        }
        Err(refusal) => Err(trouble(&visit, refusal)),
    }
}

/// Where an identified person goes on.
pub async fn go_on(app: &App, visit: &Visit, held: &Held, next: Next) -> Result<HttpResponse, Trouble> {
    match next {
        Next::On(held) => Ok(at_flow(app, visit, &held)),
        Next::In(entered) => room::welcome(app, visit, held, *entered).await,
        Next::Unlocked => {
            let mut reply = page::ok(&pages::Unlocked { frame: visit.frame() });
            answer::add(&mut reply, visit::drop_flow(held.id));
            Ok(reply)
        }
    }
}

/// `POST /activate/terms`: accepted.
pub async fn post_terms(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let version = form.field("version").parse().unwrap_or_default();
    // That of the text that was shown, whatever language was chosen meanwhile.
    let Some(language) = Language::from_tag(form.field("language")) else { return terms_page(&app, &visit, &held).await };
    match accepting::accept(&app.ground, &held, (version, language.tag()), &visit.visitor).await {
        Ok(held) => Ok(at_flow(&app, &visit, &held)),
        Err(Refusal::OtherTerms) => terms_page(&app, &visit, &held).await,
        Err(refusal) => Err(trouble(&visit, refusal)),
    }
}

/// `POST /activate/password`: the new password.
pub async fn post_password(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let [new, again] = ["password", "again"].map(|name| Secret::new(form.field(name).to_owned()));
    if new.expose() != again.expose() {
        return password_page(&app, &visit, &held, Some(Unfit::Different)).await;
    }
    match password::choose(&app.ground, &held, &new, &visit.visitor).await {
        Ok(held) => Ok(at_flow(&app, &visit, &held)),
        Err(Refusal::Weak(weak)) => password_page(&app, &visit, &held, Some(Unfit::Weak(weak))).await,
        Err(refusal) => Err(trouble(&visit, refusal)),
    }
}

fn invitation_page(app: &App, visit: &Visit, held: &Held, user_name: &str, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let user_name = user_name.chars().take(64).collect();
    Ok(shown(&pages::Invitation { frame: answer::frame(app, visit, held)?, flow: held.id.to_string(), user_name, error }, error))
}

fn recover_page(app: &App, visit: &Visit, held: &Held) -> Result<HttpResponse, Trouble> {
    let frame = answer::frame(app, visit, held)?;
    Ok(page::ok(&pages::Recover { frame, flow: held.id.to_string(), reasons: recovery::REASONS }))
}

async fn prove_page(app: &App, visit: &Visit, held: &Held, error: Option<FormError>) -> Result<HttpResponse, Trouble> {
    let flow = login::open::<Identify>(&app.ground, held).await.map_err(|refusal| Trouble::login(visit, &refusal))?;
    if flow.stage.why == Why::Raise {
        return Ok(see(&format!("/mitid?flow={}", held.id)));
    }
    let frame = answer::frame(app, visit, held)?;
    Ok(shown(&pages::Prove { frame, flow: held.id.to_string(), why: flow.stage.why, roads: app.mitid.open(), error }, error))
}

async fn terms_page(app: &App, visit: &Visit, held: &Held) -> Result<HttpResponse, Trouble> {
    let terms = accepting::shown(&app.ground, held).await.map_err(|refusal| trouble(visit, refusal))?;
    let (version, text) = match &terms {
        Some(terms) => (terms.version, if visit.language == Language::En { &*terms.english } else { &*terms.danish }),
        // Accepted meanwhile in another browser: one press goes on.
        None => (0, ""),
    };
    let paragraphs = text.split("\n\n").map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    Ok(page::ok(&pages::Terms { frame: answer::frame(app, visit, held)?, flow: held.id.to_string(), version, paragraphs }))
}

async fn password_page(app: &App, visit: &Visit, held: &Held, error: Option<Unfit>) -> Result<HttpResponse, Trouble> {
    let (person, why) = password::whose(&app.ground, held).await.map_err(|refusal| trouble(visit, refusal))?;
    let policy = passwords::policy(&app.ground, person.organisation).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    let page = pages::Password {
        frame: answer::frame(app, visit, held)?,
        flow: held.id.to_string(),
        user_name: person.username.to_string(),
        why,
        least: policy.least(),
        error,
    };
    Ok(page::answer(if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

/// A refusal without a form to show it in.
pub fn trouble(visit: &Visit, refusal: activation::Refusal) -> Trouble {
    match refusal {
        Refusal::Login(refusal) => Trouble::login(visit, &refusal),
        // Written down, with its reason, where it was found.
        Refusal::Unmatched | Refusal::NotThisWay | Refusal::TooLow | Refusal::Weak(_) | Refusal::OtherTerms => {
            Trouble::logged(visit, Kind::LoginRefused)
        }
    }
}
