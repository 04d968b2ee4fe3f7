//! Time as a parameter: rooms are given a `Clock` and never ask the machine themselves.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time in UTC.
pub trait Clock: Send + Sync {
    /// The present instant, to the millisecond.
    fn now(&self) -> Timestamp;
}

/// The machine's clock; the only place that asks it.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        from_millis(Timestamp::now().as_millisecond())
    }
}

/// A clock that stands still until it is moved; time-dependent tests use it instead of waiting.
#[derive(Debug)]
pub struct StillClock(AtomicI64);

impl StillClock {
    /// A clock standing at `at`.
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_millisecond()))
    }

    /// Moves the clock by `seconds`, backwards when negative.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The instant `millis` milliseconds after 1970-01-01T00:00:00Z, held within what a timestamp can express.
pub fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The instant `seconds` after (negative: before) `at`, held within what a timestamp can express.
pub fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    from_millis(at.as_millisecond().saturating_add(seconds.saturating_mul(1000)))
}

/// Whole seconds from `earlier` to `later`; negative when they are the other way round.
pub fn seconds_between(earlier: Timestamp, later: Timestamp) -> i64 {
    later.as_millisecond().saturating_sub(earlier.as_millisecond()) / 1000
}
