//! Changing one's own password: the old one, a fresh login with two factors, and a new one that the demands let pass.
//! Whoever holds another session, a login under way or a copy of this session's cookie loses it.

use crate::{
    base::secret::Secret,
    crypto::token::Token,
    domain::{
        audit::{Actor, Event, Kind},
        notice::Notice,
        person::Person,
        policy::WeakPassword,
    },
    service::{
        enrolment::Fresh,
        ground::{Ground, Visitor},
        login::{self, Refusal},
        notices, passwords,
    },
    storage::{fault::Fault, flows, sessions},
};

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// It is changed; the session goes on under this token.
    Changed(Token),
    /// The new one does not meet the demands.
    Weak(WeakPassword),
    /// The new one is the old one.
    Same,
}

/// The old and the new password, as they were typed.
#[derive(Debug)]
pub struct Words {
    /// The present one.
    pub old: Secret<String>,
    /// The one that is to be.
    pub new: Secret<String>,
}

/// Changes the password of whoever holds the session. A wrong old one counts as a guess.
pub async fn change(ground: &Ground, fresh: Fresh<'_>, person: &Person, words: Words, visitor: &Visitor) -> Result<Outcome, Refusal> {
    login::password::owner(ground, person.username.as_str(), &words.old, visitor).await?;
    if words.old.expose() == words.new.expose() {
        return Ok(Outcome::Same);
    }
    let accepted = match passwords::accept(ground, &visitor.incident, person, &words.new).await {
        Ok(accepted) => accepted,
        Err(passwords::Refusal::Weak(weak)) => return Ok(Outcome::Weak(weak)),
        Err(passwords::Refusal::Hash(error)) => return Err(error.into()),
        Err(passwords::Refusal::Fault(fault)) => return Err(fault.into()),
        Err(passwords::Refusal::Breached(error)) => return Err(Fault::Unavailable(error.to_string()).into()),
    };
    let (now, random) = (ground.clock.now(), ground.random.as_ref());
    let (session, renewed) = (fresh.session(), Token::random(random));
    let mut tx = ground.db.begin().await?;
    passwords::write(ground, &mut tx, &accepted).await?;
    // Logins first: one that is just being finished is waited for, and its session then ends with the others.
    flows::end_of_person(&mut tx, person.id).await?;
    let ended = sessions::end_all_but(&mut tx, person.id, session.id).await?;
    if !sessions::renew(&mut tx, session.id, &renewed.hash(), &session.evidence, now).await? {
        return Err(Refusal::Gone);
    }
    notices::queue(ground, &mut tx, person.id, Notice::PasswordChanged).await?;
    let event = Event::new(Kind::PasswordSet, Actor::Person(person.id), now, &visitor.incident, random);
    tx.commit(event.about(person.id).with("sessions_ended", ended).with("address", visitor.address)).await?;
    Ok(Outcome::Changed(renewed))
}
