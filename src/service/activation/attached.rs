//! An app that somebody else attached is proved by its owner (NSIS 3.2.2): by MitID or a code from the desk in the login that began
//! with it, or from their own pages under a login of their own. Only then it is an authenticator, and carries no more than that proof.

use super::{Refusal, event};
use crate::{
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind as EventKind},
        authenticator::{Attached as Way, kept, strength},
        factor::{Authenticator, Kind, Knowledge, Possession, TwoFactors, Verified},
        flow::{Flow, Identify},
        notice::Notice,
    },
    service::{
        enrolment::Fresh,
        ground::{Ground, Visitor},
        login::{self, Held, LoggedIn, totp},
        notices,
    },
    storage::{
        attached::{self, Attached},
        authenticators,
        db::Tx,
        fault::Fault,
        people, throttle,
    },
};

/// The app that the flow is about, if it still waits.
pub(super) async fn shown(ground: &Ground, flow: &Flow<Identify>) -> Result<Option<Attached>, Fault> {
    let (Some(shown), Some(person)) = (&flow.stage.shown, flow.stage.person) else { return Ok(None) };
    Ok(attached::of_person(&ground.db, person).await?.into_iter().find(|one| one.id == shown.authenticator))
}

/// Who has it in their hands was proved in the login that began with it: it is theirs, and lets them in.
pub(super) async fn enter(
    ground: &Ground,
    (mut tx, identified): (Tx, Event),
    (flow, held): (&Flow<Identify>, &Held),
    (app, level): (Attached, Level),
    visitor: &Visitor,
) -> Result<LoggedIn, Refusal> {
    let Some(shown) = &flow.stage.shown else { return Err(login::Refusal::Gone.into()) };
    tx.note(&identified).await?;
    let own = keep(ground, &mut tx, (app, level), visitor).await?;
    let had = Verified::<Possession>::mint(own.person, totp::used(ground, &own, shown.at));
    let known = Verified::<Knowledge>::mint(own.person, shown.password.clone());
    let factors = TwoFactors::combine(&known, &had, ground.rules.session.flow_seconds).map_err(|_| login::Refusal::Gone)?;
    Ok(login::enter(ground, tx, (flow, held), factors, visitor).await?)
}

/// Its owner, logged in with another factor just now, shows its code: it is theirs under that login. `false` for a wrong code.
pub async fn take(ground: &Ground, fresh: Fresh<'_>, code: &str, visitor: &Visitor) -> Result<bool, Refusal> {
    let session = fresh.session();
    let (person, level) = (session.person, strength(&ground.rules.authenticators, &session.evidence).level());
    login::gate_place(ground, visitor).await?;
    let key = login::account_key(ground, "factor", &person.to_string(), Some(person), visitor)?;
    let now = ground.clock.now();
    let matching = totp::attached(ground, person, code).await?;
    let mut tx = ground.db.begin().await?;
    let attempt = login::gate_in(ground, &mut tx, visitor, &key, EventKind::FactorLocked).await?;
    let judged = match matching {
        None => Err("wrong_code"),
        Some((app, step)) => match attached::spend_step(&mut tx, app.id, step).await? {
            true => Ok((app, step)),
            false => Err("replay"),
        },
    };
    let (app, step) = match judged {
        Ok(judged) => judged,
        Err(reason) => {
            throttle::count(tx, &key, now, attempt.counted()).await?;
            login::fail_attempt(ground, visitor, Some(person), reason, &attempt).await?;
            return Ok(false);
        }
    };
    throttle::clear_in(&mut tx, &key).await?;
    keep(ground, &mut tx, (Attached { last_step: Some(step), ..app }, level), visitor).await?;
    tx.commit_routine().await?;
    Ok(true)
}

/// From now on it is an authenticator of its owner, who is told.
async fn keep(ground: &Ground, tx: &mut Tx, (app, level): (Attached, Level), visitor: &Visitor) -> Result<Authenticator, Refusal> {
    let now = ground.clock.now();
    let carries = kept(Way::BySupporter(Some(level)), Kind::Totp, None).ok_or(login::Refusal::Gone)?;
    if !attached::remove(tx, app.person, app.id).await? {
        return Err(login::Refusal::Gone.into());
    }
    let own = Authenticator {
        id: app.id,
        person: app.person,
        kind: Kind::Totp,
        name: app.name,
        provenance: None,
        model: None,
        carries,
        enrolled_at: now,
        last_used_at: None,
    };
    authenticators::insert_totp(tx, &own, &app.sealed, app.last_step).await?;
    people::activated(tx, own.person, now).await?;
    notices::queue(ground, tx, own.person, Notice::FactorAdded { kind: Kind::Totp, name: own.name.clone() }).await?;
    let event = event(ground, visitor, EventKind::AuthenticatorProved, Actor::Person(own.person)).about(own.person);
    let event = event.with("authenticator", own.id).with("kind", Kind::Totp.as_str()).with("attached_by", &app.attached_by);
    tx.note(&event.with("carries", own.carries)).await?;
    Ok(own)
}
