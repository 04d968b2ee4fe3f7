//! The pages of the registrant's desk. A handed-over code is shown once, on a page that no cache may store; a CPR number
//! only masked.

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::{
        assurance::Level,
        mitid::Why,
        proofing::{Checked, Document, DocumentKind},
    },
    web::page::Frame,
};

/// One person in a list.
#[derive(Debug)]
pub struct Row {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub user_name: String,
}

/// A proofing that waits for a second person.
#[derive(Debug)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// Whose identity.
    pub name: String,
    /// The level it would prove.
    pub level: Option<Level>,
    /// What was seen.
    pub evidence: String,
    /// When.
    pub at: Timestamp,
}

/// A code that waits for a second registrant.
#[derive(Debug)]
pub struct WaitingCode {
    /// Its id; it opens nothing.
    pub id: String,
    /// Whose it will be.
    pub name: String,
    /// What it is for.
    pub why: Why,
    /// The most that what is enrolled with it may carry.
    pub level: Option<Level>,
    /// The document that was seen.
    pub document: Option<Document>,
    /// What was seen, in words.
    pub evidence: String,
    /// Until when it can be released.
    pub until: Timestamp,
}

/// What was done before this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A record was approved.
    Approved,
    /// A record was turned down.
    Refused,
    /// A code was released.
    Released,
    /// A code was made void.
    Withdrawn,
}

impl Done {
    /// The key of the text.
    fn key(self) -> &'static str {
        match self {
            Self::Approved => "desk-approved",
            Self::Refused => "desk-turned-down",
            Self::Released => "desk-released",
            Self::Withdrawn => "desk-withdrawn",
        }
    }
}

/// `GET /desk`: find somebody (posts `query` to `/desk/find`), and what waits (posts to `/desk/approve`, `/desk/refuse`;
/// codes to `/desk/release`, `/desk/withdraw`).
#[derive(Debug, Template)]
#[template(path = "desk/front.html")]
pub struct Front {
    /// The page around.
    pub frame: Frame,
    /// What waits for a second person.
    pub waiting: Vec<Waiting>,
    /// Codes that wait for a second registrant.
    pub codes: Vec<WaitingCode>,
    /// What was just done.
    pub done: Option<Done>,
}

impl Front {
    fn what_for(&self, why: &Why) -> String {
        self.frame.t(&format!("desk-why-{}", why.as_str())).into_owned()
    }

    fn seen(&self, document: &Document) -> String {
        let kind = self.frame.t(&format!("document-{}", document.kind.as_str())).into_owned();
        let checked = self.frame.t(&format!("checked-{}", document.checked.as_str()));
        format!("{kind}, {}. {checked}.", document.issuer)
    }
}

/// Who was found.
#[derive(Debug, Template)]
#[template(path = "desk/found.html")]
pub struct Found {
    /// The page around.
    pub frame: Frame,
    /// They.
    pub rows: Vec<Row>,
}

/// A proofing on record.
#[derive(Debug)]
pub struct Proof {
    /// The key of its method.
    pub method: &'static str,
    /// The level.
    pub level: Option<Level>,
    /// The key of where it stands.
    pub state: &'static str,
    /// When.
    pub at: Timestamp,
}

/// What is wrong with a form: the key of the text.
pub type Flaw = &'static str;

/// One person: what is known, and what may be done for them.
#[derive(Debug, Template)]
#[template(path = "desk/person.html")]
pub struct Person {
    /// The page around.
    pub frame: Frame,
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub user_name: String,
    /// Masked.
    pub cpr: Option<String>,
    /// User names of the same human's other accounts here.
    pub twins: Vec<String>,
    /// The level their identity is proved at.
    pub level: Option<Level>,
    /// Their proofings, newest first.
    pub proofs: Vec<Proof>,
    /// How many second factors they have.
    pub factors: usize,
    /// Whether they may log in.
    pub may_log_in: bool,
    /// A proofing was just recorded: whether it waits for a second person.
    pub recorded: Option<bool>,
}

