//! Enrolling and removing authenticators: at first login after the activation code, and from the person's own page after
//! a fresh two-factor login. What is enrolled never carries more than the login under which it was.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    base::id::Id,
    crypto::totp::TotpSecret,
    domain::{
        audit::{Actor, Event, Kind as EventKind},
        authenticator::{Attached, carried, kept, strength},
        factor::{Authenticator, Kind, Knowledge, Possession, Provenance, TwoFactors, Use, Verified},
        flow::{Enrol, Flow, Pending, Purpose},
        mitid::Why,
        notice::Notice,
        person::Person,
        session::Session,
    },
    protocol::webauthn::Ceremonies,
    service::{
        cpr,
        ground::{Ground, Visitor},
        login::{self, Held, LoggedIn, Refusal, totp},
        notices,
    },
    storage::{
        authenticators::{self, NewCredential},
        db::Tx,
        flows, invitations, people, sessions,
    },
};

/// A session whose two factors are recent enough for changing one's own authenticators.
#[derive(Debug)]
pub struct Fresh<'s>(&'s Session);

impl<'s> Fresh<'s> {
    /// The session, if it is fresh now.
    pub fn of(ground: &Ground, session: &'s Session) -> Option<Self> {
        session.is_fresh(&ground.rules.session, ground.clock.now()).then_some(Self(session))
    }

    /// The session.
    pub fn session(&self) -> &'s Session {
        self.0
    }
}

/// What an authenticator app needs, shown once.
#[derive(Debug)]
pub struct TotpOffer {
    /// The secret in base32.
    pub secret: String,
    /// The `otpauth:` address.
    pub uri: String,
}

/// What came of an enrolment.
#[derive(Debug)]
pub enum Enrolled {
    /// At first login: the person is now logged in.
    LoggedIn(Box<LoggedIn>),
    /// From the person's own page.
    Added,
    /// Another code is needed: this one was wrong.
    WrongCode,
    /// The key is known already, or is not acceptable.
    Unacceptable,
}

/// Begins an enrolment from the person's own page.
pub async fn begin(ground: &Ground, fresh: Fresh<'_>) -> Result<Held, Refusal> {
    let session = fresh.0;
    let under = strength(&ground.rules.authenticators, &session.evidence).level();
    let stage = Enrol { person: session.person, under, password: None, session: Some(session.id), why: None, pending: None };
    let mut tx = ground.db.begin().await?;
    let held = login::begin_at(ground, &mut tx, Purpose::Account, stage).await?;
    tx.commit_routine().await?;
    Ok(held)
}

/// Offers a secret to an authenticator app; the same one again while it waits for its first code.
pub async fn offer_totp(ground: &Ground, held: &Held) -> Result<TotpOffer, Refusal> {
    let flow = login::open::<Enrol>(ground, held).await?;
    let person = subject(ground, &flow).await?;
    let secret = match waiting_secret(ground, &flow)? {
        Some(secret) => secret,
        None => {
            let secret = TotpSecret::random(ground.random.as_ref());
            let sealed = ground.seals.totp.seal(secret.expose(), totp::context(person.id).as_bytes(), ground.random.as_ref())?;
            let stage = Enrol { pending: Some(Pending::Totp(STANDARD.encode(sealed))), ..flow.stage.clone() };
            login::save(ground, &flow, held, &stage).await?;
            secret
        }
    };
    let uri = secret.to_uri(&ground.rules.issuer, person.username.as_str()).map_err(|_| Refusal::Gone)?;
    Ok(TotpOffer { secret: secret.to_base32(), uri })
}

/// The first code proves that the app has the secret: the authenticator is enrolled.
pub async fn confirm_totp(ground: &Ground, held: &Held, code: &str, visitor: &Visitor) -> Result<Enrolled, Refusal> {
    let flow = login::open::<Enrol>(ground, held).await?;
    let person = subject(ground, &flow).await?;
    let Some(secret) = waiting_secret(ground, &flow)? else { return Err(Refusal::Gone) };
    let now = ground.clock.now();
    let Some(step) = secret.step_of(code, now.as_second()) else { return Ok(Enrolled::WrongCode) };
    let authenticator = fresh_authenticator(ground, &flow, (Kind::Totp, None), "")?;
    let sealed = ground.seals.totp.seal(secret.expose(), totp::context(person.id).as_bytes(), ground.random.as_ref())?;
    let mut tx = ground.db.begin().await?;
    authenticators::insert_totp(&mut tx, &authenticator, &sealed, Some(step)).await?;
    complete(ground, tx, (&flow, held), authenticator, visitor).await
}

