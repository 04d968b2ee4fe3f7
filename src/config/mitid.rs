//! What the settings of the roads to MitID mean, and whether they belong together. Called by `check`.

use super::{finding::Finding, settings::Settings};
use crate::{domain::assurance::Level, protocol::saml::sp::question::Profile};

/// Judges them.
pub fn judge(settings: &Settings, findings: &mut Vec<Finding>) {
    let nemlogin = &settings.nemlogin;
    if nemlogin.enabled && nemlogin.metadata_file.is_none() {
        findings.push(Finding::error("nemlogin.metadata_file", "must be set where nemlogin.enabled is true"));
    }
    let pairs = [
        ("nemlogin.signing_key_file", nemlogin.signing_key_file.is_some(), nemlogin.signing_certificate_file.is_some()),
        ("nemlogin.decryption_key_file", nemlogin.decryption_key_file.is_some(), nemlogin.decryption_certificate_file.is_some()),
    ];
    for (name, key, certificate) in pairs {
        if key != certificate {
            findings.push(Finding::error(name, "and its certificate belong together; set both or none"));
        }
    }
    if level(&nemlogin.level).is_none() {
        findings.push(Finding::error("nemlogin.level", "should be \"substantial\" or \"high\""));
    }
    if profile(&nemlogin.profile).is_none() {
        findings.push(Finding::error("nemlogin.profile", "should be \"person\", \"professional\" or \"any\""));
    }
    if nemlogin.enabled && nemlogin.allow_cbc {
        findings
            .push(Finding::warning("nemlogin.allow_cbc", "opens an encryption without integrity of its own; NemLog-in does not need it"));
    }
}

/// The level a road asks for; a proof at level low is none.
pub fn level(word: &str) -> Option<Level> {
    word.parse().ok().filter(|level| *level >= Level::Substantial)
}

/// Whose identity NemLog-in is asked for.
pub fn profile(word: &str) -> Option<Profile> {
    match word {
        "person" => Some(Profile::Person),
        "professional" => Some(Profile::Professional),
        "any" => Some(Profile::Any),
        _ => None,
    }
}
