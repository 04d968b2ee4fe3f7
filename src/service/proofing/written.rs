//! How proofings, refusals and handed-over codes are written down: with what was seen, and how whoever acted was logged in.

use super::Refusal;
use crate::{
    domain::{
        assurance::Level,
        audit::{Event, Kind},
        person::Person,
        proofing::{Authentication, Proofing},
    },
    service::{ground::Ground, operator::Operator},
    storage::{fault::Fault, handed::Behind},
};

/// The event of a record.
pub(super) fn recorded(ground: &Ground, by: &Operator, record: &Proofing) -> Event {
    let event = by.event(ground, Kind::IdentityProved).about(record.person).with("proofing", record.id);
    let event = event.with("method", record.method.as_str()).with("level", record.basis.level).with("proved_by", &record.proved_by);
    logged_in(event.with("state", record.basis.state.as_str()), record.authentication.as_ref())
}

/// The event of a handed-over code with what stands behind it.
pub(in crate::service) fn shown(event: Event, level: Level, behind: &Behind) -> Event {
    let event = event.with("level", level).with("evidence", &behind.evidence).with("released", behind.released.is_some());
    let event = match &behind.document {
        Some(seen) => {
            let until = seen.expires.map_or_else(|| "-".to_owned(), |day| day.to_string());
            let event = event.with("document", seen.kind.as_str()).with("document_issuer", &seen.issuer).with("document_expires", until);
            event.with("document_checked", seen.checked.as_str())
        }
        None => event,
    };
    logged_in(event, behind.authentication.as_ref())
}

/// The event with how whoever acted was logged in.
pub(in crate::service) fn logged_in(event: Event, login: Option<&Authentication>) -> Event {
    match login {
        Some(login) => event.with("login_level", login.level).with("login_factors", &login.factors).with("login_at", login.at),
        None => event,
    }
}

/// Writes down that an attempt was turned down.
pub(in crate::service) async fn refused(ground: &Ground, by: &Operator, subject: &Person, refusal: Refusal) -> Result<Refusal, Fault> {
    let event = by.event(ground, Kind::ProofingRefused).about(subject.id).with("reason", &refusal);
    ground.db.begin().await?.commit(event).await?;
    Ok(refusal)
}
