//! The command line: serve (the default) or print metadata. Nothing is read from the environment. Next: `main`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::attributes::Level;
use crate::party::Suite;

const ENTITY_ID: &str = "https://saml.demo-sp.example";

/// A demo service provider that judges an identity provider's assertions by OIOSAML 3, with samael and libxmlsec1.
#[derive(Debug, Parser)]
#[command(name = "demo-sp", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do other than serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: Option<Serve>,
}

/// What to do other than serve.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the SAML metadata to register at the identity provider.
    Metadata {
        /// Who we are.
        #[command(flatten)]
        identity: Identity,
        /// Of which of the two service providers.
        #[arg(long, value_enum, default_value = "aes256")]
        encryption: Suite,
    },
}

/// How to serve. The three parts of [`Identity`] stand here once more: clap doesn't see an optional group through a second one.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address browsers reach this program at.
    #[arg(long, value_name = "URL")]
    pub base_url: String,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// The identity provider's metadata: a file, or an http:// address on this machine.
    #[arg(long, value_name = "FILE|URL")]
    pub idp_metadata: String,
    /// Folder of the key and certificate, made when missing.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Entity ID; the AES-128 service provider's is this plus /aes128.
    #[arg(long, value_name = "URI", default_value = ENTITY_ID)]
    pub entity_id: String,
    /// Level asked for unless the visitor chooses another.
    #[arg(long, value_enum, default_value = "Substantial")]
    pub level: Level,
}

/// Who we are.
#[derive(Debug, Clone, Args)]
pub struct Identity {
    /// Address browsers reach this program at.
    #[arg(long, value_name = "URL")]
    pub base_url: String,
    /// Folder of the key and certificate, made when missing.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Entity ID; the AES-128 service provider's is this plus /aes128.
    #[arg(long, value_name = "URI", default_value = ENTITY_ID)]
    pub entity_id: String,
}
