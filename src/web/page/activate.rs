//! The pages of activation and recovery. What never happens here: telling whether a user name is known, or whose identity
//! it is before somebody was identified.

use askama::Template;

use crate::{
    domain::{
        mitid::{Road, Why},
        policy::WeakPassword,
    },
    web::page::{Frame, login::FormError},
};

/// `GET /activate`: the code of an invitation. Posts to `/activate/open` (`flow`, `csrf`, `user_name`, `code`).
#[derive(Debug, Template)]
#[template(path = "activate/invitation.html")]
pub struct Invitation {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// The user name as entered.
    pub user_name: String,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}

/// `GET /recover`: who, and what is lost. Posts to `/recover` (`flow`, `csrf`, `user_name`, `why`).
#[derive(Debug, Template)]
#[template(path = "activate/recover.html")]
pub struct Recover {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// What can be recovered.
    pub reasons: [Why; 3],
}

impl Recover {
    fn label(&self, why: &Why) -> String {
        self.frame.t(&format!("recover-why-{}", why.as_str())).into_owned()
    }
}

/// Who it is must be proved. Posts to `/mitid/road` (`flow`, `csrf`, `road`) and `/activate/code` (`flow`, `csrf`, `code`).
#[derive(Debug, Template)]
#[template(path = "activate/prove.html")]
pub struct Prove {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// What it is for.
    pub why: Why,
    /// The roads to MitID that are open.
    pub roads: Vec<Road>,
    /// Why the form is shown again.
    pub error: Option<FormError>,
}

impl Prove {
    fn road_key(&self, road: &Road) -> &'static str {
        match road {
            Road::Nemlogin => "mitid-road-nemlogin",
            Road::Broker => "mitid-road-broker",
        }
    }
}

/// Terms to be accepted. Posts to `/activate/terms` (`flow`, `csrf`, `version`).
#[derive(Debug, Template)]
#[template(path = "activate/terms.html")]
pub struct Terms {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// Which version.
    pub version: i64,
    /// Its text, paragraph by paragraph.
    pub paragraphs: Vec<String>,
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It does not meet the demands.
    Weak(WeakPassword),
    /// The two are not the same.
    Different,
}

/// A new password. Posts to `/activate/password` (`flow`, `csrf`, `password`, `again`).
#[derive(Debug, Template)]
#[template(path = "activate/password.html")]
pub struct Password {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// For password managers.
    pub user_name: String,
    /// What it is for.
    pub why: Why,
    /// Fewest characters.
    pub least: usize,
    /// Why the form is shown again.
    pub error: Option<Unfit>,
}

impl Password {
    fn reason(&self) -> String {
        let key = match self.error {
            Some(Unfit::Weak(WeakPassword::TooShort { least })) => {
                return self.frame.with("new-password-too-short", "least", least.to_string());
            }
            Some(Unfit::Weak(WeakPassword::TooLong)) => "new-password-too-long",
            Some(Unfit::Weak(WeakPassword::ControlCharacter)) => "new-password-control",
            Some(Unfit::Weak(WeakPassword::Common)) => "new-password-common",
            Some(Unfit::Weak(WeakPassword::OwnWords)) => "new-password-own-words",
            Some(Unfit::Weak(WeakPassword::Blocked)) => "new-password-blocked",
            Some(Unfit::Weak(WeakPassword::Breached)) => "new-password-breached",
            Some(Unfit::Weak(WeakPassword::UsedBefore)) => "new-password-used-before",
            Some(Unfit::Different) | None => "new-password-different",
        };
        self.frame.t(key).into_owned()
    }
}

/// The person's own lock is lifted.
#[derive(Debug, Template)]
#[template(path = "activate/unlocked.html")]
pub struct Unlocked {
    /// The page around.
    pub frame: Frame,
}
