//! What a command answers: the same in words for people and in JSON for programs. Only this room prints.

use std::{io::Write, process::ExitCode};

use serde_json::{Value, json};

/// An answer in both forms.
#[derive(Debug)]
pub struct Answer {
    words: String,
    json: Value,
    code: u8,
}

impl Answer {
    /// The same answer in words and in JSON.
    pub fn new(words: impl Into<String>, json: Value) -> Self {
        Self { words: words.into(), json, code: 0 }
    }

    /// The answer's exit code when it is not 0.
    #[must_use]
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The same words with other JSON, where a table shows less than there is.
    #[must_use]
    pub fn with_json(mut self, json: Value) -> Self {
        self.json = json;
        self
    }

    /// A list: a table in words, an array in JSON. `columns` are headings with the JSON key of each.
    pub fn table(rows: &[Value], columns: &[(&str, &str)], nothing: &str) -> Self {
        let words = if rows.is_empty() { nothing.to_owned() } else { draw(rows, columns) };
        Self::new(words, Value::Array(rows.to_vec()))
    }

    /// Prints it.
    pub fn print(&self, json: bool) -> ExitCode {
        let text = if json { format!("{:#}", self.json) } else { self.words.clone() };
        // Commands that serve have said all there was to say; and a reader that went away (`| head`) is no failure.
        if !self.words.is_empty() {
            _ = writeln!(std::io::stdout(), "{}", text.trim_end());
        }
        ExitCode::from(self.code)
    }
}

/// Says what went wrong, on standard error.
pub fn print_error(error: &anyhow::Error, json: bool) -> ExitCode {
    let words = sentence(error);
    let text = if json { json!({ "error": words }).to_string() } else { format!("portvagt: {words}") };
    _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(1)
}

/// The error with its causes; one that a sentence before it already told is not told again.
pub fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match (told.is_empty(), told.contains(&cause)) {
        (true, _) => cause,
        (false, true) => told,
        (false, false) => format!("{told}: {cause}"),
    })
}

/// How a JSON value looks in a table.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
        Some(Value::Array(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}

fn draw(rows: &[Value], columns: &[(&str, &str)]) -> String {
    let head = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect::<Vec<_>>();
    let body = rows.iter().map(|row| columns.iter().map(|(_, key)| cell(row.get(key))).collect::<Vec<_>>());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let draw_line = |line: &Vec<String>| {
        line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(draw_line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no such file").context("the file cannot be opened: no such file").context("the database x");
        assert_eq!(sentence(&error), "the database x: the file cannot be opened: no such file");
    }

    #[test]
    fn a_table_lines_up_and_says_when_it_is_empty() {
        let rows = [json!({ "name": "Ærø", "on": true }), json!({ "name": "Langeland", "on": null })];
        let answer = Answer::table(&rows, &[("NAME", "name"), ("ON", "on")], "nobody");
        assert_eq!(answer.words, "NAME       ON\nÆrø        yes\nLangeland  -");
        assert_eq!(Answer::table(&[], &[], "nobody").words, "nobody");
    }
}
