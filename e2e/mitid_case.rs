//! The A-cases turned around: we are the service provider, and somebody falsifies NemLog-in's answer. Messages are texts,
//! signed and encrypted with OpenSSL alone, so that what is tested has no part in making the test.
//!
//! Each case keeps to one question; a refused answer leaves it open, and the sound answer to the same question is the
//! control. The cases stand in `mitid_answers.rs` and `mitid_browsers.rs`.

use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use flate2::read::DeflateDecoder;
use openssl::{
    encrypt::Encrypter,
    hash::MessageDigest,
    pkey::{PKey, Public},
    rsa::Padding,
    symm::{self, Cipher},
};
use url::Url;

use crate::{
    actors::{Employee, KeyPair},
    forge::{Draft, SAML, SAMLP},
    house::{
        House, log,
        mitid::{NEMLOGIN, OWN, nemlogin_key, own_encryption_key},
    },
    saml_case::incident,
    visitor::{Page, Visitor},
};

/// The CPR number of the person who asks.
pub const CPR: &str = "0101801234";
pub const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
pub const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// A person at their own pages who has put a question to NemLog-in.
pub struct Asking {
    pub house: House,
    pub employee: Employee,
    pub visitor: Visitor,
    /// The request's ID.
    pub request: String,
    /// The flow's id: the relay state.
    pub flow: String,
    /// Where the browser was sent.
    pub url: Url,
}

impl Asking {
    /// Somebody who is known by their CPR number, logs in and asks.
    pub async fn of(house: &House, username: &str, cpr: &str) -> Self {
        let employee = house.known_by_cpr(username, cpr).await;
        let mut visitor = employee.at_home(house).await;
        let (request, flow, url) = ask(house, &mut visitor).await;
        Self { house: house.clone(), employee, visitor, request, flow, url }
    }

    /// Asks once more, from the same browser.
    pub async fn again(&mut self) {
        (self.request, self.flow, self.url) = ask(&self.house, &mut self.visitor).await;
    }

    /// The time of the house, some seconds on, as `xs:dateTime`.
    pub fn instant(&self, offset: i64) -> String {
        jiff::Timestamp::from_second(self.house.now() + offset).expect("a time").to_string()
    }

    pub fn acs(&self) -> String {
        self.house.url("/mitid/nemlogin/acs")
    }

    /// A sound assertion, unsigned.
    pub fn assertion(&self) -> Draft {
        let id = format!("_assertion-{}-{}", self.request, self.house.now());
        let (now, soon, later) = (self.instant(0), self.instant(300), self.instant(600));
        let attribute = |name: &str, value: &str| {
            format!(
                "<saml:Attribute Name=\"https://data.gov.dk/{name}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">\
                 <saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
            )
        };
        let attributes = [
            attribute("model/core/specVersion", "OIO-SAML-3.0"),
            attribute("concept/core/nsis/loa", "Substantial"),
            attribute("concept/core/nsis/ial", "High"),
            attribute("model/core/eid/fullName", &format!("Given {} Prøvesen", self.employee.username)),
            attribute("model/core/eid/cprNumber", CPR),
        ];
        Draft {
            before: format!(
                "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"{id}\" IssueInstant=\"{now}\" Version=\"2.0\"><saml:Issuer>{NEMLOGIN}</saml:Issuer>"
            ),
            after: format!(
                "<saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" SPNameQualifier=\"{OWN}\">\
                 https://data.gov.dk/model/core/eid/person/uuid/7d2a3c8e-6c1a-4a55-9d0e-2f5a1f0c9b11</saml:NameID>\
                 <saml:SubjectConfirmation Method=\"{BEARER}\"><saml:SubjectConfirmationData InResponseTo=\"{}\" NotOnOrAfter=\"{soon}\" \
                 Recipient=\"{}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>\
                 <saml:Conditions NotBefore=\"{now}\" NotOnOrAfter=\"{later}\"><saml:AudienceRestriction><saml:Audience>{OWN}</saml:Audience>\
                 </saml:AudienceRestriction></saml:Conditions>\
                 <saml:AuthnStatement AuthnInstant=\"{now}\" SessionIndex=\"_session-1\"><saml:AuthnContext><saml:AuthnContextClassRef>\
                 https://data.gov.dk/concept/core/nsis/loa/Substantial</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
                 <saml:AttributeStatement>{}</saml:AttributeStatement></saml:Assertion>",
                self.request,
                self.acs(),
                attributes.concat()
            ),
            id,
        }
    }

    /// The response around an encrypted assertion, or whatever stands there.
    pub fn response(&self, inside: &str) -> Draft {
        self.response_of(&format!("<samlp:StatusCode Value=\"{SUCCESS}\"></samlp:StatusCode>"), inside)
    }

