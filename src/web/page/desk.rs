//! The pages of the registrant's desk. A handed-over code is shown once, on a page that no cache may store; a CPR number
//! only masked.

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::{
        assurance::Level,
        mitid::Why,
        proofing::{Checked, DocumentKind},
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

/// What was done before this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A record was approved.
    Approved,
    /// A record was turned down.
    Refused,
}

/// `GET /desk`: find somebody (posts `query` to `/desk/find`), and what waits (posts to `/desk/approve`, `/desk/refuse`).
#[derive(Debug, Template)]
#[template(path = "desk/front.html")]
pub struct Front {
    /// The page around.
    pub frame: Frame,
    /// What waits for a second person.
    pub waiting: Vec<Waiting>,
    /// What was just done.
    pub done: Option<Done>,
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

/// Why a proofing was not recorded: the key of the text.
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
    /// The level their identity is proved at.
    pub level: Option<Level>,
    /// Their proofings, newest first.
    pub proofs: Vec<Proof>,
    /// How many second factors they have.
    pub factors: usize,
    /// Whether they may log in.
    pub may_log_in: bool,
    /// What can be recovered.
    pub reasons: [Why; 3],
    /// A proofing was just recorded: whether it waits for a second person.
    pub recorded: Option<bool>,
    /// Why none was.
    pub flaw: Option<Flaw>,
}

impl Person {
    fn why(&self, why: &Why) -> String {
        self.frame.t(&format!("recover-why-{}", why.as_str())).into_owned()
    }

    fn kinds(&self) -> Vec<(&'static str, String)> {
        let kinds = [
            DocumentKind::Passport,
            DocumentKind::DrivingLicence,
            DocumentKind::IdentityCard,
            DocumentKind::ResidencePermit,
            DocumentKind::Other,
        ];
        kinds.into_iter().map(|kind| (kind.as_str(), self.frame.t(&format!("document-{}", kind.as_str())).into_owned())).collect()
    }

    fn checks(&self) -> Vec<(&'static str, String)> {
        let ways = [Checked::Seen, Checked::Chip, Checked::Register];
        ways.into_iter().map(|way| (way.as_str(), self.frame.t(&format!("checked-{}", way.as_str())).into_owned())).collect()
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
    /// Until when it may be used.
    pub until: Timestamp,
}
