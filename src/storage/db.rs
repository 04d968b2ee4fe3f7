//! The database. This room (with its parts `connect` and `row`) is the only one that knows there are two engines;
//! all others write one SQL text with `$1` and see `Db`, `Tx`, `Value` and `Row`.
//! A change is committed with an audit event or, for a few named chores, by `Tx::commit_routine`; there is no third way.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{Postgres, Sqlite, Transaction, postgres::PgPool, sqlite::SqlitePool};

use crate::{
    crypto::seal::MacKey,
    domain::audit::Event,
    storage::{event, fault::Fault, value::Value},
};

/// Opening, pools and migrations.
mod connect;
/// Rows of either engine.
mod row;
/// Texts for many rows at once.
mod texts;

pub use connect::OpenError;
pub(in crate::storage) use row::Row;
pub(in crate::storage) use texts::many;

/// How the database is used.
#[derive(Debug, Clone, Copy)]
pub struct DbSettings {
    /// Connections of the pool (SQLite: readers beside the one writer).
    pub connections: u32,
    /// How long a request waits for a connection before the answer is "unavailable".
    pub acquire_timeout: Duration,
    /// PostgreSQL: a connection this old is replaced, so that nodes move to a new leader by themselves.
    pub max_lifetime: Duration,
}

impl Default for DbSettings {
    fn default() -> Self {
        Self { connections: 4, acquire_timeout: Duration::from_secs(3), max_lifetime: Duration::from_secs(600) }
    }
}

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    trail_key: Arc<MacKey>,
}

#[derive(Clone)]
enum Engine {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { pool: PgPool, doubt: Doubt },
}

/// Since when connections must be tested before use: a demoted leader still answers reads (R09).
#[derive(Clone, Default)]
struct Doubt(Arc<std::sync::Mutex<Option<Instant>>>);

impl Doubt {
    const LASTS: Duration = Duration::from_secs(5);

    fn raise(&self) {
        if let Ok(mut since) = self.0.lock() {
            *since = Some(Instant::now());
        }
    }

    fn lasts(&self) -> bool {
        self.0.lock().ok().and_then(|since| *since).is_some_and(|since| since.elapsed() < Self::LASTS)
    }

    /// Looks at a failure: does it smell of a lost or demoted server? Then all connections are in doubt.
    fn raised_by(&self, error: &sqlx::Error) -> bool {
        let dead = match error {
            sqlx::Error::Database(database) => {
                database.code().is_some_and(|code| code == "25006" || code.starts_with("57P") || code.starts_with("08"))
            }
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
            _ => false,
        };
        if dead {
            self.raise();
        }
        dead
    }

    /// The failure as a fault.
    fn judge(&self, error: sqlx::Error) -> Fault {
        self.raised_by(&error);
        row::fault(error)
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.engine {
            Engine::Sqlite { .. } => "Db(sqlite)",
            Engine::Postgres { .. } => "Db(postgres)",
        })
    }
}

impl Db {
    /// Opens the database at `url` (`sqlite:path` or `postgres://...`) and brings its schema up to date. The trail key
    /// makes the keyed codes of audit events.
    ///
    /// # Errors
    /// See [`OpenError`]: no such engine, unreachable, or a schema newer than this program.
    pub async fn open(url: &str, settings: &DbSettings, trail_key: MacKey) -> Result<Self, OpenError> {
        let engine = connect::open(url, settings).await?;
        Ok(Self { engine, trail_key: Arc::new(trail_key) })
    }