    /// The response with another status.
    pub fn response_of(&self, code: &str, inside: &str) -> Draft {
        let id = format!("_response-{}", self.request);
        Draft {
            before: format!(
                "<samlp:Response xmlns:samlp=\"{SAMLP}\" Destination=\"{}\" ID=\"{id}\" InResponseTo=\"{}\" IssueInstant=\"{}\" \
                 Version=\"2.0\"><saml:Issuer xmlns:saml=\"{SAML}\">{NEMLOGIN}</saml:Issuer>",
                self.acs(),
                self.request,
                self.instant(0)
            ),
            after: format!("<samlp:Status>{code}</samlp:Status>{inside}</samlp:Response>"),
            id,
        }
    }

    /// The answer NemLog-in gives: a signed assertion, encrypted for us.
    pub fn sound(&self) -> String {
        self.sealed(&self.assertion())
    }

    /// The same with this assertion.
    pub fn sealed(&self, assertion: &Draft) -> String {
        self.response(&encrypt(&assertion.signed(nemlogin_key()), &Sealing::usual())).bare()
    }

    /// Posts an answer as NemLog-in's page does, from another site.
    pub async fn post(&self, visitor: &mut Visitor, response: &str) -> Page {
        self.post_with(visitor, response, &self.flow).await
    }

