//! What pages load: style sheet, script and fonts, built by `static/build.mjs` and embedded in the program.
//!
//! File names carry a hash of their content, so an answer may be kept for ever. Compressed forms are made at build time.
//! What never happens here: reading a path from a request as a path; a name is looked up among the embedded ones.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    web,
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static/dist"]
struct Built;

/// The plain names (`portvagt.css`) and their hashed ones (`portvagt-1a2b3c4d.css`).
static NAMES: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| Built::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default());

/// The address of a built file by its plain name, e.g. `portvagt.css` -> `/static/portvagt-1a2b3c4d.css`.
/// A name that was not built yields an address that answers 404; the tests know every name in use.
pub fn url(name: &str) -> String {
    format!("/static/{}", NAMES.get(name).map_or(name, String::as_str))
}

/// `GET /static/{name}`: one embedded file, in the form the browser takes; 404 for any other name.
pub async fn serve(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let known = NAMES.values().any(|hashed| *hashed == *name);
    let Some(file) = known.then(|| Built::get(&name)).flatten() else {
        return HttpResponse::NotFound().finish();
    };
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, media_type(&name)))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((VARY, "Accept-Encoding"))
        // Everybody's files: on the page that answers a form of another site, browsers fetch the icon in that site's name.
        .insert_header(("cross-origin-resource-policy", "cross-origin"));
    for (coding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts(accepted, coding)
            && let Some(compressed) = Built::get(&format!("{name}.{suffix}"))
        {
            return answer.insert_header((CONTENT_ENCODING, coding)).body(bytes(compressed.data));
        }
    }
    answer.body(bytes(file.data))
}

fn bytes(data: Cow<'static, [u8]>) -> web::Bytes {
    match data {
        Cow::Borrowed(embedded) => web::Bytes::from_static(embedded),
        Cow::Owned(read) => web::Bytes::from(read),
    }
}

/// RFC 9110, 12.5.3, as far as it matters here: the coding is named and not weighted zero.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding))
            && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0)))
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, test};

    async fn fetch(path: &str, accepted: &str) -> actix_web::dev::ServiceResponse {
        let app = test::init_service(App::new().route("/static/{name}", web::get().to(serve))).await;
        let request = test::TestRequest::get().uri(path).insert_header((ACCEPT_ENCODING, accepted));
        test::call_service(&app, request.to_request()).await
    }

    #[actix_web::test]
    async fn files_are_served_for_good_in_the_form_the_browser_takes() {
        for (accepted, coding) in [("gzip, deflate, br", Some("br")), ("gzip;q=1, br;q=0", Some("gzip")), ("", None)] {
            let answer = fetch(&url("portvagt.css"), accepted).await;
            assert_eq!(answer.status(), 200);
            let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(header(CONTENT_ENCODING), coding);
            assert_eq!(header(CONTENT_TYPE), Some("text/css; charset=utf-8"));
            assert_eq!(header(CACHE_CONTROL), Some("public, max-age=31536000, immutable"));
            assert!(!test::read_body(answer).await.is_empty());
        }
    }

    #[actix_web::test]
    async fn only_built_files_are_served() {
        for path in ["/static/manifest.json", "/static/portvagt.css", "/static/..%2fpackage.json", "/static/x.br"] {
            assert_eq!(fetch(path, "br").await.status(), 404, "{path}");
        }
    }

    #[actix_web::test]
    async fn every_name_in_use_was_built() {
        for name in ["portvagt.css", "webauthn.js", "post.js", "mark.svg"] {
            assert!(NAMES.contains_key(name), "{name}");
        }
    }
}
