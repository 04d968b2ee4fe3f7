//! The registrant's desk: who may enter, what they may do and never for themselves; High waits for a second person
//! (security case C04).

use portvagt::{
    domain::{
        assurance::Level,
        proofing::{Checked, Document, DocumentKind},
        role::Role,
    },
    service::{
        cpr,
        proofing::{self, Registrant, Seen},
        roles,
    },
};

use crate::{
    actors::Employee,
    house::{House, on_both},
    recovery::as_registrant,
    visitor::{Page, Visitor},
};

/// A registrant at work, without pages. Made at the first call.
pub async fn registrant(house: &House, username: &str) -> Registrant {
    let known = house.count(&format!("SELECT COUNT(*) FROM people WHERE username = '{username}'")).await;
    let employee = if known == 0 {
        at_work(house, username).await
    } else {
        let fresh = format!("{username}{known}{}", house.count("SELECT COUNT(*) FROM people").await);
        at_work(house, &fresh).await
    };
    as_registrant(house, &employee.at_home(house).await).await
}

/// An employee with a CPR number of their own, who is a registrant.
pub async fn at_work(house: &House, username: &str) -> Employee {
    let employee = house.employee(username).await;
    house.give_own_cpr(username).await;
    grant(house, username).await;
    employee
}

/// Makes somebody a registrant.
pub async fn grant(house: &House, username: &str) {
    let person = house.person(username).await.id;
    roles::grant(&house.app.ground, &house.operator(), person, Role::Registrant).await.expect("a role");
}

async fn open(house: &House, visitor: &mut Visitor, username: &str) -> Page {
    let id = house.person(username).await.id;
    visitor.open(house.url(&format!("/desk/person?person={id}"))).await
}

/// The form of one of the desk's acts for somebody.
async fn ask(house: &House, visitor: &mut Visitor, act: &str, username: &str) -> Page {
    let id = house.person(username).await.id;
    visitor.open(house.url(&format!("{act}?person={id}"))).await
}

/// What a registrant saw, for tests that need a code without the pages.
pub fn seen(level: Level) -> Seen {
    let document = Document { kind: DocumentKind::Passport, issuer: "Danmark".to_owned(), expires: None, checked: Checked::Chip };
    Seen { document, evidence: "Pas nr. 204123456".to_owned(), level }
}

const SEEN: [(&str, &str); 5] =
    [("kind", "passport"), ("issuer", "Danmark"), ("expires", "2035-01-01"), ("checked", "seen"), ("evidence", "Pas nr. 204123456")];

async fn prove_at(house: &House, visitor: &mut Visitor, username: &str, level: &str) -> Page {
    let page = ask(house, visitor, "/desk/proofing", username).await;
    let mut fields = SEEN.to_vec();
    fields.push(("level", level));
    visitor.submit_form(&page, "/desk/proofing", &fields).await
}

