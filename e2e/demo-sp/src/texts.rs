//! The words of the pages, from `texts/da.ftl` and `texts/en.ftl`. Danish is the first language.
//! No other file holds a sentence anyone reads in a browser. Next: `pages`.

use std::sync::LazyLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use unic_langid::LanguageIdentifier;

const DANISH: &str = include_str!("../texts/da.ftl");
const ENGLISH: &str = include_str!("../texts/en.ftl");

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

    /// The words for a status code, by the last part of its URN; those of `status-other` when it is unknown.
    pub fn status(&self, code: &str) -> String {
        let key = format!("status-{}", code.rsplit(':').next().unwrap_or_default());
        if self.bundle.has_message(&key) { self.get(&key) } else { self.get("status-other") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::{self, Level};
    use std::collections::BTreeSet;

    fn keys(source: &str) -> BTreeSet<&str> {
        source
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_parse() {
        assert_eq!(keys(DANISH), keys(ENGLISH));
        for source in [DANISH, ENGLISH] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
    }

    #[test]
    fn every_check_attribute_and_level_has_words() {
        let sources = [
            include_str!("judge/envelope.rs"),
            include_str!("judge/proof.rs"),
            include_str!("judge/assertion.rs"),
            include_str!("logout.rs"),
        ];
        let known = keys(DANISH);
        for part in sources.iter().flat_map(|source| source.split(".row(\"").skip(1)) {
            let id = part.split('"').next().unwrap();
            assert!(known.contains(&*format!("check-{id}")), "check-{id}");
        }
        for one in attributes::all() {
            assert!(known.contains(&*format!("attribute-{}", one.short)), "attribute-{}", one.short);
        }
        for level in Level::ALL {
            assert!(known.contains(&*format!("level-{}", level.word())));
        }
    }

    #[test]
    fn every_key_a_template_names_exists() {
        let known = keys(DANISH);
        let templates = [
            include_str!("../templates/page/frame.html"),
            include_str!("../templates/page/start.html"),
            include_str!("../templates/page/form.html"),
            include_str!("../templates/page/verdict.html"),
            include_str!("../templates/page/checks.html"),
            include_str!("../templates/page/post.html"),
            include_str!("../templates/page/problem.html"),
        ];
        for part in templates.iter().flat_map(|source| source.split("t.get(\"").skip(1)) {
            let key = part.split('"').next().unwrap();
            assert!(known.contains(key), "{key}");
        }
    }
}
