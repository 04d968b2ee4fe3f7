//! Rows of either engine behind typed getters that answer with a fault, never with a panic; and the few calls that
//! differ by engine in nothing but their types.

use std::str::FromStr;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::{
    Arguments, Executor, Postgres, Row as _, Sqlite,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{
    base::clock,
    domain::assurance::Level,
    storage::{fault::Fault, value::Value},
};

/// A row of a result.
pub(in crate::storage) enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(fault)
    };
}

impl Row {
    /// A text that must be there.
    pub(in crate::storage) fn text(&self, column: &'static str) -> Result<String, Fault> {
        get!(self, column)
    }

    /// A text that may be absent.
    pub(in crate::storage) fn text_or_none(&self, column: &'static str) -> Result<Option<String>, Fault> {
        get!(self, column)
    }

    /// A number that must be there.
    pub(in crate::storage) fn int(&self, column: &'static str) -> Result<i64, Fault> {
        get!(self, column)
    }

    /// A number that may be absent.
    pub(in crate::storage) fn int_or_none(&self, column: &'static str) -> Result<Option<i64>, Fault> {
        get!(self, column)
    }

    /// Bytes that must be there.
    pub(in crate::storage) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, Fault> {
        get!(self, column)
    }

    /// Bytes that may be absent.
    pub(in crate::storage) fn bytes_or_none(&self, column: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        get!(self, column)
    }

    /// A text read as `T`: ids, user names, CVR numbers, words of an enum.
    pub(in crate::storage) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, Fault> {
        self.text(column)?.parse().map_err(|_| unreadable(column))
    }

    /// An instant.
    pub(in crate::storage) fn time(&self, column: &'static str) -> Result<Timestamp, Fault> {
        self.int(column).map(clock::from_millis)
    }

    /// An instant that may be absent.
    pub(in crate::storage) fn time_or_none(&self, column: &'static str) -> Result<Option<Timestamp>, Fault> {
        Ok(self.int_or_none(column)?.map(clock::from_millis))
    }

    /// A level by its rank.
    pub(in crate::storage) fn level(&self, column: &'static str) -> Result<Level, Fault> {
        self.level_or_none(column)?.ok_or_else(|| unreadable(column))
    }

    /// A level by its rank, that may be absent.
    pub(in crate::storage) fn level_or_none(&self, column: &'static str) -> Result<Option<Level>, Fault> {
        match self.int_or_none(column)? {
            None => Ok(None),
            Some(1) => Ok(Some(Level::Low)),
            Some(2) => Ok(Some(Level::Substantial)),
            Some(3) => Ok(Some(Level::High)),
            Some(_) => Err(unreadable(column)),
        }
    }

    /// A yes or no.
    pub(in crate::storage) fn flag(&self, column: &'static str) -> Result<bool, Fault> {
        self.int(column).map(|number| number != 0)
    }

    /// A text read as JSON.
    pub(in crate::storage) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Fault> {
        serde_json::from_str(&self.text(column)?).map_err(|_| unreadable(column))
    }
}

fn unreadable(column: &'static str) -> Fault {
    Fault::Inconsistent(format!("column {column} holds something unreadable"))
}

/// Sorts a driver's error: will trying again help?
pub(super) fn fault(error: sqlx::Error) -> Fault {
    let lasting = match &error {
        // Integrity violations and statements that do not fit the schema; all else a server says may pass.
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            !matches!(database.kind(), sqlx::error::ErrorKind::Other) || code.starts_with("42") || code.starts_with("22") || code == "1"
        }
        sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::TypeNotFound { .. } => true,
        _ => false,
    };
    let words = error.to_string();
    if let sqlx::Error::Database(database) = &error
        && matches!(database.code().as_deref(), Some("40P01" | "40001"))
    {
        return Fault::Contended(words);
    }
    if lasting { Fault::Inconsistent(words) } else { Fault::Unavailable(words) }
}

fn arguments<A: Arguments>(values: impl IntoIterator<Item = Value>) -> Result<A, sqlx::Error>
where
    Option<String>: for<'t> sqlx::Encode<'t, A::Database> + sqlx::Type<A::Database>,
    Option<i64>: for<'t> sqlx::Encode<'t, A::Database> + sqlx::Type<A::Database>,
    Option<Vec<u8>>: for<'t> sqlx::Encode<'t, A::Database> + sqlx::Type<A::Database>,
{
    let mut arguments = A::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Int(number) => arguments.add(number),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

pub(super) async fn sqlite_all<'e>(
    on: impl Executor<'e, Database = Sqlite>,
    sql: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_with(sql, arguments::<SqliteArguments>(values)?).fetch_all(on).await?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

pub(super) async fn postgres_all<'e>(
    on: impl Executor<'e, Database = Postgres>,
    sql: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_with(sql, arguments::<PgArguments>(values)?).fetch_all(on).await?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}

pub(super) async fn sqlite_run<'e>(
    on: impl Executor<'e, Database = Sqlite>,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query_with(sql, arguments::<SqliteArguments>(values)?).execute(on).await?.rows_affected())
}

pub(super) async fn postgres_run<'e>(
    on: impl Executor<'e, Database = Postgres>,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query_with(sql, arguments::<PgArguments>(values)?).execute(on).await?.rows_affected())
}
