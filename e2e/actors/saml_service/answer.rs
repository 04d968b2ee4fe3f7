//! What a page carries to a service, read as a wary service would: the form's address, the signature under our published
//! key, the decrypted assertion. The texts we write are canonical, so their digest is taken as they stand; that others
//! agree is for the real service providers to say.

use std::collections::BTreeMap;

use openssl::{
    base64::{decode_block, encode_block},
    hash::MessageDigest,
    sha::sha256,
    sign::Verifier,
    x509::X509,
};

use super::SamlService;
use crate::{
    house::House,
    real_sp::Opened,
    visitor::{Page, decode},
};

/// A response to one service.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Where the form goes.
    pub action: String,
    /// The RelayState beside it.
    pub relay_state: Option<String>,
    /// The response as sent.
    pub xml: String,
    /// The `ID`.
    pub id: String,
    /// `InResponseTo` of the response.
    pub in_response_to: String,
    /// `Destination` of the response.
    pub destination: String,
    /// The status codes, outer first, each by its last word: `Success`; `Responder`, `NoAuthnContext`.
    pub status: Vec<String>,
    /// `StatusMessage`.
    pub message: Option<String>,
    /// The assertion, if it is no error.
    pub assertion: Option<Assertion>,
}

/// A signed assertion, opened.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// In clear.
    pub xml: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// The `ID`.
    pub id: String,
    /// Who it is about.
    pub name_id: String,
    /// `Format` of the name.
    pub name_id_format: String,
    /// `SPNameQualifier` of the name.
    pub sp_name_qualifier: String,
    /// `InResponseTo` of the confirmation.
    pub in_response_to: String,
    /// `Recipient` of the confirmation.
    pub recipient: String,
    /// `NotOnOrAfter` of the confirmation.
    pub not_on_or_after: String,
    /// The audience.
    pub audience: String,
    /// The session at this service.
    pub session_index: String,
    /// When the person logged in.
    pub authn_instant: String,
    /// The class.
    pub class: String,
    /// Values by full name.
    pub attributes: BTreeMap<String, Vec<String>>,
}

impl Answer {
    /// Reads the answer of a page. Fails the test when there is none, when it goes elsewhere than to `service`, when an
    /// error or an assertion lacks our signature, or when the assertion does not open.
    #[track_caller]
    pub fn read(service: &SamlService, house: &House, page: &Page) -> Self {
        let form = page.saml_form().unwrap_or_else(|| panic!("no answer: {}", page.describe()));
        let field = form.value("SAMLResponse").unwrap_or_else(|| panic!("no response: {}", page.describe()));
        let action = form.action.to_string();
        assert!(service.acs.contains(&action), "it goes to {action}");
        let xml = String::from_utf8(decode_block(field).expect("base64")).expect("UTF-8");
        let root = tag(&xml, "samlp:Response").expect("a response");
        let mut status = vec![];
        let mut rest = xml.as_str();
        while let Some(code) = tag(rest, "samlp:StatusCode") {
            let value = attribute(code, "Value");
            status.push(value.rsplit(':').next().unwrap_or_default().to_owned());
            rest = &rest[rest.find(code).expect("it is there") + code.len()..];
        }
        let assertion = if status == ["Success"] {
            let encrypted = xml.contains("<saml:EncryptedAssertion");
            let clear = if encrypted {
                Opened::new(field, &service.encryption.as_ref().expect("a key").key).assertion
            } else {
                whole(&xml, "saml:Assertion").expect("an assertion").to_owned()
            };
            verify(&clear, house);
            Some(Assertion::read(clear, encrypted))
        } else {
            verify(&xml, house);
            None
        };
        Self {
            action,
            relay_state: form.value("RelayState").map(str::to_owned),
            id: attribute(root, "ID"),
            in_response_to: attribute(root, "InResponseTo"),
            destination: attribute(root, "Destination"),
            status,
            message: text(&xml, "samlp:StatusMessage"),
            assertion,
            xml,
        }
    }

    /// The assertion. Fails the test when this is an error.
    #[track_caller]
    pub fn assertion(&self) -> &Assertion {
        self.assertion.as_ref().unwrap_or_else(|| panic!("an error: {:?} {:?}", self.status, self.message))
    }

