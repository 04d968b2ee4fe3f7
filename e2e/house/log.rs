//! The log of the whole test run, as the program writes it: one JSON object a line, kept in memory by incident code.
//! Nothing is printed.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{LazyLock, Mutex, Once},
};

use serde_json::Value;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static LINES: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

/// Starts capturing; again does nothing.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("info")).with_writer(Memory);
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    });
}

/// The lines that carry this incident code, each parsed. Fails the test when one is no single JSON object.
#[track_caller]
pub fn of(incident: &str) -> Vec<Value> {
    let lines = LINES.lock().expect("the log").get(incident).cloned().unwrap_or_default();
    lines.iter().map(|line| parse(line)).collect()
}

#[track_caller]
fn parse(line: &str) -> Value {
    assert_eq!(line.matches('\n').count(), 1, "more than one line: {line:?}");
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON: {error}: {line:?}"));
    assert!(value.is_object(), "no object: {line}");
    value
}

/// The one line of this incident whose event is `event`, with `reason`. Fails the test when there is none or another.
#[track_caller]
pub fn expect_one(incident: &str, event: &str, reason: &str) -> Value {
    let lines = of(incident);
    let [line] = lines.as_slice() else { panic!("not one line for {incident}: {lines:#?}") };
    assert_eq!(line["event"], event, "{line}");
    assert_eq!(line["reason"], reason, "{line}");
    line.clone()
}

#[derive(Clone, Copy)]
struct Memory;

impl<'a> MakeWriter<'a> for Memory {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Memory {
    /// The subscriber writes each event by one call.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).into_owned();
        if let Some(incident) = incident_of(&line) {
            LINES.lock().expect("the log").entry(incident).or_default().push(line);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The code behind the last `"incident":"`; looked for as text, so that a line that is no JSON is kept too.
fn incident_of(line: &str) -> Option<String> {
    let (_, behind) = line.rsplit_once("\"incident\":\"")?;
    behind.get(..9).map(str::to_owned)
}
