//! Opening either engine: its pools, its durability settings, its migrations.

use std::{path::Path, str::FromStr, sync::LazyLock, time::Duration};

use sqlx::{
    Postgres, SqlStr, Sqlite,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    DbSettings, Engine,
    leader::Doubt,
    pool::{Limits, Pool},
};

/// Times the opening of a file is tried while others hold it.
const OPENING_TRIES: u32 = 20;

/// The migrations, oldest first; the same text for both engines. Listed by hand: the macro that reads the folder would
/// build both drivers a second time for the compiler, a minute of every first build.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    Migrator::with_migrations(vec![
        migration(1, "initial", include_str!("../../../migrations/0001_initial.sql")),
        migration(2, "life", include_str!("../../../migrations/0002_life.sql")),
        migration(3, "activation", include_str!("../../../migrations/0003_activation.sql")),
        migration(4, "outbox", include_str!("../../../migrations/0004_outbox.sql")),
        migration(5, "policy", include_str!("../../../migrations/0005_policy.sql")),
        migration(6, "mitid", include_str!("../../../migrations/0006_mitid.sql")),
        migration(7, "account", include_str!("../../../migrations/0007_account.sql")),
        migration(8, "guessing", include_str!("../../../migrations/0008_guessing.sql")),
        migration(9, "proof", include_str!("../../../migrations/0009_proof.sql")),
        migration(10, "guard", include_str!("../../../migrations/0010_guard.sql")),
        migration(11, "logout", include_str!("../../../migrations/0011_logout.sql")),
        migration(12, "rights", include_str!("../../../migrations/0012_rights.sql")),
        migration(13, "requests", include_str!("../../../migrations/0013_requests.sql")),
        migration(14, "directory", include_str!("../../../migrations/0014_directory.sql")),
        migration(15, "bootstrap", include_str!("../../../migrations/0015_bootstrap.sql")),
    ])
});

fn migration(number: i64, description: &'static str, sql: &'static str) -> Migration {
    Migration::new(number, description.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address names neither engine.
    #[error("a database address begins with sqlite: or postgres://")]
    UnknownEngine,
    /// SQLite in memory would forget the audit trail.
    #[error("SQLite needs a file: an audit trail in memory would be lost")]
    NoFile,
    /// The database file cannot be created.
    #[error("the database file cannot be created: {0}")]
    File(#[from] std::io::Error),
    /// The server cannot be reached or refuses us.
    #[error("the database cannot be opened: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// A newer program was here before.
    #[error(
        "the database has schema {found}, this program knows up to {known}: start the newer program, or restore the backup made before the update"
    )]
    NewerSchema {
        /// The schema found.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// A migration failed; the database is as before.
    #[error("the database schema cannot be brought up to date: {0}")]
    Migration(#[source] MigrateError),
}

pub(super) async fn open(url: &str, settings: &DbSettings) -> Result<Engine, OpenError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return sqlite(path.strip_prefix("//").unwrap_or(path), settings).await;
    }
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return postgres(url, settings).await;
    }
    Err(OpenError::UnknownEngine)
}

async fn sqlite(path: &str, settings: &DbSettings) -> Result<Engine, OpenError> {
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        return Err(OpenError::NoFile);
    }
    create_private(Path::new(path))?;
    // FULL: with NORMAL a power cut may take back what was already answered (R01).
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(128)
        .pragma("cache_size", "-4000");
    let writing = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("journal_size_limit", "16777216")
        // Pages of the log before it is written back: hot pages are then written once, not at every few hundred events.
        .pragma("wal_autocheckpoint", "4000");
    let limits = Limits { most: settings.connections.max(1), wait: settings.acquire_timeout, age: None, idle: None };
    let writer = Pool::<Sqlite>::new(writing, Limits { most: 1, ..limits });
    // SQLite has no lock around its first opening: a second process that starts at the same moment may lose a race for the
    // journal mode or a migration, and looks again.
    let mut tries = 0;
    loop {
        tries += 1;
        let mut connection = match writer.lend().await {
            Ok(connection) => connection,
            Err(error) if tries < OPENING_TRIES && is_busy(&error) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            Err(error) => return Err(OpenError::Unreachable(error)),
        };
        match MIGRATIONS.run(&mut *connection).await {
            Ok(()) => break connection.give_back(),
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if tries < OPENING_TRIES => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => return Err(newer_or_failed(error)),
        }
    }
    Ok(Engine::Sqlite { writer, readers: Pool::new(options.read_only(true), limits) })
}

/// Whether another process held the file just then (SQLITE_BUSY, SQLITE_LOCKED and their kinds).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<i32>().ok());
    matches!(code.map(|code| code & 0xff), Some(5 | 6))
}

/// Creates the file readable by its owner only; SQLite gives its companions (`-wal`, `-shm`) the same mode.
fn create_private(path: &Path) -> Result<(), std::io::Error> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

async fn postgres(url: &str, settings: &DbSettings) -> Result<Engine, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(OpenError::Unreachable)?
        .application_name("portvagt")
        .statement_cache_capacity(256)
        .options([
            ("statement_timeout", "15000"),
            ("lock_timeout", "5000"),
            ("idle_in_transaction_session_timeout", "30000"),
            // Every statement goes by a key: planning it anew for each value costs more than running it.
            ("plan_cache_mode", "force_generic_plan"),
        ]);
    let limits = Limits {
        most: settings.connections.max(2),
        wait: settings.acquire_timeout,
        age: Some(settings.max_lifetime),
        idle: Some(Duration::from_secs(300)),
    };
    let pool = Pool::<Postgres>::new(options, limits);
    let mut connection = pool.lend().await.map_err(OpenError::Unreachable)?;
    MIGRATIONS.run(&mut *connection).await.map_err(newer_or_failed)?;
    connection.give_back();
    Ok(Engine::Postgres { pool, doubt: Doubt::default() })
}

fn newer_or_failed(error: MigrateError) -> OpenError {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    match error {
        MigrateError::VersionMissing(found) if found > known => OpenError::NewerSchema { found, known },
        other => OpenError::Migration(other),
    }
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn every_migration_of_the_folder_is_listed() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
        let mut files: Vec<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let listed: Vec<String> = MIGRATIONS.iter().map(|one| format!("{:04}_{}.sql", one.version, one.description)).collect();
        assert_eq!(listed, files);
    }
}
