//! ID cards (DGWS): who acts as what in which system, signed by the STS for 24 hours. Written here, and read by whoever
//! trusts the STS. Next: `sts`, `service`.

use jiff::Timestamp;
use portvagt::{
    base::clock::plus,
    crypto::{
        canonical::{Unwritable, Writer},
        keyring::SigningKey,
        xmlsign::{SignError, Unsigned},
    },
    protocol::saml::{date_time, read_date_time},
};
use uppsala::NodeId;

use super::{
    register::{Acting, Clinician},
    soap::{DS, Message, SAML},
    token::Token,
};

/// How long a card holds, in seconds; it begins a little earlier.
const LIFE: i64 = 24 * 3600;
const EARLIER: i64 = 300;

/// What goes onto a card.
pub struct Content<'a> {
    /// Who signs.
    pub issuer: &'a str,
    /// The token it is given for.
    pub token: &'a Token,
    /// The person.
    pub clinician: &'a Clinician,
    /// As what.
    pub acting: &'a Acting,
    /// The calling system.
    pub system: &'a str,
    /// The card's number.
    pub number: &'a str,
    /// Now.
    pub at: Timestamp,
}

/// Writes and signs a card: employee, level 4 whatever the token's.
pub fn issue(content: &Content<'_>, key: &SigningKey) -> Result<String, SignError> {
    write(content)?.sign(key)
}

/// From when to when a card that is issued at `at` holds.
pub fn validity(at: Timestamp) -> (Timestamp, Timestamp) {
    (plus(at, -EARLIER), plus(at, LIFE - EARLIER))
}

fn write(content: &Content<'_>) -> Result<Unsigned, Unwritable> {
    let (from, until) = validity(content.at);
    let (from, until, issued) = (date_time(from), date_time(until), date_time(content.at));
    let mut w = Writer::new();
    w.open(
        "saml:Assertion",
        &[("xmlns:saml", Some(SAML)), ("IssueInstant", Some(&issued)), ("Version", Some("2.0")), ("id", Some("IDCard"))],
    )?;
    w.leaf("saml:Issuer", &[], content.issuer)?;
    w.open("saml:Subject", &[])?;
    w.leaf("saml:NameID", &[("Format", Some("medcom:cprnumber"))], &content.clinician.cpr)?;
    w.open("saml:SubjectConfirmation", &[])?;
    w.leaf("saml:ConfirmationMethod", &[], "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")?;
    w.open("saml:SubjectConfirmationData", &[])?;
    w.open("ds:KeyInfo", &[("xmlns:ds", Some(DS))])?;
    w.leaf("ds:KeyName", &[], "OCESSignature")?;
    for _ in 0..4 {
        w.close();
    }
    w.leaf("saml:Conditions", &[("NotBefore", Some(&from)), ("NotOnOrAfter", Some(&until))], "")?;
    let number = [
        ("sosi:IDCardID", content.number),
        ("sosi:IDCardVersion", "1.0.1"),
        ("sosi:IDCardType", "user"),
        ("sosi:AuthenticationLevel", "4"),
    ];
    statement(&mut w, "IDCardData", number.map(|(name, value)| (name, Some(value))))?;
    let (given, family) = (&content.clinician.names.0, &content.clinician.names.1);
    let user = [
        ("medcom:UserCivilRegistrationNumber", Some(content.clinician.cpr.as_str())),
        ("medcom:UserGivenName", Some(given)),
        ("medcom:UserSurName", Some(family)),
        ("medcom:UserRole", content.acting.role.as_deref()),
        ("medcom:UserAuthorizationCode", content.acting.authorisation.as_deref()),
    ];
    statement(&mut w, "UserLog", user)?;
    let system = [
        ("medcom:ITSystemName", content.system),
        ("medcom:CareProviderID", &content.token.cvr),
        ("medcom:CareProviderName", &content.token.organisation),
    ];
    statement(&mut w, "SystemLog", system.map(|(name, value)| (name, Some(value))))?;
    let place = w.position();
    Ok(Unsigned { xml: w.finish(), id: "IDCard".to_owned(), place, prefixes: "" })
}

fn statement<'a>(w: &mut Writer, id: &str, lines: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Result<(), Unwritable> {
    w.open("saml:AttributeStatement", &[("id", Some(id))])?;
    for (name, value) in lines {
        let Some(value) = value else { continue };
        let format = (name == "medcom:CareProviderID").then_some("medcom:cvrnumber");
        w.open("saml:Attribute", &[("Name", Some(name)), ("NameFormat", format)])?;
        w.leaf("saml:AttributeValue", &[], value)?;
        w.close();
    }
    w.close();
    Ok(())
}

/// Why a card is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There is none.
    #[error("there is no ID card in the message")]
    Missing,
    /// The STS did not sign it.
    #[error("the ID card is not signed by the STS")]
    Signature,
    /// It does not hold now.
    #[error("the ID card does not hold at this time")]
    Time,
}

/// A card as a service reads it: its lines by name, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The lines.
    pub lines: Vec<(String, String)>,
    /// Until when it holds.
    pub until: Timestamp,
}

impl Card {
    /// Reads the card at `card`, the first signature of the message being its own.
    pub fn read(message: &Message, card: NodeId, sts: &[u8], now: Timestamp) -> Result<Self, NotTaken> {
        let covered = message.signed_by(sts, false).ok_or(NotTaken::Signature)?;
        if covered != [card] || message.one(card, (DS, "Signature")).is_none() {
            return Err(NotTaken::Signature);
        }
        let conditions = message.one(card, (SAML, "Conditions")).ok_or(NotTaken::Time)?;
        let instant = |name| message.attribute(conditions, name).and_then(|text| read_date_time(text).ok()).ok_or(NotTaken::Time);
        let (from, until) = (instant("NotBefore")?, instant("NotOnOrAfter")?);
        if now < from || now >= until {
            return Err(NotTaken::Time);
        }
        let mut lines = Vec::new();
        for statement in message.all(card, (SAML, "AttributeStatement")) {
            for attribute in message.all(statement, (SAML, "Attribute")) {
                let value = message.one(attribute, (SAML, "AttributeValue")).map(|value| message.text(value)).unwrap_or_default();
                lines.push((message.attribute(attribute, "Name").unwrap_or_default().to_owned(), value.to_owned()));
            }
        }
        Ok(Self { lines, until })
    }

    /// The value of a line.
    pub fn line(&self, name: &str) -> Option<&str> {
        self.lines.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
