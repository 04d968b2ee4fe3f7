//! What stands around Portvagt in a demonstration, in one program: each room simulates one party of the real world, says
//! so on every page, and is as strict as that party would be. It shares the server's library, so it proves nothing about
//! the server's cryptography: the tests use software of others for that.
//! The `mod` lines stand bottom-up: a file imports only from those above it. Next: `web::serve`.

mod texts;

mod page;

mod keys;

mod citizens;

mod nemlogin;

mod mailbox;

mod broker;

mod health;

mod clinic;

mod web;

mod args;

use std::{error::Error, process::ExitCode};

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use broker::Broker;
use clinic::Clinic;
use nemlogin::NemLogin;
use web::Federation;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-federation: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(Command::Metadata { identity }) = arguments.command {
        println!("{}", NemLogin::open(&identity.data, base(&identity.base_url), None)?.metadata()?);
        return Ok(());
    }
    if let Some(Command::ClinicMetadata { identity }) = arguments.command {
        println!("{}", Clinic::open(&identity.data, base(&identity.base_url), None)?.metadata()?);
        return Ok(());
    }
    let Some(serve) = arguments.serve else {
        return Ok(Arguments::command().print_help()?);
    };
    let base_url = base(&serve.base_url).to_owned();
    let nemlogin = NemLogin::open(&serve.data, &base_url, serve.sp_metadata)?;
    let broker = Broker::open(&serve.data, &base_url, base(&serve.portvagt))?;
    let clinic = Clinic::open(&serve.data, &base_url, serve.idp_metadata)?;
    println!("demo-federation: {base_url}/ (listening on {})", serve.listen);
    Ok(web::serve(Federation { nemlogin, broker, clinic, smtp: serve.smtp }, serve.listen)?)
}

fn base(url: &str) -> &str {
    url.trim_end_matches('/')
}
