//! What the files named by settings must be: certificates that are valid, secrets that not everybody can read, a folder
//! for the database. Nothing is opened for writing here. Called by `check`.

use std::{collections::BTreeSet, path::Path};

use super::{
    finding::{Finding, Mode},
    settings::Settings,
};
use crate::{
    base::clock::{Clock, SystemClock},
    crypto::breached::Breached,
    protocol::{
        attestation::{Attestation, Demand},
        fido_metadata,
    },
};

/// The words by which a certificate of the demo is known.
pub const DEMO_CERTIFICATE: &str = "Portvagt demo";

/// Judges them.
pub fn judge(settings: &Settings, mode: Mode, findings: &mut Vec<Finding>) {
    certificates(settings, mode, findings);
    breached(settings, findings);
    match believed(settings) {
        Err((name, words)) => findings.push(Finding::error(name, words)),
        // Days written so compare as texts.
        Ok((_, Some(next))) if *next < *SystemClock.now().to_string() => {
            findings.push(Finding::warning("webauthn.metadata_file", format!("is old: a newer list is out since {next}; fetch it")));
        }
        Ok(_) => {}
    }
    permissions(settings, findings);
    folder(settings, findings);
}

/// Whom new keys are believed by, as the settings and the files they name say; or which setting is wrong, and how.
pub fn attestation(settings: &Settings) -> Result<Attestation, (&'static str, String)> {
    believed(settings).map(|(attestation, _)| attestation)
}

