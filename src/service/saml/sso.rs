//! Answering sign-on requests: read, verify with the sender's registered keys, see who is there, say it or ask for a
//! login. What is said goes through `answering`: in the trail before it leaves, or not at all.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    crypto::{reason::Reason, token::Token},
    domain::{
        assurance::Level,
        attribute::Attribute,
        flow::{Accepting, AfterTerms, Done, Flow, Purpose, SignOn, Stage, Start, StepUp, Wanted},
        person::Cpr,
        statement::{Statement, Subject},
    },
    protocol::saml::{
        fault::Fault as Status,
        request::{self, AuthnRequest},
        subject::NameKind,
        wire::{self, Incoming, Verified},
    },
    service::{
        cpr,
        ground::{Ground, Visitor},
        login::{self, Held},
        saml::{
            Desk, Refused, Registered,
            answering::{Answer, Case, Claim},
        },
    },
    storage::{audit, cprs, flows, sessions::Standing},
};

/// What happens to a sign-on request.
#[derive(Debug)]
pub enum Outcome {
    /// The browser carries an answer: an assertion or a signed error.
    Answer(Box<Answer>),
    /// Somebody must log in, or prove a second factor anew.
    Login(Held),
}

/// Takes a request in. A form posted from another site comes without our cookies: then the answer waits for the redirect
/// that follows.
pub async fn receive(
    desk: &Desk,
    ground: &Ground,
    incoming: Incoming,
    session: Option<&Token>,
    visitor: &Visitor,
) -> Result<Outcome, Refused> {
    let by_post = incoming.binding == wire::Binding::Post;
    if by_post && !desk.own.post_requests {
        return Err(Reason::Schema.into());
    }
    let unverified = request::parse(incoming)?;
    // Whoever has a session is most likely answered at once.
    let coming = session.map(|_| desk.journal.announce());
    let standing = match session {
        Some(token) => desk.presence.of(&ground.db, token, unverified.issuer()).await?,
        None => None,
    };
    let party = match &standing {
        Some(standing) => desk.at_edition(ground, unverified.issuer(), standing.client).await?,
        None => desk.relying_party(ground, unverified.issuer()).await?,
    };
    let verified = unverified.verify(&party.metadata.signing)?;
    let (sign_on, unmet) = judge(desk, &party, &verified, ground.clock.now())?;
    let case = Case { desk, ground, party: &party, sign_on: &sign_on, claim: Claim::Now, visitor, coming: coming.as_ref() };
    if let Some(status) = unmet {
        return refuse(&case, status).await;
    }
    if by_post && session.is_none() {
        return begin(&case, Start::default()).await;
    }
    let decision = decide(&case, standing).await?;
    act(&case, decision).await
}

/// Goes on with a request that came by a form, now that the browser has shown its cookies. `None`: the login page is due.
pub async fn resume(
    desk: &Desk,
    ground: &Ground,
    held: &Held,
    session: Option<&Token>,
    visitor: &Visitor,
) -> Result<Option<Outcome>, Refused> {
    let Some(flow) = flows::open::<Start>(&ground.db, held.id, &held.token.hash(), ground.clock.now()).await? else { return Ok(None) };
    let Purpose::SignOn(sign_on) = flow.purpose else { return Ok(None) };
    let party = who_asked(desk, ground, &sign_on).await?;
    let standing = match session {
        Some(token) => desk.presence.of(&ground.db, token, &sign_on.entity_id).await?,
        None => None,
    };
    let case = Case { desk, ground, party: &party, sign_on: &sign_on, claim: Claim::Made(Some(held)), visitor, coming: None };
    let decision = decide(&case, standing).await?;
    if matches!(decision, Decision::Login) {
        return Ok(None);
    }
    act(&case, decision).await.map(Some)
}

