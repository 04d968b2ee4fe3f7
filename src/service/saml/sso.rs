//! Answering sign-on requests: read, verify with the sender's registered keys, see who is there, say it or ask for a
//! login. Every answer is in the trail before it leaves; one that cannot be written is not given.

use jiff::Timestamp;

use crate::{
    base::{
        clock::{plus, seconds_between},
        id::Id,
    },
    crypto::{reason::Reason, token::Token, xmlsign::SignError},
    domain::{
        assurance::Level,
        attribute::Attribute,
        audit::{Actor, Event, Kind},
        client::Client,
        flow::{AnyFlow, Done, Purpose, SignOn, Start, StepUp},
        person::{Cpr, Standing as PersonStanding},
        statement::{Statement, Subject},
    },
    protocol::saml::{
        fault::Fault as Status,
        request::{self, AuthnRequest},
        response::{self, AssertionContent, Body, ResponseContent, SignedAssertion},
        subject::{NameKind, fresh_id},
        wire::{self, Direction, Incoming, PostForm, Verified},
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held},
        saml::{Desk, Refused, Registered, pairwise},
        trail::{Entry, NotRecorded, Participation, Replay},
    },
    storage::{
        audit,
        fault::Fault,
        flows, people,
        sessions::{self, Standing},
    },
};

/// What happens to a sign-on request.
#[derive(Debug)]
pub enum Outcome {
    /// The browser carries an answer: an assertion or a signed error.
    Answer(Box<Answer>),
    /// Somebody must log in, or prove a second factor anew.
    Login(Held),
}

/// A response on its way.
#[derive(Debug)]
pub struct Answer {
    /// The form the browser posts.
    pub form: PostForm,
    /// The relying party's name, for the page shown meanwhile.
    pub service: String,
    /// The error it carries, if it is one.
    pub status: Option<Status>,
}

/// Takes a request in. `cookies` says whether the browser could send us its session: a form posted from another site
/// comes without, so then the answer waits for the redirect that follows.
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
    let standing = match session {
        Some(token) => sessions::standing(&ground.db, &token.hash(), unverified.issuer()).await?,
        None => None,
    };
    let party = match &standing {
        Some(standing) => desk.at_revision(ground, unverified.issuer(), standing.client_revision).await?,
        None => desk.relying_party(ground, unverified.issuer()).await?,
    };
    let verified = unverified.verify(&party.metadata.signing)?;
    let now = ground.clock.now();
    let sign_on = match judge(desk, &party, &verified, now)? {
        Ok(sign_on) => sign_on,
        Err((sign_on, status)) => return refuse(desk, ground, &party, &sign_on, status, Claim::Now, visitor).await,
    };
    if by_post && session.is_none() {
        return begin(desk, ground, sign_on, visitor).await;
    }
    let decision = decide(desk, ground, &party, &sign_on, standing, now).await?;
    act(desk, ground, &party, sign_on, decision, Claim::Now, visitor).await
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
    let party = desk.relying_party(ground, &sign_on.entity_id).await?;
    let standing = match session {
        Some(token) => sessions::standing(&ground.db, &token.hash(), &sign_on.entity_id).await?,
        None => None,
    };
    let decision = decide(desk, ground, &party, &sign_on, standing, ground.clock.now()).await?;
    if matches!(decision, Decision::Login) {
        return Ok(None);
    }
    end_flow::<Start>(ground, held).await?;
    act(desk, ground, &party, *sign_on, decision, Claim::Made, visitor).await.map(Some)
}

/// The login of this flow is done: answers its relying party, once.
pub async fn complete(desk: &Desk, ground: &Ground, held: &Held, session: &Token, visitor: &Visitor) -> Result<Option<Outcome>, Refused> {
    let Some(flow) = flows::open::<Done>(&ground.db, held.id, &held.token.hash(), ground.clock.now()).await? else { return Ok(None) };
    let Purpose::SignOn(sign_on) = flow.purpose else { return Ok(None) };
    let party = desk.relying_party(ground, &sign_on.entity_id).await?;
    let standing = sessions::standing(&ground.db, &session.hash(), &sign_on.entity_id).await?;
    // The session in the cookie must be the one this flow made.
    let Some(standing) = standing.filter(|standing| standing.session.id == flow.stage.session) else { return Ok(None) };
    end_flow::<Done>(ground, held).await?;
    let now = ground.clock.now();
    let decision = match decide(desk, ground, &party, &SignOn { force: false, ..*sign_on.clone() }, Some(standing), now).await? {
        Decision::Login | Decision::StepUp(_) => Decision::Refuse(Status::AuthnFailed),
        decided => decided,
    };
    act(desk, ground, &party, *sign_on, decision, Claim::Made, visitor).await.map(Some)
}

