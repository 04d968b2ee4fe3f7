//! What one logs in with: where it was used last, its name, its end; each change after a fresh login only, and told.

use super::{FIREFOX, IPHONE, at_service, browser, own, text};
use crate::{actors::SamlService, house::on_both};

const HERE: &str = "/account/authenticators";

#[tokio::test]
async fn an_authenticator_says_where_it_was_used_last() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = browser(&house, FIREFOX);
        anna.go_home(&house, &mut visitor).await;
        let page = text(&own(&house, &mut visitor, HERE).await);
        assert!(page.contains("Last used for My identity, Firefox on Linux"), "{page}");
        let service = SamlService::at(&house, "service").await;
        let mut phone = browser(&house, IPHONE);
        at_service(&house, &anna, &service, &mut phone).await;
        let page = text(&own(&house, &mut visitor, HERE).await);
        let name = house.client(&service.entity_id).await.name;
        assert!(page.contains(&format!("Last used for {name}, Safari on iPhone")), "{page}");
    })
    .await;
}

#[tokio::test]
async fn names_are_given_and_are_only_text() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let mut visitor = anna.at_home(&house).await;
        let page = own(&house, &mut visitor, HERE).await;
        let place = page.body.split("/account/rename?authenticator=").nth(1).expect("a link").split('"').next().expect("an id").to_owned();
        let page = own(&house, &mut visitor, &format!("/account/rename?authenticator={place}")).await;
        let renamed = visitor.submit_form(&page, "/account/rename", &[("name", "  <b>Telefon</b>\r\nBcc: x ")]).await;
        assert_eq!(renamed.url.path(), HERE, "{}", renamed.describe());
        assert!(renamed.body.contains("&#60;b&#62;Telefon&#60;/b&#62;Bcc: x") && !renamed.body.contains("<b>Telefon"), "{}", renamed.body);
        assert_eq!(house.events("authenticator.renamed").await.len(), 1);

        // The control: somebody else's is not there, neither to look at nor to change.
        let mut other = bo.at_home(&house).await;
        let home = own(&house, &mut other, "/account").await;
        let csrf = home.form("/logout").value("csrf").expect("a token").to_owned();
        assert_eq!(other.get(house.url(&format!("/account/rename?authenticator={place}"))).await.status, 404);
        for path in ["/account/rename", "/account/remove"] {
            let fields = [("csrf", csrf.as_str()), ("authenticator", place.as_str()), ("name", "Mine")];
            assert_eq!(other.post_form(house.url(path), &fields).await.status, 404, "{path}");
        }
        assert_eq!(house.events("authenticator.renamed").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_old_login_is_renewed_on_the_way_to_each_change() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let page = own(&house, &mut visitor, HERE).await;
        let place = page.body.split("/account/remove?authenticator=").nth(1).expect("a link").split('"').next().expect("an id").to_owned();
        let csrf = page.form("/logout").value("csrf").expect("a token").to_owned();
        house.advance(901);
        for path in ["/account/passkey", "/account/password", "/account/export", &format!("/account/remove?authenticator={place}")] {
            let page = visitor.open(house.url(path)).await;
            assert!(page.find_form("/login/totp").is_some(), "{path}: {}", page.describe());
        }
        for path in ["/account/remove", "/account/rename", "/account/totp", "/account/password", "/account/export"] {
            let fields = [("csrf", csrf.as_str()), ("authenticator", place.as_str()), ("old", anna.password.as_str())];
            let answer = visitor.post_form(house.url(path), &fields).await;
            assert_eq!((answer.status, answer.location().expect("a place").path()), (303, "/login"), "{path}");
        }
        for kind in ["authenticator.removed", "authenticator.renamed", "gdpr.export"] {
            assert!(house.events(kind).await.is_empty(), "{kind}");
        }
        // Coming back leads where one wanted to go.
        for (path, after) in [("/account/password", "/account/password"), ("/account/export", "/account/export")] {
            house.advance(901);
            let page = visitor.open(house.url(path)).await;
            let page = anna.enter_code(&mut visitor, &page, &anna.fresh_code(&house)).await;
            assert_eq!((page.status, page.url.path()), (200, after), "{}", page.describe());
        }
    })
    .await;
}

#[tokio::test]
async fn adding_and_removing_are_told_to_the_owner() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        let mails = |notice: &'static str| {
            let house = house.clone();
            async move { house.count(&format!("SELECT COUNT(*) FROM outbox WHERE notice = '{notice}'")).await }
        };
        let before = mails("factor-added").await;
        house.advance(60);
        anna.add_passkey(&house).await;
        assert_eq!(mails("factor-added").await, before + 1);
        let mut visitor = anna.at_home(&house).await;
        let page = own(&house, &mut visitor, HERE).await;
        let place = page.body.split("/account/remove?authenticator=").nth(1).expect("a link").split('"').next().expect("an id").to_owned();
        let page = own(&house, &mut visitor, &format!("/account/remove?authenticator={place}")).await;
        let page = visitor.submit_form(&page, "/account/remove", &[]).await;
        assert_eq!(page.url.query(), Some("done=removed"), "{}", page.describe());
        assert_eq!(mails("factor-removed").await, 1);
        let events = house.events("authenticator.removed").await;
        assert_eq!(events[0].details["kind"], "totp", "{events:?}");
    })
    .await;
}
