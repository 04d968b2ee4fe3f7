//! A bootstrap token under ActAs, as the STS reads it: signed by the certificate it carries, that one of a registered issuer,
//! of a kind the issuer may write, for this STS, in time, and with what the kind demands. What is said of a token here is
//! read from the very text whose signature was checked. Next: `sts`.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use portvagt::{
    base::clock::plus,
    crypto::{
        keyring::PeerKey,
        xml::{MESSAGE, Tree},
        xmldsig,
    },
    protocol::saml::read_date_time,
};
use uppsala::NodeId;

use super::{
    fault::Fault,
    soap::{DS, Message, SAML},
};

/// How far clocks may differ, in seconds.
const SKEW: i64 = 180;
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const D: &str = "https://data.gov.dk/model/core/";
const LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";

/// An identity provider whose tokens are taken.
pub struct Issuer {
    /// Its name in tokens.
    pub name: String,
    /// What its tokens may be signed with.
    pub keys: Vec<PeerKey>,
    /// Whom its tokens are for.
    pub audience: String,
}

/// What a good token says.
#[derive(Debug)]
pub struct Token {
    /// The person.
    pub uuid: String,
    /// The employer's CVR number.
    pub cvr: String,
    /// The employer's name.
    pub organisation: String,
}

/// The kind of a token, told by its attributes; the first that is there counts.
fn kind(said: &Said) -> Option<&'static str> {
    let is = |name: &str, value: &str| said.get(name) == Some(value);
    if is("https://healthcare.data.gov.dk/model/core/specVersion", "OIO-SAML-H-3.0") {
        Some("OIOH3")
    } else if is(&format!("{D}specVersion"), "OIO-SAML-3.0") {
        Some("OIO3")
    } else {
        is("dk:gov:saml:attribute:SpecVer", "DK-SAML-2.0").then_some("OIOH2")
    }
}

/// The certificate in the confirmation: it must be the signer's of the whole request.
pub fn holder(message: &Message, token: NodeId) -> Result<String, Fault> {
    let confirmation = message.at(token, &[(SAML, "Subject"), (SAML, "SubjectConfirmation")]);
    let confirmation = confirmation.ok_or_else(|| Fault::token("the token has no SubjectConfirmation"))?;
    if message.attribute(confirmation, "Method") != Some("urn:oasis:names:tc:SAML:2.0:cm:holder-of-key") {
        return Err(Fault::token("the token is not bound by holder-of-key"));
    }
    let data = message.one(confirmation, (SAML, "SubjectConfirmationData"));
    let data = data.ok_or_else(|| Fault::token("the token has no SubjectConfirmationData"))?;
    let is_key_info =
        message.attribute_of(data, (XSI, "type")).is_some_and(|kind| kind.rsplit(':').next() == Some("KeyInfoConfirmationDataType"));
    if !is_key_info {
        return Err(Fault::token("the confirmation is no KeyInfoConfirmationDataType"));
    }
    let certificate = message.one(data, (DS, "KeyInfo")).and_then(|info| message.certificate(info));
    certificate.ok_or_else(|| Fault::token("the confirmation names no certificate"))
}

/// Judges the token that stands alone in `text`.
pub fn judge(text: &str, issuers: &[Issuer], now: Timestamp) -> Result<Token, Fault> {
    let broken = || Fault::token("the token's signature is not valid");
    let tree = Tree::parse(text.as_bytes(), MESSAGE).map_err(|_| broken())?;
    let message = Message::parse(text.as_bytes()).map_err(|_| broken())?;
    let root = message.root().filter(|root| message.is(*root, (SAML, "Assertion"))).ok_or_else(|| Fault::token("there is no token"))?;
    let embedded = message.at(root, &[(DS, "Signature"), (DS, "KeyInfo")]).and_then(|info| message.certificate(info)).ok_or_else(broken)?;
    let key = PeerKey::from_base64(&embedded).map_err(|_| broken())?;
    xmldsig::examine(tree).and_then(|sealed| sealed.prove(std::slice::from_ref(&key))).map_err(|_| broken())?;
    let named = message.one(root, (SAML, "Issuer")).map(|issuer| message.text(issuer)).unwrap_or_default();
    let known =
        issuers.iter().find(|issuer| issuer.name == named && issuer.keys.iter().any(|known| known.certificate() == key.certificate()));
    let issuer = known.ok_or_else(|| Fault::token("the token's issuer is not trusted"))?;
    let said = Said::read(&message, root)?;
    let kind = kind(&said).ok_or_else(|| Fault::documented("Unknown OIOBSTSAMLAssertion specification".to_owned()))?;
    check_audience(&message, root, kind, issuer)?;
    check_time(&message, root, now)?;
    check_statements(&message, root)?;
    said.token()
}