/// Options for making a passkey.
pub async fn offer_key(ground: &Ground, ceremonies: &Ceremonies, held: &Held) -> Result<Value, Refusal> {
    let flow = login::open::<Enrol>(ground, held).await?;
    let person = subject(ground, &flow).await?;
    let known: Vec<String> = authenticators::webauthn_of(&ground.db, person.id).await?.into_iter().map(|(_, json)| json).collect();
    let names = (person.username.as_str(), &*person.full_name());
    let started = ceremonies.start_registration(person.id.uuid(), names, &known, ground.clock.now());
    let (options, state) = started.map_err(|_| Refusal::Gone)?;
    let stage = Enrol { pending: Some(Pending::Webauthn(state)), ..flow.stage.clone() };
    login::save(ground, &flow, held, &stage).await?;
    Ok(options)
}

/// Judges the new key and enrols it under `name`.
pub async fn confirm_key(
    ground: &Ground,
    ceremonies: &Ceremonies,
    held: &Held,
    (answer, name): (&Value, &str),
    visitor: &Visitor,
) -> Result<Enrolled, Refusal> {
    let flow = login::open::<Enrol>(ground, held).await?;
    subject(ground, &flow).await?;
    let Some(Pending::Webauthn(state)) = &flow.stage.pending else { return Err(Refusal::Gone) };
    let registered = match ceremonies.finish_registration(answer, state, ground.clock.now()) {
        Ok(registered) if registered.credential_id.len() <= 1023 => registered,
        Ok(_) => return turn_down(ground, &flow, held, visitor, "credential_id").await,
        Err(refused) => return turn_down(ground, &flow, held, visitor, &refused.to_string()).await,
    };
    let origin = registered.origin;
    let authenticator = fresh_authenticator(ground, &flow, (Kind::Webauthn, Some(origin.provenance)), &cpr::plain_name(name))?;
    let authenticator = Authenticator { model: origin.aaguid, ..authenticator };
    let credential = NewCredential { id: &registered.credential_id, json: &registered.json };
    let mut tx = ground.db.begin().await?;
    if authenticators::insert_webauthn(&mut tx, &authenticator, &credential).await?.is_err() {
        drop(tx);
        return turn_down(ground, &flow, held, visitor, "duplicate").await;
    }
    complete(ground, tx, (&flow, held), authenticator, visitor).await
}

/// Removes one of the person's authenticators and ends their other sessions and logins under way, since whoever has it may
/// hold one; `false` when there is none such.
pub async fn remove(ground: &Ground, fresh: Fresh<'_>, authenticator: Id<Authenticator>, visitor: &Visitor) -> Result<bool, Refusal> {
    let person = fresh.0.person;
    let known = authenticators::of_person(&ground.db, person).await?.into_iter().find(|known| known.id == authenticator);
    let mut tx = ground.db.begin().await?;
    let (Some(known), true) = (known, authenticators::remove(&mut tx, person, authenticator).await?) else { return Ok(false) };
    notices::queue(ground, &mut tx, person, Notice::FactorRemoved { kind: known.kind, name: known.name }).await?;
    flows::end_of_person(&mut tx, person).await?;
    let ended = sessions::end_all_but(&mut tx, person, fresh.0.id).await?;
    let event =
        Event::new(EventKind::AuthenticatorRemoved, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref());
    let event = event.about(person).with("authenticator", authenticator).with("kind", known.kind.as_str());
    tx.commit(event.with("sessions_ended", ended)).await?;
    Ok(true)
}

/// Gives one of the person's authenticators another name; `false` when there is none such.
pub async fn rename(
    ground: &Ground,
    fresh: Fresh<'_>,
    (authenticator, name): (Id<Authenticator>, &str),
    visitor: &Visitor,
) -> Result<bool, Refusal> {
    let person = fresh.0.person;
    let mut tx = ground.db.begin().await?;
    if !authenticators::rename(&mut tx, person, authenticator, &cpr::plain_name(name)).await? {
        return Ok(false);
    }
    let event =
        Event::new(EventKind::AuthenticatorRenamed, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref());
    tx.commit(event.about(person).with("authenticator", authenticator)).await?;
    Ok(true)
}

/// Whose authenticator it will be. An enrolment begun from a session ends with it: whoever held a session that its owner
/// has ended adds nothing.
async fn subject(ground: &Ground, flow: &Flow<Enrol>) -> Result<Person, Refusal> {
    if let Some(id) = flow.stage.session {
        let session = sessions::by_id(&ground.db, id).await?;
        session.filter(|session| session.is_alive(&ground.rules.session, ground.clock.now())).ok_or(Refusal::Gone)?;
    }
    let person = people::by_id(&ground.db, flow.stage.person).await?;
    person.filter(|person| person.may_log_in(ground.clock.now())).ok_or(Refusal::Gone)
}

