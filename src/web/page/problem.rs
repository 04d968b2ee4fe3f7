//! What went wrong, in plain words: what happened, what to do next, and a code to read out on the phone.
//!
//! What never happens here: logging, and details that help an attacker. The code leads to the log line.

use actix_web::{
    HttpResponse,
    http::{ConnectionType, StatusCode},
};
use askama::Template;

use crate::web::page::{self, Frame};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A service sent something we refuse; `reason` is the one word that its staff needs (`unsigned`, `replay`, ...).
    BadRequest {
        /// The word of the log line.
        reason: String,
    },
    /// MitID's answer is refused; `reason` is the word of the log line.
    MitidRefused {
        /// The word.
        reason: &'static str,
    },
    /// No such page.
    NotFound,
    /// The form does not belong to this browser (CSRF), or one may not do this.
    Forbidden,
    /// A registrant may not do this; the key says why.
    AtDesk {
        /// The key of what happened.
        what: &'static str,
    },
    /// Somebody may not do this in the console; the key says why.
    InConsole {
        /// The key of what happened.
        what: &'static str,
    },
    /// Wrong method for this address.
    MethodNotAllowed,
    /// More bytes than we take.
    TooLarge,
    /// A body that was not sent to its end in time.
    TooSlow,
    /// Too many tries.
    Throttled {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The login took too long, was finished before, or belongs to another browser.
    FlowGone,
    /// The person can't log in (suspended, say); the page does not say why.
    LoginRefused,
    /// Something we need, such as the database, does not answer.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Kind {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest { .. } | Self::MitidRefused { .. } | Self::FlowGone => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::LoginRefused | Self::AtDesk { .. } | Self::InConsole { .. } => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Keys of the title, of what happened and of what to do next.
    fn keys(&self) -> [&'static str; 3] {
        match self {
            Self::BadRequest { .. } => ["bad-request-title", "bad-request-what", "bad-request-next"],
            Self::MitidRefused { .. } => ["mitid-refused-title", "mitid-refused-what", "mitid-refused-next"],
            Self::NotFound => ["not-found-title", "not-found-what", "not-found-next"],
            Self::Forbidden => ["forbidden-title", "forbidden-what", "forbidden-next"],
            Self::AtDesk { what } => ["desk-refused-title", what, "desk-refused-next"],
            Self::InConsole { what } => ["admin-refused-title", what, "admin-refused-next"],
            Self::MethodNotAllowed => ["method-title", "method-what", "method-next"],
            Self::TooSlow => ["too-slow-title", "too-slow-what", "too-slow-next"],
            Self::TooLarge => ["too-large-title", "too-large-what", "too-large-next"],
            Self::Throttled { .. } => ["throttled-title", "throttled-what", "throttled-next"],
            Self::FlowGone => ["flow-gone-title", "flow-gone-what", "flow-gone-next"],
            Self::LoginRefused => ["login-refused-title", "login-refused-what", "login-refused-next"],
            Self::Unavailable => ["unavailable-title", "unavailable-what", "unavailable-next"],
            Self::Internal => ["internal-title", "internal-what", "internal-next"],
        }
    }
}

/// The page of a problem.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub struct Problem {
    /// The page around.
    pub frame: Frame,
    /// What went wrong.
    pub kind: Kind,
    /// The incident code, e.g. `K7QF-2M9X`.
    pub incident: String,
}

impl Problem {
    /// The page as an answer with the status of its kind; one that passes by itself says `Retry-After`.
    pub fn answer(&self) -> HttpResponse {
        let mut answer = page::answer(self.kind.status(), self);
        let wait = match self.kind {
            Kind::Throttled { seconds } => Some(seconds.max(1)),
            Kind::Unavailable => Some(5),
            _ => None,
        };
        if matches!(self.kind, Kind::TooLarge | Kind::TooSlow) {
            // What is still to come of it is not read.
            answer.head_mut().set_connection_type(ConnectionType::Close);
        }
        if let Some(seconds) = wait {
            answer.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.into());
        }
        answer
    }

    /// The title in the language of the page.
    pub fn title(&self) -> String {
        let [title, _, _] = self.kind.keys();
        self.frame.t(title).into_owned()
    }

    /// What only a technician needs: a key and a word.
    fn technical(&self) -> Option<(&'static str, &str)> {
        match &self.kind {
            Kind::BadRequest { reason } => Some(("problem-technical-what", reason)),
            Kind::MitidRefused { reason } => Some(("mitid-refused-technical", reason)),
            _ => None,
        }
    }

    fn what(&self) -> String {
        let [_, what, _] = self.kind.keys();
        self.frame.t(what).into_owned()
    }

    fn next(&self) -> String {
        let [_, _, next] = self.kind.keys();
        match &self.kind {
            Kind::Throttled { seconds } => self.frame.with(next, "wait", self.frame.wait(seconds)),
            _ => self.frame.t(next).into_owned(),
        }
    }
}
