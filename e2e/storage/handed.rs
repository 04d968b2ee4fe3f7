//! What stands behind a handed-over code, and apps that somebody else attached, on both engines.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        audit::Kind,
        mitid::Why,
        role::{Role, Scope},
    },
    storage::{
        activations::{self, Activation},
        attached::{self, Attached},
        handed,
        recoveries::{self, Recovery},
        roles,
    },
};

use super::{at, behind, event, hash, on_both, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_somebody_with_a_role_waits_for_its_release() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await;
        let (first, second) = (hash(), hash());
        let (seen, seen_again) = (behind(), behind());
        let activation = Activation {
            person: anna.id,
            code_hash: &first,
            level: Level::Substantial,
            expires_at: at(100),
            issued_by: "person:x",
            behind: &seen,
        };
        let recovery = Recovery {
            person: anna.id,
            why: Why::Factor,
            code_hash: &second,
            level: Level::Low,
            issued_at: at(0),
            expires_at: at(50),
            issued_by: "person:y",
            behind: &seen_again,
        };
        let mut tx = db.begin().await.unwrap();
        activations::put(&mut tx, &activation).await.unwrap();
        recoveries::put(&mut tx, &recovery).await.unwrap();
        tx.commit(event(Kind::RecoveryIssued, 0)).await.unwrap();
        assert!(handed::waiting(db, anna.organisation, at(1)).await.unwrap().is_empty(), "without a role nothing waits");
        let mut tx = db.begin().await.unwrap();
        roles::grant(&mut tx, anna.id, (Role::Supporter, Scope::Everywhere), "operator:a", at(0)).await.unwrap();
        assert_eq!(activations::spend(&mut tx, anna.id, &first, at(1)).await.unwrap(), None, "the role came after the code");
        assert_eq!(recoveries::spend(&mut tx, anna.id, Why::Factor, &second, at(1)).await.unwrap(), None);
        tx.commit(event(Kind::RoleGranted, 0)).await.unwrap();
        let waiting = handed::waiting(db, anna.organisation, at(1)).await.unwrap();
        assert_eq!(waiting.iter().map(|one| one.behind.id).collect::<Vec<_>>(), [seen_again.id, seen.id], "the first to end first");
        let (code, other) = (&waiting[0], &waiting[1]);
        assert_eq!((code.person, code.why, code.level, code.issued_by.as_str()), (anna.id, Why::Factor, Level::Low, "person:y"));
        assert_eq!((&code.behind.document, &code.behind.authentication), (&seen.document, &seen.authentication));
        assert_eq!((code.behind.evidence.as_str(), other.why), ("pas 204", Why::Activation));
        assert!(handed::waiting(db, Id::random(&SystemRandom), at(1)).await.unwrap().is_empty(), "of another organisation");
        assert_eq!(handed::waiting(db, anna.organisation, at(50)).await.unwrap().len(), 1, "one has ended");
        let mut tx = db.begin().await.unwrap();
        assert!(!handed::release(&mut tx, seen_again.id, ("person:z", at(50)), at(90)).await.unwrap(), "too late");
        assert!(!handed::release(&mut tx, Id::random(&SystemRandom), ("person:z", at(2)), at(90)).await.unwrap());
        assert!(handed::release(&mut tx, seen_again.id, ("person:z", at(2)), at(90)).await.unwrap());
        assert!(!handed::release(&mut tx, seen_again.id, ("person:z", at(3)), at(90)).await.unwrap(), "once");
        assert!(!handed::withdraw(&mut tx, seen_again.id).await.unwrap(), "it waits no longer");
        assert!(handed::withdraw(&mut tx, seen.id).await.unwrap());
        assert_eq!(
            recoveries::spend(&mut tx, anna.id, Why::Factor, &second, at(80)).await.unwrap(),
            Some(Level::Low),
            "its time begins anew"
        );
        assert_eq!(activations::spend(&mut tx, anna.id, &first, at(3)).await.unwrap(), None, "withdrawn");
        tx.commit(event(Kind::CodeReleased, 0)).await.unwrap();
        assert!(handed::waiting(db, anna.organisation, at(3)).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attached_apps_stand_apart_from_authenticators() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let anna = somebody(db).await.id;
        let app = |second| Attached {
            id: Id::random(&SystemRandom),
            person: anna,
            name: "App".to_owned(),
            sealed: vec![1, 2],
            last_step: None,
            attached_by: "operator:root".to_owned(),
            attached_at: at(second),
        };
        let (first, second) = (app(1), app(2));
        let mut tx = db.begin().await.unwrap();
        attached::insert(&mut tx, &second).await.unwrap();
        attached::insert(&mut tx, &first).await.unwrap();
        assert!(attached::spend_step(&mut tx, first.id, 7).await.unwrap());
        assert!(!attached::spend_step(&mut tx, first.id, 7).await.unwrap(), "once");
        tx.commit(event(Kind::AuthenticatorAttached, 0)).await.unwrap();
        let kept = attached::of_person(db, anna).await.unwrap();
        assert_eq!(kept.iter().map(|one| one.id).collect::<Vec<_>>(), [first.id, second.id]);
        assert_eq!((kept[0].last_step, kept[0].sealed.as_slice(), kept[0].attached_by.as_str()), (Some(7), &[1, 2][..], "operator:root"));
        assert!(portvagt::storage::authenticators::of_person(db, anna).await.unwrap().is_empty());
        let mut tx = db.begin().await.unwrap();
        assert!(!attached::remove(&mut tx, Id::random(&SystemRandom), first.id).await.unwrap(), "somebody else's");
        assert!(attached::remove(&mut tx, anna, first.id).await.unwrap());
        assert_eq!(attached::remove_all(&mut tx, anna).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}
