//! Passkeys as a whole login, and keys as second factor beside a password or at step-up. The challenge lies in the flow
//! and serves once; the user must have been verified.

use serde_json::Value;

use crate::{
    base::id::Id,
    domain::{
        authenticator::carried,
        factor::{Authenticator, Possession, TwoFactors, Use, Verified},
        flow::{Flow, SecondFactor, Stage, Start, StepUp},
        person::Person,
    },
    protocol::webauthn::{Ceremonies, Refused, Used},
    service::{
        ground::{Ground, Visitor},
        login::{self, Held, LoggedIn, Refusal, totp},
    },
    storage::{authenticators, db::Tx, people},
};

/// Options for a login by whichever passkey the browser offers.
pub async fn start_passkey(ground: &Ground, ceremonies: &Ceremonies, held: &Held) -> Result<Value, Refusal> {
    let flow = login::open::<Start>(ground, held).await?;
    let (options, state) = ceremonies.start_discovery(ground.clock.now()).map_err(impossible)?;
    login::save(ground, &flow, held, &Start { passkey: Some(state) }).await?;
    Ok(options)
}

/// Judges the passkey and logs its owner in.
pub async fn finish_passkey(
    ground: &Ground,
    ceremonies: &Ceremonies,
    held: &Held,
    answer: &Value,
    visitor: &Visitor,
) -> Result<LoggedIn, Refusal> {
    let flow = login::open::<Start>(ground, held).await?;
    login::gate_place(ground, visitor).await?;
    let judged = judge_passkey(ground, ceremonies, flow.stage.passkey.as_deref(), answer).await?;
    let (owner, authenticator, old, used) = match judged {
        Ok(judged) => judged,
        Err((owner, refused)) => {
            // The challenge served its once, even for a wrong answer.
            if flow.stage.passkey.is_some() {
                login::save(ground, &flow, held, &Start { passkey: None }).await?;
            }
            return refuse(ground, visitor, owner, refused).await;
        }
    };
    let (tx, had) = accept(ground, (owner, &authenticator), (&old, &used), visitor).await?;
    let factors = match TwoFactors::passkey(&had) {
        Ok(factors) => factors,
        Err(_) => {
            drop(tx);
            return refuse(ground, visitor, Some(owner), Refused::UserVerification).await;
        }
    };
    login::enter(ground, tx, (&flow, held), factors, visitor).await
}

type Judged = Result<(Id<Person>, Authenticator, String, Used), (Option<Id<Person>>, Refused)>;

async fn judge_passkey(ground: &Ground, ceremonies: &Ceremonies, state: Option<&str>, answer: &Value) -> Result<Judged, Refusal> {
    let Some(state) = state else { return Ok(Err((None, Refused::Challenge))) };
    let (claimed, credential) = match ceremonies.claimed(answer) {
        Ok(claimed) => claimed,
        Err(refused) => return Ok(Err((None, refused))),
    };
    let Some((authenticator, stored)) = authenticators::webauthn_by_credential_id(&ground.db, &credential).await? else {
        return Ok(Err((None, Refused::UnknownCredential)));
    };
    let owner = authenticator.person;
    if owner.uuid() != claimed {
        return Ok(Err((Some(owner), Refused::UnknownCredential)));
    }
    Ok(match ceremonies.finish_discovery(answer, state, &stored, ground.clock.now()) {
        Ok(used) => Ok((owner, authenticator, stored, used)),
        Err(refused) => Err((Some(owner), refused)),
    })
}

/// Options for proving one of the person's keys, at the second factor or at step-up.
pub async fn start_proof(ground: &Ground, ceremonies: &Ceremonies, held: &Held) -> Result<Value, Refusal> {
    if let Ok(flow) = login::open::<SecondFactor>(ground, held).await {
        let (options, state) = options_for(ground, ceremonies, flow.stage.person).await?;
        let stage = SecondFactor { webauthn: Some(state), ..flow.stage.clone() };
        login::save(ground, &flow, held, &stage).await?;
        return Ok(options);
    }
    let flow = login::open::<StepUp>(ground, held).await?;
    let (options, state) = options_for(ground, ceremonies, flow.stage.person).await?;
    let stage = StepUp { webauthn: Some(state), ..flow.stage.clone() };
    login::save(ground, &flow, held, &stage).await?;
    Ok(options)
}

async fn options_for(ground: &Ground, ceremonies: &Ceremonies, person: Id<Person>) -> Result<(Value, String), Refusal> {
    let stored: Vec<String> = authenticators::webauthn_of(&ground.db, person).await?.into_iter().map(|(_, json)| json).collect();
    if stored.is_empty() {
        // The page offers no key to whoever has none.
        return Err(Refusal::Gone);
    }
    ceremonies.start_proof(&stored, ground.clock.now()).map_err(impossible)
}

