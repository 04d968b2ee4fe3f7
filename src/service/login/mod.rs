//! Logging in: a flow goes from stage to stage, each opened only at its turn and in its own browser, until a session
//! exists. Unknown user, wrong password and suspended account are one refusal. HTTP never appears here; the path goes
//! on in `storage::flows` and the factor rooms below.

/// Browsers that people used before.
mod device;
/// Attempts, what holds them off, and what their failure brings.
mod attempts;
/// Logins of which nothing is known yet.
pub mod unsaved;
/// User name and password.
pub mod password;
/// Codes of an authenticator app.
pub mod totp;
/// Passkeys, and security keys beside a password.
pub mod webauthn;
/// The activation code of the first login.
pub mod activation;

pub(in crate::service) use attempts::{account_key, count_place, fail, fail_attempt, gate, gate_in, gate_place};
use jiff::Timestamp;

use crate::{
    base::{clock::plus, id::Id},
    crypto::{password::HashError, seal::SealError, token::Token},
    domain::{
        audit::{Actor, Event, Kind},
        factor::{self, Evidence, TwoFactors},
        flow::{Activation, AnyFlow, Done, Enrol, Flow, Purpose, SecondFactor, Stage, Start, StepUp, Wanted},
        notice::Notice,
        person::Person,
        session::Session,
    },
    service::{
        ground::{Ground, Visitor},
        login::unsaved::Unsaved,
        notices::{self, NotQueued},
    },
    storage::{authenticators, db::Tx, fault::Fault, flows, people, sessions},
};

/// Why a login does not go on. What is told to the visitor; the reason stands in the trail.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Wrong, unknown or not allowed: one and the same. It was logged with its reason.
    #[error("not let in")]
    Wrong,
    /// Too many failures. It was logged with its scope.
    #[error("must wait {seconds} seconds")]
    Throttled {
        /// How long, at least 1.
        seconds: u64,
    },
    /// The flow is over, at another stage, or another browser's.
    #[error("no such flow here")]
    Gone,
    /// Too many logins at once.
    #[error("busy")]
    Busy,
    /// The database does not answer.
    #[error(transparent)]
    Storage(#[from] Fault),
    /// A key does not fit its data.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<NotQueued> for Refusal {
    fn from(error: NotQueued) -> Self {
        match error {
            NotQueued::Storage(fault) => Self::Storage(fault),
            NotQueued::Seal(error) => Self::Seal(error),
        }
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Malformed(reason) => Self::Storage(Fault::Inconsistent(reason)),
        }
    }
}

/// A flow as its browser knows it: the public id and the token of its cookie.
#[derive(Debug, Clone)]
pub struct Held {
    /// The id in the address.
    pub id: Id<AnyFlow>,
    /// The cookie's token.
    pub token: Token,
    /// What the cookie holds besides while nobody else knows of the flow.
    pub unsaved: Option<Unsaved>,
}

impl Held {
    /// The flow of that id by its cookie's value.
    pub fn of_cookie(id: Id<AnyFlow>, value: &str) -> Option<Self> {
        let (token, unsaved) = value.split_once('.').map_or((value, None), |(token, rest)| (token, Some(rest)));
        let unsaved = match unsaved {
            Some(text) => Some(Unsaved::from_text(text)?),
            None => None,
        };
        Some(Self { id, token: Token::from_text(token)?, unsaved })
    }

    /// The cookie's value.
    pub fn to_cookie(&self) -> String {
        let token = self.token.to_text();
        self.unsaved.as_ref().map_or_else(|| token.clone(), |unsaved| format!("{token}.{}", unsaved.to_text()))
    }
}

/// The factors were right: what the browser gets.
#[derive(Debug)]
pub struct LoggedIn {
    /// The new session's token, for its cookie.
    pub session: Token,
    /// Remembers this browser as known to the person.
    pub device: String,
    /// Who.
    pub person: Id<Person>,
    /// The flow, now done, when a relying party is still to be answered; `None` leads to the person's own page.
    pub flow: Option<Held>,
    /// Which of their own pages, when no relying party asked.
    pub wanted: Wanted,
}

/// Begins a login to the person's own pages. Nothing is written.
pub fn begin(ground: &Ground) -> Result<Held, SealError> {
    unsaved::begin::<Start>(ground)
}

/// Begins a flow of which something is known, in a transaction under way.
pub async fn begin_at<S: Stage>(ground: &Ground, tx: &mut Tx, purpose: Purpose, stage: S) -> Result<Held, Fault> {
    let expires_at = plus(ground.clock.now(), ground.rules.session.flow_seconds);
    begin_until(ground, tx, purpose, stage, expires_at).await
}

async fn begin_until<S: Stage>(ground: &Ground, tx: &mut Tx, purpose: Purpose, stage: S, expires_at: Timestamp) -> Result<Held, Fault> {
    let random = ground.random.as_ref();
    let flow = Flow { id: Id::random(random), purpose, stage, expires_at };
    let token = Token::random(random);
    flows::begin(tx, &flow, &token.hash()).await?;
    Ok(Held { id: flow.id, token, unsaved: None })
}

