//! The languages people are spoken to in, and the texts themselves: of pages and of mails.
//!
//! No text stands in Rust: all of it is in `templates/da.ftl` and `templates/en.ftl`, built once at first use.
//! What never happens here: reading a request. Pages ask through `web::page::Frame`, mails through `service::notices`.

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

/// A language the pages and mails exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// The text of `key` with several variables filled in.
    pub fn text_of(self, key: &str, values: &[(&str, &str)]) -> String {
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect();
        self.format(key, Some(&values)).into_owned()
    }

    /// The day in Denmark: "24. november 2026".
    pub fn day(self, at: Timestamp) -> String {
        let local = local(at);
        let month = self.text(&format!("month-{}", local.month()));
        match self {
            Self::Da => format!("{}. {month} {}", local.day(), local.year()),
            Self::En => format!("{} {month} {}", local.day(), local.year()),
        }
    }

    /// Day, month and time of day in Denmark: "24. november 2026 kl. 14.05".
    pub fn moment(self, at: Timestamp) -> String {
        let (local, day) = (local(at), self.day(at));
        let (hour, minute) = (local.hour(), local.minute());
        match self {
            Self::Da => format!("{day} kl. {hour:02}.{minute:02}"),
            Self::En => format!("{day} at {hour:02}:{minute:02}"),
        }
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

/// Danish time as a rule instead of a database lookup, so that a bare container shows the same.
fn local(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC))
}

#[cfg(test)]
#[path = "language_tests.rs"]
mod tests;
