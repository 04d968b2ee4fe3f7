//! A notice in words: subject, text and HTML in the person's language. What others chose (names, the browser's own words)
//! is reduced to what cannot be read as markup, header or address; links lead to the configured address only, and
//! none of them logs in. The path goes on in `protocol::mail`.

use std::borrow::Cow;

use askama::Template;

use crate::{
    domain::{
        factor::Kind,
        language::Language,
        notice::{Letter, Notice, Suspicion},
    },
    protocol::browser::{self, Browser},
};

/// What is the same in all mails of an installation.
#[derive(Debug, Clone)]
pub struct Site {
    /// The organisation's name.
    pub organisation: String,
    /// The configured address, without a slash at its end.
    pub base_url: String,
    /// Where to ask for help; may be empty.
    pub contact: String,
}

/// A mail's words.
#[derive(Debug, Clone)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// For readers of plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Where an invitation leads.
const ACTIVATION: &str = "/activate";
/// Where everything else leads.
const ACCOUNT: &str = "/account";

#[derive(Debug, Template)]
#[template(path = "mail/notice.html")]
struct Html<'a> {
    language: Language,
    organisation: &'a str,
    subject: &'a str,
    heading: &'a str,
    hello: &'a str,
    text: &'a str,
    facts: &'a [(Cow<'static, str>, String)],
    link: &'a Option<(Cow<'static, str>, String)>,
    type_it: &'a str,
    advice: &'a str,
    contact: &'a Option<String>,
    automatic: &'a str,
    never: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "mail/notice.txt")]
struct Text<'a> {
    hello: &'a str,
    text: &'a str,
    facts: &'a [(Cow<'static, str>, String)],
    link: &'a Option<(Cow<'static, str>, String)>,
    type_it: &'a str,
    advice: &'a str,
    contact: &'a Option<String>,
    automatic: &'a str,
    never: &'a str,
}

