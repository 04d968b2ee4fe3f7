//! Forms from elsewhere: every address that takes a POST refuses what does not come from a page of ours in the same
//! browser, and nothing changes (security case B17). The list is the program's own.

use reqwest::Method;
use url::Url;

use crate::{
    access::{Caller, Role, Route, routes},
    house::{House, log, on_both},
    login_stages::incident,
    visitor::Page,
};

/// One way in which a request is not from our page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    NoToken,
    AnotherOnesToken,
    OriginNull,
    OriginOther,
    OriginLikeOurs,
    CrossSite,
    SameSite,
    PlainText,
    Multipart,
}

const FAULTS: [Fault; 9] = [
    Fault::NoToken,
    Fault::AnotherOnesToken,
    Fault::OriginNull,
    Fault::OriginOther,
    Fault::OriginLikeOurs,
    Fault::CrossSite,
    Fault::SameSite,
    Fault::PlainText,
    Fault::Multipart,
];

impl Fault {
    fn reason(self) -> &'static str {
        match self {
            Self::NoToken | Self::AnotherOnesToken => "token",
            Self::OriginNull | Self::OriginOther | Self::OriginLikeOurs => "origin",
            Self::CrossSite | Self::SameSite => "fetch_site",
            Self::PlainText | Self::Multipart => "content_type",
        }
    }
}

/// What takes forms of ours. The SAML addresses take those of services, which prove themselves by signature.
fn posts() -> Vec<Route> {
    // Messages of other sites are signed; the desk's forms are tried by a registrant in `desk.rs`, the console's in `console/`.
    let elsewhere = ["/saml/", "/mitid/nemlogin/acs", "/desk", "/admin"];
    let ours = |route: &Route| route.method == Method::POST && !elsewhere.iter().any(|path| route.path.starts_with(path));
    routes().into_iter().filter(ours).collect()
}

/// Sends the route's form with one fault, or none.
async fn send(house: &House, caller: &mut Caller, route: &Route, fault: Option<Fault>, others: &str) -> Page {
    let token = match fault {
        Some(Fault::NoToken) => "",
        Some(Fault::AnotherOnesToken) => others,
        _ => &caller.csrf,
    };
    let ours = house.base.clone();
    let like_ours = format!("{ours}.evil.test");
    let origin = match fault {
        Some(Fault::OriginNull) => "null",
        Some(Fault::OriginOther) => "https://evil.test",
        Some(Fault::OriginLikeOurs) => &like_ours,
        _ => &ours,
    };
    let kind = match fault {
        Some(Fault::PlainText) => "text/plain",
        Some(Fault::Multipart) => "multipart/form-data; boundary=x",
        _ if route.takes_json() => "application/json",
        _ => "application/x-www-form-urlencoded",
    };
    let mut headers = vec![("Origin", origin), ("Content-Type", kind), ("X-CSRF", token)];
    match fault {
        Some(Fault::CrossSite) => headers.push(("Sec-Fetch-Site", "cross-site")),
        Some(Fault::SameSite) => headers.push(("Sec-Fetch-Site", "same-site")),
        _ => headers.push(("Sec-Fetch-Site", "same-origin")),
    }
    let body = if route.takes_json() {
        let mut body = serde_json::json!({ "credential": {} });
        if !caller.flow.is_empty() {
            body["flow"] = serde_json::json!(caller.flow);
        }
        body.to_string()
    } else {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", token).append_pair("language", "en").append_pair("next", "/help");
        if !caller.flow.is_empty() {
            form.append_pair("flow", &caller.flow);
        }
        form.finish()
    };
    let url = Url::parse(&house.url(&route.place())).expect("an address");
    caller.visitor.send(Method::POST, &url, None, &headers, body.into_bytes()).await
}

/// Everything that a forged form could change.
async fn state(house: &House) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["sessions", "authenticators", "audit_events", "flows", "throttles", "activations"] {
        counts.push(house.count(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

async fn every_post_as(house: &House, role: Role, number: usize) {
    let mut caller = Caller::new(house, role, number).await;
    let others = Caller::new(house, role, number + 1).await.csrf;
    let before = state(house).await;
    for route in posts() {
        if role == Role::FlowHolder && route.path.starts_with("/account") {
            // Open only to a session; see access.txt.
            continue;
        }
        for fault in FAULTS {
            if route.path == "/language" && fault.reason() == "token" {
                // It changes nothing but this browser's language, so it has no token.
                continue;
            }
            let page = send(house, &mut caller, &route, Some(fault), &others).await;
            assert_eq!(page.status, 403, "{} {fault:?}: {}", route.path, page.describe());
            assert!(page.headers.get("set-cookie").is_none(), "{} {fault:?}: {}", route.path, page.describe());
            if !page.body.is_empty() {
                log::expect_one(&incident(&page), "csrf.rejected", fault.reason());
            }
        }
    }
    assert_eq!(state(house).await, before, "nothing has changed");
    // The control: the same request without a fault passes this door, wherever it ends.
    for route in posts() {
        if role == Role::Employee && route.path == "/logout" {
            continue;
        }
        let mut caller =
            Caller::new(house, role, 100 + number * 100 + posts().iter().position(|one| *one == route).expect("its place")).await;
        let page = send(house, &mut caller, &route, None, &others).await;
        let own = route.path == "/language" || route.path.starts_with("/login") == (role == Role::FlowHolder);
        assert!(!own || page.status != 403 || !page.body.contains("csrf"), "{}: {}", route.path, page.describe());
        if own && page.status >= 400 && page.status != 401 {
            let lines = log::of(&incident(&page));
            assert!(lines.iter().all(|line| line["event"] != "csrf.rejected"), "{}: {lines:?}", route.path);
        }
    }
}

#[tokio::test]
async fn no_form_from_elsewhere_is_taken_from_whoever_logs_in() {
    on_both(|house| async move { every_post_as(&house, Role::FlowHolder, 1).await }).await;
}

#[tokio::test]
async fn no_form_from_elsewhere_is_taken_from_an_employee() {
    on_both(|house| async move { every_post_as(&house, Role::Employee, 1).await }).await;
}

#[tokio::test]
async fn another_site_s_form_comes_without_cookies_and_changes_nothing() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let page = visitor.get(house.url("/account")).await;
        let csrf = page.form("/logout").value("csrf").expect("a token").to_owned();
        let evil = Url::parse("https://evil.test/").expect("an address");
        let url = Url::parse(&house.url("/logout")).expect("an address");
        let refused = visitor.send_form(&url, Some(&evil), "https://evil.test", &[("csrf", &csrf)]).await;
        assert_eq!(refused.status, 403, "{}", refused.describe());
        for method in [Method::GET, Method::HEAD] {
            visitor.send(method, &url, Some(&evil), &[], vec![]).await;
        }
        assert_eq!(visitor.get(house.url("/account")).await.status, 200, "still logged in");
        let done = visitor.submit(&page, &page.form("/logout")).await;
        assert_eq!(done.status, 200, "{}", done.describe());
    })
    .await;
}

#[tokio::test]
async fn a_field_given_twice_is_refused() {
    on_both(|house| async move {
        let mut caller = Caller::new(&house, Role::FlowHolder, 1).await;
        let fields = [("csrf", caller.csrf.clone()), ("flow", caller.flow.clone()), ("user_name", "a".into()), ("user_name", "b".into())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = caller.visitor.post_form(house.url("/login/password"), &fields).await;
        assert_eq!(page.status, 403, "{}", page.describe());
        log::expect_one(&incident(&page), "csrf.rejected", "duplicate_parameter");
    })
    .await;
}
