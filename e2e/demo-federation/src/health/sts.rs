//! "STS (simulated)": BST2SOSI. A request whose envelope is signed by a client it knows, with a bootstrap token bound to that
//! client's certificate, becomes an ID card of level 4; or a fault. The order of the checks is the documented one.
//! Next: `card`, `service`.

use jiff::Timestamp;
use portvagt::{
    base::clock::seconds_between,
    crypto::{
        canonical::{Unwritable, Writer},
        keyring::{Certificate, SigningKey},
        xmlsign::SignError,
    },
    protocol::saml::{date_time, read_date_time},
};
use uppsala::NodeId;

use super::{
    card::{self, Content},
    fault::Fault,
    register::{Acting, Clinician},
    soap::{AUTH, DS, Message, SAML, SOAP, WSA, WSSE, WST, WST14, WSU},
    token::{self, Issuer, Token},
};

/// Its name on cards.
pub const NAME: &str = "SIMULATED-STS";

/// The STS.
pub struct Sts<'a> {
    /// What it signs cards with.
    pub key: &'a SigningKey,
    /// The distinguished names of clients it knows.
    pub clients: &'a [String],
    /// Whose tokens it takes.
    pub issuers: &'a [Issuer],
    /// Whom it knows.
    pub people: &'a [Clinician],
}

