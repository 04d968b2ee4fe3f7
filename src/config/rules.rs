//! The settings as the rules of the floors below: policies, addresses and names that follow from several settings.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use lettre::transport::smtp::authentication::Credentials;
use url::Url;

use super::{settings::Settings, value::MailTls};
use crate::{
    crypto::password::Cost,
    domain::{
        authenticator::{AuthenticatorPolicy, Models},
        invitation::Lifetimes,
        policy::{PasswordPolicy, SessionPolicy, ThrottlePolicy},
        proofing::ProofingPolicy,
    },
    service::{
        ground::Rules,
        notices::{
            delivery::{Office, Patience},
            line::{self, Security},
            post::Postman,
            words::Site,
        },
    },
};

impl Settings {
    /// Demands on new passwords; the organisation's name is always a context word.
    pub fn password_policy(&self) -> PasswordPolicy {
        let own = self.site.organisation.split_whitespace().map(str::to_lowercase);
        let context_words = self.password.context_words.iter().map(|word| word.to_lowercase()).chain(own).chain(["portvagt".to_owned()]);
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        PasswordPolicy {
            min_length: count(self.password.min_length),
            min_length_alone: count(self.password.min_length_alone),
            used_alone: self.password.used_alone,
            context_words: context_words.collect(),
            blocked: self.password.blocked.iter().map(|word| word.to_lowercase()).collect(),
            history: count(self.password.history),
        }
    }

    /// What each sort of authenticator may carry.
    pub fn authenticator_policy(&self) -> AuthenticatorPolicy {
        let levels = &self.authenticators;
        AuthenticatorPolicy {
            attested: levels.attested_level,
            // Whom to believe stands in files; whoever serves reads them.
            models: Models::default(),
            device_bound: levels.device_bound_level,
            synced: levels.synced_level,
            totp: levels.totp_level,
        }
    }

    /// Lifetimes.
    pub fn session_policy(&self) -> SessionPolicy {
        let session = &self.session;
        SessionPolicy {
            idle_seconds: session.idle.seconds,
            absolute_seconds: session.absolute.seconds,
            second_factor_seconds: session.second_factor.seconds,
            flow_seconds: session.flow.seconds,
            fresh_seconds: session.fresh.seconds,
        }
    }

    /// Delays after failures.
    pub fn throttle_policy(&self) -> ThrottlePolicy {
        let throttle = &self.throttle;
        ThrottlePolicy {
            account_failures: throttle.account_failures.into(),
            first_delay_seconds: throttle.first_delay.seconds,
            longest_delay_seconds: throttle.longest_delay.seconds,
            address_failures: throttle.address_failures.into(),
            network_failures: throttle.network_failures.into(),
        }
    }

    /// The database's address: from its file when there is one.
    pub fn storage_url(&self) -> &str {
        self.storage.url_file.as_ref().map_or(&self.storage.url, |secret| secret.expose())
    }

    /// The host of `http.base_url`, without port.
    pub fn host(&self) -> String {
        Url::parse(&self.http.base_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Our SAML entity ID.
    pub fn entity_id(&self) -> String {
        self.saml.entity_id.clone().unwrap_or_else(|| format!("https://saml.{}", self.host()))
    }

    /// Our entity ID as NemLog-in's service provider.
    pub fn nemlogin_entity_id(&self) -> String {
        self.nemlogin.entity_id.clone().unwrap_or_else(|| format!("{}/mitid", self.entity_id()))
    }

    /// The domain passkeys are bound to.
    pub fn rp_id(&self) -> String {
        self.webauthn.rp_id.clone().unwrap_or_else(|| self.host())
    }

    /// The name browsers show beside a passkey.
    pub fn rp_name(&self) -> &str {
        self.webauthn.rp_name.as_ref().unwrap_or(&self.site.organisation)
    }

    /// Cost of password hashes.
    pub fn password_cost(&self) -> Cost {
        let password = &self.password;
        Cost {
            memory_kib: password.memory_kib,
            iterations: password.iterations,
            parallelism: password.parallelism,
            threads: usize::try_from(password.hash_threads).unwrap_or(usize::MAX),
            queue: usize::try_from(password.queue).unwrap_or(usize::MAX),
        }
    }

    /// What is demanded of passwords, logins and failures, as far as it stands in the settings themselves.
    pub fn rules(&self) -> Rules {
        Rules {
            password: self.password_policy(),
            breached: None,
            authenticators: self.authenticator_policy(),
            session: self.session_policy(),
            throttle: self.throttle_policy(),
            proofing: ProofingPolicy {
                ends_with_document: self.proofing.ends_with_document,
                by_command_line: self.proofing.by_command_line,
            },
            lock_after_failures: self.throttle.lock_after.into(),
            activation_seconds: self.activation.lifetime.seconds,
            notices: self.mail.smtp_host.is_some(),
            lifetimes: Lifetimes {
                mail_seconds: self.activation.mail_invitation.seconds,
                letter_seconds: self.activation.letter_invitation.seconds,
                recovery_seconds: self.activation.recovery_code.seconds,
            },
            demonstration: false,
            issuer: self.site.organisation.clone(),
        }
    }

    /// Where mails are handed over, by which address, and how patiently; `None` without a mail server.
    ///
    /// # Errors
    /// A certificate file or port that cannot be used.
    pub fn office(&self) -> anyhow::Result<Option<Office>> {
        let mail = &self.mail;
        let (Some(host), Some(from)) = (&mail.smtp_host, &mail.from) else { return Ok(None) };
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("mail.ca_file: {}", path.display()));
        let further = mail.ca_file.as_ref().map(read).transpose()?;
        let connector = || line::connector(further.as_deref()).context("mail.ca_file: holds no certificates in PEM");
        let postman = Postman {
            host: host.clone(),
            port: u16::try_from(mail.smtp_port).context("mail.smtp_port")?,
            security: match mail.tls {
                MailTls::Starttls => Security::Starttls(connector()?),
                MailTls::Tls => Security::Tls(connector()?),
                MailTls::Plain => Security::Plain,
            },
            hello: mail.hello_name.clone().unwrap_or_else(|| self.host()),
            credentials: match (&mail.username, &mail.password_file) {
                (Some(name), Some(password)) => Some(Credentials::new(name.clone(), password.expose().to_owned())),
                _ => None,
            },
            timeout: Duration::from_secs(mail.timeout.seconds.unsigned_abs()),
        };
        let patience =
            Patience { first_retry: mail.first_retry.seconds, longest_retry: mail.longest_retry.seconds, give_up: mail.give_up.seconds };
        let site = Site { organisation: self.site.organisation.clone(), base_url: self.http.base_url.clone(), contact: self.contact() };
        Ok(Some(Office { postman, site, from: from.clone(), reply_to: mail.reply_to.clone(), host: self.host(), patience }))
    }

    /// Whom to ask for help, in the operator's words; empty when nothing was said.
    pub fn contact(&self) -> String {
        let parts = [self.site.help_text.as_deref(), self.site.contact_email.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}
