//! How a page is dressed: headers, frame, problems. Every page says that it is a simulation. No route is here.
//! Next: the rooms.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use askama::Template;

use crate::texts::Texts;

/// The page that says what is wrong.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct Problem<'a> {
    /// Words.
    pub t: &'a Texts,
    /// Which room it happened in: the end of a key `room-...`.
    pub room: &'a str,
    /// What is wrong, in words for whoever runs the demonstration.
    pub detail: &'a str,
}

/// The page with its headers. `origins` are where its forms may lead besides here; only a self-sending form runs a script.
pub fn dress(mut answer: HttpResponseBuilder, page: &impl Template, origins: &[String], script: bool) -> HttpResponse {
    let Ok(html) = page.render() else { return HttpResponse::InternalServerError().finish() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; {}form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        if script { "script-src 'self'; " } else { "" },
        origins.join(" "),
    );
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

/// A page that says why something cannot be done.
pub fn refuse(t: &Texts, answer: HttpResponseBuilder, room: &str, detail: &str) -> HttpResponse {
    dress(answer, &Problem { t, room, detail }, &[], false)
}
