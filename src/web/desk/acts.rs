//! What a registrant does for somebody: record that they were seen, take an earlier check over, hand over a code. Each is a page
//! with one form that says what was seen; a flaw shows the form again as it was filled in.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use jiff::{civil::Date, tz::TimeZone};

use super::{Which, failed, own_form, subject};
use crate::{
    domain::{mitid::Why, person::Person, proofing::Document},
    service::{
        desk::{self, Given},
        people,
        proofing::{self, Earlier, Refusal, Seen},
    },
    web::{
        answer::see,
        app::App,
        extract::{at_desk::AtDesk, csrf::CsrfForm},
        page::{
            self, Frame,
            desk::{Act, Ask, Code, Flaw, Typed},
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `GET /desk/proofing?person=`.
pub async fn ask_proofing(app: Data<App>, visit: Visit, at: AtDesk, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    ask(&app, &visit, at, (&which.person, Act::Proofing)).await
}

/// `GET /desk/earlier?person=`.
pub async fn ask_earlier(app: Data<App>, visit: Visit, at: AtDesk, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    ask(&app, &visit, at, (&which.person, Act::Earlier)).await
}

/// `GET /desk/activation?person=`.
pub async fn ask_activation(app: Data<App>, visit: Visit, at: AtDesk, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    ask(&app, &visit, at, (&which.person, Act::Activation)).await
}

/// `GET /desk/recovery?person=`.
pub async fn ask_recovery(app: Data<App>, visit: Visit, at: AtDesk, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    ask(&app, &visit, at, (&which.person, Act::Recovery)).await
}

/// `POST /desk/proofing`: the registrant saw the person and their document.
pub async fn prove(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let Some(seen) = seen(&form) else { return again(&visit, at, (&subject, Act::Proofing), (&form, "desk-flaw-form")) };
    match proofing::in_person(&app.ground, &at.registrant, subject.id, seen).await {
        Ok(record) => Ok(see(&format!("/desk/person?person={}&recorded={}", subject.id, record.basis.state.as_str()))),
        Err(refusal) => flawed(&visit, at, (&subject, Act::Proofing), &form, refusal.into()),
    }
}

/// `POST /desk/earlier`: the registrant takes an earlier, equal check over.
pub async fn take_over(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let Some(earlier) = earlier(&form) else { return again(&visit, at, (&subject, Act::Earlier), (&form, "desk-flaw-form")) };
    match proofing::earlier(&app.ground, &at.registrant, subject.id, earlier).await {
        Ok(record) => Ok(see(&format!("/desk/person?person={}&recorded={}", subject.id, record.basis.state.as_str()))),
        Err(refusal) => flawed(&visit, at, (&subject, Act::Earlier), &form, refusal.into()),
    }
}

/// `POST /desk/activation`: hands over the code of a first login.
pub async fn activation(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let Some(seen) = seen(&form) else { return again(&visit, at, (&subject, Act::Activation), (&form, "desk-flaw-form")) };
    match desk::activation_code(&app.ground, &at.registrant, subject.id, seen).await {
        Ok(given) => Ok(code_page(at, &subject, given, None)),
        Err(refusal) => flawed(&visit, at, (&subject, Act::Activation), &form, refusal),
    }
}

/// `POST /desk/recovery`: hands over the code of a recovery.
pub async fn recovery(app: Data<App>, visit: Visit, at: AtDesk, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    own_form(&visit, &form)?;
    let subject = subject(&app, &visit, &at, form.field("person")).await?;
    let why = desk::REASONS.into_iter().find(|why| why.as_str() == form.field("why"));
    let (Some(why), Some(seen)) = (why, seen(&form)) else {
        return again(&visit, at, (&subject, Act::Recovery), (&form, "desk-flaw-form"));
    };
    match desk::recovery_code(&app.ground, &at.registrant, (subject.id, why), seen).await {
        Ok(given) => Ok(code_page(at, &subject, given, Some(why))),
        Err(refusal) => flawed(&visit, at, (&subject, Act::Recovery), &form, refusal),
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

/// What the form says of an earlier check; `None` when a field cannot be read.
fn earlier(form: &CsrfForm) -> Option<Earlier> {
    let day: Date = form.field("proved_on").trim().parse().ok()?;
    Some(Earlier {
        evidence: form.field("evidence").to_owned(),
        level: form.field("level").parse().ok()?,
        proved_by: form.field("proved_by").to_owned(),
        proved_at: day.to_zoned(TimeZone::UTC).ok()?.timestamp(),
    })
}

async fn ask(app: &App, visit: &Visit, at: AtDesk, (person, act): (&str, Act)) -> Result<HttpResponse, Trouble> {
    let subject = subject(app, visit, &at, person).await?;
    Ok(page::ok(&form_page(at, (&subject, act), Typed::default(), None)))
}

/// The form as it was filled in, with what is wrong.
fn again(visit: &Visit, at: AtDesk, (subject, act): (&Person, Act), (form, flaw): (&CsrfForm, Flaw)) -> Result<HttpResponse, Trouble> {
    tracing::info!(event = "desk.flaw", reason = flaw, incident = %visit.visitor.incident);
    let kept = |name: &str| form.field(name).chars().take(500).collect::<String>();
    let typed = Typed {
        kind: kept("kind"),
        issuer: kept("issuer"),
        expires: kept("expires"),
        checked: kept("checked"),
        evidence: kept("evidence"),
        level: kept("level"),
        why: kept("why"),
        proved_by: kept("proved_by"),
        proved_on: kept("proved_on"),
    };
    Ok(page::answer(StatusCode::UNPROCESSABLE_ENTITY, &form_page(at, (subject, act), typed, Some(flaw))))
}

/// What the registrant can mend is shown in the form; anything else is a page of its own.
fn flawed(
    visit: &Visit,
    at: AtDesk,
    (subject, act): (&Person, Act),
    form: &CsrfForm,
    refusal: people::Refusal,
) -> Result<HttpResponse, Trouble> {
    let flaw = match refusal {
        people::Refusal::Proofing(Refusal::Evidence) if act == Act::Earlier => "desk-flaw-earlier",
        people::Refusal::Proofing(Refusal::Evidence) => "desk-flaw-evidence",
        people::Refusal::Proofing(Refusal::DocumentExpired) => "desk-flaw-expired",
        people::Refusal::Proofing(Refusal::Date) => "desk-flaw-date",
        people::Refusal::Proofing(Refusal::TooLow) => "desk-flaw-too-low",
        refusal => return Err(failed(visit, refusal)),
    };
    again(visit, at, (subject, act), (form, flaw))
}

fn form_page(at: AtDesk, (subject, act): (&Person, Act), typed: Typed, flaw: Option<Flaw>) -> Ask {
    let (id, name) = (subject.id.to_string(), subject.full_name());
    let frame = Frame { here: Some(format!("{}?person={id}", act.path())), ..at.frame };
    Ask { frame, id, name, act, reasons: desk::REASONS.to_vec(), typed, flaw }
}

fn code_page(at: AtDesk, subject: &Person, given: Given, why: Option<Why>) -> HttpResponse {
    let frame = Frame { here: None, ..at.frame };
    let (name, id) = (subject.full_name(), subject.id.to_string());
    page::ok(&Code { frame, name, id, code: given.code.to_text(), why, until: given.until, waits: given.waits })
}
