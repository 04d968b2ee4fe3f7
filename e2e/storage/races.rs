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
        session::Session,
    },
    service::trail::{Entry, Journal, NotRecorded, Participation, Replay},
    storage::{
        activations::{self, Activation as Code},
        audit::{self, Outcome},
        authenticators,
        db::Db,
        flows, sessions,
        throttle::{self, Reservation},
    },
};

use super::{Nodes, at, authenticator, behind, event, hash, on_both, session, somebody};

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

/// On PostgreSQL a batch that another transaction's deadlock ends is written again: nobody is refused for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_loses_a_deadlock_is_written_again() {
    use sqlx::{AssertSqlSafe, Connection, PgConnection};
    let nodes = Nodes::open(crate::postgres::fresh_database().await).await;
    let client = Id::random(&SystemRandom);
    let mut sessions = [Id::random(&SystemRandom), Id::random(&SystemRandom)];
    sessions.sort_by_key(ToString::to_string);
    let entries = |index: &'static str| {
        sessions.map(|session| Entry {
            participation: Some(Participation { session, client, session_index: index.to_owned(), name_id: "n".to_owned(), at: at(1) }),
            ..Entry::of(event(Kind::AssertionIssued, 1))
        })
    };
    audit::record_batch(&nodes.one, &entries("_first")).await.unwrap();
    let mut neighbour = PgConnection::connect(&nodes.url).await.unwrap();
    let lock = |session: Id<Session>| AssertSqlSafe(format!("UPDATE participations SET at = 2 WHERE session = '{session}'"));
    // It waits for as long as it takes: the batch is the one that is given up.
    sqlx::raw_sql("SET deadlock_timeout = '10min'; BEGIN").execute(&mut neighbour).await.unwrap();
    sqlx::raw_sql(lock(sessions[1])).execute(&mut neighbour).await.unwrap();
    let db = nodes.one.clone();
    let batch = entries("_second");
    let writing = tokio::spawn(async move { audit::record_batch(&db, &batch).await });
    let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut watcher = PgConnection::connect(&nodes.url).await.unwrap();
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watcher).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    sqlx::raw_sql(lock(sessions[0])).execute(&mut neighbour).await.unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut neighbour).await.unwrap();
    assert_eq!(writing.await.unwrap().unwrap(), [Outcome::Recorded; 2]);
    let written: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM participations WHERE session_index = '_second'").fetch_one(&mut watcher).await.unwrap();
    assert_eq!(written, 2);
    let events: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit_events").fetch_one(&mut watcher).await.unwrap();
    assert_eq!(events, 4, "each event once");
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
            stage: Enrol { person: person.id, under: Level::Substantial, password: None, session: None, why: None, pending: None },
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
        let (level, expires_at, issued_by, behind) = (Level::Substantial, at(600), "operator:root", &behind());
        let stored = Code { person: person.id, code_hash: &code, level, expires_at, issued_by, behind };
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
async fn an_entry_whose_session_or_login_is_over_is_not_written() {
    on_both(|nodes| async move {
        let person = somebody(&nodes.one).await;
        let (mine, token, login) = (session(person.id), hash(), hash());
        let flow = Flow { id: Id::random(&SystemRandom), purpose: Purpose::Account, stage: Start::default(), expires_at: at(600) };
        let mut tx = nodes.one.begin().await.unwrap();
        sessions::insert(&mut tx, &mine, &token, at(3600)).await.unwrap();
        flows::begin(&mut tx, &flow, &login).await.unwrap();
        tx.commit(event(Kind::LoginSucceeded, 0)).await.unwrap();
        let replay = |id: &str| Some(Replay { entity_id: "https://sp.example".to_owned(), request_id: id.to_owned(), expires_at: at(600) });
        let entry = |session: Id<Session>, id: &str| Entry {
            session: Some(session),
            replay: replay(id),
            ..Entry::of(event(Kind::AssertionIssued, 1))
        };
        let gone = Id::random(&SystemRandom);
        let ends = Entry { login: Some((flow.id, login)), session: Some(mine.id), ..Entry::of(event(Kind::AssertionIssued, 2)) };
        let other = Entry { login: Some((flow.id, hash())), ..Entry::of(event(Kind::AssertionIssued, 3)) };
        let over = Entry { session: Some(gone), ..Entry::of(event(Kind::AssertionIssued, 4)) };
        let batch = [entry(mine.id, "_1"), entry(gone, "_2"), entry(mine.id, "_1"), ends.clone(), over];
        let outcomes = audit::record_batch(&nodes.two, &batch).await.unwrap();
        assert_eq!(outcomes, [Outcome::Recorded, Outcome::Gone, Outcome::Replay, Outcome::Recorded, Outcome::Gone]);
        let outcomes = audit::record_batch(&nodes.one, &[ends, other, entry(mine.id, "_2"), entry(mine.id, "_1")]).await.unwrap();
        assert_eq!(outcomes, [Outcome::Replay, Outcome::Replay, Outcome::Recorded, Outcome::Replay], "what was not answered may be");
        assert!(!flows::exists(&nodes.two, flow.id, at(0)).await.unwrap());
        let written = audit::list(&nodes.one, &audit::Filter { limit: 100, kind_prefix: "saml.".to_owned(), ..Default::default() }).await;
        assert_eq!(written.unwrap().len(), 3);
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
                let entry = Entry { replay: Some(replay.clone()), ..Entry::of(event(Kind::AssertionIssued, 0)) };
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
