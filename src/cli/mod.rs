//! The command line. Each command loads the settings, does one act of `service` as an operator and answers in plain
//! words, or in JSON with `--json`. Passwords come from standard input or a prompt, never from arguments.
//! Exit codes: 0 done, 1 refused or failed, 2 not understood.

/// What a command answers, in words and in JSON.
pub mod answer;
/// `portvagt config`.
pub mod config;
/// `portvagt completions` and `portvagt man`.
pub mod shell;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use answer::Answer;

/// A local, NSIS-compliant identity provider.
#[derive(Debug, Parser)]
#[command(
    name = "portvagt",
    version,
    about = "A local, NSIS-compliant identity provider that Danish regions and municipalities host themselves",
    propagate_version = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// Configuration file; without it /etc/portvagt/portvagt.toml, then ./portvagt.toml
    #[arg(long, global = true, env = "PORTVAGT_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain the configuration or print its reference
    #[command(subcommand)]
    Config(config::Config),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// Reads the command line, does what it says, prints the answer.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    match act(arguments) {
        Ok(answer) => answer.print(json),
        Err(error) => answer::print_error(&error, json),
    }
}

fn act(arguments: Arguments) -> anyhow::Result<Answer> {
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Config(command) => config::run(&command, file),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::man(),
    }
}
