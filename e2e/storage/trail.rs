//! The trail: the journal writes what it answers for, and whoever edits, deletes, moves or cuts is found (C08).

use portvagt::{
    domain::audit::Kind,
    service::trail::{Entry, Journal, NotRecorded, seal_now},
    storage::{
        audit::{self, Anchor, Filter},
        db::Db,
        verify::{self, Bad},
    },
};

use super::{Nodes, at, event, on_both};

fn entry(second: i64) -> Entry {
    Entry::of(event(Kind::AssertionIssued, second).with("client", "https://sp.example"))
}

/// Three seals of ten events each, and two events that no seal covers yet. The newest seal.
async fn filled(db: &Db) -> Anchor {
    let mut anchor = None;
    for seal in 0..3 {
        let entries: Vec<Entry> = (0..10).map(|second| entry(seal * 10 + second)).collect();
        audit::record_batch(db, &entries).await.unwrap();
        anchor = seal_now(db, at(seal * 10 + 9)).await.unwrap();
    }
    audit::record_batch(db, &[entry(30), entry(31)]).await.unwrap();
    anchor.unwrap()
}

async fn found(nodes: &Nodes, anchor: &Anchor) -> Option<Bad> {
    verify::run(&nodes.two, Some(anchor)).await.unwrap().first_bad
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intact_trail_verifies() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        let verdict = verify::run(&nodes.two, Some(&anchor)).await.unwrap();
        assert_eq!((verdict.sealed, verdict.unsealed, verdict.first_bad), (30, 2, None));
        assert_eq!(verdict.head, Some(anchor));
        assert_eq!(seal_now(&nodes.two, at(40)).await.unwrap().map(|anchor| anchor.seq), Some(4));
        assert_eq!(seal_now(&nodes.one, at(41)).await.unwrap(), None, "nothing to seal makes no seal");
        let verdict = verify::run(&nodes.one, None).await.unwrap();
        assert_eq!((verdict.sealed, verdict.unsealed, verdict.first_bad), (32, 0, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_event_is_named() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        let events = audit::list(&nodes.one, &Filter { limit: 100, ..Filter::default() }).await.unwrap();
        for (event, change) in [(&events[20], "kind = 'login.failed'"), (&events[0], "actor = 'system '"), (&events[31], "details = '{}'")]
        {
            nodes.tamper(&format!("UPDATE audit_events SET {change} WHERE id = '{}'", event.id)).await;
            let bad = found(&nodes, &anchor).await;
            if event.id == events[31].id || event.id == events[20].id {
                assert_eq!(bad, Some(Bad::Edited { id: event.id.clone(), seal: event.seal }));
            } else {
                assert!(matches!(bad, Some(Bad::Edited { .. })));
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_or_added_event_is_found() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        let events = audit::list(&nodes.one, &Filter { limit: 100, ..Filter::default() }).await.unwrap();
        nodes.tamper(&format!("DELETE FROM audit_events WHERE id = '{}'", events[15].id)).await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Count { seq: 2, sealed: 10, found: 9 }));
        // A true event put in the place of the deleted one: as many as before, but not the same.
        nodes.tamper(&format!("UPDATE audit_events SET seal = 2 WHERE id = '{}'", events[0].id)).await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Hash { seq: 2 }));
        nodes.tamper(&format!("UPDATE audit_events SET seal = 1 WHERE id = '{}'", events[1].id)).await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Count { seq: 1, sealed: 10, found: 11 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_events_are_found() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        let events = audit::list(&nodes.one, &Filter { limit: 100, ..Filter::default() }).await.unwrap();
        // Two events of different seals change places.
        nodes.tamper(&format!("UPDATE audit_events SET seal = 3 WHERE id = '{}'", events[15].id)).await;
        nodes.tamper(&format!("UPDATE audit_events SET seal = 2 WHERE id = '{}'", events[5].id)).await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Hash { seq: 2 }));
        // Two events of one seal change their times.
        nodes.tamper(&format!("UPDATE audit_events SET at = at + 1 WHERE id = '{}'", events[25].id)).await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Edited { id: events[25].id.clone(), seal: Some(1) }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_chain_is_found() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        nodes.tamper("UPDATE audit_seals SET events = 9 WHERE seq = 1").await;
        assert!(matches!(found(&nodes, &anchor).await, Some(Bad::Count { seq: 1, .. })));
        nodes.tamper("UPDATE audit_seals SET events = 10, at = at + 1 WHERE seq = 1").await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Hash { seq: 1 }));
        nodes.tamper("UPDATE audit_seals SET at = at - 1 WHERE seq = 1").await;
        assert_eq!(found(&nodes, &anchor).await, None);
        nodes.tamper("UPDATE audit_seals SET previous = hash WHERE seq = 3").await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Chain { seq: 3 }));
        nodes.tamper("DELETE FROM audit_seals WHERE seq = 2").await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Missing { seq: 2 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_tail_is_found_by_the_anchor() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        nodes.tamper("DELETE FROM audit_events WHERE seal = 3 OR seal IS NULL").await;
        assert!(matches!(found(&nodes, &anchor).await, Some(Bad::Count { seq: 3, .. })));
        nodes.tamper("DELETE FROM audit_seals WHERE seq = 3").await;
        let alone = verify::run(&nodes.one, None).await.unwrap().first_bad;
        assert_eq!(alone, Some(Bad::Truncated { last: 2, anchor: 3 }), "the head still names the seal");
        nodes.tamper("UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_seals WHERE seq = 2)").await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Truncated { last: 2, anchor: 3 }));
        // The server goes on over the cut: the seal of that number is another one now.
        audit::record_batch(&nodes.one, &[entry(50)]).await.unwrap();
        seal_now(&nodes.one, at(51)).await.unwrap();
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Anchor { seq: 3 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_keeps_the_chain() {
    on_both(|nodes| async move {
        let anchor = filled(&nodes.one).await;
        let mut forgotten = 0;
        loop {
            let mut tx = nodes.one.begin().await.unwrap();
            let Some(events) = audit::forget_oldest(&nodes.one, &mut tx, at(15), at(60)).await.unwrap() else { break };
            tx.commit(event(Kind::RetentionRun, 60)).await.unwrap();
            forgotten += events;
        }
        assert_eq!(forgotten, 10, "one seal is that old");
        let verdict = verify::run(&nodes.two, Some(&anchor)).await.unwrap();
        assert_eq!((verdict.sealed, verdict.unsealed, verdict.purged_seals, verdict.first_bad), (20, 3, 1, None));
        // Somebody else empties a seal and says it was retention.
        nodes.tamper("DELETE FROM audit_events WHERE seal = 2").await;
        nodes.tamper("UPDATE audit_seals SET purged_at = 1, purge_mac = hash WHERE seq = 2").await;
        assert_eq!(found(&nodes, &anchor).await, Some(Bad::Purge { seq: 2 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_seal_one_chain() {
    on_both(|nodes| async move {
        let journals = [Journal::start(nodes.one.clone()), Journal::start(nodes.two.clone())];
        let writing: Vec<_> = (0..400)
            .map(|turn| {
                let journal = journals[turn % 2].clone();
                tokio::spawn(async move { journal.record(entry(0)).await })
            })
            .collect();
        for second in 0..10 {
            let (one, two) = tokio::join!(seal_now(&nodes.one, at(second)), seal_now(&nodes.two, at(second)));
            one.unwrap();
            two.unwrap();
        }
        for one in writing {
            one.await.unwrap().unwrap();
        }
        for journal in &journals {
            journal.stop().await;
            assert_eq!(journal.record(entry(0)).await, Err(NotRecorded::Unavailable), "after the stop nothing is taken");
        }
        seal_now(&nodes.one, at(20)).await.unwrap();
        let verdict = verify::run(&nodes.two, None).await.unwrap();
        assert_eq!((verdict.sealed, verdict.unsealed, verdict.first_bad), (400, 0, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_writes_what_waits() {
    on_both(|nodes| async move {
        let journal = Journal::start(nodes.one.clone());
        let waiting: Vec<_> = (0..300)
            .map(|_| {
                let journal = journal.clone();
                tokio::spawn(async move { journal.record(entry(0)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        journal.stop().await;
        let mut recorded = 0;
        for one in waiting {
            recorded += usize::from(one.await.unwrap().is_ok());
        }
        let events = audit::list(&nodes.one, &Filter { limit: 1000, ..Filter::default() }).await.unwrap();
        assert_eq!(events.len(), recorded, "answered is written and written is answered");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_were_announced_and_do_not_come_hold_up_nobody() {
    on_both(|nodes| async move {
        let journal = Journal::start(nodes.one.clone());
        let announced: Vec<_> = (0..100).map(|_| journal.announce()).collect();
        for number in 0..5 {
            journal.record(entry(number)).await.unwrap();
        }
        drop(announced);
        let together: Vec<_> = (5..45).map(|number| (journal.announce(), journal.clone(), entry(number))).collect();
        let together = together.into_iter().map(|(coming, journal, entry)| {
            tokio::spawn(async move {
                let recording = journal.begin(entry)?;
                coming.arrived();
                recording.durable().await
            })
        });
        for one in together.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        let events = audit::list(&nodes.one, &Filter { limit: 1000, ..Filter::default() }).await.unwrap();
        assert_eq!(events.len(), 45);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_entry_takes_no_other_with_it_and_a_lost_database_refuses_all() {
    on_both(|nodes| async move {
        let journal = Journal::start(nodes.one.clone());
        let twice = entry(0);
        journal.record(twice.clone()).await.unwrap();
        // The same event again cannot be written; those beside it can.
        let (bad, good, other) = tokio::join!(journal.record(twice), journal.record(entry(1)), journal.record(entry(2)));
        assert_eq!((bad, good, other), (Err(NotRecorded::Unavailable), Ok(()), Ok(())));
        nodes.one.close().await;
        assert_eq!(journal.record(entry(3)).await, Err(NotRecorded::Unavailable));
        assert_eq!(audit::list(&nodes.two, &Filter { limit: 10, ..Filter::default() }).await.unwrap().len(), 3);
    })
    .await;
}
