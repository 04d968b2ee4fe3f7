//! The access matrix (C01, C02): every route of the console for every role, on somebody of the own organisation, of another
//! one, on somebody who holds a right that the role lacks, and on oneself, against the table checked in beside this file. A
//! route that is not in the table fails; so does a success that the table does not expect. E2E_MATRIX names a file for the
//! table as it is found.

use portvagt::{
    base::{clock::plus, id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        factor::{Authenticator, Kind},
        lock::{Cause, Lock},
        person::Person,
        request::{Request, State, Wish},
        role::{ROLES, Role, Scope},
    },
    service::roles,
    storage::{authenticators, locks, requests, roles as roles_kept},
};
use reqwest::Method;

use super::{Clerk, colleague, on_both, other};
use crate::{
    access::{Route, routes},
    house::{CVR, House},
    visitor::Page,
};

/// On whom.
const TARGETS: [&str; 4] = ["own", "other", "above", "self"];

/// The console's routes.
fn ours() -> Vec<Route> {
    routes().into_iter().filter(|route| route.path.starts_with("/admin")).collect()
}

/// A form that could do everything, were it allowed: every field of every form, with values that are true.
fn fields<'f>(person: &'f str, ids: &'f [String; 3]) -> Vec<(&'static str, &'f str)> {
    let [factor, organisation, request] = ids;
    vec![
        ("person", person),
        ("reason", "tried by the matrix"),
        ("cause", "administrator"),
        ("authenticator", factor),
        ("role", "supporter"),
        ("scope", organisation),
        ("organisation", organisation),
        ("request", request),
        ("username", "no user name!"),
        ("query", "andersen"),
        ("service", "https://nobody.test"),
    ]
}

async fn ask(house: &House, clerk: &mut Clerk, route: &Route, target: Id<Person>, ids: &[String; 3]) -> Page {
    let id = target.to_string();
    if route.method == Method::GET {
        return clerk.open(house, &format!("{}?person={id}", route.path)).await;
    }
    clerk.post(house, &route.path, &fields(&id, ids)).await
}

/// Status and where it leads, without ids.
fn outcome(page: &Page) -> String {
    match page.location() {
        Some(place) => {
            let word = place.query_pairs().find(|(name, _)| name == "done" || name == "flaw");
            let word = word.map_or_else(|| place.path().to_owned(), |(name, value)| format!("{name}:{value}"));
            format!("{} {word}", page.status)
        }
        None => page.status.to_string(),
    }
}

#[tokio::test]
async fn every_route_of_the_console_for_every_role_on_everybody() {
    on_both(|house| async move {
        other(&house).await;
        // Who asked for what waits; still one who may.
        let asker = house.newcomer("asker").await.employee.username;
        house.give_own_cpr(&asker).await;
        let asker = house.person(&asker).await.id;
        roles::grant(&house.app.ground, &house.operator(), asker, Role::Administrator).await.expect("a role");
        let mut clerks = Vec::new();
        for role in ROLES {
            clerks.push((role, Clerk::new(&house, &format!("clerk-{}", role.as_str()), role).await));
        }
        let (mut table, mut number) = (String::new(), 0);
        for route in ours() {
            for (role, clerk) in &mut clerks {
                let mut line = format!("{:<4} {:<30} {:<24}", route.method.as_str(), route.path, role.as_str());
                for target in TARGETS {
                    number += 1;
                    let (person, ids) = target_of(&house, &route, *role, (target, number), asker).await;
                    let found = outcome(&ask(&house, clerk, &route, person, &ids).await);
                    line.push_str(&format!(" | {found:<20}"));
                }
                table.push_str(line.trim_end());
                table.push('\n');
            }
        }
        if let Ok(file) = std::env::var("E2E_MATRIX") {
            std::fs::write(file, &table).expect("the table is written");
        }
        let expected: Vec<&str> = include_str!("access.txt").lines().filter(|line| !line.starts_with('#')).collect();
        let found: Vec<&str> = table.lines().collect();
        assert_eq!(found, expected, "\nthe table as it is:\n{table}");
    })
    .await;
}

/// Somebody to act on, with a second factor and a request that waits.
async fn target_of(
    house: &House,
    route: &Route,
    role: Role,
    (kind, number): (&str, usize),
    asker: Id<Person>,
) -> (Id<Person>, [String; 3]) {
    let name = format!("target{number}");
    let person = match kind {
        "self" => house.person(&format!("clerk-{}", role.as_str())).await,
        "other" => colleague(house, super::OTHER, &name).await,
        _ => colleague(house, CVR, &name).await,
    };
    if kind == "above" {
        // A right that the clerk has not; nobody is above a system administrator, so there it is another one.
        let above = if matches!(role, Role::Registrant | Role::Administrator) { Role::Administrator } else { Role::Registrant };
        roles::grant(&house.app.ground, &house.operator(), person.id, above).await.expect("a role");
    }
    let factor = Authenticator {
        id: Id::random(&SystemRandom),
        person: person.id,
        kind: Kind::Totp,
        name: String::new(),
        provenance: None,
        model: None,
        carries: Level::Substantial,
        enrolled_at: house.app.ground.clock.now(),
        last_used_at: None,
    };
    let scope = Scope::Organisation(person.organisation);
    let wish =
        if route.path.ends_with("reset") { Wish::Reset { authenticator: factor.id } } else { Wish::Role { role: Role::Supporter, scope } };
    let now = house.app.ground.clock.now();
    let request = Request {
        id: Id::random(&SystemRandom),
        subject: person.id,
        wish,
        reason: format!("asked {number}"),
        requested_by: asker,
        requested_at: now,
        expires_at: plus(now, 600),
        state: State::Waiting,
        decided: None,
    };
    let mut tx = house.db().begin().await.expect("a transaction");
    let needs_factor = route.path.ends_with("reset") || route.path.ends_with("factor");
    if needs_factor && kind != "self" {
        authenticators::insert_totp(&mut tx, &factor, b"sealed", None).await.expect("a factor");
    }
    if route.path.contains("/requests/") {
        requests::put(&mut tx, &request).await.expect("a request");
    }
    if route.path.ends_with("unlock") && kind != "self" {
        let lock = Lock {
            id: Id::random(&SystemRandom),
            person: person.id,
            cause: Cause::Administrator,
            reason: "by the matrix".to_owned(),
            placed_by: "operator:suite".to_owned(),
            placed_at: now,
            lifted: None,
            suspect: None,
        };
        locks::place(&mut tx, &lock).await.expect("a lock");
    }
    if route.path.ends_with("revoke") && kind != "self" {
        roles_kept::grant(&mut tx, person.id, (Role::Supporter, scope), "operator:suite", now).await.expect("a role");
    }
    tx.commit_routine().await.expect("committed");
    if route.path.ends_with("reopen") && kind != "self" {
        house.employ(person.username.as_str(), -20, Some(-10)).await;
    }
    (person.id, [factor.id.to_string(), person.organisation.to_string(), request.id.to_string()])
}
