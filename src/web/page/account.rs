//! The person's own page, "Min identitet": who one is here, at which level and why, and with what one logs in.
//!
//! What never happens here: working out a level; `domain::assurance` does, and hands over what limits it.

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::{assurance::Level, factor::Kind},
    web::page::{Frame, words},
};

/// What the level is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How the person's identity was proved.
    Proofing,
    /// With what the person logged in this time.
    Authenticators,
    /// What the organisation is notified for.
    Organisation,
}

/// One part with its own level.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Which part.
    pub part: Part,
    /// Its level; `None` below Low.
    pub level: Option<Level>,
    /// It holds the whole level down; the page then says what would raise it.
    pub limits: bool,
}

impl Input {
    fn name(&self) -> &'static str {
        match self.part {
            Part::Proofing => "part-proofing",
            Part::Authenticators => "part-authenticators",
            Part::Organisation => "part-organisation",
        }
    }

    fn raise(&self) -> &'static str {
        match self.part {
            Part::Proofing => "raise-proofing",
            Part::Authenticators => "raise-authenticators",
            Part::Organisation => "raise-organisation",
        }
    }
}

/// One authenticator of the person.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// Its id, used in links and forms.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The name given to it; may be empty.
    pub name: String,
    /// When it was added.
    pub added: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// It may be removed: a link to `GET /account/remove?authenticator=<id>` is shown.
    pub removable: bool,
}

/// One login that is still alive.
#[derive(Debug, Clone)]
pub struct Login {
    /// When it began.
    pub started: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// It is this one.
    pub current: bool,
}

/// What has just been done, told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// An authenticator was added.
    Added,
    /// MitID proved who one is.
    Proved,
    /// An authenticator was removed.
    Removed,
    /// All other logins were ended.
    EndedElsewhere,
}

impl Notice {
    fn key(self) -> &'static str {
        match self {
            Self::Added => "notice-added",
            Self::Proved => "notice-proved",
            Self::Removed => "notice-removed",
            Self::EndedElsewhere => "notice-ended-elsewhere",
        }
    }
}

/// `GET /account`. Its forms post to `/account/totp` (begin an authenticator app), `/account/sessions/end` (end all
/// other logins) and `/logout`, each with `csrf`; links lead to `/account/passkey` and `/account/remove?authenticator=`.
#[derive(Debug, Template)]
#[template(path = "account/overview.html")]
pub struct Overview {
    /// The page around.
    pub frame: Frame,
    /// The person's name.
    pub name: String,
    /// The user name.
    pub user_name: String,
    /// The level of this login; `None` when nothing can be said of the person.
    pub level: Option<Level>,
    /// What it is made of.
    pub inputs: Vec<Input>,
    /// What the person logs in with.
    pub authenticators: Vec<Authenticator>,
    /// The logins alive, this one included.
    pub logins: Vec<Login>,
    /// A road to MitID is open: a form posts to `/account/mitid`.
    pub mitid: bool,
    /// What has just been done.
    pub notice: Option<Notice>,
}

/// `GET /account/remove?authenticator=`: asks before removing. Posts `csrf` and `authenticator` to `/account/remove`.
#[derive(Debug, Template)]
#[template(path = "account/confirm_remove.html")]
pub struct ConfirmRemove {
    /// The page around.
    pub frame: Frame,
    /// What is to be removed.
    pub authenticator: Authenticator,
    /// Nothing but the password is left after it.
    pub last: bool,
}
