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

#[cfg(test)]
mod tests {
    use portvagt::{
        base::clock::{Clock, SystemClock, plus},
        crypto::keyring::{MIN_SIGNING_BITS, PeerKey, self_signed},
        protocol::saml::{
            logout::RequestContent,
            sp::own_metadata::{self, SpMetadata},
            subject::NameId,
            wire::{self, Binding},
        },
    };

    use super::*;

    fn key(name: &str) -> SigningKey {
        let (key, certificate) = self_signed(name, MIN_SIGNING_BITS, SystemClock.now(), 30, &SystemRandom).unwrap();
        SigningKey::from_pem(key.expose(), &certificate, None, false).unwrap()
    }

    #[test]
    fn a_sound_request_is_answered_and_no_other() {
        let (own, sp, other, now) = (key("NemLog-in"), key("service"), key("other"), SystemClock.now());
        let content = SpMetadata {
            id: "_m",
            entity_id: "https://saml.kommune.example/mitid",
            acs: "http://localhost:1/acs",
            slo: Some("http://localhost:1/slo"),
            signing: &[sp.certificate()],
            encryption: &[sp.certificate()],
            service: "Kommune",
            requested: &[],
        };
        let uploaded = own_metadata::write(&content).unwrap();
        let slo = "http://localhost:2/nemlogin/slo";
        let name_id = NameId { value: "n".to_owned(), format: None, name_qualifier: None, sp_name_qualifier: None };
        let asked = |key: &SigningKey, destination: &str| {
            let content = RequestContent {
                id: "_r",
                issuer: "https://saml.kommune.example/mitid",
                destination,
                issued_at: now,
                expires_at: plus(now, 300),
                name_id: &name_id,
                session_index: "_s",
            };
            match logout::request(&content, Some("state")).unwrap().send(Binding::Redirect, key).unwrap() {
                Delivery::Redirect(url) => {
                    answer(wire::from_query(url.split_once('?').unwrap().1), Some(uploaded.as_bytes()), (slo, &own), now)
                }
                Delivery::Post(_) => unreachable!("a redirect was asked for"),
            }
        };
        assert!(matches!(asked(&other, slo), Err(Wrong::Request(Reason::WrongKey))));
        assert!(matches!(asked(&sp, "http://localhost:2/elsewhere"), Err(Wrong::Request(Reason::Destination))));
        let Delivery::Redirect(url) = asked(&sp, slo).unwrap() else { panic!("a redirect") };
        let (place, query) = url.split_once('?').unwrap();
        assert_eq!(place, "http://localhost:1/slo");
        let unverified = logout::parse(wire::from_query(query).unwrap()).unwrap();
        let key = PeerKey::from_der(own.certificate_der()).unwrap();
        let (message, state) = unverified.verify(&[key]).unwrap().into_parts();
        let LogoutMessage::Response(response) = message else { panic!("an answer") };
        assert!(response.is_success() && response.in_response_to.as_deref() == Some("_r") && state.as_deref() == Some("state"));
    }
}
