//! What an operator does with people: add, rename, prove, suspend, reactivate, and hand over what their first login needs.
//! Nobody is deleted. Each act is one transaction with its event; a code or secret is answered once and kept only as
//! hash or seal. The path goes on in `storage`.

/// Names, user name and address, and changing them.
pub mod details;

use uuid::Uuid;

use crate::{
    base::{clock, id::Id, random, secret::Secret},
    crypto::{seal::SealError, token::Code, totp::TotpSecret},
    domain::{
        assurance::Level,
        audit::{Event, Kind as EventKind},
        employment::Employment,
        factor::{Authenticator, Kind},
        lock::{Cause, Hand, Lock},
        notice::Notice,
        organisation::{Cvr, Organisation},
        person::{Admission, Cpr, Person, Username},
        proofing::Proofing,
        role::{Grant, Role, Scope},
    },
    service::{
        cpr,
        ground::Ground,
        lifecycle,
        login::totp,
        notices::{self, NotQueued},
        operator::Operator,
        organisations, passwords,
        people::details::Change,
        proofing::{self, operators::Told},
        roles,
    },
    storage::{
        activations::{self, Activation},
        attached::{self, Attached},
        authenticators, bootstraps,
        db::Tx,
        fault::Fault,
        handed::Behind,
        people::{self, Taken},
        roles as grants,
    },
};

