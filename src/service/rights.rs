//! Rights as values: `Right<A>` says that somebody may do the act `A`, and where; `Subject<A>` that they may do it to one
//! person. Services that act take them as parameters, and nothing but this room makes them.
//! Nobody acts on themselves, under whatever account, nor on somebody who holds a right they lack (security case C02); such
//! an attempt is in the trail.

use std::marker::PhantomData;

use crate::{
    base::id::{Id, Incident},
    domain::{
        assurance::Level,
        audit::{Actor, Kind},
        organisation::Organisation,
        person::Person,
        right::{self, Act, Care},
        role::{Grant, Role, Scope},
    },
    service::{cpr, ground::Ground, operator::Operator, proofing, sessions},
    storage::{fault::Fault, people, roles},
};

/// Why somebody may not.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// None of their roles has the right.
    #[error("none of your roles has this right")]
    NoRight,
    /// The login is below Substantial.
    #[error("the console wants a login at level substantial")]
    LevelTooLow,
    /// The login is too old for this act.
    #[error("prove the second factor again")]
    NotFresh,
    /// There is nobody of that id within their reach.
    #[error("there is no such person")]
    NoSuchPerson,
    /// It is themselves.
    #[error("nobody does this to themselves, under whatever account")]
    Own,
    /// Whether it is themselves cannot be told: a CPR number is not known.
    #[error("who is a second person cannot be told without the CPR numbers of all three")]
    NoCpr,
    /// The person holds a right that they lack.
    #[error("the person holds a right that you lack")]
    Above,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// That somebody may do the act `A`, and where: for one request.
#[derive(Debug)]
pub struct Right<A> {
    by: Operator,
    person: Person,
    grants: Vec<Grant>,
    scopes: Vec<Scope>,
    is_fresh: bool,
    act: PhantomData<A>,
}

/// That somebody may do the act `A` to this person.
#[derive(Debug)]
pub struct Subject<A> {
    by: Operator,
    doer: Id<Person>,
    person: Person,
    act: PhantomData<A>,
}

impl<A: Act> Right<A> {
    /// The right of the person of a live session, if they have it, logged in at Substantial and, for an act, fresh.
    pub async fn of(ground: &Ground, present: &sessions::Present, incident: &Incident) -> Result<Self, Denied> {
        let (session, person) = (&present.session, &present.person);
        let grants = roles::of_person(&ground.db, person.id).await?;
        let scopes: Vec<Scope> = grants.iter().filter(|grant| A::ROLES.contains(&grant.role)).map(|grant| grant.scope).collect();
        if scopes.is_empty() {
            return Err(Denied::NoRight);
        }
        proofing::level_of(ground, present).await?.filter(|level| *level >= Level::Substantial).ok_or(Denied::LevelTooLow)?;
        let is_fresh = session.is_fresh(&ground.rules.session, ground.clock.now());
        if A::CARE == Care::Acts && !is_fresh {
            return Err(Denied::NotFresh);
        }
        let by = Operator { actor: Actor::Person(person.id), incident: incident.clone() };
        Ok(Self { by, person: person.clone(), grants, scopes, is_fresh, act: PhantomData })
    }

    /// Under whose name the act is written down.
    pub fn operator(&self) -> &Operator {
        &self.by
    }

    /// Whoever acts.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Whether the login is fresh enough for acts.
    pub fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    /// All their roles.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether they have this other right too, wherever; for what a page offers. The act itself asks again.
    pub fn has<B: Act>(&self) -> bool {
        self.grants.iter().any(|grant| B::ROLES.contains(&grant.role))
    }

    /// Whether the right reaches that organisation.
    pub fn reaches(&self, organisation: Id<Organisation>) -> bool {
        self.scopes.iter().any(|scope| scope.reaches(organisation))
    }

    /// Whether it holds in all organisations.
    pub fn is_everywhere(&self) -> bool {
        self.scopes.contains(&Scope::Everywhere)
    }

    /// Whether they hold everything that a role there would give: what they may ask for or approve.
    pub fn outranks(&self, role: Role, scope: Scope) -> bool {
        let given = Grant { role, scope, granted_by: String::new(), granted_at: jiff::Timestamp::UNIX_EPOCH };
        self.scopes.iter().any(|own| own.covers(scope)) && right::covers(&self.grants, &[given])
    }

    /// The person, if they may do it to them.
    pub async fn over(&self, ground: &Ground, id: Id<Person>) -> Result<Subject<A>, Denied> {
        // Whoever is out of reach is not told from whoever is not there.
        let person = people::by_id(&ground.db, id).await?.filter(|person| self.reaches(person.organisation));
        let person = person.ok_or(Denied::NoSuchPerson)?;
        if A::CARE == Care::Acts {
            if cpr::same_human(ground, self.person.id, id).await? == Some(true) {
                return Err(self.denied(ground, id, Denied::Own).await?);
            }
            if !right::covers(&self.grants, &roles::of_person(&ground.db, id).await?) {
                return Err(self.denied(ground, id, Denied::Above).await?);
            }
        }
        Ok(Subject { by: self.by.clone(), doer: self.person.id, person, act: PhantomData })
    }

    async fn denied(&self, ground: &Ground, id: Id<Person>, denied: Denied) -> Result<Denied, Fault> {
        let reason = if matches!(denied, Denied::Own) { "own" } else { "hierarchy" };
        tracing::warn!(event = "authz.denied", act = A::WORD, reason, incident = %self.by.incident, person = %self.person.id);
        let event = self.by.event(ground, Kind::AccessDenied).about(id).with("act", A::WORD).with("reason", reason);
        ground.db.begin().await?.commit(event).await?;
        Ok(denied)
    }
}

impl<A: Act> Subject<A> {
    /// The person.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Under whose name the act is written down.
    pub fn operator(&self) -> &Operator {
        &self.by
    }

    /// Whoever acts.
    pub fn doer(&self) -> Id<Person> {
        self.doer
    }
}
