//! A person proves with MitID, from their own pages, who they are: if it is their own CPR number, the proofing is recorded
//! and the level of their identity rises with it. Somebody else's MitID changes nothing and is written down.

use crate::{
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind},
        flow::{Identify, Purpose},
        mitid::Why,
        session::Session,
    },
    service::{
        cpr,
        ground::{Ground, Visitor},
        login::{self, Held},
        mitid::{Identified, Refusal},
        proofing,
    },
    storage::{fault::Fault, flows, people},
};

/// Begins it from the pages of a session.
pub async fn begin(ground: &Ground, session: &Session) -> Result<Held, Fault> {
    let stage = Identify {
        why: Why::Raise,
        person: Some(session.person),
        session: Some(session.id),
        least: Level::Substantial,
        asked: None,
        shown: None,
    };
    let mut tx = ground.db.begin().await?;
    let held = login::begin_at(ground, &mut tx, Purpose::Account, stage).await?;
    tx.commit_routine().await?;
    Ok(held)
}

/// MitID proved somebody: records it for the person whose flow it is, or refuses somebody else's.
pub async fn identified(ground: &Ground, held: &Held, identified: &Identified, visitor: &Visitor) -> Result<(), Refusal> {
    let (flow, proved) = (&identified.flow, &identified.proved);
    let Some(person) = flow.stage.person.filter(|_| flow.stage.why == Why::Raise) else { return Err(Refusal::Gone) };
    let subject = people::by_id(&ground.db, person).await?.ok_or(Refusal::Gone)?;
    let index = cpr::index_of(ground, person).await?;
    let event = |kind| {
        let event = Event::new(kind, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref());
        event.about(person).with("why", flow.stage.why.as_str()).with("road", proved.road()).with("reference", proved.reference())
    };
    let mut tx = ground.db.begin().await?;
    if !flows::finish::<Identify>(&mut tx, held.id, &held.token.hash()).await? {
        return Err(Refusal::Gone);
    }
    let reason = match proofing::by_mitid(ground, &mut tx, (&subject, index), proved, &visitor.incident).await {
        Ok(_) => return Ok(tx.commit(event(Kind::MitidUsed)).await?),
        Err(proofing::Refusal::OtherCpr) => "other_cpr",
        Err(proofing::Refusal::OtherName) => "other_name",
        Err(proofing::Refusal::Fault(fault)) => return Err(fault.into()),
        Err(error) => return Err(Refusal::Internal(error.to_string())),
    };
    // The flow stays as it was, so that the right MitID can be tried.
    drop(tx);
    ground.db.begin().await?.commit(event(Kind::MitidRefused).with("reason", reason)).await?;
    Err(Refusal::OtherPerson)
}
