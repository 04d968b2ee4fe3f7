//! The pages as types: each template with exactly what it shows. Escaping is the templates' default.
//! Nothing is decided here. Next: `templates/page/`.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::attributes::Level;
use crate::judge::report::{Check, Result as CheckResult};
use crate::judge::{Facts, Outcome, Verdict};
use crate::messages::date_time;
use crate::party::Party;
use crate::sessions::Farewell;
use crate::texts::Texts;
use crate::xml;

/// The start page: the login form, and the last verdict when there is one.
#[derive(Template)]
#[template(path = "page/start.html")]
pub struct Start<'a> {
    /// Words.
    pub t: &'a Texts,
    /// What the visitor may choose.
    pub choice: Choice<'a>,
    /// The identity provider's entity ID, or why it is unknown.
    pub idp: Result<String, String>,
    /// The last response judged.
    pub shown: Option<Shown<'a>>,
    /// How the last session ended.
    pub farewell: Option<&'a Farewell>,
}

/// The login form.
pub struct Choice<'a> {
    /// The level chosen at first.
    pub level: Level,
    /// Our two service providers.
    pub parties: &'a [Party],
}

/// A verdict made ready for reading.
pub struct Shown<'a> {
    /// The verdict.
    pub verdict: &'a Verdict,
    /// The response, indented.
    pub response_pretty: String,
    /// The assertion, indented.
    pub assertion_pretty: String,
    /// Attributes with the ones that are XML in base64 opened.
    pub attributes: Vec<ShownAttribute<'a>>,
}

/// An attribute made ready for reading.
pub struct ShownAttribute<'a> {
    /// Short name, or the full one when the catalogue doesn't know it.
    pub title: &'a str,
    /// Key of its meaning.
    pub meaning: Option<&'static str>,
    /// Full name.
    pub name: &'a str,
    /// The values.
    pub values: &'a [String],
    /// Indented XML of a value that is base64 of XML.
    pub opened: Option<String>,
}

impl<'a> Shown<'a> {
    /// Prepares `verdict`.
    pub fn new(verdict: &'a Verdict) -> Shown<'a> {
        let attributes = verdict.facts.iter().flat_map(|facts| &facts.attributes);
        Shown {
            verdict,
            response_pretty: if xml::parse(&verdict.response_xml).is_ok() {
                xml::pretty(&verdict.response_xml)
            } else {
                verdict.response_xml.clone()
            },
            assertion_pretty: verdict.assertion_xml.as_deref().map(xml::pretty).unwrap_or_default(),
            attributes: attributes
                .map(|one| ShownAttribute {
                    title: one.short.unwrap_or(&one.name),
                    meaning: one.short,
                    name: &one.name,
                    values: &one.values,
                    opened: one.values.first().and_then(|value| opened(value)),
                })
                .collect(),
        }
    }

    fn accepted(&self) -> Option<&Facts> {
        self.verdict.facts.as_ref().filter(|_| self.verdict.outcome == Outcome::Accepted)
    }

    fn refused(&self) -> bool {
        self.verdict.outcome == Outcome::Refused
    }

    fn judged(&self) -> String {
        date_time(self.verdict.judged)
    }

    fn passed(&self) -> usize {
        self.verdict.checks.iter().filter(|check| check.result == CheckResult::Pass).count()
    }

    fn failures(&self) -> impl Iterator<Item = &Check> {
        self.verdict.checks.iter().filter(|check| check.result == CheckResult::Fail)
    }

    fn second_level(&self) -> &str {
        self.verdict.status.last().map(String::as_str).unwrap_or_default()
    }

    /// The person's name when the assertion carries one, else the organisation's.
    fn greeting(&self) -> &str {
        let named = |title| self.attributes.iter().find(|one| one.title == title).and_then(|one| one.values.first());
        named("fullName").or_else(|| named("orgName")).map(String::as_str).unwrap_or_default()
    }
}

fn opened(value: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    (text.starts_with('<') && xml::parse(&text).is_ok()).then(|| xml::pretty(&text))
}

/// A form that sends itself on to the identity provider (POST binding).
#[derive(Template)]
#[template(path = "page/post.html")]
pub struct Post<'a> {
    /// Words.
    pub t: &'a Texts,
    /// Where to.
    pub action: &'a str,
    /// Parameter name of the message.
    pub parameter: &'a str,
    /// The message in base64.
    pub message: &'a str,
    /// RelayState.
    pub relay_state: Option<&'a str>,
}

/// A message that could not even be judged.
#[derive(Template)]
#[template(path = "page/problem.html")]
pub struct Problem<'a> {
    /// Words.
    pub t: &'a Texts,
    /// `problem-<which>` in the language files.
    pub which: &'a str,
    /// What exactly.
    pub detail: &'a str,
}