/// Opens a flow at stage `S`, or says that it is not there.
pub async fn open<S: Stage>(ground: &Ground, held: &Held) -> Result<Flow<S>, Refusal> {
    if let Some(flow) = unsaved::open(ground, held).await? {
        return Ok(flow);
    }
    flows::open(&ground.db, held.id, &held.token.hash(), ground.clock.now()).await?.ok_or(Refusal::Gone)
}

/// The name of the stage a flow stands at, if it is this browser's and not over.
pub async fn stage_of(ground: &Ground, held: &Held) -> Result<Option<String>, Fault> {
    if let Some(stage) = unsaved::stage(ground, held).await? {
        return Ok(Some(stage.to_owned()));
    }
    flows::stage_of(&ground.db, held.id, &held.token.hash(), ground.clock.now()).await
}

/// Begins the same login again, as somebody else: the old flow ends, its request waits in the new one, and no longer than it
/// would have waited in the old.
pub async fn restart(ground: &Ground, held: &Held) -> Result<Held, Refusal> {
    if unsaved::open::<Start>(ground, held).await?.is_some() {
        return Ok(begin(ground)?);
    }
    if let Some(begun) = again::<SecondFactor>(ground, held).await? {
        return Ok(begun);
    }
    if let Some(begun) = again::<Activation>(ground, held).await? {
        return Ok(begun);
    }
    if let Some(begun) = again::<StepUp>(ground, held).await? {
        return Ok(begun);
    }
    again::<Start>(ground, held).await?.ok_or(Refusal::Gone)
}

async fn again<S: Stage>(ground: &Ground, held: &Held) -> Result<Option<Held>, Refusal> {
    let Some(flow) = flows::open::<S>(&ground.db, held.id, &held.token.hash(), ground.clock.now()).await? else { return Ok(None) };
    let mut tx = ground.db.begin().await?;
    if !flows::finish::<S>(&mut tx, flow.id, &held.token.hash()).await? {
        return Err(Refusal::Gone);
    }
    let begun = begin_until(ground, &mut tx, for_somebody_else(flow.purpose), Start::default(), flow.expires_at).await?;
    tx.commit_routine().await?;
    Ok(Some(begun))
}

/// Whoever asked for somebody else is not answered by a session that is alive in the browser.
fn for_somebody_else(purpose: Purpose) -> Purpose {
    match purpose {
        Purpose::SignOn(mut sign_on) => {
            sign_on.force = true;
            Purpose::SignOn(sign_on)
        }
        Purpose::Account => purpose,
    }
}

/// Moves a flow to its next stage under a fresh token. Of several that try at once only one comes through.
pub(in crate::service) async fn advance<A: Stage, B: Stage>(
    ground: &Ground,
    tx: &mut Tx,
    flow: &Flow<A>,
    held: &Held,
    next: &B,
) -> Result<Held, Refusal> {
    let token = Token::random(ground.random.as_ref());
    let is_new = held.unsaved.is_some() && flows::begin_once(tx, flow, next, &token.hash()).await?;
    match is_new || flows::advance(tx, flow, &held.token.hash(), next, &token.hash()).await? {
        true => Ok(Held { id: flow.id, token, unsaved: None }),
        false => Err(Refusal::Gone),
    }
}

/// Saves new data at the same stage.
pub(in crate::service) async fn save<S: Stage>(ground: &Ground, flow: &Flow<S>, held: &Held, stage: &S) -> Result<(), Refusal> {
    let mut tx = ground.db.begin().await?;
    if held.unsaved.is_some() && flows::begin_once(&mut tx, flow, stage, &held.token.hash()).await? {
        return Ok(tx.commit_routine().await?);
    }
    if !flows::save(&mut tx, flow, &held.token.hash(), stage).await? {
        return Err(Refusal::Gone);
    }
    Ok(tx.commit_routine().await?)
}

/// Asks once more, inside the transaction that lets somebody on, whether they may log in: a lock placed since the factor
/// was judged is seen here, and one placed from here on waits and ends what was let in.
async fn admit(tx: &mut Tx, person: Id<Person>, now: Timestamp) -> Result<(), Refusal> {
    match people::admit(tx, person, now).await? {
        true => Ok(()),
        false => Err(Refusal::Gone),
    }
}

