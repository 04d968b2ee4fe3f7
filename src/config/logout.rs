//! Telling services that a login is over: what its settings mean together, and the courier they make. No service is asked
//! anything here.

use std::time::Duration;

use super::{finding::Finding, settings::Settings};
use crate::{protocol::saml::courier::Courier, service::notices::delivery::Patience};

/// Judges them.
pub fn judge(settings: &Settings, findings: &mut Vec<Finding>) {
    let logout = &settings.logout;
    if !(1..=5).contains(&logout.timeout.seconds) {
        findings.push(Finding::error("logout.timeout", "must be from 1 to 5 seconds; somebody may be waiting"));
    }
    if logout.first_retry.seconds < 1 {
        findings.push(Finding::error("logout.first_retry", "must be at least 1 second"));
    }
    if logout.longest_retry.seconds < logout.first_retry.seconds {
        findings.push(Finding::error("logout.longest_retry", "must be at least as long as logout.first_retry"));
    }
    if logout.give_up.seconds < logout.longest_retry.seconds {
        findings.push(Finding::error("logout.give_up", "must be at least as long as logout.longest_retry"));
    }
    if let Err(words) = courier(settings, false) {
        findings.push(Finding::error("logout.ca_file", words));
    }
}

/// The courier of the settings; or what is wrong with the certificates. `here`: whether we are on a developer's machine.
pub fn courier(settings: &Settings, here: bool) -> Result<Courier, String> {
    let pem = settings.logout.ca_file.as_ref().map(|path| {
        let pem = std::fs::read(path).map_err(|error| format!("names {}, which cannot be read: {error}", path.display()))?;
        let holds = openssl::x509::X509::stack_from_pem(&pem).is_ok_and(|certificates| !certificates.is_empty());
        if holds { Ok(pem) } else { Err(format!("names {}, which holds no certificates in PEM", path.display())) }
    });
    let pem = pem.transpose()?;
    let timeout = Duration::from_secs(settings.logout.timeout.seconds.try_into().unwrap_or(5));
    Courier::new(timeout, pem.as_deref(), here).map_err(|error| error.to_string())
}

/// When services that could not be told are tried again.
pub fn patience(settings: &Settings) -> Patience {
    let logout = &settings.logout;
    Patience { first_retry: logout.first_retry.seconds, longest_retry: logout.longest_retry.seconds, give_up: logout.give_up.seconds }
}
