//! What pages show beside their purpose (the other language, the incident code, the operator's sentence of help), and what
//! anybody may ask for without its costing much.

use crate::{
    actors::SamlService,
    house::on_both,
    login_stages::incident,
    visitor::{Page, Visitor},
};

/// The page again in the other language.
async fn in_english(visitor: &mut Visitor, page: &Page) -> Page {
    assert!(page.body.contains("lang=\"da\""), "{}", page.describe());
    let answer = visitor.submit_form(page, "/language", &[]).await;
    assert!(answer.body.contains("<html lang=\"en\""), "{}", answer.describe());
    answer
}

#[tokio::test]
async fn problem_pages_are_there_in_the_other_language() {
    on_both(|house| async move {
        for path in ["/nowhere", "/login/password", "/help?x=y"] {
            let mut visitor = house.visitor();
            let page = visitor.get(house.url(path)).await;
            let again = in_english(&mut visitor, &page).await;
            assert_eq!((again.status, again.url.path()), (page.status, page.url.path()));
        }
        // A message of a service is not asked for again, nor what is longer than any address of ours.
        for path in ["/saml/sso?SAMLRequest=x".to_owned(), format!("/nowhere?{}", "x".repeat(300))] {
            let mut visitor = house.visitor();
            let page = visitor.get(house.url(&path)).await;
            assert_eq!(in_english(&mut visitor, &page).await.url.path(), "/");
        }
    })
    .await;
}

#[tokio::test]
async fn where_one_may_still_be_logged_in_is_told_in_both_languages() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = anna.log_in(&house, &mut visitor, &page).await;
        service.read(&house, &page).assertion();
        let page = visitor.get(house.url("/account")).await;
        let out = visitor.submit(&page, &page.form("/logout")).await;
        // The service does not answer and is passed over.
        let out = crate::slo::within(&house, &mut visitor, out).await;
        let skip = crate::slo::step(&out).skip.expect("a way past it");
        let out = crate::slo::go(&house, &mut visitor, &skip).await;
        let name = &house.client(&service.entity_id).await.name;
        assert!(out.body.contains(name.as_str()), "{}", out.describe());
        let again = in_english(&mut visitor, &out).await;
        assert!(again.body.contains(name.as_str()), "{}", again.describe());
        let guessed = visitor.get(house.url("/logged-out?services=1.x.00000000-0000-0000-0000-000000000000.")).await;
        assert!(guessed.status == 200 && !guessed.body.contains(name.as_str()));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_names_services_without_end_costs_little() {
    on_both(|house| async move {
        let mut first = None;
        for number in 0..30 {
            let service = SamlService::at(&house, &format!("service{number}")).await;
            first.get_or_insert(house.client(&service.entity_id).await);
        }
        let first = first.expect("a service");
        let mut visitor = house.visitor();
        let again = format!("{}.", first.id).repeat(500);
        let page = visitor.get(house.url(&format!("/logged-out?services={again}"))).await;
        assert_eq!(page.body.matches(&first.name).count(), 1, "named once: {}", page.describe());
        let all = portvagt::service::clients::list(&house.app.ground).await.expect("all");
        let all: String = all.iter().map(|client| format!("{}.", client.id)).collect();
        let page = visitor.get(house.url(&format!("/logged-out?services={}", all.repeat(20)))).await;
        let named = page.body.matches("<li>saml.service").count();
        assert!((1..=20).contains(&named), "{named} named: {}", page.describe());
    })
    .await;
}

#[tokio::test]
async fn who_must_wait_is_told_a_code_and_whoever_logs_in_where_to_call() {
    on_both(|house| async move {
        let mut visitor = house.visitor_from(70);
        let mut page = house.login_page(&mut visitor).await;
        assert!(page.body.contains("Ring til servicedesk: 70 10 00 00"), "{}", page.describe());
        for _ in 0..6 {
            page = visitor.submit_form(&page, "/login/password", &[("user_name", "nobody"), ("password", "one password for all")]).await;
        }
        assert_eq!(page.status, 429, "{}", page.describe());
        crate::house::log::expect_one(&incident(&page), "login.throttled", "too_many_failures");
    })
    .await;
}

#[tokio::test]
async fn signed_metadata_is_signed_once_in_five_minutes() {
    on_both(|house| async move {
        let mut visitor = house.visitor();
        let mut fetch = async |query: &str| visitor.get(house.url(&format!("/saml/metadata?{query}"))).await.body;
        let first = fetch("signed=1").await;
        assert!(first.contains("SignatureValue"));
        assert_eq!(fetch("signed=1").await, first);
        assert_ne!(fetch("signed=1&binding=redirect").await, first, "each form is its own");
        assert!(!fetch("").await.contains("SignatureValue"));
        house.advance(300);
        assert_ne!(fetch("signed=1").await, first);
    })
    .await;
}

#[tokio::test]
async fn readiness_is_asked_of_the_database_once_a_second() {
    on_both(|house| async move {
        let mut visitor = house.visitor();
        assert_eq!(visitor.get(house.url("/health/ready")).await.status, 200);
        house.db().close().await;
        assert_eq!(visitor.get(house.url("/health/ready")).await.status, 200, "within the same second");
        house.advance(1);
        assert_eq!(visitor.get(house.url("/health/ready")).await.status, 503);
        assert_eq!(visitor.get(house.url("/health/live")).await.status, 200);
    })
    .await;
}