/// The login of this flow is done: answers its relying party, once.
pub async fn complete(desk: &Desk, ground: &Ground, held: &Held, session: &Token, visitor: &Visitor) -> Result<Option<Outcome>, Refused> {
    let Some(flow) = flows::open::<Done>(&ground.db, held.id, &held.token.hash(), ground.clock.now()).await? else { return Ok(None) };
    let Purpose::SignOn(mut sign_on) = flow.purpose.clone() else { return Ok(None) };
    let party = who_asked(desk, ground, &sign_on).await?;
    let standing = desk.presence.of(&ground.db, session, &sign_on.entity_id).await?;
    // The session in the cookie must be the one this flow made.
    let Some(standing) = standing.filter(|standing| standing.session.id == flow.stage.session) else { return Ok(None) };
    if standing.terms_due && !sign_on.passive {
        return ask_terms(ground, &flow, held).await.map(Some);
    }
    // Presence has just been proved.
    sign_on.force = false;
    let case = Case { desk, ground, party: &party, sign_on: &sign_on, claim: Claim::Made(Some(held)), visitor, coming: None };
    match decide(&case, Some(standing)).await? {
        Decision::Say(said) => match case.say(&said.0, &said.1).await? {
            Some(answer) => Ok(Some(Outcome::Answer(Box::new(answer)))),
            None => refuse(&Case { claim: Claim::Made(None), ..case }, Status::AuthnFailed).await.map(Some),
        },
        Decision::Login | Decision::StepUp(_) | Decision::Terms(_) => refuse(&case, Status::AuthnFailed).await.map(Some),
        Decision::Refuse(status) => refuse(&case, status).await.map(Some),
    }
}

/// The login is done, but the terms are to be accepted before anybody is told of it.
async fn ask_terms(ground: &Ground, flow: &Flow<Done>, held: &Held) -> Result<Outcome, Refused> {
    let stage = Accepting { person: flow.stage.person, then: AfterTerms::Answer(flow.stage.session) };
    let mut tx = ground.db.begin().await?;
    let token = Token::random(ground.random.as_ref());
    if !flows::advance(&mut tx, flow, &held.token.hash(), &stage, &token.hash()).await? {
        return Err(Reason::Replay.into());
    }
    tx.commit_routine().await?;
    Ok(Outcome::Login(Held { id: flow.id, token, unsaved: None }))
}

/// The relying party that a login is for, as it is registered now. While somebody logged in it may have been disabled, made
/// anew, or have lost the address the answer was wanted at (security case A18).
async fn who_asked(desk: &Desk, ground: &Ground, sign_on: &SignOn) -> Result<Arc<Registered>, Refused> {
    let party = desk.relying_party(ground, &sign_on.entity_id).await?;
    if party.client.id != sign_on.client {
        return Err(Reason::UnknownSp.into());
    }
    if !party.metadata.acs.iter().any(|acs| acs.location == sign_on.acs) {
        return Err(Reason::AcsMismatch.into());
    }
    Ok(party)
}

/// What is to be done with a sound request.
enum Decision {
    Say(Box<(Standing, Statement)>),
    Refuse(Status),
    StepUp(Box<Standing>),
    Terms(Box<Standing>),
    Login,
}

/// The request against the rules: not meant for us, stale or misdirected is refused outright; what its sender may be
/// told comes back as a status beside the request.
fn judge(desk: &Desk, party: &Registered, verified: &Verified<AuthnRequest>, now: Timestamp) -> Result<(SignOn, Option<Status>), Refused> {
    let request = verified.message();
    request.check_destination(&desk.own.sso)?;
    request.check_clock(now, desk.own.clock_skew)?;
    let acs = request.choose_acs(&party.metadata)?;
    let level = request.level();
    let name = request.name_kind();
    let sign_on = SignOn {
        client: party.client.id,
        entity_id: party.client.entity_id.clone(),
        request_id: request.id.clone(),
        acs: acs.location.clone(),
        relay_state: verified.relay_state().map(str::to_owned),
        least: level.ok().flatten().unwrap_or(Level::Low),
        level_requested: matches!(level, Ok(Some(_))),
        force: request.force_authn,
        passive: request.is_passive,
        transient: matches!(name, Ok(NameKind::Transient)),
        requester: request.requester_ids.first().cloned(),
        received_at: now,
    };
    let unmet = request.check_supported().err().or(level.err()).or(name.err());
    Ok((sign_on, unmet))
}