/// Judges the key beside the password.
pub async fn finish_proof(
    ground: &Ground,
    ceremonies: &Ceremonies,
    held: &Held,
    answer: &Value,
    visitor: &Visitor,
) -> Result<LoggedIn, Refusal> {
    let flow = login::open::<SecondFactor>(ground, held).await?;
    let (person, state) = (flow.stage.person, flow.stage.webauthn.as_deref());
    let (tx, had) = match prove(ground, (ceremonies, answer), (person, state), visitor).await {
        Ok(proved) => proved,
        Err(refusal) => {
            let used_up = SecondFactor { webauthn: None, ..flow.stage.clone() };
            return give_up(ground, (&flow, held), &used_up, refusal).await;
        }
    };
    let factors = TwoFactors::combine(&totp::known(&flow), &had, ground.rules.session.flow_seconds).map_err(|_| Refusal::Gone)?;
    login::enter(ground, tx, (&flow, held), factors, visitor).await
}

/// Judges the key of somebody whose session is alive.
pub async fn step_up(
    ground: &Ground,
    ceremonies: &Ceremonies,
    held: &Held,
    answer: &Value,
    visitor: &Visitor,
) -> Result<LoggedIn, Refusal> {
    let flow = login::open::<StepUp>(ground, held).await?;
    let session = login::stepping_up(ground, &flow).await?;
    let (person, state) = (flow.stage.person, flow.stage.webauthn.as_deref());
    match prove(ground, (ceremonies, answer), (person, state), visitor).await {
        Ok((tx, had)) => login::renew(ground, tx, (&flow, held), (session, had.used().clone()), visitor).await,
        Err(refusal) => {
            let used_up = StepUp { webauthn: None, ..flow.stage.clone() };
            give_up(ground, (&flow, held), &used_up, refusal).await
        }
    }
}

/// The challenge served its once, even for a wrong answer.
async fn give_up<S: Stage, T>(ground: &Ground, (flow, held): (&Flow<S>, &Held), used_up: &S, refusal: Refusal) -> Result<T, Refusal> {
    login::save(ground, flow, held, used_up).await?;
    Err(refusal)
}

async fn prove(
    ground: &Ground,
    (ceremonies, answer): (&Ceremonies, &Value),
    (person, state): (Id<Person>, Option<&str>),
    visitor: &Visitor,
) -> Result<(Tx, Verified<Possession>), Refusal> {
    login::gate_place(ground, visitor).await?;
    let keys = authenticators::webauthn_of(&ground.db, person).await?;
    let stored: Vec<String> = keys.iter().map(|(_, json)| json.clone()).collect();
    let Some(state) = state else { return refuse(ground, visitor, Some(person), Refused::Challenge).await };
    let (index, used) = match ceremonies.finish_proof(answer, state, &stored, ground.clock.now()) {
        Ok(judged) => judged,
        Err(refused) => return refuse(ground, visitor, Some(person), refused).await,
    };
    let Some((authenticator, old)) = keys.get(index) else {
        return refuse(ground, visitor, Some(person), Refused::UnknownCredential).await;
    };
    accept(ground, (person, authenticator), (old, &used), visitor).await
}

/// The key fits: keep its new counter, and state it.
async fn accept(
    ground: &Ground,
    (person, authenticator): (Id<Person>, &Authenticator),
    (old, used): (&str, &Used),
    visitor: &Visitor,
) -> Result<(Tx, Verified<Possession>), Refusal> {
    let active = people::by_id(&ground.db, person).await?.is_some_and(|person| person.may_log_in(ground.clock.now()));
    if !active {
        return Err(login::fail(ground, visitor, Some(person), "user_inactive").await?);
    }
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    if !authenticators::update_webauthn(&mut tx, authenticator.id, old, &used.json, now).await? {
        drop(tx);
        return refuse(ground, visitor, Some(person), Refused::Counter).await;
    }
    let used = Use::of(authenticator, now, used.user_verified, carried(&ground.rules.authenticators, authenticator));
    Ok((tx, Verified::<Possession>::mint(person, used)))
}

async fn refuse<T>(ground: &Ground, visitor: &Visitor, person: Option<Id<Person>>, refused: Refused) -> Result<T, Refusal> {
    login::attempts::note_failure(ground, visitor, person, &refused.to_string()).await?;
    tracing::info!(event = "webauthn.failed", reason = %refused, incident = %visitor.incident, person = person.map(|id| id.to_string()));
    Err(Refusal::Wrong)
}

/// Making a challenge can fail only by a fault of ours.
fn impossible(refused: Refused) -> Refusal {
    Refusal::Storage(crate::storage::fault::Fault::Inconsistent(format!("webauthn challenge: {refused}")))
}