/// Why an act was not done; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody has that user name.
    #[error("nobody has the user name '{0}'")]
    NoSuchPerson(String),
    /// The organisation is not known.
    #[error(transparent)]
    Organisation(#[from] organisations::Refusal),
    /// Somebody else has it.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The password is not taken.
    #[error(transparent)]
    Password(#[from] passwords::Refusal),
    /// A name is missing or too long.
    #[error("given and family name are 1 to 100 characters each, without control characters")]
    Name,
    /// The e-mail address is too long, or no text.
    #[error("an e-mail address is one address of at most 254 characters")]
    Email,
    /// What stands on screens and in mails would hold a CPR number.
    #[error("names, user names and e-mail addresses hold no CPR number, however it is written")]
    HoldsCpr,
    /// The person is suspended already, or not at all.
    #[error("'{0}' is {1} already")]
    Already(Username, &'static str),
    /// Locks and employments.
    #[error(transparent)]
    Lifecycle(#[from] lifecycle::Refusal),
    /// Proofings.
    #[error(transparent)]
    Proofing(#[from] proofing::Refusal),
    /// CPR numbers.
    #[error(transparent)]
    Cpr(#[from] cpr::Refusal),
    /// Their identity is in use: nobody knows its password but they.
    #[error("'{0}' has taken the identity into use: nobody sets a password for them; they recover it by MitID or at the desk")]
    InUse(Username),
    /// It is not one of theirs.
    #[error("'{0}' has no second factor with the id {1}; portvagt person show lists them")]
    NoSuchFactor(Username, Id<Authenticator>),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The person could not be told of it.
    #[error(transparent)]
    Notice(#[from] NotQueued),
}

/// A person to be added.
#[derive(Debug)]
pub struct Newcomer {
    /// Where employed; may be left out when there is one organisation.
    pub organisation: Option<Cvr>,
    /// What they log in with.
    pub username: Username,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Work e-mail.
    pub email: Option<String>,
    /// MitID Erhverv's UUID of the person; without it a fresh one.
    pub persistent_uuid: Option<Uuid>,
    /// CPR number.
    pub cpr: Option<Cpr>,
    /// Whether they administer Portvagt.
    pub administrator: bool,
    /// Their first password; without one they are invited.
    pub password: Option<Secret<String>>,
}

/// A person with what there is to know for an operator.
#[derive(Debug)]
pub struct Record {
    /// Who.
    pub person: Person,
    /// The level their identity is proved at now.
    pub identity: Option<Level>,
    /// Their proofings, those that count no longer too, newest first.
    pub proofings: Vec<Proofing>,
    /// Their locks, active and lifted, newest first.
    pub locks: Vec<Lock>,
    /// Their employments, oldest first.
    pub employments: Vec<Employment>,
    /// Their roles.
    pub roles: Vec<Grant>,
    /// Their CPR number, masked.
    pub cpr: Option<String>,
    /// Their second factors.
    pub authenticators: Vec<Authenticator>,
    /// Apps that somebody else attached and that they have not proved.
    pub attached: Vec<Attached>,
    /// Whether a handed-over code is still open.
    pub activation_open: bool,
}

/// Adds a person; with a password, the activation code for their first login is made too.
pub async fn add(ground: &Ground, by: &Operator, newcomer: Newcomer) -> Result<(Person, Option<Code>), Refusal> {
    let organisation = organisations::find(ground, newcomer.organisation.as_ref()).await?.id;
    let (given_name, family_name) = details::names(&newcomer.given_name, &newcomer.family_name)?;
    let email = details::address(newcomer.email.as_deref().unwrap_or_default())?;
    let random = ground.random.as_ref();
    let person = Person {
        id: Id::random(random),
        organisation,
        username: details::username(newcomer.username)?,
        given_name,
        family_name,
        email,
        persistent_uuid: newcomer.persistent_uuid.unwrap_or_else(|| uuid::Builder::from_random_bytes(random::bytes(random)).into_uuid()),
        admission: Admission::default(),
    };
    let cpr = newcomer.cpr.map(|number| cpr::seal(ground, person.id, &number)).transpose()?;
    let password = match &newcomer.password {
        Some(password) => Some(passwords::accept(ground, &by.incident, &person, password).await?),
        None => None,
    };
    let hand = by_hand(ground, by, organisation).await?;
    let mut tx = ground.db.begin().await?;
    people::insert(&mut tx, &person, cpr).await??;
    if newcomer.persistent_uuid.is_some() {
        bootstraps::state_uuid(&mut tx, person.id, ground.clock.now()).await?;
    }
    let mut code = None;
    if let Some(password) = password {
        passwords::write(ground, &mut tx, &password).await?;
        let (made, event) = issue(ground, &mut tx, by, (person.id, hand)).await?;
        code = Some(made);
        tx.note(&event).await?;
    }
    if newcomer.administrator {
        grants::grant(&mut tx, person.id, (Role::Administrator, Scope::Everywhere), &by.name(), ground.clock.now()).await?;
        tx.note(&by.event(ground, EventKind::RoleGranted).about(person.id).with("role", Role::Administrator.as_str())).await?;
    }
    tx.commit(by.event(ground, EventKind::PersonAdded).about(person.id)).await?;
    Ok((person, code))
}

/// The person of that user name.
pub async fn find(ground: &Ground, username: &Username) -> Result<Person, Refusal> {
    let found = people::by_username(&ground.db, username.as_str()).await?;
    found.ok_or_else(|| Refusal::NoSuchPerson(username.to_string()))
}

/// People whose names, user name or e-mail contain `filter`, at most `limit`.
pub async fn list(ground: &Ground, filter: &str, limit: i64) -> Result<Vec<Person>, Refusal> {
    Ok(people::list(&ground.db, filter, limit, "").await?)
}

/// Everything an operator may know of a person.
pub async fn record(ground: &Ground, username: &Username) -> Result<Record, Refusal> {
    let person = find(ground, username).await?;
    let db = &ground.db;
    Ok(Record {
        identity: proofing::identity(ground, &person).await?,
        proofings: proofing::of(ground, person.id).await?,
        locks: lifecycle::locks(ground, person.id).await?,
        employments: lifecycle::employments(ground, person.id).await?,
        roles: roles::of(ground, person.id).await?,
        cpr: cpr::masked(ground, person.id).await?,
        authenticators: authenticators::of_person(db, person.id).await?,
        attached: attached::of_person(db, person.id).await?,
        activation_open: activations::open_for(db, person.id, ground.clock.now()).await?,
        person,
    })
}

/// Gives the person another name. What was proved of the old one counts no longer, unless both can be one person's.
pub async fn rename(ground: &Ground, by: &Operator, username: &Username, (given, family): (&str, &str)) -> Result<Person, Refusal> {
    let person = find(ground, username).await?.id;
    let (given_name, family_name) = (Some(given.to_owned()), Some(family.to_owned()));
    details::change(ground, by, person, Change { given_name, family_name, ..Change::default() }).await
}

/// An administrator's lock: ends all sessions and logins under way; how many sessions.
pub async fn suspend(ground: &Ground, by: &Operator, username: &Username) -> Result<u64, Refusal> {
    let person = find(ground, username).await?;
    match lifecycle::lock(ground, by, person.id, Cause::Administrator, "suspended by an administrator").await {
        Err(lifecycle::Refusal::Already(_)) => Err(Refusal::Already(person.username, "suspended")),
        other => Ok(other?.sessions),
    }
}

/// Lifts an administrator's lock; other locks stay.
pub async fn reactivate(ground: &Ground, by: &Operator, username: &Username) -> Result<(), Refusal> {
    let person = find(ground, username).await?;
    let which = (person.id, Cause::Administrator);
    match lifecycle::unlock(ground, by, Hand::Administrator, which, "reactivated by an administrator").await {
        Err(lifecycle::Refusal::NotLocked(_)) => Err(Refusal::Already(person.username, "active")),
        other => Ok(other?),
    }
}

/// Records an identity proofing at the command line.
pub async fn prove(ground: &Ground, by: &Operator, username: &Username, proof: Told) -> Result<Proofing, Refusal> {
    let person = find(ground, username).await?;
    Ok(proofing::operators::by_operator(ground, by, &person, proof).await?)
}

/// Makes a fresh activation code; an older one is void.
pub async fn activation_code(ground: &Ground, by: &Operator, username: &Username) -> Result<Code, Refusal> {
    let person = find(ground, username).await?;
    let hand = by_hand(ground, by, person.organisation).await?;
    let mut tx = ground.db.begin().await?;
    let (code, event) = issue(ground, &mut tx, by, (person.id, hand)).await?;
    tx.commit(event).await?;
    Ok(code)
}

/// Sets a new password for whoever has not taken their identity into use yet. Ends all sessions and logins under way, since
/// whoever knew the old one may hold one; how many sessions.
pub async fn set_password(ground: &Ground, by: &Operator, username: &Username, password: &Secret<String>) -> Result<u64, Refusal> {
    let person = find(ground, username).await?;
    if !ground.rules.demonstration && people::was_active(&ground.db, person.id).await? {
        return Err(Refusal::InUse(person.username));
    }
    let accepted = passwords::accept(ground, &by.incident, &person, password).await?;
    let mut tx = ground.db.begin().await?;
    passwords::write(ground, &mut tx, &accepted).await?;
    let ended = lifecycle::end_all(&mut tx, person.id).await?.sessions;
    notices::queue(ground, &mut tx, person.id, Notice::PasswordChanged).await?;
    tx.commit(by.event(ground, EventKind::PasswordSet).about(person.id).with("sessions_ended", ended)).await?;
    Ok(ended)
}

/// Removes a second factor that was lost or is suspect, and ends all sessions and logins under way, since whoever has it
/// may hold one; how many sessions.
pub async fn remove_factor(ground: &Ground, by: &Operator, username: &Username, factor: Id<Authenticator>) -> Result<u64, Refusal> {
    let person = find(ground, username).await?;
    let known = authenticators::of_person(&ground.db, person.id).await?.into_iter().find(|known| known.id == factor);
    let Some(known) = known else { return remove_attached(ground, by, person, factor).await };
    let mut tx = ground.db.begin().await?;
    let ended = take_factor(ground, &mut tx, known).await?.ok_or(Refusal::NoSuchFactor(person.username, factor))?;
    let event = by.event(ground, EventKind::AuthenticatorRemoved).about(person.id).with("authenticator", factor);
    tx.commit(event.with("sessions_ended", ended)).await?;
    Ok(ended)
}

/// Removes the factor in a transaction under way, ends what it may have opened and tells its owner; how many sessions.
/// `None` when it is gone.
pub(in crate::service) async fn take_factor(ground: &Ground, tx: &mut Tx, factor: Authenticator) -> Result<Option<u64>, NotQueued> {
    let person = factor.person;
    if !authenticators::remove(tx, person, factor.id).await? {
        return Ok(None);
    }
    notices::queue(ground, tx, person, Notice::FactorRemoved { kind: factor.kind, name: factor.name }).await?;
    Ok(Some(lifecycle::end_all(tx, person).await?.sessions))
}

/// Takes an app away that was attached and that nobody has proved.
async fn remove_attached(ground: &Ground, by: &Operator, person: Person, app: Id<Authenticator>) -> Result<u64, Refusal> {
    let mut tx = ground.db.begin().await?;
    if !attached::remove(&mut tx, person.id, app).await? {
        return Err(Refusal::NoSuchFactor(person.username, app));
    }
    let ended = lifecycle::end_all(&mut tx, person.id).await?.sessions;
    let event = by.event(ground, EventKind::AuthenticatorRemoved).about(person.id).with("authenticator", app);
    tx.commit(event.with("sessions_ended", ended)).await?;
    Ok(ended)
}

/// What carries at most what an operator, or the registrant who hands it over, answers for.
const BY_OPERATOR: Level = Level::Substantial;

/// Attaches an authenticator app for somebody: it carries nothing until its owner proves it. The secret is answered once.
pub async fn attach_totp(
    ground: &Ground,
    by: &Operator,
    username: &Username,
    name: &str,
    secret: TotpSecret,
) -> Result<TotpSecret, Refusal> {
    let person = find(ground, username).await?;
    let one = Attached {
        id: Id::random(ground.random.as_ref()),
        person: person.id,
        name: cpr::plain_name(name),
        sealed: ground.seals.totp.seal(secret.expose(), totp::context(person.id).as_bytes(), ground.random.as_ref())?,
        last_step: None,
        attached_by: by.name(),
        attached_at: ground.clock.now(),
    };
    let mut tx = ground.db.begin().await?;
    attached::insert(&mut tx, &one).await?;
    notices::queue(ground, &mut tx, person.id, Notice::FactorAdded { kind: Kind::Totp, name: one.name.clone() }).await?;
    let event = by.event(ground, EventKind::AuthenticatorAttached).about(person.id).with("authenticator", one.id);
    tx.commit(event.with("kind", Kind::Totp.as_str())).await?;
    Ok(secret)
}

/// Gives somebody of a demonstration an authenticator app that carries what its kind may; elsewhere it is only attached.
pub async fn add_totp(ground: &Ground, by: &Operator, username: &Username, name: &str, secret: TotpSecret) -> Result<TotpSecret, Refusal> {
    if !ground.rules.demonstration {
        return attach_totp(ground, by, username, name, secret).await;
    }
    let person = find(ground, username).await?;
    let authenticator = Authenticator {
        id: Id::random(ground.random.as_ref()),
        person: person.id,
        kind: Kind::Totp,
        name: cpr::plain_name(name),
        provenance: None,
        model: None,
        carries: BY_OPERATOR,
        enrolled_at: ground.clock.now(),
        last_used_at: None,
    };
    let sealed = ground.seals.totp.seal(secret.expose(), totp::context(person.id).as_bytes(), ground.random.as_ref())?;
    let mut tx = ground.db.begin().await?;
    authenticators::insert_totp(&mut tx, &authenticator, &sealed, None).await?;
    people::activated(&mut tx, person.id, authenticator.enrolled_at).await?;
    notices::queue(ground, &mut tx, person.id, Notice::FactorAdded { kind: Kind::Totp, name: authenticator.name.clone() }).await?;
    let event = by.event(ground, EventKind::AuthenticatorAdded).about(person.id).with("factor", Kind::Totp.as_str());
    tx.commit(event.with("carries", authenticator.carries).with("provenance", "operator")).await?;
    Ok(secret)
}

/// What an operator's code is worth: while the organisation has no registrant it carries what a registrant's does, so that
/// the first ones can begin; afterwards it begins at Low, and MitID or a registrant must raise it.
async fn by_hand(ground: &Ground, by: &Operator, organisation: Id<Organisation>) -> Result<(Level, Behind), Refusal> {
    let begun = proofing::operators::has_begun(ground, organisation).await?;
    let behind = Behind {
        id: Id::random(ground.random.as_ref()),
        document: None,
        evidence: "by an operator at the command line".to_owned(),
        authentication: None,
        released: (!begun).then(|| (by.name(), ground.clock.now())),
    };
    Ok((if begun { Level::Low } else { BY_OPERATOR }, behind))
}

/// Writes an activation code down, with the event of it. What is enrolled with it carries at most its level.
pub(in crate::service) async fn issue(
    ground: &Ground,
    tx: &mut Tx,
    by: &Operator,
    (person, (level, behind)): (Id<Person>, (Level, Behind)),
) -> Result<(Code, Event), Refusal> {
    let code = Code::random(ground.random.as_ref());
    let hash = code.hash(&ground.seals.activation)?;
    let expires_at = clock::plus(ground.clock.now(), ground.rules.activation_seconds);
    let name = by.name();
    activations::put(tx, &Activation { person, code_hash: &hash, level, expires_at, issued_by: &name, behind: &behind }).await?;
    let event = by.event(ground, EventKind::ActivationIssued).about(person);
    Ok((code, proofing::shown(event, level, &behind)))
}
