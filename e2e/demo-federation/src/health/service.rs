//! "Medicine card (simulated)": a service of the health sector that takes ID cards (DGWS). It asks only whether the STS signed
//! the card and whether it holds. What it answers is made up. Next: `clinic`.

use jiff::Timestamp;
use portvagt::crypto::canonical::{Unwritable, Writer};

use super::{
    card::{Card, NotTaken},
    soap::{MEDCOM, Message, SAML, SOAP, WSSE},
};

/// The namespace of its own messages.
pub const MEDICINE: &str = "urn:simulated:medicine-card";

/// The card of a call, if the service takes it.
pub fn judge(bytes: &[u8], sts: &[u8], now: Timestamp) -> Result<Card, NotTaken> {
    let message = Message::parse(bytes).map_err(|_| NotTaken::Missing)?;
    let header = message.in_envelope(&[(SOAP, "Header")]).ok_or(NotTaken::Missing)?;
    let card = message.at(header, &[(WSSE, "Security"), (SAML, "Assertion")]).ok_or(NotTaken::Missing)?;
    message.one(header, (MEDCOM, "Header")).ok_or(NotTaken::Missing)?;
    Card::read(&message, card, sts, now)
}

/// Its answer: two medicines that do not exist, or a fault.
pub fn answer(verdict: &Result<Card, NotTaken>) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("soap:Envelope", &[("xmlns:soap", Some(SOAP))])?;
    w.open("soap:Body", &[])?;
    match verdict {
        Ok(card) => {
            w.open("medicine:MedicineCard", &[("xmlns:medicine", Some(MEDICINE))])?;
            w.leaf("medicine:AskedBy", &[], card.line("medcom:UserSurName").unwrap_or_default())?;
            for medicine in MEDICINES {
                w.leaf("medicine:Medicine", &[], medicine)?;
            }
        }
        Err(why) => {
            w.open("soap:Fault", &[])?;
            w.leaf("faultcode", &[], "soap:Client")?;
            w.leaf("faultstring", &[], &why.to_string())?;
        }
    }
    Ok(w.finish())
}

/// What is on everybody's card here.
pub const MEDICINES: [&str; 2] = ["Simulatin 500 mg", "Demodryl 10 mg"];
