//! Acts on a person: each has a right of its own as parameter, says why in words, and leads back to the person's page with
//! what came of it. The forms stand on that page (`person`).

use actix_web::{HttpResponse, web::Data};

use crate::{
    domain::{
        lock::Cause,
        right::{
            Act, AskForRole, ClosePerson, EditPerson, EndSessions, InvitePerson, LockPerson, ReadCpr, RemoveFactor, ReopenPerson,
            RevokeRole, UnlockPerson,
        },
        role::{Role, Scope},
    },
    service::{
        console::{
            acts::{self, Refusal},
            leaving, requests,
        },
        people::details::Change,
        rights::{Denied, Subject},
    },
    web::{
        account::door,
        answer::see,
        app::App,
        extract::{
            admin::{Admin, trouble},
            csrf::CsrfForm,
        },
        page::{self, admin::person::CprShown, problem::Kind},
        problem::Trouble,
        visit::Visit,
    },
};

/// `POST /admin/person/invite`.
pub async fn invite(app: Data<App>, visit: Visit, admin: Admin<InvitePerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    back(&visit, &subject, acts::invite(&app.ground, &subject).await.map(|()| "invited"))
}

/// `POST /admin/person/edit`.
pub async fn edit(app: Data<App>, visit: Visit, admin: Admin<EditPerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let Ok(username) = form.field("username").parse() else { return back(&visit, &subject, Err(Refusal::Field("username"))) };
    let change = Change {
        username: Some(username),
        given_name: Some(form.field("given_name").to_owned()),
        family_name: Some(form.field("family_name").to_owned()),
        email: Some(form.field("email").to_owned()),
    };
    back(&visit, &subject, acts::edit(&app.ground, &subject, change).await.map(|_| "edited"))
}

/// `POST /admin/person/lock`.
pub async fn lock(app: Data<App>, visit: Visit, admin: Admin<LockPerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = match form.field("cause").parse::<Cause>() {
        Ok(cause) => acts::lock(&app.ground, &subject, cause, form.field("reason")).await,
        Err(_) => Err(Refusal::Field("cause")),
    };
    back(&visit, &subject, done.map(|_| "locked"))
}

/// `POST /admin/person/unlock`.
pub async fn unlock(app: Data<App>, visit: Visit, admin: Admin<UnlockPerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = match form.field("cause").parse::<Cause>() {
        Ok(cause) => acts::unlock(&app.ground, &subject, cause, form.field("reason")).await,
        Err(_) => Err(Refusal::Field("cause")),
    };
    back(&visit, &subject, done.map(|()| "unlocked"))
}

/// `POST /admin/person/sessions`.
pub async fn end_sessions(app: Data<App>, visit: Visit, admin: Admin<EndSessions>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = acts::end_sessions(&app.ground, &subject, form.field("reason")).await;
    back(&visit, &subject, done.map(|_| "sessions-ended"))
}

/// `POST /admin/person/factor`: removes one, or asks a second person when it is the last.
pub async fn remove_factor(app: Data<App>, visit: Visit, admin: Admin<RemoveFactor>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let Ok(factor) = form.field("authenticator").parse() else { return back(&visit, &subject, Err(Refusal::State("factor"))) };
    let done = match acts::remove_factor(&app.ground, &subject, factor, form.field("reason")).await {
        Err(Refusal::NeedsTwo) => requests::ask_reset(&app.ground, &subject, factor, form.field("reason")).await.map(|_| "reset-asked"),
        other => other.map(|_| "factor-removed"),
    };
    back(&visit, &subject, done)
}

/// `POST /admin/person/cpr`: the number in full, on a page that no cache may store.
pub async fn read_cpr(app: Data<App>, visit: Visit, admin: Admin<ReadCpr>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    match acts::read_cpr(&app.ground, &subject, form.field("reason")).await {
        Ok(number) => {
            let (first, last) = number.expose().split_at_checked(6).unwrap_or_default();
            let page = CprShown {
                frame: page::Frame { here: None, ..admin.frame() },
                nav: admin.nav,
                id: subject.person().id.to_string(),
                name: subject.person().full_name(),
                number: format!("{first}-{last}"),
            };
            Ok(page::ok(&page))
        }
        Err(refusal) => back(&visit, &subject, Err(refusal)),
    }
}

