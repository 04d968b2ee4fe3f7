//! Whoever is locked out, for whatever cause, gets in by no route, whatever they hold (security case B04). The routes are
//! the program's own list; what is held is everything a login can leave half done. Right answers of real
//! passkeys to a lock are in `login_standing`.

use portvagt::{
    domain::lock::{CAUSES, Cause, Hand},
    service::lifecycle,
};
use reqwest::Method;
use serde_json::json;

use crate::{
    access::{Route, routes},
    actors::{Employee, SamlService},
    house::{House, Plan, on_both_by},
    visitor::{Page, Visitor},
};

/// So many failures that no delay and no failure lock hides what is asked about.
fn patient() -> Plan {
    let mut plan = Plan::default();
    let throttle = &mut plan.rules.throttle;
    (throttle.account_failures, throttle.address_failures, throttle.network_failures) = (1_000_000, 1_000_000, 1_000_000);
    plan
}

/// Something held when the lock fell.
struct Held {
    what: &'static str,
    visitor: Visitor,
    page: Page,
    code: String,
}

impl Held {
    fn flow(&self) -> Option<String> {
        let place = self.page.location().unwrap_or_else(|| self.page.url.clone());
        place.query_pairs().find(|(name, _)| name == "flow").map(|(_, id)| id.into_owned())
    }

    /// The route, asked with everything right that could be right.
    async fn ask(&self, house: &House, who: &Employee, route: &Route) -> (Visitor, Page) {
        let mut visitor = self.visitor.clone();
        let flow = self.flow();
        let of_flow = flow.as_ref().and_then(|id| visitor.cookies.value(&format!("__Host-flow-{}", &id[..8])));
        let cookie = of_flow.or_else(|| visitor.cookies.value("__Host-session")).map(str::to_owned);
        let csrf = cookie.map(|cookie| house.form_token(&cookie)).unwrap_or_default();
        let flow = flow.unwrap_or_default();
        let url = house.url(&route.place());
        let page = if route.method == Method::GET {
            visitor.open(format!("{url}?flow={flow}")).await
        } else if route.takes_json() {
            visitor.post_json(url, json!({ "flow": flow, "credential": {}, "name": "x" }).to_string(), &[("X-CSRF", &csrf)]).await
        } else {
            let code = if self.code.is_empty() { who.code_at(house.now()) } else { self.code.clone() };
            let fields =
                [("flow", flow.as_str()), ("csrf", &csrf), ("user_name", &who.username), ("password", &who.password), ("code", &code)];
            let page = visitor.post_form(url, &fields).await;
            visitor.follow(page).await
        };
        (visitor, page)
    }
}

/// Everything a login can leave behind: before it, half done, done.
async fn everything(house: &House, who: &Employee, service: &SamlService) -> Vec<Held> {
    let held = |what, visitor, page| Held { what, visitor, page, code: String::new() };
    let mut all = Vec::new();
    let mut start = house.visitor();
    let page = house.login_page(&mut start).await;
    all.push(held("login page", start, page));
    let mut asked = house.visitor();
    let page = service.send(house, &mut asked, &service.request(house)).await;
    let page = who.enter_password(&mut asked, &page).await;
    all.push(held("second factor", asked.clone(), page.clone()));
    let form = page.form("/login/totp").with("code", &who.fresh_code(house));
    let answered = asked.submit(&page, &form).await;
    assert_eq!(answered.status, 303, "{}", answered.describe());
    all.push(held("answer that waits", asked, answered));
    let session = who.at_home(house).await;
    let mut enrolling = session.clone();
    let page = enrolling.open(house.url("/account/passkey")).await;
    all.push(held("enrolment", enrolling, page));
    let mut home = session.clone();
    let page = home.open(house.url("/account")).await;
    all.push(held("session", home, page));
    house.advance(901);
    let mut stepping = session.clone();
    let page = stepping.open(house.url("/account/passkey")).await;
    assert!(page.find_form("/login/totp").is_some(), "{}", page.describe());
    all.push(held("step-up", stepping, page));
    all
}

