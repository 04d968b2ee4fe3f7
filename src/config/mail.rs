//! What the mail settings mean together: who is written from, by which server, and never in clear except to this machine
//! in the demo. Called by `check`.

use std::net::IpAddr;

use super::{
    finding::{Finding, Mode},
    settings::Settings,
    value::MailTls,
};
use crate::protocol::mail::is_address;

/// Judges them.
pub fn judge(settings: &Settings, mode: Mode, findings: &mut Vec<Finding>) {
    let mail = &settings.mail;
    let mut wrong = |name: &str, words: &str| findings.push(Finding::error(name, words));
    let Some(host) = &mail.smtp_host else {
        if mail.from.is_some() {
            wrong("mail.smtp_host", "must be set beside mail.from; without it no mail is sent");
        } else if mode == Mode::Serve {
            let words = "is not set; nobody is told by mail of changes to their identity";
            findings.push(Finding::warning("mail.smtp_host", words));
        }
        return;
    };
    if !is_host(host) {
        wrong("mail.smtp_host", "is no host name; the port stands in mail.smtp_port");
    }
    if !(1..=65_535).contains(&mail.smtp_port) {
        wrong("mail.smtp_port", "should be a number from 1 to 65535");
    }
    if mail.from.is_none() {
        wrong("mail.from", "must be set beside mail.smtp_host");
    }
    for (name, address) in [("mail.from", &mail.from), ("mail.reply_to", &mail.reply_to)] {
        if address.as_ref().is_some_and(|address| !is_address(address)) {
            wrong(name, "is no e-mail address");
        }
    }
    if mail.hello_name.as_ref().is_some_and(|name| !is_host(name)) {
        wrong("mail.hello_name", "is no host name");
    }
    if mail.username.is_some() != mail.password_file.is_some() {
        wrong("mail.username", "and mail.password_file belong together; set both or none");
    }
    if mail.tls == MailTls::Plain && mode != Mode::Demo {
        wrong("mail.tls", "must be \"starttls\" or \"tls\"; only `portvagt demo` sends in clear");
    }
    if mail.tls == MailTls::Plain && !is_this_machine(host) {
        wrong("mail.tls", "may be \"plain\" only when mail.smtp_host is localhost");
    }
    if mail.tls == MailTls::Starttls && mail.smtp_port == 465 {
        findings.push(Finding::warning(
            "mail.tls",
            "is \"starttls\" on port 465, where servers speak TLS from the first byte; that is \"tls\"",
        ));
    }
    numbers(settings, findings);
    certificates(settings, findings);
}

fn numbers(settings: &Settings, findings: &mut Vec<Finding>) {
    let mail = &settings.mail;
    let mut least = |name: &str, value: i64, least: i64, unit: &str| {
        if value < least {
            findings.push(Finding::error(name, format!("must be at least {least}{unit}")));
        }
    };
    least("mail.rate", mail.rate.into(), 1, "");
    least("mail.timeout", mail.timeout.seconds, 1, " second");
    least("mail.first_retry", mail.first_retry.seconds, 1, " second");
    least("mail.longest_retry", mail.longest_retry.seconds, mail.first_retry.seconds, " seconds, the length of mail.first_retry");
    least("mail.give_up", mail.give_up.seconds, mail.longest_retry.seconds, " seconds, the length of mail.longest_retry");
    least("mail.keep", mail.keep.seconds, 86_400, " seconds, a day");
}

fn certificates(settings: &Settings, findings: &mut Vec<Finding>) {
    let Some(path) = &settings.mail.ca_file else { return };
    let pem = match std::fs::read(path) {
        Ok(pem) => pem,
        Err(error) => {
            return findings.push(Finding::error("mail.ca_file", format!("names {}, which cannot be read: {error}", path.display())));
        }
    };
    if !openssl::x509::X509::stack_from_pem(&pem).is_ok_and(|certificates| !certificates.is_empty()) {
        findings.push(Finding::error("mail.ca_file", format!("names {}, which holds no certificates in PEM", path.display())));
    }
}

fn is_host(text: &str) -> bool {
    let good = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.chars().all(good))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
