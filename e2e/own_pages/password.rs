//! Changing one's own password: the reason is told, everything else that was open ends, and wrong old ones are guesses.

use super::{expect_logged_out, own, text};
use crate::{
    actors::Employee,
    house::{House, on_both},
    visitor::{Page, Visitor},
};

const NEW: &str = "nine purple staplers";

async fn change(house: &House, visitor: &mut Visitor, old: &str, new: &str, again: &str) -> Page {
    visitor.headers = vec![("Accept-Language".to_owned(), "en".to_owned())];
    let page = own(house, visitor, "/account/password").await;
    visitor.submit_form(&page, "/account/password", &[("old", old), ("new", new), ("again", again)]).await
}

async fn can_log_in(house: &House, anna: &Employee, password: &str) -> bool {
    let mut visitor = house.visitor();
    let page = house.login_page(&mut visitor).await;
    let page = visitor.submit_form(&page, "/login/password", &[("user_name", &anna.username), ("password", password)]).await;
    page.find_form("/login/totp").is_some()
}

#[tokio::test]
async fn a_new_password_ends_everything_but_this_browser() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let node = house.second_node().await;
        let mut visitor = anna.at_home(&house).await;
        let mut elsewhere = anna.at_home(&house).await.at_node(node.address.ip());
        let mut half = house.visitor();
        let page = house.login_page(&mut half).await;
        let code_page = anna.enter_password(&mut half, &page).await;
        // A copy of this browser's cookie, in other hands.
        let mut thief = visitor.clone();

        let page = change(&house, &mut visitor, &anna.password, NEW, NEW).await;
        assert!(page.status == 200 && text(&page).contains("Your password is changed"), "{}", page.describe());
        own(&house, &mut visitor, "/account/sessions").await;
        expect_logged_out(&house, &mut elsewhere).await;
        expect_logged_out(&house, &mut thief).await;
        let page = anna.enter_code(&mut half, &code_page, &anna.fresh_code(&house)).await;
        assert!((400..500).contains(&page.status), "{}", page.describe());
        expect_logged_out(&house, &mut half).await;
        assert!(!can_log_in(&house, &anna, &anna.password).await, "the old one");
        assert!(can_log_in(&house, &anna, NEW).await, "the new one");
        let person = house.person("anna").await;
        let events = house.events("password.set").await;
        assert_eq!(events[0].actor, format!("person:{}", person.id));
        assert_eq!(events[0].details["sessions_ended"], "1");
        assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE notice = 'password-changed'").await, 1);
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_password_that_is_not_taken_says_why_and_changes_nothing() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        let old = anna.password.as_str();
        for (new, again, says) in [
            ("short", "short", "too short. Use at least 12"),
            ("password1234", "password1234", "others try first"),
            ("anna-Prøvesen-2026", "anna-Prøvesen-2026", "your own name"),
            (old, old, "the same password as now"),
            (NEW, "nine purple stapler", "not alike"),
        ] {
            let page = change(&house, &mut visitor, old, new, again).await;
            assert!(page.status == 422 && text(&page).contains(says), "{new}: {}", page.describe());
            assert!(!page.body.contains(&format!("value=\"{new}\"")), "{new} comes back");
        }
        assert!(can_log_in(&house, &anna, old).await);
        assert!(house.events("password.set").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_wrong_old_password_is_a_guess_like_any_other() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut visitor = anna.at_home(&house).await;
        for _ in 0..5 {
            let page = change(&house, &mut visitor, "not it, not at all", NEW, NEW).await;
            assert!(page.status == 401 && text(&page).contains("present password was not right"), "{}", page.describe());
        }
        let page = change(&house, &mut visitor, &anna.password, NEW, NEW).await;
        assert_eq!(page.status, 429, "also with the right one: {}", page.describe());
        assert_eq!(house.events("account.locked").await.len(), 1);
        house.advance(31);
        let page = change(&house, &mut visitor, &anna.password, NEW, NEW).await;
        assert_eq!(page.status, 200, "{}", page.describe());
    })
    .await;
}