#[tokio::test]
async fn a_registrant_finds_proves_and_hands_over() {
    on_both(|house| async move {
        let reg = at_work(&house, "reg").await;
        house.stranger("nina", "010180-1234").await;
        let mut visitor = reg.at_home(&house).await;
        assert!(visitor.open(house.url("/account")).await.body.contains("href=\"/desk\""), "a way leads there");
        let page = visitor.open(house.url("/desk")).await;
        for sought in ["nina", "GIVEN NINA", "0101801234", "010180-1234"] {
            let found = visitor.submit_form(&page, "/desk/find", &[("query", sought)]).await;
            assert!(found.body.contains("Given nina") && !found.body.contains("1801234"), "{sought}: {}", found.describe());
            assert!(!found.url.as_str().contains("1234"), "no number in an address");
        }
        let page = open(&house, &mut visitor, "nina").await;
        assert!(page.body.contains("010180-****") && !page.body.contains("1234"), "{}", page.describe());
        let page = ask(&house, &mut visitor, "/desk/proofing", "nina").await;
        let flawed =
            visitor.submit_form(&page, "/desk/proofing", &[("issuer", "Danmark"), ("evidence", "CPR 010180-1234"), ("expires", "")]).await;
        assert_eq!(flawed.status, 422, "{}", flawed.describe());
        let expired =
            visitor.submit_form(&page, "/desk/proofing", &[("issuer", "Danmark"), ("evidence", "Pas 1"), ("expires", "2020-01-01")]).await;
        assert_eq!(expired.status, 422, "{}", expired.describe());
        assert!(expired.body.contains("Pas 1"), "what was filled in is kept: {}", expired.describe());
        prove_at(&house, &mut visitor, "nina", "substantial").await;
        let nina = house.person("nina").await;
        assert_eq!(proofing::identity(&house.app.ground, &nina).await.unwrap(), Some(Level::Substantial));
        let page = ask(&house, &mut visitor, "/desk/activation", "nina").await;
        let handed = visitor.submit_form(&page, "/desk/activation", &SEEN).await;
        assert_eq!((handed.status, handed.header("cache-control")), (200, "no-store"));
        let by = format!("person:{}", house.person("reg").await.id);
        assert!(house.events("activation.issued").await.iter().any(|event| event.actor == by));
        let page = ask(&house, &mut visitor, "/desk/recovery", "nina").await;
        let blind = visitor.submit_form(&page, "/desk/recovery", &[("why", "factor")]).await;
        assert_eq!(blind.status, 422, "nothing was seen: {}", blind.describe());
        assert_eq!(house.events("recovery.issued").await.len(), 0);
        visitor.submit_form(&page, "/desk/recovery", &[&SEEN[..], &[("why", "factor")]].concat()).await;
        let issued = &house.events("recovery.issued").await[0];
        for (name, value) in
            [("document", "passport"), ("document_issuer", "Danmark"), ("document_expires", "2035-01-01"), ("level", "substantial")]
        {
            assert_eq!(issued.details.get(name).map(String::as_str), Some(value), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_no_registrant_or_not_fresh_stays_outside() {
    on_both(|house| async move {
        house.stranger("nina", "010180-1234").await;
        let plain = house.employee("plain").await;
        let mut visitor = plain.at_home(&house).await;
        assert!(!visitor.open(house.url("/account")).await.body.contains("href=\"/desk\""), "no way for others");
        assert_eq!(visitor.open(house.url("/desk")).await.status, 403);
        assert_eq!(open(&house, &mut visitor, "nina").await.status, 403);

        let low = house.employee_at("low", Level::Low).await;
        grant(&house, "low").await;
        assert_eq!(low.at_home(&house).await.open(house.url("/desk")).await.status, 403, "proved at low only");

        let reg = at_work(&house, "reg").await;
        let mut visitor = reg.at_home(&house).await;
        let page = ask(&house, &mut visitor, "/desk/activation", "nina").await;
        house.advance(901);
        let asked = visitor.open(house.url("/desk")).await;
        assert!(asked.find_form("/login/totp").is_some(), "step-up: {}", asked.describe());
        let asked = visitor.submit_form(&page, "/desk/activation", &[]).await;
        assert!(asked.find_form("/login/totp").is_some(), "step-up: {}", asked.describe());
        assert_eq!(house.events("activation.issued").await.iter().filter(|event| event.actor.starts_with("person:")).count(), 0);
        reg.enter_code(&mut visitor, &asked, &reg.fresh_code(&house)).await;
        assert_eq!(visitor.open(house.url("/desk")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn no_form_from_elsewhere_is_taken_at_the_desk() {
    on_both(|house| async move {
        let reg = at_work(&house, "reg").await;
        let nina = house.stranger("nina", "010180-1234").await.id.to_string();
        let mut visitor = reg.at_home(&house).await;
        let other = reg.at_home(&house).await.open(house.url("/desk")).await.form("/desk/find").value("csrf").unwrap().to_owned();
        let paths = ["/desk/find", "/desk/proofing", "/desk/earlier", "/desk/activation", "/desk/recovery"];
        for path in paths.into_iter().chain(["/desk/approve", "/desk/refuse", "/desk/release", "/desk/withdraw"]) {
            for csrf in ["", "x", &other] {
                let page =
                    visitor.post_form(house.url(path), &[("csrf", csrf), ("person", &nina), ("why", "factor"), ("query", "nina")]).await;
                assert_eq!(page.status, 403, "{path}: {}", page.describe());
            }
        }
        assert_eq!(house.events("recovery.issued").await.len(), 0);
        assert_eq!(house.events("activation.issued").await.iter().filter(|event| event.actor.starts_with("person:")).count(), 0);
    })
    .await;
}

#[tokio::test]
async fn nobody_serves_themselves() {
    on_both(|house| async move {
        let reg = at_work(&house, "reg").await;
        let (ground, by) = (&house.app.ground, house.operator());
        let number = "010180-1234".parse().unwrap();
        cpr::set(ground, &by, &house.person("reg").await, &number).await.unwrap();
        house.prove("reg", Level::Substantial).await;
        let mut visitor = reg.at_home(&house).await;
        let own = house.person("reg").await.id.to_string();
        let csrf = visitor.open(house.url("/desk")).await.form("/desk/find").value("csrf").unwrap().to_owned();
        assert_eq!(open(&house, &mut visitor, "reg").await.status, 403);
        let mut fields = SEEN.to_vec();
        fields.extend([("csrf", csrf.as_str()), ("person", own.as_str()), ("level", "substantial"), ("why", "factor")]);
        for path in ["/desk/proofing", "/desk/earlier", "/desk/activation", "/desk/recovery"] {
            let page = visitor.post_form(house.url(path), &fields).await;
            assert_eq!(page.status, 403, "{path}: {}", page.describe());
        }
        assert_eq!(house.events("recovery.issued").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn high_waits_for_a_second_person() {
    on_both(|house| async move {
        let (first, second) = (at_work(&house, "first").await, at_work(&house, "second").await);
        let nina = house.stranger("nina", "010180-1234").await;
        let level = async || proofing::identity(&house.app.ground, &nina).await.unwrap();
        let mut proposer = first.at_home(&house).await;
        prove_at(&house, &mut proposer, "nina", "high").await;
        assert_eq!(level().await, None, "it waits");
        let page = proposer.open(house.url("/desk")).await;
        assert_eq!(proposer.submit_form(&page, "/desk/approve", &[]).await.status, 403, "not by the one who proposed it");
        assert_eq!(level().await, None);
        let mut approver = second.at_home(&house).await;
        let page = approver.open(house.url("/desk")).await;
        let done = approver.submit_form(&page, "/desk/approve", &[]).await;
        assert_eq!(done.status, 200, "{}", done.describe());
        assert_eq!(level().await, Some(Level::High));
        assert_eq!(approver.submit_form(&page, "/desk/approve", &[]).await.status, 404, "once");
        // Another one is turned down.
        prove_at(&house, &mut proposer, "nina", "high").await;
        let page = approver.open(house.url("/desk")).await;
        approver.submit_form(&page, "/desk/refuse", &[]).await;
        assert_eq!(proofing::waiting_list(&house.app.ground).await.unwrap().len(), 0);
    })
    .await;
}
