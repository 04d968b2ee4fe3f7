//! Every storage function once, on both engines: what compile-time checks of the SQL would find, this finds.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind},
        client::{Client, Edition, Terms},
        factor,
        flow::{Activation, Flow, Pending, Purpose, SecondFactor, Start},
    },
    storage::{
        activations, audit, authenticators, clients,
        cprs::{self, SealedCpr},
        credentials, deployment, flows, health, mitid, organisations,
        people::{self, Taken},
        sessions,
        throttle::{self, Reservation},
    },
};

use super::{Nodes, at, authenticator, behind, event, evidence, hash, on_both, organisation, person, races::POLICY, session, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn organisations_and_people_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let saved = organisation();
        let mut tx = db.begin().await.unwrap();
        let id = organisations::save(&mut tx, &saved).await.unwrap();
        let again =
            organisations::save(&mut tx, &portvagt::domain::organisation::Organisation { name: "Nyt navn".to_owned(), ..organisation() })
                .await
                .unwrap();
        assert_eq!((id, again), (saved.id, saved.id), "the id stays");
        let cpr = |byte: u8| Some(SealedCpr { cipher: vec![1, byte], index: vec![2, byte] });
        let (aase, bo) = (person(id, "åse"), person(id, "bo_1"));
        assert_eq!(people::insert(&mut tx, &aase, cpr(1)).await.unwrap(), Ok(()));
        assert_eq!(people::insert(&mut tx, &person(id, "åse"), cpr(2)).await.unwrap(), Err(Taken::Username));
        let twin = portvagt::domain::person::Person { persistent_uuid: aase.persistent_uuid, ..person(id, "carl") };
        assert_eq!(people::insert(&mut tx, &twin, None).await.unwrap(), Err(Taken::PersistentUuid));
        assert_eq!(people::insert(&mut tx, &bo, None).await.unwrap(), Ok(()), "the transaction is still usable");
        tx.commit(event(Kind::PersonAdded, 0)).await.unwrap();

        assert_eq!(organisations::by_cvr(db, "12345678").await.unwrap().unwrap().name, "Nyt navn");
        assert_eq!(organisations::by_id(db, id).await.unwrap().unwrap().notified, Level::Substantial);
        assert_eq!(organisations::list(db).await.unwrap().len(), 1);
        let found = people::by_username(db, "åse").await.unwrap().unwrap();
        assert_eq!((found.id, found.email, found.persistent_uuid), (aase.id, aase.email.clone(), aase.persistent_uuid));
        assert_eq!(people::by_id(db, aase.id).await.unwrap().unwrap().full_name(), "Åse Jensen");
        let both = people::by_ids(db, [aase.id, aase.id, Id::from_uuid(uuid::Uuid::nil())]).await.unwrap();
        assert_eq!(both.into_values().map(|one| one.full_name()).collect::<Vec<_>>(), ["Åse Jensen"]);
        assert_eq!(cprs::of(db, aase.id).await.unwrap().unwrap().cipher, [1, 1]);
        assert!(cprs::of(db, bo.id).await.unwrap().is_none());
        assert_eq!(people::count(db).await.unwrap(), 2);
        let listed = |filter: &'static str, limit, after: &'static str| async move {
            people::list(db, filter, limit, after).await.unwrap().into_iter().map(|person| person.username.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(listed("", 10, "").await, ["bo_1", "åse"]);
        assert_eq!(listed("", 1, "bo_1").await, ["åse"]);
        assert_eq!(listed("JENSEN", 10, "").await.len(), 2);
        assert_eq!(listed("_", 10, "").await, ["bo_1"], "no wildcards in the filter");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_activations_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        let mut tx = db.begin().await.unwrap();
        credentials::set_password(&mut tx, person, "$argon2id$1", at(0)).await.unwrap();
        credentials::set_password(&mut tx, person, "$argon2id$2", at(1)).await.unwrap();
        tx.note(&event(Kind::ActivationIssued, 0)).await.unwrap();
        tx.commit(event(Kind::PasswordSet, 0)).await.unwrap();
        let stored = credentials::password(db, person).await.unwrap().unwrap();
        assert_eq!((stored.text.as_str(), stored.set_at), ("$argon2id$2", at(1)));
        let mut tx = db.begin().await.unwrap();
        assert!(!credentials::renew_hash(&mut tx, person, "$argon2id$1", "x").await.unwrap());
        assert!(credentials::renew_hash(&mut tx, person, "$argon2id$2", "$argon2id$3").await.unwrap());
        let code = hash();
        for (code_hash, expires_at) in [(&hash(), at(600)), (&code, at(10))] {
            let (level, issued_by, behind) = (Level::Substantial, "operator:root", &behind());
            let code = activations::Activation { person, code_hash, level, expires_at, issued_by, behind };
            activations::put(&mut tx, &code).await.unwrap();
        }
        tx.commit(event(Kind::ActivationIssued, 0)).await.unwrap();
        assert!(activations::open_for(db, person, at(9)).await.unwrap());
        assert!(!activations::open_for(db, person, at(10)).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert_eq!(activations::spend(&mut tx, person, &code, at(10)).await.unwrap(), None, "expired");
        assert_eq!(activations::purge(&mut tx, at(10)).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authenticators_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        let credential = |json: &'static str| authenticators::NewCredential { id: b"id", json };
        let (totp, key) = (authenticator(person, factor::Kind::Totp), authenticator(person, factor::Kind::Webauthn));
        let mut tx = db.begin().await.unwrap();
        authenticators::insert_totp(&mut tx, &totp, b"sealed", None).await.unwrap();
        authenticators::insert_webauthn(&mut tx, &key, &credential("{\"counter\":1}")).await.unwrap().unwrap();
        let twin = authenticator(person, factor::Kind::Webauthn);
        assert_eq!(authenticators::insert_webauthn(&mut tx, &twin, &credential("{}")).await.unwrap(), Err(authenticators::AlreadyKnown));
        assert!(authenticators::spend_totp_step(&mut tx, totp.id, 5, at(1)).await.unwrap());
        tx.commit(event(Kind::AuthenticatorAdded, 0)).await.unwrap();
        assert_eq!(authenticators::of_person(db, person).await.unwrap().len(), 2);
        let totps = authenticators::totp_of(db, person).await.unwrap();
        assert_eq!((totps.len(), totps[0].sealed.as_slice(), totps[0].last_step), (1, &b"sealed"[..], Some(5)));
        assert_eq!(totps[0].authenticator.last_used_at, Some(at(1)));
        assert_eq!(authenticators::webauthn_of(db, person).await.unwrap()[0].1, "{\"counter\":1}");
        assert_eq!(authenticators::webauthn_by_credential_id(db, b"id").await.unwrap().unwrap().0.id, key.id);
        assert!(authenticators::webauthn_by_credential_id(db, b"no").await.unwrap().is_none());
        let mut tx = db.begin().await.unwrap();
        assert!(authenticators::update_webauthn(&mut tx, key.id, "{\"counter\":1}", "{\"counter\":2}", at(2)).await.unwrap());
        assert!(!authenticators::update_webauthn(&mut tx, key.id, "{\"counter\":1}", "{\"counter\":3}", at(2)).await.unwrap());
        assert!(authenticators::rename(&mut tx, person, key.id, "Nøgle").await.unwrap());
        assert!(!authenticators::rename(&mut tx, Id::random(&SystemRandom), key.id, "x").await.unwrap());
        assert!(!authenticators::remove(&mut tx, Id::random(&SystemRandom), key.id).await.unwrap(), "somebody else's");
        assert!(authenticators::remove(&mut tx, person, totp.id).await.unwrap());
        tx.commit(event(Kind::AuthenticatorRemoved, 0)).await.unwrap();
        assert_eq!(authenticators::of_person(db, person).await.unwrap()[0].name, "Nøgle");
        let mut tx = db.begin().await.unwrap();
        assert!(!authenticators::has_none(&mut tx, person).await.unwrap());
        let removed = authenticators::remove_all_of(&mut tx, person).await.unwrap();
        assert_eq!(removed.iter().map(|one| one.id).collect::<Vec<_>>(), [key.id]);
        assert!(authenticators::has_none(&mut tx, person).await.unwrap());
        tx.commit(event(Kind::AuthenticatorRemoved, 0)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_open_at_their_stage_with_their_token() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        let (first, second) = (hash(), hash());
        let flow = Flow {
            id: Id::random(&SystemRandom),
            purpose: Purpose::Account,
            stage: Start { passkey: Some("æ".to_owned()) },
            expires_at: at(600),
        };
        let mut tx = db.begin().await.unwrap();
        flows::begin(&mut tx, &flow, &first).await.unwrap();
        tx.commit_routine().await.unwrap();
        let open = flows::open::<Start>(db, flow.id, &first, at(0)).await.unwrap().unwrap();
        assert_eq!((open.purpose.clone(), open.stage.passkey.as_deref(), open.expires_at), (Purpose::Account, Some("æ"), at(600)));
        assert!(flows::open::<Start>(db, flow.id, &second, at(0)).await.unwrap().is_none(), "another browser");
        assert!(flows::open::<SecondFactor>(db, flow.id, &first, at(0)).await.unwrap().is_none(), "another stage");
        assert!(flows::open::<Start>(db, flow.id, &first, at(600)).await.unwrap().is_none(), "over");
        assert_eq!(flows::stage_of(db, flow.id, &first, at(0)).await.unwrap().as_deref(), Some("start"));
        let password = evidence(0).uses()[0].clone();
        let mut tx = db.begin().await.unwrap();
        let unsaved = Flow { id: Id::random(&SystemRandom), ..open.clone() };
        assert!(!flows::begin_once(&mut tx, &open, &Start::default(), &second).await.unwrap(), "it is there");
        assert!(flows::begin_once(&mut tx, &unsaved, &Start::default(), &second).await.unwrap());
        assert!(flows::finish::<Start>(&mut tx, unsaved.id, &second).await.unwrap());
        let next = SecondFactor { person, password: password.clone(), webauthn: None };
        assert!(flows::advance(&mut tx, &open, &first, &next, &second).await.unwrap());
        tx.commit_routine().await.unwrap();
        let open = flows::open::<SecondFactor>(db, flow.id, &second, at(0)).await.unwrap().unwrap();
        assert_eq!((open.stage.person, &open.stage.password), (person, &password));
        let mut tx = db.begin().await.unwrap();
        assert!(
            flows::save(&mut tx, &open, &second, &SecondFactor { webauthn: Some("state".to_owned()), ..open.stage.clone() }).await.unwrap()
        );
        assert!(!flows::save(&mut tx, &open, &second, &open.stage).await.unwrap(), "somebody wrote since it was opened");
        assert!(!flows::finish::<Activation>(&mut tx, flow.id, &second).await.unwrap());
        assert!(flows::finish::<SecondFactor>(&mut tx, flow.id, &second).await.unwrap());
        let pending = Some(Pending::Totp("c2VhbGVk".to_owned()));
        let enrol = portvagt::domain::flow::Enrol { person, under: Level::Substantial, password: None, session: None, why: None, pending };
        for expires_at in [at(5), at(600)] {
            let flow = Flow { id: Id::random(&SystemRandom), purpose: Purpose::Account, stage: enrol.clone(), expires_at };
            flows::begin(&mut tx, &flow, &hash()).await.unwrap();
        }
        assert_eq!(flows::purge(&mut tx, at(5)).await.unwrap(), 1);
        assert_eq!(flows::end_of_person(&mut tx, person).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
        assert!(!flows::exists(db, flow.id, at(0)).await.unwrap());
    })
    .await;
}

pub(super) async fn registered(nodes: &Nodes, entity_id: &str) -> Client {
    let client = Client {
        id: Id::random(&SystemRandom),
        entity_id: entity_id.to_owned(),
        name: "Fagsystem".to_owned(),
        metadata: "<EntityDescriptor/>".to_owned(),
        terms: Terms::default(),
        enabled: true,
        revision: 0,
        registered_at: at(0),
    };
    let mut tx = nodes.one.begin().await.unwrap();
    assert_eq!(clients::save(&mut tx, &client).await.unwrap(), 1);
    tx.commit(event(Kind::ClientSaved, 0)).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn relying_parties_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let client = registered(&nodes, "https://sp.example").await;
        let mut tx = db.begin().await.unwrap();
        let changed = Client {
            id: Id::random(&SystemRandom),
            terms: Terms { least_level: Level::Substantial, ..Terms::default() },
            ..client.clone()
        };
        assert!(!clients::add(&mut tx, &changed).await.unwrap(), "it is there");
        assert!(clients::set_enabled(&mut tx, "https://sp.example", false).await.unwrap());
        assert_eq!(clients::save(&mut tx, &changed).await.unwrap(), 3, "and stays disabled");
        assert!(!clients::set_enabled(&mut tx, "https://SP.example", false).await.unwrap(), "byte for byte");
        tx.commit(event(Kind::ClientSaved, 0)).await.unwrap();
        let found = clients::by_entity_id(db, "https://sp.example").await.unwrap().unwrap();
        assert_eq!((found.id, found.revision, found.enabled, found.terms), (client.id, 3, false, changed.terms));
        assert_eq!(clients::by_id(db, client.id).await.unwrap().unwrap().entity_id, client.entity_id);
        assert_eq!(clients::list(db).await.unwrap().len(), 1);
        let names = clients::names(db, &[client.id, Id::random(&SystemRandom)]).await.unwrap();
        assert_eq!(names, [(client.id, "Fagsystem".to_owned())]);
        let mut tx = db.begin().await.unwrap();
        assert!(clients::remove(&mut tx, "https://sp.example").await.unwrap());
        assert!(clients::add(&mut tx, &client).await.unwrap());
        assert!(clients::remove(&mut tx, "https://sp.example").await.unwrap());
        assert!(!clients::remove(&mut tx, "https://sp.example").await.unwrap());
        tx.commit(event(Kind::ClientRemoved, 0)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_kept_with_where_they_were_used() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await;
        let client = registered(&nodes, "https://sp.example").await;
        let (mine, other) = (session(person.id), session(person.id));
        let (token, other_token, new_token) = (hash(), hash(), hash());
        let mut tx = db.begin().await.unwrap();
        sessions::insert(&mut tx, &mine, &token, at(3600)).await.unwrap();
        sessions::insert(&mut tx, &other, &other_token, at(3600)).await.unwrap();
        tx.commit(event(Kind::LoginSucceeded, 0)).await.unwrap();

        let standing = sessions::standing(db, &token, "https://unknown.example").await.unwrap().unwrap();
        assert_eq!((standing.client, standing.client_enabled, standing.session_index), (None, false, None));
        assert_eq!((standing.person.id, standing.session.id, standing.bases.len()), (person.id, mine.id, 0));
        assert_eq!(standing.organisation.name, "Testkommune");
        let told = audit::Participation {
            session: mine.id,
            client: client.id,
            session_index: "_s1".to_owned(),
            name_id: "n1".to_owned(),
            at: at(1),
        };
        let entry = |session_index: &str, touched| audit::Entry {
            participation: Some(audit::Participation { session_index: session_index.to_owned(), ..told.clone() }),
            touch: Some((mine.id, touched)),
            ..audit::Entry::of(event(Kind::AssertionIssued, 1))
        };
        audit::record_batch(db, &[entry("_s0", at(61)), entry("_s1", at(60))]).await.unwrap();
        let standing = sessions::standing(db, &token, "https://sp.example").await.unwrap().unwrap();
        let edition = Some(Edition { client: client.id, revision: 1 });
        assert_eq!((standing.client, standing.client_enabled, standing.session_index.as_deref()), (edition, true, Some("_s1")));
        assert_eq!(standing.session.last_seen_at, at(61), "the newest use counts");
        let (found, participant) = sessions::by_participation(db, client.id, "_s1").await.unwrap().unwrap();
        assert_eq!((found.id, participant.name_id.as_str()), (mine.id, "n1"));
        assert!(sessions::by_participation(db, client.id, "_s0").await.unwrap().is_none());

        let mut tx = db.begin().await.unwrap();
        assert!(sessions::renew(&mut tx, mine.id, &new_token, &evidence(70), at(70)).await.unwrap());
        assert!(!sessions::renew(&mut tx, Id::random(&SystemRandom), &hash(), &evidence(70), at(70)).await.unwrap());
        sessions::touch(&mut tx, mine.id, at(50)).await.unwrap();
        tx.commit(event(Kind::SteppedUp, 0)).await.unwrap();
        assert!(sessions::find(db, &token).await.unwrap().is_none());
        let found = sessions::find(db, &new_token).await.unwrap().unwrap();
        assert_eq!((found.evidence, found.last_seen_at), (evidence(70), at(70)));
        assert_eq!(sessions::by_id(db, mine.id).await.unwrap().unwrap().user_agent, "Browser/1 æøå");
        assert_eq!(sessions::list_of(db, person.id).await.unwrap().len(), 2);

        let mut tx = db.begin().await.unwrap();
        assert!(sessions::end_by_id(&mut tx, Id::random(&SystemRandom), other.id).await.unwrap().is_none(), "somebody else's");
        assert!(sessions::end_by_id(&mut tx, person.id, other.id).await.unwrap().is_some());
        assert_eq!(sessions::end(&mut tx, &new_token).await.unwrap().unwrap().id, mine.id);
        sessions::insert(&mut tx, &session(person.id), &hash(), at(10)).await.unwrap();
        sessions::insert(&mut tx, &session(person.id), &hash(), at(3600)).await.unwrap();
        assert_eq!(sessions::purge(&mut tx, at(10), at(-60)).await.unwrap(), 1);
        assert_eq!(sessions::end_all_of(&mut tx, person.id).await.unwrap(), 1);
        tx.commit(event(Kind::SessionEnded, 0)).await.unwrap();
        assert!(sessions::by_participation(db, client.id, "_s1").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_addresses_are_counted_by_the_minute() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        for failure in 1..30 {
            assert_eq!(throttle::failed(db, "address:a", "network:n", at(0), &POLICY).await.unwrap(), None, "failure {failure}");
        }
        assert_eq!(throttle::blocked(db, &["account:x", "address:a"], at(1)).await.unwrap(), None);
        assert_eq!(throttle::failed(db, "address:a", "network:n", at(1), &POLICY).await.unwrap(), Some(at(61)));
        assert_eq!(throttle::blocked(db, &["a", "b", "c", "d", "address:a"], at(2)).await.unwrap(), Some(at(61)));
        assert_eq!(throttle::blocked(db, &["network:n"], at(2)).await.unwrap(), None);
        assert_eq!(throttle::blocked(db, &["address:a"], at(61)).await.unwrap(), None);
        assert_eq!(throttle::failed(db, "address:a", "network:n", at(120), &POLICY).await.unwrap(), None, "a new minute, a new count");
        throttle::clear(db, "account:never").await.unwrap();
        let somebody = Id::random(&SystemRandom);
        throttle::reserve(db, "account:theirs", at(0), &POLICY).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        throttle::belongs(&mut tx, "account:theirs", somebody).await.unwrap();
        throttle::forget(&mut tx, Id::random(&SystemRandom)).await.unwrap();
        tx.commit_routine().await.unwrap();
        assert!(matches!(throttle::reserve(db, "account:theirs", at(1), &POLICY).await.unwrap(), Reservation::Go { failures: 2, .. }));
        let mut tx = db.begin().await.unwrap();
        throttle::forget(&mut tx, somebody).await.unwrap();
        tx.commit_routine().await.unwrap();
        assert!(matches!(throttle::reserve(db, "account:theirs", at(2), &POLICY).await.unwrap(), Reservation::Go { failures: 1, .. }));
        throttle::clear(db, "account:theirs").await.unwrap();
        assert_eq!(throttle::purge(db, at(200)).await.unwrap(), 0);
        assert_eq!(throttle::purge(db, at(100_000)).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_lists_what_is_asked_for() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let somebody = somebody(db).await.id;
        let replay = audit::Replay { entity_id: "https://sp.example".to_owned(), request_id: "_1".to_owned(), expires_at: at(100) };
        let entry = |event: Event, replay| audit::Entry { replay, ..audit::Entry::of(event) };
        let by = Event { actor: Actor::Person(somebody), ..event(Kind::LoginSucceeded, 10).with("b", 2).with("a", "\"1\"\r\n") };
        let entries = [
            entry(by.clone(), Some(replay.clone())),
            entry(event(Kind::LoginFailed, 20).about(somebody), None),
            entry(event(Kind::SessionEnded, 30), Some(replay)),
        ];
        let outcomes = audit::record_batch(db, &entries).await.unwrap();
        assert_eq!(
            outcomes,
            [audit::Outcome::Recorded, audit::Outcome::Recorded, audit::Outcome::Replay],
            "twice in one batch is a repetition too"
        );
        let all = audit::Filter { limit: 10, ..Default::default() };
        let kinds = |filter: audit::Filter| async move {
            audit::list(db, &filter).await.unwrap().into_iter().map(|event| event.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(all.clone()).await, ["login.failed", "login.succeeded", "person.added"]);
        assert_eq!(kinds(audit::Filter { person: Some(somebody), ..all.clone() }).await, ["login.failed", "login.succeeded"]);
        assert_eq!(kinds(audit::Filter { kind_prefix: "person.".to_owned(), ..all.clone() }).await, ["person.added"]);
        assert_eq!(kinds(audit::Filter { from: Some(at(10)), to: Some(at(20)), ..all.clone() }).await, ["login.succeeded"]);
        assert_eq!(kinds(audit::Filter { before: Some((at(10), by.id.to_string())), ..all.clone() }).await, ["person.added"]);
        let written =
            &audit::list(db, &audit::Filter { limit: 1, kind_prefix: "login.s".to_owned(), ..Default::default() }).await.unwrap()[0];
        assert_eq!((written.details["a"].as_str(), written.actor.clone()), ("\"1\"\r\n", format!("person:{somebody}")));
        let mut tx = db.begin().await.unwrap();
        assert_eq!(audit::purge_replays(&mut tx, at(100)).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_written_once_and_health_is_asked() {
    on_both(|nodes| async move {
        assert_eq!(deployment::get(&nodes.one, "key").await.unwrap(), None);
        let (one, two) = tokio::join!(deployment::put_if_absent(&nodes.one, "key", "1"), deployment::put_if_absent(&nodes.two, "key", "2"));
        assert_eq!(one.unwrap(), two.unwrap(), "both nodes see one value");
        assert!(deployment::get(&nodes.two, "key").await.unwrap().is_some());
        health::ping(&nodes.one).await.unwrap();
        assert!(["sqlite", "postgres"].contains(&nodes.one.engine()));
        nodes.one.close().await;
        assert!(health::ping(&nodes.one).await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_to_nemlogin_takes_one_answer_and_gives_it_out_once() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let question = |request: &str, end| mitid::Question {
            request: request.to_owned(),
            flow: Id::random(&SystemRandom),
            least: Level::Substantial,
            asked_at: at(0),
            expires_at: at(end),
        };
        let (one, over) = (question("_one", 600), question("_over", 5));
        let mut tx = db.begin().await.unwrap();
        mitid::ask(&mut tx, &one).await.unwrap();
        mitid::ask(&mut tx, &over).await.unwrap();
        tx.commit_routine().await.unwrap();
        assert_eq!(mitid::unanswered(db, "_one", at(1)).await.unwrap(), Some(one.clone()));
        assert_eq!(mitid::unanswered(db, "_one", at(600)).await.unwrap(), None, "over");
        assert_eq!(mitid::unanswered(db, "_none", at(1)).await.unwrap(), None);

        let (handle, other) = (hash(), hash());
        let mut tx = db.begin().await.unwrap();
        assert_eq!(mitid::take(&mut tx, "_one", one.flow, &handle, at(1)).await.unwrap(), None, "no answer yet");
        assert!(mitid::answer(&mut tx, "_one", &handle, b"sealed", at(1)).await.unwrap());
        assert!(!mitid::answer(&mut tx, "_one", &other, b"another", at(1)).await.unwrap(), "one answer");
        assert!(!mitid::answer(&mut tx, "_over", &other, b"late", at(5)).await.unwrap(), "too late");
        tx.commit_routine().await.unwrap();
        assert_eq!(mitid::unanswered(db, "_one", at(1)).await.unwrap(), None, "answered");

        let mut tx = db.begin().await.unwrap();
        assert_eq!(mitid::take(&mut tx, "_one", one.flow, &other, at(2)).await.unwrap(), None, "another handle");
        assert_eq!(mitid::take(&mut tx, "_one", over.flow, &handle, at(2)).await.unwrap(), None, "another flow");
        assert_eq!(mitid::take(&mut tx, "_one", one.flow, &handle, at(2)).await.unwrap().as_deref(), Some(&b"sealed"[..]));
        assert_eq!(mitid::take(&mut tx, "_one", one.flow, &handle, at(2)).await.unwrap(), None, "once");
        assert_eq!(mitid::purge(&mut tx, at(5)).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}
