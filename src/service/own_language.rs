//! The language somebody chose for their mails, and for pages once they have logged in.

use crate::{
    base::id::Id,
    domain::{
        audit::{Actor, Event, Kind},
        language::Language,
        person::Person,
    },
    service::ground::{Ground, Visitor},
    storage::{fault::Fault, people},
};

/// The language the person chose, if they did.
pub async fn chosen(ground: &Ground, person: Id<Person>) -> Result<Option<Language>, Fault> {
    Ok(people::language(&ground.db, person).await?.as_deref().and_then(Language::from_tag))
}

/// Keeps the person's choice.
pub async fn choose(ground: &Ground, person: Id<Person>, language: Language, visitor: &Visitor) -> Result<(), Fault> {
    let mut tx = ground.db.begin().await?;
    people::set_language(&mut tx, person, language.tag()).await?;
    let event = Event::new(Kind::LanguageChosen, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref());
    tx.commit(event.about(person).with("language", language.tag())).await
}
