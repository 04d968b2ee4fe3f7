//! Why one logs in at this level: each part with its own level, what it rests on, and what would raise it.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::{
        assurance::Level,
        explanation::{self, Part, Raise},
        factor::Kind,
        proofing::{Lapse, Method},
    },
    service::activity::Who,
    web::page::{Frame, words},
};

/// One part with its own level, and what it rests on.
#[derive(Debug, Clone)]
pub struct Input {
    /// The part.
    pub judged: explanation::Input,
    /// What it rests on.
    pub grounds: Vec<Ground>,
}

/// One thing that a part rests on.
#[derive(Debug, Clone)]
pub enum Ground {
    /// A proofing of the identity.
    Proofing {
        /// How.
        method: Method,
        /// When.
        at: Timestamp,
        /// Who wrote it down.
        by: Who,
        /// The level it proves, or why it proves nothing.
        counts: Result<Level, Lapse>,
    },
    /// A use of an authenticator in this login.
    Use {
        /// Of which kind.
        kind: Kind,
        /// When.
        at: Timestamp,
        /// The most it carries; `None` for a password, which carries nothing alone.
        carries: Option<Level>,
    },
    /// An organisation, by name.
    Organisation(String),
}

impl Input {
    fn name(&self) -> &'static str {
        match self.judged.part {
            Part::Access => "part-access",
            Part::Proofing => "part-proofing",
            Part::Authenticators => "part-authenticators",
            Part::Freshness => "part-freshness",
            Part::Organisation => "part-organisation",
        }
    }

    /// Its level; what has none of its own is in order or not.
    fn state(&self, frame: &Frame) -> Cow<'static, str> {
        match (self.judged.part, self.judged.level) {
            (Part::Access | Part::Freshness, Some(_)) => frame.t("part-in-order"),
            (Part::Access | Part::Freshness, None) => frame.t("part-not-in-order"),
            (_, level) => frame.level(&level),
        }
    }
}

fn raise(raise: &Raise) -> &'static str {
    match raise {
        Raise::Unlock => "raise-unlock",
        Raise::Employment => "raise-employment",
        Raise::Prove => "raise-proofing",
        Raise::ProveAgain(Lapse::Waiting) | Raise::Approve => "raise-approve",
        Raise::ProveAgain(Lapse::Revoked) => "raise-again-revoked",
        Raise::ProveAgain(Lapse::OtherCpr) => "raise-again-cpr",
        Raise::ProveAgain(Lapse::OtherName) => "raise-again-name",
        Raise::ProveAgain(Lapse::DocumentExpired) => "raise-again-document",
        Raise::SecondFactor => "raise-second-factor",
        Raise::StrongerFactor => "raise-authenticators",
        Raise::LogInAgain => "raise-log-in-again",
        Raise::Notification => "raise-organisation",
    }
}

impl Frame {
    /// What a part rests on, in a sentence.
    pub fn ground(&self, ground: &Ground) -> String {
        match ground {
            Ground::Proofing { method, at, by, .. } => {
                let method = self.t(match method {
                    Method::InPerson => "method-in-person",
                    Method::Mitid => "method-mitid",
                    Method::Earlier => "method-earlier",
                });
                self.fill("ground-proofing", &[("method", &method), ("day", &self.day(at)), ("who", &self.who(*by))])
            }
            Ground::Use { kind, at, .. } => self.fill("ground-use", &[("kind", &self.kind(kind)), ("moment", &self.moment(at))]),
            Ground::Organisation(name) => name.clone(),
        }
    }

    /// Why a proofing does not count, in a sentence.
    pub fn lapse(&self, lapse: &Lapse) -> Cow<'static, str> {
        self.t(match lapse {
            Lapse::Waiting => "lapse-waiting",
            Lapse::Revoked => "lapse-revoked",
            Lapse::OtherCpr => "lapse-other-cpr",
            Lapse::OtherName => "lapse-other-name",
            Lapse::DocumentExpired => "lapse-document",
        })
    }
}

/// `GET /account/level`.
#[derive(Debug, Template)]
#[template(path = "account/level.html")]
pub struct WhyThisLevel {
    /// The page around.
    pub frame: Frame,
    /// The level of this login.
    pub level: Option<Level>,
    /// What it is made of.
    pub inputs: Vec<Input>,
    /// A road to MitID is open: a form posts to `/account/mitid`.
    pub mitid: bool,
}
