//! What settings mean together, in plain words: errors that keep the server from starting, and warnings.
//! A secret that was printed somewhere (all zeros, "changeme", the demo's) never starts a server outside the demo.

use base64::{Engine, engine::general_purpose::STANDARD};
use url::{Host, Url};

use super::{
    files,
    finding::{Finding, Mode},
    logout, mail, mitid, mitid_broker,
    settings::Settings,
    value::Confidential,
};
use crate::domain::assurance::Level;
use crate::domain::policy::{LONGEST_LEAST, MOST_HISTORY};

/// What the demo's secrets are made of; known to everybody, hence refused elsewhere.
const DEMO_SEED: &str = "Portvagt demo, known to everybody: ";

/// A secret of the demo: 32 bytes in base64, the same everywhere.
pub fn demo_secret(purpose: &str) -> String {
    STANDARD.encode(openssl::sha::sha256(format!("{DEMO_SEED}{purpose}").as_bytes()))
}

/// The 32 bytes a key file holds in base64.
pub fn key_bytes(key: &Confidential) -> Option<[u8; 32]> {
    STANDARD.decode(key.expose()).ok()?.try_into().ok()
}

/// Judges the settings together.
pub fn judge(settings: &Settings, mode: Mode) -> Vec<Finding> {
    let mut findings = Vec::new();
    address(settings, mode, &mut findings);
    keys(settings, mode, &mut findings);
    numbers(settings, &mut findings);
    saml(settings, mode, &mut findings);
    mitid::judge(settings, &mut findings);
    texts(settings, &mut findings);
    mail::judge(settings, mode, &mut findings);
    logout::judge(settings, &mut findings);
    mitid_broker::judge(settings, &mut findings);
    files::judge(settings, mode, &mut findings);
    if mode == Mode::Act {
        findings.retain(|finding| !finding.is_error);
    }
    findings
}

/// Whether plain http is safe there: the browser and we are on the same machine.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn address(settings: &Settings, mode: Mode, findings: &mut Vec<Finding>) {
    let http = &settings.http;
    match Url::parse(&http.base_url) {
        Err(_) => findings.push(Finding::error("http.base_url", "is no address; it should look like https://login.kommune.dk")),
        Ok(url) if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) => {
            findings.push(Finding::error("http.base_url", "must begin with https; http is only for localhost"));
        }
        Ok(url) if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || http.base_url.ends_with('/') => {
            findings.push(Finding::error(
                "http.base_url",
                "should end after host and port: Portvagt wants a host name of its own, not a folder of one",
            ));
        }
        Ok(url) => {
            if mode == Mode::Serve && is_this_machine(&url) {
                findings.push(Finding::warning("http.base_url", "is this machine itself; browsers elsewhere cannot log in"));
            }
            let proxied = http.tls_certificate_file.is_none() && url.scheme() == "https";
            if proxied && http.trusted_proxies.is_empty() {
                findings.push(Finding::warning("http.trusted_proxies", "is empty though somebody else speaks TLS for us; every visitor will seem to come from the proxy and be throttled together"));
            }
            if proxied && !http.bind.ip().is_loopback() {
                findings.push(Finding::warning("http.bind", "takes plain http from other machines; make sure only the proxy can reach it"));
            }
        }
    }
    if http.tls_certificate_file.is_some() && http.base_url.starts_with("http:") {
        findings.push(Finding::error("http.base_url", "must begin with https when http.tls_certificate_file is set"));
    }
    if http.tls_certificate_file.is_some() != http.tls_key_file.is_some() {
        findings.push(Finding::error("http.tls_certificate_file", "and http.tls_key_file belong together; set both or none"));
    }
    for proxy in &http.trusted_proxies {
        if !is_network(proxy) {
            findings.push(Finding::error(
                "http.trusted_proxies",
                format!("holds {proxy:?}, which is neither an IP address nor a network such as 10.0.0.0/8"),
            ));
        }
    }
    let url = settings.storage_url();
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        findings.push(Finding::error("storage.url", "should begin with sqlite: or postgres://"));
    }
    if settings.storage.connections == 0 {
        findings.push(Finding::error("storage.connections", "must be at least 1"));
    }
}

