//! Where values come from: defaults, then the TOML file, then `PORTVAGT_...` variables, the later winning.
//! Names that do not exist are errors with the nearest right name, in the file as in the environment.

use std::path::{Path, PathBuf};

use super::{
    finding::Finding,
    settings::{LIST, SECTIONS, Setting},
    value::{Raw, Written},
    values::{Source, Values},
};

/// Variables that are not settings.
const OTHER_VARIABLES: &[&str] = &["PORTVAGT_CONFIG"];

/// One setting as it stands, fit to be shown.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Effective {
    /// `section.key`.
    pub name: String,
    /// The value as TOML; `***` for a secret given in the environment.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

/// Every setting of the list with its value and source.
pub fn effective(values: &Values) -> Vec<Effective> {
    LIST.iter()
        .map(|setting| {
            let name = setting.name();
            let (value, source) = match values.get(&name) {
                Some((raw, source)) if raw.is_content => ("***".to_owned(), source.clone()),
                Some((raw, source)) => (without_password(&raw.written.to_string()), source.clone()),
                None => (String::new(), Source::Unset),
            };
            Effective { name, value, source: source.to_string() }
        })
        .collect()
}

/// The address without the password in it: `postgres://user:***@host/database`.
pub fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // The last @: a password may hold one that nobody encoded.
    match rest.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
        Some((user, host)) => format!("{scheme}://{user}:***@{host}"),
        None => text.to_owned(),
    }
}

/// The files that are looked for when none is named.
pub fn usual_files() -> [PathBuf; 2] {
    [PathBuf::from("/etc/portvagt/portvagt.toml"), PathBuf::from("portvagt.toml")]
}

/// Gathers all values; whatever could not be taken is a finding.
pub fn gather(file: Option<&Path>, environment: &[(String, String)]) -> (Values, Vec<Finding>) {
    let (mut values, mut findings) = (Values::default(), Vec::new());
    for setting in LIST.iter().filter(|setting| setting.has_default) {
        if let Some(written) =
            format!("v = {}", setting.literal).parse::<toml::Table>().ok().and_then(|mut table| written(table.remove("v")?))
        {
            values.set(setting.name(), Raw::new(written, Path::new("")), Source::Default);
        }
    }
    if let Some(file) = file {
        from_file(file, &mut values, &mut findings);
    }
    from_environment(environment, &mut values, &mut findings);
    (values, findings)
}

fn from_file(file: &Path, values: &mut Values, findings: &mut Vec<Finding>) {
    let name = file.display().to_string();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return findings.push(Finding::error(&name, format!("cannot be read: {error}"))),
    };
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => return findings.push(Finding::error(&name, format!("is not TOML: {}", error.to_string().trim_end()))),
    };
    let base = file.parent().unwrap_or(Path::new(""));
    for (section, content) in table {
        let toml::Value::Table(content) = content else {
            findings.push(Finding::error(&section, format!("stands outside a section{}", nearest_setting(&section))));
            continue;
        };
        if !SECTIONS.iter().any(|(known, _)| *known == section) {
            findings.push(Finding::error(
                &format!("[{section}]"),
                format!("is no section{}", nearest(&section, SECTIONS.iter().map(|(known, _)| (*known).to_owned()))),
            ));
            continue;
        }
        for (key, value) in content {
            let name = format!("{section}.{key}");
            match (LIST.iter().find(|setting| setting.name() == name), written(value)) {
                (None, _) => findings.push(Finding::error(&name, format!("is no setting{}", nearest_setting(&name)))),
                (Some(_), None) => findings.push(Finding::error(&name, "should be a text, a whole number, true/false or a list of texts")),
                (Some(_), Some(Written::Text(text))) if name == "storage.url" && without_password(&text) != text => {
                    let words = "holds a password; put the whole address into a file of its own and name that in storage.url_file";
                    findings.push(Finding::error(&name, words));
                }
                (Some(setting), Some(written)) => values.set(setting.name(), Raw::new(written, base), Source::File),
            }
        }
    }
}

fn from_environment(environment: &[(String, String)], values: &mut Values, findings: &mut Vec<Finding>) {
    let ours = environment.iter().filter(|(name, _)| name.starts_with("PORTVAGT_") && !OTHER_VARIABLES.contains(&name.as_str()));
    for (name, text) in ours {
        if text.contains(char::REPLACEMENT_CHARACTER) {
            findings.push(Finding::error(name, "is not UTF-8"));
            continue;
        }
        let written = Written::Text(text.clone());
        let source = Source::Variable(name.clone());
        let by_content = LIST.iter().find(|setting| setting.content_variable().as_ref() == Some(name));
        // `PORTVAGT_STORAGE_URL` is a setting of its own as well as the content of `url_file`: the setting wins.
        if let Some(setting) = LIST.iter().find(|setting| setting.variable() == *name) {
            values.set(setting.name(), Raw::new(written, Path::new("")), source);
        } else if let Some(setting) = by_content {
            values.set(setting.name(), Raw { is_content: true, ..Raw::new(written, Path::new("")) }, source);
        } else {
            let all = LIST.iter().flat_map(|setting| [Some(setting.variable()), setting.content_variable()]).flatten();
            findings.push(Finding::error(name, format!("is no setting{}", nearest(name, all))));
        }
    }
}

