//! Settings: one list (`settings`) from which file, environment, checks, reference and documentation come.
//! Nothing below this floor reads the environment or a file; rooms are given typed values.
//! The path goes on in `cli`, which loads the settings and hands them to the floors.

/// A sentence about what is wrong.
pub mod finding;
/// Texts, numbers, spans, paths and secrets as they are written in a file or the environment.
pub mod value;
/// All values with where they came from.
pub mod values;
/// The one list.
pub mod settings;
/// Where values come from: defaults, the file, the environment.
pub mod sources;
/// The settings as the rules of the floors below.
pub mod rules;
/// The MitID broker: its settings judged, and made into what the floors below know.
pub mod mitid_broker;
/// What the files they name must be.
pub mod files;
/// What the settings of the roads to MitID mean.
pub mod mitid;
/// What the mail settings mean together.
pub mod mail;
/// Telling services that a login is over.
pub mod logout;
/// What the values mean together: errors and warnings in plain words.
pub mod check;
/// The written reference: TOML and Markdown.
pub mod reference;

use std::path::{Path, PathBuf};

pub use finding::{Finding, Mode};
pub use settings::Settings;

/// Everything known about the configuration after reading it, good or bad.
#[derive(Debug)]
pub struct Explained {
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// Each setting with its value and where it came from, secrets masked.
    pub effective: Vec<sources::Effective>,
    /// What is wrong or worth a thought, errors first.
    pub findings: Vec<Finding>,
    /// The typed settings; absent when a value could not be read.
    pub settings: Option<Settings>,
}

/// The settings cannot be used; each finding says why in a sentence.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|finding| format!("  {finding}")).collect::<Vec<_>>().join("\n"))]
pub struct Refused(pub Vec<Finding>);

/// Reads file and environment and judges the result. `file` is the one named on the command line; without it
/// `/etc/portvagt/portvagt.toml` and then `./portvagt.toml` is taken, if there.
pub fn explain(file: Option<&Path>, environment: &[(String, String)], mode: Mode) -> Explained {
    let file = file.map(Path::to_owned).or_else(|| sources::usual_files().into_iter().find(|path| path.exists()));
    let (values, mut findings) = sources::gather(file.as_deref(), environment);
    // Of a file that cannot be read nothing further is known; what it lacks is not worth a word.
    if file.as_ref().is_some_and(|file| findings.iter().any(|finding| finding.about == file.display().to_string())) {
        return Explained { file, effective: sources::effective(&values), findings, settings: None };
    }
    let settings = match Settings::read(&values) {
        Ok(settings) => {
            findings.extend(check::judge(&settings, mode));
            Some(settings)
        }
        Err(unreadable) => {
            findings.extend(unreadable);
            None
        }
    };
    findings.sort_by_key(|finding| !finding.is_error);
    Explained { file, effective: sources::effective(&values), findings, settings }
}

/// The typed settings with the warnings, or all that is wrong.
pub fn load(file: Option<&Path>, environment: &[(String, String)], mode: Mode) -> Result<(Settings, Vec<Finding>), Refused> {
    let explained = explain(file, environment, mode);
    let (errors, warnings): (Vec<_>, Vec<_>) = explained.findings.into_iter().partition(|finding| finding.is_error);
    match explained.settings {
        Some(settings) if errors.is_empty() => Ok((settings, warnings)),
        _ => Err(Refused(errors)),
    }
}