/// The visitor gave up, or may not log in: tells the relying party.
pub async fn abandon(desk: &Desk, ground: &Ground, id: Id<AnyFlow>, sign_on: &SignOn, visitor: &Visitor) -> Result<Outcome, Refused> {
    tracing::info!(event = "login.abandoned", flow = %id, incident = %visitor.incident);
    let party = desk.relying_party(ground, &sign_on.entity_id).await?;
    refuse(desk, ground, &party, sign_on, Status::AuthnFailed, Claim::Made, visitor).await
}

async fn end_flow<S: crate::domain::flow::Stage>(ground: &Ground, held: &Held) -> Result<(), Refused> {
    let mut tx = ground.db.begin().await?;
    if !flows::finish::<S>(&mut tx, held.id, &held.token.hash()).await? {
        return Err(Reason::Replay.into());
    }
    Ok(tx.commit_routine().await?)
}

/// Whether the request's id is claimed with the answer or was claimed when its login began.
#[derive(Clone, Copy, PartialEq)]
enum Claim {
    Now,
    Made,
}

/// What is to be done with a sound request.
enum Decision {
    Say(Box<(Standing, Statement)>),
    Refuse(Status),
    StepUp(Box<Standing>),
    Login,
}

type Judged = Result<SignOn, (SignOn, Status)>;

/// The request against the rules: not meant for us, stale or misdirected is refused outright; what its sender may be
/// told comes back as a status beside the address it goes to.
fn judge(desk: &Desk, party: &Registered, verified: &Verified<AuthnRequest>, now: Timestamp) -> Result<Judged, Refused> {
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
    Ok(match unmet {
        Some(status) => Err((sign_on, status)),
        None => Ok(sign_on),
    })
}

async fn decide(
    desk: &Desk,
    ground: &Ground,
    party: &Registered,
    sign_on: &SignOn,
    standing: Option<Standing>,
    now: Timestamp,
) -> Result<Decision, Refused> {
    let rules = &ground.rules.session;
    let alive = standing.filter(|standing| standing.session.is_alive(rules, now) && standing.person.standing == PersonStanding::Active);
    let asks = |decision: Decision| if sign_on.passive { Decision::Refuse(Status::NoPassive) } else { decision };
    let Some(standing) = alive else { return Ok(asks(Decision::Login)) };
    if sign_on.force {
        return Ok(asks(Decision::Login));
    }
    if !standing.session.second_factor_is_fresh(rules, now) {
        return Ok(asks(Decision::StepUp(Box::new(standing))));
    }
    if party.client.terms.encrypt && !matches!(party.metadata.encryption(party.client.terms.legacy_encryption), Some(Ok(_))) {
        tracing::warn!(event = "saml.encrypt.refused", client = party.client.entity_id, issuer = desk.own.entity_id);
        return Ok(Decision::Refuse(Status::RequestDenied));
    }
    let requested = party.metadata.requested_names();
    let cpr = match Statement::is_granted(Attribute::CprNumber, &party.client, &requested) {
        true => unseal_cpr(ground, &standing).await?,
        false => None,
    };
    let subject = Subject {
        person: &standing.person,
        organisation: &standing.organisation,
        identity: standing.identity,
        evidence: &standing.session.evidence,
        cpr,
    };
    Ok(match Statement::about(&subject, &party.client, &requested, sign_on.least) {
        Ok(statement) => Decision::Say(Box::new((standing, statement))),
        Err(_) if sign_on.passive => Decision::Refuse(Status::NoPassive),
        Err(_) => Decision::Refuse(Status::NoAuthnContext),
    })
}

