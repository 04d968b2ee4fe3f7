//! Many at once (A19): two hundred people log in at the same time, over both nodes and to two services; each gets an answer
//! about themselves, for the service and the request they came with.

use std::{collections::HashSet, sync::Arc};

use tokio::sync::Semaphore;

use crate::{
    actors::{Assertion, Employee, SamlService},
    house::{Engine, House, Plan},
};

/// What one person got: at the service they logged in to, then at the other by single sign-on.
struct Got {
    username: String,
    first: Assertion,
    second: Assertion,
}

/// One person's way. Everybody is under way at once; `gate` bounds how many wait for an answer at the same moment, since
/// servers and visitors share one machine here.
async fn visit(nodes: [House; 2], services: [SamlService; 2], employee: Employee, turn: usize, gate: Arc<Semaphore>) -> Got {
    let (near, far) = (&nodes[turn % 2], &nodes[(turn + 1) % 2]);
    let (first, second) = (&services[turn / 2 % 2], &services[(turn / 2 + 1) % 2]);
    let mut visitor = near.visitor();
    let request = first.request(near);
    let page = in_turn(&gate, first.send(near, &mut visitor, &request)).await;
    // The second factor is shown to the other node.
    let page = in_turn(&gate, employee.enter_password(&mut visitor, &page)).await;
    let mut visitor = visitor.at_node(far.address.ip());
    let code = employee.fresh_code(near);
    let page = in_turn(&gate, employee.enter_code(&mut visitor, &page, &code)).await;
    let answer = first.read(near, &page);
    check(answer.assertion(), first, &request.id);
    assert_eq!((answer.in_response_to.as_str(), answer.action.as_str()), (request.id.as_str(), first.acs[0].as_str()));

    let request = second.request(far);
    let page = in_turn(&gate, second.send(far, &mut visitor, &request)).await;
    let other = second.read(far, &page);
    check(other.assertion(), second, &request.id);
    Got { username: employee.username.clone(), first: answer.assertion().clone(), second: other.assertion().clone() }
}

async fn in_turn<T>(gate: &Semaphore, step: impl Future<Output = T>) -> T {
    let _turn = gate.acquire().await.expect("the gate is open");
    step.await
}

/// Audience, recipient and request are those of the service, and the person is the one who came.
fn check(assertion: &Assertion, service: &SamlService, request: &str) {
    assert!(assertion.encrypted);
    assert_eq!(assertion.audience, service.entity_id);
    assert_eq!(assertion.recipient, service.acs[0]);
    assert_eq!(assertion.in_response_to, request);
    assert_eq!(assertion.sp_name_qualifier, service.entity_id);
}

async fn crowd(engine: Engine, people: usize) {
    let near = House::build(engine, Plan::default()).await;
    let far = near.second_node().await;
    let nodes = [near.clone(), far.clone()];
    let services = ["north", "south"].map(|name| {
        let mut service = SamlService::named(name);
        service.requested = vec!["https://data.gov.dk/model/core/eid/email".to_owned()];
        service
    });
    for service in &services {
        near.register(&service.metadata()).await;
    }
    let mut employees = Vec::new();
    for n in 0..people {
        employees.push(near.employee(&format!("person{n}")).await);
    }
    let gate = Arc::new(Semaphore::new(24));
    let running: Vec<_> = employees
        .into_iter()
        .enumerate()
        .map(|(turn, employee)| tokio::spawn(visit(nodes.clone(), services.clone(), employee, turn, Arc::clone(&gate))))
        .collect();
    let (mut ids, mut indexes, mut names) = (HashSet::new(), HashSet::new(), HashSet::new());
    for one in running {
        let got = one.await.expect("nobody is mixed up");
        for assertion in [&got.first, &got.second] {
            assert_eq!(assertion.value("/eid/email"), Some(format!("{}@testkommune.test", got.username).as_str()));
            assert!(ids.insert(assertion.id.clone()), "an assertion's id twice: {}", assertion.id);
            assert!(indexes.insert(assertion.session_index.clone()), "a session index twice: {}", assertion.session_index);
            assert!(names.insert(assertion.name_id.clone()), "a name twice: {}", assertion.name_id);
        }
    }
    assert_eq!((ids.len(), indexes.len(), names.len()), (2 * people, 2 * people, 2 * people));
    assert_eq!(near.events("saml.assertion.issued").await.len(), 2 * people);
    far.close().await;
    near.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a19_two_hundred_people_at_once_on_two_nodes() {
    crowd(Engine::Postgres, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a19_a_crowd_on_one_file() {
    crowd(Engine::Sqlite, 60).await;
}
