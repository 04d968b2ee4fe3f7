//! Rooms that are the same for everybody: front door, help, accessibility statement, language switch, health.

use actix_web::{HttpResponse, http::StatusCode, web::Data};

use crate::web::{
    answer,
    app::App,
    extract::csrf::OwnForm,
    language::Language,
    page::{self, Frame, open},
    visit::{self, Visit},
};

fn frame(visit: &Visit) -> Frame {
    Frame { here: Some(visit.here.clone()), ..visit.frame() }
}

/// `GET /`.
pub async fn front(visit: Visit) -> HttpResponse {
    page::ok(&open::Front { frame: frame(&visit) })
}

/// `GET /help`.
pub async fn help(app: Data<App>, visit: Visit) -> HttpResponse {
    page::ok(&open::Help { frame: frame(&visit), contact: app.site.contact.clone() })
}

/// `GET /accessibility`.
pub async fn accessibility(app: Data<App>, visit: Visit) -> HttpResponse {
    page::ok(&open::Accessibility { frame: frame(&visit), contact: app.site.contact.clone() })
}

/// `POST /language`: remembers the language and goes back to a page of ours.
pub async fn language(form: OwnForm) -> HttpResponse {
    let next = Some(form.field("next")).filter(|next| is_own_path(next)).unwrap_or("/");
    let mut reply = answer::see(next);
    if let Some(language) = Language::from_tag(form.field("language")) {
        answer::add(&mut reply, visit::keep_language(language));
    }
    reply
}

/// A path on this host: one slash, no second one or backslash that browsers would read as another host.
fn is_own_path(next: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    next.starts_with('/') && !next.starts_with("//") && next.len() <= visit::LONGEST_WAY_BACK && next.bytes().all(plain)
}

/// `GET /health/live`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /health/ready`: the database can be written, so logins can succeed.
pub async fn ready(app: Data<App>) -> HttpResponse {
    match app.readiness.now(&app.ground).await {
        true => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        false => HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).content_type("text/plain").body("not ready\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn the_way_back_stays_in_this_house() {
        assert!(is_own_path("/login?flow=1"));
        for outside in ["", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb", "/æ"] {
            assert!(!is_own_path(outside), "{outside:?}");
        }
    }
}
