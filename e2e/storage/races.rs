//! Many at once over two nodes: of each thing that may happen once, exactly one happens (security cases A15, B02, B07).

use std::future::Future;

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        audit::Kind,
        factor,
        flow::{Activation, Enrol, Flow, Purpose, Start},
        policy::ThrottlePolicy,
    },
    service::trail::{Entry, Journal, NotRecorded, Replay},
    storage::{
        activations::{self, Activation as Code},
        authenticators,
        db::Db,
        flows, sessions,
        throttle::{self, Reservation},
    },
};

use super::{Nodes, at, authenticator, event, hash, on_both, session, somebody};

pub(crate) const POLICY: ThrottlePolicy = ThrottlePolicy {
    account_failures: 5,
    first_delay_seconds: 30,
    longest_delay_seconds: 900,
    address_failures: 30,
    network_failures: 120,
};

/// Runs `act` `times` times at once, half on each node; how many answered `true`.
async fn winners<F: Future<Output = bool> + Send + 'static>(nodes: &Nodes, times: usize, act: impl Fn(Db) -> F) -> usize {
    let running: Vec<_> =
        (0..times).map(|turn| tokio::spawn(act(if turn % 2 == 0 { nodes.one.clone() } else { nodes.two.clone() }))).collect();
    let mut won = 0;
    for one in running {
        won += usize::from(one.await.expect("no panic"));
    }
    won
}

