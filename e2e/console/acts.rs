//! Acts on a person: each does what it says, once, with a reason, within one's reach (C02), by a fresh login (C13), and is in
//! the trail under the name of whoever did it.

use portvagt::{
    domain::{assurance::Level, lock::Cause, person::Access, role::Role},
    service::{cpr, lifecycle},
};

use super::{Clerk, colleague, on_both};
use crate::{
    house::{CVR, House},
    visitor::Page,
};

#[track_caller]
fn leads_to(page: &Page, word: &str) {
    let place = page.location().unwrap_or_else(|| panic!("{word}: {}", page.describe()));
    assert!(place.as_str().ends_with(word), "{word}: {place}");
}

async fn access(house: &House, username: &str) -> Access {
    house.person(username).await.access(house.app.ground.clock.now())
}

#[tokio::test]
async fn a_person_is_locked_opened_closed_and_reopened() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        let mut at_home = anna.at_home(&house).await;
        let id = house.person("anna").await.id.to_string();
        let mut clerk = Clerk::new(&house, "clerk", Role::UserAdministrator).await;
        let act = |path: &'static str, more: Vec<(&'static str, &'static str)>| {
            let mut fields = vec![("reason", "lost a telephone")];
            fields.extend(more);
            (format!("/admin/person/{path}"), fields)
        };
        let by = format!("person:{}", house.person("clerk").await.id);
        for (path, more, done, access_then, event) in [
            ("lock", vec![("cause", "administrator")], "done=locked", Access::Locked, "person.locked"),
            ("lock", vec![("cause", "administrator")], "flaw=locked", Access::Locked, ""),
            ("lock", vec![("cause", "source")], "flaw=cause", Access::Locked, ""),
            ("unlock", vec![("cause", "administrator")], "done=unlocked", Access::Open, "person.unlocked"),
            ("close", vec![], "done=closed", Access::Locked, "person.closed"),
            ("close", vec![], "flaw=closed", Access::Locked, ""),
            ("reopen", vec![], "done=reopened", Access::Open, "person.reopened"),
            ("reopen", vec![], "flaw=not-closed", Access::Open, ""),
            ("sessions", vec![], "done=sessions-ended", Access::Open, "session.ended"),
        ] {
            let (path, mut fields) = act(path, more);
            fields.push(("person", &id));
            let page = clerk.post(&house, &path, &fields).await;
            leads_to(&page, done);
            assert_eq!(access(&house, "anna").await, access_then, "{path} {done}");
            let told = house.new_events("").await;
            assert!(
                event.is_empty()
                    || told.iter().any(|one| one.kind == event && one.actor == by && one.details["reason"] == "lost a telephone"),
                "{event}: {told:?}"
            );
            assert_eq!(at_home.get(house.url("/account")).await.status, 303, "{path}: what was open has ended");
        }
        anna.at_home(&house).await;
        assert_eq!(lifecycle::follow_all(&house.app.ground).await.unwrap(), 0, "nothing is left to follow");
        let kept = clerk.person(&house, house.person("anna").await.id).await;
        assert!(kept.status == 200 && kept.body.contains("lost a telephone"), "{}", kept.describe());
    })
    .await;
}

#[tokio::test]
async fn an_act_wants_a_reason_a_fresh_login_and_a_form_of_ours() {
    on_both(|house| async move {
        let near = colleague(&house, CVR, "near").await.id.to_string();
        let mut clerk = Clerk::new(&house, "clerk", Role::UserAdministrator).await;
        for reason in ["", "abc", "for 010180-1234", "two\nlines", &"x".repeat(201)] {
            for path in ["lock", "sessions", "close"] {
                let fields = [("person", near.as_str()), ("cause", "administrator"), ("reason", reason)];
                leads_to(&clerk.post(&house, &format!("/admin/person/{path}"), &fields).await, "flaw=reason");
            }
        }
        let others = Clerk::new(&house, "clerk2", Role::UserAdministrator).await.csrf;
        for csrf in ["", "x", &others] {
            let fields = [("csrf", csrf), ("person", near.as_str()), ("cause", "administrator"), ("reason", "a good reason")];
            for path in ["lock", "sessions", "close", "invite", "factor", "cpr"] {
                let page = clerk.visitor.post_form(house.url(&format!("/admin/person/{path}")), &fields).await;
                assert_eq!(page.status, 403, "{path}: {}", page.describe());
            }
            let page = clerk.visitor.post_form(house.url("/admin/people/find"), &[("csrf", csrf), ("query", "near")]).await;
            assert_eq!(page.status, 403, "{}", page.describe());
        }
        assert_eq!(access(&house, "near").await, Access::Open);
        let fields = [("person", near.as_str()), ("cause", "administrator"), ("reason", "a good reason")];
        house.advance(901);
        let asked = clerk.post(&house, "/admin/person/lock", &fields).await;
        assert!(asked.location().is_some_and(|place| place.path() == "/login"), "step-up: {}", asked.describe());
        assert_eq!(access(&house, "near").await, Access::Open);
        // Looking is still allowed; the page leads to the renewal, and from there back to the person.
        let page = clerk.open(&house, &format!("/admin/person?person={near}")).await;
        assert!(page.status == 200 && page.find_form("/admin/person/lock").is_none(), "{}", page.describe());
        let asked = clerk.visitor.open(house.url(&format!("/admin/again?person={near}"))).await;
        let code = clerk.employee.fresh_code(&house);
        let back = clerk.employee.enter_code(&mut clerk.visitor, &asked, &code).await;
        assert!(back.url.path() == "/admin/person" && back.find_form("/admin/person/lock").is_some(), "{}", back.describe());
        let done = clerk.visitor.submit_form(&back, "/admin/person/lock", &[("reason", "a good reason")]).await;
        assert_eq!(done.status, 200, "{}", done.describe());
        assert_eq!(access(&house, "near").await, Access::Locked);
    })
    .await;
}

