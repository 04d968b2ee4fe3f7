//! The life of an identity as rows: every function of locks, employments, roles, terms, CPR numbers and proofings once, on
//! both engines, and the races that matter.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        audit::Kind,
        employment::Employment,
        lock::{Cause, Lifted, Lock, Suspect},
        organisation::Unit,
        person::{Access, Person},
        proofing::{Approval, Authentication, Basis, Checked, Document, DocumentKind, Method, Proofing, ProofingPolicy, State},
        role::{Role, Scope},
        terms::{Acceptance, Terms},
    },
    storage::{
        cprs::{self, SealedCpr},
        employments, locks, organisations, outbox, people, proofings, roles, sessions, terms,
    },
};

use super::{at, event, hash, on_both, organisation, person, session, somebody};

fn lock(person: Id<Person>, cause: Cause) -> Lock {
    Lock {
        id: Id::random(&SystemRandom),
        person,
        cause,
        reason: "words".to_owned(),
        placed_by: "operator:a".to_owned(),
        placed_at: at(0),
        lifted: None,
        suspect: None,
    }
}

fn lifted() -> Lifted {
    Lifted { by: "operator:b".to_owned(), at: at(9), reason: "other words".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_are_independent_and_counted() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await.id;
        let access = || async { people::by_id(db, anna).await.unwrap().unwrap().access(at(1)) };
        assert_eq!(access().await, Access::Open);
        let mut tx = db.begin().await.unwrap();
        assert!(locks::place(&mut tx, &lock(anna, Cause::Person)).await.unwrap());
        assert!(locks::place(&mut tx, &lock(anna, Cause::Misuse)).await.unwrap());
        assert!(!locks::place(&mut tx, &lock(anna, Cause::Person)).await.unwrap(), "one of a cause");
        assert!(!locks::place(&mut tx, &lock(Id::random(&SystemRandom), Cause::Person)).await.unwrap(), "nobody");
        assert!(!people::admit(&mut tx, anna, at(1)).await.unwrap());
        tx.commit(event(Kind::LockPlaced, 0)).await.unwrap();
        assert_eq!(access().await, Access::Locked);
        let mut tx = db.begin().await.unwrap();
        assert!(locks::lift(&mut tx, anna, Cause::Person, &lifted()).await.unwrap());
        assert!(!locks::lift(&mut tx, anna, Cause::Person, &lifted()).await.unwrap());
        assert!(!locks::lift(&mut tx, anna, Cause::Source, &lifted()).await.unwrap());
        tx.commit(event(Kind::LockLifted, 0)).await.unwrap();
        assert_eq!(access().await, Access::Locked, "the other one is still there");
        assert!(locks::is_active(db, anna, Cause::Misuse).await.unwrap());
        assert!(!locks::is_active(db, anna, Cause::Person).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(locks::place(&mut tx, &lock(anna, Cause::Person)).await.unwrap(), "again after it was lifted");
        assert_eq!(locks::suspect_of(&mut tx, anna, Cause::Misuse).await.unwrap(), None);
        assert!(locks::lift(&mut tx, anna, Cause::Misuse, &lifted()).await.unwrap());
        for suspect in [Suspect::Unknown, Suspect::Factor(Id::random(&SystemRandom))] {
            assert!(locks::place(&mut tx, &Lock { suspect: Some(suspect), ..lock(anna, Cause::Misuse) }).await.unwrap());
            assert_eq!(locks::suspect_of(&mut tx, anna, Cause::Misuse).await.unwrap(), Some(suspect));
            assert_eq!(locks::suspect_of(&mut tx, anna, Cause::Person).await.unwrap(), None);
            assert!(locks::lift(&mut tx, anna, Cause::Misuse, &lifted()).await.unwrap());
        }
        assert!(locks::place(&mut tx, &lock(anna, Cause::Misuse)).await.unwrap());
        for cause in [Cause::Person, Cause::Misuse] {
            assert!(locks::lift(&mut tx, anna, cause, &lifted()).await.unwrap());
        }
        assert!(people::admit(&mut tx, anna, at(1)).await.unwrap());
        assert!(people::hold(&mut tx, anna).await.unwrap());
        tx.commit(event(Kind::LockLifted, 0)).await.unwrap();
        assert_eq!(access().await, Access::Open);
        let all = locks::of_person(db, anna).await.unwrap();
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|one| one.lifted.as_ref().is_some_and(|end| end.by == "operator:b" && end.at == at(9))));
    })
    .await;
}

