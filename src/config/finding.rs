//! A sentence about a setting that is wrong, or worth a thought.

use std::fmt;

use serde::Serialize;

/// What the settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To serve people; everything must be right.
    Serve,
    /// To serve the demo: its own well-known secrets are allowed, and only on a folder the demo made.
    Demo,
    /// To run one command beside the server; it says itself what it lacks.
    Act,
}

/// Something wrong, or worth a thought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it keeps the server from starting.
    pub is_error: bool,
    /// The setting, variable, section or file it is about.
    pub about: String,
    /// The rest of the sentence.
    pub words: String,
}

impl Finding {
    /// Keeps the server from starting.
    pub fn error(about: &str, words: impl Into<String>) -> Self {
        Self { is_error: true, about: about.to_owned(), words: words.into() }
    }

    /// Worth a thought.
    pub fn warning(about: &str, words: impl Into<String>) -> Self {
        Self { is_error: false, about: about.to_owned(), words: words.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", if self.is_error { "error" } else { "warning" }, self.about, self.words)
    }
}
