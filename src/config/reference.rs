//! The written reference, from the one list: a commented TOML file and `docs/configuration.md`.

use std::fmt::Write;

use super::settings::{LIST, SECTIONS, Setting};

/// The whole configuration as a commented TOML file; every line is off, so that it can be used as it is.
pub fn toml() -> String {
    let mut text = String::from("# Portvagt: every setting with its default. Remove the # of what you change.\n");
    for (section, doc) in SECTIONS {
        _ = write!(text, "\n#{doc}\n[{section}]\n");
        for setting in of(section) {
            let default = if setting.has_default { "" } else { "  # an example; there is no default" };
            _ = write!(text, "\n#{}\n# {} = {}{default}\n", setting.doc, setting.key, setting.literal);
        }
    }
    text
}

/// The same as a page.
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    for (section, doc) in SECTIONS {
        _ = write!(text, "\n## {section}\n\n{}\n\n| setting | kind | default | what it is |\n| --- | --- | --- | --- |\n", doc.trim());
        for setting in of(section) {
            let default = if setting.has_default { format!("`{}`", setting.literal) } else { "none".to_owned() };
            let doc = setting.doc.trim().replace('|', "\\|");
            let example = if setting.has_default { String::new() } else { format!(" Example: `{}`", setting.literal) };
            _ = writeln!(text, "| `{}` | {} | {default} | {doc}{example} |", setting.key, setting.kind);
        }
    }
    text
}

fn of(section: &str) -> impl Iterator<Item = &'static Setting> {
    LIST.iter().filter(move |setting| setting.section == section)
}

const INTRODUCTION: &str = "# Configuration

<!-- Made by `./dev docs` from src/config/settings.rs; do not edit. -->

Portvagt reads one TOML file: the one named by `--config FILE`, else `/etc/portvagt/portvagt.toml`, else `./portvagt.toml`.
Environment variables win over the file: `session.idle` is `PORTVAGT_SESSION_IDLE`; a list is written with commas.
Relative paths in the file start at the file's folder.

Secrets stand in files of their own (`secrets.pepper_file`). The environment can name the file (`PORTVAGT_SECRETS_PEPPER_FILE`) or hold
the secret itself (`PORTVAGT_SECRETS_PEPPER`).

- `portvagt config check` shows each setting with its value and where it came from, and says what is wrong. It ends with an error code when something is.
- `portvagt config reference` prints a whole commented file to start from.

Unknown names are refused, with the nearest right one. Lengths of time are written `45s`, `15m`, `10h` or `400d`.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_toml_and_names_every_setting() {
        let off = toml();
        off.parse::<toml::Table>().unwrap();
        // Also with every example and default switched on.
        let on: String = off
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|rest| LIST.iter().any(|setting| rest.starts_with(&format!("{} = ", setting.key))))
                    .unwrap_or(line)
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let table: toml::Table = on.parse().unwrap();
        for setting in LIST {
            assert!(table.get(setting.section).and_then(|section| section.get(setting.key)).is_some(), "{}", setting.name());
        }
    }

    #[test]
    fn the_page_in_docs_is_up_to_date() {
        let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap_or_default();
        assert!(written == markdown(), "docs/configuration.md is stale; run ./dev docs");
    }
}