    /// The same with another relay state.
    pub async fn post_with(&self, visitor: &mut Visitor, response: &str, relay_state: &str) -> Page {
        let fields = [("SAMLResponse", BASE64.encode(response)), ("RelayState", relay_state.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let acs = Url::parse(&self.acs()).expect("an address");
        visitor
            .send_form(
                &acs,
                Some(&Url::parse("https://login.nemlog-in.test/").expect("an address")),
                "https://login.nemlog-in.test",
                &fields,
            )
            .await
    }

    /// Posts and goes where it leads, in the browser that asked.
    pub async fn return_with(&mut self, response: &str) -> Page {
        let mut visitor = self.visitor.clone();
        let page = self.post(&mut visitor, response).await;
        let page = visitor.follow(page).await;
        self.visitor = visitor;
        page
    }

    /// Proofings of anybody.
    pub async fn proofings(&self) -> i64 {
        self.house.count("SELECT COUNT(*) FROM proofings").await
    }

    /// Posts what must be refused for `reason`: a plain page, one log line, nothing kept.
    pub async fn refuse(&self, name: &str, response: &str, reason: &str) -> Result<(), String> {
        let page = self.post(&mut self.visitor.clone(), response).await;
        verdict(&page, reason).map_err(|why| format!("{name}: {why}"))
    }
}

/// Whether the page and its one log line refuse for `reason`.
pub fn verdict(page: &Page, reason: &str) -> Result<(), String> {
    if page.status != 400 || page.headers.contains_key("location") {
        return Err(format!("status {} to {:?} instead of 400 ({reason})", page.status, page.header("location")));
    }
    let incident = incident(page).ok_or("no incident code on the page")?;
    let lines = log::of(&incident);
    let [line] = lines.as_slice() else { return Err(format!("{} log lines for {incident}", lines.len())) };
    if line["event"] != "mitid.rejected" || line["reason"] != reason {
        return Err(format!("{} {} instead of mitid.rejected {reason}", line["event"], line["reason"]));
    }
    let told = [CPR, "0202802345", "Prøvesen", "<saml", "nemlog-in.test"];
    match told.iter().find(|text| page.body.contains(**text) || line.to_string().contains(**text)) {
        Some(echo) => Err(format!("page or log repeats {echo:?}")),
        None => Ok(()),
    }
}

/// Puts the question from the person's own pages; gives the request's ID, the flow and the address.
async fn ask(house: &House, visitor: &mut Visitor) -> (String, String, Url) {
    let page = visitor.open(house.url("/account")).await;
    let page = visitor.submit_form(&page, "/account/mitid", &[]).await;
    let page = visitor.follow(page).await;
    let page = visitor.submit_form(&page, "/mitid/road", &[]).await;
    let url = leaving(&page);
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).expect("a parameter");
    let xml = inflated(&parameter("SAMLRequest"));
    let request = xml.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an ID").to_owned();
    (request, parameter("RelayState"), url)
}

/// Where the page sends the browser by itself.
#[track_caller]
pub fn leaving(page: &Page) -> Url {
    let refresh = page.body.split("content=\"0; url=").nth(1).and_then(|rest| rest.split('"').next());
    let address = crate::visitor::decode(refresh.unwrap_or_else(|| panic!("no way out: {}", page.describe())));
    Url::parse(&address).expect("an address")
}

/// The message in a redirect's parameter.
pub fn inflated(parameter: &str) -> String {
    let mut xml = String::new();
    DeflateDecoder::new(BASE64.decode(parameter).expect("base64").as_slice()).read_to_string(&mut xml).expect("a message");
    xml
}

/// How an assertion is encrypted, each part to be falsified.
pub struct Sealing {
    pub content: &'static str,
    pub cipher: Cipher,
    pub transport: &'static str,
    pub padding: Padding,
    pub digest: (&'static str, MessageDigest),
    /// The mask function's name, where it is written, and its hash.
    pub mask: (Option<&'static str>, MessageDigest),
    pub key: PKey<Public>,
    /// Whether the key stands beside the data instead of inside.
    pub beside: bool,
}

impl Sealing {
    /// AES-256-GCM and RSA-OAEP with SHA-256, as NemLog-in does.
    pub fn usual() -> Self {
        Self {
            content: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            cipher: Cipher::aes_256_gcm(),
            transport: "http://www.w3.org/2009/xmlenc11#rsa-oaep",
            padding: Padding::PKCS1_OAEP,
            digest: ("http://www.w3.org/2001/04/xmlenc#sha256", MessageDigest::sha256()),
            mask: (Some("http://www.w3.org/2009/xmlenc11#mgf1sha256"), MessageDigest::sha256()),
            key: public(own_encryption_key().certificate().der()),
            beside: false,
        }
    }

    /// For the holder of another key.
    pub fn for_key(pair: &KeyPair) -> Self {
        Self { key: public(&BASE64.decode(&pair.certificate).expect("a certificate")), ..Self::usual() }
    }
}

fn public(der: &[u8]) -> PKey<Public> {
    openssl::x509::X509::from_der(der).and_then(|x509| x509.public_key()).expect("a key")
}

/// `saml:EncryptedAssertion` around the text.
pub fn encrypt(xml: &str, sealing: &Sealing) -> String {
    let key: Vec<u8> = (0..sealing.cipher.key_len()).map(|at| at as u8 ^ 0x5a).collect();
    let iv = vec![7u8; sealing.cipher.iv_len().unwrap_or_default()];
    let mut sealed = iv.clone();
    if sealing.content.ends_with("gcm") {
        let mut tag = [0u8; 16];
        sealed.extend(symm::encrypt_aead(sealing.cipher, &key, Some(&iv), &[], xml.as_bytes(), &mut tag).expect("a cipher text"));
        sealed.extend(tag);
    } else {
        sealed.extend(symm::encrypt(sealing.cipher, &key, Some(&iv), xml.as_bytes()).expect("a cipher text"));
    }
    let mut pen = Encrypter::new(&sealing.key).expect("an encrypter");
    pen.set_rsa_padding(sealing.padding).expect("a padding");
    if sealing.padding == Padding::PKCS1_OAEP {
        pen.set_rsa_oaep_md(sealing.digest.1).expect("a digest");
        pen.set_rsa_mgf1_md(sealing.mask.1).expect("a mask");
    }
    let mut wrapped = vec![0; pen.encrypt_len(&key).expect("a length")];
    let length = pen.encrypt(&key, &mut wrapped).expect("a wrapped key");
    wrapped.truncate(length);
    let mask = sealing.mask.0.map(|name| format!("<xenc11:MGF xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"{name}\"/>"));
    let digest = match sealing.padding {
        Padding::PKCS1_OAEP => format!("<ds:DigestMethod Algorithm=\"{}\"/>{}", sealing.digest.0, mask.unwrap_or_default()),
        _ => String::new(),
    };
    let encrypted_key = format!(
        "<xenc:EncryptedKey><xenc:EncryptionMethod Algorithm=\"{}\">{digest}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{}\
         </xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>",
        sealing.transport,
        BASE64.encode(wrapped)
    );
    let (inside, beside) = match sealing.beside {
        true => (String::new(), encrypted_key),
        false => (format!("<ds:KeyInfo>{encrypted_key}</ds:KeyInfo>"), String::new()),
    };
    format!(
        "<saml:EncryptedAssertion xmlns:saml=\"{SAML}\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" \
         xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"><xenc:EncryptedData Type=\"http://www.w3.org/2001/04/xmlenc#Element\">\
         <xenc:EncryptionMethod Algorithm=\"{}\"/>{inside}<xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData>\
         </xenc:EncryptedData>{beside}</saml:EncryptedAssertion>",
        sealing.content,
        BASE64.encode(sealed)
    )
}
