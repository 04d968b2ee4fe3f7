//! Telling a relying party that a session is over: the request, and what its answer comes to. By the back-channel it is
//! told here, at once or by the jobs until it has heard or is given up; what a browser carries is in `chain`.
//! What became of a recall stands in the trail. The path goes on in `protocol::saml::courier` and `storage::recalls`.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    base::{clock::plus, id::Incident},
    crypto::reason::Reason,
    domain::{
        audit::{Actor, Event, Kind},
        logout::Recall,
    },
    protocol::saml::{
        courier::Unanswered,
        logout::{self, LogoutMessage, LogoutResponse, RequestContent},
        soap,
        subject::fresh_id,
        wire::{Direction, Outgoing},
    },
    service::{
        ground::Ground,
        notices::delivery::Patience,
        saml::{Desk, Refused, Registered, recalled_name},
    },
    storage::{clients, db::Tx, fault::Fault, recalls},
};

/// Seconds that a request of ours may be answered in.
const REQUEST_SECONDS: i64 = 300;
/// Recalls of one turn of the jobs, told at the same time.
const AT_ONCE: i64 = 16;

/// Why a relying party was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// It did not answer, or not as it should: it may hear later.
    Unheard(&'static str),
    /// It will not hear: it has no address for it, is not registered any more, or says no.
    ForGood(&'static str),
}

impl Missed {
    /// The word for events and log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unheard(word) | Self::ForGood(word) => word,
        }
    }
}

impl From<Unanswered> for Missed {
    fn from(why: Unanswered) -> Self {
        Self::Unheard(why.as_str())
    }
}

impl From<Reason> for Missed {
    fn from(reason: Reason) -> Self {
        Self::Unheard(reason.as_str())
    }
}

