//! Recalls and logouts under way: every function, and two who want the same.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        audit::Kind,
        client::Client,
        logout::{Initiator, Logout, Recall},
        session::Session,
    },
    storage::{audit, logouts, recalls, sessions},
};

use super::{Nodes, at, event, hash, on_both, session, somebody};

/// A session that two relying parties were told of, and its end.
async fn ended(nodes: &Nodes) -> (Session, Vec<Id<Client>>) {
    let db = &nodes.one;
    let person = somebody(db).await;
    let mine = session(person.id);
    let mut tx = db.begin().await.unwrap();
    sessions::insert(&mut tx, &mine, &hash(), at(3600)).await.unwrap();
    tx.commit(event(Kind::LoginSucceeded, 0)).await.unwrap();
    let mut clients = Vec::new();
    for place in 0..2 {
        let client = super::every::registered(nodes, &format!("https://{place}.example/{}", mine.id)).await.id;
        let told =
            audit::Participation { session: mine.id, client, session_index: format!("_s{place}"), name_id: format!("n{place}"), at: at(1) };
        let entry = audit::Entry { participation: Some(told), ..audit::Entry::of(event(Kind::AssertionIssued, 1)) };
        audit::record_batch(db, &[entry]).await.unwrap();
        clients.push(client);
    }
    let mut tx = db.begin().await.unwrap();
    assert_eq!(sessions::end_by_id(&mut tx, person.id, mine.id).await.unwrap().unwrap().id, mine.id);
    tx.commit(event(Kind::SessionEnded, 2)).await.unwrap();
    (mine, clients)
}

fn logout(seconds: i64) -> Logout {
    let initiator = Initiator {
        entity_id: "https://sp.example".to_owned(),
        request: "_r".to_owned(),
        by_post: true,
        relay_state: Some("æ".to_owned()),
    };
    Logout { id: Id::random(&SystemRandom), initiator: Some(initiator), missed: vec![], expires_at: at(seconds) }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_told_of_a_session_is_to_be_told_of_its_end() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let (mine, clients) = ended(&nodes).await;
        assert!(recalls::is_due(db, at(2)).await.unwrap(), "at once");
        let mut tx = db.begin().await.unwrap();
        let claimed = recalls::claim(&mut tx, at(2), at(60), 1).await.unwrap();
        tx.commit_routine().await.unwrap();
        let [one] = claimed.as_slice() else { panic!("one: {claimed:?}") };
        assert_eq!((one.session, one.person, one.tries, one.since), (mine.id, mine.person, 1, Some(at(2))));
        let place = clients.iter().position(|client| *client == one.client).unwrap();
        assert_eq!((one.session_index.clone(), one.name_id.clone()), (format!("_s{place}"), format!("n{place}")));

        // The other one is there for the other node, and no third.
        let mut tx = nodes.two.begin().await.unwrap();
        let other = recalls::claim(&mut tx, at(3), at(60), 9).await.unwrap();
        tx.commit_routine().await.unwrap();
        assert_eq!(other.len(), 1);
        assert_ne!(other[0].client, one.client);
        assert!(!recalls::is_due(db, at(59)).await.unwrap());

        let mut tx = db.begin().await.unwrap();
        recalls::queue(&mut tx, one, at(2), at(30)).await.unwrap();
        assert!(recalls::settle(&mut tx, &other[0]).await.unwrap());
        assert!(!recalls::settle(&mut tx, &other[0]).await.unwrap(), "once");
        tx.commit_routine().await.unwrap();
        assert!(!recalls::is_due(db, at(29)).await.unwrap() && recalls::is_due(db, at(30)).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        let again = recalls::claim(&mut tx, at(30), at(90), 9).await.unwrap();
        // Whoever claimed it and fell over leaves it to others.
        let later = recalls::claim(&mut tx, at(90), at(150), 9).await.unwrap();
        tx.commit_routine().await.unwrap();
        let seen = |all: &[Recall]| all.iter().map(|one| (one.tries, one.since)).collect::<Vec<_>>();
        assert_eq!((seen(&again), seen(&later)), (vec![(2, Some(at(2)))], vec![(3, Some(at(2)))]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_holds_them_for_a_while() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let (mine, _) = ended(&nodes).await;
        let (one, token) = (logout(300), hash());
        let mut tx = db.begin().await.unwrap();
        let held = recalls::hold(&mut tx, mine.id, one.id, one.expires_at).await.unwrap();
        assert!(recalls::hold(&mut tx, mine.id, Id::random(&SystemRandom), at(900)).await.unwrap().is_empty(), "by one browser");
        logouts::insert(&mut tx, &one, &token).await.unwrap();
        tx.commit_routine().await.unwrap();
        assert_eq!(held.len(), 2);
        assert!(!recalls::is_due(db, at(299)).await.unwrap());

        let mut tx = db.begin().await.unwrap();
        assert_eq!(recalls::ask(&mut tx, one.id, &held[0], "_q1").await.unwrap().as_deref(), Some("_q1"));
        assert_eq!(recalls::ask(&mut tx, one.id, &held[0], "_q2").await.unwrap().as_deref(), Some("_q1"), "the first stays");
        assert_eq!(recalls::ask(&mut tx, Id::random(&SystemRandom), &held[1], "_q3").await.unwrap(), None, "another's");
        logouts::miss(&mut tx, one.id, &[held[1].client]).await.unwrap();
        tx.commit_routine().await.unwrap();
        let carried = recalls::held_by(&nodes.two, one.id).await.unwrap();
        let asked: Vec<_> = carried.iter().filter_map(|recall| recall.request.as_deref()).collect();
        assert_eq!((carried.len(), asked), (2, vec!["_q1"]));

        let open = logouts::open(&nodes.two, one.id, &token, at(299)).await.unwrap().unwrap();
        assert_eq!((open.initiator, open.missed, open.expires_at), (one.initiator.clone(), vec![held[1].client], at(300)));
        assert!(logouts::open(db, one.id, &hash(), at(0)).await.unwrap().is_none(), "another browser");
        assert!(logouts::open(db, one.id, &token, at(300)).await.unwrap().is_none(), "too late");

        // Time is up: the jobs may have them, and the browser no more.
        let mut tx = db.begin().await.unwrap();
        assert_eq!(recalls::claim(&mut tx, at(300), at(360), 9).await.unwrap().len(), 2);
        tx.commit_routine().await.unwrap();
        assert!(recalls::held_by(db, one.id).await.unwrap().is_empty());

        let (second, other) = (logout(400), logout(500));
        let mut tx = db.begin().await.unwrap();
        logouts::insert(&mut tx, &second, &hash()).await.unwrap();
        logouts::insert(&mut tx, &Logout { initiator: None, ..other }, &hash()).await.unwrap();
        assert!(logouts::finish(&mut tx, one.id).await.unwrap());
        assert!(!logouts::finish(&mut tx, one.id).await.unwrap(), "once");
        assert_eq!(logouts::purge(&mut tx, at(400)).await.unwrap(), 1);
        assert_eq!(logouts::purge(&mut tx, at(500)).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}
