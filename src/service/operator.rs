//! Whoever administers, from the command line or the console: the name under which an act is written down.

use crate::{
    base::id::{Id, Incident},
    domain::{
        audit::{Actor, Event, Kind},
        person::Person,
    },
    service::ground::Ground,
};

/// Who acts, and the correlation code of the act.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Who.
    pub actor: Actor,
    /// The code that log lines of the same act carry.
    pub incident: Incident,
}

impl Operator {
    /// An event of this operator, now.
    pub fn event(&self, ground: &Ground, kind: Kind) -> Event {
        Event::new(kind, self.actor.clone(), ground.clock.now(), &self.incident, ground.random.as_ref())
    }

    /// Whether this is that person.
    pub fn is(&self, person: Id<Person>) -> bool {
        self.actor == Actor::Person(person)
    }

    /// How the operator is named in rows (who proved an identity, who issued a code).
    pub fn name(&self) -> String {
        self.actor.to_text()
    }
}
