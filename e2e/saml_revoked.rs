//! Revoked while the answer was on its way: once a lock or a logout counts, no assertion leaves, however far its making had
//! come (R11). What is revoked is a row; so the case deletes it in a transaction that a sign-on runs into.

use crate::{
    actors::SamlService,
    house::{House, on_both},
    visitor::{Page, Visitor},
};

/// What a lock does to sessions.
const REVOKE: &str = "DELETE FROM sessions";

/// Sends the sign-on while somebody else's transaction ends all sessions, which counts before the answer is written down.
async fn sign_on_meanwhile(house: &House, service: &SamlService, visitor: &mut Visitor, passive: bool) -> Page {
    let hold = house.hold(REVOKE).await;
    let request = service.request(house);
    let request = if passive { request.passive() } else { request };
    let (answer, ()) = tokio::join!(service.send(house, visitor, &request), async {
        house.somebody_waits().await;
        hold.commit().await;
    });
    answer
}

#[tokio::test]
async fn no_assertion_leaves_after_its_session_was_ended() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        service.read(&house, &page).assertion();
        let issued = house.events("saml.assertion.issued").await.len();

        let page = sign_on_meanwhile(&house, &service, &mut visitor, false).await;
        assert!(page.find_form("/login/password").is_some(), "the login page is due: {}", page.describe());
        assert_eq!(house.events("saml.assertion.issued").await.len(), issued, "nothing was said");
        assert_eq!(house.count("SELECT COUNT(*) FROM participations WHERE session NOT IN (SELECT id FROM sessions)").await, 1);

        // The control: from that page the same request is answered.
        let page = anna.log_in(&house, &mut visitor, &page).await;
        service.read(&house, &page).assertion();
        let page = sign_on_meanwhile(&house, &service, &mut visitor, true).await;
        assert!(service.read(&house, &page).status.join(" ").contains("NoPassive"), "{}", page.describe());
        assert_eq!(house.events("saml.assertion.issued").await.len(), issued + 1);
    })
    .await;
}

#[tokio::test]
async fn a_login_that_was_just_finished_says_nothing_once_it_is_revoked() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = anna.enter_password(&mut visitor, &page).await;
        let form = page.form("/login/totp").with("code", &anna.fresh_code(&house));
        let entered = visitor.submit(&page, &form).await;
        let hold = house.hold(REVOKE).await;
        let (page, ()) = tokio::join!(visitor.follow(entered), async {
            house.somebody_waits().await;
            hold.commit().await;
        });
        assert!(service.read(&house, &page).status.join(" ").contains("AuthnFailed"), "{}", page.describe());
        assert_eq!(house.events("saml.assertion.issued").await.len(), 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM flows").await, 0, "and the login is over");
    })
    .await;
}
