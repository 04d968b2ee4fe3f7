//! The new password of somebody who was identified in this flow. It ends all sessions and other logins; a second factor
//! stays required, or must be enrolled next. A lost factor ends here, and its owner is told (security case B15).

use super::{Refusal, event};
use crate::{
    base::{id::Id, secret::Secret},
    domain::{
        audit::{Actor, Kind as EventKind},
        factor::Use,
        flow::{Enrol, NewPassword, SecondFactor},
        mitid::Why,
        notice::Notice,
        person::Person,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held},
        notices, passwords,
    },
    storage::{attached, authenticators, db::Tx, flows, invitations, people, sessions},
};

/// Whose password it will be, and why.
pub async fn whose(ground: &Ground, held: &Held) -> Result<(Person, Why), Refusal> {
    let flow = login::open::<NewPassword>(ground, held).await?;
    let person = people::by_id(&ground.db, flow.stage.person).await?.filter(|person| person.may_log_in(ground.clock.now()));
    Ok((person.ok_or(login::Refusal::Gone)?, flow.stage.identified.why))
}

/// Sets it, and moves the flow to the second factor: the one there is, or one to be enrolled.
pub async fn choose(ground: &Ground, held: &Held, new: &Secret<String>, visitor: &Visitor) -> Result<Held, Refusal> {
    let flow = login::open::<NewPassword>(ground, held).await?;
    let (person, why) = whose(ground, held).await?;
    if !ground.hasher.has_room() {
        return Err(login::Refusal::Busy.into());
    }
    let enrolled = authenticators::of_person(&ground.db, person.id).await?;
    if why == Why::Activation && !enrolled.is_empty() {
        return Err(login::Refusal::Gone.into());
    }
    let accepted = passwords::accept(ground, &visitor.incident, &person, new).await?;
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    passwords::write(ground, &mut tx, &accepted).await?;
    if why == Why::Activation {
        invitations::chose_password(&mut tx, person.id, ground.clock.now()).await?;
    }
    let password = Use::of_password(now);
    // This login first, then the others, then sessions: one that is just being finished is waited for.
    let next = if why == Why::Password && !enrolled.is_empty() {
        let stage = SecondFactor { person: person.id, password, webauthn: None };
        login::advance(ground, &mut tx, &flow, held, &stage).await?
    } else {
        let under = flow.stage.identified.under;
        let stage = Enrol { person: person.id, under, password: Some(password), session: None, why: Some(why), pending: None };
        login::advance(ground, &mut tx, &flow, held, &stage).await?
    };
    flows::end_others(&mut tx, person.id, flow.id).await?;
    let ended = sessions::end_all_of(&mut tx, person.id).await?;
    // Now that no enrolment can end any more: what was enrolled since this began, by whoever had a session, counts too.
    if why == Why::Activation && !authenticators::has_none(&mut tx, person.id).await? {
        return Err(login::Refusal::Gone.into());
    }
    if why == Why::Factor {
        end_lost(ground, &mut tx, person.id, visitor).await?;
    }
    if why == Why::Password {
        notices::queue(ground, &mut tx, person.id, Notice::PasswordChanged).await?;
    }
    let event = event(ground, visitor, EventKind::PasswordSet, Actor::Person(person.id)).about(person.id);
    tx.commit(event.with("why", why.as_str()).with("sessions_ended", ended).with("address", visitor.address)).await?;
    Ok(next)
}

/// Ends the factors that were lost; whoever has them now has nothing.
async fn end_lost(ground: &Ground, tx: &mut Tx, person: Id<Person>, visitor: &Visitor) -> Result<(), Refusal> {
    // Apps that somebody else had attached may be in the same wrong hands.
    attached::remove_all(tx, person).await?;
    for one in authenticators::remove_all_of(tx, person).await? {
        let event = event(ground, visitor, EventKind::AuthenticatorRemoved, Actor::Person(person)).about(person);
        tx.note(&event.with("authenticator", one.id).with("why", Why::Factor.as_str())).await?;
        notices::queue(ground, tx, person, Notice::FactorRemoved { kind: one.kind, name: one.name }).await?;
    }
    Ok(())
}