/// Locks the person out for the cause; an employment just ends, without anybody doing anything.
async fn bar(house: &House, username: &str, cause: Cause) {
    let person = house.person(username).await;
    if cause == Cause::Expired {
        house.employ(username, -86_400, Some(60)).await;
        house.advance(61);
        return;
    }
    lifecycle::lock(&house.app.ground, &house.operator(), person.id, cause, "a case of the suite").await.expect("a lock");
    assert_eq!(house.count(&format!("SELECT COUNT(*) FROM sessions WHERE person = '{}'", person.id)).await, 0);
    assert_eq!(house.count(&format!("SELECT COUNT(*) FROM flows WHERE person = '{}'", person.id)).await, 0);
}

async fn unbar(house: &House, username: &str, cause: Cause) {
    let person = house.person(username).await;
    if cause == Cause::Expired {
        house.employ(username, -60, None).await;
        return;
    }
    let hand = if cause == Cause::Source { Hand::Source } else { Hand::Administrator };
    lifecycle::unlock(&house.app.ground, &house.operator(), hand, (person.id, cause), "the case is over").await.expect("no lock");
}

#[tokio::test(flavor = "multi_thread")]
async fn b04_no_route_lets_in_whoever_is_locked_out_for_whatever_cause() {
    on_both_by(patient(), |house| async move {
        let service = SamlService::at(&house, "service").await;
        for cause in CAUSES.into_iter().filter(|cause| cause.shuts_out()) {
            let name = format!("who{}", cause.as_str());
            let who = house.employee(&name).await;
            let id = house.person(&name).await.id;
            let held = everything(&house, &who, &service).await;
            bar(&house, &name, cause).await;
            // A failure to come in is the only thing that may be new of this person.
            let before = ["login.succeeded", "login.stepped_up", "saml.assertion.issued", "authenticator.added", "activation.used"];
            let count = |kind: &'static str| {
                let house = &house;
                async move { house.events(kind).await.iter().filter(|event| event.subject.as_deref() == Some(&id.to_string())).count() }
            };
            let mut counted = Vec::new();
            for kind in before {
                counted.push((kind, count(kind).await));
            }
            let mut asked = 0;
            for one in &held {
                for route in routes() {
                    let (mut visitor, page) = one.ask(&house, &who, &route).await;
                    let case = format!("{cause:?}: {} {} with {}: {}", route.method, route.path, one.what, page.describe());
                    assert!(!page.body.contains(&format!("Given {name} ")), "{case}");
                    assert!(page.saml_form().is_none(), "{case}");
                    assert!(page.status < 500, "{case}");
                    let home = visitor.get(house.url("/account")).await;
                    assert_eq!(home.header("location"), "/login", "{case}");
                    asked += 1;
                }
            }
            assert!(asked > 200, "{asked}");
            for (kind, count_before) in counted {
                assert_eq!(count(kind).await, count_before, "{cause:?}: {kind}");
            }
            if cause == Cause::Expired {
                assert_eq!(lifecycle::follow_all(&house.app.ground).await.expect("the job"), 1);
                assert_eq!(lifecycle::follow_all(&house.app.ground).await.expect("the job"), 0, "once");
                assert_eq!(house.count(&format!("SELECT COUNT(*) FROM sessions WHERE person = '{id}'")).await, 0);
            }

            // The control: with the lock lifted everything anew works, and nothing that was held.
            unbar(&house, &name, cause).await;
            for one in &held {
                let mut visitor = one.visitor.clone();
                assert_eq!(visitor.get(house.url("/account")).await.header("location"), "/login", "{cause:?}: {} came back", one.what);
            }
            who.at_home(&house).await;
        }
    })
    .await;
}

