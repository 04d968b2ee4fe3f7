//! One line of the finding: which check, by which rule, what was expected and what was found.
//! Only data and keys stand here, no words of any language: those are in `texts/`. Next: `envelope`, `assertion`.

use jiff::{SignedDuration, Timestamp};

use super::SKEW;

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Result {
    /// As demanded.
    Pass,
    /// Not as demanded: the response is refused.
    Fail,
    /// Worth knowing, no reason to refuse.
    Note,
    /// Not made, because an earlier one failed.
    Skipped,
}

impl Result {
    /// The word used for text keys, style classes and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Result::Pass => "pass",
            Result::Fail => "fail",
            Result::Note => "note",
            Result::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its name: `check-<id>` in the language files.
    pub id: &'static str,
    /// The clause that demands it.
    pub source: &'static str,
    /// How it ended.
    pub result: Result,
    /// What should stand there.
    pub expected: String,
    /// What stood there.
    pub found: String,
}

/// The checks made so far.
#[derive(Debug, Default)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// Begins the line `id`, demanded by `source`.
    pub fn row(&mut self, id: &'static str, source: &'static str) -> Row<'_> {
        Row { checks: self, id, source }
    }

    /// Whether any check failed.
    pub fn failed(&self) -> bool {
        self.0.iter().any(|check| check.result == Result::Fail)
    }

    /// The lines, in order.
    pub fn into_lines(self) -> Vec<Check> {
        self.0
    }
}

/// A line whose outcome is still open.
pub struct Row<'a> {
    checks: &'a mut Checks,
    id: &'static str,
    source: &'static str,
}

impl Row<'_> {
    /// Passes when both are the same, letter for letter.
    pub fn equals(self, expected: &str, found: &str) -> bool {
        self.holds(expected == found, expected, found)
    }

    /// Passes when `ok`.
    pub fn holds(self, ok: bool, expected: impl Into<String>, found: impl Into<String>) -> bool {
        self.write(if ok { Result::Pass } else { Result::Fail }, expected.into(), found.into());
        ok
    }

    /// Passes when `ok`, otherwise only worth knowing.
    pub fn noted(self, ok: bool, expected: impl Into<String>, found: impl Into<String>) {
        self.write(if ok { Result::Pass } else { Result::Note }, expected.into(), found.into());
    }

    /// Not made.
    pub fn skipped(self) {
        self.write(Result::Skipped, String::new(), String::new());
    }

    /// Passes when `written` is a time within [`SKEW`] of `now`.
    pub fn recent(self, written: &str, now: Timestamp) -> bool {
        let ok = instant(written).is_some_and(|at| seconds(now, at).abs() <= SKEW);
        self.holds(ok, format!("\u{b1}{SKEW} s"), age(written, now))
    }

    fn write(self, result: Result, expected: String, found: String) {
        self.checks.0.push(Check { id: self.id, source: self.source, result, expected, found });
    }
}

/// An xs:dateTime in UTC (SAML Core 1.3.3).
pub fn instant(written: &str) -> Option<Timestamp> {
    written.ends_with('Z').then(|| written.parse().ok()).flatten()
}

/// Whole seconds from `now` to `at`; negative when `at` is past.
pub fn seconds(now: Timestamp, at: Timestamp) -> i64 {
    at.duration_since(now).as_secs()
}

/// `at` moved by the allowed skew, so that a check can be lenient by exactly that.
pub fn skewed(at: Timestamp, by: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(by)).unwrap_or(at)
}

/// The time as written, with its distance from `now`.
pub fn age(written: &str, now: Timestamp) -> String {
    match instant(written) {
        Some(at) => format!("{written} ({:+} s)", seconds(now, at)),
        None => written.to_owned(),
    }
}