fn is_network(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest))
}

fn keys(settings: &Settings, mode: Mode, findings: &mut Vec<Finding>) {
    let secrets = [
        ("secrets.master_key_file", "master-key", &settings.secrets.master_key_file),
        ("secrets.pepper_file", "pepper", &settings.secrets.pepper_file),
    ];
    for (name, purpose, secret) in secrets {
        match secret {
            None => findings.push(Finding::error(name, format!("must be set; make one with: portvagt keys generate {purpose} --out FILE"))),
            Some(secret) if is_printed_somewhere(secret.expose()) => {
                findings.push(Finding::error(name, "holds an example value that everybody knows"))
            }
            Some(secret) if mode != Mode::Demo && secret.expose() == demo_secret(purpose) => {
                findings.push(Finding::error(name, "holds the demo's secret, which everybody knows; only `portvagt demo` starts with it"));
            }
            Some(secret) if key_bytes(secret).is_none() => {
                findings.push(Finding::error(name, "should hold 32 bytes in base64 (44 characters)"))
            }
            Some(_) => {}
        }
    }
    if let (Some(master), Some(pepper)) = (&settings.secrets.master_key_file, &settings.secrets.pepper_file)
        && master.expose() == pepper.expose()
    {
        findings.push(Finding::error("secrets.pepper_file", "holds the same bytes as secrets.master_key_file; they must differ"));
    }
}

/// Examples from documentation, one byte over and over, and words.
fn is_printed_somewhere(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = ["changeme", "change-me", "secret", "example", "password", "insecure", "default"].iter().any(|word| lower.starts_with(word));
    let bytes = STANDARD.decode(text).unwrap_or_default();
    let first = bytes.first();
    word || (!bytes.is_empty() && bytes.iter().all(|byte| Some(byte) == first))
}

fn numbers(settings: &Settings, findings: &mut Vec<Finding>) {
    let password = &settings.password;
    let mut least = |name: &str, value: i64, least: i64, why: &str| {
        if value < least {
            findings.push(Finding::error(name, format!("must be at least {least}{why}")));
        }
    };
    least("password.min_length", password.min_length.into(), 8, "");
    least("password.min_length_alone", password.min_length_alone.into(), password.min_length.into(), ", the number of password.min_length");
    least("password.memory_kib", password.memory_kib.into(), 19_456, " (19 MiB)");
    least("password.iterations", password.iterations.into(), 2, "");
    least("password.parallelism", password.parallelism.into(), 1, "");
    least("password.queue", password.queue.into(), 1, "");
    least("session.idle", settings.session.idle.seconds, 60, " seconds");
    least("session.flow", settings.session.flow.seconds, 60, " seconds");
    least("session.fresh", settings.session.fresh.seconds, 60, " seconds");
    least("session.second_factor", settings.session.second_factor.seconds, 60, " seconds");
    least("session.absolute", settings.session.absolute.seconds, settings.session.idle.seconds, " seconds, the length of session.idle");
    least("throttle.account_failures", settings.throttle.account_failures.into(), 1, "");
    least("throttle.first_delay", settings.throttle.first_delay.seconds, 1, " second");
    least(
        "throttle.longest_delay",
        settings.throttle.longest_delay.seconds,
        settings.throttle.first_delay.seconds,
        " seconds, the length of throttle.first_delay",
    );
    least("throttle.address_failures", settings.throttle.address_failures.into(), 1, "");
    least("throttle.network_failures", settings.throttle.network_failures.into(), 1, "");
    least("activation.lifetime", settings.activation.lifetime.seconds, 300, " seconds");
    least("saml.assertion_lifetime", settings.saml.assertion_lifetime.seconds, 30, " seconds");
    least(
        "saml.conditions_lifetime",
        settings.saml.conditions_lifetime.seconds,
        settings.saml.assertion_lifetime.seconds,
        " seconds, the length of saml.assertion_lifetime",
    );
    if settings.session.absolute.seconds > 24 * 3_600 {
        findings.push(Finding::warning("session.absolute", "is longer than a day; a working day is enough"));
    }
    if settings.saml.assertion_lifetime.seconds > 300 {
        findings.push(Finding::warning("saml.assertion_lifetime", "is longer than 5 minutes; a stolen response is worth more"));
    }
    if settings.saml.clock_skew.seconds > 300 {
        findings.push(Finding::error("saml.clock_skew", "must be at most 300 seconds; keep the clocks right instead"));
    }
    if settings.activation.lifetime.seconds > 7 * 86_400 {
        findings.push(Finding::warning("activation.lifetime", "is longer than a week"));
    }
    if settings.audit.retention.seconds < 395 * 86_400 {
        findings.push(Finding::warning("audit.retention", "is shorter than 13 months"));
    }
    let levels = &settings.authenticators;
    let bounded = [
        ("authenticators.device_bound_level", levels.device_bound_level),
        ("authenticators.synced_level", levels.synced_level),
        ("authenticators.totp_level", levels.totp_level),
    ];
    for (name, level) in bounded {
        if level > Level::Substantial {
            findings.push(Finding::error(name, "must be at most substantial: nobody vouches for it, or it can be copied"));
        }
    }
    let over = |number: u32, most: usize| usize::try_from(number).is_ok_and(|number| number > most);
    for (name, length) in
        [("password.min_length", settings.password.min_length), ("password.min_length_alone", settings.password.min_length_alone)]
    {
        if over(length, LONGEST_LEAST) {
            findings.push(Finding::error(name, format!("must be at most {LONGEST_LEAST}; a passphrase of that length must do")));
        }
    }
    if over(settings.password.history, MOST_HISTORY) {
        findings.push(Finding::error("password.history", format!("must be at most {MOST_HISTORY}; each costs a hash at every change")));
    }
    if settings.password.min_length < 12 {
        findings.push(Finding::warning("password.min_length", "is under 12"));
    }
}

