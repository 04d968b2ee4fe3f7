//! Invitations and recovery codes on both engines: kept, spent once, dead when the password was set after them.

use portvagt::{
    base::{id::Id, random::SystemRandom},
    domain::{
        assurance::Level,
        audit::Kind,
        factor,
        flow::{Flow, Invited, NewPassword, Purpose},
        invitation::Channel,
        mitid::Why,
    },
    storage::{
        authenticators, credentials, flows,
        invitations::{self, Invitation},
        recoveries::{self, Recovery},
    },
};

use super::{at, authenticator, behind, event, hash, on_both, somebody};
use crate::house::at_once;

#[tokio::test(flavor = "multi_thread")]
async fn invitations_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        let (first, second) = (hash(), hash());
        let invitation = |code_hash, issued_at| Invitation {
            person,
            channel: Channel::Letter,
            code_hash,
            issued_at: at(issued_at),
            expires_at: at(600),
            issued_by: "operator:root",
        };
        let mut tx = db.begin().await.unwrap();
        invitations::put(&mut tx, &invitation(&first, 0)).await.unwrap();
        invitations::put(&mut tx, &Invitation { channel: Channel::Mail, ..invitation(&second, 5) }).await.unwrap();
        tx.commit(event(Kind::InvitationIssued, 0)).await.unwrap();
        assert_eq!(invitations::open_for(db, person, at(5)).await.unwrap(), Some((Channel::Mail, at(600))));
        assert_eq!(invitations::open_for(db, person, at(600)).await.unwrap(), None);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(invitations::open(&mut tx, person, &first, at(5)).await.unwrap(), None, "replaced");
        assert_eq!(invitations::open(&mut tx, Id::random(&SystemRandom), &second, at(5)).await.unwrap(), None, "somebody else's");
        assert_eq!(invitations::open(&mut tx, person, &second, at(600)).await.unwrap(), None, "expired");
        credentials::set_password(&mut tx, person, "$argon2id$1", at(5)).await.unwrap();
        tx.commit(event(Kind::PasswordSet, 0)).await.unwrap();
        let opened = at_once((0..50).map(|number| {
            let db = if number % 2 == 0 { &nodes.one } else { &nodes.two };
            async move {
                let mut tx = db.begin().await.unwrap();
                let opened = invitations::open(&mut tx, person, &second, at(5)).await.unwrap();
                tx.commit(event(Kind::InvitationUsed, 0)).await.unwrap();
                opened
            }
        }))
        .await;
        assert_eq!(opened, [Some(Channel::Mail); 50], "until it is spent");
        let mut tx = db.begin().await.unwrap();
        credentials::set_password(&mut tx, person, "$argon2id$1", at(9)).await.unwrap();
        invitations::chose_password(&mut tx, person, at(9)).await.unwrap();
        assert_eq!(invitations::open(&mut tx, person, &second, at(10)).await.unwrap(), Some(Channel::Mail), "chosen under it");
        tx.commit(event(Kind::PasswordSet, 0)).await.unwrap();
        assert_eq!(invitations::open_for(db, person, at(10)).await.unwrap(), Some((Channel::Mail, at(600))));
        let mut tx = db.begin().await.unwrap();
        credentials::set_password(&mut tx, person, "$argon2id$1", at(11)).await.unwrap();
        assert_eq!(invitations::open(&mut tx, person, &second, at(12)).await.unwrap(), None, "set otherwise");
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        authenticators::insert_totp(&mut tx, &authenticator(person, factor::Kind::Totp), &[1], None).await.unwrap();
        assert_eq!(invitations::open(&mut tx, person, &second, at(10)).await.unwrap(), None, "in use");
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        invitations::spend(&mut tx, person).await.unwrap();
        assert_eq!(invitations::open(&mut tx, person, &second, at(10)).await.unwrap(), None, "spent");
        tx.commit(event(Kind::IdentityActivated, 0)).await.unwrap();

        let mut tx = db.begin().await.unwrap();
        invitations::put(&mut tx, &invitation(&first, 15)).await.unwrap();
        credentials::set_password(&mut tx, person, "$argon2id$2", at(16)).await.unwrap();
        assert_eq!(invitations::open(&mut tx, person, &first, at(17)).await.unwrap(), None, "the password was set after it");
        tx.commit(event(Kind::PasswordSet, 0)).await.unwrap();
        assert_eq!(invitations::open_for(db, person, at(17)).await.unwrap(), None);
        let mut tx = db.begin().await.unwrap();
        assert_eq!(invitations::purge(&mut tx, at(599)).await.unwrap(), 0);
        assert_eq!(invitations::purge(&mut tx, at(600)).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_kept() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        let code = hash();
        let behind = behind();
        let recovery = |issued_at| Recovery {
            person,
            why: Why::Factor,
            code_hash: &code,
            level: Level::Substantial,
            issued_at: at(issued_at),
            expires_at: at(100),
            issued_by: "person:x",
            behind: &behind,
        };
        let mut tx = db.begin().await.unwrap();
        recoveries::put(&mut tx, &recovery(0)).await.unwrap();
        assert_eq!(recoveries::spend(&mut tx, person, Why::Password, &code, at(1)).await.unwrap(), None, "for something else");
        assert_eq!(recoveries::spend(&mut tx, person, Why::Factor, &hash(), at(1)).await.unwrap(), None, "wrong");
        assert_eq!(recoveries::spend(&mut tx, Id::random(&SystemRandom), Why::Factor, &code, at(1)).await.unwrap(), None);
        assert_eq!(recoveries::spend(&mut tx, person, Why::Factor, &code, at(100)).await.unwrap(), None, "expired");
        assert_eq!(recoveries::spend(&mut tx, person, Why::Factor, &code, at(1)).await.unwrap(), Some(Level::Substantial));
        assert_eq!(recoveries::spend(&mut tx, person, Why::Factor, &code, at(1)).await.unwrap(), None, "once");
        recoveries::put(&mut tx, &recovery(5)).await.unwrap();
        tx.commit(event(Kind::RecoveryIssued, 0)).await.unwrap();
        assert!(recoveries::open_for(db, person, at(99)).await.unwrap());
        assert!(!recoveries::open_for(db, person, at(100)).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        credentials::set_password(&mut tx, person, "$argon2id$1", at(6)).await.unwrap();
        assert_eq!(recoveries::spend(&mut tx, person, Why::Factor, &code, at(7)).await.unwrap(), None, "the password was set after it");
        assert_eq!(recoveries::purge(&mut tx, at(100)).await.unwrap(), 1);
        tx.commit(event(Kind::PasswordSet, 0)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_person_s_other_logins() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        let identified = portvagt::domain::flow::Identified { why: Why::Password, under: Level::Substantial };
        let stage = NewPassword { person, identified };
        let (mine, token) = (Id::random(&SystemRandom), hash());
        let mut tx = db.begin().await.unwrap();
        for id in [mine, Id::random(&SystemRandom)] {
            let flow = Flow { id, purpose: Purpose::Account, stage: stage.clone(), expires_at: at(600) };
            flows::begin(&mut tx, &flow, &token).await.unwrap();
        }
        let nobody_s = Flow { id: Id::random(&SystemRandom), purpose: Purpose::Account, stage: Invited::default(), expires_at: at(600) };
        flows::begin(&mut tx, &nobody_s, &token).await.unwrap();
        assert_eq!(flows::end_others(&mut tx, person, mine).await.unwrap(), 1);
        tx.commit_routine().await.unwrap();
        assert!(flows::open::<NewPassword>(db, mine, &token, at(1)).await.unwrap().is_some());
        assert!(flows::exists(db, nobody_s.id, at(1)).await.unwrap());
    })
    .await;
}
