//! Where one is logged in, and logging out there: one, all others, all; on every node at the next request.

use super::{FIREFOX, IPHONE, at_service, browser, expect_logged_out, own, text};
use crate::{actors::SamlService, house::on_both};

const HERE: &str = "/account/sessions";

#[tokio::test]
async fn each_login_is_told_in_words() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut phone = browser(&house, IPHONE);
        at_service(&house, &anna, &service, &mut phone).await;
        let mut visitor = browser(&house, FIREFOX);
        anna.go_home(&house, &mut visitor).await;
        let page = text(&own(&house, &mut visitor, HERE).await);
        let name = house.client(&service.entity_id).await.name;
        for words in ["Firefox on Linux", "This browser", "Safari on iPhone", "127.0.0.1", name.as_str()] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains(&service.entity_id), "names, not addresses: {page}");
    })
    .await;
}

#[tokio::test]
async fn one_login_is_ended_alone() {
    on_both(|house| async move {
        let (anna, bo) = (house.employee("anna").await, house.employee("bo").await);
        let node = house.second_node().await;
        let mut visitor = anna.at_home(&house).await;
        let mut second = anna.at_home(&house).await;
        let mut third = anna.at_home(&house).await.at_node(node.address.ip());
        let mut stranger = bo.at_home(&house).await;
        let page = own(&house, &mut third, HERE).await;
        let own_ids: Vec<String> = page.forms().iter().filter_map(|form| form.value("session").map(str::to_owned)).collect();

        let page = own(&house, &mut visitor, HERE).await;
        let ids: Vec<String> = page.forms().iter().filter_map(|form| form.value("session").map(str::to_owned)).collect();
        // The newest of the others is the third.
        let id = ids.iter().find(|id| !own_ids.contains(id)).expect("the third's id").clone();
        let csrf = |page: &crate::visitor::Page| page.form("/logout").value("csrf").expect("a token").to_owned();
        let home = own(&house, &mut stranger, "/account").await;
        stranger.post_form(house.url("/account/sessions/end"), &[("csrf", &csrf(&home)), ("session", &id)]).await;
        own(&house, &mut third, "/account").await;
        let ended = visitor.post_form(house.url("/account/sessions/end"), &[("csrf", &csrf(&page)), ("session", &id)]).await;
        assert_eq!(ended.location().expect("a place").query(), Some("done=ended"));
        expect_logged_out(&house, &mut third).await;
        own(&house, &mut second, "/account").await;
        own(&house, &mut visitor, "/account").await;
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn everywhere_is_everywhere_without_a_fresh_login() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let node = house.second_node().await;
        let mut visitor = anna.at_home(&house).await;
        let mut second = anna.at_home(&house).await.at_node(node.address.ip());
        let mut half = house.visitor();
        let page = house.login_page(&mut half).await;
        let code_page = anna.enter_password(&mut half, &page).await;
        house.advance(850);
        let code = anna.fresh_code(&house);
        house.advance(30);
        let page = own(&house, &mut visitor, HERE).await;
        let form = page.form("/account/sessions/end").with("session", "all");
        let page = visitor.submit(&page, &form).await;
        assert_eq!(page.status, 200, "{}", page.describe());
        assert!(visitor.cookies.value("__Host-session").is_none(), "the cookie is gone");
        expect_logged_out(&house, &mut visitor).await;
        expect_logged_out(&house, &mut second).await;
        let page = anna.enter_code(&mut half, &code_page, &code).await;
        assert!((400..500).contains(&page.status), "{}", page.describe());
        expect_logged_out(&house, &mut half).await;
        assert_eq!(house.events("session.ended").await[0].details["sessions_ended"], "2");
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn everywhere_else_leaves_this_browser_in() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let (mut visitor, mut second) = (anna.at_home(&house).await, anna.at_home(&house).await);
        let page = own(&house, &mut visitor, HERE).await;
        let page = visitor.submit_form(&page, "/account/sessions/end", &[("session", "others")]).await;
        anna.expect_home(&page);
        expect_logged_out(&house, &mut second).await;
    })
    .await;
}
