//! What is taken back on one node is gone on the other at the next request: lock, role, password, factor (security case
//! B18). Logins half done are gone too, and no service is answered.

use portvagt::{
    domain::{lock::Cause, role::Role},
    service::{lifecycle, people, roles},
    storage::authenticators,
};

use crate::{
    actors::{Employee, SamlService},
    house::{House, on_both},
    visitor::{Page, Visitor},
};

#[derive(Debug, Clone, Copy)]
enum Act {
    Lock,
    Role,
    Password,
    Factor,
    OwnFactor,
}

const ACTS: [Act; 5] = [Act::Lock, Act::Role, Act::Password, Act::Factor, Act::OwnFactor];

/// A browser of the other node, with the same cookies.
fn moved(from: &Visitor, to: &House) -> Visitor {
    let mut visitor = to.visitor();
    visitor.cookies = from.cookies.clone();
    visitor
}

async fn half_way(house: &House, anna: &Employee) -> (Visitor, Page) {
    let mut visitor = house.visitor();
    let page = house.login_page(&mut visitor).await;
    let page = anna.enter_password(&mut visitor, &page).await;
    assert!(page.find_form("/login/totp").is_some(), "{}", page.describe());
    (visitor, page)
}

async fn take_back(house: &House, act: Act, name: &str) {
    let (ground, by) = (&house.app.ground, house.operator());
    let person = house.person(name).await;
    match act {
        Act::Lock => drop(lifecycle::lock(ground, &by, person.id, Cause::Misuse, "a case of the suite").await.expect("a lock")),
        Act::Role => drop(roles::revoke(ground, &by, person.id, Role::Administrator).await.expect("no role")),
        Act::Password => drop(house.set_password(name, "nine purple staplers").await.expect("a good password")),
        Act::Factor => {
            let factor = authenticators::of_person(house.db(), person.id).await.expect("factors")[0].id;
            people::remove_factor(ground, &by, &person.username, factor).await.expect("no factor");
        }
        Act::OwnFactor => {}
    }
}

#[tokio::test]
async fn b18_what_is_taken_back_on_one_node_is_gone_on_the_other() {
    on_both(|house| async move {
        let second = house.second_node().await;
        let service = SamlService::at(&house, "service").await;
        for (number, act) in ACTS.into_iter().enumerate() {
            let name = format!("anna{number}");
            let mut anna = house.employee(&name).await;
            roles::grant(&house.app.ground, &house.operator(), house.person(&name).await.id, Role::Administrator).await.expect("a role");
            if matches!(act, Act::OwnFactor) {
                anna.add_passkey(&house).await;
            }
            let session = anna.at_home(&house).await;
            let (half, page) = half_way(&house, &anna).await;
            let mut service_side = moved(&session, &second);
            let answer = service.send(&second, &mut service_side, &service.request(&second)).await;
            service.read(&second, &answer).assertion();
            assert_eq!(moved(&session, &second).get(second.url("/account")).await.status, 200, "{act:?}: the control");
            let issued = house.events("saml.assertion.issued").await.len();
            if matches!(act, Act::OwnFactor) {
                let mut own = anna.at_home(&house).await;
                let id = authenticators::of_person(house.db(), house.person(&name).await.id).await.expect("factors")[1].id;
                let ask = own.open(house.url(&format!("/account/remove?authenticator={id}"))).await;
                let done = own.submit_form(&ask, "/account/remove", &[]).await;
                anna.expect_home(&done);
            } else {
                take_back(&house, act, &name).await;
            }

            let mut other = moved(&session, &second);
            assert_eq!(other.get(second.url("/account")).await.header("location"), "/login", "{act:?}: the session");
            let mut other = moved(&half, &second);
            let page = anna.enter_code(&mut other, &page, &anna.fresh_code(&house)).await;
            assert!((400..500).contains(&page.status), "{act:?}: a login half done: {}", page.describe());
            let mut other = moved(&session, &second);
            let page = service.send(&second, &mut other, &service.request(&second)).await;
            assert!(page.find_form("/login/password").is_some(), "{act:?}: a service: {}", page.describe());
            assert_eq!(house.events("saml.assertion.issued").await.len(), issued, "{act:?}");
        }
        second.close().await;
    })
    .await;
}
