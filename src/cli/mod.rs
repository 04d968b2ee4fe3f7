//! The command line. Each command loads the settings, does one act of `service` as an operator and answers in plain
//! words, or in JSON with `--json`. Passwords come from standard input or a prompt, never from arguments.
//! Exit codes: 0 done, 1 refused or failed, 2 not understood.

/// What a command answers, in words and in JSON.
pub mod answer;
/// Secrets from standard input.
pub mod ask;
/// Who sits at the command line.
mod account;
/// What a command stands on.
pub mod stand;
/// `portvagt config`.
pub mod config;
/// `portvagt organisation policy`.
pub mod policy;
/// `portvagt organisation`.
pub mod organisation;
/// `portvagt terms`.
pub mod terms;
/// `portvagt keys` and `portvagt metadata`.
pub mod keys;
/// `portvagt person invite`.
pub mod invite;
/// `portvagt person`.
pub mod person;
/// `portvagt totp`.
pub mod totp;
/// `portvagt relying-party`.
pub mod relying_party;
/// `portvagt audit`.
pub mod audit;
/// `portvagt mitid`, and the roads to MitID from the settings.
pub mod mitid;
/// `portvagt mail`.
pub mod mail;
/// `portvagt serve`.
pub mod serve;
/// `portvagt demo`: its folder.
pub mod demo;
/// `portvagt completions` and `portvagt man`.
pub mod shell;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{
    config::{Mode, Settings, load},
    service::ground::Ground,
};
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
    #[arg(long, global = true, env = "PORTVAGT_CONFIG", value_name = "FILE", help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until told to stop
    Serve,
    /// Start the demo: a folder with an organisation, people and keys that everybody knows
    Demo(demo::Demo),
    /// Explain the configuration or print its reference
    #[command(subcommand)]
    Config(config::Config),
    /// Add or list organisations
    #[command(subcommand)]
    Organisation(organisation::Command),
    /// Add and look after people
    #[command(subcommand)]
    Person(person::Command),
    /// Publish the terms that employees accept, or list them
    #[command(subcommand)]
    Terms(terms::Command),
    /// Attach an authenticator app for a person, or compute a code
    #[command(subcommand)]
    Totp(totp::Command),
    /// Register and look after the services that trust us
    #[command(subcommand)]
    RelyingParty(relying_party::Command),
    /// Print our SAML metadata, signed
    Metadata {
        /// Leave out HTTP-POST for requests, as NemLog-in wants it
        #[arg(long)]
        redirect_only: bool,
    },
    /// MitID: what NemLog-in is told of us, and what its metadata says
    #[command(subcommand)]
    Mitid(mitid::Command),
    /// List the keys we sign with, or make new ones
    #[command(subcommand)]
    Keys(keys::Command),
    /// Read the audit trail and verify it
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look after the mails to people about their identity
    #[command(subcommand)]
    Mail(mail::Command),
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
        Command::Serve => {
            let (settings, warnings) = load(file, &config::environment(), Mode::Serve)?;
            serve::run(&settings, &warnings)?;
            Ok(Answer::new("", serde_json::Value::Null))
        }
        Command::Demo(demo) => {
            let (settings, message) = stand::block_on(demo::prepare(&demo))?;
            Answer::new(message.as_str(), serde_json::json!({ "message": message })).print(arguments.json);
            serve::run(&settings, &[])?;
            Ok(Answer::new("", serde_json::Value::Null))
        }
        Command::Config(command) => config::run(&command, file),
        Command::Organisation(command) => on_ground(file, async |ground| organisation::run(command, ground).await),
        Command::Terms(command) => on_ground(file, async |ground| terms::run(command, ground).await),
        Command::Person(command) => {
            let base_url = settings(file)?.http.base_url;
            on_ground(file, async |ground| person::run(command, ground, &base_url).await)
        }
        Command::Totp(totp::Command::Add { username, name }) => on_ground(file, async |ground| totp::add(ground, &username, &name).await),
        Command::Totp(totp::Command::Code) => totp::code(),
        Command::RelyingParty(command) => on_ground(file, async |ground| relying_party::run(command, ground).await),
        Command::Metadata { redirect_only } => keys::metadata(&settings(file)?, redirect_only),
        Command::Mitid(mitid::Command::Metadata) => mitid::metadata(&settings(file)?),
        Command::Mitid(mitid::Command::Check { file }) => mitid::check(&file),
        Command::Keys(keys::Command::List) => keys::list(&settings(file)?),
        Command::Keys(keys::Command::Generate { kind, out, certificate, name, days }) => {
            keys::generate(kind, &out, certificate.as_deref(), (&name, days))
        }
        Command::Audit(command) => on_ground(file, async |ground| audit::run(command, ground).await),
        Command::Mail(command) => {
            let settings = settings(file)?;
            on_ground(file, async |ground| mail::run(command, ground, &settings).await)
        }
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::man(),
    }
}

fn settings(file: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(load(file, &config::environment(), Mode::Act)?.0)
}

/// Runs an act on the ground of the settings, and closes the database after it.
fn on_ground(file: Option<&Path>, act: impl AsyncFnOnce(&Ground) -> anyhow::Result<Answer>) -> anyhow::Result<Answer> {
    let settings = settings(file)?;
    stand::block_on(async {
        let ground = stand::ground(&settings).await?;
        let answer = act(&ground).await;
        ground.db.close().await;
        answer
    })
}
