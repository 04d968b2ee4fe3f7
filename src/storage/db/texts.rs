//! Statement texts for many rows at once, and two in one. The only place that builds SQL at run time: from constant texts
//! and numbers, for a few numbers of rows, each once for the life of the process.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{LazyLock, Mutex, PoisonError},
};

/// Numbers of rows that have a text of their own: few enough to stay prepared on each connection, close enough that two
/// or three statements carry any batch.
const SIZES: [usize; 14] = [64, 48, 32, 24, 16, 12, 8, 7, 6, 5, 4, 3, 2, 1];

type Key = (&'static str, &'static str, usize, usize);
static BUILT: LazyLock<Mutex<HashMap<Key, &'static str>>> = LazyLock::new(Mutex::default);

/// Cuts `rows` rows into statements: (rows in this one, its text `head ($1, ...), (...) tail`).
pub(in crate::storage) fn many(head: &'static str, columns: usize, tail: &'static str, rows: usize) -> Vec<(usize, &'static str)> {
    let mut left = rows;
    let mut cut = Vec::new();
    while left > 0 {
        let now = SIZES.into_iter().find(|size| *size <= left).unwrap_or(1);
        cut.push((now, text(head, columns, tail, now)));
        left -= now;
    }
    cut
}

/// Two statements in one text.
pub(super) fn joined(first: &'static str, then: &'static str) -> &'static str {
    text(first, 0, then, 0)
}

fn text(head: &'static str, columns: usize, tail: &'static str, rows: usize) -> &'static str {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.entry((head, tail, columns, rows)).or_insert_with(|| {
        let mut sql = head.to_owned();
        if rows == 0 {
            sql.push_str("; ");
        }
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 1..=columns {
                // Writing to a String cannot fail.
                let _ = write!(sql, "{}${}", if column == 1 { "" } else { ", " }, row * columns + column);
            }
            sql.push(')');
        }
        sql.push_str(tail);
        Box::leak(sql.into_boxed_str())
    })
}

/// A text that stands for itself in `LIKE ... ESCAPE '!'`.
pub(in crate::storage) fn literal(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_few_statements() {
        let cut = many("INSERT INTO t VALUES ", 2, " RETURNING a", 98);
        assert_eq!(cut.iter().map(|(rows, _)| *rows).collect::<Vec<_>>(), [64, 32, 2]);
        assert_eq!(cut[2].1, "INSERT INTO t VALUES ($1, $2), ($3, $4) RETURNING a");
        assert!(many("x", 1, "", 0).is_empty());
    }
}
