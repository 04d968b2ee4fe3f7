//! Taking an identity into use, and getting it back (NSIS 3.2.1, 3.2.4): an invitation or a user name opens the way, MitID
//! or a code from the registrant's desk proves who it is, terms are accepted, a password is chosen, a second factor is
//! enrolled. Broken off at any stage nothing is gained; what was proved is kept. No mail and no letter proves anything.

/// Invitations: making them, and opening the activation with one.
pub mod invitation;
/// Codes that a registrant handed over.
pub mod desk_code;
/// The terms, where they stand in the way.
pub mod accepting;
/// The new password.
pub mod password;
/// Apps that somebody else attached, proved by their owner.
pub mod attached;

use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind},
        factor::Authenticator,
        flow::{Accepting, AfterTerms, Flow, Identified, Identify, NewPassword},
        lock::{Cause, Hand},
        mitid::{Proved, Why},
        notice::Notice,
        person::Person,
        policy::WeakPassword,
        proofing::same_name,
        terms::Terms,
    },
    service::{
        cpr,
        ground::{Ground, Visitor},
        lifecycle,
        login::{self, Held, LoggedIn},
        notices::{self, NotQueued},
        operator::Operator,
        passwords, proofing, terms,
    },
    storage::{attached::Attached, authenticators, db::Tx, fault::Fault, flows, people},
};

/// The most that what is enrolled with a code from the desk may carry: a code can be overheard or passed on.
pub const BY_CODE: Level = Level::Substantial;

/// Why it does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// As a login: wrong, throttled, gone, or a fault.
    #[error(transparent)]
    Login(#[from] login::Refusal),
    /// MitID proved somebody else: nothing happened, and it was written down.
    #[error("somebody else")]
    Unmatched,
    /// It is the person, but this cannot be done for them: nothing happened, and it was written down.
    #[error("the right person, for whom this is not to be done")]
    NotThisWay,
    /// The proof is of a lower level than what it is to replace.
    #[error("a lower level than what is to be replaced")]
    TooLow,
    /// The password is not taken.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// Other terms were published meanwhile.
    #[error("other terms are asked for now")]
    OtherTerms,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Login(fault.into())
    }
}

impl From<crate::crypto::seal::SealError> for Refusal {
    fn from(error: crate::crypto::seal::SealError) -> Self {
        Self::Login(error.into())
    }
}

impl From<NotQueued> for Refusal {
    fn from(error: NotQueued) -> Self {
        match error {
            NotQueued::Storage(fault) => fault.into(),
            NotQueued::Seal(error) => error.into(),
        }
    }
}

impl From<passwords::Refusal> for Refusal {
    fn from(refusal: passwords::Refusal) -> Self {
        match refusal {
            passwords::Refusal::Weak(weak) => Self::Weak(weak),
            passwords::Refusal::Hash(error) => Self::Login(error.into()),
            passwords::Refusal::Breached(error) => Self::Login(Fault::Unavailable(error.to_string()).into()),
            passwords::Refusal::Fault(fault) => fault.into(),
        }
    }
}

/// What follows once somebody is identified.
#[derive(Debug)]
pub enum Next {
    /// The flow stands at its next stage.
    On(Held),
    /// The person's own lock is lifted; the flow is over.
    Unlocked,
    /// The app that somebody else attached is theirs; they are logged in.
    In(Box<LoggedIn>),
}

/// Whom a proof is about, and what is known of them.
struct Subject {
    person: Person,
    enrolled: Vec<Authenticator>,
    terms: Option<Terms>,
    /// Whether they ever took the identity into use.
    was_active: bool,
    /// The app they are to prove, if it is about one.
    shown: Option<Attached>,
}