async fn unseal_cpr(ground: &Ground, standing: &Standing) -> Result<Option<Cpr>, Refused> {
    let Some(sealed) = people::sealed_cpr(&ground.db, standing.person.id).await? else { return Ok(None) };
    let plain = ground.seals.cpr.open(&sealed, people_context(standing.person.id).as_bytes())?;
    Ok(std::str::from_utf8(plain.expose()).ok().and_then(|digits| digits.parse().ok()))
}

/// The context a person's CPR number is sealed under.
pub fn people_context(person: Id<crate::domain::person::Person>) -> String {
    format!("people/cpr/{person}")
}

async fn act(
    desk: &Desk,
    ground: &Ground,
    party: &Registered,
    sign_on: SignOn,
    decision: Decision,
    claim: Claim,
    visitor: &Visitor,
) -> Result<Outcome, Refused> {
    match decision {
        Decision::Say(said) => say(desk, ground, party, &sign_on, &said.0, &said.1, (claim, visitor)).await,
        Decision::Refuse(status) => refuse(desk, ground, party, &sign_on, status, claim, visitor).await,
        Decision::Login => begin(desk, ground, sign_on, visitor).await,
        Decision::StepUp(standing) => {
            let stage = StepUp { person: standing.person.id, session: standing.session.id, webauthn: None };
            begin_at(desk, ground, sign_on, stage, claim).await
        }
    }
}

async fn begin(desk: &Desk, ground: &Ground, sign_on: SignOn, _: &Visitor) -> Result<Outcome, Refused> {
    begin_at(desk, ground, sign_on, Start::default(), Claim::Now).await
}

/// Begins a login for the request; its id is claimed now, so that the same message opens no second one.
async fn begin_at<S: crate::domain::flow::Stage>(
    desk: &Desk,
    ground: &Ground,
    sign_on: SignOn,
    stage: S,
    claim: Claim,
) -> Result<Outcome, Refused> {
    let replay = replay(desk, &sign_on);
    let mut tx = ground.db.begin().await?;
    if claim == Claim::Now && !audit::claim(&mut tx, &replay).await? {
        return Err(Reason::Replay.into());
    }
    let held = login::begin_at(ground, &mut tx, Purpose::SignOn(Box::new(sign_on)), stage).await?;
    tx.commit_routine().await?;
    Ok(Outcome::Login(held))
}

/// A request may be answered once while its clock check would pass; remembered a little longer.
fn replay(desk: &Desk, sign_on: &SignOn) -> Replay {
    let expires_at = plus(sign_on.received_at, 2 * desk.own.clock_skew + 60);
    Replay { entity_id: sign_on.entity_id.clone(), request_id: sign_on.request_id.clone(), expires_at }
}

/// Makes the assertion while its event is being written; it leaves only when both are done.
async fn say(
    desk: &Desk,
    ground: &Ground,
    party: &Registered,
    sign_on: &SignOn,
    standing: &Standing,
    statement: &Statement,
    (claim, visitor): (Claim, &Visitor),
) -> Result<Outcome, Refused> {
    let (now, random) = (ground.clock.now(), ground.random.as_ref());
    let client = &party.client;
    let kind = if sign_on.transient { NameKind::Transient } else { NameKind::Persistent };
    let name_id = pairwise(ground, standing.person.id, client, kind)?;
    let session_index = standing.session_index.clone().unwrap_or_else(|| fresh_id(random));
    let assertion_id = fresh_id(random);
    let event = event(Kind::AssertionIssued, ground, sign_on, client, visitor)
        .about(standing.person.id)
        .with("level", statement.level())
        .with("assertion", &assertion_id)
        .with("session", standing.session.id);
    let participation = standing.session_index.is_none().then(|| Participation {
        session: standing.session.id,
        client: client.id,
        session_index: session_index.clone(),
        name_id: name_id.value.clone(),
        at: now,
    });
    let touch = (seconds_between(standing.session.last_seen_at, now) >= 60).then_some((standing.session.id, now));
    let entry = Entry { event, replay: (claim == Claim::Now).then(|| replay(desk, sign_on)), participation, touch };
    let content = AssertionContent {
        id: &assertion_id,
        issuer: &desk.own.entity_id,
        audience: &client.entity_id,
        recipient: &sign_on.acs,
        in_response_to: &sign_on.request_id,
        name_id: &name_id,
        session_index: &session_index,
        issued_at: now,
        bearer_until: plus(now, desk.own.bearer_seconds),
        conditions_until: plus(now, desk.own.conditions_seconds),
    };
    record(desk, entry).await?;
    let signed = response::assertion(&content, statement, &desk.keyring.active).map_err(internal)?;
    let xml = wrap(desk, ground, party, sign_on, &signed)?;
    Ok(answer(sign_on, client, &xml, None))
}