fn nearest_setting(name: &str) -> String {
    let by_name = nearest(name, LIST.iter().map(Setting::name));
    if !by_name.is_empty() {
        return by_name;
    }
    // A right key in the wrong section.
    let key = name.rsplit('.').next().unwrap_or(name);
    LIST.iter().find(|setting| setting.key == key).map(|setting| format!("; did you mean {}?", setting.name())).unwrap_or_default()
}

fn nearest(name: &str, known: impl Iterator<Item = String>) -> String {
    let best = known.map(|known| (strsim::jaro_winkler(name, &known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.85).map(|(_, known)| format!("; did you mean {known}?")).unwrap_or_default()
}

fn written(value: toml::Value) -> Option<Written> {
    match value {
        toml::Value::String(text) => Some(Written::Text(text)),
        toml::Value::Integer(number) => Some(Written::Number(number)),
        toml::Value::Boolean(flag) => Some(Written::Flag(flag)),
        toml::Value::Array(list) => list.into_iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().map(Written::List),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(file: &str, environment: &[(&str, &str)]) -> (Values, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portvagt.toml");
        std::fs::write(&path, file).unwrap();
        let environment: Vec<_> = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (values, findings) = gather(Some(&path), &environment);
        (values, findings.iter().map(ToString::to_string).collect())
    }

    fn shown(values: &Values, name: &str) -> (String, String) {
        let effective = effective(values).into_iter().find(|effective| effective.name == name).unwrap();
        (effective.value, effective.source)
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let (values, findings) = gathered("[session]\nidle = \"2h\"\nflow = \"5m\"\n", &[("PORTVAGT_SESSION_FLOW", "6m"), ("HOME", "/")]);
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(shown(&values, "session.absolute"), ("\"10h\"".into(), "default".into()));
        assert_eq!(shown(&values, "session.idle"), ("\"2h\"".into(), "file".into()));
        assert_eq!(shown(&values, "session.flow"), ("\"6m\"".into(), "PORTVAGT_SESSION_FLOW".into()));
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest_right_one() {
        let file = "verbose = true\n[htp]\nbind = \"x\"\n[http]\nbase_ulr = \"x\"\nretention = \"1d\"\n";
        let (_, findings) = gathered(file, &[("PORTVAGT_HTTP_BASE_ULR", "x"), ("PORTVAGT_SECRETS_PEPER", "x")]);
        let all = findings.join("\n");
        for expected in [
            "http.base_ulr is no setting; did you mean http.base_url?",
            "did you mean http?",
            "did you mean PORTVAGT_HTTP_BASE_URL?",
            "did you mean PORTVAGT_SECRETS_PEPPER?",
            "verbose stands outside a section",
            "http.retention is no setting; did you mean audit.retention?",
        ] {
            assert!(all.contains(expected), "{expected} not in\n{all}");
        }
    }

    #[test]
    fn a_password_does_not_stand_in_the_file() {
        let (_, findings) = gathered("[storage]\nurl = \"postgres://pv:hunter2@db/pv\"\n", &[]);
        assert!(
            matches!(findings.as_slice(), [only] if only.starts_with("error: storage.url holds a password") && !only.contains("hunter2"))
        );
        assert_eq!(gathered("[storage]\nurl = \"postgres://pv@db/pv\"\n", &[]).1, Vec::<String>::new());
    }

    #[test]
    fn a_variable_that_is_no_text_is_refused() {
        let (_, findings) = gathered("", &[("PORTVAGT_SITE_ORGANISATION", "\u{fffd}r\u{fffd}")]);
        assert_eq!(findings, ["error: PORTVAGT_SITE_ORGANISATION is not UTF-8"]);
    }

    #[test]
    fn secrets_and_passwords_are_masked() {
        let address = ("PORTVAGT_STORAGE_URL", "postgres://pv:hunter2@db/pv");
        let (values, _) = gathered("", &[address, ("PORTVAGT_SECRETS_PEPPER", "hunter2")]);
        assert!(!format!("{:?}", effective(&values)).contains("hunter2"));
        assert_eq!(shown(&values, "storage.url").0, "\"postgres://pv:***@db/pv\"");
        assert_eq!(shown(&values, "secrets.pepper_file"), ("***".into(), "PORTVAGT_SECRETS_PEPPER".into()));
    }
}
