//! Single logout: a relying party's signed request ends the session it was told of, and no other, and is answered.
//! The session is found by what the message says, so it works without cookies too.

use crate::{
    crypto::{reason::Reason, token::Token},
    domain::{audit::Actor, session::Session},
    protocol::saml::{
        fault::Fault as Status,
        logout::{self, LogoutMessage, LogoutRequest, ResponseContent},
        subject::{NameKind, fresh_id},
        wire::{Binding, Delivery, Incoming},
    },
    service::{
        ground::{Ground, Visitor},
        saml::{Desk, Refused, Registered, pairwise},
        sessions as acts,
    },
    storage::{
        audit::{self, Replay},
        sessions,
    },
};

/// What the browser does next.
#[derive(Debug)]
pub struct LoggedOut {
    /// The signed answer; `None` when the relying party listed no address for it.
    pub delivery: Option<Delivery>,
    /// The relying party's name, for the page shown meanwhile.
    pub service: String,
    /// Whether the session behind the browser's cookie is over.
    pub own_ended: bool,
}

/// Takes a logout request in, ends the session it names, and answers.
pub async fn receive(
    desk: &Desk,
    ground: &Ground,
    incoming: Incoming,
    session: Option<&Token>,
    visitor: &Visitor,
) -> Result<LoggedOut, Refused> {
    let unverified = logout::parse(incoming)?;
    let party = desk.relying_party(ground, unverified.issuer()).await?;
    let verified = unverified.verify(&party.metadata.signing)?;
    let binding = verified.binding();
    let (message, relay_state) = verified.into_parts();
    // We ask nobody to log out, so no answer is expected.
    let LogoutMessage::Request(request) = message else { return Err(Reason::Schema.into()) };
    let now = ground.clock.now();
    request.check_destination(&desk.own.slo)?;
    request.check_clock(now, desk.own.clock_skew)?;
    if request.not_on_or_after.is_some_and(|until| crate::base::clock::seconds_between(until, now) >= desk.own.clock_skew) {
        return Err(Reason::Clock.into());
    }
    claim(desk, ground, &request).await?;
    let (named, fault) = find(ground, &party, &request, session).await?;
    let mut own_ended = false;
    for (live, is_own) in named {
        let actor = Actor::Client(party.client.entity_id.clone());
        acts::end_session(ground, live, Some(actor), visitor).await?;
        own_ended |= is_own;
    }
    let delivery = answer(desk, ground, &party, &request, (binding, relay_state.as_deref(), fault))?;
    tracing::info!(event = "slo.answered", client = party.client.entity_id, status = fault.map_or("Success", Status::as_str), incident = %visitor.incident);
    Ok(LoggedOut { delivery, service: party.client.name.clone(), own_ended })
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

fn answer(
    desk: &Desk,
    ground: &Ground,
    party: &Registered,
    request: &LogoutRequest,
    (binding, relay_state, fault): (Binding, Option<&str>, Option<Status>),
) -> Result<Option<Delivery>, Refused> {
    let Some(address) = party.metadata.logout_by(binding) else { return Ok(None) };
    let id = fresh_id(ground.random.as_ref());
    let content = ResponseContent {
        id: &id,
        issuer: &desk.own.entity_id,
        destination: &address.response_location,
        in_response_to: &request.id,
        issued_at: ground.clock.now(),
        fault,
    };
    let outgoing = logout::response(&content, relay_state).map_err(|error| Refused::Internal(error.to_string()))?;
    outgoing.send(address.binding, &desk.keyring.active).map(Some).map_err(|error| Refused::Internal(error.to_string()))
}
