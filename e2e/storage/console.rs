//! What the console reads and keeps: people found by the beginning of words, page by page; requests decided once; the trail
//! searched.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        audit::{Actor, Kind},
        factor,
        organisation::Organisation,
        person::Person,
        request::{Request, State, Wish},
        role::{Role, Scope},
    },
    storage::{
        audit, authenticators,
        db::Db,
        directory::{self, Query},
        organisations, people, requests, roles,
        trail::{self, Query as Sought},
    },
};

use super::{at, authenticator, event, on_both, organisation, person};

async fn found(db: &Db, query: &Query) -> Vec<String> {
    directory::find(db, query, at(100)).await.unwrap().iter().map(|one| one.username.to_string()).collect()
}

fn words(text: &str) -> Query {
    Query { words: text.to_owned(), limit: 50, ..Query::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_the_beginning_of_words() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let mut tx = db.begin().await.unwrap();
        let home = organisations::save(&mut tx, &organisation()).await.unwrap();
        let away = Organisation { cvr: "87654321".parse().unwrap(), id: Id::random(&SystemRandom), ..organisation() };
        let away = organisations::save(&mut tx, &away).await.unwrap();
        let mut named = Vec::new();
        for (organisation, username, given, family) in [
            (home, "ø1", "Øjvind", "Østergård"),
            (home, "aa1", "Åse Marie", "Ågård"),
            (home, "ae1", "Ærø", "Æbelø"),
            (home, "z1", "Zoe", "Zimmer"),
            (away, "jens", "Jens", "Jensen"),
            (home, "j_1", "Anne-Mette", "Jensen"),
        ] {
            let email = Some(format!("{username}@example.dk"));
            let one = Person { given_name: given.to_owned(), family_name: family.to_owned(), email, ..person(organisation, username) };
            people::insert(&mut tx, &one, None).await.unwrap().unwrap();
            named.push(one);
        }
        authenticators::insert_totp(&mut tx, &authenticator(named[3].id, factor::Kind::Totp), b"s", None).await.unwrap();
        tx.commit(event(Kind::PersonAdded, 0)).await.unwrap();

        assert_eq!(found(db, &words("")).await, ["j_1", "jens", "z1", "ae1", "ø1", "aa1"], "the Danish letters in their order");
        for (text, expected) in [
            ("jen", &["j_1", "jens"][..]),
            ("JENSEN anne", &["j_1"]),
            ("jensen jens", &["j_1", "jens"]),
            ("øST", &["ø1"]),
            ("mar åg", &["aa1"]),
            ("anne jensen j_1", &["j_1"]),
            ("j_1@ex", &["j_1"]),
            ("ensen", &[]),
            ("_", &[]),
            ("%", &[]),
            ("' OR 1=1 --", &[]),
        ] {
            assert_eq!(found(db, &words(text)).await, expected, "{text}");
        }
        assert_eq!(found(db, &Query { organisation: Some(away), ..words("") }).await, ["jens"]);
        assert_eq!(found(db, &Query { organisation: Some(home), ..words("jensen") }).await, ["j_1"]);
        assert_eq!(found(db, &Query { unused: true, ..words("z") }).await, [""; 0]);
        assert_eq!(found(db, &Query { state: "active".to_owned(), ..words("z") }).await, ["z1"]);
        assert_eq!(found(db, &Query { state: "locked".to_owned(), ..words("") }).await, [""; 0]);
        for organisation in [None, Some(home)] {
            let mut pages = Vec::new();
            let mut after = None;
            loop {
                let page = directory::find(db, &Query { organisation, after, limit: 2, ..Query::default() }, at(0)).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                pages.extend(page.iter().map(|one| one.username.to_string()));
            }
            let all = found(db, &Query { organisation, ..words("") }).await;
            assert_eq!(pages, all, "every one once, in order");
        }
        let nobody = Query { after: Some(Id::random(&SystemRandom)), ..words("") };
        assert!(found(db, &nobody).await.is_empty());
        assert_eq!(directory::by_persistent_uuid(db, named[0].persistent_uuid).await.unwrap().unwrap().id, named[0].id);
        let mut keys: Vec<_> = named.iter().map(directory::key).collect();
        keys.sort();
        assert_eq!(keys.len(), 6);

        // Another name: found by the new one only.
        let renamed = Person { family_name: "Holm".to_owned(), ..named[3].clone() };
        let mut tx = db.begin().await.unwrap();
        people::update(&mut tx, &renamed).await.unwrap().unwrap();
        tx.commit(event(Kind::PersonRenamed, 0)).await.unwrap();
        assert_eq!((found(db, &words("zimmer")).await.len(), found(db, &words("holm")).await.len()), (0, 1));

        // As they were before there were words.
        nodes.tamper("DELETE FROM people_words").await;
        nodes.tamper("UPDATE people SET list_key = NULL").await;
        assert!(found(db, &words("")).await.is_empty());
        assert_eq!(directory::catch_up(db).await.unwrap(), 6);
        assert_eq!(directory::catch_up(db).await.unwrap(), 0);
        assert_eq!(found(db, &words("jen")).await, ["j_1", "jens"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_decided_once_and_in_time() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let mut tx = db.begin().await.unwrap();
        let home = organisations::save(&mut tx, &organisation()).await.unwrap();
        let [anna, bo, carl] = ["anna", "bo", "carl"].map(|name| person(home, name));
        for one in [&anna, &bo, &carl] {
            people::insert(&mut tx, one, None).await.unwrap().unwrap();
        }
        let ask = |second| Request {
            id: Id::random(&SystemRandom),
            subject: anna.id,
            wish: Wish::Role { role: Role::Supporter, scope: Scope::Organisation(home) },
            reason: "helps at the desk".to_owned(),
            requested_by: bo.id,
            requested_at: at(second),
            expires_at: at(second + 10),
            state: State::Waiting,
            decided: None,
        };
        let first = ask(0);
        assert!(requests::put(&mut tx, &first).await.unwrap());
        assert!(!requests::put(&mut tx, &ask(5)).await.unwrap(), "the same waits");
        tx.commit(event(Kind::RequestMade, 0)).await.unwrap();
        assert_eq!(requests::waiting(db, at(5)).await.unwrap().len(), 1);
        assert!(requests::waiting(db, at(10)).await.unwrap().is_empty(), "its time is over");
        assert_eq!(requests::by_id(db, first.id).await.unwrap().unwrap().wish, first.wish);
        let mut tx = db.begin().await.unwrap();
        assert!(!requests::decide(&mut tx, first.id, State::Approved, carl.id, (at(10), "late")).await.unwrap());
        let again = ask(10);
        assert!(requests::put(&mut tx, &again).await.unwrap(), "what is over gives way");
        assert!(requests::decide(&mut tx, again.id, State::Approved, carl.id, (at(11), "yes")).await.unwrap());
        assert!(!requests::decide(&mut tx, again.id, State::Refused, carl.id, (at(11), "no")).await.unwrap());
        assert!(roles::grant(&mut tx, anna.id, (Role::Supporter, Scope::Everywhere), "person:x", at(11)).await.unwrap());
        tx.commit(event(Kind::RequestApproved, 0)).await.unwrap();
        let kept = requests::of_person(db, anna.id).await.unwrap();
        assert_eq!((kept.len(), kept[0].state, kept[0].decided), (2, State::Approved, Some((carl.id, at(11)))));
        assert_eq!(requests::decided(db, 10).await.unwrap().len(), 2);
        assert!(!kept[0].is_open(at(11)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_searched_page_by_page() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let mut tx = db.begin().await.unwrap();
        let home = organisations::save(&mut tx, &organisation()).await.unwrap();
        let anna = person(home, "anna");
        people::insert(&mut tx, &anna, None).await.unwrap().unwrap();
        let mut last = String::new();
        for second in 0..7 {
            let mut one = event(Kind::LockPlaced, second).about(anna.id);
            one.actor = Actor::Person(anna.id);
            last = one.incident.to_string();
            tx.note(&one).await.unwrap();
        }
        tx.commit(event(Kind::PersonAdded, 3)).await.unwrap();
        let of = |query: Sought| async move { trail::find(db, &Sought { limit: 50, ..query }).await.unwrap() };
        assert_eq!(of(Sought::default()).await.len(), 8);
        assert_eq!(of(Sought { subject: Some(anna.id), ..Sought::default() }).await.len(), 7);
        assert_eq!(of(Sought { organisation: Some(home), ..Sought::default() }).await.len(), 7, "what belongs to nobody is left out");
        assert_eq!(of(Sought { organisation: Some(Id::random(&SystemRandom)), ..Sought::default() }).await.len(), 0);
        assert_eq!(of(Sought { actor: Some(format!("person:{}", anna.id)), ..Sought::default() }).await.len(), 7);
        assert_eq!(of(Sought { kind: "person.a".to_owned(), ..Sought::default() }).await.len(), 1);
        assert_eq!(of(Sought { kind: "person_".to_owned(), ..Sought::default() }).await.len(), 0, "no wildcards");
        assert_eq!(of(Sought { incident: last, ..Sought::default() }).await.len(), 1);
        assert_eq!(of(Sought { from: Some(at(2)), to: Some(at(4)), ..Sought::default() }).await.len(), 3);
        let mut before = None;
        let mut seen = Vec::new();
        loop {
            let page: Vec<audit::Written> =
                trail::find(db, &Sought { before: before.clone(), limit: 3, ..Sought::default() }).await.unwrap();
            let Some(end) = page.last() else { break };
            before = Some((end.at, end.id.clone()));
            seen.extend(page.into_iter().map(|one| one.id));
        }
        let all: Vec<String> = of(Sought::default()).await.into_iter().map(|one| one.id).collect();
        assert_eq!(seen, all);
    })
    .await;
}