fn saml(settings: &Settings, mode: Mode, findings: &mut Vec<Finding>) {
    let saml = &settings.saml;
    let entity_id = settings.entity_id();
    if entity_id.chars().count() > 256 {
        findings.push(Finding::error("saml.entity_id", "is longer than 256 characters"));
    }
    if mode != Mode::Demo && !["https://saml", "http://saml"].iter().any(|start| entity_id.starts_with(start)) {
        findings.push(Finding::warning(
            "saml.entity_id",
            "does not begin with https://saml or http://saml, as OIO-GE-03 wants for new entities",
        ));
    }
    let pair = saml.signing_key_file.is_some() && saml.signing_certificate_file.is_some();
    let half = saml.signing_key_file.is_some() != saml.signing_certificate_file.is_some();
    match (pair, half, &saml.signing_pkcs12_file) {
        (_, true, _) => {
            findings.push(Finding::error("saml.signing_key_file", "and saml.signing_certificate_file belong together; set both"))
        }
        (true, _, Some(_)) => {
            findings.push(Finding::error("saml.signing_pkcs12_file", "is set beside saml.signing_key_file; keep one of them"))
        }
        (false, false, None) => findings.push(Finding::error(
            "saml.signing_key_file",
            "must be set, with saml.signing_certificate_file (or saml.signing_pkcs12_file alone)",
        )),
        _ => {}
    }
    if saml.bootstrap_signing_key_file.is_some() != saml.bootstrap_signing_certificate_file.is_some() {
        findings.push(Finding::error(
            "saml.bootstrap_signing_key_file",
            "and saml.bootstrap_signing_certificate_file belong together; set both",
        ));
    }
}