    /// Closes all connections after the statements under way; SQLite's log is written back into its file.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres { pool, .. } => pool.close().await,
        }
    }

    /// Begins a transaction that writes. On SQLite it holds the one writer: keep it short, compute before.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when no connection is free within the time allowed or the database cannot be written.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        let open = match &self.engine {
            Engine::Sqlite { writer, .. } => Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(row::fault)?),
            Engine::Postgres { pool, doubt } => {
                let begun = match pool.begin().await {
                    // The connection was lost since its last use and nothing has happened yet: another one, tested.
                    Err(error) if doubt.raised_by(&error) => pool.begin().await,
                    other => other,
                };
                Open::Postgres(begun.map_err(|error| doubt.judge(error))?, doubt.clone())
            }
        };
        Ok(Tx { open, trail_key: Arc::clone(&self.trail_key) })
    }

    /// The key of the audit trail.
    pub(in crate::storage) fn trail_key(&self) -> &MacKey {
        &self.trail_key
    }

    /// All rows of a query. Reads only: on SQLite it runs on a connection that cannot write.
    pub(in crate::storage) async fn all<const N: usize>(&self, sql: &'static str, values: [Value; N]) -> Result<Vec<Row>, Fault> {
        match &self.engine {
            Engine::Sqlite { readers, .. } => row::sqlite_all(readers, sql, values).await.map_err(row::fault),
            Engine::Postgres { pool, doubt } => match row::postgres_all(pool, sql, values.clone()).await {
                // A read may be asked again.
                Err(error) if doubt.raised_by(&error) => row::postgres_all(pool, sql, values).await.map_err(|error| doubt.judge(error)),
                other => other.map_err(row::fault),
            },
        }
    }

    /// The first row of a query, if any. Reads only.
    pub(in crate::storage) async fn one<const N: usize>(&self, sql: &'static str, values: [Value; N]) -> Result<Option<Row>, Fault> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }

    /// Whether the server would take a write: PostgreSQL says so itself, SQLite is asked for its write lock.
    pub(in crate::storage) async fn check_writable(&self) -> Result<(), Fault> {
        match &self.engine {
            Engine::Sqlite { .. } => self.begin().await.map(drop),
            Engine::Postgres { .. } => match self.one("SHOW transaction_read_only", []).await? {
                Some(row) if row.text("transaction_read_only")? == "off" => Ok(()),
                _ => Err(Fault::Unavailable("the server is read-only".to_owned())),
            },
        }
    }

    /// Which engine, in a word, for logs and `portvagt doctor`.
    pub fn engine(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite { .. } => "sqlite",
            Engine::Postgres { .. } => "postgres",
        }
    }
}

/// A transaction that writes. Dropped without a commit it never happened.
pub struct Tx {
    open: Open,
    trail_key: Arc<MacKey>,
}

enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>, Doubt),
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx(..)")
    }
}

impl Tx {
    /// Writes down what happened and makes everything of this transaction durable, or nothing.
    pub async fn commit(mut self, event: Event) -> Result<(), Fault> {
        self.note(&event).await?;
        self.end().await
    }

    /// Writes down a further event; it counts with the commit.
    pub async fn note(&mut self, event: &Event) -> Result<(), Fault> {
        let row = event::row(event, &self.trail_key)?;
        self.run(event::INSERT_ONE, row).await.map(drop)
    }

    /// Commits without an event. Only for chores that no auditor asks for: logins under way (`flows`), counters of
    /// failures (`throttle`), a session's last use, purging what has expired, the trail itself (`audit`), and
    /// facts about the deployment written at start.
    pub async fn commit_routine(self) -> Result<(), Fault> {
        self.end().await
    }

    async fn end(self) -> Result<(), Fault> {
        match self.open {
            Open::Sqlite(transaction) => transaction.commit().await.map_err(row::fault),
            Open::Postgres(transaction, doubt) => transaction.commit().await.map_err(|error| doubt.judge(error)),
        }
    }

    /// Runs a statement; how many rows it touched.
    pub(in crate::storage) async fn run<const N: usize>(&mut self, sql: &'static str, values: [Value; N]) -> Result<u64, Fault> {
        self.run_many(sql, values.into()).await
    }

    /// Runs a statement with any number of values; how many rows it touched.
    pub(in crate::storage) async fn run_many(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Fault> {
        match &mut self.open {
            Open::Sqlite(transaction) => row::sqlite_run(&mut **transaction, sql, values).await.map_err(row::fault),
            Open::Postgres(transaction, doubt) => {
                row::postgres_run(&mut **transaction, sql, values).await.map_err(|error| doubt.judge(error))
            }
        }
    }

    /// All rows of a statement (a query, or one that ends in `RETURNING`).
    pub(in crate::storage) async fn all<const N: usize>(&mut self, sql: &'static str, values: [Value; N]) -> Result<Vec<Row>, Fault> {
        self.all_many(sql, values.into()).await
    }

    /// As [`Tx::all`], with any number of values.
    pub(in crate::storage) async fn all_many(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Fault> {
        match &mut self.open {
            Open::Sqlite(transaction) => row::sqlite_all(&mut **transaction, sql, values).await.map_err(row::fault),
            Open::Postgres(transaction, doubt) => {
                row::postgres_all(&mut **transaction, sql, values).await.map_err(|error| doubt.judge(error))
            }
        }
    }

    /// The first row of a statement, if any. All of it is run.
    pub(in crate::storage) async fn one<const N: usize>(&mut self, sql: &'static str, values: [Value; N]) -> Result<Option<Row>, Fault> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }
}
