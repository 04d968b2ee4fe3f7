//! What every answer tells the browser: the security headers on every route, on errors and redirects and static files,
//! and cookies that nobody else gets (security case B19).

use reqwest::Method;
use url::Url;

use crate::{
    access::{Caller, Role, routes},
    actors::SamlService,
    house::{House, on_both},
    visitor::Page,
};

/// Headers with the value each must have.
const FIXED: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
];

#[track_caller]
fn expect_dressed(page: &Page, what: &str) {
    let is_file = page.url.path().starts_with("/static/") && page.status == 200;
    for (name, value) in FIXED {
        assert_eq!(page.header(name), value, "{name} of {what}: {:?}", page.headers);
    }
    // Files hold nothing of anybody; pages are for us alone.
    let policy = if is_file { "cross-origin" } else { "same-origin" };
    assert_eq!(page.header("cross-origin-resource-policy"), policy, "{what}");
    let policy = page.header("content-security-policy");
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for needed in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(directives.contains(&needed), "{needed} of {what}: {policy}");
    }
    assert!(directives.iter().any(|directive| directive.starts_with("form-action 'self'")), "{what}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    let cache = page.header("cache-control");
    assert!(if is_file { cache.contains("immutable") } else { cache == "no-store" }, "cache-control of {what}: {cache}");
    assert!(page.headers.get("server").is_none() && page.headers.get("x-powered-by").is_none(), "{what} names its software");
    for line in page.headers.get_all("set-cookie") {
        expect_own_cookie(line.to_str().expect("text"), what);
    }
}

#[track_caller]
fn expect_own_cookie(line: &str, what: &str) {
    assert!(line.starts_with("__Host-"), "{what}: {line}");
    let attributes: Vec<String> = line.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
    for needed in ["path=/", "secure", "httponly", "samesite=lax"] {
        assert!(attributes.iter().any(|attribute| attribute == needed), "{needed} in {what}: {line}");
    }
    assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")), "{what}: {line}");
}

async fn every_route_as(house: &House, role: Role) {
    for (number, route) in routes().iter().enumerate() {
        let mut caller = Caller::new(house, role, number).await;
        let page = caller.call(house, route).await;
        expect_dressed(&page, &format!("{} {} as {role:?}", route.method, route.path));
        assert!(page.status < 500, "{}", page.describe());
    }
}

#[tokio::test]
async fn every_route_is_dressed() {
    on_both(|house| async move {
        for role in [Role::Nobody, Role::FlowHolder] {
            every_route_as(&house, role).await;
        }
    })
    .await;
}

#[tokio::test]
async fn errors_redirects_and_files_are_dressed_too() {
    on_both(|house| async move {
        let mut visitor = house.visitor();
        let page = visitor.get(house.url("/")).await;
        let file = page.body.split('"').find(|piece| piece.starts_with("/static/")).expect("a file").to_owned();
        let cases = [
            (Method::GET, file.as_str(), 200),
            (Method::HEAD, "/", 200),
            (Method::GET, "/nowhere", 404),
            (Method::GET, "/static/nothing.js", 404),
            (Method::GET, "/static/../Cargo.toml", 404),
            (Method::GET, "/%00", 404),
            (Method::DELETE, "/account", 405),
            (Method::OPTIONS, "/login", 405),
            (Method::PUT, "/saml/sso", 405),
            (Method::TRACE, "/", 405),
            (Method::GET, "/account", 303),
            (Method::GET, "/login", 303),
            (Method::GET, "/login?flow=nonsense", 400),
            (Method::GET, "/login?flow=a&flow=b", 400),
            (Method::GET, "/saml/sso", 400),
            (Method::POST, "/saml/sso", 400),
            (Method::GET, "/saml/slo?SAMLRequest=x", 400),
        ];
        for (method, path, status) in cases {
            let what = format!("{method} {path}");
            let url = Url::parse(&house.url(path)).expect("an address");
            let page = visitor.send(method, &url, None, &[], vec![]).await;
            assert_eq!(page.status, status, "{what}: {}", page.describe());
            expect_dressed(&page, &what);
        }
        let url = Url::parse(&house.url("/saml/sso")).expect("an address");
        let page = visitor.send(Method::POST, &url, None, &[], vec![b'x'; 700_000]).await;
        assert_eq!(page.status, 413, "{}", page.describe());
        expect_dressed(&page, "too large a body");
        let page = visitor.send(Method::GET, &url, None, &[("Host", "evil.test")], vec![]).await;
        assert_eq!(page.status, 400, "another host: {}", page.describe());
        expect_dressed(&page, "another host");
    })
    .await;
}

#[tokio::test]
async fn only_the_answering_page_may_post_elsewhere_and_only_there() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        service.read(&house, &page);
        expect_dressed(&page, "the answering page");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://service.test;"), "{policy}");
        let page = visitor.get(house.url("/account")).await;
        assert!(page.header("content-security-policy").contains("form-action 'self';"), "{}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn every_cookie_of_a_login_is_its_host_s_alone() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = house.visitor();
        let mut page = visitor.get(house.url("/login")).await;
        let mut lines = 0;
        let mut note = |page: &Page| {
            expect_dressed(page, page.url.path());
            lines += page.headers.get_all("set-cookie").iter().count();
        };
        note(&page);
        page = visitor.follow(page).await;
        let form = page.form("/login/password").with("user_name", &anna.username).with("password", &anna.password);
        page = visitor.submit(&page, &form).await;
        note(&page);
        page = visitor.follow(page).await;
        let form = page.form("/login/totp").with("code", &anna.fresh_code(&house));
        page = visitor.submit(&page, &form).await;
        note(&page);
        page = visitor.post_form(house.url("/language"), &[("language", "en"), ("next", "/help")]).await;
        note(&page);
        page = visitor.open(house.url("/account")).await;
        page = visitor.submit(&page, &page.form("/logout")).await;
        note(&page);
        assert!(lines >= 6, "{lines} cookies seen");
    })
    .await;
}
