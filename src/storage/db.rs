//! The database. This room (with its parts `connect` and `row`) is the only one that knows there are two engines;
//! all others write one SQL text with `$1` and see `Db`, `Tx`, `Value` and `Row`.
//! A change is committed with an audit event or, for a few named chores, by `Tx::commit_routine`; there is no third way.

use std::{sync::Arc, time::Duration};

use sqlx::{Executor, Postgres, Sqlite};

use crate::{
    crypto::seal::MacKey,
    domain::audit::Event,
    storage::{
        db::{
            leader::Doubt,
            pool::{Lent, Pool},
        },
        event,
        fault::Fault,
        value::Value,
    },
};

/// Connections on loan.
mod pool;
/// Rows of either engine.
mod row;
/// PostgreSQL's leader, which may change.
mod leader;
/// Opening, durability and migrations.
mod connect;
/// Texts for many rows, or two statements, at once.
mod texts;

pub use connect::OpenError;
pub(in crate::storage) use row::Row;
pub(in crate::storage) use texts::{literal, many};

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
    Sqlite { writer: Pool<Sqlite>, readers: Pool<Sqlite> },
    Postgres { pool: Pool<Postgres>, doubt: Doubt },
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
            // Begun with the first statement.
            Engine::Sqlite { writer, .. } => Open::Sqlite { connection: writer.lend().await.map_err(row::fault)?, begun: false },
            Engine::Postgres { pool, doubt } => {
                let begun = match leader::begun(pool, doubt).await {
                    // The connection was lost since its last use and nothing has happened yet: another one, tested.
                    Err(error) if doubt.raised_by(&error) => leader::begun(pool, doubt).await,
                    other => other,
                };
                Open::Postgres { connection: begun.map_err(|error| doubt.judge(error))?, doubt: doubt.clone() }
            }
        };
        Ok(Tx { open: Some(open), trail_key: Arc::clone(&self.trail_key) })
    }

    /// Runs one statement that is a transaction by itself; how many rows it touched. For the same chores as
    /// [`Tx::commit_routine`]: it saves them a beginning and an end.
    pub(in crate::storage) async fn change<const N: usize>(&self, sql: &'static str, values: [Value; N]) -> Result<u64, Fault> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let mut connection = writer.lend().await.map_err(row::fault)?;
                let touched = row::sqlite_run(&mut *connection, sql, values.into()).await.map_err(row::fault)?;
                connection.give_back();
                Ok(touched)
            }
            Engine::Postgres { pool, doubt } => {
                let judged = |error| doubt.judge(error);
                let mut connection = leader::tested(pool, doubt).await.map_err(judged)?;
                let touched = row::postgres_run(&mut *connection, sql, values.into()).await.map_err(judged)?;
                connection.give_back();
                Ok(touched)
            }
        }
    }

    /// The key of the audit trail.
    pub(in crate::storage) fn trail_key(&self) -> &MacKey {
        &self.trail_key
    }

    /// All rows of a query. Reads only: on SQLite it runs on a connection that cannot write.
    pub(in crate::storage) async fn all<const N: usize>(&self, sql: &'static str, values: [Value; N]) -> Result<Vec<Row>, Fault> {
        self.all_many(sql, values.into()).await
    }

    /// As [`Db::all`], with any number of values.
    pub(in crate::storage) async fn all_many(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Fault> {
        match &self.engine {
            Engine::Sqlite { readers, .. } => {
                let mut connection = readers.lend().await.map_err(row::fault)?;
                let rows = row::sqlite_all(&mut *connection, sql, values).await.map_err(row::fault)?;
                connection.give_back();
                Ok(rows)
            }
            Engine::Postgres { pool, doubt } => match leader::read(pool, doubt, sql, values.clone()).await {
                // A read may be asked again.
                Err(error) if doubt.raised_by(&error) => leader::read(pool, doubt, sql, values).await.map_err(|error| doubt.judge(error)),
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
            Engine::Sqlite { .. } => self.begin().await?.run("UPDATE deployment SET value = value WHERE key IS NULL", []).await.map(drop),
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

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";

/// A transaction that writes. Dropped without a commit it never happened.
pub struct Tx {
    /// Nothing once it has ended.
    open: Option<Open>,
    trail_key: Arc<MacKey>,
}

enum Open {
    Sqlite { connection: Lent<Sqlite>, begun: bool },
    Postgres { connection: Lent<Postgres>, doubt: Doubt },
}

impl Open {
    /// Ends the transaction with a statement that takes no values.
    async fn end(self, how: &'static str) -> Result<(), Fault> {
        match self {
            Self::Sqlite { connection, begun: false } => connection.give_back(),
            Self::Sqlite { mut connection, .. } => {
                connection.execute(how).await.map_err(row::fault)?;
                connection.give_back();
            }
            Self::Postgres { mut connection, doubt } => {
                connection.execute(how).await.map_err(|error| doubt.judge(error))?;
                connection.give_back();
            }
        }
        Ok(())
    }
}

impl Drop for Tx {
    /// Takes back what was not committed. Where that cannot be said any more the connection is closed, which does it too.
    fn drop(&mut self) {
        if let (Some(open), Ok(runtime)) = (self.open.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(open.end("ROLLBACK"));
        }
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx(..)")
    }
}

impl Tx {
    /// The text for SQLite or the one for PostgreSQL, where they cannot be one: SQLite has no word for holding a row, as its
    /// one writer needs none.
    pub(in crate::storage) fn by_engine(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        if matches!(self.open, Some(Open::Postgres { .. })) { postgres } else { sqlite }
    }

    /// Writes down what happened and makes everything of this transaction durable, or nothing.
    pub async fn commit(self, event: Event) -> Result<(), Fault> {
        let row = event::row(&event, &self.trail_key)?;
        self.run_to_end(event::INSERT_ONE, row.into()).await
    }

    /// Writes down a further event; it counts with the commit.
    pub async fn note(&mut self, event: &Event) -> Result<(), Fault> {
        let row = event::row(event, &self.trail_key)?;
        self.run(event::INSERT_ONE, row).await.map(drop)
    }

    /// Commits without an event. Only for chores that no auditor asks for: logins under way (`flows`), counters of
    /// failures (`throttle`), a session's last use, which mail or recall is whose to send, logouts under way, purging what has expired, the trail itself (`audit`), and
    /// facts about the deployment written at start.
    pub async fn commit_routine(self) -> Result<(), Fault> {
        self.end().await
    }

    /// Runs a last statement and commits as [`Tx::commit_routine`] does: on SQLite in one command, or not at all.
    pub(in crate::storage) async fn run_to_end(mut self, sql: &'static str, values: Vec<Value>) -> Result<(), Fault> {
        let Some(Open::Sqlite { begun, .. }) = &mut self.open else {
            self.run_many(sql, values).await?;
            return self.end().await;
        };
        let last = texts::joined(sql, COMMIT);
        let last = if std::mem::replace(begun, true) { last } else { texts::joined(BEGIN, last) };
        self.run_many(last, values).await?;
        if let Some(Open::Sqlite { connection, .. }) = self.open.take() {
            connection.give_back();
        }
        Ok(())
    }

    async fn end(mut self) -> Result<(), Fault> {
        self.open.take().ok_or_else(ended)?.end(COMMIT).await
    }

    /// Runs a statement; how many rows it touched.
    pub(in crate::storage) async fn run<const N: usize>(&mut self, sql: &'static str, values: [Value; N]) -> Result<u64, Fault> {
        self.run_many(sql, values.into()).await
    }

    /// Runs a statement with any number of values; how many rows it touched.
    pub(in crate::storage) async fn run_many(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Fault> {
        match self.open.as_mut().ok_or_else(ended)? {
            Open::Sqlite { connection, begun } => {
                // By itself: the driver would count what the statement before the beginning touched.
                if !std::mem::replace(begun, true) {
                    connection.execute(BEGIN).await.map_err(row::fault)?;
                }
                row::sqlite_run(&mut **connection, sql, values).await.map_err(row::fault)
            }
            Open::Postgres { connection, doubt } => {
                row::postgres_run(&mut **connection, sql, values).await.map_err(|error| doubt.judge(error))
            }
        }
    }

    /// All rows of a statement (a query, or one that ends in `RETURNING`).
    pub(in crate::storage) async fn all<const N: usize>(&mut self, sql: &'static str, values: [Value; N]) -> Result<Vec<Row>, Fault> {
        self.all_many(sql, values.into()).await
    }

    /// As [`Tx::all`], with any number of values.
    pub(in crate::storage) async fn all_many(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Fault> {
        match self.open.as_mut().ok_or_else(ended)? {
            Open::Sqlite { connection, begun } => {
                // Begun with the first statement, in one go: each command costs a change of threads and back.
                let sql = if std::mem::replace(begun, true) { sql } else { texts::joined(BEGIN, sql) };
                row::sqlite_all(&mut **connection, sql, values).await.map_err(row::fault)
            }
            Open::Postgres { connection, doubt } => {
                row::postgres_all(&mut **connection, sql, values).await.map_err(|error| doubt.judge(error))
            }
        }
    }

    /// The first row of a statement, if any. All of it is run.
    pub(in crate::storage) async fn one<const N: usize>(&mut self, sql: &'static str, values: [Value; N]) -> Result<Option<Row>, Fault> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }
}

fn ended() -> Fault {
    Fault::Unavailable("the transaction has ended".to_owned())
}
