//! The strict reader in Python (`referee/oioh3.py`), as a child that reads questions and writes verdicts, one a line.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// A running reader.
pub struct Reader {
    child: Child,
    questions: Option<ChildStdin>,
    verdicts: BufReader<ChildStdout>,
}

/// A token, and what an STS would know of it.
pub struct Question<'a> {
    pub token: &'a str,
    pub issuer: &'a str,
    pub audience: &'a str,
    pub holder: &'a str,
    pub trusted: &'a [&'a str],
    pub now: i64,
}

/// What it says.
#[derive(Debug)]
pub struct Verdict {
    pub accepted: bool,
    /// The rule that is broken.
    pub fault: String,
    /// How.
    pub why: String,
    /// The attributes of an accepted one, with `NameID` and `ID`.
    pub said: Value,
}

impl Reader {
    /// Starts one with Debian's own Python: another on the path lacks its packages.
    pub fn start() -> Self {
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("e2e/referee/oioh3.py");
        let mut child =
            Command::new("/usr/bin/python3").arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 runs");
        let questions = child.stdin.take();
        let verdicts = BufReader::new(child.stdout.take().expect("its verdicts"));
        Self { child, questions, verdicts }
    }

    /// Judges a token.
    pub fn judge(&mut self, asked: &Question<'_>) -> Verdict {
        let question = json!({
            "token": asked.token, "issuer": asked.issuer, "audience": asked.audience, "holder": asked.holder,
            "trusted": asked.trusted, "now": asked.now,
        });
        let questions = self.questions.as_mut().expect("its questions");
        writeln!(questions, "{question}").expect("the reader listens");
        let mut line = String::new();
        self.verdicts.read_line(&mut line).expect("the reader answers");
        let mut answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("the reader gave up: {error}: {line:?}"));
        Verdict {
            accepted: answer["accepted"] == true,
            fault: answer["fault"].as_str().unwrap_or_default().to_owned(),
            why: answer["why"].as_str().unwrap_or_default().to_owned(),
            said: answer["said"].take(),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}
