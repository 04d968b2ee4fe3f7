//! `portvagt config check` explains the settings; `portvagt config reference` prints them all.

use std::{fmt::Write, path::Path};

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{
    answer::{self, Answer},
    stand,
};
use crate::config::{self, Explained, Finding, Mode, reference};

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
        Config::Check => {
            let mut explained = config::explain(file, &environment(), Mode::Serve);
            explained.findings.extend(rehearse(&explained));
            explained.findings.sort_by_key(|finding| !finding.is_error);
            Ok(explain(&explained))
        }
        Config::Reference { format } => {
            let text = match format {
                Format::Toml => reference::toml(),
                Format::Markdown => reference::markdown(),
            };
            Ok(Answer::new(text.clone(), json!({ "reference": text })))
        }
    }
}

/// The process's environment. What is not UTF-8 keeps a sign of it, by which `config` refuses it.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())).collect()
}

/// What a start would trip over beside the settings themselves: keys that do not fit their certificates. The database
/// is not opened here, since opening it may change its schema.
fn rehearse(explained: &Explained) -> Vec<Finding> {
    let Some(settings) = explained.settings.as_ref().filter(|_| explained.findings.iter().all(|finding| !finding.is_error)) else {
        return Vec::new();
    };
    let trials = [stand::keyring(settings).map(drop), stand::tls(settings).map(drop)];
    trials.into_iter().filter_map(Result::err).map(|error| finding(&error)).collect()
}

/// The error begins with the setting's name and a colon.
fn finding(error: &anyhow::Error) -> Finding {
    let words = answer::sentence(error);
    match words.split_once(": ") {
        Some((setting, rest)) if !setting.contains(' ') => Finding::error(setting, format!("cannot be used: {rest}")),
        _ => Finding::error("saml", words),
    }
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
