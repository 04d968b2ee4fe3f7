//! The pages on the way to MitID: why, by which road, off you go, and what went wrong.
//!
//! What never happens here: saying whose CPR number was proved.

use actix_web::{HttpResponse, http::header::CONTENT_SECURITY_POLICY};
use askama::Template;

use crate::{
    domain::mitid::{Road, Why},
    service::mitid::Refusal,
    web::{
        headers,
        page::{self, Frame},
    },
};

/// What kept MitID from proving something, where another try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setback {
    /// The person broke it off.
    Cancelled,
    /// The other side could not do it.
    Failed,
    /// A lower level than asked for.
    TooLow,
    /// No CPR number was told.
    NoCpr,
    /// The answer was refused.
    Refused,
    /// Somebody else's MitID.
    OtherPerson,
    /// The right MitID, for something that cannot be done here.
    NotThisWay,
    /// The other side cannot be reached.
    Unreachable,
}

impl Setback {
    /// What of a refusal the person can do something about.
    pub fn of(refusal: &Refusal) -> Option<Self> {
        Some(match refusal {
            Refusal::Cancelled => Self::Cancelled,
            Refusal::Failed(_) => Self::Failed,
            Refusal::TooLow => Self::TooLow,
            Refusal::NoCpr => Self::NoCpr,
            Refusal::Answer(_) => Self::Refused,
            Refusal::OtherPerson => Self::OtherPerson,
            Refusal::NotThisWay => Self::NotThisWay,
            Refusal::Unreachable(_) => Self::Unreachable,
            Refusal::Gone | Refusal::Closed(_) | Refusal::Throttled { .. } | Refusal::Storage(_) | Refusal::Internal(_) => return None,
        })
    }

    fn key(self) -> &'static str {
        match self {
            Self::Cancelled => "mitid-setback-cancelled",
            Self::Failed => "mitid-setback-failed",
            Self::TooLow => "mitid-setback-too-low",
            Self::NoCpr => "mitid-setback-no-cpr",
            Self::Refused => "mitid-setback-refused",
            Self::OtherPerson => "mitid-setback-other-person",
            Self::NotThisWay => "mitid-setback-not-this-way",
            Self::Unreachable => "mitid-setback-unreachable",
        }
    }

    /// The word for the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::TooLow => "too-low",
            Self::NoCpr => "no-cpr",
            Self::Refused => "refused",
            Self::OtherPerson => "other-person",
            Self::NotThisWay => "not-this-way",
            Self::Unreachable => "unreachable",
        }
    }
}

/// `GET /mitid?flow=`: why MitID is asked for, and the roads. Posts to `/mitid/road` (`flow`, `csrf`, `road`).
#[derive(Debug, Template)]
#[template(path = "mitid/choose.html")]
pub struct Choose {
    /// The page around.
    pub frame: Frame,
    /// The flow's public id.
    pub flow: String,
    /// Why.
    pub why: Why,
    /// The roads that are open.
    pub roads: Vec<Road>,
    /// What went wrong before.
    pub setback: Option<Setback>,
}

impl Choose {
    fn why_key(&self) -> &'static str {
        match self.why {
            Why::Activation => "mitid-why-activation",
            Why::Password => "mitid-why-password",
            Why::Factor => "mitid-why-factor",
            Why::Unlock => "mitid-why-unlock",
            Why::Raise => "mitid-why-raise",
            Why::Attached => "mitid-why-attached",
        }
    }

    fn road_key(&self, road: &Road) -> &'static str {
        match road {
            Road::Nemlogin => "mitid-road-nemlogin",
            Road::Broker => "mitid-road-broker",
        }
    }
}

/// MitID proved something; the browser ends its session at the other side by a form, and comes back.
#[derive(Template)]
#[template(path = "mitid/farewell.html")]
pub struct Farewell {
    /// The page around.
    pub frame: Frame,
    /// Where the form is posted: an absolute address that the other side published.
    pub action: String,
    /// Its fields; among them what may hold a CPR number, so nothing of this is ever logged.
    pub fields: Vec<(String, String)>,
    /// Where one goes on without it, should the other side be out of order.
    pub next: String,
}

impl Farewell {
    /// The page as an answer, with a policy that lets its form post to the one origin of `action`.
    pub fn answer(&self) -> HttpResponse {
        let mut answer = page::ok(self);
        if let Some(policy) = headers::policy_posting_to(&self.action) {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
}

/// MitID proved something; the browser goes to an address that ends its session at the other side, and comes back.
#[derive(Debug, Template)]
#[template(path = "mitid/parted.html")]
pub struct Parted {
    /// The page around.
    pub frame: Frame,
    /// Where: an absolute address out of the other side's metadata, with a signed request.
    pub url: String,
    /// Where one goes on without it, should the other side be out of order.
    pub next: String,
}

/// On to the other side: by itself, and by a link for browsers that do not.
#[derive(Debug, Template)]
#[template(path = "mitid/leave.html")]
pub struct Leave {
    /// The page around.
    pub frame: Frame,
    /// By which road.
    pub road: Road,
    /// Where: an absolute address out of the other side's metadata.
    pub url: String,
}

impl Leave {
    fn leave_key(&self) -> &'static str {
        match self.road {
            Road::Nemlogin => "mitid-leave-nemlogin",
            Road::Broker => "mitid-leave-broker",
        }
    }
}
