//! Judges a service provider's logout request as NemLog-in does, and answers it signed. Nobody stays logged in here longer than
//! a choice takes, so there is nothing else to end. Next: the browser.

use jiff::Timestamp;
use portvagt::{
    base::random::SystemRandom,
    crypto::{canonical::Unwritable, keyring::SigningKey, reason::Reason, xmlsign::SignError},
    protocol::saml::{
        SKEW,
        logout::{self, LogoutMessage, ResponseContent},
        metadata::{self, Allow, MetadataError},
        response::fresh_id,
        wire::{Delivery, Incoming},
    },
};

use super::ENTITY_ID;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// No metadata was given.
    #[error("no service provider's metadata has been uploaded (--sp-metadata)")]
    Nobody,
    /// The metadata cannot be used.
    #[error("the service provider's metadata: {0}")]
    Metadata(#[from] MetadataError),
    /// It names nowhere to answer to.
    #[error("the service provider's metadata names no SingleLogoutService")]
    NoAddress,
    /// The request is not sound.
    #[error("the logout request is refused: {0}")]
    Request(#[from] Reason),
    /// The answer cannot be written.
    #[error(transparent)]
    Write(#[from] Unwritable),
    /// Or signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Judges a logout request and answers it.
pub fn answer(
    incoming: Result<Incoming, Reason>,
    sp_metadata: Option<&[u8]>,
    (slo, key): (&str, &SigningKey),
    now: Timestamp,
) -> Result<Delivery, Wrong> {
    let sp = metadata::parse(sp_metadata.ok_or(Wrong::Nobody)?, now, Allow::default())?;
    let unverified = logout::parse(incoming?)?;
    if unverified.issuer() != sp.entity_id {
        return Err(Reason::UnknownSp.into());
    }
    let verified = unverified.verify(&sp.signing)?;
    let binding = verified.binding();
    let (message, relay_state) = verified.into_parts();
    let LogoutMessage::Request(request) = message else { return Err(Reason::Schema.into()) };
    request.check_destination(slo)?;
    request.check_clock(now, SKEW)?;
    let address = sp.logout_by(binding).ok_or(Wrong::NoAddress)?;
    let content = ResponseContent {
        id: &fresh_id(&SystemRandom),
        issuer: ENTITY_ID,
        destination: &address.response_location,
        in_response_to: &request.id,
        issued_at: now,
        fault: None,
    };
    Ok(logout::response(&content, relay_state.as_deref())?.send(address.binding, key)?)
}
