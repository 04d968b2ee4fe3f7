//! A service provider in software, with keys of its own: sends requests of which every field and every part of the
//! signature can be falsified, and reads what comes back. Requests are written in canonical form, so that signing them
//! needs no canonicaliser. The messages stand in `messages.rs`, signatures in `signing.rs`, answers in `answer.rs`.

mod answer;
mod messages;
mod signing;

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    hash::MessageDigest,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509, X509NameBuilder},
};
use portvagt::base::clock::{from_millis, plus};
use url::Url;

use crate::{
    house::House,
    real_sp::Algorithms,
    visitor::{Page, Visitor},
};

pub use answer::{Answer, Assertion};
pub use messages::{AuthnRequest, LogoutRequest, fresh_id};
pub use signing::Signing;

/// An RSA key with a self-signed certificate.
#[derive(Debug, Clone)]
pub struct KeyPair {
    /// The key.
    pub key: PKey<Private>,
    /// The certificate's DER in base64.
    pub certificate: String,
}

impl KeyPair {
    /// The key of that name: made once a test run, since that takes time.
    pub fn named(name: &str) -> Self {
        static MADE: LazyLock<Mutex<HashMap<String, KeyPair>>> = LazyLock::new(Mutex::default);
        let mut made = MADE.lock().expect("the keys");
        made.entry(name.to_owned()).or_insert_with(|| Self::make(name, 2048).expect("a key")).clone()
    }

    /// A fresh key of that many bits.
    pub fn make(name: &str, bits: u32) -> Result<Self, openssl::error::ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(bits)?)?;
        let mut subject = X509NameBuilder::new()?;
        subject.append_entry_by_text("CN", name)?;
        let subject = subject.build();
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&subject)?;
        builder.set_issuer_name(&subject)?;
        builder.set_pubkey(&key)?;
        let (from, until) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(30)?);
        builder.set_not_before(&from)?;
        builder.set_not_after(&until)?;
        builder.sign(&key, MessageDigest::sha256())?;
        let certificate = openssl::base64::encode_block(&builder.build().to_der()?);
        Ok(Self { key, certificate })
    }
}

/// A service provider.
#[derive(Debug, Clone)]
pub struct SamlService {
    /// Its entity ID.
    pub entity_id: String,
    /// Where answers go, by index; the first is the default.
    pub acs: Vec<String>,
    /// Where logout messages go, by HTTP-Redirect; `None`: nowhere.
    pub slo: Option<String>,
    /// What it signs with.
    pub signing: KeyPair,
    /// What opens assertions; `None`: its metadata names no such key.
    pub encryption: Option<KeyPair>,
    /// The encryption its metadata asks for; without it the metadata does not say.
    pub algorithms: Option<Algorithms>,
    /// Full names of the attributes its metadata asks for.
    pub requested: Vec<String>,
}

impl SamlService {
    /// A service of that name, `[a-z]+`: `https://NAME.test`, with keys of its own.
    pub fn named(name: &str) -> Self {
        Self {
            entity_id: format!("https://saml.{name}.test"),
            acs: vec![format!("https://{name}.test/acs")],
            slo: Some(format!("https://{name}.test/slo")),
            signing: KeyPair::named(&format!("{name} signing")),
            encryption: Some(KeyPair::named(&format!("{name} encryption"))),
            algorithms: None,
            requested: vec![],
        }
    }

    /// A service of that name, registered on the usual terms.
    pub async fn at(house: &House, name: &str) -> Self {
        let service = Self::named(name);
        house.register(&service.metadata()).await;
        service
    }