/// What a registrant does for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Records that the person and their document were seen.
    Proofing,
    /// Takes an earlier check over.
    Earlier,
    /// Hands over the code of a first login.
    Activation,
    /// Hands over the code of a recovery.
    Recovery,
}

impl Act {
    /// Where its form is, and goes to.
    pub fn path(self) -> &'static str {
        match self {
            Self::Proofing => "/desk/proofing",
            Self::Earlier => "/desk/earlier",
            Self::Activation => "/desk/activation",
            Self::Recovery => "/desk/recovery",
        }
    }

    /// The keys of its title, of what must be done first, and of its button.
    fn keys(self) -> [&'static str; 3] {
        match self {
            Self::Proofing => ["desk-prove-title", "desk-prove-what", "desk-prove-submit"],
            Self::Earlier => ["desk-earlier-title", "desk-earlier-what", "desk-earlier-submit"],
            Self::Activation => ["desk-first-title", "desk-code-what", "desk-code-first"],
            Self::Recovery => ["desk-recovery-title", "desk-code-what", "desk-code-recovery"],
        }
    }
}

/// A form as it was filled in.
#[derive(Debug, Default)]
pub struct Typed {
    /// Kind of document.
    pub kind: String,
    /// Who issued it.
    pub issuer: String,
    /// Its last day.
    pub expires: String,
    /// How it was checked.
    pub checked: String,
    /// What was seen.
    pub evidence: String,
    /// The level.
    pub level: String,
    /// What a code is for.
    pub why: String,
    /// Who made an earlier check.
    pub proved_by: String,
    /// On which day.
    pub proved_on: String,
}

/// One act for one person: the form that says what was seen.
#[derive(Debug, Template)]
#[template(path = "desk/ask.html")]
pub struct Ask {
    /// The page around.
    pub frame: Frame,
    /// Whose id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Which act.
    pub act: Act,
    /// What a code may be for.
    pub reasons: Vec<Why>,
    /// What was filled in.
    pub typed: Typed,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

impl Ask {
    fn why(&self, why: &Why) -> String {
        self.frame.t(&format!("desk-why-{}", why.as_str())).into_owned()
    }

    fn sees_document(&self) -> bool {
        self.act != Act::Earlier
    }

    fn is_code(&self) -> bool {
        matches!(self.act, Act::Activation | Act::Recovery)
    }

    /// The levels that can be chosen, each with its word and whether it is the one.
    fn levels(&self) -> Vec<(&'static str, String, bool)> {
        let most = if self.is_code() { 2 } else { 3 };
        let chosen = if self.typed.level.is_empty() { "substantial" } else { &self.typed.level };
        let words = ["low", "substantial", "high"].into_iter().take(most);
        words.map(|word| (word, self.frame.t(&format!("level-{word}")).into_owned(), word == chosen)).collect()
    }

    fn kinds(&self) -> Vec<(&'static str, String, bool)> {
        let kinds = [
            DocumentKind::Passport,
            DocumentKind::DrivingLicence,
            DocumentKind::IdentityCard,
            DocumentKind::ResidencePermit,
            DocumentKind::Other,
        ];
        kinds.map(|kind| self.choice("document", kind.as_str(), &self.typed.kind)).into()
    }

    fn checks(&self) -> Vec<(&'static str, String, bool)> {
        [Checked::Seen, Checked::Chip, Checked::Register].map(|way| self.choice("checked", way.as_str(), &self.typed.checked)).into()
    }

    fn choice(&self, about: &str, word: &'static str, chosen: &str) -> (&'static str, String, bool) {
        (word, self.frame.t(&format!("{about}-{word}")).into_owned(), word == chosen)
    }
}

/// A code, shown once.
#[derive(Debug, Template)]
#[template(path = "desk/code.html")]
pub struct Code {
    /// The page around.
    pub frame: Frame,
    /// For whom.
    pub name: String,
    /// Their id.
    pub id: String,
    /// The code.
    pub code: String,
    /// What it is for; `None` for a first login.
    pub why: Option<Why>,
    /// Until when it may be used, or released.
    pub until: Timestamp,
    /// Whether another registrant has to release it first.
    pub waits: bool,
}