/// What a mail says, before it is laid out.
struct Content {
    heading: Cow<'static, str>,
    text: String,
    facts: Vec<(Cow<'static, str>, String)>,
    link: Option<&'static str>,
    advice: Cow<'static, str>,
    /// The key of why it was sent.
    automatic: &'static str,
}

/// The letter in words.
///
/// # Errors
/// When a template does not render; it never should.
pub fn of_letter(site: &Site, letter: &Letter) -> Result<Words, askama::Error> {
    lay_out(site, letter.language, &letter.name, content(site, letter))
}

/// The words of `portvagt mail test`.
///
/// # Errors
/// As [`of_letter`].
pub fn of_test(site: &Site, language: Language) -> Result<Words, askama::Error> {
    let content = Content {
        heading: language.text("mail-test-subject"),
        text: language.text_with("mail-test-text", "organisation", site.organisation.as_str()),
        facts: vec![],
        link: None,
        advice: language.text("mail-questions"),
        automatic: "mail-automatic",
    };
    lay_out(site, language, "", content)
}

fn content(site: &Site, letter: &Letter) -> Content {
    let language = letter.language;
    let (subject, text, advice) = keys(&letter.notice);
    let mut facts = vec![(language.text("mail-when"), language.moment(letter.at))];
    facts.extend(facts_of(language, &letter.notice));
    let (link, automatic) = match letter.notice {
        Notice::Invitation { .. } => (Some(ACTIVATION), "mail-automatic"),
        Notice::Suspicion { .. } => {
            facts.push((language.text("mail-person"), letter.person.to_string()));
            (None, "mail-automatic-security")
        }
        _ => (Some(ACCOUNT), "mail-automatic"),
    };
    Content {
        heading: language.text(subject),
        text: language.text_with(text, "organisation", site.organisation.as_str()),
        facts,
        link,
        advice: language.text(advice),
        automatic,
    }
}

/// The keys of subject, text and advice.
fn keys(notice: &Notice) -> (&'static str, &'static str, &'static str) {
    match notice {
        Notice::Invitation { .. } => ("mail-invitation-subject", "mail-invitation-text", "mail-invitation-advice"),
        Notice::Activated => ("mail-activated-subject", "mail-activated-text", "mail-not-you-lock"),
        Notice::FactorAdded { .. } => ("mail-factor-added-subject", "mail-factor-added-text", "mail-not-you-lock"),
        Notice::FactorRemoved { .. } => ("mail-factor-removed-subject", "mail-factor-removed-text", "mail-not-you-lock"),
        Notice::PasswordChanged => ("mail-password-changed-subject", "mail-password-changed-text", "mail-not-you"),
        Notice::Locked => ("mail-locked-subject", "mail-locked-text", "mail-questions"),
        Notice::Unlocked => ("mail-unlocked-subject", "mail-unlocked-text", "mail-questions"),
        Notice::AddressChanged { .. } => ("mail-address-changed-subject", "mail-address-changed-text", "mail-not-you-lock"),
        Notice::NewDevice { .. } => ("mail-new-device-subject", "mail-new-device-text", "mail-not-you-lock"),
        Notice::RecoveryBegun => ("mail-recovery-begun-subject", "mail-recovery-begun-text", "mail-not-you-lock"),
        Notice::RecoveryDone => ("mail-recovery-done-subject", "mail-recovery-done-text", "mail-not-you"),
        Notice::Suspicion { what, .. } => {
            let text = match what {
                Suspicion::Reported => "mail-suspicion-reported",
                Suspicion::Misuse => "mail-suspicion-misuse",
                Suspicion::Failures => "mail-suspicion-failures",
            };
            ("mail-suspicion-subject", text, "mail-suspicion-advice")
        }
        Notice::ManyFailures => ("mail-many-failures-subject", "mail-many-failures-text", "mail-many-failures-advice"),
    }
}

/// What is told beside the time.
fn facts_of(language: Language, notice: &Notice) -> Vec<(Cow<'static, str>, String)> {
    let fact = |key: &'static str, value: String| (language.text(key), value);
    match notice {
        Notice::Invitation { user_name, code, expires_at } => {
            let user_name = Some(plain(user_name)).filter(|name| !name.is_empty()).map(|name| fact("login-user-name", name));
            let code = [fact("mail-code", plain(code.expose())), fact("mail-until", language.moment(*expires_at))];
            user_name.into_iter().chain(code).collect()
        }
        Notice::FactorAdded { kind, name } | Notice::FactorRemoved { kind, name } => {
            let kind = language.text(match kind {
                Kind::Password => "kind-password",
                Kind::Totp => "kind-totp",
                Kind::Webauthn => "kind-passkey",
                Kind::ActivationCode => "kind-activation",
            });
            let name = Some(plain(name)).filter(|name| !name.is_empty());
            [Some(fact("mail-kind", kind.into_owned())), name.map(|name| fact("mail-factor", name))].into_iter().flatten().collect()
        }
        Notice::Suspicion { incident, .. } => vec![fact("mail-incident", plain(incident))],
        Notice::NewDevice { user_agent } => vec![fact("mail-browser", browser(language, user_agent))],
        _ => vec![],
    }
}

fn lay_out(site: &Site, language: Language, name: &str, content: Content) -> Result<Words, askama::Error> {
    let name = plain(name);
    let hello = match name.as_str() {
        "" => language.text("mail-hello-nobody").into_owned(),
        name => language.text_with("mail-hello", "name", name),
    };
    // A setting may hold anything; a subject is one line.
    let organisation: String = site.organisation.chars().filter(|letter| !letter.is_control()).collect();
    let subject = format!("{organisation}: {}", content.heading);
    let link = content.link.map(|path| {
        let label = if path == ACTIVATION { language.text("mail-open-activation") } else { language.text("mail-open") };
        (label, format!("{}{path}", site.base_url))
    });
    let contact = Some(site.contact.as_str()).filter(|contact| !contact.is_empty());
    let contact = contact.map(|contact| language.text_with("mail-contact", "contact", contact));
    let (type_it, never) = (language.text("mail-type-it"), language.text("mail-never"));
    let automatic = language.text_with(content.automatic, "organisation", organisation.as_str());
    let text = Text {
        hello: &hello,
        text: &content.text,
        facts: &content.facts,
        link: &link,
        type_it: &type_it,
        advice: &content.advice,
        contact: &contact,
        automatic: &automatic,
        never: &never,
    };
    let html = Html {
        language,
        organisation: &organisation,
        subject: &subject,
        heading: &content.heading,
        hello: &hello,
        text: &content.text,
        facts: &content.facts,
        link: &link,
        type_it: &type_it,
        advice: &content.advice,
        contact: &contact,
        automatic: &automatic,
        never: &never,
    };
    Ok(Words { text: text.render()?, html: html.render()?, subject })
}

/// What somebody chose, as words alone: letters, digits, spaces, `-`, `'` and a full stop that ends a word. No mail
/// program makes a link, and no reader an instruction, of what is left. At most 60 characters.
pub fn plain(chosen: &str) -> String {
    let letters: Vec<char> = chosen.chars().take(200).collect();
    let mut words = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let ends_a_word = letters.get(at + 1).is_none_or(|next| next.is_whitespace());
        let stays = letter.is_alphanumeric() || matches!(letter, '-' | '\'' | '’') || (*letter == '.' && ends_a_word);
        words.push(if stays { *letter } else { ' ' });
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(60).collect::<String>().trim().to_owned()
}

/// The browser and system that the browser says it is, if both are known names: nothing else of its words is told.
fn browser(language: Language, user_agent: &str) -> String {
    match browser::read(user_agent) {
        Browser { name: Some(name), system: Some(system) } => language.text_of("mail-browser-on", &[("browser", name), ("system", system)]),
        Browser { name: Some(name), system: None } => name.to_owned(),
        Browser { name: None, .. } => language.text("mail-browser-unknown").into_owned(),
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
