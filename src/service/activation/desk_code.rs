//! A code from the registrant's desk instead of MitID: for the activation, or for one purpose of recovery. Spent once, for
//! the person and the purpose it was made for; what follows carries no more than the code does.

use super::{Next, Refusal, allowed, event, proceed, reaches, subject};
use crate::{
    base::id::Id,
    crypto::token::Code,
    domain::{
        audit::{Actor, Kind},
        flow::Identify,
        mitid::Why,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held},
    },
    storage::{activations, recoveries},
};

/// Checks and spends the code. Guesses are counted by where they come from, never by whose code they are at: a stranger who
/// fails on purpose would else keep its owner out, and 60 random bits need no more. Whether the flow's user name is known shows neither in the answer nor in the work.
pub async fn check(ground: &Ground, held: &Held, typed: &str, visitor: &Visitor) -> Result<Next, Refusal> {
    let flow = login::open::<Identify>(ground, held).await?;
    let why = flow.stage.why;
    if why == Why::Raise {
        return Err(login::Refusal::Gone.into());
    }
    login::gate_place(ground, visitor).await?;
    let id = flow.stage.person.unwrap_or_else(|| Id::random(ground.random.as_ref()));
    let subject = subject(ground, &flow).await?;
    let known = subject.as_ref().map(|subject| subject.person.id);
    let now = ground.clock.now();
    let keyed = if why == Why::Activation { &ground.seals.activation } else { &ground.seals.recovery };
    let hash = Code::from_typed(typed).hash(keyed)?;
    // A code that is right but does not do what is wanted stays unspent.
    let verdict = match &subject {
        Some(subject) => allowed(ground, subject, why).await?.map_err(|(reason, _)| reason),
        None => Ok(()),
    };
    let mut tx = ground.db.begin().await?;
    let level = match why {
        Why::Activation => activations::spend(&mut tx, id, &hash, now).await?,
        _ => recoveries::spend(&mut tx, id, why, &hash, now).await?,
    };
    let verdict = match (&subject, level) {
        (Some(subject), Some(level)) => verdict.and_then(|()| reaches(subject, why, level).map_err(|(reason, _)| reason)),
        _ => verdict,
    };
    let (Some(level), Some(subject), Ok(())) = (level, subject, verdict) else {
        drop(tx);
        let reason = verdict.err().unwrap_or("wrong_desk_code");
        return Err(login::fail(ground, visitor, known, reason).await?.into());
    };
    if why == Why::Activation {
        tx.note(&event(ground, visitor, Kind::ActivationUsed, Actor::Person(id)).about(id)).await?;
    }
    let event = event(ground, visitor, Kind::PersonIdentified, Actor::Person(id)).about(id).with("method", "desk-code");
    proceed(ground, (tx, event), (&flow, held), (subject, level), visitor).await
}
