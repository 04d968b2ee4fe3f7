//! Employments: from when to when somebody works where. Their beginning and end open and close the account by themselves.

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{organisation::Unit, person::Person},
};

/// One employment of a person in their organisation.
#[derive(Debug, Clone)]
pub struct Employment {
    /// Its id.
    pub id: Id<Employment>,
    /// Who.
    pub person: Id<Person>,
    /// Where in the organisation, if known.
    pub unit: Option<Id<Unit>>,
    /// The job title; may be empty.
    pub title: String,
    /// The first instant of it.
    pub starts_at: Timestamp,
    /// The first instant after it; `None`: no end is known.
    pub ends_at: Option<Timestamp>,
}

/// From when to when somebody is employed without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first instant; `None`: without beginning.
    pub from: Option<Timestamp>,
    /// The first instant after it; `None`: without end.
    pub until: Option<Timestamp>,
}

/// The period that counts now: the current one, employments that touch or overlap taken together; else the next one;
/// else the last one. Without any employment there is neither beginning nor end.
pub fn period(employments: &[Employment], now: Timestamp) -> Period {
    let mut spans: Vec<(Timestamp, Timestamp)> =
        employments.iter().map(|one| (one.starts_at, one.ends_at.unwrap_or(Timestamp::MAX))).filter(|(from, until)| from < until).collect();
    spans.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, until) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    // An employment that ends before it begins is none, yet whoever has only such a one is not employed.
    let nothing = employments.iter().map(|one| one.starts_at).max().map(|at| (at, at));
    let chosen = joined.iter().find(|(_, until)| now < *until).or(joined.last()).copied().or(nothing);
    chosen.map_or_else(Period::default, |(from, until)| Period { from: Some(from), until: (until != Timestamp::MAX).then_some(until) })
}

/// Whether one of them is current; whoever has none at all is bound by no dates.
pub fn is_current(employments: &[Employment], now: Timestamp) -> bool {
    employments.is_empty() || employments.iter().any(|one| one.starts_at <= now && one.ends_at.is_none_or(|end| now < end))
}

/// When the last one ended, if none is current and one was.
pub fn ended(employments: &[Employment], now: Timestamp) -> Option<Timestamp> {
    let last = employments.iter().filter_map(|one| one.ends_at).filter(|end| *end <= now).max();
    last.filter(|_| !is_current(employments, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        crate::base::clock::from_millis(seconds * 1000)
    }

    fn employed(starts: i64, ends: Option<i64>) -> Employment {
        let id = uuid::Uuid::nil();
        Employment {
            id: Id::from_uuid(id),
            person: Id::from_uuid(id),
            unit: None,
            title: String::new(),
            starts_at: at(starts),
            ends_at: ends.map(at),
        }
    }

    #[test]
    fn the_current_period_counts_then_the_next_then_the_last() {
        let gap = [employed(100, Some(200)), employed(10, Some(20)), employed(20, Some(30))];
        let period = |all: &[Employment], now| super::period(all, at(now));
        let span = |from: i64, until: Option<i64>| Period { from: Some(at(from)), until: until.map(at) };
        assert_eq!(period(&[], 5), Period::default());
        for (now, expected) in [(0, span(10, Some(30))), (25, span(10, Some(30))), (30, span(100, Some(200))), (500, span(100, Some(200)))]
        {
            assert_eq!(period(&gap, now), expected, "{now}");
        }
        assert_eq!(period(&[employed(10, None), employed(0, Some(50))], 60), span(0, None));
        for (now, current, over) in
            [(5, false, None), (10, true, None), (30, false, Some(at(30))), (100, true, None), (200, false, Some(at(200)))]
        {
            assert_eq!((is_current(&gap, at(now)), ended(&gap, at(now))), (current, over), "{now}");
        }
        assert!(is_current(&[], at(0)));
        assert_eq!(period(&[employed(10, Some(5))], 7), span(10, Some(10)), "no employment at all");
    }
}
