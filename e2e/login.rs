//! Logging in, as it should go: every pair of factors, first logins, step-up, and sessions that end by time.

use crate::{
    actors::{Employee, SamlService, Twist},
    house::on_both,
};

#[tokio::test]
async fn password_and_code() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let visitor = anna.at_home(&house).await;
        assert!(visitor.cookies.value("__Host-session").is_some());
        assert_eq!(house.events("login.succeeded").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn passkey_alone() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        anna.add_passkey(&house).await;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        let page = anna.passkey_login(&house, &mut visitor, &page, &Twist::default()).await;
        anna.expect_home(&page);
    })
    .await;
}

#[tokio::test]
async fn a_service_gets_an_answer() {
    on_both(|house| async move {
        let anna: Employee = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let request = service.request(&house);
        let page = service.send_with(&house, &mut visitor, &request, Some("where I was")).await;
        let page = anna.log_in(&house, &mut visitor, &page).await;
        let answer = service.read(&house, &page);
        assert_eq!(answer.relay_state.as_deref(), Some("where I was"));
        let assertion = answer.assertion();
        assert_eq!(assertion.level(), "Substantial");
        assert_eq!(assertion.in_response_to, request.id);
        assert_eq!(assertion.audience, service.entity_id);
        assert_eq!(assertion.recipient, service.acs[0]);
    })
    .await;
}
