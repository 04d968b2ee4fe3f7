//! What a clinical system sends: the request to the STS, signed over address, action, time and body with the key its token is
//! bound to (BST2SOSI), and the call of a service with an ID card in its header (DGWS). Next: `sts`, `service`.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use portvagt::{
    crypto::{
        canonical::{Unwritable, Writer},
        keyring::{KeyError, SigningKey},
    },
    protocol::saml::date_time,
};

use super::soap::{AUTH, DS, MEDCOM, SAML, SOAP, WSA, WSP, WSSE, WST, WST14, WSU};

/// Why a message cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] Unwritable),
    /// It cannot be signed.
    #[error(transparent)]
    Sign(#[from] KeyError),
}

/// What is asked of the STS.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The token's XML, as it came.
    pub token: &'a str,
    /// The message's id: `urn:uuid:...`.
    pub id: &'a str,
    /// Claims: name and value.
    pub claims: &'a [(&'a str, &'a str)],
    /// Now.
    pub at: Timestamp,
}

const ISSUE: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// The message to the STS, signed with `key`.
pub fn exchange(request: &Request<'_>, key: &SigningKey) -> Result<String, Unsent> {
    let leaf = |name: &'static str, id: &str, text: &str| {
        let mut w = Writer::new();
        w.leaf(name, &[("xmlns:wsa", Some(WSA)), ("xmlns:wsu", Some(WSU)), ("wsu:Id", Some(id))], text)?;
        Ok::<_, Unwritable>(w.finish())
    };
    let parts = [
        ("messageID", leaf("wsa:MessageID", "messageID", request.id)?),
        ("action", leaf("wsa:Action", "action", ISSUE)?),
        ("ts", timestamp(request.at)?),
        ("body", body(request)?),
    ];
    let info = signed_info(&parts)?;
    let value = STANDARD.encode(key.sign_sha256(info.as_bytes())?);
    let [(_, message_id), (_, action), (_, stamp), (_, body)] = &parts;
    let mut w = Writer::new();
    w.open("soap:Envelope", &[("xmlns:soap", Some(SOAP))])?;
    w.open("soap:Header", &[])?;
    w.nest(action);
    w.nest(message_id);
    w.open("wsse:Security", &[("xmlns:wsse", Some(WSSE)), ("soap:mustUnderstand", Some("1"))])?;
    w.nest(stamp);
    w.open("ds:Signature", &[("xmlns:ds", Some(DS))])?;
    w.nest(&info);
    w.leaf("ds:SignatureValue", &[], &value)?;
    w.open("ds:KeyInfo", &[])?;
    w.open("ds:X509Data", &[])?;
    w.leaf("ds:X509Certificate", &[], key.certificate().base64())?;
    for _ in 0..5 {
        w.close();
    }
    w.nest(body);
    Ok(w.finish())
}

fn timestamp(at: Timestamp) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("wsu:Timestamp", &[("xmlns:wsu", Some(WSU)), ("wsu:Id", Some("ts"))])?;
    w.leaf("wsu:Created", &[], &date_time(at))?;
    Ok(w.finish())
}

fn body(request: &Request<'_>) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("soap:Body", &[("xmlns:soap", Some(SOAP)), ("xmlns:wsu", Some(WSU)), ("wsu:Id", Some("body"))])?;
    w.open("wst:RequestSecurityToken", &[("xmlns:wst", Some(WST)), ("Context", Some(request.id))])?;
    let saml = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0";
    w.leaf("wst:TokenType", &[], saml)?;
    w.leaf("wst:RequestType", &[], "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue")?;
    w.open("wst14:ActAs", &[("xmlns:wst14", Some(WST14))])?;
    w.nest(request.token);
    w.close();
    w.open("wsp:AppliesTo", &[("xmlns:wsp", Some(WSP))])?;
    w.open("wsa:EndpointReference", &[("xmlns:wsa", Some(WSA))])?;
    w.leaf("wsa:Address", &[], "https://audience.nspop.dk/dgws")?;
    w.close();
    w.close();
    w.open("wst:Claims", &[("Dialect", Some("http://docs.oasis-open.org/wsfed/authorization/200706/authclaims"))])?;
    for (name, value) in request.claims {
        w.open("auth:ClaimType", &[("xmlns:auth", Some(AUTH)), ("Uri", Some(name))])?;
        w.leaf("auth:Value", &[], value)?;
        w.close();
    }
    Ok(w.finish())
}

fn signed_info(parts: &[(&str, String)]) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("ds:SignedInfo", &[("xmlns:ds", Some(DS))])?;
    w.leaf("ds:CanonicalizationMethod", &[("Algorithm", Some(EXCLUSIVE))], "")?;
    w.leaf("ds:SignatureMethod", &[("Algorithm", Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"))], "")?;
    for (id, part) in parts {
        w.open("ds:Reference", &[("URI", Some(&format!("#{id}")))])?;
        w.open("ds:Transforms", &[])?;
        w.leaf("ds:Transform", &[("Algorithm", Some(EXCLUSIVE))], "")?;
        w.close();
        w.leaf("ds:DigestMethod", &[("Algorithm", Some(SHA256))], "")?;
        w.leaf("ds:DigestValue", &[], &STANDARD.encode(openssl::sha::sha256(canonical(part).as_bytes())))?;
        w.close();
    }
    Ok(w.finish())
}

/// A part in exclusive canonical form: what the token inside declares beyond its need is not part of it.
fn canonical(part: &str) -> String {
    super::soap::Message::parse(part.as_bytes()).ok().and_then(|message| message.canonical(message.root()?)).unwrap_or_default()
}

/// The call of a service with the card in the header; the card is nested as the STS sent it.
pub fn call(card: &str, id: &str, at: Timestamp) -> Result<String, Unwritable> {
    let mut w = Writer::new();
    w.open("soap:Envelope", &[("xmlns:soap", Some(SOAP)), ("xmlns:saml", Some(SAML))])?;
    w.open("soap:Header", &[])?;
    w.open("wsse:Security", &[("xmlns:wsse", Some(WSSE))])?;
    w.nest(&timestamp(at)?);
    w.nest(card);
    w.close();
    w.open("medcom:Header", &[("xmlns:medcom", Some(MEDCOM))])?;
    w.leaf("medcom:SecurityLevel", &[], "4")?;
    w.open("medcom:Linking", &[])?;
    w.leaf("medcom:FlowID", &[], id)?;
    w.leaf("medcom:MessageID", &[], id)?;
    w.close();
    w.close();
    w.close();
    w.open("soap:Body", &[])?;
    w.leaf("medicine:GetMedicineCardRequest", &[("xmlns:medicine", Some(super::service::MEDICINE))], "")?;
    Ok(w.finish())
}
