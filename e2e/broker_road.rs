//! MitID by a broker, as it should go: the level rises, the browser is logged out at the broker and comes back, and the
//! CPR number is in no address, page, log line or event.

use crate::{
    broker_case::{CPR, OnTheRoad, leaving, on_the_road},
    house::log,
};

#[tokio::test]
async fn the_road_proves_the_person_and_logs_out_at_the_broker() {
    on_the_road(|mut road: OnTheRoad| async move {
        let page = road.ask().await;
        let place = leaving(&page);
        assert!(place.as_str().starts_with(road.broker.issuer()) && !page.body.contains(CPR));
        let back = road.visitor.get(&place).await.location().expect("the broker sends the browser back");
        let page = road.visitor.get(&back).await;
        assert!(!page.body.contains(CPR), "the number itself is on no page");
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("form-action 'self' {};", road.broker.issuer())), "{policy}");
        assert!(!page.header("location").contains("id_token") && page.header("cache-control") == "no-store");
        let form = page.form("/logout");
        assert_eq!(form.action.host_str(), Some("127.0.0.1"));
        let answer = road
            .visitor
            .submit(&page, &page.forms().into_iter().find(|form| form.action.as_str().starts_with(road.broker.issuer())).expect("a form"))
            .await;
        let said = road.broker.said();
        let field = |name: &str| said.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
        assert_eq!(field("client_id"), "portvagt");
        assert_eq!(field("id_token_hint").split('.').count(), 3);
        assert_eq!(field("post_logout_redirect_uri"), road.house.url("/mitid/broker/logged-out"));
        let page = road.visitor.follow(answer).await;
        assert_eq!((page.status, page.url.path()), (200, "/account"), "{}", page.describe());
        assert_eq!(road.proofings().await, 1);
        for event in road.house.events("").await {
            assert!(!format!("{event:?}").contains(CPR), "{event:?}");
            for line in log::of(&event.incident) {
                assert!(!line.to_string().contains(CPR), "{line}");
            }
        }
        let answered = road.house.events("mitid.answered").await;
        assert_eq!((answered.len(), answered[0].details["reference"].as_str()), (1, "t-1"));
        assert_eq!(road.house.events("mitid.used").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_road_that_is_not_set_up_has_no_rooms() {
    crate::house::on_both(|house| async move {
        let mut visitor = house.visitor();
        for path in ["/mitid/broker/callback?state=a.b&code=c", "/mitid/broker/keys"] {
            assert_eq!(visitor.get(house.url(path)).await.status, 404, "{path}");
        }
    })
    .await;
}
