//! The security headers of every answer, also of errors, redirects and static files (OWASP ASVS 3.4).
//!
//! No page gets an exception but those that carry a SAML message: they may reach the one origin it is for.
//! What never happens here: cookies. The path goes on to the handlers.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, PERMISSIONS_POLICY, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
    middleware::Next,
};
use url::{Origin, Url};

/// What a page may load: from this host only, nothing inline; framed by nobody.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const FIXED: [(HeaderName, &str); 8] = [
    // Two years. Browsers ignore it over plain http, so a developer's localhost is not bound by it.
    (STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Flow ids stand in URLs; no other host gets to see them. `same-origin` keeps `Origin` on our own forms.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // For browsers that do not know frame-ancestors.
    (X_FRAME_OPTIONS, "DENY"),
    (
        PERMISSIONS_POLICY,
        "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), \
         geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), display-capture=(), browsing-topics=()",
    ),
    (CACHE_CONTROL, "no-store"),
];

/// Middleware for the whole application: `App::new().wrap(actix_web::middleware::from_fn(headers::secure))`.
/// A header that the handler has set (caching of static files, the policy of a posting page) stays.
///
/// # Errors
/// Passes on what the inner service answered with, its response clad in the same headers.
pub async fn secure(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match next.call(request).await {
        Ok(mut response) => {
            clothe(response.headers_mut());
            Ok(response)
        }
        Err(error) => {
            let mut response: HttpResponse = error.error_response();
            clothe(response.headers_mut());
            Err(InternalError::from_response(error, response).into())
        }
    }
}

fn clothe(headers: &mut HeaderMap) {
    for (name, value) in FIXED {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
}

/// The content security policy of a page whose form posts to `action`, an absolute URL of a relying party.
/// Only its origin is let in, re-serialised from the parsed URL, so nothing can be smuggled into the header.
/// `None` when `action` is no http(s) URL.
pub fn policy_posting_to(action: &str) -> Option<HeaderValue> {
    let form_action = format!("form-action 'self' {}", origin(action)?);
    HeaderValue::from_str(&POLICY.replace("form-action 'self'", &form_action)).ok()
}

/// The same for a page whose script looks first whether the relying party is there.
pub fn policy_reaching(address: &str) -> Option<HeaderValue> {
    let origin = origin(address)?;
    let policy = POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}"));
    HeaderValue::from_str(&policy.replace("connect-src 'self'", &format!("connect-src 'self' {origin}"))).ok()
}

fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let origin @ Origin::Tuple(..) = url.origin() else {
        return None;
    };
    Some(origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, http::StatusCode, middleware::from_fn, test, web};

    async fn kept() -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "public")).finish()
    }

    #[actix_web::test]
    async fn what_a_handler_has_set_stays() {
        let app = test::init_service(App::new().wrap(from_fn(secure)).route("/", web::get().to(kept))).await;
        let answer = test::call_service(&app, test::TestRequest::get().to_request()).await;
        let caching: Vec<_> = answer.headers().get_all(CACHE_CONTROL).collect();
        assert_eq!(caching, ["public"]);
    }

    async fn failing() -> Result<HttpResponse, Error> {
        Err(actix_web::error::ErrorBadRequest("no"))
    }

    #[actix_web::test]
    async fn every_answer_is_clad() {
        let app = test::init_service(
            App::new().wrap(from_fn(secure)).route("/", web::get().to(HttpResponse::Ok)).route("/failing", web::get().to(failing)),
        )
        .await;
        for (path, status) in [("/", 200), ("/failing", 400), ("/nowhere", 404)] {
            let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
            assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap());
            for (name, value) in FIXED {
                assert_eq!(answer.headers().get(&name).unwrap(), value, "{path} {name}");
            }
            assert_eq!(answer.headers().get(CONTENT_SECURITY_POLICY).unwrap(), POLICY);
        }
    }

    #[actix_web::test]
    async fn an_error_of_a_middleware_is_clad_too() {
        let app = test::init_service(
            App::new()
                .wrap(from_fn(async |_: ServiceRequest, _: Next<actix_web::body::BoxBody>| {
                    Err::<ServiceResponse, _>(actix_web::error::ErrorForbidden("no"))
                }))
                .wrap(from_fn(secure)),
        )
        .await;
        let error = test::try_call_service(&app, test::TestRequest::get().to_request()).await.err().unwrap();
        let answer = error.error_response();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.headers().get(CONTENT_SECURITY_POLICY).unwrap(), POLICY);
    }

    #[actix_web::test]
    async fn a_posting_page_may_post_to_one_origin_only() {
        let policy = policy_posting_to("https://sp.example.dk:8443/acs?x=1;script-src *").unwrap();
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("form-action 'self' https://sp.example.dk:8443; frame-ancestors"), "{policy}");
        assert!(!policy.contains('*'));
        let policy = policy_reaching("https://sp.example.dk/").unwrap();
        let policy = policy.to_str().unwrap();
        assert!(policy.contains("connect-src 'self' https://sp.example.dk; form-action 'self' https://sp.example.dk;"), "{policy}");
        for hostile in ["javascript:alert(1)", "data:text/html,x", "/relative", "https://", "ftp://a/", "https://a b/"] {
            assert_eq!(policy_posting_to(hostile), None, "{hostile}");
            assert_eq!(policy_reaching(hostile), None, "{hostile}");
        }
    }
}
