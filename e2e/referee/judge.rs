//! The Python judge, as a child that reads questions and writes answers, one a line. It ends when its input is closed.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use super::beside;

/// A running judge.
pub struct Judge {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What the judge says of a message.
#[derive(Debug)]
pub struct Verdict {
    pub accepted: bool,
    /// Why not.
    pub why: String,
    /// What the message says, if it is accepted.
    pub fields: Value,
}

impl Judge {
    /// Starts one with Debian's own Python: another on the path lacks its packages.
    pub fn start() -> Self {
        let mut child = Command::new("/usr/bin/python3")
            .arg(beside("judge.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs, with Debian's python3-lxml and python3-cryptography");
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("its answers"));
        Self { child, questions, answers }
    }

    fn ask(&mut self, question: &Value) -> Value {
        let questions = self.questions.as_mut().expect("its questions");
        writeln!(questions, "{question}").expect("the judge listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the judge answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the judge gave up: {error}: {line:?} to {question}"))
    }

    /// Judges a posted message.
    pub fn form(&mut self, xml: &[u8], certificate: &str) -> Verdict {
        let message = openssl::base64::encode_block(xml);
        self.judge(&json!({ "do": "judge", "binding": "form", "message": message, "certificate": certificate }))
    }

    /// Judges a redirect's query.
    pub fn query(&mut self, query: &str, certificate: &str) -> Verdict {
        self.judge(&json!({ "do": "judge", "binding": "query", "message": query, "certificate": certificate }))
    }

    fn judge(&mut self, question: &Value) -> Verdict {
        let mut answer = self.ask(question);
        Verdict {
            accepted: answer["accepted"] == true,
            why: answer["why"].as_str().unwrap_or_default().to_owned(),
            fields: answer["fields"].take(),
        }
    }

    /// The message a redirect carries, if its signature is by this certificate.
    pub fn opened(&mut self, query: &str, certificate: &str) -> Option<String> {
        let answer = self.ask(&json!({ "do": "opened", "query": query, "certificate": certificate }));
        answer["xml"].as_str().map(str::to_owned)
    }

    /// The attributes of an assertion: values by name.
    pub fn attributes(&mut self, assertion: &str) -> Value {
        self.ask(&json!({ "do": "attributes", "xml": assertion }))["attributes"].take()
    }

    /// The exclusive canonical form of a document; `None` when it cannot be parsed.
    pub fn canonical(&mut self, xml: &[u8]) -> Option<String> {
        let answer = self.ask(&json!({ "do": "canonical", "message": openssl::base64::encode_block(xml) }));
        answer["xml"].as_str().map(str::to_owned)
    }

    /// Opens the assertion of an encrypted response with this key (PEM): its XML, and the algorithms found.
    pub fn decrypt(&mut self, response: &str, key: &str) -> (String, Vec<Option<String>>) {
        let answer = self.ask(&json!({ "do": "decrypt", "xml": response, "key": key }));
        let suite = answer["suite"].as_array().expect("a suite").iter().map(|one| one.as_str().map(str::to_owned)).collect();
        (answer["xml"].as_str().expect("an assertion").to_owned(), suite)
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}