/// Two factors are proved: the session is made, the flow ends or waits to answer its relying party, the event is written.
pub(in crate::service) async fn enter<A: Stage>(
    ground: &Ground,
    mut tx: Tx,
    (flow, held): (&Flow<A>, &Held),
    factors: TwoFactors,
    visitor: &Visitor,
) -> Result<LoggedIn, Refusal> {
    let (now, random) = (ground.clock.now(), ground.random.as_ref());
    let person = factors.person();
    let session = Session {
        id: Id::random(random),
        person,
        evidence: factors.into_evidence(),
        created_at: now,
        last_seen_at: now,
        user_agent: visitor.user_agent.clone(),
        address: visitor.address.to_string(),
    };
    let token = Token::random(random);
    admit(&mut tx, person, now).await?;
    sessions::insert(&mut tx, &session, &token.hash(), session.absolute_end(&ground.rules.session)).await?;
    note_place(&mut tx, &session.evidence, now, &flow.purpose, visitor).await?;
    let flow_left = finish(ground, &mut tx, flow, held, Done { person, session: session.id }).await?;
    // Who enrols at their first login is told of that.
    if A::NAME != Enrol::NAME && device::known(ground, person, visitor).is_none() {
        notices::queue(ground, &mut tx, person, Notice::NewDevice { user_agent: visitor.user_agent.clone() }).await?;
    }
    let event = Event::new(Kind::LoginSucceeded, Actor::Person(person), now, &visitor.incident, random);
    tx.commit(placed(event, &session, &flow.purpose, visitor)).await?;
    Ok(LoggedIn { session: token, device: device::cookie(ground, person, visitor)?, person, flow: flow_left, wanted: Wanted::Overview })
}

/// Remembers for the owner at what each authenticator that was just checked was used.
async fn note_place(tx: &mut Tx, evidence: &Evidence, now: Timestamp, purpose: &Purpose, visitor: &Visitor) -> Result<(), Fault> {
    let client = purpose.sign_on().map(|sign_on| sign_on.client);
    for authenticator in evidence.uses().iter().filter(|used| used.at == now).filter_map(|used| used.authenticator) {
        authenticators::used_at(tx, authenticator, client, &visitor.user_agent).await?;
    }
    Ok(())
}

/// The event with how, from where and on the way to which relying party.
fn placed(event: Event, session: &Session, purpose: &Purpose, visitor: &Visitor) -> Event {
    let event = event.about(session.person).with("factors", kinds(&session.evidence)).with("session", session.id);
    let event = event.with("address", visitor.address).with("browser", &visitor.user_agent);
    let event = session.evidence.newest_authenticator().into_iter().fold(event, |event, id| event.with("authenticator", id));
    match purpose.sign_on() {
        Some(sign_on) => event.with("client", &sign_on.entity_id),
        None => event,
    }
}

/// Begins a step-up of a live session from the person's own pages, on the way to `wanted`.
pub async fn begin_step_up(ground: &Ground, session: &Session, wanted: Wanted) -> Result<Held, Fault> {
    let mut tx = ground.db.begin().await?;
    let stage = StepUp { person: session.person, session: session.id, webauthn: None, wanted };
    let held = begin_at(ground, &mut tx, Purpose::Account, stage).await?;
    tx.commit_routine().await?;
    Ok(held)
}

/// The session a step-up is for, if it lives. Read before a transaction is open: one that waits for a second connection
/// while it holds the first brings a busy pool to a halt.
async fn stepping_up(ground: &Ground, flow: &Flow<StepUp>) -> Result<Session, Refusal> {
    let session = sessions::by_id(&ground.db, flow.stage.session).await?.filter(|session| session.person == flow.stage.person);
    session.filter(|session| session.is_alive(&ground.rules.session, ground.clock.now())).ok_or(Refusal::Gone)
}

/// A step-up is proved: the session gets the new use and a new token.
async fn renew(
    ground: &Ground,
    mut tx: Tx,
    (flow, held): (&Flow<StepUp>, &Held),
    (mut session, used): (Session, factor::Use),
    visitor: &Visitor,
) -> Result<LoggedIn, Refusal> {
    let (now, random) = (ground.clock.now(), ground.random.as_ref());
    let person = flow.stage.person;
    session.evidence.renew(used);
    let token = Token::random(random);
    admit(&mut tx, person, now).await?;
    // The flow before the session, in the order of whoever ends all of a person's: neither then waits for the other.
    let flow_left = finish(ground, &mut tx, flow, held, Done { person, session: session.id }).await?;
    if !sessions::renew(&mut tx, session.id, &token.hash(), &session.evidence, now).await? {
        return Err(Refusal::Gone);
    }
    note_place(&mut tx, &session.evidence, now, &flow.purpose, visitor).await?;
    let event = Event::new(Kind::SteppedUp, Actor::Person(person), now, &visitor.incident, random);
    tx.commit(placed(event, &session, &flow.purpose, visitor)).await?;
    Ok(LoggedIn { session: token, device: device::cookie(ground, person, visitor)?, person, flow: flow_left, wanted: flow.stage.wanted })
}

async fn finish<A: Stage>(ground: &Ground, tx: &mut Tx, flow: &Flow<A>, held: &Held, done: Done) -> Result<Option<Held>, Refusal> {
    if flow.purpose.sign_on().is_some() {
        return advance(ground, tx, flow, held, &done).await.map(Some);
    }
    match flows::finish::<A>(tx, flow.id, &held.token.hash()).await? {
        true => Ok(None),
        false => Err(Refusal::Gone),
    }
}

fn kinds(evidence: &Evidence) -> String {
    evidence.uses().iter().map(|used| used.kind.as_str()).collect::<Vec<_>>().join("+")
}