/// The relying party of a recall as it is registered now; `None` when it is not served any more.
pub(super) async fn party(desk: &Desk, ground: &Ground, recall: &Recall) -> Result<Option<Arc<Registered>>, Refused> {
    let Some(client) = clients::by_id(&ground.db, recall.client).await? else { return Ok(None) };
    match desk.relying_party(ground, &client.entity_id).await {
        Ok(party) if party.client.id == recall.client => Ok(Some(party)),
        Ok(_) | Err(Refused::Message(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The request to the relying party, unsigned, for `destination`.
pub(super) fn request(
    desk: &Desk,
    ground: &Ground,
    (party, recall): (&Registered, &Recall),
    (id, destination): (&str, &str),
    relay_state: Option<&str>,
) -> Result<Outgoing, Refused> {
    let name_id = recalled_name(ground, recall, &party.client)?;
    let now = ground.clock.now();
    let content = RequestContent {
        id,
        issuer: &desk.own.entity_id,
        destination,
        issued_at: now,
        expires_at: plus(now, REQUEST_SECONDS),
        name_id: &name_id,
        session_index: &recall.session_index,
    };
    Ok(logout::request(&content, relay_state)?)
}

/// What an answer comes to. That the person is not known there is as good as told.
pub(super) fn verdict(response: &LogoutResponse) -> Result<(), Missed> {
    if response.is_success() || response.knows_nobody() { Ok(()) } else { Err(Missed::ForGood("refused")) }
}

/// Tells it by the back-channel now.
pub(super) async fn tell(desk: &Desk, ground: &Ground, party: &Registered, recall: &Recall) -> Result<Result<(), Missed>, Refused> {
    let Some(address) = &party.metadata.slo_soap else { return Ok(Err(Missed::ForGood("no_back_channel"))) };
    let id = fresh_id(ground.random.as_ref());
    let message = request(desk, ground, (party, recall), (&id, address), None)?;
    let envelope = soap::envelope(message, &desk.keyring.active)?;
    let answer = desk.courier.ask(address, envelope, party.client.terms.insecure_endpoints).await;
    Ok(answer.map_err(Missed::from).and_then(|body| judge(desk, ground, party, (&id, &body))))
}

/// An answer counts when the relying party signed it, now, to this request.
fn judge(desk: &Desk, ground: &Ground, party: &Registered, (id, body): (&str, &[u8])) -> Result<(), Missed> {
    let unverified = logout::parse(soap::open(body, Direction::Response)?)?;
    if unverified.issuer() != party.client.entity_id {
        return Err(Reason::Issuer.into());
    }
    let (message, _) = unverified.verify(&party.metadata.signing)?.into_parts();
    let LogoutMessage::Response(response) = message else { return Err(Reason::Schema.into()) };
    response.check_clock(ground.clock.now(), desk.own.clock_skew)?;
    if response.in_response_to.as_deref() != Some(id) {
        return Err(Reason::InResponseTo.into());
    }
    verdict(&response)
}

/// Tells many at the same time, each in the courier's time; in any order.
pub(super) async fn tell_all(
    desk: &Desk,
    ground: &Ground,
    recalls: Vec<(Arc<Registered>, Recall)>,
) -> Vec<(Arc<Registered>, Recall, Result<Result<(), Missed>, Refused>)> {
    let mut telling = JoinSet::new();
    for (party, recall) in recalls {
        let (desk, ground) = (desk.clone(), ground.clone());
        telling.spawn(async move {
            let told = tell(&desk, &ground, &party, &recall).await;
            (party, recall, told)
        });
    }
    telling.join_all().await
}

/// The recall is over, told or missed for good; its event counts with the commit.
pub(super) async fn settle(
    ground: &Ground,
    tx: &mut Tx,
    recall: &Recall,
    (entity_id, became): (&str, Result<(), Missed>),
    incident: &Incident,
) -> Result<(), Fault> {
    if !recalls::settle(tx, recall).await? {
        return Ok(());
    }
    let kind = if became.is_ok() { Kind::RecallHeard } else { Kind::RecallMissed };
    let event = Event::new(kind, Actor::System, ground.clock.now(), incident, ground.random.as_ref()).about(recall.person);
    let event = event.with("client", entity_id).with("session", recall.session).with("tries", recall.tries);
    let event = match became {
        Ok(()) => event,
        Err(missed) => event.with("reason", missed.as_str()),
    };
    tx.note(&event).await
}

/// Tells those by the back-channel who wait, and those whose browser did not come back: how many have heard. Called each
/// second.
///
/// # Errors
/// [`Fault`]: then nothing was lost; what was claimed is tried again when the claim runs out.
pub async fn tell_due(desk: &Desk, ground: &Ground, patience: &Patience) -> Result<usize, Fault> {
    let now = ground.clock.now();
    if !recalls::is_due(&ground.db, now).await? {
        return Ok(0);
    }
    let seconds = i64::try_from(desk.courier.longest().as_secs()).unwrap_or(i64::MAX).saturating_add(60);
    let mut tx = ground.db.begin().await?;
    let claimed = recalls::claim(&mut tx, now, plus(now, seconds), AT_ONCE).await?;
    tx.commit_routine().await?;
    let incident = Incident::random(ground.random.as_ref());
    let mut served = Vec::new();
    for recall in claimed {
        match party(desk, ground, &recall).await {
            Ok(Some(party)) => served.push((party, recall)),
            Ok(None) => resolve(ground, &recall, ("-", Err(Missed::ForGood("not_served"))), patience, &incident).await?,
            Err(Refused::Storage(fault)) => return Err(fault),
            Err(error) => tracing::error!(event = "slo.failed", reason = %error, session = %recall.session),
        }
    }
    let mut heard = 0;
    for (party, recall, told) in tell_all(desk, ground, served).await {
        match told {
            Ok(became) => {
                heard += usize::from(became.is_ok());
                resolve(ground, &recall, (&party.client.entity_id, became), patience, &incident).await?;
            }
            Err(error) => tracing::error!(event = "slo.failed", reason = %error, client = party.client.entity_id),
        }
    }
    Ok(heard)
}

/// After a try by the jobs: it is over, or waits for the next one.
async fn resolve(
    ground: &Ground,
    recall: &Recall,
    (entity_id, became): (&str, Result<(), Missed>),
    patience: &Patience,
    incident: &Incident,
) -> Result<(), Fault> {
    let now = ground.clock.now();
    let since: Timestamp = recall.since.unwrap_or(now);
    let again_at = match became {
        Err(Missed::Unheard(_)) => patience.again_at(now, since, recall.tries),
        Ok(()) | Err(Missed::ForGood(_)) => None,
    };
    if let Err(missed) = became {
        tracing::warn!(event = "slo.unheard", client = entity_id, reason = missed.as_str(), tries = recall.tries, again_at = ?again_at);
    }
    let mut tx = ground.db.begin().await?;
    match again_at {
        Some(at) => recalls::queue(&mut tx, recall, since, at).await?,
        None => settle(ground, &mut tx, recall, (entity_id, became), incident).await?,
    }
    tx.commit_routine().await
}