/// Many locks of different causes placed and lifted at once, on two nodes: the count is what is there.
#[tokio::test(flavor = "multi_thread")]
async fn the_count_is_right_however_many_hands_there_are() {
    on_both(|nodes| async move {
        let anna = somebody(&nodes.one).await.id;
        let mut hands = Vec::new();
        for (number, cause) in portvagt::domain::lock::CAUSES.into_iter().cycle().take(40).enumerate() {
            let db = if number % 2 == 0 { nodes.one.clone() } else { nodes.two.clone() };
            hands.push(tokio::spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let changed = if number % 3 == 0 {
                    locks::lift(&mut tx, anna, cause, &lifted()).await.unwrap()
                } else {
                    locks::place(&mut tx, &lock(anna, cause)).await.unwrap()
                };
                tx.commit(event(Kind::LockPlaced, 0)).await.unwrap();
                changed
            }));
        }
        for hand in hands {
            hand.await.unwrap();
        }
        let active =
            locks::of_person(&nodes.one, anna).await.unwrap().iter().filter(|one| one.lifted.is_none() && one.cause.shuts_out()).count();
        let counted = people::by_id(&nodes.two, anna).await.unwrap().unwrap().admission.locks;
        assert_eq!(usize::try_from(counted).unwrap(), active);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn employments_open_and_close_the_account() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await;
        let unit = Unit { id: Id::random(&SystemRandom), organisation: anna.organisation, parent: None, name: "Skole".to_owned() };
        let part = Unit { id: Id::random(&SystemRandom), parent: Some(unit.id), name: "Klasse".to_owned(), ..unit.clone() };
        let employed = |starts, ends: Option<i64>| Employment {
            id: Id::random(&SystemRandom),
            person: anna.id,
            unit: Some(unit.id),
            title: "Lærer".to_owned(),
            starts_at: at(starts),
            ends_at: ends.map(at),
        };
        let (first, second) = (employed(10, Some(20)), employed(30, None));
        let mut tx = db.begin().await.unwrap();
        employments::save_unit(&mut tx, &unit).await.unwrap();
        employments::save_unit(&mut tx, &part).await.unwrap();
        employments::save_unit(&mut tx, &Unit { name: "Klasse 1".to_owned(), ..part.clone() }).await.unwrap();
        assert!(employments::save(&mut tx, &first, at(0)).await.unwrap());
        let nobodys = Employment { person: Id::random(&SystemRandom), ..first.clone() };
        assert!(!employments::save(&mut tx, &nobodys, at(0)).await.unwrap());
        tx.commit(event(Kind::EmploymentSaved, 0)).await.unwrap();
        let units = employments::units_of(db, anna.organisation).await.unwrap();
        assert_eq!(
            units.iter().map(|one| (one.name.as_str(), one.parent)).collect::<Vec<_>>(),
            [("Klasse 1", Some(unit.id)), ("Skole", None)]
        );
        let access = |second| async move { people::by_id(db, anna.id).await.unwrap().unwrap().access(at(second)) };
        for (second, expected) in [(9, Access::NotBegun), (10, Access::Open), (19, Access::Open), (20, Access::Ended)] {
            assert_eq!(access(second).await, expected, "{second}");
        }
        assert_eq!(locks::to_expire(db, at(19), 10).await.unwrap(), []);
        assert_eq!(locks::to_expire(db, at(20), 10).await.unwrap(), [anna.id]);
        let mut tx = db.begin().await.unwrap();
        assert!(locks::place(&mut tx, &lock(anna.id, Cause::Expired)).await.unwrap());
        assert!(employments::save(&mut tx, &second, at(25)).await.unwrap());
        tx.commit(event(Kind::EmploymentSaved, 0)).await.unwrap();
        assert_eq!(locks::to_expire(db, at(26), 10).await.unwrap(), []);
        assert_eq!(locks::to_readmit(db, at(29), 10).await.unwrap(), []);
        assert_eq!(locks::to_readmit(db, at(30), 10).await.unwrap(), [anna.id]);
        assert_eq!(employments::of_person(db, anna.id).await.unwrap().len(), 2);
        let mut tx = db.begin().await.unwrap();
        assert!(!employments::remove(&mut tx, Id::random(&SystemRandom), second.id, at(31)).await.unwrap(), "somebody else's");
        assert!(employments::remove(&mut tx, anna.id, second.id, at(31)).await.unwrap());
        assert!(employments::remove(&mut tx, anna.id, first.id, at(31)).await.unwrap());
        assert!(employments::settle(&mut tx, anna.id, at(31)).await.unwrap().is_empty());
        tx.commit(event(Kind::EmploymentSaved, 0)).await.unwrap();
        assert_eq!(locks::to_readmit(db, at(0), 10).await.unwrap(), [anna.id], "no dates bind any longer");
        let admission = people::by_id(db, anna.id).await.unwrap().unwrap().admission;
        assert_eq!((admission.employed_from, admission.employed_until), (None, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_human_may_have_several_accounts_linked_by_number() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let other = portvagt::domain::organisation::Organisation { cvr: "87654321".parse().unwrap(), ..organisation() };
        let mut tx = db.begin().await.unwrap();
        let home = organisations::save(&mut tx, &organisation()).await.unwrap();
        let away = organisations::save(&mut tx, &other).await.unwrap();
        let cpr = |byte: u8| SealedCpr { cipher: vec![1, byte], index: vec![2, byte] };
        let (first, second, third) = (person(home, "first"), person(away, "second"), person(home, "third"));
        for (one, number) in [(&first, 1), (&second, 1), (&third, 3)] {
            people::insert(&mut tx, one, Some(cpr(number))).await.unwrap().unwrap();
        }
        cprs::put(&mut tx, third.id, home, &cpr(4)).await.unwrap();
        cprs::put(&mut tx, third.id, home, &cpr(4)).await.unwrap();
        let fourth = person(home, "fourth");
        people::insert(&mut tx, &fourth, Some(cpr(1))).await.unwrap().unwrap();
        let renamed = Person { given_name: "Karen".to_owned(), family_name: "Berg".to_owned(), ..first.clone() };
        people::update(&mut tx, &renamed).await.unwrap().unwrap();
        let taken = Person { username: second.username.clone(), ..renamed };
        assert_eq!(people::update(&mut tx, &taken).await.unwrap(), Err(people::Taken::Username));
        tx.commit(event(Kind::PersonAdded, 0)).await.unwrap();
        let mut both = [first.id, second.id, fourth.id];
        both.sort_by_key(|id| id.to_string());
        assert_eq!(cprs::accounts(db, &[2, 1]).await.unwrap(), both);
        assert_eq!(cprs::of(db, third.id).await.unwrap().unwrap().index, [2, 4]);
        assert_eq!(people::list(db, "karen berg", 10, "").await.unwrap().len(), 1, "found by the new name");
        assert_eq!(people::list_of(db, home, "karen berg", 10).await.unwrap().len(), 1);
        assert_eq!(people::list_of(db, away, "karen berg", 10).await.unwrap().len(), 0, "of the other organisation");
        assert!(!people::was_active(db, first.id).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        people::activated(&mut tx, first.id, at(1)).await.unwrap();
        people::activated(&mut tx, first.id, at(2)).await.unwrap();
        tx.commit_routine().await.unwrap();
        assert!(people::was_active(db, first.id).await.unwrap() && !people::was_active(db, second.id).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_suspicions_are_told_to_is_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(outbox::security_address(&mut tx, anna.id).await.unwrap(), None);
        organisations::set_security_email(&mut tx, anna.organisation, Some("sec@example.dk")).await.unwrap();
        assert_eq!(outbox::security_address(&mut tx, anna.id).await.unwrap().as_deref(), Some("sec@example.dk"));
        assert_eq!(outbox::security_address(&mut tx, Id::random(&SystemRandom)).await.unwrap(), None);
        tx.commit(event(Kind::OrganisationSaved, 0)).await.unwrap();
        assert_eq!(organisations::security_email(db, anna.organisation).await.unwrap().as_deref(), Some("sec@example.dk"));
        let mut tx = db.begin().await.unwrap();
        organisations::set_security_email(&mut tx, anna.organisation, None).await.unwrap();
        tx.commit(event(Kind::OrganisationSaved, 0)).await.unwrap();
        assert_eq!(organisations::security_email(db, anna.organisation).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_terms_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await;
        let registrant = (Role::Registrant, Scope::Organisation(anna.organisation));
        let mut tx = db.begin().await.unwrap();
        assert!(roles::grant(&mut tx, anna.id, registrant, "operator:a", at(1)).await.unwrap());
        assert!(!roles::grant(&mut tx, anna.id, registrant, "operator:b", at(2)).await.unwrap());
        tx.commit(event(Kind::RoleGranted, 0)).await.unwrap();
        let granted = roles::of_person(db, anna.id).await.unwrap();
        assert_eq!(
            (granted.len(), granted[0].role, granted[0].granted_by.as_str(), granted[0].granted_at),
            (1, Role::Registrant, "operator:a", at(1))
        );
        assert!(roles::has_any(db, anna.id).await.unwrap());
        assert!(roles::has(db, anna.id, Role::Registrant).await.unwrap() && !roles::has(db, anna.id, Role::Administrator).await.unwrap());
        let elsewhere = Id::random(&SystemRandom);
        assert_eq!(granted[0].scope, registrant.1);
        assert!(roles::has_in(db, anna.id, Role::Registrant, anna.organisation).await.unwrap());
        assert!(!roles::has_in(db, anna.id, Role::Registrant, elsewhere).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(roles::grant(&mut tx, anna.id, (Role::Registrant, Scope::Everywhere), "operator:a", at(1)).await.unwrap());
        assert!(roles::revoke_in(&mut tx, anna.id, (Role::Registrant, Scope::Everywhere)).await.unwrap());
        assert!(!roles::revoke_in(&mut tx, anna.id, (Role::Registrant, Scope::Everywhere)).await.unwrap());
        assert!(roles::revoke(&mut tx, anna.id, Role::Registrant).await.unwrap());
        assert!(!roles::revoke(&mut tx, anna.id, Role::Registrant).await.unwrap());
        assert!(!roles::has_working_registrant(db, anna.organisation).await.unwrap());
        tx.commit(event(Kind::RoleRevoked, 0)).await.unwrap();

        let draft = Terms {
            organisation: anna.organisation,
            version: 0,
            danish: "Vilkår".to_owned(),
            english: "Terms".to_owned(),
            published_by: "operator:a".to_owned(),
            published_at: at(3),
        };
        assert!(terms::outstanding(db, anna.id).await.unwrap().is_none());
        let mut tx = db.begin().await.unwrap();
        assert_eq!(terms::publish(&mut tx, &draft).await.unwrap(), Some(1));
        assert_eq!(terms::publish(&mut tx, &Terms { organisation: Id::random(&SystemRandom), ..draft.clone() }).await.unwrap(), None);
        tx.commit(event(Kind::TermsPublished, 0)).await.unwrap();
        assert_eq!(terms::outstanding(db, anna.id).await.unwrap().unwrap().danish, "Vilkår");
        let accepted = |version| Acceptance { version, language: "da".to_owned(), accepted_at: at(4) };
        let mut tx = db.begin().await.unwrap();
        assert!(terms::accept(&mut tx, anna.id, &accepted(1)).await.unwrap());
        assert!(!terms::accept(&mut tx, anna.id, &accepted(1)).await.unwrap());
        tx.commit(event(Kind::TermsAccepted, 0)).await.unwrap();
        assert!(terms::outstanding(db, anna.id).await.unwrap().is_none());
        let mut tx = db.begin().await.unwrap();
        assert_eq!(terms::publish(&mut tx, &draft).await.unwrap(), Some(2), "asks again");
        tx.commit(event(Kind::TermsPublished, 0)).await.unwrap();
        assert_eq!(terms::outstanding(db, anna.id).await.unwrap().unwrap().version, 2);
        assert_eq!(terms::of_organisation(db, anna.organisation).await.unwrap().iter().map(|one| one.version).collect::<Vec<_>>(), [2, 1]);
        let kept = terms::accepted_by(db, anna.id).await.unwrap();
        assert_eq!((kept.len(), kept[0].language.as_str(), kept[0].accepted_at), (1, "da", at(4)));
    })
    .await;
}

fn proofing(person: &Person, level: Level, state: State) -> Proofing {
    let expires = Some("2031-05-06".parse().unwrap());
    Proofing {
        id: Id::random(&SystemRandom),
        person: person.id,
        method: Method::InPerson,
        basis: Basis { level, state, name: person.full_name(), cpr_index: None, document_expires: expires },
        document: Some(Document { kind: DocumentKind::Passport, issuer: "Danmark".to_owned(), expires, checked: Checked::Chip }),
        evidence: "pas 204".to_owned(),
        proved_by: "person:x".to_owned(),
        proved_at: at(0),
        recorded_by: "person:x".to_owned(),
        authentication: Some(Authentication { level: Level::Substantial, factors: "password+totp".to_owned(), at: at(0) }),
        approved: None,
        revoked: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proofings_are_kept_and_count_in_one_read_with_the_session() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await;
        let (low, high) = (proofing(&anna, Level::Low, State::Valid), proofing(&anna, Level::High, State::Waiting));
        let token = hash();
        let mut tx = db.begin().await.unwrap();
        proofings::insert(&mut tx, &low).await.unwrap();
        proofings::insert(&mut tx, &high).await.unwrap();
        proofings::insert(&mut tx, &Proofing { document: None, authentication: None, ..proofing(&anna, Level::Low, State::Valid) })
            .await
            .unwrap();
        sessions::insert(&mut tx, &session(anna.id), &token, at(3600)).await.unwrap();
        let kept = session(anna.id);
        sessions::insert(&mut tx, &kept, &hash(), at(3600)).await.unwrap();
        tx.commit(event(Kind::IdentityProved, 0)).await.unwrap();
        let policy = ProofingPolicy { ends_with_document: true, by_command_line: true };
        let level = |second| {
            let (policy, token) = (&policy, &token);
            async move { sessions::standing(db, token, "https://sp.example").await.unwrap().unwrap().identity(policy, at(second)) }
        };
        assert_eq!(level(0).await, Some(Level::Low), "one that waits counts for nothing");
        assert_eq!(proofings::waiting(db).await.unwrap().iter().map(|one| one.id).collect::<Vec<_>>(), [high.id]);
        let mut tx = db.begin().await.unwrap();
        let approval = |by: &str, second| Approval { by: by.to_owned(), at: at(second), authentication: high.authentication.clone() };
        assert!(proofings::approve(&mut tx, high.id, &approval("person:y", 1)).await.unwrap());
        assert!(!proofings::approve(&mut tx, high.id, &approval("person:z", 2)).await.unwrap());
        tx.commit(event(Kind::ProofingApproved, 0)).await.unwrap();
        assert_eq!(level(0).await, Some(Level::High));
        assert_eq!(proofings::bases_of(db, anna.id).await.unwrap().len(), 3);
        assert_eq!(level(5 * 365 * 86_400).await, None, "past the document's last day");
        let stored = proofings::by_id(db, high.id).await.unwrap().unwrap();
        assert_eq!(stored.document, high.document);
        assert_eq!(stored.authentication, high.authentication);
        assert_eq!(stored.approved, Some(approval("person:y", 1)), "with how they were logged in");
        let mut tx = db.begin().await.unwrap();
        assert!(proofings::revoke(&mut tx, high.id, "operator:a", at(2), "forged").await.unwrap());
        assert!(!proofings::revoke(&mut tx, high.id, "operator:a", at(2), "forged").await.unwrap());
        let cpr = SealedCpr { cipher: vec![1], index: vec![9] };
        assert_eq!(sessions::end_all_but(&mut tx, anna.id, Id::random(&SystemRandom)).await.unwrap(), 2);
        sessions::insert(&mut tx, &session(anna.id), &token, at(3600)).await.unwrap();
        tx.commit(event(Kind::ProofingRevoked, 0)).await.unwrap();
        assert_eq!(level(0).await, Some(Level::Low));
        let revoked = proofings::of_person(db, anna.id).await.unwrap().into_iter().find(|one| one.id == high.id).unwrap();
        assert_eq!(revoked.revoked, Some(("operator:a".to_owned(), at(2), "forged".to_owned())));
        let mut tx = db.begin().await.unwrap();
        cprs::put(&mut tx, anna.id, anna.organisation, &cpr).await.unwrap();
        tx.commit(event(Kind::CprSet, 0)).await.unwrap();
        assert_eq!(level(0).await, None, "proved of nobody with that number");
    })
    .await;
}