/// MitID proved somebody in a flow that activates or recovers. It goes on only if the CPR number is that of the person the
/// flow is for; else nothing is activated and the event is written down.
pub async fn identified(
    ground: &Ground,
    (flow, held): (&Flow<Identify>, &Held),
    proved: &Proved,
    visitor: &Visitor,
) -> Result<Next, Refusal> {
    let (why, level) = (flow.stage.why, proved.level());
    let turned_down = async |reason, refusal| refuse(ground, visitor, &flow.stage, reason, refusal).await;
    let Some(subject) = subject(ground, flow).await? else { return turned_down("no_such_person", Refusal::Unmatched).await };
    let index = cpr::index_of(ground, subject.person.id).await?;
    if index.is_none() || index != Some(cpr::index(ground, proved.cpr())?) {
        return turned_down("other_cpr", Refusal::Unmatched).await;
    }
    // A wrong number on file is somebody else's: whatever it is for, the name must be the person's too.
    if proved.name().is_some_and(|told| !same_name(told, &subject.person.full_name())) {
        return turned_down("other_name", Refusal::Unmatched).await;
    }
    if let Err((reason, refusal)) = allowed(ground, &subject, why).await?.and_then(|()| reaches(&subject, why, level)) {
        return turned_down(reason, refusal).await;
    }
    let mut tx = ground.db.begin().await?;
    if why == Why::Activation {
        match proofing::by_mitid(ground, &mut tx, (&subject.person, index), proved, &visitor.incident).await {
            Ok(_) => {}
            Err(proofing::Refusal::Fault(fault)) => return Err(fault.into()),
            Err(proofing::Refusal::Seal(error)) => return Err(error.into()),
            Err(_) => {
                drop(tx);
                return turned_down("other_name", Refusal::Unmatched).await;
            }
        }
    }
    let event = event(ground, visitor, Kind::PersonIdentified, Actor::Person(subject.person.id)).about(subject.person.id);
    let event = event.with("method", "mitid").with("road", proved.road()).with("reference", proved.reference());
    proceed(ground, (tx, event), (flow, held), (subject, level), visitor).await
}

/// Everything that decides is read before a transaction is open.
async fn subject(ground: &Ground, flow: &Flow<Identify>) -> Result<Option<Subject>, Fault> {
    let Some(id) = flow.stage.person else { return Ok(None) };
    let person = people::by_id(&ground.db, id).await?;
    let enrolled = authenticators::of_person(&ground.db, id).await?;
    let terms = terms::outstanding(ground, id).await?;
    let was_active = people::was_active(&ground.db, id).await?;
    let shown = attached::shown(ground, flow).await?;
    Ok(person.map(|person| Subject { person, enrolled, terms, was_active, shown }))
}