#[tokio::test(flavor = "multi_thread")]
async fn a_totp_step_is_spent_once() {
    on_both(|nodes| async move {
        let person = somebody(&nodes.one).await;
        let totp = authenticator(person.id, factor::Kind::Totp);
        let mut tx = nodes.one.begin().await.unwrap();
        authenticators::insert_totp(&mut tx, &totp, b"sealed", Some(99)).await.unwrap();
        tx.commit(event(Kind::AuthenticatorAdded, 0)).await.unwrap();
        let spend = |step: i64| {
            move |db: Db| async move {
                let mut tx = db.begin().await.unwrap();
                let spent = authenticators::spend_totp_step(&mut tx, totp.id, step, at(1)).await.unwrap();
                tx.commit(event(Kind::LoginSucceeded, 1)).await.unwrap();
                spent
            }
        };
        assert_eq!(winners(&nodes, 50, spend(100)).await, 1);
        assert_eq!(winners(&nodes, 4, spend(99)).await, 0, "an earlier step after a newer one");
        assert_eq!(winners(&nodes, 4, spend(101)).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_moves_once() {
    on_both(|nodes| async move {
        let person = somebody(&nodes.one).await;
        let flow = Flow { id: Id::random(&SystemRandom), purpose: Purpose::Account, stage: Start::default(), expires_at: at(600) };
        let token = hash();
        let mut tx = nodes.one.begin().await.unwrap();
        flows::begin(&mut tx, &flow, &token).await.unwrap();
        tx.commit_routine().await.unwrap();
        let saved = {
            let flow = flow.clone();
            winners(&nodes, 20, move |db| {
                let flow = flow.clone();
                async move {
                    let mut tx = db.begin().await.unwrap();
                    let changed = Start { passkey: Some(Id::<()>::random(&SystemRandom).to_string()) };
                    let saved = flows::save(&mut tx, &flow, &token, &changed).await.unwrap();
                    tx.commit_routine().await.unwrap();
                    saved
                }
            })
            .await
        };
        assert_eq!(saved, 1);
        let moved = {
            let flow = flow.clone();
            winners(&nodes, 50, move |db| {
                let flow = flow.clone();
                async move {
                    let password = super::evidence(0).uses()[0].clone();
                    let mut tx = db.begin().await.unwrap();
                    let moved = flows::advance(&mut tx, &flow, &token, &Activation { person: person.id, password }, &hash()).await.unwrap();
                    tx.commit_routine().await.unwrap();
                    moved
                }
            })
            .await
        };
        assert_eq!(moved, 1);
        assert!(flows::open::<Start>(&nodes.two, flow.id, &token, at(0)).await.unwrap().is_none(), "the old token opens nothing");
        assert!(flows::exists(&nodes.two, flow.id, at(0)).await.unwrap());
        let end = Flow {
            id: Id::random(&SystemRandom),
            purpose: Purpose::Account,
            stage: Enrol { person: person.id, under: Level::Substantial, password: None, session: None, pending: None },
            expires_at: at(600),
        };
        let mut tx = nodes.one.begin().await.unwrap();
        flows::begin(&mut tx, &end, &token).await.unwrap();
        tx.commit_routine().await.unwrap();
        let finished = winners(&nodes, 20, move |db| async move {
            let mut tx = db.begin().await.unwrap();
            let finished = flows::finish::<Enrol>(&mut tx, end.id, &token).await.unwrap();
            tx.commit_routine().await.unwrap();
            finished
        })
        .await;
        assert_eq!(finished, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_code_is_spent_once() {
    on_both(|nodes| async move {
        let person = somebody(&nodes.one).await;
        let code = hash();
        let mut tx = nodes.one.begin().await.unwrap();
        let stored =
            Code { person: person.id, code_hash: &code, level: Level::Substantial, expires_at: at(600), issued_by: "operator:root" };
        activations::put(&mut tx, &stored).await.unwrap();
        tx.commit(event(Kind::ActivationIssued, 0)).await.unwrap();
        let spend = move |code| {
            move |db: Db| async move {
                let mut tx = db.begin().await.unwrap();
                let level = activations::spend(&mut tx, person.id, &code, at(1)).await.unwrap();
                tx.commit(event(Kind::ActivationUsed, 1)).await.unwrap();
                level == Some(Level::Substantial)
            }
        };
        assert_eq!(winners(&nodes, 4, spend(hash())).await, 0, "a wrong code leaves the right one alone");
        assert_eq!(winners(&nodes, 50, spend(code)).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_once() {
    on_both(|nodes| async move {
        let person = somebody(&nodes.one).await;
        let token = hash();
        let mut tx = nodes.one.begin().await.unwrap();
        sessions::insert(&mut tx, &session(person.id), &token, at(3600)).await.unwrap();
        tx.commit(event(Kind::LoginSucceeded, 0)).await.unwrap();
        let ended = winners(&nodes, 20, move |db| async move {
            let mut tx = db.begin().await.unwrap();
            let ended = sessions::end(&mut tx, &token).await.unwrap().is_some();
            tx.commit(event(Kind::SessionEnded, 1)).await.unwrap();
            ended
        })
        .await;
        assert_eq!(ended, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_guesses_at_once_are_five() {
    on_both(|nodes| async move {
        let go = winners(&nodes, 100, |db| async move {
            matches!(throttle::reserve(&db, "account:x", at(0), &POLICY).await.unwrap(), Reservation::Go { .. })
        });
        assert_eq!(go.await, 5);
        assert_eq!(throttle::reserve(&nodes.one, "account:x", at(29), &POLICY).await.unwrap(), Reservation::Wait { until: at(30) });
        // One guess after each delay, and each delay is longer.
        assert_eq!(
            throttle::reserve(&nodes.two, "account:x", at(30), &POLICY).await.unwrap(),
            Reservation::Go { failures: 6, blocks_until: Some(at(90)) }
        );
        throttle::clear(&nodes.one, "account:x").await.unwrap();
        assert_eq!(
            throttle::reserve(&nodes.two, "account:x", at(31), &POLICY).await.unwrap(),
            Reservation::Go { failures: 1, blocks_until: None }
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_once() {
    on_both(|nodes| async move {
        let journals = [Journal::start(nodes.one.clone()), Journal::start(nodes.two.clone())];
        let replay = Replay { entity_id: "https://sp.example".to_owned(), request_id: "_1".to_owned(), expires_at: at(600) };
        let running: Vec<_> = (0..50)
            .map(|turn| {
                let journal = journals[turn % 2].clone();
                let entry =
                    Entry { event: event(Kind::AssertionIssued, 0), replay: Some(replay.clone()), participation: None, touch: None };
                tokio::spawn(async move { journal.record(entry).await })
            })
            .collect();
        let mut answers = Vec::new();
        for one in running {
            answers.push(one.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Err(NotRecorded::Replay)).count(), 49);
        let filter = portvagt::storage::audit::Filter { limit: 100, ..Default::default() };
        assert_eq!(portvagt::storage::audit::list(&nodes.one, &filter).await.unwrap().len(), 1, "a repetition leaves no event");
        for journal in journals {
            journal.stop().await;
        }
    })
    .await;
}
