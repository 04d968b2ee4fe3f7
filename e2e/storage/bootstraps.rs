//! Terms of bootstrap tokens, and UUIDs that a national register knows.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        audit::Kind,
        bootstrap::{Profile, Terms},
        client::{self, Client},
    },
    storage::{bootstraps, clients, people},
};

use super::{at, event, on_both, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn terms_are_kept_until_they_or_the_relying_party_are_taken_away() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let client = Client {
            id: Id::random(&SystemRandom),
            entity_id: "https://saml.clinic.example".to_owned(),
            name: "Clinic".to_owned(),
            metadata: "<x/>".to_owned(),
            terms: client::Terms::default(),
            enabled: true,
            revision: 0,
            registered_at: at(0),
        };
        let mut tx = db.begin().await.unwrap();
        clients::save(&mut tx, &client).await.unwrap();
        tx.commit(event(Kind::ClientSaved, 0)).await.unwrap();
        assert_eq!(bootstraps::of(db, client.id).await.unwrap(), None);
        let first = Terms {
            profile: Profile::OioH3,
            environment: "test1".to_owned(),
            audience: "https://sts.sosi.dk/".to_owned(),
            certificate: vec![0x30, 0, 255],
            lifetime_seconds: 3600,
            least_level: Level::Substantial,
            required: false,
        };
        let second = Terms { profile: Profile::OioH2, certificate: vec![1], least_level: Level::High, required: true, ..first.clone() };
        for (revision, terms) in [(2, &first), (3, &second)] {
            let mut tx = db.begin().await.unwrap();
            bootstraps::save(&mut tx, client.id, terms).await.unwrap();
            tx.commit(event(Kind::ClientSaved, 0)).await.unwrap();
            assert_eq!(bootstraps::of(&nodes.two, client.id).await.unwrap().as_ref(), Some(terms));
            assert_eq!(clients::edition(&nodes.two, &client.entity_id).await.unwrap().unwrap().revision, revision, "caches see it");
        }
        let mut tx = db.begin().await.unwrap();
        assert!(bootstraps::remove(&mut tx, client.id).await.unwrap());
        assert!(!bootstraps::remove(&mut tx, client.id).await.unwrap());
        bootstraps::save(&mut tx, client.id, &first).await.unwrap();
        assert!(clients::remove(&mut tx, &client.entity_id).await.unwrap(), "they go with it");
        tx.commit(event(Kind::ClientRemoved, 0)).await.unwrap();
        assert_eq!(bootstraps::of(db, client.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uuid_is_stated_for_one_person() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let (anna, bo) = (somebody(db).await, somebody(db).await);
        assert!(!bootstraps::uuid_is_registered(db, anna.id).await.unwrap());
        let uuid = uuid::Uuid::from_u128(7);
        let mut tx = db.begin().await.unwrap();
        for second in 0..2 {
            assert!(bootstraps::change_uuid(&mut tx, anna.id, uuid).await.unwrap());
            bootstraps::state_uuid(&mut tx, anna.id, at(second)).await.unwrap();
        }
        assert!(!bootstraps::change_uuid(&mut tx, bo.id, uuid).await.unwrap(), "it is hers");
        tx.commit(event(Kind::UuidStated, 0)).await.unwrap();
        assert!(bootstraps::uuid_is_registered(&nodes.two, anna.id).await.unwrap());
        assert!(!bootstraps::uuid_is_registered(db, bo.id).await.unwrap());
        assert_eq!(people::by_id(db, anna.id).await.unwrap().unwrap().persistent_uuid, uuid);
    })
    .await;
}
