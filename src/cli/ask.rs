//! Secrets from standard input: a line of a pipe, or a prompt without echo. Never from arguments, which every account
//! on the machine can read.

use std::io::{IsTerminal, stdin};

use anyhow::{Context, bail};
use zeroize::Zeroize;

use crate::base::secret::Secret;

/// More than the longest password in bytes.
const LONGEST_LINE: usize = 8 * 1024;

/// The next line of standard input; at a terminal it is prompted for.
pub fn secret(prompt: &str) -> anyhow::Result<Secret<String>> {
    let line = if stdin().is_terminal() { rpassword::prompt_password(format!("{prompt}: ")).context("no answer")? } else { line()? };
    if line.is_empty() {
        bail!("{prompt}: nothing was given; pipe it in or type it at the prompt");
    }
    Ok(Secret::new(line))
}

/// A new password: at a terminal it is asked for twice.
pub fn new_password() -> anyhow::Result<Secret<String>> {
    let first = secret("New password")?;
    if stdin().is_terminal() {
        let second = secret("The same again")?;
        if first.expose() != second.expose() {
            bail!("the two passwords differ; nothing was changed");
        }
    }
    Ok(first)
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    stdin().read_line(&mut line).context("standard input is not text")?;
    if line.len() > LONGEST_LINE {
        line.zeroize();
        bail!("the line is longer than {LONGEST_LINE} bytes");
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}
