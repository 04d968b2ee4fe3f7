//! Audit events as rows: one canonical text of the details and one keyed code over all fields.
//! Nothing is written here; `db` writes one with each commit, `audit` many at a time.

use crate::{
    crypto::seal::{MacKey, SealError},
    domain::audit::Event,
    storage::{fault::Fault, value::Value},
};

/// The columns, in the order of [`row`]. The seal's number is null at first.
pub(in crate::storage) const INSERT: &str = "INSERT INTO audit_events (id, at, kind, actor, subject, incident, details, mac) VALUES ";
/// How many columns [`INSERT`] takes.
pub(in crate::storage) const COLUMNS: usize = 8;
/// [`INSERT`] for one row.
pub(in crate::storage) const INSERT_ONE: &str =
    "INSERT INTO audit_events (id, at, kind, actor, subject, incident, details, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// An event's stored fields, as the keyed code covers them.
pub(in crate::storage) struct Fields<'a> {
    /// UUID.
    pub(in crate::storage) id: &'a str,
    /// Milliseconds since 1970.
    pub(in crate::storage) at: i64,
    /// Name of the kind.
    pub(in crate::storage) kind: &'a str,
    /// Who did it.
    pub(in crate::storage) actor: &'a str,
    /// To whom; empty for nobody.
    pub(in crate::storage) subject: &'a str,
    /// The incident code.
    pub(in crate::storage) incident: &'a str,
    /// Canonical JSON.
    pub(in crate::storage) details: &'a str,
}

impl Fields<'_> {
    /// The keyed code over all fields. Each part is length-prefixed by the key, so no two events share an input.
    pub(in crate::storage) fn mac(&self, key: &MacKey) -> Result<[u8; 32], Fault> {
        key.mac(&[
            b"audit event",
            self.id.as_bytes(),
            &self.at.to_be_bytes(),
            self.kind.as_bytes(),
            self.actor.as_bytes(),
            self.subject.as_bytes(),
            self.incident.as_bytes(),
            self.details.as_bytes(),
        ])
        .map_err(unsealed)
    }
}

/// The event as a row. Details become JSON with sorted names.
pub(in crate::storage) fn row(event: &Event, key: &MacKey) -> Result<[Value; COLUMNS], Fault> {
    let id = event.id.to_string();
    let actor = event.actor.to_text();
    let subject = event.subject.map(|subject| subject.to_string());
    let details =
        serde_json::Value::Object(event.details.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect())
            .to_string();
    let fields = Fields {
        id: &id,
        at: event.at.as_millisecond(),
        kind: event.kind.as_str(),
        actor: &actor,
        subject: subject.as_deref().unwrap_or_default(),
        incident: event.incident.as_str(),
        details: &details,
    };
    let mac = fields.mac(key)?;
    Ok([
        id.into(),
        event.at.into(),
        event.kind.as_str().into(),
        actor.into(),
        subject.into(),
        event.incident.as_str().into(),
        details.into(),
        mac.into(),
    ])
}

/// The cryptographic library failing is no reason to write an event without its code.
pub(in crate::storage) fn unsealed(error: SealError) -> Fault {
    Fault::Unavailable(format!("the trail's key cannot be used: {error}"))
}
