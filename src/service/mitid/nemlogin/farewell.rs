//! Logging out at NemLog-in: by the browser once it has told us what we asked, so that the next person at a shared computer
//! finds no session there; and its own logout requests, which find nothing to end here, since what it told us was used at
//! once. Nothing depends on the way back: the proof counted before.

use crate::{
    base::{clock::plus, id::Id},
    crypto::reason::Reason,
    domain::flow::AnyFlow,
    protocol::saml::{
        logout::{self, LogoutMessage, LogoutRequest, RequestContent, ResponseContent},
        subject::{NameId, fresh_id},
        wire::{Binding, Delivery, Incoming},
    },
    service::{
        ground::Ground,
        mitid::{Refusal, nemlogin::NemLogin},
        trail::Replay,
    },
    storage::audit,
};

/// Seconds that a request of ours may be answered in.
const REQUEST_SECONDS: i64 = 300;

/// The address by which the browser logs out at NemLog-in and comes back with the flow; `None` when NemLog-in takes no logout
/// requests by HTTP-Redirect.
pub(super) fn begin(
    nemlogin: &NemLogin,
    ground: &Ground,
    flow: Id<AnyFlow>,
    (name_id, session_index): (&NameId, &str),
) -> Result<Option<String>, Refusal> {
    let Some(slo) = nemlogin.provider.logout() else { return Ok(None) };
    let now = ground.clock.now();
    let state = flow.to_string();
    let content = RequestContent {
        id: &request_id(ground, &state)?,
        issuer: &nemlogin.own.entity_id,
        destination: &slo.location,
        issued_at: now,
        expires_at: plus(now, REQUEST_SECONDS),
        name_id,
        session_index,
    };
    let request = logout::request(&content, Some(&state))?;
    match request.send(Binding::Redirect, &nemlogin.own.signing)? {
        Delivery::Redirect(url) => Ok(Some(url)),
        Delivery::Post(_) => Ok(None),
    }
}

/// The ID of the logout request that belongs to a flow: nobody else can name it, and nothing needs to be kept.
fn request_id(ground: &Ground, flow: &str) -> Result<String, Refusal> {
    let mac = ground.seals.csrf.mac(&[b"logout at NemLog-in", flow.as_bytes()])?;
    Ok(format!("_{}", mac.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// What comes of a logout message of NemLog-in's.
#[derive(Debug)]
pub enum Received {
    /// The browser is back from logging out there, with its flow.
    Back(String),
    /// NemLog-in asked, and is answered.
    Answer(Delivery),
}

/// Takes a logout message of NemLog-in's in: signed by it, for us, now.
pub async fn receive(nemlogin: &NemLogin, ground: &Ground, incoming: Incoming) -> Result<Received, Refusal> {
    let unverified = logout::parse(incoming).map_err(super::refused)?;
    if unverified.issuer() != nemlogin.provider.entity_id {
        return Err(super::refused(Reason::Issuer));
    }
    let verified = unverified.verify(&nemlogin.provider.signing).map_err(super::refused)?;
    let (message, relay_state) = verified.into_parts();
    let (now, skew) = (ground.clock.now(), nemlogin.terms.skew);
    match message {
        LogoutMessage::Response(response) => {
            response.check_destination(&nemlogin.own.slo).map_err(super::refused)?;
            response.check_clock(now, skew).map_err(super::refused)?;
            let flow = relay_state.ok_or(super::refused(Reason::RelayState))?;
            if response.in_response_to != Some(request_id(ground, &flow)?) {
                return Err(super::refused(Reason::InResponseTo));
            }
            tracing::info!(event = "mitid.logged_out", success = response.is_success());
            Ok(Received::Back(flow))
        }
        LogoutMessage::Request(request) => {
            request.check_destination(&nemlogin.own.slo).map_err(super::refused)?;
            request.check_clock(now, skew).map_err(super::refused)?;
            claim(ground, &request, 2 * skew + 60).await?;
            answer(nemlogin, ground, &request, relay_state.as_deref()).map(Received::Answer)
        }
    }
}

async fn claim(ground: &Ground, request: &LogoutRequest, seconds: i64) -> Result<(), Refusal> {
    let expires_at = plus(ground.clock.now(), seconds);
    let replay = Replay { entity_id: request.issuer.clone(), request_id: request.id.clone(), expires_at };
    let mut tx = ground.db.begin().await?;
    if !audit::claim(&mut tx, &replay).await? {
        return Err(super::refused(Reason::Replay));
    }
    Ok(tx.commit_routine().await?)
}

fn answer(nemlogin: &NemLogin, ground: &Ground, request: &LogoutRequest, relay_state: Option<&str>) -> Result<Delivery, Refusal> {
    let slo = nemlogin.provider.logout().ok_or(super::refused(Reason::Destination))?;
    let content = ResponseContent {
        id: &fresh_id(ground.random.as_ref()),
        issuer: &nemlogin.own.entity_id,
        destination: &slo.response_location,
        in_response_to: &request.id,
        issued_at: ground.clock.now(),
        fault: None,
    };
    Ok(logout::response(&content, relay_state)?.send(Binding::Redirect, &nemlogin.own.signing)?)
}