type Verdict = Result<(), (&'static str, Refusal)>;

/// Whether a proof does for this person what it is wanted for.
async fn allowed(ground: &Ground, subject: &Subject, why: Why) -> Result<Verdict, Fault> {
    if why == Why::Unlock {
        let lifted = own_locks(ground, subject.person.id).await?;
        return Ok(if lifted.is_empty() { Err(("not_locked", Refusal::NotThisWay)) } else { Ok(()) });
    }
    if !subject.person.may_log_in(ground.clock.now()) {
        return Ok(Err(("user_inactive", Refusal::NotThisWay)));
    }
    Ok(match why {
        Why::Activation if !subject.enrolled.is_empty() => Err(("already_active", Refusal::NotThisWay)),
        // Whoever never took the identity into use has nothing to get back: they are invited.
        Why::Password | Why::Factor if !subject.was_active => Err(("never_active", Refusal::NotThisWay)),
        Why::Attached if subject.shown.is_none() => Err(("not_attached", Refusal::NotThisWay)),
        Why::Raise | Why::Unlock => Err(("purpose", Refusal::NotThisWay)),
        Why::Attached | Why::Activation | Why::Password | Why::Factor => Ok(()),
    })
}

/// Whether the proof is of no lower level than what was enrolled, wherever something enrolled is replaced or opened again.
fn reaches(subject: &Subject, why: Why, level: Level) -> Verdict {
    let replaces = matches!(why, Why::Password | Why::Factor | Why::Unlock);
    if replaces && subject.enrolled.iter().any(|one| one.carries > level) { Err(("level", Refusal::TooLow)) } else { Ok(()) }
}

/// The causes of active locks that their owner may lift.
async fn own_locks(ground: &Ground, person: Id<Person>) -> Result<Vec<Cause>, Fault> {
    let locks = lifecycle::locks(ground, person).await?;
    Ok(locks.into_iter().filter(|lock| lock.lifted.is_none() && lock.cause.lifted_by(Hand::Owner)).map(|lock| lock.cause).collect())
}

/// The person is identified: the event is written and the flow goes on.
async fn proceed(
    ground: &Ground,
    (mut tx, event): (Tx, Event),
    (flow, held): (&Flow<Identify>, &Held),
    (subject, level): (Subject, Level),
    visitor: &Visitor,
) -> Result<Next, Refusal> {
    let (why, person) = (flow.stage.why, subject.person.id);
    let event = event.with("why", why.as_str()).with("level", level);
    if why == Why::Unlock {
        if !flows::finish::<Identify>(&mut tx, flow.id, &held.token.hash()).await? {
            return Err(login::Refusal::Gone.into());
        }
        tx.commit(event).await?;
        return unlock(ground, person, visitor).await;
    }
    let by = Operator { actor: Actor::Person(person), incident: visitor.incident.clone() };
    lifecycle::trust_again(ground, &mut tx, &by, person).await?;
    if let (Why::Attached, Some(app)) = (why, subject.shown) {
        let entered = attached::enter(ground, (tx, event), (flow, held), (app, level), visitor).await?;
        return Ok(Next::In(Box::new(entered)));
    }
    let identified = Identified { why, under: level };
    let held = if subject.terms.is_some() {
        let stage = Accepting { person, then: AfterTerms::Password(identified) };
        login::advance(ground, &mut tx, flow, held, &stage).await?
    } else {
        login::advance(ground, &mut tx, flow, held, &NewPassword { person, identified }).await?
    };
    if why != Why::Activation {
        notices::queue(ground, &mut tx, person, Notice::RecoveryBegun).await?;
    }
    tx.commit(event).await?;
    Ok(Next::On(held))
}

async fn unlock(ground: &Ground, person: Id<Person>, visitor: &Visitor) -> Result<Next, Refusal> {
    let by = Operator { actor: Actor::Person(person), incident: visitor.incident.clone() };
    for cause in own_locks(ground, person).await? {
        match lifecycle::unlock(ground, &by, Hand::Owner, (person, cause), "lifted by its owner, identified anew").await {
            // Another one did it at the same moment, which is as good.
            Ok(()) | Err(lifecycle::Refusal::NotLocked(_)) => {}
            Err(lifecycle::Refusal::Fault(fault)) => return Err(fault.into()),
            Err(_) => return Err(Refusal::Unmatched),
        }
    }
    Ok(Next::Unlocked)
}

/// Writes down that somebody was not identified for what they wanted. The flow stays where it was.
async fn refuse<T>(ground: &Ground, visitor: &Visitor, stage: &Identify, reason: &'static str, refusal: Refusal) -> Result<T, Refusal> {
    let mut event = event(ground, visitor, Kind::IdentificationRefused, Actor::Visitor).with("why", stage.why.as_str());
    event = event.with("reason", reason).with("address", visitor.address);
    event.subject = stage.person;
    ground.db.begin().await?.commit(event).await?;
    tracing::warn!(event = "identification.refused", reason, why = stage.why.as_str(), incident = %visitor.incident);
    Err(refusal)
}

fn event(ground: &Ground, visitor: &Visitor, kind: Kind, actor: Actor) -> Event {
    Event::new(kind, actor, ground.clock.now(), &visitor.incident, ground.random.as_ref())
}

/// The id under which an unknown user name goes on as if it were known: always the same, and nobody's.
pub(in crate::service) fn nobody(ground: &Ground, user_name: &str) -> Result<Id<Person>, login::Refusal> {
    let mac = ground.seals.throttle.mac(&[b"nobody", user_name.as_bytes()])?;
    let mut bytes = [0u8; 16];
    bytes.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
    Ok(Id::from_uuid(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}
