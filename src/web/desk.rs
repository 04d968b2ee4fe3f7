//! The registrant's desk: find people, prove identities in person, hand over one-time codes, approve what another one proved.
//! Every handler takes `AtDesk`; no CPR number is in an address. Decisions are `service::proofing`'s and `service::desk`'s.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::{clock::plus, id::Id},
    domain::{
        mitid::Why,
        person::Person,
        proofing::{Document, Method, Proofing, State},
    },
    service::{
        desk, people,
        proofing::{self, Refusal, Seen},
        recovery,
    },
    web::{
        answer::see,
        app::App,
        extract::{
            at_desk::{AtDesk, trouble},
            csrf::{CsrfForm, Holder},
        },
        page::{
            self, Frame,
            desk::{Code, Done, Flaw, Found, Front, Person as PersonPage, Proof, Row, Waiting},
            problem::Kind,
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `?done=`.
#[derive(Debug, Deserialize)]
pub struct Told {
    done: Option<String>,
}

/// `GET /desk`.
pub async fn front(app: Data<App>, visit: Visit, at: AtDesk, told: Query<Told>) -> Result<HttpResponse, Trouble> {
    let waiting = desk::waiting(&app.ground, &at.registrant).await.map_err(|refusal| failed(&visit, refusal))?;
    let row = |(record, person): (Proofing, Person)| Waiting {
        id: record.id.to_string(),
        name: person.full_name(),
        level: Some(record.basis.level),
        evidence: record.evidence,
        at: record.proved_at,
    };
    let done = match told.done.as_deref() {
        Some("approved") => Some(Done::Approved),
        Some("refused") => Some(Done::Refused),
        _ => None,
    };
    Ok(page::ok(&Front { frame: at.frame, waiting: waiting.into_iter().map(row).collect(), done }))
}

/// `POST /desk/find`: a form, because what is sought may be a CPR number.
pub async fn find(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let found = desk::find(&app.ground, &at.registrant, form.field("query")).await.map_err(|refusal| failed(&visit, refusal))?;
    let row = |person: &Person| Row { id: person.id.to_string(), name: person.full_name(), user_name: person.username.to_string() };
    let frame = Frame { here: Some("/desk".to_owned()), ..at.frame };
    Ok(page::ok(&Found { frame, rows: found.iter().map(row).collect() }))
}

/// `?person=`, and what was just done.
#[derive(Debug, Deserialize)]
pub struct Which {
    // Without it nobody is found; who may ask at all is decided first.
    #[serde(default)]
    person: String,
    recorded: Option<String>,
}

/// `GET /desk/person?person=`.
pub async fn person(app: Data<App>, visit: Visit, at: AtDesk, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    let recorded = which.recorded.as_deref().map(|word| word == State::Waiting.as_str());
    let subject = subject(&app, &visit, &at, &which.person).await?;
    person_page(&app, &visit, at, &subject, recorded.map(Ok)).await
}

/// `POST /desk/proofing`: the registrant saw the person and their document.
pub async fn prove(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let Some(seen) = seen(&form) else { return person_page(&app, &visit, at, &subject, Some(Err("desk-flaw-form"))).await };
    match proofing::in_person(&app.ground, &at.registrant, subject.id, seen).await {
        Ok(record) => Ok(see(&format!("/desk/person?person={}&recorded={}", subject.id, record.basis.state.as_str()))),
        Err(Refusal::Evidence) => person_page(&app, &visit, at, &subject, Some(Err("desk-flaw-evidence"))).await,
        Err(Refusal::DocumentExpired) => person_page(&app, &visit, at, &subject, Some(Err("desk-flaw-expired"))).await,
        Err(refusal) => Err(trouble(&visit, refusal)),
    }
}

/// What the form says was seen; `None` when a field cannot be read.
fn seen(form: &CsrfForm) -> Option<Seen> {
    let expires = match form.field("expires").trim() {
        "" => None,
        day => Some(day.parse().ok()?),
    };
    let document = Document {
        kind: form.field("kind").parse().ok()?,
        issuer: form.field("issuer").to_owned(),
        expires,
        checked: form.field("checked").parse().ok()?,
    };
    Some(Seen { document, evidence: form.field("evidence").to_owned(), level: form.field("level").parse().ok()? })
}

/// `POST /desk/activation`: hands over the code of a first login.
pub async fn activation(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let code = desk::activation_code(&app.ground, &at.registrant, subject.id).await.map_err(|refusal| failed(&visit, refusal))?;
    Ok(code_page(&app, at, &subject, (code.to_text(), None)))
}

/// `POST /desk/recovery`: hands over the code of a recovery.
pub async fn recovery(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let Some(why) = recovery::REASONS.into_iter().find(|why| why.as_str() == form.field("why")) else {
        return person_page(&app, &visit, at, &subject, Some(Err("desk-flaw-form"))).await;
    };
    let code = desk::recovery_code(&app.ground, &at.registrant, subject.id, why).await.map_err(|refusal| failed(&visit, refusal))?;
    Ok(code_page(&app, at, &subject, (code.to_text(), Some(why))))
}

/// `POST /desk/approve`: the second person.
pub async fn approve(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let record = record(&visit, &form)?;
    proofing::approve(&app.ground, &at.registrant, record).await.map_err(|refusal| trouble(&visit, refusal))?;
    Ok(see("/desk?done=approved"))
}

/// `POST /desk/refuse`: turns down what waits.
pub async fn refuse(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let record = record(&visit, &form)?;
    let turned_down = desk::turn_down(&app.ground, &at.registrant, record, "turned down at the desk").await;
    turned_down.map_err(|refusal| failed(&visit, refusal))?;
    Ok(see("/desk?done=refused"))
}

async fn subject(app: &App, visit: &Visit, at: &AtDesk, id: &str) -> Result<Person, Trouble> {
    let id = id.parse().map_err(|_| Trouble::of(visit, Kind::NotFound, "http.not_found", "person"))?;
    desk::subject(&app.ground, &at.registrant, id).await.map_err(|refusal| failed(visit, refusal))
}

fn record(visit: &Visit, form: &CsrfForm) -> Result<Id<Proofing>, Trouble> {
    form.field("proofing").parse().map_err(|_| Trouble::of(visit, Kind::NotFound, "http.not_found", "proofing"))
}

async fn person_page(
    app: &App,
    visit: &Visit,
    at: AtDesk,
    subject: &Person,
    done: Option<Result<bool, Flaw>>,
) -> Result<HttpResponse, Trouble> {
    let record = people::record(&app.ground, &subject.username).await.map_err(|refusal| failed(visit, refusal))?;
    let proof = |one: &Proofing| Proof {
        method: match one.method {
            Method::InPerson => "method-in-person",
            Method::Mitid => "method-mitid",
            Method::Earlier => "method-earlier",
        },
        level: Some(one.basis.level),
        state: match one.basis.state {
            State::Waiting => "proof-waiting",
            State::Valid => "proof-valid",
            State::Revoked => "proof-revoked",
        },
        at: one.proved_at,
    };
    let flaw = done.and_then(Result::err);
    let page = PersonPage {
        frame: Frame { here: Some(format!("/desk/person?person={}", subject.id)), ..at.frame },
        id: subject.id.to_string(),
        name: subject.full_name(),
        user_name: subject.username.to_string(),
        cpr: record.cpr,
        level: record.identity,
        proofs: record.proofings.iter().map(proof).collect(),
        factors: record.authenticators.len(),
        may_log_in: subject.may_log_in(app.ground.clock.now()),
        reasons: recovery::REASONS,
        recorded: done.and_then(Result::ok),
        flaw,
    };
    Ok(page::answer(if flaw.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

fn code_page(app: &App, at: AtDesk, subject: &Person, (code, why): (String, Option<Why>)) -> HttpResponse {
    let rules = &app.ground.rules;
    let seconds = if why.is_some() { rules.lifetimes.recovery_seconds } else { rules.activation_seconds };
    let frame = Frame { here: None, ..at.frame };
    let until = plus(app.ground.clock.now(), seconds);
    page::ok(&Code { frame, name: subject.full_name(), id: subject.id.to_string(), code, why, until })
}

fn failed(visit: &Visit, refusal: people::Refusal) -> Trouble {
    match refusal {
        people::Refusal::Proofing(refusal) => trouble(visit, refusal),
        people::Refusal::Fault(fault) => Trouble::storage(visit, &fault),
        other => Trouble::internal(visit, &other),
    }
}

/// Forms of the desk belong to the session, not to some flow.
fn own_form(visit: &Visit, form: &CsrfForm) -> Result<(), Trouble> {
    match &form.holder {
        Holder::Session(_) => Ok(()),
        Holder::Flow(_) => Err(Trouble::of(visit, Kind::Forbidden, "csrf.rejected", "token")),
    }
}
