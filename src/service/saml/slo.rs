//! Single logout: a relying party's signed request ends the session it was told of, and no other, and is answered once the
//! others have been told. The session is found by what the message says, so it works without cookies too.
//! The path goes on in `chain`.

use crate::{
    base::id::Id,
    crypto::{reason::Reason, token::Token},
    domain::{
        audit::Actor,
        client::Client,
        logout::{Initiator, Logout},
        session::Session,
    },
    protocol::saml::{
        fault::Fault as Status,
        logout::{self, LogoutMessage, LogoutRequest, ResponseContent},
        soap,
        subject::{NameKind, fresh_id},
        wire::{Binding, Delivery, Direction, Incoming},
    },
    service::{
        ground::{Ground, Visitor},
        saml::{
            Desk, Refused, Registered,
            chain::{self, Carried, Ending},
            pairwise,
        },
    },
    storage::{
        audit::{self, Replay},
        clients, sessions,
    },
};

/// What comes of a logout message.
#[derive(Debug)]
pub enum Received {
    /// A request; there is nothing more to do but answer.
    Answered(Box<Answered>),
    /// A request; the browser has others to tell before its sender is answered.
    Carried(Carried),
    /// An answer to a request of ours, by that binding: the logout it belongs to, and what it comes to there.
    Heard(Id<Logout>, Binding, String),
}

/// What the browser does next.
#[derive(Debug)]
pub struct Answered {
    /// The signed answer; `None` when the relying party listed no address for it.
    pub delivery: Option<Delivery>,
    /// The relying party's name, for the page shown meanwhile.
    pub service: String,
    /// Whether the session behind the browser's cookie is over.
    pub own_ended: bool,
    /// Relying parties that were not told, with their names.
    pub missed: Vec<(Id<Client>, String)>,
}

/// Takes a logout message in that a browser brings: ends the session it names and answers, or goes on with a logout under way.
pub async fn receive(
    desk: &Desk,
    ground: &Ground,
    incoming: Incoming,
    session: Option<&Token>,
    visitor: &Visitor,
) -> Result<Received, Refused> {
    let unverified = logout::parse(incoming)?;
    let party = desk.relying_party(ground, unverified.issuer()).await?;
    let verified = unverified.verify(&party.metadata.signing)?;
    let binding = verified.binding();
    let (message, relay_state) = verified.into_parts();
    let request = match message {
        LogoutMessage::Request(request) => request,
        LogoutMessage::Response(response) => {
            response.check_destination(&desk.own.slo)?;
            response.check_clock(ground.clock.now(), desk.own.clock_skew)?;
            let (logout, said) = chain::heard(ground, &party, &response, relay_state.as_deref()).await?;
            return Ok(Received::Heard(logout, binding, said));
        }
    };
    admit(desk, ground, &request, &desk.own.slo).await?;
    let (named, fault) = find(ground, &party, &request, session).await?;
    let own_ended = named.iter().any(|(_, is_own)| *is_own);
    let initiator = Initiator {
        entity_id: party.client.entity_id.clone(),
        request: request.id.clone(),
        by_post: binding == Binding::Post,
        relay_state,
    };
    let ended = chain::end(desk, ground, ending(&party, named, &initiator, true), visitor).await?;
    if let Some(carried) = ended.carried {
        return Ok(Received::Carried(carried));
    }
    let missed = clients::names(&ground.db, &ended.missed).await?;
    let fault = fault.or((!missed.is_empty()).then_some(Status::PartialLogout));
    let delivery = chain::answer(desk, ground, &party, &initiator, fault)?;
    note(&party, fault, visitor);
    Ok(Received::Answered(Box::new(Answered { delivery, service: party.client.name.clone(), own_ended, missed })))
}

/// Takes a logout request in by the back-channel and answers it there: the envelope.
pub async fn receive_by_soap(desk: &Desk, ground: &Ground, body: &[u8], visitor: &Visitor) -> Result<String, Refused> {
    let unverified = logout::parse(soap::open(body, Direction::Request)?)?;
    let party = desk.relying_party(ground, unverified.issuer()).await?;
    let (message, _) = unverified.verify(&party.metadata.signing)?.into_parts();
    let LogoutMessage::Request(request) = message else { return Err(Reason::Schema.into()) };
    admit(desk, ground, &request, &desk.own.slo_soap).await?;
    let (named, fault) = find(ground, &party, &request, None).await?;
    let initiator = Initiator { entity_id: party.client.entity_id.clone(), request: request.id.clone(), by_post: true, relay_state: None };
    let ended = chain::end(desk, ground, ending(&party, named, &initiator, false), visitor).await?;
    let fault = fault.or((!ended.missed.is_empty()).then_some(Status::PartialLogout));
    let id = fresh_id(ground.random.as_ref());
    let content = ResponseContent {
        id: &id,
        issuer: &desk.own.entity_id,
        destination: "",
        in_response_to: &request.id,
        issued_at: ground.clock.now(),
        fault,
    };
    let outgoing = logout::response(&content, None)?;
    note(&party, fault, visitor);
    Ok(soap::envelope(outgoing, &desk.keyring.active)?)
}

