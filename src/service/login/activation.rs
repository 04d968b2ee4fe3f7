//! The first login: the code that the registrant handed over opens the enrolment of a second factor, once. What is
//! enrolled carries no more than the code does; a password alone enrols nothing.

use crate::{
    crypto::token::Code,
    domain::{
        audit::{Actor, Event, Kind as EventKind},
        flow::{Activation, Enrol},
        mitid::Why,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held, Refusal},
    },
    storage::{activations, people},
};

/// Checks and spends the code; the flow goes on to the enrolment. Guesses are counted by where they come from: the code has
/// 60 random bits, and nobody who knows the password is to keep its owner from it.
pub async fn check(ground: &Ground, held: &Held, typed: &str, visitor: &Visitor) -> Result<Held, Refusal> {
    let flow = login::open::<Activation>(ground, held).await?;
    let person = flow.stage.person;
    login::gate_place(ground, visitor).await?;
    let active = match people::by_id(&ground.db, person).await? {
        Some(person) => login::device::may_try(ground, &person, visitor).await?,
        None => false,
    };
    if !active {
        return Err(login::fail(ground, visitor, Some(person), "user_inactive").await?);
    }
    let now = ground.clock.now();
    let hash = Code::from_typed(typed).hash(&ground.seals.activation)?;
    let mut tx = ground.db.begin().await?;
    let Some(under) = activations::spend(&mut tx, person, &hash, now).await? else {
        drop(tx);
        return Err(login::fail(ground, visitor, Some(person), "wrong_activation_code").await?);
    };
    login::admit(&mut tx, person, now).await?;
    let stage =
        Enrol { person, under, password: Some(flow.stage.password.clone()), session: None, why: Some(Why::Activation), pending: None };
    let held = login::advance(ground, &mut tx, &flow, held, &stage).await?;
    let event = Event::new(EventKind::ActivationUsed, Actor::Person(person), now, &visitor.incident, ground.random.as_ref());
    tx.commit(event.about(person)).await?;
    Ok(held)
}
