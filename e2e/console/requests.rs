//! What needs two people (C04): a role, and the last second factor. Asked for by one, done by another one in the same moment as
//! the approval; never by the same human, once, in time, and only while whoever asked still may.

use portvagt::{
    base::random::SystemRandom,
    crypto::totp::TotpSecret,
    domain::{
        request::Request,
        role::{Role, Scope},
    },
    service::{people, roles},
    storage::{authenticators, requests},
};

use super::{Clerk, colleague, on_both, unnumbered};
use crate::{
    house::{CVR, House, at_once},
    visitor::Page,
};

async fn waiting(house: &House) -> Vec<Request> {
    requests::waiting(house.db(), house.app.ground.clock.now()).await.expect("requests")
}

async fn ask_role(house: &House, clerk: &mut Clerk, person: &str, role: &str, scope: &str) -> Page {
    clerk.post(house, "/admin/person/role", &[("person", person), ("role", role), ("scope", scope), ("reason", "works here now")]).await
}

async fn approve(house: &House, clerk: &mut Clerk, what: &str, request: &str) -> Page {
    clerk.post(house, &format!("/admin/requests/approve-{what}"), &[("request", request)]).await
}

fn place(page: &Page) -> String {
    page.location().map_or_else(|| page.status.to_string(), |place| place.query().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_role_is_given_by_two() {
    on_both(|house| async move {
        let mut first = Clerk::new(&house, "first", Role::Administrator).await;
        let mut second = Clerk::new(&house, "second", Role::Administrator).await;
        let anna = colleague(&house, CVR, "anna").await;
        let (id, home) = (anna.id.to_string(), anna.organisation.to_string());
        let held = async || roles::of(&house.app.ground, anna.id).await.expect("roles").len();
        for scope in ["", "nonsense"] {
            assert_eq!(place(&ask_role(&house, &mut first, &id, "supporter", scope).await), format!("person={id}&flaw=role"));
        }
        assert!(place(&ask_role(&house, &mut first, &id, "supporter", &home).await).ends_with("done=role-asked"));
        assert!(place(&ask_role(&house, &mut first, &id, "supporter", &home).await).ends_with("flaw=asked"));
        let request = waiting(&house).await[0].id.to_string();
        assert_eq!(held().await, 0, "it waits");
        assert_eq!(approve(&house, &mut first, "role", &request).await.status, 403, "not by who asked");
        assert_eq!(place(&approve(&house, &mut second, "reset", &request).await), "flaw=request", "not by another door");
        assert_eq!(held().await, 0);
        let inbox = second.open(&house, "/admin/requests").await;
        assert!(inbox.find_form("/admin/requests/approve-role").is_some() && inbox.body.contains("works here now"), "{}", inbox.describe());
        let own = first.open(&house, "/admin/requests").await;
        assert!(own.find_form("/admin/requests/approve-role").is_none() && own.find_form("/admin/requests/withdraw").is_some());
        assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "done=approved");
        assert_eq!(held().await, 1);
        assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "flaw=request", "once");
        let granted = house.events("role.granted").await.into_iter().find(|one| one.subject.as_deref() == Some(&id)).expect("an event");
        assert_eq!(granted.actor, format!("person:{}", house.person("second").await.id));
        assert_eq!(granted.details["asked_by"], house.person("first").await.id.to_string());
        assert!(place(&ask_role(&house, &mut first, &id, "supporter", &home).await).ends_with("flaw=role-held"));

        // Refused, withdrawn, and over by itself: nothing comes of any.
        for how in ["refused", "withdrawn", "expired"] {
            assert!(place(&ask_role(&house, &mut first, &id, "auditor", &home).await).ends_with("done=role-asked"), "{how}");
            let request = waiting(&house).await[0].id.to_string();
            match how {
                "refused" => {
                    let fields = [("request", request.as_str()), ("reason", "")];
                    assert_eq!(place(&second.post(&house, "/admin/requests/refuse-role", &fields).await), "flaw=reason");
                    let fields = [("request", request.as_str()), ("reason", "not needed")];
                    assert_eq!(place(&second.post(&house, "/admin/requests/refuse-role", &fields).await), "done=refused");
                }
                "withdrawn" => {
                    let fields = [("request", request.as_str())];
                    assert_eq!(second.post(&house, "/admin/requests/withdraw", &fields).await.status, 403, "another one's");
                    assert_eq!(place(&first.post(&house, "/admin/requests/withdraw", &fields).await), "done=withdrawn");
                }
                _ => house.change("UPDATE requests SET expires_at = 1 WHERE state = 'waiting'").await,
            }
            assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "flaw=request", "{how}");
        }
        assert_eq!(held().await, 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_more_than_they_hold_or_to_themselves() {
    on_both(|house| async move {
        let home = house.person(&house.newcomer("somebody").await.employee.username).await.organisation;
        let mut first = Clerk::new_in(&house, "first", Role::Administrator, Scope::Organisation(home)).await;
        let mut officer = Clerk::new(&house, "officer", Role::SecurityOfficer).await;
        let mut second = Clerk::new(&house, "second", Role::Administrator).await;
        let anna = colleague(&house, CVR, "anna").await.id.to_string();
        let home = home.to_string();
        let own = house.person("first").await.id.to_string();
        assert_eq!(ask_role(&house, &mut first, &own, "auditor", &home).await.status, 403, "to oneself");
        assert_eq!(ask_role(&house, &mut first, &anna, "supporter", "all").await.status, 403, "everywhere, by who holds it here");
        assert_eq!(ask_role(&house, &mut officer, &anna, "supporter", &home).await.status, 403, "no right to ask");
        assert!(place(&ask_role(&house, &mut first, &anna, "administrator", &home).await).ends_with("done=role-asked"));
        let request = waiting(&house).await[0].id.to_string();
        assert_eq!(approve(&house, &mut officer, "role", &request).await.status, 403, "more than the officer holds");
        // Whoever asked loses the role meanwhile.
        let asker = house.person("first").await.id;
        roles::revoke(&house.app.ground, &house.operator(), asker, Role::Administrator).await.expect("revoked");
        assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "flaw=asker");
        roles::grant(&house.app.ground, &house.operator(), asker, Role::Administrator).await.expect("granted");
        house.suspend("first").await;
        assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "flaw=asker", "locked");
        house.reactivate("first").await;
        assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "done=approved", "the control");
        // Nobody can tell whether somebody without a number is a second person.
        let mut third = Clerk::new(&house, "third", Role::Administrator).await;
        let bo = unnumbered(&house, CVR, "bo").await.id;
        assert!(place(&ask_role(&house, &mut third, &bo.to_string(), "supporter", &home).await).ends_with("done=role-asked"));
        let request = waiting(&house).await[0].id.to_string();
        assert_eq!(approve(&house, &mut second, "role", &request).await.status, 403, "no CPR number");
        house.give_cpr("bo", "020280-1234").await;
        assert_eq!(place(&approve(&house, &mut second, "role", &request).await), "done=approved", "the control");
    })
    .await;
}

