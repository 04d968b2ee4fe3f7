//! What the person's own pages ask before they act: a form of the session itself, and, for what matters most, a fresh login.

use actix_web::HttpResponse;

use crate::{
    domain::flow::Wanted,
    service::{enrolment::Fresh, login},
    web::{
        answer,
        app::App,
        extract::{
            csrf::{CsrfForm, Holder},
            present::SignedIn,
        },
        page::problem,
        problem::Trouble,
        visit::Visit,
    },
};

/// Forms of these pages belong to the session, not to some flow.
pub fn own_form(visit: &Visit, form: &CsrfForm) -> Result<(), Trouble> {
    match &form.holder {
        Holder::Session(_) => Ok(()),
        Holder::Flow(_) => Err(Trouble::of(visit, problem::Kind::Forbidden, "csrf.rejected", "token")),
    }
}

/// The fresh login, or the page that renews an older one on the way to `wanted`.
pub async fn fresh<'w>(app: &App, visit: &Visit, who: &'w SignedIn, wanted: Wanted) -> Result<Result<Fresh<'w>, HttpResponse>, Trouble> {
    if let Some(fresh) = Fresh::of(&app.ground, &who.present.session) {
        return Ok(Ok(fresh));
    }
    tracing::info!(event = "stepup.required", incident = %visit.visitor.incident, person = %who.present.person.id);
    let held = login::begin_step_up(&app.ground, &who.present.session, wanted).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    Ok(Err(answer::at_flow(app, visit, &held)))
}

/// There is nothing of that id here.
pub fn not_here(visit: &Visit, what: &'static str) -> Trouble {
    Trouble::of(visit, problem::Kind::NotFound, "http.not_found", what)
}
