//! The languages of the pages: choice by cookie, then by the browser's wish, then Danish; and the texts themselves.
//!
//! No text stands in Rust: all of it is in `templates/da.ftl` and `templates/en.ftl`, built once at first use.
//! What never happens here: reading a request. Pages ask through `page::Frame`.

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The cookie that keeps a visitor's choice; its value is a tag (`da`, `en`).
pub const COOKIE: &str = "__Host-language";

/// A language the pages exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Danish, the default.
    #[default]
    Da,
    /// English.
    En,
}

static DANISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("da", include_str!("../../templates/da.ftl")));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("en", include_str!("../../templates/en.ftl")));

/// A faulty line loses its own text only; the tests below see to it that there is none.
fn bundle(tag: &str, source: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![tag.parse::<LanguageIdentifier>().unwrap_or_default()]);
    // Isolation marks would be read into attributes and confuse copying; both languages are left-to-right.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

impl Language {
    /// Both, Danish first.
    pub const ALL: [Self; 2] = [Self::Da, Self::En];

    /// The visitor's language: the cookie's value if it is a known tag, else the best of `Accept-Language`
    /// (RFC 9110, 12.5.4), else Danish.
    pub fn choose(cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        cookie.and_then(Self::from_tag).or_else(|| accept_language.and_then(Self::wished)).unwrap_or_default()
    }

    /// The language of a tag such as `da`, `da-DK` or `en`; `None` for any other.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The tag for `lang` attributes and the cookie: `da` or `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }

    /// The other one, which the switch in the page's head offers.
    pub fn other(self) -> Self {
        match self {
            Self::Da => Self::En,
            Self::En => Self::Da,
        }
    }

    /// The text of `key`. An unknown key shows as itself; tests make sure that none is.
    pub fn text(self, key: &str) -> Cow<'static, str> {
        self.format(key, None)
    }

    /// The text of `key` with its variable `name` filled in.
    pub fn text_with<'v>(self, key: &str, name: &'v str, value: impl Into<FluentValue<'v>>) -> String {
        let mut values = FluentArgs::new();
        values.set(name, value);
        self.format(key, Some(&values)).into_owned()
    }

    fn format(self, key: &str, values: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let bundle: &'static FluentBundle<FluentResource> = match self {
            Self::Da => &DANISH,
            Self::En => &ENGLISH,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return Cow::Owned(key.to_owned());
        };
        let mut faults = Vec::new();
        Cow::Owned(bundle.format_pattern(pattern, values, &mut faults).into_owned())
    }

    /// The known language with the highest weight; of two equal ones the first. At most 20 entries are looked at.
    fn wished(accept_language: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for entry in accept_language.split(',').take(20) {
            let mut parts = entry.split(';');
            let Some(language) = Self::from_tag(parts.next().unwrap_or_default().trim()) else {
                continue;
            };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
            let Ok(weight) = weight else { continue };
            if weight > 0.0 && best.is_none_or(|(_, most)| weight > most) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

#[cfg(test)]
#[path = "language_tests.rs"]
mod tests;