#[tokio::test]
async fn the_last_factor_goes_with_a_second_person_s_approval() {
    on_both(|house| async move {
        let anna = house.employee("anna").await;
        house.give_own_cpr("anna").await;
        let mut at_home = anna.at_home(&house).await;
        let id = house.person("anna").await.id;
        let mut first = Clerk::new(&house, "first", Role::Supporter).await;
        let mut second = Clerk::new(&house, "second", Role::UserAdministrator).await;
        let mut third = Clerk::new(&house, "third", Role::UserAdministrator).await;
        let factors = async || authenticators::of_person(house.db(), id).await.expect("factors");
        let person = id.to_string();
        let factor = factors().await[0].id.to_string();
        let fields = [("person", person.as_str()), ("authenticator", factor.as_str()), ("reason", "the telephone is gone")];
        assert!(place(&first.post(&house, "/admin/person/factor", &fields).await).ends_with("done=reset-asked"));
        assert_eq!(factors().await.len(), 1, "it waits");
        assert_eq!(at_home.get(house.url("/account")).await.status, 200);
        let request = waiting(&house).await[0].id.to_string();
        assert_eq!(approve(&house, &mut first, "reset", &request).await.status, 403, "a supporter approves nothing");
        // Two decide at once: one of them does.
        let both = at_once([approve(&house, &mut second, "reset", &request), approve(&house, &mut third, "reset", &request)]).await;
        let mut words: Vec<String> = both.iter().map(place).collect();
        words.sort();
        assert_eq!(words, ["done=approved", "flaw=request"]);
        assert_eq!(factors().await.len(), 0);
        assert_eq!(at_home.get(house.url("/account")).await.status, 303, "what was open has ended");
        assert_eq!(house.events("authenticator.removed").await.len(), 1);
        // One of two goes at once.
        let bo = house.employee("bo").await;
        let secret = TotpSecret::random(&SystemRandom);
        let name = bo.username.parse().expect("a user name");
        people::add_totp(&house.app.ground, &house.operator(), &name, "Second", secret).await.expect("an app");
        let bo = house.person("bo").await.id;
        let two = authenticators::of_person(house.db(), bo).await.expect("factors");
        let (person, factor) = (bo.to_string(), two[0].id.to_string());
        let fields = [("person", person.as_str()), ("authenticator", factor.as_str()), ("reason", "the telephone is gone")];
        assert!(place(&first.post(&house, "/admin/person/factor", &fields).await).ends_with("done=factor-removed"));
        assert_eq!(authenticators::of_person(house.db(), bo).await.expect("factors").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_role_is_taken_back_at_once() {
    on_both(|house| async move {
        let mut admin = Clerk::new(&house, "admin", Role::Administrator).await;
        let mut helper = Clerk::new(&house, "helper", Role::Supporter).await;
        assert_eq!(helper.open(&house, "/admin/people").await.status, 200);
        let person = house.person("helper").await;
        let (id, home) = (person.id.to_string(), person.organisation.to_string());
        let fields = [("person", id.as_str()), ("role", "supporter"), ("scope", home.as_str()), ("reason", "left the team")];
        assert!(place(&admin.post(&house, "/admin/person/revoke", &fields).await).ends_with("done=role-revoked"));
        assert_eq!(helper.open(&house, "/admin/people").await.status, 303, "logged out");
        assert!(place(&admin.post(&house, "/admin/person/revoke", &fields).await).ends_with("flaw=role"));
        let mut again = Clerk::at(&house, helper.employee).await;
        assert_eq!(again.open(&house, "/admin").await.status, 403);
    })
    .await;
}
