//! The words of the pages, from `texts/da.ftl` and `texts/en.ftl`. Danish is the first language.
//! No other file holds a sentence anyone reads in a browser. Next: `page`.

use std::sync::LazyLock;

use actix_web::{HttpRequest, cookie::Cookie, http::header};
use fluent_bundle::{FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

const DANISH: &str = include_str!("../texts/da.ftl");
const ENGLISH: &str = include_str!("../texts/en.ftl");
/// The cookie that keeps the choice.
pub const COOKIE: &str = "demo-federation-language";

/// One language.
pub struct Texts {
    /// `da` or `en`.
    pub language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

static BOTH: LazyLock<[Texts; 2]> = LazyLock::new(|| [Texts::read("da", DANISH), Texts::read("en", ENGLISH)]);

/// The texts of `language`, Danish unless it is `en`.
pub fn of(language: &str) -> &'static Texts {
    let [danish, english] = &*BOTH;
    if language == "en" { english } else { danish }
}

/// The visitor's language: as they chose, or as their browser asks first.
pub fn asked(request: &HttpRequest) -> &'static Texts {
    if let Some(cookie) = request.cookie(COOKIE).as_ref().map(Cookie::value) {
        return of(cookie);
    }
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    of(header.split([',', ';', '-']).next().unwrap_or_default().trim())
}

impl Texts {
    fn read(language: &'static str, source: &str) -> Texts {
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(read, _)| read);
        let tag: LanguageIdentifier = language.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Texts { language, bundle }
    }

    /// The words for `key`; the key itself when there are none (a test sees to it that there are).
    pub fn get(&self, key: &str) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        self.bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned()
    }

    /// The words for `<kind>-<word>`.
    pub fn of(&self, kind: &str, word: &str) -> String {
        self.get(&format!("{kind}-{word}"))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    fn keys(source: &str) -> BTreeSet<&str> {
        let starts = source.lines().filter(|line| line.starts_with(|letter: char| letter.is_ascii_alphabetic()));
        starts.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_parse() {
        assert_eq!(keys(DANISH), keys(ENGLISH));
        for source in [DANISH, ENGLISH] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
    }

    #[test]
    fn every_key_a_template_names_exists() {
        let known = keys(DANISH);
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                for part in source.split("t.get(\"").skip(1) {
                    let key = part.split('"').next().unwrap();
                    assert!(known.contains(key), "{}: {key}", path.display());
                }
            }
        }
    }
}
