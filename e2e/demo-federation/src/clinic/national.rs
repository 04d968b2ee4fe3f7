//! The road to the national services: the token to the STS, the card to a service. Each message is handed over as bytes and
//! judged by the other side as it would be on the wire. Who the STS knows stands here. Next: `pages`.

use jiff::Timestamp;
use portvagt::{
    base::random::SystemRandom,
    cli::demo::clinicians,
    crypto::canonical::Unwritable,
    domain::bootstrap::STS,
    protocol::saml::{metadata::Allow, response::fresh_id, sp::idp_metadata},
};

use super::Clinic;
use crate::health::{
    card::{Card, NotTaken},
    client::{self, Request, Unsent},
    register::Clinician,
    service,
    sts::{self, Silent, Sts},
    token::Issuer,
};

/// What became of a token.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The STS says no.
    Fault {
        /// The fault's code.
        code: String,
        /// Its words.
        words: String,
    },
    /// A card, and whether the service took it.
    Card {
        /// The card's lines.
        lines: Vec<(String, String)>,
        /// Until when it holds.
        until: Timestamp,
        /// What the service answered.
        medicines: Vec<&'static str>,
    },
    /// The service did not take the card.
    NotTaken(NotTaken),
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// A message cannot be made.
    #[error(transparent)]
    Unsent(#[from] Unsent),
    /// The STS cannot answer.
    #[error(transparent)]
    Silent(#[from] Silent),
    /// An answer cannot be written.
    #[error(transparent)]
    Write(#[from] Unwritable),
}

/// Made-up authorisations by given name: each code with its education.
const AUTHORISED: [(&str, &str, &str); 3] = [("Anna", "SIM01", "7170"), ("Dorte", "SIM02", "5166"), ("Dorte", "SIM03", "5175")];
/// And a national role.
const WITH_ROLE: (&str, &str) = ("Clara", "urn:dk:healthcare:national-federation-role:code:41003:value:PlejeAssR3");

fn people() -> Vec<Clinician> {
    let known = clinicians().map(|person| {
        let (given, family) = person.names;
        let authorised = AUTHORISED.iter().filter(|(name, ..)| *name == given);
        Clinician {
            uuid: person.uuid.to_owned(),
            cpr: person.cpr.to_owned(),
            names: (given.to_owned(), family.to_owned()),
            authorisations: authorised.map(|(_, code, education)| ((*code).to_owned(), (*education).to_owned())).collect(),
            roles: (given == WITH_ROLE.0).then(|| WITH_ROLE.1.to_owned()).into_iter().collect(),
        }
    });
    known.collect()
}

/// The STS answers a message: it knows the clinical system's certificate by name, and Portvagt by its metadata.
pub fn sts(room: &Clinic, message: &[u8], now: Timestamp) -> Result<String, Silent> {
    let document = room.idp_metadata.as_deref().map(std::fs::read).and_then(Result::ok).unwrap_or_default();
    let provider = idp_metadata::parse(&document, now, Allow::default()).ok();
    let issuers: Vec<Issuer> =
        provider.into_iter().map(|idp| Issuer { name: idp.entity_id, keys: idp.signing, audience: STS.to_owned() }).collect();
    let (clients, people) = ([room.client.certificate().subject().to_owned()], people());
    Sts { key: &room.sts, clients: &clients, issuers: &issuers, people: &people }.answer(message, &fresh_id(&SystemRandom), now)
}

/// The service answers a call.
pub fn medicine(room: &Clinic, call: &[u8], now: Timestamp) -> Result<(Result<Card, NotTaken>, String), Unwritable> {
    let verdict = service::judge(call, room.sts.certificate_der(), now);
    let answer = service::answer(&verdict)?;
    Ok((verdict, answer))
}

/// The whole road, for somebody who acts by `authorisation` if they name one.
pub fn walk(room: &Clinic, token: &str, authorisation: &str, now: Timestamp) -> Result<Outcome, Failed> {
    let mut claims = vec![("medcom:ITSystemName", "Journal (simulated)")];
    if !authorisation.is_empty() {
        claims.push(("medcom:UserAuthorizationCode", authorisation));
    }
    let id = format!("urn:uuid:{}", uuid_like(&fresh_id(&SystemRandom)));
    let message = client::exchange(&Request { token, id: &id, claims: &claims, at: now }, &room.client)?;
    let card = match sts::read_answer(sts(room, message.as_bytes(), now)?.as_bytes()) {
        Ok(card) => card,
        Err((code, words)) => return Ok(Outcome::Fault { code, words }),
    };
    let call = client::call(&card, &id, now)?;
    Ok(match medicine(room, call.as_bytes(), now)?.0 {
        Ok(card) => Outcome::Card { lines: card.lines, until: card.until, medicines: service::MEDICINES.to_vec() },
        Err(why) => Outcome::NotTaken(why),
    })
}

/// A fresh id without its first letter.
fn uuid_like(id: &str) -> &str {
    id.trim_start_matches('_')
}
