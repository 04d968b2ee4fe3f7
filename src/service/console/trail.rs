//! The audit trail, as auditors and security officers read it: searched, taken out, verified. Nobody changes or deletes it
//! here. That one person's events were read, and that a part was taken out, is in the trail itself.

use std::fmt::Write;

use jiff::Timestamp;

use crate::{
    base::id::Id,
    domain::{audit::Kind, organisation::Organisation, person::Person, right::ReadTrail},
    service::{
        activity::{self, Place},
        ground::Ground,
        rights::{Denied, Right},
    },
    storage::{
        audit::Written,
        fault::Fault,
        organisations, people,
        trail::{self, Query},
        verify::{self, Verdict},
    },
};

/// Events on a page.
pub const PAGE: usize = 50;
/// Events that are taken out at a time.
pub const MOST: i64 = 10_000;

/// Which events, as it was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// What happened to this person.
    pub person: Option<Id<Person>>,
    /// What this actor did, as the trail names actors.
    pub actor: Option<String>,
    /// Kinds that begin so.
    pub kind: String,
    /// Of this incident code.
    pub incident: String,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Before this event of an earlier page.
    pub before: Option<Place>,
}

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Whose right holds in several single organisations chooses one.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A page of the trail, newest first, and where the next one begins. With a right in one organisation it shows what happened to
/// its people; what belongs to nobody is for those whose right holds everywhere.
pub async fn page(ground: &Ground, right: &Right<ReadTrail>, asked: &Asked) -> Result<(Vec<Written>, Option<Place>), Refusal> {
    let events = trail::find(&ground.db, &query(ground, right, asked, activity::one_more(PAGE)).await?).await?;
    if let Some(person) = asked.person.filter(|_| asked.before.is_none()) {
        let event = right.operator().event(ground, Kind::TrailRead).about(person);
        ground.db.begin().await?.commit(event).await?;
    }
    Ok(activity::cut(events, PAGE))
}

/// The same as a table for a spreadsheet, at most [`MOST`] events. No cell can begin a formula (security case C11).
pub async fn export(ground: &Ground, right: &Right<ReadTrail>, asked: &Asked) -> Result<String, Refusal> {
    let events = trail::find(&ground.db, &query(ground, right, asked, MOST).await?).await?;
    let mut event = right.operator().event(ground, Kind::TrailExported).with("events", events.len()).with("kind", &asked.kind);
    if let Some(person) = asked.person {
        event = event.with("person", person);
    }
    ground.db.begin().await?.commit(event).await?;
    let mut table = "at,kind,actor,subject,incident,details,seal\r\n".to_owned();
    for event in events {
        let details = event.details.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let seal = event.seal.map(|seal| seal.to_string()).unwrap_or_default();
        let cells = [event.at.to_string(), event.kind, event.actor, event.subject.unwrap_or_default(), event.incident, details, seal]
            .map(|one| cell(&one));
        // Writing to a String cannot fail.
        let _ = write!(table, "{}\r\n", cells.join(","));
    }
    Ok(table)
}

/// A cell in quotes; what a spreadsheet would take for a formula stands behind an apostrophe.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Checks the whole trail; that it was checked, and how that went, is in the trail.
pub async fn check(ground: &Ground, right: &Right<ReadTrail>) -> Result<Verdict, Refusal> {
    let verdict = verify::run(&ground.db, None).await?;
    let event = right.operator().event(ground, Kind::TrailVerified).with("ok", verdict.first_bad.is_none());
    let event = verdict.first_bad.iter().fold(event, |event, bad| event.with("first_bad", bad));
    ground.db.begin().await?.commit(event.with("sealed", verdict.sealed)).await?;
    Ok(verdict)
}

async fn query(ground: &Ground, right: &Right<ReadTrail>, asked: &Asked, limit: i64) -> Result<Query, Refusal> {
    if let Some(person) = asked.person {
        right.over(ground, person).await?;
    }
    Ok(Query {
        subject: asked.person,
        actor: asked.actor.clone(),
        kind: asked.kind.clone(),
        incident: asked.incident.clone(),
        from: asked.from,
        to: asked.to,
        organisation: home(ground, right).await?,
        before: asked.before.clone().map(Place::into_key),
        limit,
    })
}

/// `None`: everywhere. Whoever reads in several single organisations reads in their own first.
async fn home(ground: &Ground, right: &Right<ReadTrail>) -> Result<Option<Id<Organisation>>, Refusal> {
    if right.is_everywhere() {
        return Ok(None);
    }
    let own = right.person().organisation;
    if right.reaches(own) {
        return Ok(Some(own));
    }
    let reached = organisations::list(&ground.db).await?.into_iter().find(|one| right.reaches(one.id));
    Ok(Some(reached.ok_or(Denied::NoRight)?.id))
}

/// The person of that user name or id, for a filter.
pub async fn whom(ground: &Ground, right: &Right<ReadTrail>, text: &str) -> Result<Option<Person>, Fault> {
    let found = match text.parse() {
        Ok(id) => people::by_id(&ground.db, id).await?,
        Err(_) => people::by_username(&ground.db, &text.trim().to_lowercase()).await?,
    };
    Ok(found.filter(|person| right.reaches(person.organisation)))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_begins_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "|x", "%x"] {
            assert!(cell(bad).starts_with("\"'"), "{bad}");
        }
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    }
}
