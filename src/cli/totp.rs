//! `portvagt totp`: attach an authenticator app for a person, or compute the present code of a secret.

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::{answer::Answer, ask, stand};
use crate::{
    base::clock::{Clock, SystemClock},
    crypto::totp::TotpSecret,
    domain::person::Username,
    service::{ground::Ground, people},
};

/// One-time codes.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Attach an authenticator app; it counts for nothing until its owner proves it. The secret is printed once
    Add {
        /// Whose
        username: Username,
        /// What its owner calls it
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Print the present code of the base32 secret on standard input: for tests and demonstrations
    Code,
}

/// Attaches an authenticator app.
pub async fn add(ground: &Ground, username: &Username, name: &str) -> anyhow::Result<Answer> {
    let secret = TotpSecret::random(ground.random.as_ref());
    let secret = people::add_totp(ground, &stand::operator(), username, name, secret).await?;
    let uri = secret.to_uri(&ground.rules.issuer, username.as_str())?;
    let secret = secret.to_base32();
    let mut words = format!("Secret of '{username}', shown only now: {secret}\nFor an app that reads addresses: {uri}");
    if !ground.rules.demonstration {
        words.push_str(
            "\nIt counts for nothing until its owner, logging in with it, proves who they are: by MitID or a code from the desk.",
        );
    }
    Ok(Answer::new(words, json!({ "username": username, "secret": secret, "uri": uri })))
}

/// The present code.
pub fn code() -> anyhow::Result<Answer> {
    let secret = TotpSecret::from_base32(ask::secret("Secret (base32)")?.expose()).context("standard input")?;
    let now = SystemClock.now().as_second();
    let code = secret.code_at(now)?;
    let left = crate::crypto::totp::STEP_SECONDS - now.rem_euclid(crate::crypto::totp::STEP_SECONDS);
    Ok(Answer::new(format!("{code}  ({left} s left)"), json!({ "code": code, "seconds_left": left })))
}