fn waiting_secret(ground: &Ground, flow: &Flow<Enrol>) -> Result<Option<TotpSecret>, Refusal> {
    let Some(Pending::Totp(sealed)) = &flow.stage.pending else { return Ok(None) };
    let sealed = STANDARD.decode(sealed).map_err(|_| Refusal::Gone)?;
    let secret = ground.seals.totp.open(&sealed, totp::context(flow.stage.person).as_bytes())?;
    Ok(Some(TotpSecret::from_bytes(secret.expose())))
}

fn fresh_authenticator(
    ground: &Ground,
    flow: &Flow<Enrol>,
    (kind, provenance): (Kind, Option<Provenance>),
    name: &str,
) -> Result<Authenticator, Refusal> {
    let carries = kept(Attached::ByOwner(flow.stage.under), kind, provenance).ok_or(Refusal::Gone)?;
    let id = Id::random(ground.random.as_ref());
    let (person, enrolled_at) = (flow.stage.person, ground.clock.now());
    Ok(Authenticator { id, person, kind, name: name.to_owned(), provenance, model: None, carries, enrolled_at, last_used_at: None })
}

/// The challenge served its once; the person may try again with another.
async fn turn_down(ground: &Ground, flow: &Flow<Enrol>, held: &Held, visitor: &Visitor, reason: &str) -> Result<Enrolled, Refusal> {
    tracing::info!(event = "enrol.refused", reason, incident = %visitor.incident, person = %flow.stage.person);
    let stage = Enrol { pending: None, ..flow.stage.clone() };
    login::save(ground, flow, held, &stage).await?;
    Ok(Enrolled::Unacceptable)
}

/// Writes the event; at first login the password and the authenticator just proved make the session.
async fn complete(
    ground: &Ground,
    mut tx: Tx,
    (flow, held): (&Flow<Enrol>, &Held),
    authenticator: Authenticator,
    visitor: &Visitor,
) -> Result<Enrolled, Refusal> {
    let now = ground.clock.now();
    let person = flow.stage.person;
    people::activated(&mut tx, person, now).await?;
    let event = Event::new(EventKind::AuthenticatorAdded, Actor::Person(person), now, &visitor.incident, ground.random.as_ref())
        .about(person)
        .with("authenticator", authenticator.id)
        .with("kind", authenticator.kind.as_str())
        .with("provenance", authenticator.provenance.map_or("-", Provenance::as_str))
        .with("carries", authenticator.carries);
    let notice = Notice::FactorAdded { kind: authenticator.kind, name: authenticator.name.clone() };
    notices::queue(ground, &mut tx, person, notice).await?;
    let Some(password) = &flow.stage.password else {
        if !flows::finish::<Enrol>(&mut tx, flow.id, &held.token.hash()).await? {
            return Err(Refusal::Gone);
        }
        tx.commit(event).await?;
        return Ok(Enrolled::Added);
    };
    tx.note(&event).await?;
    settle(ground, &mut tx, flow, visitor).await?;
    let user_verified = authenticator.kind == Kind::Webauthn;
    let carries = carried(&ground.rules.authenticators, &authenticator);
    let used = Use::of(&authenticator, now, user_verified, carries);
    let had = Verified::<Possession>::mint(person, used);
    let known = Verified::<Knowledge>::mint(person, password.clone());
    let factors = TwoFactors::combine(&known, &had, ground.rules.session.flow_seconds).map_err(|_| Refusal::Gone)?;
    Ok(Enrolled::LoggedIn(Box::new(login::enter(ground, tx, (flow, held), factors, visitor).await?)))
}

/// The first factor takes an identity into use; the one after a recovery gives it back. Its owner is told.
async fn settle(ground: &Ground, tx: &mut Tx, flow: &Flow<Enrol>, visitor: &Visitor) -> Result<(), Refusal> {
    let (kind, notice) = match flow.stage.why {
        Some(Why::Activation) => {
            invitations::spend(tx, flow.stage.person).await?;
            (EventKind::IdentityActivated, Notice::Activated)
        }
        Some(Why::Password | Why::Factor) => (EventKind::IdentityRecovered, Notice::RecoveryDone),
        Some(Why::Unlock | Why::Raise | Why::Attached) | None => return Ok(()),
    };
    let person = flow.stage.person;
    let event = Event::new(kind, Actor::Person(person), ground.clock.now(), &visitor.incident, ground.random.as_ref());
    tx.note(&event.about(person)).await?;
    Ok(notices::queue(ground, tx, person, notice).await?)
}
