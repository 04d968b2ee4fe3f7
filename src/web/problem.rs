//! Where things go wrong: a refusal becomes a plain page (or a problem document for script) and one log line, both with
//! the same incident code. Logged here and nowhere else; never a stack trace, never what a client sent.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};

use crate::{
    service::{
        login::{Held, Refusal},
        saml::Refused,
    },
    storage::fault::Fault,
    web::{
        page::{
            Frame,
            problem::{Kind, Problem},
        },
        visit::{self, Visit},
    },
};

/// How long a browser keeps the flow of a step-up that a refusal began; the flow itself ends by its own time.
const STEP_UP_SECONDS: i64 = 900;

/// A refusal on its way out.
pub enum Trouble {
    /// A problem page.
    Page(Box<Problem>),
    /// The same for script: `application/problem+json` (RFC 9457).
    Document(Box<Problem>),
    /// To the login page.
    Login,
    /// To a fresh proof of the second factor.
    StepUp(Box<Held>),
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(problem) | Self::Document(problem) => write!(f, "problem {:?} {}", problem.kind, problem.incident),
            Self::Login => f.write_str("login needed"),
            Self::StepUp(_) => f.write_str("step-up needed"),
        }
    }
}

impl Trouble {
    /// A problem of that kind, logged under `event` with `reason`.
    pub fn of(visit: &Visit, kind: Kind, event: &'static str, reason: &str) -> Self {
        let incident = &visit.visitor.incident;
        match kind.status().is_server_error() {
            true => tracing::error!(event, reason, incident = %incident, address = %visit.visitor.address),
            false => tracing::warn!(event, reason, incident = %incident, address = %visit.visitor.address),
        }
        Self::logged(visit, kind)
    }

    /// A problem that was logged, with its reason, where it was found.
    pub fn logged(visit: &Visit, kind: Kind) -> Self {
        Self::Page(Box::new(Problem {
            frame: Frame { here: Some(visit.here.clone()), ..visit.frame() },
            kind,
            incident: visit.visitor.incident.to_string(),
        }))
    }

    /// The login page is where this begins.
    pub fn to_login() -> Self {
        Self::Login
    }

    /// The database does not answer.
    pub fn storage(visit: &Visit, fault: &Fault) -> Self {
        match fault {
            Fault::Unavailable(_) | Fault::Contended(_) => Self::of(visit, Kind::Unavailable, "storage.unavailable", &fault.to_string()),
            Fault::Inconsistent(_) => Self::of(visit, Kind::Internal, "storage.inconsistent", &fault.to_string()),
        }
    }

    /// Something of ours failed.
    pub fn internal(visit: &Visit, error: &dyn fmt::Display) -> Self {
        Self::of(visit, Kind::Internal, "internal", &error.to_string())
    }

    /// A refused SAML message, or a fault while answering one.
    pub fn saml(visit: &Visit, event: &'static str, refused: &Refused) -> Self {
        match refused {
            Refused::Message(reason) => Self::of(visit, Kind::BadRequest { reason: reason.to_string() }, event, reason.as_str()),
            Refused::Storage(fault) => Self::storage(visit, fault),
            Refused::Internal(error) => Self::internal(visit, error),
        }
    }

    /// A refused login step where no form can be shown again.
    pub fn login(visit: &Visit, refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Wrong => Self::logged(visit, Kind::LoginRefused),
            Refusal::Throttled { seconds } => Self::logged(visit, Kind::Throttled { seconds: *seconds }),
            Refusal::Gone => Self::of(visit, Kind::FlowGone, "flow.violation", "stage"),
            Refusal::Busy => Self::of(visit, Kind::Unavailable, "login.refused", "busy"),
            Refusal::Storage(fault) => Self::storage(visit, fault),
            Refusal::Seal(error) => Self::internal(visit, error),
        }
    }

    /// The same problem as a document for script.
    #[must_use]
    pub fn as_document(self) -> Self {
        match self {
            Self::Page(problem) => Self::Document(problem),
            other => other,
        }
    }
}

impl ResponseError for Trouble {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Page(problem) | Self::Document(problem) => problem.kind.status(),
            Self::Login | Self::StepUp(_) => StatusCode::SEE_OTHER,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Page(problem) => problem.answer(),
            Self::Login => HttpResponse::SeeOther().insert_header((header::LOCATION, "/login")).finish(),
            Self::StepUp(held) => {
                let mut answer = HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/login?flow={}", held.id))).finish();
                // None of our cookies is unwritable; without it the visitor is asked to begin again.
                _ = answer.add_cookie(&visit::keep_flow(held, STEP_UP_SECONDS));
                answer
            }
            Self::Document(problem) => {
                let status = problem.kind.status();
                let body = serde_json::json!({ "status": status.as_u16(), "title": problem.title(), "incident": problem.incident });
                HttpResponse::build(status).content_type("application/problem+json").body(body.to_string())
            }
        }
    }
}
