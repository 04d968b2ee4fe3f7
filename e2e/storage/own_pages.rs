//! What people see of their own things: where they were, and what happened to them.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        audit::{Event, Kind},
        client::{Client, Terms},
        factor,
        flow::{Activation, Flow, Purpose},
    },
    storage::{
        audit,
        authenticators::{self, NewCredential},
        clients, flows, outbox, people, sessions,
    },
};

use super::{at, authenticator, event, evidence, hash, on_both, session, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_was_is_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let (person, other) = (somebody(db).await.id, Id::random(&SystemRandom));
        let client = Client {
            id: Id::random(&SystemRandom),
            entity_id: "https://sp.example".to_owned(),
            name: "Fagsystem".to_owned(),
            metadata: "<xml/>".to_owned(),
            terms: Terms::default(),
            enabled: true,
            registered_at: at(0),
            revision: 0,
        };
        let (app, key) = (authenticator(person, factor::Kind::Totp), authenticator(person, factor::Kind::Webauthn));
        let (mine, second) = (session(person), session(person));
        let mut tx = db.begin().await.unwrap();
        clients::save(&mut tx, &client).await.unwrap();
        authenticators::insert_totp(&mut tx, &app, b"sealed", None).await.unwrap();
        authenticators::insert_webauthn(&mut tx, &key, &NewCredential { id: b"id", json: "{}" }).await.unwrap().unwrap();
        sessions::insert(&mut tx, &mine, &hash(), at(3600)).await.unwrap();
        sessions::insert(&mut tx, &second, &hash(), at(3600)).await.unwrap();
        tx.commit(event(Kind::LoginSucceeded, 0)).await.unwrap();
        assert!(authenticators::last_places(db, person).await.unwrap().is_empty(), "never used");
        assert!(sessions::visited_by(db, person).await.unwrap().is_empty());

        let told = audit::Participation {
            session: mine.id,
            client: client.id,
            session_index: "_s1".to_owned(),
            name_id: "n1".to_owned(),
            at: at(1),
        };
        let entry = audit::Entry { participation: Some(told), ..audit::Entry::of(event(Kind::AssertionIssued, 1)) };
        audit::record_batch(db, &[entry]).await.unwrap();
        let visited = sessions::visited_by(db, person).await.unwrap();
        assert_eq!((visited.len(), visited[0].session, visited[0].client, visited[0].at), (1, mine.id, client.id, at(1)));
        assert_eq!(visited[0].name, "Fagsystem");
        assert!(sessions::visited_by(db, other).await.unwrap().is_empty(), "somebody else's");
        assert_eq!(sessions::by_id(db, mine.id).await.unwrap().unwrap().address, "192.0.2.7");

        let mut tx = db.begin().await.unwrap();
        authenticators::used_at(&mut tx, app.id, Some(client.id), "Browser/1").await.unwrap();
        authenticators::used_at(&mut tx, key.id, Some(Id::random(&SystemRandom)), "Browser/2").await.unwrap();
        tx.commit(event(Kind::LoginSucceeded, 2)).await.unwrap();
        let place = |id| async move {
            let places = authenticators::last_places(db, person).await.unwrap();
            places.into_iter().find(|place| place.authenticator == id).map(|place| (place.client, place.browser)).unwrap()
        };
        assert_eq!(place(app.id).await, (Some("Fagsystem".to_owned()), "Browser/1".to_owned()));
        assert_eq!(place(key.id).await, (None, "Browser/2".to_owned()), "a relying party that is not registered any more");

        let mut tx = db.begin().await.unwrap();
        assert_eq!(sessions::end_all_but(&mut tx, person, second.id).await.unwrap(), 1);
        assert_eq!(sessions::end_all_but(&mut tx, other, mine.id).await.unwrap(), 0, "somebody else's");
        tx.commit(event(Kind::SessionEnded, 3)).await.unwrap();
        assert_eq!(sessions::list_of(db, person).await.unwrap().iter().map(|one| one.id).collect::<Vec<_>>(), [second.id]);
        assert!(sessions::visited_by(db, person).await.unwrap().is_empty(), "a session's places end with it");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_to_somebody_is_listed_by_key() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let (person, other) = (somebody(db).await.id, Id::random(&SystemRandom));
        let about = |who, seconds| event(Kind::LoginFailed, seconds).about(who);
        let events: Vec<Event> = [0, 1, 1, 1, 2].into_iter().map(|seconds| about(person, seconds)).collect();
        let foreign = about(other, 1);
        let mut tx = db.begin().await.unwrap();
        for event in events.iter().chain([&foreign]) {
            tx.note(event).await.unwrap();
        }
        tx.commit_routine().await.unwrap();

        let mut expected: Vec<_> = events.iter().map(|event| (event.at, event.id.to_string())).collect();
        expected.sort();
        expected.reverse();
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let page = audit::about(db, person, at(0), before.clone(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.at, last.id.clone()));
            found.extend(page.into_iter().map(|event| (event.at, event.id)));
        }
        assert_eq!(found, expected, "each once, newest first, also of one instant");
        assert_eq!(audit::about(db, person, at(2), None, 10).await.unwrap().len(), 1);

        let one = &events[0];
        assert!(audit::one_about(db, person, one.at, &one.id.to_string()).await.unwrap().is_some());
        assert!(audit::one_about(db, person, at(9), &one.id.to_string()).await.unwrap().is_none());
        assert!(audit::one_about(db, person, foreign.at, &foreign.id.to_string()).await.unwrap().is_none(), "somebody else's");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_somebody_and_how_they_are_spoken_to_is_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let (person, other) = (somebody(db).await.id, Id::random(&SystemRandom));
        assert_eq!(people::language(db, person).await.unwrap(), None);
        let stage = Activation { person, password: evidence(0).uses()[0].clone() };
        let flow = Flow { id: Id::random(&SystemRandom), purpose: Purpose::Account, stage, expires_at: at(900) };
        let mut tx = db.begin().await.unwrap();
        people::set_language(&mut tx, person, "en").await.unwrap();
        flows::begin(&mut tx, &flow, &hash()).await.unwrap();
        let mail = outbox::New { id: Id::random(&SystemRandom), person, notice: "locked", payload: b"sealed", at: at(1) };
        outbox::insert(&mut tx, &mail).await.unwrap();
        assert_eq!(outbox::recipient(&mut tx, person).await.unwrap().unwrap().language.as_deref(), Some("en"));
        tx.commit(event(Kind::LanguageChosen, 1)).await.unwrap();
        assert_eq!(people::language(db, person).await.unwrap().as_deref(), Some("en"));
        let under_way = flows::of_person(db, person, at(1)).await.unwrap();
        assert_eq!((under_way.len(), under_way[0].stage.as_str(), under_way[0].expires_at), (1, "activation", at(900)));
        assert!(flows::of_person(db, person, at(900)).await.unwrap().is_empty(), "over");
        let mails = outbox::of_person(db, person).await.unwrap();
        assert_eq!((mails.len(), mails[0].notice.as_str()), (1, "locked"));
        assert!(outbox::of_person(db, other).await.unwrap().is_empty(), "somebody else's");
        assert!(flows::of_person(db, other, at(1)).await.unwrap().is_empty());
    })
    .await;
}
