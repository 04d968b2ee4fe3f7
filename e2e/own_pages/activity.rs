//! What happened to oneself: in words, nobody else named, page by page; and "this wasn't me", which locks at once.

use super::{FIREFOX, at_service, browser, expect_logged_out, own, text};
use crate::{
    actors::SamlService,
    house::{House, log, on_both},
    visitor::{Page, Visitor},
};

const HERE: &str = "/account/activity";

/// The key of the first event on the page that is called so.
fn key(page: &Page, words: &str) -> String {
    let item = page.body.split("<li>").find(|item| item.contains(&format!("<h2>{words}</h2>"))).unwrap_or_else(|| panic!("no {words}"));
    item.split("/report?event=").nth(1).expect("a link").split('"').next().expect("a key").to_owned()
}

async fn activity(house: &House, visitor: &mut Visitor) -> Page {
    own(house, visitor, HERE).await
}

#[tokio::test]
async fn what_happened_is_told_in_words_and_names_nobody() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = browser(&house, FIREFOX);
        let page = house.login_page(&mut visitor).await;
        anna.mistype(&mut visitor, &page).await;
        anna.go_home(&house, &mut visitor).await;
        at_service(&house, &anna, &service, &mut visitor).await;
        let page = text(&activity(&house, &mut visitor).await);
        let name = house.client(&service.entity_id).await.name;
        for words in [
            "Logged in at a service",
            name.as_str(),
            "Login failed: wrong password",
            "Firefox on Linux",
            "127.0.0.1",
            "Yourself",
            "New way to log in added",
            "Your identity created",
            "Your identity checked",
            "An administrator of Portvagt",
            "This wasn't me",
            "I know nothing of this",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        for secret in ["suite", "operator:", "person:", "login.failed", "Other event"] {
            assert!(!page.contains(secret), "{secret}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn older_events_are_on_further_pages_each_once_for_13_months() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let mut visitor = anna.at_home(&house).await;
        bo.at_home(&house).await;
        for _ in 0..30 {
            let page = own(&house, &mut visitor, "/account/sessions").await;
            visitor.submit_form(&page, "/account/sessions/end", &[("session", "others")]).await;
        }
        visitor.headers = vec![("Accept-Language".to_owned(), "en".to_owned())];
        let (mut seen, mut pages) = (Vec::new(), 0);
        let mut place = HERE.to_owned();
        loop {
            let page = own(&house, &mut visitor, &place).await;
            pages += 1;
            seen.extend(page.body.split("/report?event=").skip(1).map(|rest| rest.split('"').next().expect("a key").to_owned()));
            let Some(rest) = page.body.split("href=\"/account/activity?before=").nth(1) else { break };
            assert!(pages < 10, "{place} leads nowhere");
            place = format!("{HERE}?before={}", rest.split('"').next().expect("a key"));
        }
        assert!(pages >= 2, "{pages} pages");
        let person = house.person("anna").await;
        let expected =
            house.count(&format!("SELECT COUNT(*) FROM audit_events WHERE subject = '{}' AND kind NOT LIKE 'mail.%'", person.id)).await;
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((once.len(), seen.len()), (seen.len(), usize::try_from(expected).expect("a number")));
        // A key that is none begins at the newest.
        assert_eq!(own(&house, &mut visitor, &format!("{HERE}?before=x'--")).await.status, 200);

        house.advance(397 * 86_400);
        let mut later = anna.at_home(&house).await;
        let page = text(&activity(&house, &mut later).await);
        assert!(!page.contains("oprettet"), "older than 13 months: {page}");
    })
    .await;
}

#[tokio::test]
async fn this_was_not_me_locks_and_ends_everything() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let node = house.second_node().await;
        let mut thief = anna.at_home(&house).await.at_node(node.address.ip());
        let mut half = house.visitor();
        let page = house.login_page(&mut half).await;
        let code_page = anna.enter_password(&mut half, &page).await;
        let mut visitor = browser(&house, FIREFOX);
        anna.go_home(&house, &mut visitor).await;
        // An old login is enough for blocking.
        house.advance(600);
        let code = anna.fresh_code(&house);
        let page = activity(&house, &mut visitor).await;
        let key = key(&page, "Logged in");
        let page = own(&house, &mut visitor, &format!("/account/activity/report?event={key}")).await;
        assert!(house.events("person.locked").await.is_empty(), "asked first");
        let page = visitor.submit_form(&page, "/account/activity/report", &[]).await;
        assert!(page.status == 200 && text(&page).contains("Your identity is locked"), "{}", page.describe());
        for words in ["security staff have been told", "workplace opens it again", "Incident code"] {
            assert!(text(&page).contains(words), "{words}: {}", page.describe());
        }
        expect_logged_out(&house, &mut visitor).await;
        expect_logged_out(&house, &mut thief).await;
        let page = anna.enter_code(&mut half, &code_page, &code).await;
        assert!((400..500).contains(&page.status), "{}", page.describe());
        let page = service.send(&house, &mut thief, &service.request(&house)).await;
        assert!(page.saml_form().is_none(), "{}", page.describe());
        let page = anna.enter_password(&mut thief, &page).await;
        assert_eq!(page.status, 401, "the password opens nothing: {}", page.describe());

        let person = house.person("anna").await;
        let reported = house.events("misuse.reported").await;
        assert_eq!((reported.len(), reported[0].subject.clone()), (1, Some(person.id.to_string())));
        assert_eq!((reported[0].details["event"].as_str(), reported[0].details["event_kind"].as_str()), (key.as_str(), "login.succeeded"));
        let locked = house.events("person.locked").await;
        assert_eq!((locked.len(), locked[0].details["cause"].as_str()), (1, "misuse"));
        assert!(log::of(&reported[0].incident).iter().any(|line| line["event"] == "misuse.reported" && line["level"] == "WARN"));
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_event_can_be_neither_seen_nor_reported() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let mut hers = browser(&house, FIREFOX);
        anna.go_home(&house, &mut hers).await;
        let key = key(&activity(&house, &mut hers).await, "Logged in");
        let mut his = bo.at_home(&house).await;
        let csrf = own(&house, &mut his, "/account").await.form("/logout").value("csrf").expect("a token").to_owned();
        for bad in [key.as_str(), "1.6f1b3c1e-8a35-4c0f-9d0c-3a5b8a5f0a11", "x", ""] {
            assert_eq!(his.get(house.url(&format!("/account/activity/report?event={bad}"))).await.status, 404, "{bad}");
            let answer = his.post_form(house.url("/account/activity/report"), &[("csrf", &csrf), ("event", bad)]).await;
            assert_eq!(answer.status, 404, "{bad}");
        }
        assert!(house.events("misuse.reported").await.is_empty());
        own(&house, &mut his, "/account").await;
        own(&house, &mut hers, "/account").await;
    })
    .await;
}
