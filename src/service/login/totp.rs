//! The code of an authenticator app as second factor, at login and at step-up. Each code lets in once; failures are
//! counted over all sessions and are not forgotten by a right password (security cases B07, B08).

use jiff::Timestamp;

use crate::{
    base::id::Id,
    crypto::totp::TotpSecret,
    domain::{
        assurance::Level,
        audit::Kind as EventKind,
        authenticator::carried,
        factor::{Authenticator, Knowledge, Possession, TwoFactors, Use, Verified},
        flow::{Flow, Identify, SecondFactor, Shown, StepUp},
        mitid::Why,
        person::Person,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held, LoggedIn, Refusal},
    },
    storage::{
        attached::{self, Attached},
        authenticators::{self, Totp},
        db::Tx,
        people, throttle,
    },
};

/// The context a person's TOTP secret is sealed under.
pub fn context(person: Id<Person>) -> String {
    format!("authenticators/totp/{person}")
}

/// What comes of a right code after the password.
#[derive(Debug)]
pub enum Checked {
    /// It is the owner's own app.
    In(Box<LoggedIn>),
    /// Somebody else attached the app: who has it in their hands is to be proved first.
    ToProve(Held),
}

/// Checks the code after the password.
pub async fn check(ground: &Ground, held: &Held, code: &str, visitor: &Visitor) -> Result<Checked, Refusal> {
    let flow = login::open::<SecondFactor>(ground, held).await?;
    let person = flow.stage.person;
    // Whoever's password was guessed must not go on guessing codes.
    let may_try = match people::by_id(&ground.db, person).await? {
        Some(person) => login::device::may_try(ground, &person, visitor).await?,
        None => false,
    };
    let (mut tx, app) = verify(ground, (person, may_try, Apps::All), code, visitor).await?;
    let had = match app {
        App::Own(had) => had,
        App::Attached(authenticator) => {
            let shown = Some(Shown { authenticator, password: flow.stage.password.clone(), at: ground.clock.now() });
            let stage = Identify { why: Why::Attached, person: Some(person), session: None, least: Level::Substantial, asked: None, shown };
            let held = login::advance(ground, &mut tx, &flow, held, &stage).await?;
            tx.commit_routine().await?;
            return Ok(Checked::ToProve(held));
        }
    };
    let known = known(&flow);
    let factors = TwoFactors::combine(&known, &had, ground.rules.session.flow_seconds).map_err(|_| Refusal::Gone)?;
    Ok(Checked::In(Box::new(login::enter(ground, tx, (&flow, held), factors, visitor).await?)))
}

/// Checks the code of somebody whose session is alive.
pub async fn step_up(ground: &Ground, held: &Held, code: &str, visitor: &Visitor) -> Result<LoggedIn, Refusal> {
    let flow = login::open::<StepUp>(ground, held).await?;
    let session = login::stepping_up(ground, &flow).await?;
    let may_log_in = people::by_id(&ground.db, flow.stage.person).await?.is_some_and(|person| person.may_log_in(ground.clock.now()));
    let (tx, app) = verify(ground, (flow.stage.person, may_log_in, Apps::Own), code, visitor).await?;
    let App::Own(had) = app else { return Err(Refusal::Gone) };
    login::renew(ground, tx, (&flow, held), (session, had.used().clone()), visitor).await
}

/// The password, as the flow proved it earlier: its stage exists only after the check in `login::password`.
pub(super) fn known(flow: &Flow<SecondFactor>) -> Verified<Knowledge> {
    Verified::<Knowledge>::mint(flow.stage.person, flow.stage.password.clone())
}

/// Which apps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apps {
    /// The owner's own.
    Own,
    /// Those too that somebody else attached.
    All,
}

/// The app whose code it was.
enum App {
    /// The owner's own: a factor.
    Own(Verified<Possession>),
    /// One that somebody else attached: no factor yet.
    Attached(Id<Authenticator>),
}

/// Checks and spends the code. The transaction in which it is spent is handed on: a login that comes to nothing spends it not.
async fn verify(
    ground: &Ground,
    (person, active, apps): (Id<Person>, bool, Apps),
    code: &str,
    visitor: &Visitor,
) -> Result<(Tx, App), Refusal> {
    login::gate_place(ground, visitor).await?;
    let key = login::account_key(ground, "factor", &person.to_string(), Some(person), visitor)?;
    // Read before a transaction is open; judged inside it, where attempts come one by one.
    let own = matching(ground, person, code).await?;
    let other = if own.is_none() && apps == Apps::All { attached(ground, person, code).await? } else { None };
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    let attempt = login::attempts::gate_in(ground, &mut tx, visitor, &key, EventKind::FactorLocked).await?;
    let judged = match (own, other) {
        _ if !active => Err("user_inactive"),
        (None, None) => Err("wrong_code"),
        (Some((totp, step)), _) => match authenticators::spend_totp_step(&mut tx, totp.authenticator.id, step, now).await? {
            true => Ok(App::Own(Verified::<Possession>::mint(person, used(ground, &totp.authenticator, now)))),
            false => Err("replay"),
        },
        (None, Some((app, step))) => match attached::spend_step(&mut tx, app.id, step).await? {
            true => Ok(App::Attached(app.id)),
            false => Err("replay"),
        },
    };
    let app = match judged {
        Ok(app) => app,
        Err(reason) => {
            throttle::count(tx, &key, now, attempt.counted()).await?;
            return Err(login::fail_attempt(ground, visitor, Some(person), reason, &attempt).await?);
        }
    };
    throttle::clear_in(&mut tx, &key).await?;
    Ok((tx, app))
}

/// The use of an app whose code was checked at that time.
pub(in crate::service) fn used(ground: &Ground, app: &Authenticator, at: Timestamp) -> Use {
    let carries = carried(&ground.rules.authenticators, app);
    Use::of(app, at, false, carries)
}

/// The app that somebody else attached and whose code it is.
pub(in crate::service) async fn attached(ground: &Ground, person: Id<Person>, code: &str) -> Result<Option<(Attached, i64)>, Refusal> {
    let seconds = ground.clock.now().as_second();
    for app in attached::of_person(&ground.db, person).await? {
        let secret = ground.seals.totp.open(&app.sealed, context(person).as_bytes())?;
        if let Some(step) = TotpSecret::from_bytes(secret.expose()).step_of(code, seconds) {
            return Ok(Some((app, step)));
        }
    }
    Ok(None)
}

async fn matching(ground: &Ground, person: Id<Person>, code: &str) -> Result<Option<(Totp, i64)>, Refusal> {
    let seconds = ground.clock.now().as_second();
    for totp in authenticators::totp_of(&ground.db, person).await? {
        let secret = ground.seals.totp.open(&totp.sealed, context(person).as_bytes())?;
        if let Some(step) = TotpSecret::from_bytes(secret.expose()).step_of(code, seconds) {
            return Ok(Some((totp, step)));
        }
    }
    Ok(None)
}
