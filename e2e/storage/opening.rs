//! Opening the database, refusing what would lose the trail, and a server that is lost or demoted (R09).

use portvagt::{
    domain::audit::Kind,
    storage::{
        db::{Db, DbSettings, OpenError},
        deployment, health,
    },
};

use super::{Nodes, event, key, on_both, settings};

async fn refused(url: &str) -> OpenError {
    Db::open(url, &DbSettings::default(), key()).await.expect_err("this must not open")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_in_memory_and_an_unknown_engine_are_refused() {
    for url in ["sqlite::memory:", "sqlite:", "sqlite:file::memory:?cache=shared", "sqlite://x.db?mode=memory"] {
        assert!(matches!(refused(url).await, OpenError::NoFile), "{url}");
    }
    assert!(matches!(refused("mysql://localhost/x").await, OpenError::UnknownEngine));
    assert!(matches!(refused("sqlite:/nonexistent/folder/x.db").await, OpenError::File(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portvagt.db");
    let db = Db::open(&format!("sqlite:{}", path.display()), &settings(), key()).await.unwrap();
    deployment::put_if_absent(&db, "key", "1").await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused() {
    on_both(|nodes| async move {
        nodes.tamper("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1").await;
        let error = refused(&nodes.url).await;
        assert!(matches!(error, OpenError::NewerSchema { found: 9999, .. }), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reopening_keeps_what_was_written() {
    on_both(|nodes| async move {
        nodes.one.begin().await.unwrap().commit(event(Kind::ServerStarted, 0)).await.unwrap();
        nodes.one.close().await;
        nodes.two.close().await;
        let again = Db::open(&nodes.url, &settings(), key()).await.unwrap();
        let verdict = portvagt::storage::verify::run(&again, None).await.unwrap();
        assert_eq!((verdict.unsealed, verdict.first_bad), (1, None));
        let stranger = Db::open(&nodes.url, &settings(), portvagt::crypto::seal::MacKey::new(&[8; 32]).unwrap()).await.unwrap();
        assert!(portvagt::storage::verify::run(&stranger, None).await.unwrap().first_bad.is_some(), "another key finds every event edited");
    })
    .await;
}

const DISCONNECT: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn write(nodes: &Nodes) -> bool {
    match nodes.one.begin().await {
        Ok(tx) => tx.commit(event(Kind::ServerStarted, 0)).await.is_ok(),
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_found_again_at_once() {
    let nodes = Nodes::open(crate::postgres::fresh_database().await).await;
    for round in 0..5 {
        nodes.tamper(DISCONNECT).await;
        assert!(deployment::get(&nodes.one, "key").await.is_ok(), "a read, round {round}");
        nodes.tamper(DISCONNECT).await;
        assert!(write(&nodes).await, "a write, round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demoted_server_is_left() {
    let nodes = Nodes::open(crate::postgres::fresh_database().await).await;
    let name = nodes.url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    assert!(write(&nodes).await);
    health::ping(&nodes.one).await.unwrap();
    nodes.tamper(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    nodes.tamper(DISCONNECT).await;
    assert!(deployment::get(&nodes.one, "key").await.is_ok(), "it still answers reads");
    assert!(!write(&nodes).await, "but takes no writes");
    assert!(health::ping(&nodes.one).await.is_err(), "and readiness says so");
    // The new leader: connections made from now on write. The old ones in the pool must not be used again.
    nodes.tamper(&format!("BEGIN READ WRITE; ALTER DATABASE {name} SET default_transaction_read_only = off; COMMIT")).await;
    for turn in 0..20 {
        assert!(write(&nodes).await, "write {turn}");
    }
    health::ping(&nodes.one).await.unwrap();
}
