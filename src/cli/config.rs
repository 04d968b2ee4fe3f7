//! `portvagt config check` explains the settings; `portvagt config reference` prints them all.

use std::{fmt::Write, path::Path};

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::answer::Answer;
use crate::config::{self, Explained, Mode, reference};

/// Explain the configuration or print its reference.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show each setting with its value and source, and say what is wrong
    Check,
    /// Print the whole reference with defaults
    Reference {
        /// As a TOML file to start from, or as the page of docs/
        #[arg(long, value_enum, default_value = "toml")]
        format: Format,
    },
}

/// How the reference is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// A commented file.
    Toml,
    /// A page.
    Markdown,
}

/// Does one of them.
pub fn run(command: &Config, file: Option<&Path>) -> anyhow::Result<Answer> {
    match command {
        Config::Check => Ok(explain(&config::explain(file, &environment(), Mode::Serve))),
        Config::Reference { format } => {
            let text = match format {
                Format::Toml => reference::toml(),
                Format::Markdown => reference::markdown(),
            };
            Ok(Answer::new(text.clone(), json!({ "reference": text })))
        }
    }
}

/// The process's environment, as far as it is text.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

fn explain(explained: &Explained) -> Answer {
    let mut words = match &explained.file {
        Some(file) => format!("Configuration file: {}\n\n", file.display()),
        None => "No configuration file; defaults and environment only.\n\n".to_owned(),
    };
    let width = explained.effective.iter().map(|effective| effective.name.len()).max().unwrap_or(0);
    for effective in &explained.effective {
        let value =
            if effective.value.is_empty() { "(not set)".to_owned() } else { format!("{}  ({})", effective.value, effective.source) };
        _ = writeln!(words, "{:<width$}  {value}", effective.name);
    }
    let errors = explained.findings.iter().filter(|finding| finding.is_error).count();
    let warnings = explained.findings.len() - errors;
    words.push('\n');
    for finding in &explained.findings {
        _ = writeln!(words, "{finding}");
    }
    let verdict = if errors == 0 { "Portvagt starts with this configuration" } else { "Portvagt does not start with this configuration" };
    _ = write!(words, "{verdict}: {errors} error(s), {warnings} warning(s).");
    let json = json!({ "file": explained.file, "settings": explained.effective, "findings": explained.findings, "ok": errors == 0 });
    Answer::new(words, json).with_code(u8::from(errors > 0))
}
