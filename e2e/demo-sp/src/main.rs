//! Portvagt's demo service provider: sends people to the identity provider and shows, check by check, what came back.
//! An independent implementation (samael, libxml2, libxmlsec1) judges ours; no code is shared with the server.
//! The `mod` lines stand bottom-up: a file imports only from those above it. Next: `web::serve`.

mod xml;

mod signed;

mod keys;

mod attributes;

mod party;

mod messages;

mod wire;

mod idp;

mod decrypt;

mod judge;

mod sessions;

mod texts;

mod pages;

mod desk;

mod logout;

mod web;

mod args;

use std::error::Error;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use desk::Desk;
use idp::Source;
use party::{Party, Suite};

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-sp: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(Command::Metadata { identity, encryption }) = arguments.command {
        let key = keys::open(&identity.data)?;
        println!("{}", Party::new(&identity.entity_id, base(&identity.base_url), encryption).metadata(&key)?);
        return Ok(());
    }
    let Some(serve) = arguments.serve else {
        return Ok(Arguments::command().print_help()?);
    };
    let base_url = base(&serve.base_url).to_owned();
    let parties = Suite::ALL.map(|suite| Party::new(&serve.entity_id, &base_url, suite));
    let desk = Desk::new(keys::open(&serve.data)?, parties, Source::new(&serve.idp_metadata)?, serve.level);
    println!("demo-sp: {base_url}/ (listening on {})", serve.listen);
    Ok(web::serve(desk, serve.listen)?)
}

fn base(url: &str) -> &str {
    url.trim_end_matches('/')
}