/// A local identity provider is taken for OIOH3 only.
fn check_audience(message: &Message, root: NodeId, kind: &str, issuer: &Issuer) -> Result<(), Fault> {
    let audience = message.at(root, &[(SAML, "Conditions"), (SAML, "AudienceRestriction"), (SAML, "Audience")]).map(|id| message.text(id));
    if kind != "OIOH3" || audience != Some(issuer.audience.as_str()) {
        let words = format!("BST2SOSI assertion does not have allowed audience. Actual type: {kind}, Allowed type: OIOH3");
        return Err(Fault::documented(words));
    }
    Ok(())
}

fn check_time(message: &Message, root: NodeId, now: Timestamp) -> Result<(), Fault> {
    let instant = |text: Option<&str>| text.and_then(|text| read_date_time(text).ok());
    let conditions = message.one(root, (SAML, "Conditions")).ok_or_else(|| Fault::token("the token has no Conditions"))?;
    let end = instant(message.attribute(conditions, "NotOnOrAfter")).ok_or_else(|| Fault::token("the token has no NotOnOrAfter"))?;
    let issued = instant(message.attribute(root, "IssueInstant")).ok_or_else(|| Fault::token("the token has no IssueInstant"))?;
    let from = instant(message.attribute(conditions, "NotBefore")).unwrap_or(issued);
    if now >= end {
        return Err(Fault::token("the token has expired"));
    }
    if issued.max(from) > plus(now, SKEW) {
        return Err(Fault::token("the token is of the future"));
    }
    Ok(())
}

fn check_statements(message: &Message, root: NodeId) -> Result<(), Fault> {
    if !message.all(root, (SAML, "AuthnStatement")).is_empty() {
        return Err(Fault::token("the token has an AuthnStatement"));
    }
    let name = message.at(root, &[(SAML, "Subject"), (SAML, "NameID")]);
    let persistent = |id: &NodeId| message.attribute(*id, "Format") == Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    match name.filter(persistent).is_some_and(|id| !message.text(id).is_empty()) {
        true => Ok(()),
        false => Err(Fault::token("the token has no persistent NameID")),
    }
}

/// Its attributes.
struct Said(Vec<(String, String)>);

impl Said {
    fn read(message: &Message, root: NodeId) -> Result<Self, Fault> {
        let statement = message.one(root, (SAML, "AttributeStatement")).ok_or_else(|| Fault::token("the token states no attributes"))?;
        let mut said = Self(Vec::new());
        for attribute in message.all(statement, (SAML, "Attribute")) {
            let name = message.attribute(attribute, "Name").unwrap_or_default();
            let value = message.one(attribute, (SAML, "AttributeValue")).map(|value| message.text(value)).unwrap_or_default();
            if said.get(name).is_some() {
                return Err(Fault::token(&format!("{name} stands twice")));
            }
            said.0.push((name.to_owned(), value.to_owned()));
        }
        Ok(said)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn demand(&self, name: &str, good: impl Fn(&str) -> bool) -> Result<String, Fault> {
        let value = self.get(name).filter(|value| good(value));
        value.map(str::to_owned).ok_or_else(|| Fault::token(&format!("{name} is missing or not as the profile has it")))
    }

    /// What the profile OIOH3 demands.
    fn token(&self) -> Result<Token, Fault> {
        self.demand(&format!("{D}specVersion"), |value| value == "OIO-SAML-3.0")?;
        self.demand(LOA, |value| ["Low", "Substantial", "High"].contains(&value))?;
        let cvr =
            self.demand(&format!("{D}eid/professional/cvr"), |value| value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit()))?;
        let organisation = self.demand(&format!("{D}eid/professional/orgName"), |value| !value.is_empty())?;
        if self.get(&format!("{D}eid/cprNumber")).is_some() {
            return Err(Fault::token("the profile has no cprNumber"));
        }
        if let Some(privileges) = self.get(&format!("{D}eid/privilegesIntermediate")) {
            check_privileges(privileges)?;
        }
        let uuid = self.get(&format!("{D}eid/professional/uuid/persistent")).and_then(|value| value.strip_prefix("urn:uuid:"));
        let uuid = uuid.ok_or_else(|| Fault::documented("Could not find userData for input CPR.".to_owned()))?.to_owned();
        Ok(Token { uuid, cvr, organisation })
    }
}

/// A list of privilege groups (OIO BPP 1.2): children without namespace, one group a scope.
fn check_privileges(value: &str) -> Result<(), Fault> {
    let invalid = || Fault::documented("BST2SOSI assertion contains an invalid basic privilege profile".to_owned());
    let bytes = STANDARD.decode(value).map_err(|_| invalid())?;
    let list = Message::parse(&bytes).map_err(|_| invalid())?;
    let root = list
        .root()
        .filter(|root| list.is(*root, ("http://digst.dk/oiosaml/basic_privilege_profile", "PrivilegeList")))
        .ok_or_else(invalid)?;
    let mut scopes: Vec<&str> = list.children(root).into_iter().filter_map(|group| list.attribute(group, "Scope")).collect();
    let groups = scopes.len();
    scopes.sort_unstable();
    scopes.dedup();
    if groups == 0 || scopes.len() != groups || groups != list.children(root).len() { Err(invalid()) } else { Ok(()) }
}
