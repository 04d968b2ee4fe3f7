//! The conversation with the mail server (RFC 5321), step by step: of each failure it is known whether the server may
//! have taken the mail. Reasons name the step and the server's code, never its words, which may repeat addresses.
//! What never happens here: deciding what a failure means for a mail; `delivery` does.

use std::time::Duration;

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailParameter},
};

use super::line::{self, Security};
use crate::protocol::mail::Sealed;

/// Where mails are handed over, and how.
#[derive(Debug, Clone)]
pub struct Postman {
    /// The server, by the name in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// With TLS, except in demonstrations.
    pub security: Security,
    /// The name we greet with.
    pub hello: String,
    /// Name and password, if the server wants them. Never sent in clear.
    pub credentials: Option<Credentials>,
    /// For each step.
    pub timeout: Duration,
}

/// Whom a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The server as a whole: no other mail would fare better now. It has not taken this one.
    Server,
    /// This mail, for now. The server has not taken it.
    Mail,
    /// This mail, for good. The server has not taken it.
    MailForGood,
    /// The line broke when the server may have taken the mail already.
    Doubt,
}

/// A mail was not handed over, as far as we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// Why, in a few words fit for log and list.
    pub reason: String,
    /// Whom it is about.
    pub blame: Blame,
}

impl Failure {
    fn server(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), blame: Blame::Server }
    }
}

/// A conversation under way.
pub struct Call {
    connection: AsyncSmtpConnection,
    timeout: Duration,
}

/// The wait for the answer after a mail's last byte is this many times as long: the server may be looking at it, and
/// whoever hangs up too early gets it twice (RFC 5321, 4.5.3.2.6).
const LAST_STEP: u32 = 10;

impl Postman {
    /// The longest that handing over one mail can take.
    pub fn longest(&self) -> Duration {
        // Line, greeting, login, sender, recipient, data, and the last step.
        self.timeout * (6 + LAST_STEP)
    }

    /// Calls the server.
    ///
    /// # Errors
    /// [`Failure`] about the server.
    pub async fn call(&self) -> Result<Call, Failure> {
        let hello = ClientId::Domain(self.hello.clone());
        let line = within(self.timeout, line::open(&self.host, self.port, &self.security, &self.hello)).await;
        let line = line.ok_or_else(|| Failure::server("timeout at connection"))?.map_err(|error| Failure::server(error.to_string()))?;
        let greeted = within(self.timeout, AsyncSmtpConnection::connect_with_transport(line, &hello)).await;
        let mut connection =
            greeted.ok_or_else(|| Failure::server("timeout at greeting"))?.map_err(|error| Failure::server(reason("greeting", &error)))?;
        if let (Some(credentials), false) = (&self.credentials, matches!(self.security, Security::Plain)) {
            let known = within(self.timeout, connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials)).await;
            known.ok_or_else(|| Failure::server("timeout at login"))?.map_err(|error| Failure::server(reason("login", &error)))?;
        }
        Ok(Call { connection, timeout: self.timeout })
    }
}

impl Call {
    /// Hands one mail over. After an error the call is of no more use.
    ///
    /// # Errors
    /// [`Failure`], which says whether the server may have taken the mail all the same.
    pub async fn hand_over(&mut self, mail: &Sealed) -> Result<(), Failure> {
        let mut options = Vec::new();
        if mail.envelope.to().iter().chain(mail.envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure { reason: "no_smtputf8".to_owned(), blame: Blame::MailForGood });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.step("sender", Mail::new(mail.envelope.from().cloned(), options)).await?;
        for recipient in mail.envelope.to() {
            self.step("recipient", Rcpt::new(recipient.clone(), vec![])).await?;
        }
        self.step("data", Data).await?;
        match within(self.timeout * LAST_STEP, self.connection.message(&mail.bytes)).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) if error.status().is_some() => Err(judged("message", &error)),
            Some(Err(error)) => Err(Failure { reason: reason("message", &error), blame: Blame::Doubt }),
            None => Err(Failure { reason: "timeout at message".to_owned(), blame: Blame::Doubt }),
        }
    }

    async fn step(&mut self, step: &'static str, command: impl std::fmt::Display) -> Result<(), Failure> {
        match within(self.timeout, self.connection.command(command)).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(judged(step, &error)),
            None => Err(Failure::server(format!("timeout at {step}"))),
        }
    }

    /// Takes leave; whether the server hears it does not matter.
    pub async fn end(mut self) {
        let _ = within(self.timeout, self.connection.quit()).await;
    }
}

async fn within<T>(timeout: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(timeout, work).await.ok()
}

/// What an answer to a step of one mail means. An answer that the sender or our login is not wanted is no fault of the
/// mail: a wrong setting must not kill what waits.
fn judged(step: &'static str, error: &Error) -> Failure {
    let about_mail = error.status().is_some() && step != "sender";
    let blame = match (about_mail, error.is_permanent()) {
        (true, true) => Blame::MailForGood,
        (true, false) => Blame::Mail,
        (false, _) => Blame::Server,
    };
    Failure { reason: reason(step, error), blame }
}

fn reason(step: &str, error: &Error) -> String {
    match error.status() {
        Some(code) => format!("{code} at {step}"),
        None if error.is_client() => format!("not offered at {step}"),
        None => format!("connection at {step}"),
    }
}