#[tokio::test]
async fn a_cpr_number_is_shown_for_a_logged_reason_only() {
    on_both(|house| async move {
        let nina = house.stranger("nina", "010180-1234").await;
        let id = nina.id.to_string();
        let mut clerk = Clerk::new(&house, "clerk", Role::UserAdministrator).await;
        let page = clerk.person(&house, nina.id).await;
        assert!(page.body.contains("010180-****") && !page.body.contains("180-1234"), "{}", page.describe());
        leads_to(&clerk.post(&house, "/admin/person/cpr", &[("person", &id), ("reason", "")]).await, "flaw=reason");
        assert_eq!(house.events("cpr.read").await.len(), 0);
        let shown = clerk.post(&house, "/admin/person/cpr", &[("person", &id), ("reason", "a letter is returned")]).await;
        assert!(shown.status == 200 && shown.body.contains("010180-1234"), "{}", shown.describe());
        assert_eq!(shown.header("cache-control"), "no-store");
        let read = house.events("cpr.read").await;
        assert_eq!((read.len(), read[0].details["reason"].as_str()), (1, "a letter is returned"));
        let mut supporter = Clerk::new(&house, "helper", Role::Supporter).await;
        let refused = supporter.post(&house, "/admin/person/cpr", &[("person", &id), ("reason", "a letter is returned")]).await;
        assert!(refused.status == 403 && !refused.body.contains("180-1234"), "{}", refused.describe());
        assert_eq!(house.events("cpr.read").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_acts_on_themselves_or_on_whoever_is_above() {
    on_both(|house| async move {
        let mut clerk = Clerk::new(&house, "clerk", Role::UserAdministrator).await;
        house.give_cpr("clerk", "010180-1234").await;
        // Proved again, now of that number.
        house.prove("clerk", Level::Substantial).await;
        let own = house.person("clerk").await;
        Clerk::new(&house, "registrant", Role::Registrant).await;
        let above = house.person("registrant").await;
        for (target, reason) in [(own.id, "own"), (above.id, "hierarchy")] {
            let before = house.events("authz.denied").await.len();
            let id = target.to_string();
            for path in ["lock", "sessions", "close", "cpr", "factor", "invite"] {
                let fields = [("person", id.as_str()), ("cause", "administrator"), ("reason", "a good reason")];
                let page = clerk.post(&house, &format!("/admin/person/{path}"), &fields).await;
                assert_eq!(page.status, 403, "{path} {reason}: {}", page.describe());
            }
            let denied = house.events("authz.denied").await;
            assert_eq!(denied.len() - before, 6);
            assert!(denied.iter().filter(|one| one.details["reason"] == reason).count() == 6, "{denied:?}");
        }
        assert_eq!(access(&house, "registrant").await, Access::Open);
        // The second account of the same human, in another organisation.
        let away = super::other(&house).await;
        super::colleague(&house, super::OTHER, "twin").await;
        let twin = house.person("twin").await;
        cpr::set(&house.app.ground, &house.operator(), &twin, &"010180-1234".parse().unwrap()).await.unwrap();
        portvagt::service::roles::grant_in(
            &house.app.ground,
            &house.operator(),
            own.id,
            (Role::UserAdministrator, portvagt::domain::role::Scope::Organisation(away.id)),
        )
        .await
        .unwrap();
        let id = twin.id.to_string();
        let page = clerk.post(&house, "/admin/person/lock", &[("person", &id), ("cause", "misuse"), ("reason", "a good reason")]).await;
        assert_eq!(page.status, 403, "{}", page.describe());
        // The control: the role that is above the registrant's.
        let mut admin = Clerk::new(&house, "admin", Role::Administrator).await;
        let id = above.id.to_string();
        let page = admin.post(&house, "/admin/person/lock", &[("person", &id), ("cause", "misuse"), ("reason", "a good reason")]).await;
        leads_to(&page, "done=locked");
        let locks = lifecycle::locks(&house.app.ground, above.id).await.unwrap();
        assert_eq!(locks[0].cause, Cause::Misuse);
    })
    .await;
}
