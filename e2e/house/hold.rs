//! A transaction that somebody else holds open: what the house does meanwhile waits for it, and sees what it did.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use super::House;

/// Somebody else's transaction.
pub enum Hold {
    /// It has the one writer.
    Sqlite(SqliteConnection),
    /// It has the rows it touched.
    Postgres(PgConnection),
}

impl House {
    /// Begins one, with a first change.
    pub async fn hold(&self, sql: &str) -> Hold {
        let mut hold = if self.database.starts_with("sqlite:") {
            Hold::Sqlite(SqliteConnection::connect(&self.database).await.expect("the file opens"))
        } else {
            Hold::Postgres(PgConnection::connect(&self.database).await.expect("the server answers"))
        };
        let begin = if matches!(hold, Hold::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        hold.run(begin).await;
        hold.run(sql).await;
        hold
    }

    /// Waits until somebody waits for a lock of the database. Only PostgreSQL tells; elsewhere a moment passes, in which
    /// whatever was begun gets as far as it can.
    pub async fn somebody_waits(&self) {
        if self.database.starts_with("sqlite:") {
            return tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..200 {
            if self.count(waits).await > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("nobody waits");
    }
}

impl Hold {
    /// Runs a statement.
    pub async fn run(&mut self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => sql.execute(connection).await.map(drop),
            Self::Postgres(connection) => sql.execute(connection).await.map(drop),
        }
        .expect("a change");
    }

    /// Lets nobody else write to the table. On SQLite nobody does anyway.
    pub async fn keep_writers_off(&mut self, table: &str) {
        if matches!(self, Self::Postgres(_)) {
            self.run(&format!("LOCK TABLE {table} IN EXCLUSIVE MODE")).await;
        }
    }

    /// Makes it count.
    pub async fn commit(mut self) {
        self.run("COMMIT").await;
    }
}
