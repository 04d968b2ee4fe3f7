//! The relying parties of the bench, and AuthnRequests signed by them in advance, so that signing them costs nothing
//! while the server is measured.

use std::sync::Mutex;

use anyhow::Context;
use portvagt::{
    base::{
        clock::{Clock, SystemClock},
        id::Id,
        random::SystemRandom,
    },
    crypto::keyring::{self, SigningKey},
    protocol::saml::wire::{Direction, redirect_url},
};

/// Where the bench's relying parties want their answers.
const ACS: &str = "https://sp.bench.example/acs";
/// What comes back unchanged with each answer.
pub const RELAY_STATE: &str = "https://sp.bench.example/where/they/were";

/// A relying party of the bench.
pub struct Party {
    /// Its entity ID.
    pub entity_id: &'static str,
    /// Whether it is sent encrypted assertions.
    pub encrypted: bool,
    /// The key it signs and decrypts with: RSA of 2048 bits.
    pub key_pem: Vec<u8>,
    key: SigningKey,
}

/// A signed request on its way.
#[derive(Clone)]
pub struct Prepared {
    /// Its ID, which the answer names.
    pub id: String,
    /// Path and query.
    pub path: String,
}

impl Party {
    /// A relying party with a fresh key.
    pub fn new(entity_id: &'static str, encrypted: bool) -> anyhow::Result<Self> {
        let (key_pem, certificate) = keyring::self_signed(entity_id, 2048, SystemClock.now(), 365, &SystemRandom)?;
        let key = SigningKey::from_pem(key_pem.expose(), &certificate, None, true)?;
        Ok(Self { entity_id, encrypted, key_pem: key_pem.expose().to_vec(), key })
    }

    /// Its metadata.
    pub fn metadata(&self) -> String {
        let certificate = self.key.certificate().base64();
        let descriptor = |usage: &str| {
            format!(
                "<md:KeyDescriptor use=\"{usage}\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate>\
                 </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            )
        };
        let asked: String = ["fullName", "email"]
            .iter()
            .map(|name| {
                format!(
                    "<md:RequestedAttribute NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\" \
                     Name=\"https://data.gov.dk/model/core/eid/{name}\"/>"
                )
            })
            .collect();
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" \
             entityID=\"{}\"><md:SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" \
             protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}{}<md:AssertionConsumerService index=\"0\" isDefault=\"true\" \
             Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{ACS}\"/><md:AttributeConsumingService index=\"0\" \
             isDefault=\"true\"><md:ServiceName xml:lang=\"en\">Bench</md:ServiceName>{asked}</md:AttributeConsumingService>\
             </md:SPSSODescriptor></md:EntityDescriptor>",
            self.entity_id,
            descriptor("signing"),
            descriptor("encryption"),
        )
    }

    /// One request to `sso`, made now.
    pub fn request(&self, sso: &str) -> anyhow::Result<Prepared> {
        let id = format!("_{}", Id::<Prepared>::random(&SystemRandom).uuid().simple());
        // To the second, as xs:dateTime in UTC.
        let now = SystemClock.now().to_string();
        let now = format!("{}Z", now.get(..19).context("a timestamp")?);
        let xml = format!(
            "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
             ID=\"{id}\" Version=\"2.0\" IssueInstant=\"{now}\" Destination=\"{sso}\" AssertionConsumerServiceURL=\"{ACS}\" \
             ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"><saml:Issuer>{}</saml:Issuer><samlp:NameIDPolicy \
             Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" AllowCreate=\"true\"/><samlp:RequestedAuthnContext \
             Comparison=\"minimum\"><saml:AuthnContextClassRef>https://data.gov.dk/concept/core/nsis/loa/Substantial\
             </saml:AuthnContextClassRef></samlp:RequestedAuthnContext></samlp:AuthnRequest>",
            self.entity_id
        );
        let url = redirect_url(sso, Direction::Request, &xml, Some(RELAY_STATE), &self.key)?;
        let at = url.find("/saml/").context("an address without a path")?;
        Ok(Prepared { id, path: url[at..].to_owned() })
    }

    /// `count` requests, made on all cores.
    pub fn requests(&self, sso: &str, count: usize) -> anyhow::Result<Vec<Prepared>> {
        let threads = crate::machine::cores();
        let all = Mutex::new(Ok(Vec::with_capacity(count + threads)));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mine: anyhow::Result<Vec<Prepared>> = (0..count.div_ceil(threads)).map(|_| self.request(sso)).collect();
                    if let Ok(mut all) = all.lock() {
                        match (mine, all.as_mut()) {
                            (Ok(mine), Ok(all)) => all.extend(mine),
                            (Err(error), _) => *all = Err(error),
                            _ => {}
                        }
                    }
                });
            }
        });
        all.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
