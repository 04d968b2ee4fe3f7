//! PostgreSQL's leader, which may change at any time: connections that were lost are found out, those to a demoted one are
//! left. Nothing here decides what is written. The path goes on in `db`.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use sqlx::{Executor, Postgres, Row as _};

use super::{
    pool::{Lent, Pool},
    row::{self, Row},
};
use crate::storage::{fault::Fault, value::Value};

/// Since when connections must be tested before use: a demoted leader still answers reads (R09).
#[derive(Clone, Default)]
pub(super) struct Doubt(Arc<Mutex<Option<Instant>>>);

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
    pub(super) fn raised_by(&self, error: &sqlx::Error) -> bool {
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
    pub(super) fn judge(&self, error: sqlx::Error) -> Fault {
        self.raised_by(&error);
        row::fault(error)
    }
}

/// A connection that takes writes, as far as is known. A demoted leader answers reads for days: one that was not used a
/// moment ago is asked, and each one while there is doubt.
pub(super) async fn tested(pool: &Pool<Postgres>, doubt: &Doubt) -> Result<Lent<Postgres>, sqlx::Error> {
    loop {
        let mut connection = pool.lend().await?;
        let ask = connection.unused.is_some_and(|unused| unused > Duration::from_secs(1) || doubt.lasts());
        if !ask {
            return Ok(connection);
        }
        // One that answers badly or not at all is closed, and the next one tried; an empty pool opens a new one.
        if let Ok(row) = sqlx::query("SHOW transaction_read_only").fetch_one(&mut *connection).await
            && row.try_get::<String, _>(0)? == "off"
        {
            return Ok(connection);
        }
    }
}

pub(super) async fn begun(pool: &Pool<Postgres>, doubt: &Doubt) -> Result<Lent<Postgres>, sqlx::Error> {
    let mut connection = tested(pool, doubt).await?;
    connection.execute("BEGIN").await?;
    Ok(connection)
}

pub(super) async fn read(pool: &Pool<Postgres>, doubt: &Doubt, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, sqlx::Error> {
    let mut connection = tested(pool, doubt).await?;
    let rows = row::postgres_all(&mut *connection, sql, values).await?;
    connection.give_back();
    Ok(rows)
}