    /// Its metadata.
    pub fn metadata(&self) -> String {
        let key = |purpose: &str, pair: &KeyPair, methods: &str| {
            format!(
                "<md:KeyDescriptor use=\"{purpose}\"><ds:KeyInfo xmlns:ds=\"{DSIG}\"><ds:X509Data><ds:X509Certificate>{}\
                 </ds:X509Certificate></ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>",
                pair.certificate
            )
        };
        let methods = self.algorithms.as_ref().map(Algorithms::elements).unwrap_or_default();
        let mut roles = key("signing", &self.signing, "");
        roles.extend(self.encryption.as_ref().map(|pair| key("encryption", pair, &methods)));
        if let Some(slo) = &self.slo {
            let (redirect, slo) = ("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", messages::escape(slo));
            roles.push_str(&format!("<md:SingleLogoutService Binding=\"{redirect}\" Location=\"{slo}\"/>"));
        }
        for (index, acs) in self.acs.iter().enumerate() {
            let (post, acs, default) = ("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", messages::escape(acs), index == 0);
            roles.push_str(&format!(
                "<md:AssertionConsumerService Binding=\"{post}\" Location=\"{acs}\" index=\"{index}\" isDefault=\"{default}\"/>"
            ));
        }
        if !self.requested.is_empty() {
            let one = |name: &String| {
                format!(
                    "<md:RequestedAttribute Name=\"{name}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\" isRequired=\"true\"/>"
                )
            };
            let all: String = self.requested.iter().map(one).collect();
            roles.push_str(&format!(
                "<md:AttributeConsumingService index=\"0\"><md:ServiceName xml:lang=\"da\">Prøve</md:ServiceName>{all}</md:AttributeConsumingService>"
            ));
        }
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\"><md:SPSSODescriptor \
             AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" protocolSupportEnumeration=\"{SAMLP}\">{roles}\
             </md:SPSSODescriptor></md:EntityDescriptor>",
            messages::escape(&self.entity_id)
        )
    }

    /// How it signs, to be changed by attackers.
    pub fn how(&self) -> Signing {
        Signing::with(&self.signing)
    }

    /// A sound sign-on request, to be changed by attackers.
    pub fn request(&self, house: &House) -> AuthnRequest {
        AuthnRequest {
            id: fresh_id(),
            version: Some("2.0".to_owned()),
            issue_instant: Some(instant(house, 0)),
            destination: Some(house.url("/saml/sso")),
            issuer: Some(self.entity_id.clone()),
            acs_url: self.acs.first().cloned(),
            ..AuthnRequest::default()
        }
    }

    /// A sound logout request about the person an assertion named, to be changed by attackers.
    pub fn logout_request(&self, house: &House, assertion: &Assertion) -> LogoutRequest {
        LogoutRequest {
            id: fresh_id(),
            version: Some("2.0".to_owned()),
            issue_instant: Some(instant(house, 0)),
            destination: Some(house.url("/saml/slo")),
            issuer: Some(self.entity_id.clone()),
            name_id: Some(messages::name_id(&assertion.name_id, &assertion.name_id_format, &assertion.sp_name_qualifier)),
            session_indexes: vec![assertion.session_index.clone()],
            ..LogoutRequest::default()
        }
    }

    /// The address that carries `xml` by HTTP-Redirect, signed.
    pub fn redirect(&self, endpoint: &str, xml: &str, relay_state: Option<&str>) -> String {
        format!("{endpoint}?{}", self.how().query("SAMLRequest", xml, relay_state))
    }

    /// The fields that carry `xml` by HTTP-POST, signed.
    pub fn fields(&self, xml: &str, relay_state: Option<&str>) -> Vec<(String, String)> {
        fields(&self.how().sign(xml), relay_state)
    }

    /// Sends the visitor with a request by HTTP-Redirect and follows what comes.
    pub async fn send(&self, house: &House, visitor: &mut Visitor, request: &AuthnRequest) -> Page {
        self.send_with(house, visitor, request, None).await
    }

    /// The same with a RelayState.
    pub async fn send_with(&self, house: &House, visitor: &mut Visitor, request: &AuthnRequest, relay_state: Option<&str>) -> Page {
        let page = visitor.get(self.redirect(&house.url("/saml/sso"), &request.xml(), relay_state)).await;
        visitor.follow(page).await
    }

    /// Sends the visitor with a request by HTTP-POST, from a page of this service, and follows what comes.
    pub async fn post(&self, house: &House, visitor: &mut Visitor, request: &AuthnRequest, relay_state: Option<&str>) -> Page {
        let page = self.post_fields(visitor, &house.url("/saml/sso"), &self.fields(&request.xml(), relay_state)).await;
        visitor.follow(page).await
    }

    /// Posts exactly these fields from a page of this service. Redirects are not followed.
    pub async fn post_fields(&self, visitor: &mut Visitor, endpoint: &str, fields: &[(String, String)]) -> Page {
        let from = Url::parse(&self.acs[0]).expect("an address");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let endpoint = Url::parse(endpoint).expect("an address");
        visitor.send_form(&endpoint, Some(&from), &from.origin().ascii_serialization(), &fields).await
    }

    /// Reads the answer a page carries to this service. Fails the test when it carries none, or one that is not sound:
    /// see [`Answer::read`].
    #[track_caller]
    pub fn read(&self, house: &House, page: &Page) -> Answer {
        Answer::read(self, house, page)
    }
}

/// The fields of HTTP-POST with a message that is signed already, or not.
pub fn fields(xml: &str, relay_state: Option<&str>) -> Vec<(String, String)> {
    let message = openssl::base64::encode_block(xml.as_bytes());
    let relay_state = relay_state.map(|text| ("RelayState".to_owned(), text.to_owned()));
    [("SAMLRequest".to_owned(), message)].into_iter().chain(relay_state).collect()
}

/// The time of the house, moved by some seconds, as SAML writes it.
pub fn instant(house: &House, seconds: i64) -> String {
    plus(from_millis(house.now() * 1000), seconds).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