/// Two locks: lifting one lets nobody in. A hand that is no way out lifts none.
#[tokio::test]
async fn locks_are_lifted_one_by_one_and_each_by_its_own_way_out() {
    on_both_by(patient(), |house| async move {
        let anna = house.employee("anna").await;
        let (ground, by) = (&house.app.ground, house.operator());
        let id = house.person("anna").await.id;
        for cause in [Cause::Person, Cause::Misuse] {
            lifecycle::lock(ground, &by, id, cause, "a case of the suite").await.expect("a lock");
        }
        assert!(matches!(lifecycle::lock(ground, &by, id, Cause::Misuse, "once more").await, Err(lifecycle::Refusal::Already(_))));
        assert!(matches!(lifecycle::lock(ground, &by, id, Cause::Expired, "by hand").await, Err(lifecycle::Refusal::FollowsEmployment)));
        assert!(matches!(lifecycle::lock(ground, &by, id, Cause::Source, "010180-1234").await, Err(lifecycle::Refusal::Reason)));
        let unlock = |hand, cause| lifecycle::unlock(ground, &by, hand, (id, cause), "the case is over");
        assert!(matches!(unlock(Hand::Owner, Cause::Misuse).await, Err(lifecycle::Refusal::NotThisWay(_))));
        assert!(matches!(unlock(Hand::Source, Cause::Person).await, Err(lifecycle::Refusal::NotThisWay(_))));
        assert!(matches!(unlock(Hand::Administrator, Cause::Source).await, Err(lifecycle::Refusal::NotThisWay(_))));
        assert!(matches!(unlock(Hand::Administrator, Cause::Deceased).await, Err(lifecycle::Refusal::NotLocked(_))));
        unlock(Hand::Owner, Cause::Person).await.expect("their own lock");
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        assert_eq!(anna.enter_password(&mut visitor, &page).await.status, 401, "the other lock holds");
        unlock(Hand::Administrator, Cause::Misuse).await.expect("the last lock");
        anna.at_home(&house).await;
        let causes: Vec<String> = house.events("person.locked").await.iter().map(|event| event.details["cause"].clone()).collect();
        assert_eq!(causes.len(), 2, "{causes:?}");
        assert_eq!(house.events("person.unlocked").await.len(), 2);
    })
    .await;
}

/// So many failures that they are no mistakes lock the account, for its owner and an administrator to open.
#[tokio::test]
async fn too_many_failures_lock() {
    let mut plan = patient();
    plan.rules.throttle.account_failures = 3;
    plan.rules.throttle.first_delay_seconds = 1;
    plan.rules.throttle.longest_delay_seconds = 1;
    plan.rules.lock_after_failures = 6;
    on_both_by(plan, |house| async move {
        let mut anna = house.employee("anna").await;
        let right = std::mem::replace(&mut anna.password, "quite another thing".to_owned());
        let id = house.person("anna").await.id;
        let placed = async || lifecycle::locks(&house.app.ground, id).await.expect("locks").len();
        let fail = async |anna: &Employee| {
            let mut visitor = house.visitor();
            let page = house.login_page(&mut visitor).await;
            assert_eq!(anna.enter_password(&mut visitor, &page).await.status, 401);
            house.advance(2);
        };
        for failure in 1..=6 {
            assert_eq!(placed().await, 0, "before failure {failure}");
            fail(&anna).await;
        }
        let locks = lifecycle::locks(&house.app.ground, id).await.expect("locks");
        assert_eq!((locks.len(), locks[0].cause, locks[0].placed_by.as_str()), (1, Cause::Failures, "system"));
        anna.password = right;
        let mut visitor = house.visitor();
        let page = house.login_page(&mut visitor).await;
        assert_eq!(anna.enter_password(&mut visitor, &page).await.status, 401, "the right password too");
        lifecycle::unlock(&house.app.ground, &house.operator(), Hand::Owner, (id, Cause::Failures), "proved who they are")
            .await
            .expect("open");
        house.advance(2);
        // Unlocked is unlocked: a stranger who goes on begins anew.
        let right = std::mem::replace(&mut anna.password, "quite another thing".to_owned());
        for failure in 1..=6 {
            assert_eq!(placed().await, 1, "before failure {failure} after the unlocking");
            fail(&anna).await;
        }
        assert_eq!(placed().await, 2, "as many as before lock again");
        // What was counted while the lock stood is forgotten with it, too.
        fail(&anna).await;
        fail(&anna).await;
        lifecycle::unlock(&house.app.ground, &house.operator(), Hand::Administrator, (id, Cause::Failures), "the owner telephoned")
            .await
            .expect("open");
        fail(&anna).await;
        assert_eq!(placed().await, 2);
        anna.password = right;
        anna.at_home(&house).await;
    })
    .await;
}
