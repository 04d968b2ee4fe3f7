//! What is kept for the password policy: an organisation's own rules, and earlier hashes.

use portvagt::{
    domain::{audit::Kind, policy::PasswordRules},
    storage::{credentials, password_rules},
};

use super::{at, event, on_both, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_kept_until_they_are_taken_away() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let organisation = somebody(db).await.organisation;
        assert_eq!(password_rules::of(db, organisation).await.unwrap(), None);
        let rules = PasswordRules { min_length: Some(16), context_words: vec!["Rådhuset".to_owned()], ..PasswordRules::default() };
        for rules in [&PasswordRules::default(), &rules] {
            let mut tx = db.begin().await.unwrap();
            password_rules::save(&mut tx, organisation, rules).await.unwrap();
            tx.commit(event(Kind::OrganisationSaved, 0)).await.unwrap();
            assert_eq!(password_rules::of(&nodes.two, organisation).await.unwrap().as_ref(), Some(rules));
        }
        let mut tx = db.begin().await.unwrap();
        assert!(password_rules::remove(&mut tx, organisation).await.unwrap());
        assert!(!password_rules::remove(&mut tx, organisation).await.unwrap());
        tx.commit(event(Kind::OrganisationSaved, 0)).await.unwrap();
        assert_eq!(password_rules::of(db, organisation).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_hashes_are_remembered() {
    on_both(|nodes| async move {
        let db = &nodes.one;
        let person = somebody(db).await.id;
        assert!(credentials::latest(db, person, 8).await.unwrap().is_empty());
        for number in 1..6 {
            let mut tx = db.begin().await.unwrap();
            credentials::retire(&mut tx, person, 3, at(number)).await.unwrap();
            credentials::set_password(&mut tx, person, &format!("hash {number}"), at(number)).await.unwrap();
            tx.commit(event(Kind::PasswordSet, number)).await.unwrap();
        }
        let of = |numbers: &[i64]| numbers.iter().map(|number| format!("hash {number}")).collect::<Vec<_>>();
        assert_eq!(credentials::latest(db, person, 8).await.unwrap(), of(&[5, 4, 3, 2]));
        assert_eq!(credentials::latest(db, person, 2).await.unwrap(), of(&[5, 4]));
        assert!(credentials::latest(db, person, 0).await.unwrap().is_empty());
    })
    .await;
}
