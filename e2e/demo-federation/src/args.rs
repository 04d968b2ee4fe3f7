//! The command line: serve (the default) or print metadata. Nothing is read from the environment. Next: `main`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// The world around Portvagt, simulated for demonstrations.
#[derive(Debug, Parser)]
#[command(name = "demo-federation", version, args_conflicts_with_subcommands = true)]
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
    /// Print the SAML metadata of "NemLog-in (simulated)", to be named in Portvagt's nemlogin.metadata_file.
    Metadata {
        /// Who we are.
        #[command(flatten)]
        identity: Identity,
    },
    /// Print the SAML metadata of "Health record (simulated)", to be registered at Portvagt; its STS client certificate is sts-client.crt.
    ClinicMetadata {
        /// Who we are.
        #[command(flatten)]
        identity: Identity,
    },
}

/// How to serve. The parts of [`Identity`] stand here once more: clap doesn't see an optional group through a second one.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address browsers reach this program at.
    #[arg(long, value_name = "URL")]
    pub base_url: String,
    /// Address browsers reach Portvagt at: the one client of the MitID broker.
    #[arg(long, value_name = "URL", default_value = "http://localhost:8080")]
    pub portvagt: String,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8082")]
    pub listen: SocketAddr,
    /// Folder of keys and certificates, made when missing.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Address and port where "Mailbox (simulated)" takes mails, in clear.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8083")]
    pub smtp: SocketAddr,
    /// Metadata of the service provider that may ask NemLog-in; read anew for each request.
    #[arg(long, value_name = "FILE")]
    pub sp_metadata: Option<PathBuf>,
    /// Portvagt's metadata, for the clinical system and the STS; read anew for each message.
    #[arg(long, value_name = "FILE")]
    pub idp_metadata: Option<PathBuf>,
}

/// Who we are.
#[derive(Debug, Clone, Args)]
pub struct Identity {
    /// Address browsers reach this program at.
    #[arg(long, value_name = "URL")]
    pub base_url: String,
    /// Folder of keys and certificates, made when missing.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}