async fn decide(case: &Case<'_>, standing: Option<Standing>) -> Result<Decision, Refused> {
    let (ground, party, sign_on) = (case.ground, case.party, case.sign_on);
    let (rules, now) = (&ground.rules.session, ground.clock.now());
    let alive = standing.filter(|standing| standing.session.is_alive(rules, now) && standing.person.may_log_in(now));
    let asks = |decision: Decision| if sign_on.passive { Decision::Refuse(Status::NoPassive) } else { decision };
    let Some(standing) = alive else { return Ok(asks(Decision::Login)) };
    if sign_on.force {
        return Ok(asks(Decision::Login));
    }
    if !standing.session.second_factor_is_fresh(rules, now) {
        return Ok(asks(Decision::StepUp(Box::new(standing))));
    }
    if standing.terms_due {
        return Ok(asks(Decision::Terms(Box::new(standing))));
    }
    if party.client.terms.encrypt && !matches!(party.metadata.encryption(party.client.terms.legacy_encryption), Some(Ok(_))) {
        tracing::warn!(event = "saml.encrypt.refused", client = party.client.entity_id);
        return Ok(Decision::Refuse(Status::RequestDenied));
    }
    let requested = party.metadata.requested_names();
    let cpr = match Statement::is_granted(Attribute::CprNumber, &party.client, &requested) {
        true => unseal_cpr(ground, &standing).await?,
        false => None,
    };
    let subject = Subject {
        person: &standing.person,
        access: standing.person.access(now),
        organisation: &standing.organisation,
        identity: standing.identity(&ground.rules.proofing, now),
        evidence: &standing.session.evidence,
        authenticators: &ground.rules.authenticators,
        cpr,
    };
    Ok(match Statement::about(&subject, &party.client, &requested, sign_on.least) {
        Ok(statement) => Decision::Say(Box::new((standing, statement))),
        Err(_) if sign_on.passive => Decision::Refuse(Status::NoPassive),
        Err(_) => Decision::Refuse(Status::NoAuthnContext),
    })
}

async fn unseal_cpr(ground: &Ground, standing: &Standing) -> Result<Option<Cpr>, Refused> {
    let Some(sealed) = cprs::of(&ground.db, standing.person.id).await? else { return Ok(None) };
    Ok(cpr::open(ground, standing.person.id, &sealed.cipher)?)
}

async fn act(case: &Case<'_>, decision: Decision) -> Result<Outcome, Refused> {
    match decision {
        Decision::Say(said) => match case.say(&said.0, &said.1).await? {
            Some(answer) => Ok(Outcome::Answer(Box::new(answer))),
            None => lost(case).await,
        },
        Decision::Refuse(status) => refuse(case, status).await,
        Decision::Login => begin(case, Start::default()).await,
        Decision::Terms(standing) => {
            begin(case, Accepting { person: standing.person.id, then: AfterTerms::Answer(standing.session.id) }).await
        }
        Decision::StepUp(standing) => {
            begin(case, StepUp { person: standing.person.id, session: standing.session.id, webauthn: None, wanted: Wanted::Overview }).await
        }
    }
}

/// The session was ended while its answer was on the way: nobody is logged in.
async fn lost(case: &Case<'_>) -> Result<Outcome, Refused> {
    let claim = if matches!(case.claim, Claim::Now) { Claim::Now } else { Claim::Made(None) };
    let case = Case { claim, ..*case };
    if case.sign_on.passive { refuse(&case, Status::NoPassive).await } else { begin(&case, Start::default()).await }
}

async fn refuse(case: &Case<'_>, status: Status) -> Result<Outcome, Refused> {
    Ok(Outcome::Answer(Box::new(case.refuse(status).await?)))
}

/// Begins a login for the request; its id is claimed now, so that the same message opens no second one. A login that led
/// here ends.
async fn begin<S: Stage>(case: &Case<'_>, stage: S) -> Result<Outcome, Refused> {
    let mut tx = case.ground.db.begin().await?;
    let is_first = match case.claim {
        Claim::Now => audit::claim(&mut tx, &case.replay()).await?,
        Claim::Made(Some(held)) => flows::finish::<Start>(&mut tx, held.id, &held.token.hash()).await?,
        Claim::Made(None) => true,
    };
    if !is_first {
        return Err(Reason::Replay.into());
    }
    let purpose = Purpose::SignOn(Box::new(case.sign_on.clone()));
    let held = login::begin_at(case.ground, &mut tx, purpose, stage).await?;
    tx.commit_routine().await?;
    Ok(Outcome::Login(held))
}
