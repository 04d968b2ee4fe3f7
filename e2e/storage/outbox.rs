//! The outbox: each mail is claimed by one node, resolved by it alone, and never lost between two of them.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{audit::Kind, notice::Letter, person::Person},
    storage::{
        db::Db,
        outbox::{self, Failure, State},
    },
};

use super::{Nodes, at, event, on_both, somebody};

async fn put(db: &Db, person: Id<Person>, second: i64) -> Id<Letter> {
    let id = Id::random(&SystemRandom);
    let mut tx = db.begin().await.unwrap();
    outbox::insert(&mut tx, &outbox::New { id, person, notice: "locked", payload: b"sealed", at: at(second) }).await.unwrap();
    tx.commit(event(Kind::MailQueued, second)).await.unwrap();
    id
}

async fn claim(db: &Db, second: i64) -> Option<outbox::Claim> {
    let mut tx = db.begin().await.unwrap();
    let claim = outbox::claim(&mut tx, at(second), at(second + 60)).await.unwrap();
    tx.commit_routine().await.unwrap();
    claim
}

async fn only(db: &Db) -> outbox::Mail {
    let mails = outbox::list(db, None, 10).await.unwrap();
    assert_eq!(mails.len(), 1);
    mails[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_from_queued_to_sent() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await;
        let mut tx = db.begin().await.unwrap();
        let recipient = outbox::recipient(&mut tx, person.id).await.unwrap().unwrap();
        assert_eq!((recipient.email, recipient.given_name, recipient.family_name), (person.email, person.given_name, person.family_name));
        assert!(outbox::recipient(&mut tx, Id::random(&SystemRandom)).await.unwrap().is_none());
        drop(tx);
        let id = put(db, person.id, 10).await;
        assert!(!outbox::is_due(db, at(9)).await.unwrap());
        assert!(claim(db, 9).await.is_none());
        assert!(outbox::is_due(db, at(10)).await.unwrap());
        let claimed = claim(db, 10).await.unwrap();
        assert_eq!((claimed.mail.id, claimed.mail.tries, claimed.payload.as_slice()), (id, 1, &b"sealed"[..]));
        assert!(claim(&nodes.two, 11).await.is_none(), "another node does not get it");
        let mut tx = db.begin().await.unwrap();
        assert!(outbox::sent(&mut tx, &claimed.mail, at(12)).await.unwrap());
        assert!(!outbox::sent(&mut tx, &claimed.mail, at(12)).await.unwrap(), "once");
        tx.commit(event(Kind::MailSent, 12)).await.unwrap();
        assert_eq!(only(db).await.state, State::Sent);
        assert!(!outbox::is_due(db, at(1000)).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(outbox::retry(&mut tx, id, at(20)).await.unwrap().is_none(), "what was sent is not sent again");
        assert_eq!(outbox::purge(&mut tx, at(12)).await.unwrap(), 0);
        assert_eq!(outbox::purge(&mut tx, at(13)).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_wait_and_end() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let id = put(db, somebody(db).await.id, 0).await;
        let first = claim(db, 0).await.unwrap().mail;
        let again = Failure { reason: "connect", in_doubt: false, again_at: Some(at(90)) };
        let mut tx = db.begin().await.unwrap();
        assert!(outbox::failed(&mut tx, &first, again, at(1)).await.unwrap());
        assert!(!outbox::failed(&mut tx, &first, again, at(1)).await.unwrap(), "once");
        tx.commit(event(Kind::MailFailed, 1)).await.unwrap();
        assert!(claim(db, 89).await.is_none());
        let second = claim(db, 90).await.unwrap().mail;
        assert_eq!((second.tries, second.reason.as_deref()), (2, Some("connect")));
        let mut tx = db.begin().await.unwrap();
        assert!(!outbox::sent(&mut tx, &first, at(91)).await.unwrap(), "an older claim of the same mail");
        let never = Failure { reason: "smtp 550", in_doubt: true, again_at: None };
        assert!(outbox::failed(&mut tx, &second, never, at(91)).await.unwrap());
        tx.commit(event(Kind::MailDead, 91)).await.unwrap();
        let dead = only(db).await;
        assert_eq!((dead.state, dead.doubts, dead.due_at), (State::Dead, 1, at(91)));
        assert_eq!(outbox::list(db, Some(State::Queued), 10).await.unwrap().len(), 0);
        assert_eq!(outbox::list(db, Some(State::Dead), 10).await.unwrap().len(), 1);
        let mut tx = db.begin().await.unwrap();
        let back = outbox::retry(&mut tx, id, at(500)).await.unwrap().unwrap();
        assert_eq!((back.state, back.doubts, back.since), (State::Queued, 0, at(500)));
        assert!(outbox::retry(&mut tx, Id::random(&SystemRandom), at(500)).await.unwrap().is_none());
        tx.commit(event(Kind::MailRetried, 500)).await.unwrap();
        assert!(claim(db, 500).await.is_some(), "its words are still there");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_nobody_resolves_is_tried_once_more_and_then_put_aside() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        put(db, somebody(db).await.id, 0).await;
        for (second, state, doubts) in [(0, State::Queued, 1), (60, State::Dead, 2)] {
            let lost = claim(db, second).await.unwrap().mail;
            let mut tx = nodes.two.begin().await.unwrap();
            assert!(outbox::reclaim(&mut tx, at(second + 59)).await.unwrap().is_empty(), "the node may still be at it");
            let back = outbox::reclaim(&mut tx, at(second + 60)).await.unwrap();
            assert_eq!((back.len(), back[0].state, back[0].doubts), (1, state, doubts));
            tx.commit_routine().await.unwrap();
            let mut tx = db.begin().await.unwrap();
            assert!(!outbox::sent(&mut tx, &lost, at(second + 61)).await.unwrap(), "too late");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_each_mail_goes_to_one() {
    on_both(|Nodes { one, two, .. }| async move {
        let person = somebody(&one).await.id;
        for second in 0..30 {
            put(&one, person, second).await;
        }
        let worker = |db: Db| async move {
            let mut mine = Vec::new();
            while outbox::is_due(&db, at(59)).await.unwrap() {
                mine.extend(claim(&db, 59).await.map(|claim| claim.mail.id.to_string()));
            }
            mine
        };
        let workers: Vec<_> = [&one, &two, &one, &two].map(|db| tokio::spawn(worker(db.clone()))).into();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        all.sort();
        let claimed = all.len();
        all.dedup();
        assert_eq!((claimed, all.len()), (30, 30));
    })
    .await;
}