fn note(party: &Registered, fault: Option<Status>, visitor: &Visitor) {
    let status = fault.map_or("Success", Status::as_str);
    tracing::info!(event = "slo.answered", client = party.client.entity_id, status, incident = %visitor.incident);
}

/// Whether a request, whose signature holds, was meant for us at this address, now, and comes for the first time.
async fn admit(desk: &Desk, ground: &Ground, request: &LogoutRequest, address: &str) -> Result<(), Refused> {
    let now = ground.clock.now();
    request.check_destination(address)?;
    request.check_clock(now, desk.own.clock_skew)?;
    if request.not_on_or_after.is_some_and(|until| crate::base::clock::seconds_between(until, now) >= desk.own.clock_skew) {
        return Err(Reason::Clock.into());
    }
    claim(desk, ground, request).await
}

/// What a request ends: this browser's session first, else the one that was used last.
fn ending(party: &Registered, mut named: Named, initiator: &Initiator, by_browser: bool) -> Ending {
    named.sort_by_key(|(session, is_own)| std::cmp::Reverse((*is_own, session.last_seen_at)));
    Ending {
        sessions: named.into_iter().map(|(session, _)| session).collect(),
        everything_of: None,
        by_browser,
        initiator: Some((party.client.id, initiator.clone())),
        actor: Some(Actor::Client(party.client.entity_id.clone())),
    }
}

async fn claim(desk: &Desk, ground: &Ground, request: &LogoutRequest) -> Result<(), Refused> {
    let expires_at = crate::base::clock::plus(ground.clock.now(), 2 * desk.own.clock_skew + 60);
    let replay = Replay { entity_id: request.issuer.clone(), request_id: request.id.clone(), expires_at };
    let mut tx = ground.db.begin().await?;
    if !audit::claim(&mut tx, &replay).await? {
        return Err(Reason::Replay.into());
    }
    Ok(tx.commit_routine().await?)
}

type Named = Vec<(Session, bool)>;

/// The sessions that the message names, each with whether it is this browser's; or why none of them may end.
async fn find(
    ground: &Ground,
    party: &Registered,
    request: &LogoutRequest,
    session: Option<&Token>,
) -> Result<(Named, Option<Status>), Refused> {
    if !request.version_2 {
        return Ok((Vec::new(), Some(Status::VersionMismatch)));
    }
    let own = match session {
        Some(token) => sessions::find(&ground.db, &token.hash()).await?,
        None => None,
    };
    let mut named = Vec::new();
    for index in &request.session_indexes {
        match sessions::by_participation(&ground.db, party.client.id, index).await? {
            Some((live, _)) => named.push(live),
            // Known, but to another relying party: not its to end. Not known at all: it has ended before.
            None if sessions::index_is_known(&ground.db, index).await? => return Ok((Vec::new(), Some(Status::UnknownPrincipal))),
            None => {}
        }
    }
    if request.session_indexes.is_empty() {
        // All of that person's that it was told of, whether or not this browser shows a cookie (a posted message brings none).
        named = sessions::by_name(&ground.db, party.client.id, &request.name_id.value).await?;
        if let Some(own) = own.clone().filter(|own| named.iter().all(|live| live.id != own.id))
            && is_named(ground, party, request, &own)?
        {
            named.push(own);
        }
        // Whether that name's session has ended, or is one that was told under another name, cannot be said.
        if named.is_empty() {
            return Ok((Vec::new(), Some(Status::UnknownPrincipal)));
        }
    }
    for live in &named {
        if !is_named(ground, party, request, live)? {
            return Ok((Vec::new(), Some(Status::UnknownPrincipal)));
        }
    }
    let own = own.map(|own| own.id);
    Ok((
        named
            .into_iter()
            .map(|live| {
                let is_own = Some(live.id) == own;
                (live, is_own)
            })
            .collect(),
        None,
    ))
}

/// Whether the NameID is what this relying party knows the session's person by, qualifiers included when given.
fn is_named(ground: &Ground, party: &Registered, request: &LogoutRequest, live: &Session) -> Result<bool, Refused> {
    for kind in [NameKind::Persistent, NameKind::Transient] {
        let ours = pairwise(ground, live, &party.client, kind)?;
        let given = &request.name_id;
        let agrees = |given: &Option<String>, ours: &Option<String>| given.is_none() || given == ours;
        if given.value == ours.value && agrees(&given.format, &ours.format) && agrees(&given.sp_name_qualifier, &ours.sp_name_qualifier) {
            return Ok(true);
        }
    }
    Ok(false)
}
