//! The relay state (A16): carried back unchanged, up to a limit, shown to nobody, and never an address we go to.

use crate::{
    forge,
    house::House,
    saml_case::{Case, Scene, Sent, controls, hold, send},
};

const CARRIED: &[&str] = &[
    "x",
    "",
    "https://one.test/where?a=b&c=d#e",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "' onfocus=alert(1) autofocus='",
    "</form><form action=https://evil.test>",
    "<!--",
    "{{7*7}}${7*7}",
    "a b+c%20d&amp;e",
    "line\r\nSet-Cookie: evil=1",
    "%0d%0aLocation:%20https://evil.test",
    "smørrebrød 👩‍💻 𐍈",
    "\u{202e}evil",
    "//evil.test",
    "\\\\evil.test",
];

#[tokio::test]
async fn a16_it_comes_back_unchanged_and_is_nothing_but_a_value() {
    let scene = Scene::open(House::sqlite().await).await;
    let long = ["s".repeat(80), "s".repeat(1024), "é".repeat(512)];
    for state in CARRIED.iter().copied().chain(long.iter().map(String::as_str)) {
        let passive = || scene.authn_request_with(&[("IsPassive", "true")], "");
        let by_query = Sent::SignOnQuery(forge::query(&passive().bare(), Some(state), scene.key()));
        let page = send(&scene.house, &mut scene.house.visitor(), &by_query).await;
        let answer = scene.one.read(&scene.house, &page);
        assert_eq!(answer.relay_state.as_deref(), Some(state), "{}", page.describe());
        assert_eq!((answer.code(), answer.action.as_str()), ("NoPassive", "https://one.test/acs"));
        assert_eq!(page.forms().len(), 1, "{}", page.describe());
        assert!(!page.headers.contains_key("location") && !page.headers.contains_key("refresh"));
        assert!(!page.headers.keys().any(|name| name == "evil"), "{:?}", page.headers);
        for raw in ["<script>alert", "<form action=https://evil", "' onfocus", "javascript:alert(1)\" "] {
            assert!(!page.body.contains(raw), "{}", page.describe());
        }
    }
    controls(&scene).await;
}

#[tokio::test]
async fn a16_it_outlives_a_login_and_stays_off_its_pages() {
    let scene = Scene::open(House::sqlite().await).await;
    let anna = scene.house.employee("anna").await;
    for (state, posted) in [("\"><script>alert(1)</script>", false), ("https://evil.test/?a=b&c", true), ("smørrebrød 👩‍💻", true)]
    {
        let mut visitor = scene.house.visitor();
        let draft = scene.authn_request();
        let sent = if posted {
            Sent::SignOnForm(forge::form(draft.signed(scene.key()).as_bytes(), Some(state)))
        } else {
            Sent::SignOnQuery(forge::query(&draft.bare(), Some(state), scene.key()))
        };
        let page = send(&scene.house, &mut visitor, &sent).await;
        let page = visitor.follow(page).await;
        assert!(!page.body.contains("evil.test") && !page.body.contains("alert(1)"), "{}", page.describe());
        let page = anna.log_in(&scene.house, &mut visitor, &page).await;
        let answer = scene.one.read(&scene.house, &page);
        assert_eq!(answer.relay_state.as_deref(), Some(state));
        assert_eq!(answer.assertion().in_response_to, draft.id);
    }
}

#[tokio::test]
async fn a16_what_is_too_long_or_no_text_is_refused() {
    let scene = Scene::open(House::sqlite().await).await;
    let mut cases = Vec::new();
    let long = ["s".repeat(1025), "é".repeat(513), "s".repeat(4_000), "\0".to_owned(), "a\0b".to_owned()];
    for state in &long {
        let name: String = format!("{} bytes: {state:.5?}", state.len());
        let query = forge::query(&scene.authn_request().bare(), Some(state), scene.key());
        cases.push(Case::new("A16", format!("query, {name}"), Sent::SignOnQuery(query), "relaystate"));
        let body = forge::form(scene.authn_request().signed(scene.key()).as_bytes(), Some(state));
        cases.push(Case::new("A16", format!("form, {name}"), Sent::SignOnForm(body), "relaystate"));
    }
    let huge = forge::form(scene.authn_request().signed(scene.key()).as_bytes(), Some(&"s".repeat(80_000)));
    cases.push(Case::new("A16", "form, 80 kB", Sent::SignOnForm(huge), "relaystate"));
    for broken in ["%ff", "%c0%bc", "%ed%a0%80", "%F0%9F%92"] {
        let body = format!("{}&RelayState={broken}", forge::form(scene.authn_request().signed(scene.key()).as_bytes(), None));
        cases.push(Case::new("A16", format!("form, {broken}"), Sent::SignOnForm(body), "relaystate"));
    }
    hold(&scene, &cases).await;
    controls(&scene).await;
}
