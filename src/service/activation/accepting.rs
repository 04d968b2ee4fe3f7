//! Terms that stand in the way: in an activation before the password, at a login before a relying party is answered. What
//! was shown is what is accepted; a version published meanwhile is shown anew.

use super::Refusal;
use crate::{
    domain::{
        flow::{Accepting, AfterTerms, Done, NewPassword},
        terms::Terms,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held},
        terms,
    },
};

/// What is to be read; `None` when it was accepted meanwhile.
pub async fn shown(ground: &Ground, held: &Held) -> Result<Option<Terms>, Refusal> {
    let flow = login::open::<Accepting>(ground, held).await?;
    Ok(terms::outstanding(ground, flow.stage.person).await?)
}

/// Accepts the version that was shown, in the language it was shown in, and goes on.
pub async fn accept(ground: &Ground, held: &Held, (version, language): (i64, &str), visitor: &Visitor) -> Result<Held, Refusal> {
    let flow = login::open::<Accepting>(ground, held).await?;
    let person = flow.stage.person;
    let outstanding = terms::outstanding(ground, person).await?;
    let mut tx = ground.db.begin().await?;
    if let Some(shown) = &outstanding {
        terms::accept(ground, &mut tx, person, (shown, version, language), visitor).await.map_err(|refusal| match refusal {
            terms::Refusal::Fault(fault) => fault.into(),
            _ => Refusal::OtherTerms,
        })?;
    }
    let held = match flow.stage.then.clone() {
        AfterTerms::Password(identified) => login::advance(ground, &mut tx, &flow, held, &NewPassword { person, identified }).await?,
        AfterTerms::Answer(session) => login::advance(ground, &mut tx, &flow, held, &Done { person, session }).await?,
    };
    // The acceptance is noted in this transaction; moving a login on is no event of its own.
    tx.commit_routine().await?;
    Ok(held)
}
