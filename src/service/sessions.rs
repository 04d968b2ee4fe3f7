//! Sessions after login: who is behind a cookie, and ending them. Judged against the clock and the person's standing on
//! every request, so that an end is an end at once on every node.

use crate::{
    base::id::Id,
    crypto::token::Token,
    domain::{
        audit::{Actor, Event, Kind},
        person::Person,
        session::Session,
    },
    service::ground::{Ground, Visitor},
    storage::{fault::Fault, people, sessions},
};

/// A live session with its person.
#[derive(Debug)]
pub struct Present {
    /// The session.
    pub session: Session,
    /// Whose.
    pub person: Person,
}

/// Who is behind the token, if the session lives and the person may log in. Its use is noted once a minute.
pub async fn present(ground: &Ground, token: &Token) -> Result<Option<Present>, Fault> {
    let now = ground.clock.now();
    let Some(session) = sessions::find(&ground.db, &token.hash()).await? else { return Ok(None) };
    if !session.is_alive(&ground.rules.session, now) {
        return Ok(None);
    }
    let person = people::by_id(&ground.db, session.person).await?.filter(|person| person.may_log_in(now));
    let Some(person) = person else { return Ok(None) };
    if crate::base::clock::seconds_between(session.last_seen_at, now) >= 60 {
        let mut tx = ground.db.begin().await?;
        sessions::touch(&mut tx, session.id, now).await?;
        tx.commit_routine().await?;
    }
    Ok(Some(Present { session, person }))
}

/// Ends the session of that token; `false` when it had ended already. Its relying parties hear of it by the back-channel.
pub async fn end(ground: &Ground, token: &Token, visitor: &Visitor) -> Result<bool, Fault> {
    match sessions::find(&ground.db, &token.hash()).await? {
        Some(session) => end_session(ground, &session, visitor).await,
        None => Ok(false),
    }
}

async fn end_session(ground: &Ground, session: &Session, visitor: &Visitor) -> Result<bool, Fault> {
    let mut tx = ground.db.begin().await?;
    let Some(ended) = sessions::end_by_id(&mut tx, session.person, session.id).await? else { return Ok(false) };
    let actor = Actor::Person(ended.person);
    let event = Event::new(Kind::SessionEnded, actor, ground.clock.now(), &visitor.incident, ground.random.as_ref());
    tx.commit(event.about(ended.person).with("session", ended.id)).await?;
    Ok(true)
}

/// Ends all of the person's sessions but `kept`, at once; how many.
pub async fn end_others(ground: &Ground, person: Id<Person>, kept: Id<Session>, visitor: &Visitor) -> Result<u64, Fault> {
    let mut tx = ground.db.begin().await?;
    let ended = sessions::end_all_but(&mut tx, person, kept).await?;
    let event = Event::new(Kind::SessionEnded, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref());
    tx.commit(event.about(person).with("sessions_ended", ended)).await?;
    Ok(ended)
}

/// Ends one of the person's own sessions; `false` when it is not theirs or has ended.
pub async fn end_one(ground: &Ground, person: Id<Person>, id: Id<Session>, visitor: &Visitor) -> Result<bool, Fault> {
    match sessions::by_id(&ground.db, id).await?.filter(|session| session.person == person) {
        Some(session) => end_session(ground, &session, visitor).await,
        None => Ok(false),
    }
}

/// The person's live sessions, newest first.
pub async fn list(ground: &Ground, person: Id<Person>) -> Result<Vec<Session>, Fault> {
    let now = ground.clock.now();
    let all = sessions::list_of(&ground.db, person).await?;
    Ok(all.into_iter().filter(|session| session.is_alive(&ground.rules.session, now)).collect())
}