/// The same, with the day by which the list of models is to be renewed.
fn believed(settings: &Settings) -> Result<(Attestation, Option<String>), (&'static str, String)> {
    let webauthn = &settings.webauthn;
    let read = |name: &'static str, path: &Path| std::fs::read(path).map_err(|error| (name, unreadable(path, &error)));
    let pem = webauthn.attestation_ca_file.as_deref().map(|path| read("webauthn.attestation_ca_file", path)).transpose()?;
    let listed = match &webauthn.metadata_file {
        Some(path) => {
            let root = read("webauthn.metadata_root_file", &webauthn.metadata_root_file)?;
            let list = fido_metadata::read(&read("webauthn.metadata_file", path)?, &root);
            Some(list.map_err(|error| ("webauthn.metadata_file", format!("names {}: {error}", path.display())))?)
        }
        None => None,
    };
    if webauthn.attestation != Demand::None && pem.is_none() && webauthn.metadata_file.is_none() {
        let words = "asks for what nobody is believed by; set webauthn.attestation_ca_file or webauthn.metadata_file";
        return Err(("webauthn.attestation", words.to_owned()));
    }
    let mut allowed = BTreeSet::new();
    for text in &webauthn.allowed_aaguids {
        let aaguid = text.parse().map_err(|_| ("webauthn.allowed_aaguids", format!("holds {text:?}, which is no AAGUID (a UUID)")))?;
        allowed.insert(aaguid);
    }
    let models = listed.as_ref().map_or(&[][..], |list| &list.models);
    let made = Attestation::new(webauthn.attestation, pem.as_deref(), models, allowed);
    let made = made.map_err(|error| ("webauthn.attestation_ca_file", error.to_string()))?;
    let Some(list) = listed else { return Ok((made, None)) };
    Ok((made.without(list.fallen), Some(list.next_update)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("names {}, which cannot be read: {error}", path.display())
}

fn breached(settings: &Settings, findings: &mut Vec<Finding>) {
    if let Some(path) = &settings.password.breached_file
        && let Err(error) = Breached::open(path)
    {
        findings.push(Finding::error("password.breached_file", format!("names {}: {error}", path.display())));
    }
}

/// SQLite makes its file, not the folder it lies in.
fn folder(settings: &Settings, findings: &mut Vec<Finding>) {
    let Some(path) = settings.storage_url().strip_prefix("sqlite:") else { return };
    let path = Path::new(path.strip_prefix("//").unwrap_or(path));
    if path.is_relative() {
        findings.push(Finding::warning("storage.url", "names no whole path; it starts wherever Portvagt is started"));
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
        findings.push(Finding::error("storage.url", format!("wants its file in {}, a folder that does not exist", parent.display())));
    }
}

fn certificates(settings: &Settings, mode: Mode, findings: &mut Vec<Finding>) {
    let saml = &settings.saml;
    for (name, path) in saml
        .signing_certificate_file
        .iter()
        .map(|path| ("saml.signing_certificate_file", path))
        .chain(saml.bootstrap_signing_certificate_file.iter().map(|path| ("saml.bootstrap_signing_certificate_file", path)))
        .chain(saml.published_certificate_files.iter().map(|path| ("saml.published_certificate_files", path)))
    {
        certificate(name, path, mode, findings);
    }
    let nemlogin = &settings.nemlogin;
    for (name, path) in [
        ("nemlogin.signing_certificate_file", &nemlogin.signing_certificate_file),
        ("nemlogin.decryption_certificate_file", &nemlogin.decryption_certificate_file),
    ] {
        if let Some(path) = path {
            certificate(name, path, mode, findings);
        }
    }
    if let Some(path) = &saml.signing_pkcs12_file
        && let Err(error) = std::fs::metadata(path)
    {
        findings.push(Finding::error("saml.signing_pkcs12_file", format!("names {}, which cannot be read: {error}", path.display())));
    }
}

fn certificate(name: &str, path: &Path, mode: Mode, findings: &mut Vec<Finding>) {
    let pem = match std::fs::read(path) {
        Ok(pem) => pem,
        Err(error) => return findings.push(Finding::error(name, format!("names {}, which cannot be read: {error}", path.display()))),
    };
    let Ok(certificate) = openssl::x509::X509::from_pem(&pem) else {
        return findings.push(Finding::error(name, format!("names {}, which holds no certificate in PEM", path.display())));
    };
    let subject = format!("{:?}", certificate.subject_name());
    if mode != Mode::Demo && subject.contains(DEMO_CERTIFICATE) {
        findings.push(Finding::error(name, "is the demo's certificate; only `portvagt demo` starts with it"));
    }
    // A machine that cannot say what 30 days are says nothing here.
    if let (Ok(now), Ok(soon)) = (openssl::asn1::Asn1Time::days_from_now(0), openssl::asn1::Asn1Time::days_from_now(30)) {
        if certificate.not_after() < now {
            findings.push(Finding::warning(
                name,
                format!("expired on {}; services that look at dates will refuse us", certificate.not_after()),
            ));
        } else if certificate.not_after() < soon {
            findings.push(Finding::warning(name, format!("expires on {}; publish the next certificate now", certificate.not_after())));
        }
    }
}

#[cfg(unix)]
fn permissions(settings: &Settings, findings: &mut Vec<Finding>) {
    use std::os::unix::fs::PermissionsExt;
    let secrets = [
        ("http.tls_key_file", &settings.http.tls_key_file),
        ("storage.url_file", &settings.storage.url_file),
        ("mail.password_file", &settings.mail.password_file),
        ("secrets.master_key_file", &settings.secrets.master_key_file),
        ("secrets.pepper_file", &settings.secrets.pepper_file),
        ("saml.signing_key_file", &settings.saml.signing_key_file),
        ("saml.bootstrap_signing_key_file", &settings.saml.bootstrap_signing_key_file),
        ("saml.signing_passphrase_file", &settings.saml.signing_passphrase_file),
        ("nemlogin.signing_key_file", &settings.nemlogin.signing_key_file),
        ("nemlogin.decryption_key_file", &settings.nemlogin.decryption_key_file),
        ("mitid_broker.private_key_file", &settings.mitid_broker.private_key_file),
        ("mitid_broker.client_secret_file", &settings.mitid_broker.client_secret_file),
    ];
    let paths = secrets.iter().filter_map(|(name, secret)| Some((*name, secret.as_ref()?.path.as_ref()?)));
    for (name, path) in paths.chain(settings.saml.signing_pkcs12_file.iter().map(|path| ("saml.signing_pkcs12_file", path))) {
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0) {
            findings
                .push(Finding::warning(name, format!("names {}, which everybody on this machine can read; chmod 640 it", path.display())));
        }
    }
}

#[cfg(not(unix))]
fn permissions(_settings: &Settings, _findings: &mut Vec<Finding>) {}
