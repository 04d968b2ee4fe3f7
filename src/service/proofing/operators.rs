//! What an operator at the command line may record: the first registrants must come from somewhere. Once an organisation has
//! a registrant who could work, this road is closed there; words about MitID never prove anything.

use super::{Refusal, draft, endorse, is_evidence, keep, waiting};
use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        organisation::Organisation,
        person::Person,
        proofing::{Method, Proofing},
    },
    service::{cpr, ground::Ground, operator::Operator},
    storage::{fault::Fault, people, roles},
};

/// What the command line records: how the first registrants are proved.
#[derive(Debug)]
pub struct Told {
    /// How.
    pub method: Method,
    /// The level reached.
    pub level: Level,
    /// What was seen, in words.
    pub evidence: String,
    /// The registrant who did it.
    pub proved_by: String,
}

/// Whether operators may still act for a registrant: while the organisation has none who could work, or in a demonstration.
pub async fn has_begun(ground: &Ground, organisation: Id<Organisation>) -> Result<bool, Fault> {
    Ok(!ground.rules.demonstration && roles::has_working_registrant(&ground.db, organisation).await?)
}

async fn open_to_operators(ground: &Ground, organisation: Id<Organisation>) -> Result<(), Refusal> {
    if !ground.rules.proofing.by_command_line {
        return Err(Refusal::NotHere);
    }
    if has_begun(ground, organisation).await? { Err(Refusal::HasRegistrants) } else { Ok(()) }
}

/// An operator records a proofing at the command line, if the settings allow it and no registrant could.
pub async fn by_operator(ground: &Ground, by: &Operator, subject: &Person, told: Told) -> Result<Proofing, Refusal> {
    open_to_operators(ground, subject.organisation).await?;
    if told.method == Method::Mitid {
        return Err(Refusal::NoMitid);
    }
    let named = told.proved_by.trim();
    if !is_evidence(&told.evidence) || named.is_empty() || named.chars().count() > 200 || cpr::holds_cpr(named) {
        return Err(Refusal::Evidence);
    }
    let mut record = draft(ground, subject, told.method, told.level).await?;
    record.evidence = told.evidence.trim().to_owned();
    record.proved_by = named.to_owned();
    keep(ground, by, record).await
}

/// A second operator approves a record that waits.
pub async fn approve_by_operator(ground: &Ground, by: &Operator, id: Id<Proofing>) -> Result<Proofing, Refusal> {
    let record = waiting(ground, id).await?;
    let subject = people::by_id(&ground.db, record.person).await?.ok_or(Refusal::NoSuchPerson)?;
    open_to_operators(ground, subject.organisation).await?;
    if record.recorded_by == by.name() || record.proved_by == by.name() || record.recorded_by.is_empty() {
        return Err(Refusal::NotASecondPerson);
    }
    endorse(ground, (by, None), record).await
}