/// `POST /admin/person/close`.
pub async fn close(app: Data<App>, visit: Visit, admin: Admin<ClosePerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = leaving::close(&app.ground, &subject, form.field("reason")).await;
    back(&visit, &subject, done.map(|_| "closed"))
}

/// `POST /admin/person/reopen`.
pub async fn reopen(app: Data<App>, visit: Visit, admin: Admin<ReopenPerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = leaving::reopen(&app.ground, &subject, form.field("reason")).await;
    back(&visit, &subject, done.map(|()| "reopened"))
}

/// `POST /admin/person/role`: asks for a role; a second person grants it.
pub async fn ask_role(app: Data<App>, visit: Visit, admin: Admin<AskForRole>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = match place(&form) {
        Some(place) => requests::ask_role(&app.ground, (&admin.right, &subject), place, form.field("reason")).await,
        None => Err(Refusal::Field("role")),
    };
    back(&visit, &subject, done.map(|_| "role-asked"))
}

/// `POST /admin/person/revoke`: takes a role back at once.
pub async fn revoke_role(app: Data<App>, visit: Visit, admin: Admin<RevokeRole>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let subject = subject(&app, &visit, &admin, &form).await?;
    let done = match place(&form) {
        Some(place) => acts::revoke_role(&app.ground, &subject, place, form.field("reason")).await,
        None => Err(Refusal::Field("role")),
    };
    back(&visit, &subject, done.map(|_| "role-revoked"))
}

fn place(form: &CsrfForm) -> Option<(Role, Scope)> {
    let role = form.field("role").parse().ok()?;
    let scope = match form.field("scope") {
        "all" => Scope::Everywhere,
        // Empty text would read as everywhere; that wants to be said.
        "" => return None,
        text => text.parse().ok()?,
    };
    Some((role, scope))
}

/// The person the form is about, if this may be done to them.
async fn subject<A: Act>(app: &App, visit: &Visit, admin: &Admin<A>, form: &CsrfForm) -> Result<Subject<A>, Trouble> {
    door::own_form(visit, form)?;
    let Ok(id) = form.field("person").parse() else { return Err(trouble(visit, Denied::NoSuchPerson)) };
    admin.right.over(&app.ground, id).await.map_err(|denied| trouble(visit, denied))
}

/// Back to the person's page with what came of it.
fn back<A: Act>(visit: &Visit, subject: &Subject<A>, done: Result<&'static str, Refusal>) -> Result<HttpResponse, Trouble> {
    let (what, word) = match done {
        Ok(word) => ("done", word),
        Err(Refusal::Reason) => ("flaw", "reason"),
        Err(Refusal::NeedsTwo) => ("flaw", "needs-two"),
        Err(Refusal::State(word) | Refusal::Field(word)) => ("flaw", word),
        Err(refusal) => return Err(failed(visit, refusal)),
    };
    tracing::info!(event = "console.act", act = A::WORD, outcome = word, incident = %visit.visitor.incident, person = %subject.doer());
    Ok(see(&format!("/admin/person?person={}&{what}={word}", subject.person().id)))
}

/// What no form can say.
pub fn failed(visit: &Visit, refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::Denied(denied) => trouble(visit, denied),
        Refusal::Fault(fault) => Trouble::storage(visit, &fault),
        Refusal::Seal(error) => Trouble::internal(visit, &error),
        Refusal::Notice(error) => Trouble::internal(visit, &error),
        Refusal::Reason | Refusal::Field(_) | Refusal::State(_) | Refusal::NeedsTwo => {
            Trouble::of(visit, Kind::InConsole { what: "admin-changed" }, "console.refused", "state")
        }
    }
}
