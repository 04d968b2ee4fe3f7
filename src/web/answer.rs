//! Answers that many rooms give: redirects, cookies, a flow's page, a form shown again. Decides nothing.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};

use crate::{
    service::login::Held,
    web::{
        app::App,
        page::{self, Frame, login::FormError},
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// A frame whose forms belong to the flow.
pub fn frame(app: &App, visit: &Visit, held: &Held) -> Result<Frame, Trouble> {
    let csrf = held.token.form_token(&app.ground.seals.csrf).map_err(|error| Trouble::internal(visit, &error))?;
    Ok(Frame { csrf, here: Some(format!("/login?flow={}", held.id)), ..visit.frame() })
}

/// To the flow's page, with its cookie.
pub fn at_flow(app: &App, visit: &Visit, held: &Held) -> HttpResponse {
    let mut answer = see(&format!("/login?flow={}", held.id));
    add(&mut answer, visit::keep_flow(held, app.ground.rules.session.flow_seconds));
    for surplus in visit.surplus_flows() {
        add(&mut answer, surplus);
    }
    answer
}

/// A redirect after a form (303).
pub fn see(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

/// Adds a cookie. One that cannot be written as a header (none of ours) is left out.
pub fn add(answer: &mut HttpResponse, cookie: actix_web::cookie::Cookie<'_>) {
    if let Err(error) = answer.add_cookie(&cookie) {
        tracing::error!(event = "internal", reason = %error);
    }
}

/// A form shown again is no success: 401 for what was refused, 429 for who must wait.
pub fn shown(page: &impl askama::Template, error: Option<FormError>) -> HttpResponse {
    match error {
        None => page::ok(page),
        Some(FormError::Refused) => page::answer(StatusCode::UNAUTHORIZED, page),
        Some(FormError::Throttled { seconds }) => {
            let mut answer = page::answer(StatusCode::TOO_MANY_REQUESTS, page);
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            answer
        }
    }
}