fn wrap(desk: &Desk, ground: &Ground, party: &Registered, sign_on: &SignOn, signed: &SignedAssertion) -> Result<String, Refused> {
    let random = ground.random.as_ref();
    let id = fresh_id(random);
    let content = response_content(desk, ground, sign_on, &id);
    if !party.client.terms.encrypt {
        return response::success(&content, Body::Readable(signed)).map_err(|error| Refused::Internal(error.to_string()));
    }
    // `decide` saw to it that there is a key; without one nothing leaves in the clear.
    let Some(Ok((key, suite))) = party.metadata.encryption(party.client.terms.legacy_encryption) else {
        return Err(Refused::Internal("no encryption key".to_owned()));
    };
    let encrypted = signed.encrypt(key, suite, random).map_err(|error| Refused::Internal(error.to_string()))?;
    response::success(&content, Body::Encrypted(&encrypted)).map_err(|error| Refused::Internal(error.to_string()))
}

/// A signed error, written down like an assertion.
async fn refuse(
    desk: &Desk,
    ground: &Ground,
    party: &Registered,
    sign_on: &SignOn,
    status: Status,
    claim: Claim,
    visitor: &Visitor,
) -> Result<Outcome, Refused> {
    let event = event(Kind::AssertionRefused, ground, sign_on, &party.client, visitor).with("status", status.as_str());
    let replay = (claim == Claim::Now).then(|| replay(desk, sign_on));
    record(desk, Entry { event, replay, participation: None, touch: None }).await?;
    tracing::info!(event = "saml.response.error", status = status.as_str(), client = party.client.entity_id, incident = %visitor.incident);
    let id = fresh_id(ground.random.as_ref());
    let message = format!("Incident {}", visitor.incident);
    let xml =
        response::failure(&response_content(desk, ground, sign_on, &id), status, Some(&message), &desk.keyring.active).map_err(internal)?;
    Ok(answer(sign_on, &party.client, &xml, Some(status)))
}

fn response_content<'a>(desk: &'a Desk, ground: &Ground, sign_on: &'a SignOn, id: &'a str) -> ResponseContent<'a> {
    ResponseContent {
        id,
        issuer: &desk.own.entity_id,
        destination: &sign_on.acs,
        in_response_to: &sign_on.request_id,
        issued_at: ground.clock.now(),
    }
}

fn answer(sign_on: &SignOn, client: &Client, xml: &str, status: Option<Status>) -> Outcome {
    let form = wire::post_form(&sign_on.acs, Direction::Response, xml, sign_on.relay_state.as_deref());
    Outcome::Answer(Box::new(Answer { form, service: client.name.clone(), status }))
}

fn event(kind: Kind, ground: &Ground, sign_on: &SignOn, client: &Client, visitor: &Visitor) -> Event {
    let event = Event::new(kind, Actor::Client(client.entity_id.clone()), ground.clock.now(), &visitor.incident, ground.random.as_ref())
        .with("request", &sign_on.request_id)
        .with("asked", if sign_on.level_requested { sign_on.least.word() } else { "-" });
    match &sign_on.requester {
        Some(requester) => event.with("requester", requester),
        None => event,
    }
}

async fn record(desk: &Desk, entry: Entry) -> Result<(), Refused> {
    desk.journal.record(entry).await.map_err(|error| match error {
        NotRecorded::Replay => Reason::Replay.into(),
        NotRecorded::Unavailable => Refused::Storage(Fault::Unavailable(error.to_string())),
    })
}

fn internal(error: SignError) -> Refused {
    Refused::Internal(error.to_string())
}
