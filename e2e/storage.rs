//! The storage floor and the journal, on both engines, each as two nodes see it.
//! What is asked of it by people is tested through HTTP elsewhere; here: every statement, races, and the trail.

#![allow(clippy::disallowed_types, reason = "a tamperer writes SQL as he likes")]

use std::{future::Future, time::Duration};

use jiff::Timestamp;
use portvagt::{
    base::{
        clock::from_millis,
        id::{Id, Incident},
        random::{Random, SystemRandom, bytes},
    },
    crypto::{seal::MacKey, token::TokenHash},
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind},
        factor::{self, Authenticator, Evidence, Use},
        organisation::Organisation,
        person::{Admission, Person},
        proofing::{Authentication, Checked, Document, DocumentKind},
        session::Session,
    },
    storage::{
        db::{Db, DbSettings},
        handed::Behind,
        organisations, people,
    },
};
use sqlx::AssertSqlSafe;

/// Invitations and recovery codes.
mod invitations;
/// What stands behind handed-over codes, and attached apps.
mod handed;
/// Terms of bootstrap tokens.
mod bootstraps;
/// Every function once.
mod every;
/// What people see of their own things.
mod own_pages;
/// Opening, losing and finding the database again.
mod opening;
/// Finding people, requests, searching the trail.
mod console;
/// The life of an identity.
mod life;
/// Telling relying parties that a session is over.
mod logout;
/// Mails that wait to be sent.
mod outbox;
/// What the password policy needs.
mod policy;
/// Many at once, of whom one wins.
mod races;
/// Writing, sealing and checking the trail.
mod trail;

/// A database as two nodes see it, and a way past the storage floor for those who tamper.
pub(crate) struct Nodes {
    pub(crate) one: Db,
    pub(crate) two: Db,
    url: String,
}

pub(crate) fn key() -> MacKey {
    MacKey::new(&[7; 32]).expect("a key")
}

pub(crate) fn settings() -> DbSettings {
    DbSettings { connections: 12, acquire_timeout: Duration::from_secs(30), ..DbSettings::default() }
}

impl Nodes {
    async fn open(url: String) -> Self {
        let open = || async { Db::open(&url, &settings(), key()).await.expect("the database opens") };
        // Both at once: the migrations must not trip over one another.
        let (one, two) = tokio::join!(open(), open());
        Self { one, two, url }
    }

    /// Changes rows as somebody with the database's password would.
    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        use sqlx::{Connection, PgConnection, SqliteConnection};
        if self.url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("the change is made").rows_affected()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.expect("the server answers");
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("the change is made").rows_affected()
        }
    }
}

/// Runs the test on SQLite and on PostgreSQL.
pub(crate) async fn on_both<F: Future<Output = ()>>(test: impl Fn(Nodes) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("portvagt.db").display());
    test(Nodes::open(url).await).await;
    drop(folder);
    test(Nodes::open(super::postgres::fresh_database().await).await).await;
}

pub(crate) fn at(second: i64) -> Timestamp {
    from_millis((1_800_000_000 + second) * 1000)
}

pub(crate) fn event(kind: Kind, second: i64) -> Event {
    Event::new(kind, Actor::System, at(second), &Incident::random(&SystemRandom), &SystemRandom)
}

pub(crate) fn hash() -> TokenHash {
    TokenHash::from_bytes(bytes(&SystemRandom))
}

pub(crate) fn evidence(person_second: i64) -> Evidence {
    let used = |kind| Use { kind, carries: Level::Substantial, ..Use::of_password(at(person_second)) };
    let uses = vec![used(factor::Kind::Password), used(factor::Kind::Totp)];
    serde_json::from_value(serde_json::json!({ "uses": uses })).expect("evidence as it is stored")
}

pub(crate) fn session(person: Id<Person>) -> Session {
    let evidence = evidence(0);
    Session {
        id: Id::random(&SystemRandom),
        person,
        evidence,
        created_at: at(0),
        last_seen_at: at(0),
        user_agent: "Browser/1 æøå".to_owned(),
        address: "192.0.2.7".to_owned(),
    }
}

/// What stands behind a code: a passport that a registrant saw.
pub(crate) fn behind() -> Behind {
    let expires = Some("2031-05-06".parse().expect("a day"));
    Behind {
        id: Id::random(&SystemRandom),
        document: Some(Document { kind: DocumentKind::Passport, issuer: "Danmark".to_owned(), expires, checked: Checked::Chip }),
        evidence: "pas 204".to_owned(),
        authentication: Some(Authentication { level: Level::Substantial, factors: "password+totp".to_owned(), at: at(0) }),
        released: None,
    }
}

pub(crate) fn authenticator(person: Id<Person>, kind: factor::Kind) -> Authenticator {
    let id = Id::random(&SystemRandom);
    Authenticator {
        id,
        person,
        kind,
        name: "Min telefon".to_owned(),
        provenance: None,
        model: None,
        carries: Level::Substantial,
        enrolled_at: at(0),
        last_used_at: None,
    }
}

pub(crate) fn organisation() -> Organisation {
    Organisation {
        id: Id::random(&SystemRandom),
        cvr: "12345678".parse().expect("a CVR number"),
        name: "Testkommune".to_owned(),
        notified: Level::Substantial,
    }
}

pub(crate) fn person(organisation: Id<Organisation>, username: &str) -> Person {
    Person {
        id: Id::random(&SystemRandom),
        organisation,
        username: username.parse().expect("a user name"),
        given_name: "Åse".to_owned(),
        family_name: "Jensen".to_owned(),
        email: Some("aase@example.dk".to_owned()),
        persistent_uuid: uuid::Uuid::from_bytes(bytes(&SystemRandom)),
        admission: Admission::default(),
    }
}

/// An organisation with one person in it.
pub(crate) async fn somebody(db: &Db) -> Person {
    let mut tx = db.begin().await.expect("a transaction");
    let organisation = organisations::save(&mut tx, &organisation()).await.expect("saved");
    let mut suffix = [0u8; 4];
    SystemRandom.fill(&mut suffix);
    let person = person(organisation, &format!("aase{}", u32::from_be_bytes(suffix)));
    people::insert(&mut tx, &person, None).await.expect("inserted").expect("nobody has the name");
    tx.commit(event(Kind::PersonAdded, 0)).await.expect("committed");
    person
}
