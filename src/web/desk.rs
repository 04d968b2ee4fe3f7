//! The registrant's desk: find people, see what is known of them, approve and release what another one did. What rests on a
//! document that was seen is in `acts`.
//! Every handler takes `AtDesk`; no CPR number is in an address. Decisions are `service::proofing`'s and `service::desk`'s.

/// What is done for somebody whose document was seen.
pub mod acts;

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::id::Id,
    domain::{
        person::Person,
        proofing::{Method, Proofing, State},
    },
    service::{cpr, desk, people, proofing},
    storage::handed::{self, Handed},
    web::{
        answer::see,
        app::App,
        extract::{
            at_desk::{AtDesk, trouble},
            csrf::{CsrfForm, Holder},
        },
        page::{
            self, Frame,
            desk::{Done, Found, Front, Person as PersonPage, Proof, Row, Waiting, WaitingCode},
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
        Some("released") => Some(Done::Released),
        Some("withdrawn") => Some(Done::Withdrawn),
        _ => None,
    };
    let codes = desk::waiting_codes(&app.ground, &at.registrant).await.map_err(|refusal| failed(&visit, refusal))?;
    let code = |(code, person): (handed::Waiting, Person)| WaitingCode {
        id: code.behind.id.to_string(),
        name: person.full_name(),
        why: code.why,
        level: Some(code.level),
        document: code.behind.document,
        evidence: code.behind.evidence,
        until: code.expires_at,
    };
    let (waiting, codes) = (waiting.into_iter().map(row).collect(), codes.into_iter().map(code).collect());
    Ok(page::ok(&Front { frame: at.frame, waiting, codes, done }))
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
    let record = people::record(&app.ground, &subject.username).await.map_err(|refusal| failed(&visit, refusal))?;
    let twins = cpr::twins(&app.ground, &subject).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
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
    Ok(page::ok(&PersonPage {
        frame: Frame { here: Some(format!("/desk/person?person={}", subject.id)), ..at.frame },
        id: subject.id.to_string(),
        name: subject.full_name(),
        user_name: subject.username.to_string(),
        cpr: record.cpr,
        twins: twins.iter().map(|twin| twin.username.to_string()).collect(),
        level: record.identity,
        proofs: record.proofings.iter().map(proof).collect(),
        factors: record.authenticators.len(),
        may_log_in: subject.may_log_in(app.ground.clock.now()),
        recorded,
    }))
}

/// `POST /desk/approve`: the second person.
pub async fn approve(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let record = record(&visit, &form)?;
    proofing::approve(&app.ground, &at.registrant, record).await.map_err(|refusal| trouble(&visit, refusal))?;
    Ok(see("/desk?done=approved"))
}

/// `POST /desk/release`: the second registrant releases a code.
pub async fn release(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let code = code(&visit, &form)?;
    desk::release(&app.ground, &at.registrant, code).await.map_err(|refusal| failed(&visit, refusal))?;
    Ok(see("/desk?done=released"))
}

/// `POST /desk/withdraw`: makes a code void that waits.
pub async fn withdraw(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let code = code(&visit, &form)?;
    desk::withdraw(&app.ground, &at.registrant, code).await.map_err(|refusal| failed(&visit, refusal))?;
    Ok(see("/desk?done=withdrawn"))
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

fn code(visit: &Visit, form: &CsrfForm) -> Result<Id<Handed>, Trouble> {
    form.field("code").parse().map_err(|_| Trouble::of(visit, Kind::NotFound, "http.not_found", "code"))
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
