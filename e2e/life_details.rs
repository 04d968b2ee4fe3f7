//! Names, user names and addresses that change: what falls at once, who is told, and what is never taken.

use portvagt::{
    domain::{notice::Notice, person::Person},
    service::people::{
        self, Refusal,
        details::{self, Change},
    },
    storage::outbox::State,
};

use crate::{
    actors::SamlService,
    house::{House, on_both},
    mail::mails,
};

async fn change(house: &House, username: &str, change: Change) -> Result<Person, Refusal> {
    let person = house.person(username).await.id;
    details::change(&house.app.ground, &house.operator(), person, change).await
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn waiting(house: &House) -> usize {
    mails(house, State::Queued).await.iter().filter(|mail| mail.notice == (Notice::AddressChanged { old: None }).as_str()).count()
}

#[tokio::test]
async fn a_changed_name_lowers_the_level_at_once() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = anna.at_home(&house).await;
        let request = || service.request(&house).level("Substantial");
        let page = service.send(&house, &mut visitor, &request()).await;
        assert_eq!(service.read(&house, &page).assertion().level(), "Substantial");
        change(&house, "anna", Change { family_name: text("Madsen"), ..Change::default() }).await.expect("changed");
        let page = service.send(&house, &mut visitor, &request()).await;
        assert_eq!(service.read(&house, &page).code(), "NoAuthnContext", "proved under another name");
        assert_eq!(house.events("person.renamed").await.len(), 1);
        assert_eq!(waiting(&house).await, 0, "the address is as it was");
        // A middle name is no other name.
        change(&house, "anna", Change { family_name: text("Prøvesen"), ..Change::default() }).await.expect("changed");
        change(&house, "anna", Change { given_name: text("Given Lis anna"), ..Change::default() }).await.expect("changed");
        let page = service.send(&house, &mut visitor, &request()).await;
        assert_eq!(service.read(&house, &page).assertion().level(), "Substantial");
        let nothing = house.events("person.").await.len();
        change(&house, "anna", Change::default()).await.expect("nothing to do");
        change(&house, "anna", Change { username: "anna".parse().ok(), email: text(" anna@testkommune.test "), ..Change::default() })
            .await
            .expect("as it was");
        assert_eq!(house.events("person.").await.len(), nothing, "nothing changed, nothing written");
    })
    .await;
}

#[tokio::test]
async fn another_address_is_told_with_the_act_to_the_old_one_too() {
    on_both(|house| async move {
        house.employee("anna").await;
        for (email, told, now) in [
            (" anna.jensen@testkommune.test", 2, Some("anna.jensen@testkommune.test")),
            ("", 3, None),
            ("anna@testkommune.test", 4, Some("anna@testkommune.test")),
        ] {
            let person = change(&house, "anna", Change { email: text(email), ..Change::default() }).await.expect("changed");
            assert_eq!((person.email.as_deref(), waiting(&house).await), (now, told), "{email}");
            assert_eq!(house.person("anna").await.email, person.email);
        }
        let events = house.events("person.address_changed").await;
        assert_eq!(events.len(), 3);
        assert!(events.iter().all(|event| !format!("{event:?}").contains('@')), "no address in the trail: {events:?}");
        // An act that is refused tells nobody.
        house.newcomer("bo").await;
        let both = Change { username: "bo".parse().ok(), email: text("other@testkommune.test"), ..Change::default() };
        assert!(matches!(change(&house, "anna", both).await, Err(Refusal::Taken(_))));
        assert_eq!((waiting(&house).await, house.events("person.address_changed").await.len()), (4, 3));
        assert_eq!(house.person("anna").await.email.as_deref(), Some("anna@testkommune.test"));
    })
    .await;
}

#[tokio::test]
async fn another_user_name_logs_the_same_person_in() {
    on_both(|house| async move {
        let mut anna = house.employee("anna").await;
        let id = house.person("anna").await.id;
        let mut visitor = anna.at_home(&house).await;
        change(&house, "anna", Change { username: "anna.jensen".parse().ok(), ..Change::default() }).await.expect("changed");
        assert_eq!(house.person("anna.jensen").await.id, id);
        assert_eq!(visitor.get(house.url("/account")).await.status, 200, "what is open stays open");
        let mut other = house.visitor();
        let page = house.login_page(&mut other).await;
        assert_eq!(anna.enter_password(&mut other, &page).await.status, 401, "the old name is nobody's");
        anna.username = "anna.jensen".to_owned();
        house.advance(60);
        let page = house.login_page(&mut other).await;
        let page = anna.log_in(&house, &mut other, &page).await;
        assert_eq!((page.status, page.url.path()), (200, "/account"), "{}", page.describe());
        assert_eq!(house.events("person.username_changed").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_name_or_address_is_not_taken() {
    on_both(|house| async move {
        house.newcomer("anna").await;
        for bad in [
            Change { given_name: text(" "), ..Change::default() },
            Change { family_name: text(&"x".repeat(101)), ..Change::default() },
            Change { given_name: text("Anna\nBcc: x"), ..Change::default() },
            Change { email: text("anna"), ..Change::default() },
            Change { email: text("anna@testkommune.test, eve@evil.test"), ..Change::default() },
            Change { email: text("anna@testkommune.test\r\nBcc: eve@evil.test"), ..Change::default() },
            Change { email: Some(format!("{}@testkommune.test", "x".repeat(254))), ..Change::default() },
        ] {
            let described = format!("{bad:?}");
            let refused = change(&house, "anna", bad).await;
            assert!(matches!(refused, Err(Refusal::Name | Refusal::Email)), "{described}: {refused:?}");
        }
        let nobody = portvagt::base::id::Id::random(&portvagt::base::random::SystemRandom);
        let refused = details::change(&house.app.ground, &house.operator(), nobody, Change::default()).await;
        assert!(matches!(refused, Err(people::Refusal::NoSuchPerson(_))));
        assert!(house.events("person.renamed").await.is_empty());
    })
    .await;
}