    /// The innermost status code's last word.
    pub fn code(&self) -> &str {
        self.status.last().map_or("", String::as_str)
    }
}

impl Assertion {
    #[track_caller]
    fn read(xml: String, encrypted: bool) -> Self {
        let of = |element: &str, name: &str| attribute(tag(&xml, element).unwrap_or_default(), name);
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in xml.split("<saml:Attribute ").skip(1) {
            let values = part.split("<saml:AttributeValue").skip(1);
            let value = |piece: &str| {
                let from = piece.find('>').expect("a tag's end") + 1;
                decode(&piece[from..piece.find("</saml:AttributeValue>").expect("an end tag")])
            };
            attributes.insert(attribute(part, "Name"), values.map(value).collect());
        }
        Self {
            encrypted,
            id: of("saml:Assertion", "ID"),
            name_id: text(&xml, "saml:NameID").unwrap_or_default(),
            name_id_format: of("saml:NameID", "Format"),
            sp_name_qualifier: of("saml:NameID", "SPNameQualifier"),
            in_response_to: of("saml:SubjectConfirmationData", "InResponseTo"),
            recipient: of("saml:SubjectConfirmationData", "Recipient"),
            not_on_or_after: of("saml:SubjectConfirmationData", "NotOnOrAfter"),
            audience: text(&xml, "saml:Audience").unwrap_or_default(),
            session_index: of("saml:AuthnStatement", "SessionIndex"),
            authn_instant: of("saml:AuthnStatement", "AuthnInstant"),
            class: text(&xml, "saml:AuthnContextClassRef").unwrap_or_default(),
            attributes,
            xml,
        }
    }

    /// The first value of the attribute whose full name ends so.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(full, _)| full.ends_with(name))?.1.first().map(String::as_str)
    }

    /// The NSIS level it states.
    pub fn level(&self) -> &str {
        self.value("/nsis/loa").or(self.value("/loa")).unwrap_or_else(|| self.class.rsplit('/').next().unwrap_or_default())
    }
}

/// The element's signature is by our active key, over the element as it stands.
#[track_caller]
fn verify(xml: &str, house: &House) {
    let signature = whole(xml, "ds:Signature").unwrap_or_else(|| panic!("no signature: {xml}"));
    let bare = xml.replacen(signature, "", 1);
    assert_eq!(text(signature, "ds:DigestValue").unwrap_or_default(), encode_block(&sha256(bare.as_bytes())), "the digest of {bare}");
    let id = attribute(&xml[xml.find('<').expect("a root")..], "ID");
    assert_eq!(attribute(tag(signature, "ds:Reference").expect("a reference"), "URI"), format!("#{id}"));
    let info = whole(signature, "ds:SignedInfo").expect("a signed info");
    let value = decode_block(&text(signature, "ds:SignatureValue").expect("a value")).expect("base64");
    let certificate = X509::from_der(house.app.desk.keyring.active.certificate_der()).expect("a certificate");
    let key = certificate.public_key().expect("a key");
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
    assert!(verifier.verify_oneshot(&value, info.as_bytes()).expect("a verdict"), "the signature of {info}");
}

/// The first start tag of the element.
fn tag<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let begin = format!("<{name}");
    let mut starts = xml.match_indices(&begin).map(|(at, _)| at);
    let at = starts.find(|at| xml[at + begin.len()..].starts_with([' ', '>', '/']))?;
    Some(&xml[at..=at + xml[at..].find('>')?])
}

/// The first such element, tags included.
fn whole<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let from = xml.find(tag(xml, name)?)?;
    let end = format!("</{name}>");
    Some(&xml[from..from + xml[from..].find(&end)? + end.len()])
}

/// The text of the first such element.
fn text(xml: &str, name: &str) -> Option<String> {
    let element = whole(xml, name)?;
    Some(decode(&element[element.find('>')? + 1..element.rfind('<')?]))
}

/// The value of the first attribute of that name; empty when there is none.
fn attribute(tag: &str, name: &str) -> String {
    let (_, behind) = tag.split_once(&format!(" {name}=\"")).or_else(|| tag.split_once(&format!("{name}=\""))).unwrap_or_default();
    decode(behind.split('"').next().unwrap_or_default())
}