/// What a text must look like to mean something.
fn texts(settings: &Settings, findings: &mut Vec<Finding>) {
    let addresses = [("site.contact_email", &settings.site.contact_email), ("saml.contact_email", &settings.saml.contact_email)];
    for (name, address) in addresses {
        if address.as_ref().is_some_and(|address| !address.contains('@') || address.contains(char::is_whitespace)) {
            findings.push(Finding::error(name, "is no e-mail address"));
        }
    }
    // A single misspelt word would be taken for the name of a part of the program, and nothing would be logged.
    let is_level = |part: &str| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level).trim();
        ["error", "warn", "info", "debug", "trace", "off"].iter().any(|known| level.eq_ignore_ascii_case(known))
    };
    if let Some(part) = settings.log.level.split(',').find(|part| !is_level(part)) {
        let words = format!("holds {part:?}; use error, warn, info, debug or trace, or a filter such as \"info,sqlx=warn\"");
        findings.push(Finding::error("log.level", words));
    }
    let (host, domain) = (settings.host(), settings.rp_id());
    if host != domain && !host.ends_with(&format!(".{domain}")) {
        let words = format!("must be the host of http.base_url ({host}) or a domain above it; passkeys work nowhere else");
        findings.push(Finding::error("webauthn.rp_id", words));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config;

    /// What is found with these lines instead of the good ones of a complete configuration.
    fn found(changes: &[(&str, &str)], mode: Mode) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let secret = |name: &str, content: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        secret("master", STANDARD.encode((0u8..32).collect::<Vec<_>>()));
        secret("pepper", STANDARD.encode((1u8..33).collect::<Vec<_>>()));
        secret("zero", STANDARD.encode([0u8; 32]));
        secret("demo", demo_secret("master-key"));
        secret("word", "changeme".into());
        secret("key", "a key".into());
        std::fs::write(folder.path().join("open"), STANDARD.encode((2u8..34).collect::<Vec<_>>())).unwrap();
        std::fs::set_permissions(folder.path().join("open"), std::fs::Permissions::from_mode(0o644)).unwrap();
        let mut table: toml::Table = "[http]\nbase_url = \"https://login.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n[storage]\nurl = \"sqlite:/portvagt.db\"\n[secrets]\nmaster_key_file = \"master\"\npepper_file = \"pepper\"\n[saml]\nsigning_pkcs12_file = \"key\"\n[mail]\nsmtp_host = \"smtp.example\"\nfrom = \"login@example.dk\"\n".parse().unwrap();
        for (name, literal) in changes {
            let (section, key) = name.split_once('.').unwrap();
            let value: toml::Table = format!("v = {literal}").parse().unwrap();
            let section = table.entry(section).or_insert_with(|| toml::Table::new().into()).as_table_mut().unwrap();
            section.insert(key.to_owned(), value["v"].clone());
        }
        let file = folder.path().join("portvagt.toml");
        std::fs::write(&file, table.to_string()).unwrap();
        config::explain(Some(&file), &[], mode).findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_complete_configuration_has_no_findings() {
        assert_eq!(found(&[], Mode::Serve), Vec::<String>::new());
        assert_eq!(found(&[("webauthn.rp_id", "\"example\""), ("log.level", "\"info,sqlx=warn\"")], Mode::Serve), Vec::<String>::new());
    }

    #[test]
    fn known_secrets_never_serve_outside_the_demo() {
        for bad in ["zero", "word", "demo"] {
            let findings = found(&[("secrets.master_key_file", &format!("{bad:?}"))], Mode::Serve);
            assert!(findings.iter().any(|finding| finding.starts_with("error: secrets.master_key_file")), "{bad}: {findings:?}");
        }
        assert_eq!(found(&[("secrets.master_key_file", "\"demo\"")], Mode::Demo), Vec::<String>::new());
        assert!(!found(&[("secrets.master_key_file", "\"zero\"")], Mode::Demo).is_empty());
        assert_eq!(found(&[("secrets.pepper_file", "\"master\"")], Mode::Serve).len(), 1);
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (url, good) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://login.example", false),
            ("http://localhost.example", false),
            ("https://login.example/", false),
            ("https://login.example/idp", false),
            ("login.example", false),
        ] {
            assert_eq!(
                !found(&[("http.base_url", &format!("{url:?}"))], Mode::Serve).iter().any(|finding| finding.starts_with("error")),
                good,
                "{url}"
            );
        }
    }

    #[test]
    fn a_list_of_models_is_one_and_its_root_is_a_certificate() {
        let with = |list: &str, root: &str| found(&[("webauthn.metadata_file", list), ("webauthn.metadata_root_file", root)], Mode::Serve);
        assert!(with("\"master\"", "\"key\"").iter().any(|finding| finding.contains("no FIDO metadata")));
        assert!(with("\"missing\"", "\"key\"").iter().any(|finding| finding.contains("cannot be read")));
        assert!(with("\"master\"", "\"missing\"").iter().any(|finding| finding.contains("webauthn.metadata_root_file")));
    }

    #[test]
    fn each_mistake_is_named() {
        for (name, literal, word) in [
            ("saml.entity_id", "\"https://login.example/saml\"", "OIO-GE-03"),
            ("http.trusted_proxies", "[\"10.0.0.0/33\"]", "neither an IP address"),
            ("http.trusted_proxies", "[]", "somebody else speaks TLS"),
            ("password.memory_kib", "1024", "at least 19456"),
            ("authenticators.totp_level", "\"high\"", "at most substantial"),
            ("authenticators.attested_level", "\"very high\"", "should be"),
            ("webauthn.attestation", "\"asked\"", "nobody is believed by"),
            ("webauthn.attestation_ca_file", "\"master\"", "no certificate in PEM"),
            ("webauthn.allowed_aaguids", "[\"x\"]", "no AAGUID"),
            ("password.history", "25", "at most 24"),
            ("password.min_length", "65", "at most 64"),
            ("password.min_length_alone", "11", "at least 12"),
            ("password.breached_file", "\"master\"", "no line of 40 hexadecimal digits"),
            ("password.breached_file", "\"missing\"", "cannot be read"),
            ("session.idle", "\"1 hour\"", "length of time"),
            ("session.absolute", "\"30m\"", "session.idle"),
            ("storage.url", "\"mysql://x\"", "sqlite:"),
            ("secrets.pepper_file", "\"open\"", "chmod 640"),
            ("secrets.pepper_file", "\"missing\"", "cannot be read"),
            ("http.tls_certificate_file", "\"x\"", "belong together"),
            ("saml.signing_certificate_file", "\"key\"", "belong together"),
            ("log.level", "\"verbose\"", "use error, warn"),
            ("log.level", "\"info,sqlx=loud\"", "sqlx=loud"),
            ("site.contact_email", "\"the desk\"", "no e-mail address"),
            ("webauthn.rp_id", "\"other.example\"", "passkeys work nowhere else"),
            ("webauthn.rp_id", "\"gin.example\"", "passkeys work nowhere else"),
            ("mail.from", "\"nobody\"", "no e-mail address"),
            ("mail.reply_to", "\"a@b.dk, c@d.dk\"", "no e-mail address"),
            ("mail.smtp_host", "\"smtp.example:25\"", "mail.smtp_port"),
            ("mail.smtp_port", "0", "1 to 65535"),
            ("mail.hello_name", "\"a b\"", "no host name"),
            ("mail.username", "\"portvagt\"", "belong together"),
            ("mail.tls", "\"plain\"", "only `portvagt demo` sends in clear"),
            ("mail.tls", "\"plain\"", "only when mail.smtp_host is localhost"),
            ("mail.tls", "\"none\"", "\"starttls\" or \"tls\""),
            ("mail.rate", "0", "at least 1"),
            ("mail.give_up", "\"1m\"", "mail.longest_retry"),
            ("mail.ca_file", "\"missing\"", "cannot be read"),
            ("mail.ca_file", "\"pepper\"", "no certificates in PEM"),
            ("storage.url", "\"sqlite:portvagt.db\"", "no whole path"),
            ("storage.url", "\"sqlite:/nowhere/at/all/portvagt.db\"", "does not exist"),
        ] {
            let findings = found(&[(name, literal)], Mode::Serve);
            assert!(findings.iter().any(|finding| finding.contains(word)), "{name} = {literal}: {findings:?}");
        }
    }
}
