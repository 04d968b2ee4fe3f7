//! Min identitet: what people see and do on their own pages, on both engines, over HTTP only.

use crate::{
    actors::{Employee, SamlService},
    house::House,
    visitor::{Page, Visitor},
};

/// What happened, and "this wasn't me".
mod activity;
/// What one logs in with.
mod authenticators;
/// All of one's data (C14).
mod export;
/// The language one chose.
mod language;
/// Locking one's own identity.
mod lock;
/// Changing one's own password.
mod password;
/// Where one is logged in (B16, B18).
mod sessions;

/// Names of a browser that people know.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

/// A browser that says so, with pages in English.
fn browser(house: &House, user_agent: &str) -> Visitor {
    let mut visitor = house.visitor();
    visitor.headers = vec![("User-Agent".to_owned(), user_agent.to_owned()), ("Accept-Language".to_owned(), "en".to_owned())];
    visitor
}

/// One of the person's pages.
async fn own(house: &House, visitor: &mut Visitor, path: &str) -> Page {
    let page = visitor.open(house.url(path)).await;
    assert_eq!((page.status, page.url.path()), (200, path.split('?').next().expect("a path")), "{}", page.describe());
    page
}

/// Nobody is logged in in this browser.
async fn expect_logged_out(house: &House, visitor: &mut Visitor) {
    let page = visitor.get(house.url("/account")).await;
    assert_eq!(page.header("location"), "/login", "{}", page.describe());
}

/// Logs in at a service.
async fn at_service(house: &House, who: &Employee, service: &SamlService, visitor: &mut Visitor) {
    let page = service.send(house, visitor, &service.request(house)).await;
    let page = if page.find_form("/login/password").is_some() { who.log_in(house, visitor, &page).await } else { page };
    assert!(page.saml_form().is_some(), "{}", page.describe());
}

/// The visible text of a page, without tags.
fn text(page: &Page) -> String {
    let mut text = String::new();
    let mut outside = true;
    for letter in page.body.chars() {
        match letter {
            '<' => outside = false,
            '>' => {
                outside = true;
                text.push(' ');
            }
            _ if outside => text.push(letter),
            _ => {}
        }
    }
    crate::visitor::decode(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}
