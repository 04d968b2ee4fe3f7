//! The code of an authenticator app as second factor, at login and at step-up. Each code lets in once; failures are
//! counted over all sessions and are not forgotten by a right password (security cases B07, B08).

use crate::{
    base::id::Id,
    crypto::totp::TotpSecret,
    domain::{
        audit::Kind as EventKind,
        authenticator::carried,
        factor::{Knowledge, Possession, TwoFactors, Use, Verified},
        flow::{Flow, SecondFactor, StepUp},
        person::Person,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held, LoggedIn, Refusal},
    },
    storage::{
        authenticators::{self, Totp},
        db::Tx,
        people, throttle,
    },
};

/// The context a person's TOTP secret is sealed under.
pub fn context(person: Id<Person>) -> String {
    format!("authenticators/totp/{person}")
}

/// Checks the code after the password.
pub async fn check(ground: &Ground, held: &Held, code: &str, visitor: &Visitor) -> Result<LoggedIn, Refusal> {
    let flow = login::open::<SecondFactor>(ground, held).await?;
    // Whoever's password was guessed must not go on guessing codes.
    let may_try = match people::by_id(&ground.db, flow.stage.person).await? {
        Some(person) => login::device::may_try(ground, &person, visitor).await?,
        None => false,
    };
    let (tx, had) = verify(ground, (flow.stage.person, may_try), code, visitor).await?;
    let known = known(&flow);
    let factors = TwoFactors::combine(&known, &had, ground.rules.session.flow_seconds).map_err(|_| Refusal::Gone)?;
    login::enter(ground, tx, (&flow, held), factors, visitor).await
}

/// Checks the code of somebody whose session is alive.
pub async fn step_up(ground: &Ground, held: &Held, code: &str, visitor: &Visitor) -> Result<LoggedIn, Refusal> {
    let flow = login::open::<StepUp>(ground, held).await?;
    let session = login::stepping_up(ground, &flow).await?;
    let may_log_in = people::by_id(&ground.db, flow.stage.person).await?.is_some_and(|person| person.may_log_in(ground.clock.now()));
    let (tx, had) = verify(ground, (flow.stage.person, may_log_in), code, visitor).await?;
    login::renew(ground, tx, (&flow, held), (session, had.used().clone()), visitor).await
}

/// The password, as the flow proved it earlier: its stage exists only after the check in `login::password`.
pub(super) fn known(flow: &Flow<SecondFactor>) -> Verified<Knowledge> {
    Verified::<Knowledge>::mint(flow.stage.person, flow.stage.password.clone())
}

/// Checks and spends the code. The transaction in which it is spent is handed on: a login that comes to nothing spends it not.
async fn verify(
    ground: &Ground,
    (person, active): (Id<Person>, bool),
    code: &str,
    visitor: &Visitor,
) -> Result<(Tx, Verified<Possession>), Refusal> {
    login::gate_place(ground, visitor).await?;
    let key = login::account_key(ground, "factor", &person.to_string(), Some(person), visitor)?;
    // Read before a transaction is open; judged inside it, where attempts come one by one.
    let matching = matching(ground, person, code).await?;
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    let attempt = login::attempts::gate_in(ground, &mut tx, visitor, &key, EventKind::FactorLocked).await?;
    let judged = match matching {
        _ if !active => Err("user_inactive"),
        None => Err("wrong_code"),
        Some((totp, step)) => match authenticators::spend_totp_step(&mut tx, totp.authenticator.id, step, now).await? {
            true => Ok(totp),
            false => Err("replay"),
        },
    };
    let totp = match judged {
        Ok(totp) => totp,
        Err(reason) => {
            throttle::count(tx, &key, now, attempt.counted()).await?;
            return Err(login::fail_attempt(ground, visitor, Some(person), reason, &attempt).await?);
        }
    };
    throttle::clear_in(&mut tx, &key).await?;
    let used = Use::of(&totp.authenticator, now, false, carried(&ground.rules.authenticators, &totp.authenticator));
    Ok((tx, Verified::<Possession>::mint(person, used)))
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