/// Why nothing is answered at all.
#[derive(Debug, thiserror::Error)]
pub enum Silent {
    /// The answer cannot be written.
    #[error(transparent)]
    Write(#[from] Unwritable),
    /// The card cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// What a client asks to be.
#[derive(Default)]
struct Claims {
    system: Option<String>,
    role: Option<String>,
    authorisation: Option<String>,
}

impl Sts<'_> {
    /// Answers a message: the SOAP of a card, or of a fault. `number` is the new card's.
    pub fn answer(&self, bytes: &[u8], number: &str, now: Timestamp) -> Result<String, Silent> {
        match self.judge(bytes, now) {
            Err(fault) => Ok(fault.to_soap()?),
            Ok((token, clinician, acting, system)) => {
                let content = Content { issuer: NAME, token: &token, clinician, acting: &acting, system: &system, number, at: now };
                Ok(response(&card::issue(&content, self.key)?, now)?)
            }
        }
    }

    /// Judges a message; who acts as what in which system.
    pub fn judge(&self, bytes: &[u8], now: Timestamp) -> Result<(Token, &Clinician, Acting, String), Fault> {
        let message = Message::parse(bytes).map_err(|error| Fault::request(&format!("Simulated: {error}")))?;
        let signer = self.signer(&message, now)?;
        let request = message.in_envelope(&[(SOAP, "Body"), (WST, "RequestSecurityToken")]);
        let request = request.ok_or_else(|| Fault::request("Simulated: there is no RequestSecurityToken"))?;
        let given = message.at(request, &[(WST14, "ActAs"), (SAML, "Assertion")]);
        let given = given.ok_or_else(|| Fault::request("Simulated: there is no bootstrap token under ActAs"))?;
        if token::holder(&message, given)? != signer {
            return Err(Fault::envelope());
        }
        let alone = message.alone(given).ok_or_else(|| Fault::token("the token cannot be read"))?;
        let token = token::judge(&alone, self.issuers, now)?;
        let claims = Claims::read(&message, request)?;
        let system = claims.system.filter(|name| !name.is_empty()).ok_or_else(Fault::no_system)?;
        let found = self.people.iter().find(|person| person.uuid == token.uuid);
        let clinician = found.ok_or_else(|| Fault::documented("Could not find userData for input CPR.".to_owned()))?;
        let acting = clinician.acting(claims.role.as_deref(), claims.authorisation.as_deref())?;
        Ok((token, clinician, acting, system))
    }

    /// The certificate (base64) of whoever signed address, action, time and body of the message; known by its name.
    fn signer(&self, message: &Message, now: Timestamp) -> Result<String, Fault> {
        let header = message.in_envelope(&[(SOAP, "Header")]).ok_or_else(Fault::envelope)?;
        let security = message.one(header, (WSSE, "Security")).ok_or_else(Fault::envelope)?;
        let info = message.at(security, &[(DS, "Signature"), (DS, "KeyInfo")]).ok_or_else(Fault::envelope)?;
        let certificate = message.certificate(info).ok_or_else(Fault::envelope)?;
        let der = openssl::base64::decode_block(&certificate).map_err(|_| Fault::envelope())?;
        let name = Certificate::from_der(&der).map_err(|_| Fault::envelope())?.subject().to_owned();
        let stamp = message.one(security, (WSU, "Timestamp"));
        let parts =
            [message.one(header, (WSA, "MessageID")), message.one(header, (WSA, "Action")), stamp, message.in_envelope(&[(SOAP, "Body")])];
        let covered = message.signed_by(&der, true).ok_or_else(Fault::envelope)?;
        let all = parts.iter().all(|part| part.is_some_and(|part| covered.contains(&part)));
        if !all || covered.len() != parts.len() || !self.clients.contains(&name) {
            return Err(Fault::envelope());
        }
        let created = stamp.and_then(|stamp| message.one(stamp, (WSU, "Created"))).and_then(|id| read_date_time(message.text(id)).ok());
        match created.is_some_and(|created| seconds_between(created, now).abs() <= 300) {
            true => Ok(certificate),
            false => Err(Fault::request("Simulated: the request is not of this moment")),
        }
    }
}

impl Claims {
    fn read(message: &Message, request: NodeId) -> Result<Self, Fault> {
        let mut claims = Self::default();
        let Some(given) = message.one(request, (WST, "Claims")) else { return Ok(claims) };
        for claim in message.all(given, (AUTH, "ClaimType")) {
            let value = message.one(claim, (AUTH, "Value")).map(|value| message.text(value).to_owned());
            match message.attribute(claim, "Uri") {
                Some("medcom:ITSystemName") => claims.system = value,
                Some("medcom:UserRole") => claims.role = value,
                Some("medcom:UserAuthorizationCode") => claims.authorisation = value,
                _ => {}
            }
        }
        if claims.role.is_some() && claims.authorisation.is_some() {
            return Err(Fault::request("Only one of UserAuthorizationCode or UserRole is allowed in request."));
        }
        Ok(claims)
    }
}

/// The answer that carries a card.
fn response(card: &str, now: Timestamp) -> Result<String, Unwritable> {
    let (_, until) = card::validity(now);
    let mut w = Writer::new();
    w.open("soap:Envelope", &[("xmlns:soap", Some(SOAP))])?;
    w.open("soap:Body", &[])?;
    w.open("wst:RequestSecurityTokenResponseCollection", &[("xmlns:wst", Some(WST))])?;
    w.open("wst:RequestSecurityTokenResponse", &[])?;
    w.open("wst:RequestedSecurityToken", &[])?;
    w.nest(card);
    w.close();
    w.open("wst:Lifetime", &[])?;
    w.leaf("wsu:Created", &[("xmlns:wsu", Some(WSU))], &date_time(now))?;
    w.leaf("wsu:Expires", &[("xmlns:wsu", Some(WSU))], &date_time(until))?;
    Ok(w.finish())
}

/// What a client reads of an answer: the card's XML, or the fault's code and words.
pub fn read_answer(bytes: &[u8]) -> Result<String, (String, String)> {
    let strange = || ("-".to_owned(), "the STS answered what is no SOAP".to_owned());
    let message = Message::parse(bytes).map_err(|_| strange())?;
    let body = message.in_envelope(&[(SOAP, "Body")]).ok_or_else(strange)?;
    if let Some(fault) = message.one(body, (SOAP, "Fault")) {
        let said = |name| message.children(fault).into_iter().find(|id| message.named(*id, name));
        let text = |name| said(name).map(|id| message.text(id).to_owned()).unwrap_or_default();
        return Err((text("faultcode"), text("faultstring")));
    }
    let path = [
        (WST, "RequestSecurityTokenResponseCollection"),
        (WST, "RequestSecurityTokenResponse"),
        (WST, "RequestedSecurityToken"),
        (SAML, "Assertion"),
    ];
    message.at(body, &path).and_then(|card| message.alone(card)).ok_or_else(strange)
}
