//! A small identity provider inside the test: signs with libxmlsec1, encrypts with OpenSSL, and lies in one point at a time.
//! Each lie must fail exactly the check that is there for it; the honest response beside it must pass. Next: nothing.

use std::cell::RefCell;
use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt_aead};

use super::report::{Result as CheckResult, skewed};
use super::{Asked, Bench, Outcome, Verdict, envelope};
use crate::attributes::Level;
use crate::idp::{Endpoints, Idp};
use crate::keys::{self, OwnKey};
use crate::messages::date_time;
use crate::party::{Party, Suite};
use crate::signed;
use crate::wire::{Kind, Received};

const IDP: &str = "https://saml.idp.example";
const SIGNATURE: &str = include_str!("../../templates/saml/signature.xml");

struct House {
    sp: OwnKey,
    idp_key: OwnKey,
    idp: Idp,
    party: Party,
    asked: Asked,
    now: Timestamp,
    seen: RefCell<HashSet<String>>,
}

fn fresh_key(name: &str) -> OwnKey {
    let folder = std::env::temp_dir().join(format!("demo-sp-judge-{}-{name}", std::process::id()));
    let key = keys::open(&folder).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    key
}

impl House {
    fn new(name: &str, suite: Suite) -> House {
        let (sp, idp_key) = (fresh_key(&format!("{name}-sp")), fresh_key(&format!("{name}-idp")));
        let idp = Idp {
            entity_id: IDP.into(),
            certificates: vec![idp_key.certificate_der.clone()],
            sso: Endpoints::default(),
            slo: Endpoints::default(),
        };
        let party = Party::new("https://saml.demo-sp.example", "http://localhost:8081", suite);
        let now: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        let asked = Asked {
            id: "_asked".into(),
            party: party.clone(),
            level: Level::Substantial,
            forced: true,
            passive: false,
            relay_state: "state".into(),
            sent: skewed(now, -20),
        };
        House { sp, idp_key, idp, party, asked, now, seen: RefCell::default() }
    }

    fn assertion(&self) -> String {
        let at = |by| date_time(skewed(self.now, by));
        let attribute = |name: &str, value: &str| {
            format!(
                r#"<saml:Attribute Name="{name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"#
            )
        };
        let attributes = [
            attribute("https://data.gov.dk/model/core/specVersion", "OIO-SAML-3.0"),
            attribute("https://data.gov.dk/concept/core/nsis/loa", "Substantial"),
            attribute("https://data.gov.dk/model/core/eid/professional/cvr", "90000001"),
            attribute("https://data.gov.dk/model/core/eid/professional/orgName", "Testkommune"),
        ]
        .concat();
        format!(
            r##"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0" IssueInstant="{now}"><saml:Issuer>{IDP}</saml:Issuer>{signature}<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" SPNameQualifier="{entity}">https://data.gov.dk/model/core/eid/professional/uuid/0f8fad5b-d9cb-469f-a165-70867728950e</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_asked" NotOnOrAfter="{later}" Recipient="{acs}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{now}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{entity}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{authn}" SessionIndex="_index"><saml:AuthnContext><saml:AuthnContextClassRef>https://data.gov.dk/concept/core/nsis/loa/Substantial</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"##,
            now = at(0),
            later = at(300),
            end = at(600),
            authn = at(-5),
            entity = self.party.entity_id,
            acs = self.party.acs,
            signature = template("_assertion"),
        )
    }

    fn response(&self, content: &str) -> String {
        format!(
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="{}" Destination="{}" InResponseTo="_asked"><saml:Issuer>{IDP}</saml:Issuer>{content}</samlp:Response>"#,
            date_time(self.now),
            self.party.acs,
        )
    }

    fn success(&self, assertion: &str) -> String {
        let status = r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#;
        self.response(&format!("{status}{}", encrypt(assertion, self.party.suite, &self.sp.private)))
    }

    fn judge(&self, xml: String) -> Verdict {
        let first_use = |id: &str, _: Timestamp| self.seen.borrow_mut().insert(id.to_owned());
        let bench =
            Bench { now: self.now, party: &self.party, asked: Some(&self.asked), idp: &self.idp, key: &self.sp, first_use: &first_use };
        let received = Received { kind: Kind::Response, xml, relay_state: Some("state".into()) };
        envelope::judge(&received, &bench)
    }

    fn sign(&self, xml: &str) -> String {
        sign(xml, &self.idp_key)
    }
}

fn sign(xml: &str, key: &OwnKey) -> String {
    let signed = signed::sign(xml, &key.private.private_key_to_der().unwrap()).unwrap();
    signed.split_once("?>").unwrap().1.trim().to_owned()
}

fn template(id: &str) -> String {
    let filled = SIGNATURE.replace("{{ id }}", id);
    filled.replace("{%- if signed %}", "").replace("{% endif -%}", "").trim().to_owned()
}

fn encrypt(text: &str, suite: Suite, key: &PKey<Private>) -> String {
    let (cipher, digest) = match suite {
        Suite::Aes256 => (Cipher::aes_256_gcm(), MessageDigest::sha256()),
        Suite::Aes128 => (Cipher::aes_128_gcm(), MessageDigest::sha1()),
    };
    let (content_key, iv, mut tag) = (vec![7u8; cipher.key_len()], [9u8; 12], [0u8; 16]);
    let sealed = encrypt_aead(cipher, &content_key, Some(&iv), &[], text.as_bytes(), &mut tag).unwrap();
    let mut wrapper = Encrypter::new(key).unwrap();
    wrapper.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    wrapper.set_rsa_oaep_md(digest).unwrap();
    wrapper.set_rsa_mgf1_md(digest).unwrap();
    let mut wrapped = vec![0; wrapper.encrypt_len(&content_key).unwrap()];
    let length = wrapper.encrypt(&content_key, &mut wrapped).unwrap();
    wrapped.truncate(length);
    let (block, method) = match suite {
        Suite::Aes256 => (
            "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            r#"<xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><x:MGF xmlns:x="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/></xenc:EncryptionMethod>"#,
        ),
        Suite::Aes128 => (
            "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            r#"<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>"#,
        ),
    };
    format!(
        r#"<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptionMethod Algorithm="{block}"/><ds:KeyInfo><xenc:EncryptedKey>{method}<xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>"#,
        STANDARD.encode(wrapped),
        STANDARD.encode([&iv[..], &sealed, &tag].concat()),
    )
}

fn failed(verdict: &Verdict) -> Vec<&'static str> {
    verdict.checks.iter().filter(|check| check.result == CheckResult::Fail).map(|check| check.id).collect()
}

#[test]
fn an_honest_response_is_accepted_with_both_encryptions() {
    for suite in Suite::ALL {
        let house = House::new(suite.word(), suite);
        let verdict = house.judge(house.success(&house.sign(&house.assertion())));
        assert_eq!(failed(&verdict), [""; 0], "{:#?}", verdict.checks);
        assert_eq!(verdict.outcome, Outcome::Accepted);
        let facts = verdict.facts.unwrap();
        assert_eq!((facts.level, facts.session_index.as_str()), (Some(Level::Substantial), "_index"));
        // The same assertion a second time.
        assert_eq!(failed(&house.judge(house.success(&house.sign(&house.assertion())))), ["replay"]);
    }
}

/// (what stands in the signed assertion, what the lie puts there, the check that must fail)
const LIES: &[(&str, &str, &str)] = &[
    ("<saml:Issuer>https://saml.idp.example", "<saml:Issuer>https://saml.other.example", "issuer"),
    ("nameid-format:persistent", "nameid-format:emailAddress", "name-id-format"),
    ("eid/professional/uuid/", "eid/person/uuid/", "name-id"),
    ("0f8fad5b-d9cb", "0f8fad5b-d9cx", "name-id"),
    ("SPNameQualifier=\"https://saml.demo-sp", "SPNameQualifier=\"https://saml.other", "name-qualifier"),
    ("cm:bearer", "cm:holder-of-key", "bearer"),
    ("Recipient=\"http://localhost", "Recipient=\"http://elsewhere", "recipient"),
    ("InResponseTo=\"_asked\"", "InResponseTo=\"_other\"", "confirmation-in-response-to"),
    ("NotOnOrAfter=\"2026-11-24T06:05:00.000Z\"", "NotOnOrAfter=\"2026-11-24T05:57:00.000Z\"", "confirmation-time"),
    ("<saml:SubjectConfirmationData ", "<saml:SubjectConfirmationData NotBefore=\"2026-11-24T06:00:00Z\" ", "confirmation-not-before"),
    ("NotBefore=\"2026-11-24T06:00:00.000Z\"", "NotBefore=\"2026-11-24T06:03:01.000Z\"", "not-before"),
    ("NotOnOrAfter=\"2026-11-24T06:10:00.000Z\"", "NotOnOrAfter=\"2026-11-24T05:57:00.000Z\"", "not-on-or-after"),
    ("<saml:Audience>https://saml.demo-sp", "<saml:Audience>https://saml.other", "audience"),
    (" SessionIndex=\"_index\"", "", "session-index"),
    ("AuthnInstant=\"2026-11-24T05:59:55.000Z\"", "AuthnInstant=\"2026-11-24T05:50:00.000Z\"", "forced"),
    ("AuthnInstant=\"2026-11-24T05:59:55.000Z\"", "AuthnInstant=\"2026-11-24T06:10:00.000Z\"", "authn-instant"),
    ("OIO-SAML-3.0", "DK-SAML-2.0", "spec-version"),
    (">90000001<", ">9000000<", "cvr"),
    (">Testkommune<", "> <", "org-name"),
    (">Substantial<", ">substantial<", "loa"),
    (">Substantial<", ">Low<", "level"),
    ("</saml:AuthnStatement>", "</saml:AuthnStatement><saml:AuthnStatement AuthnInstant=\"2026-11-24T06:00:00Z\"/>", "statements"),
    ("xml-exc-c14n#\"/><ds:SignatureMethod", "xml-exc-c14n#WithComments\"/><ds:SignatureMethod", "signature-algorithms"),
    ("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1", "signature-algorithms"),
    ("<ds:SignatureValue></ds:SignatureValue>", "<ds:SignatureValue></ds:SignatureValue><ds:Object/>", "signature-place"),
];

#[test]
fn each_lie_in_a_signed_assertion_fails_its_own_check() {
    let house = House::new("lies", Suite::Aes256);
    for (truth, lie, check) in LIES {
        house.seen.borrow_mut().clear();
        let assertion = house.assertion();
        assert!(assertion.contains(truth), "{truth}");
        // libxmlsec1 itself won't sign by some of the false algorithms; then the unsigned template is judged.
        let changed = assertion.replacen(truth, lie, 1);
        let key = house.idp_key.private.private_key_to_der().unwrap();
        let signed = signed::sign(&changed, &key).map_or(changed, |text| text.split_once("?>").unwrap().1.trim().to_owned());
        let verdict = house.judge(house.success(&signed));
        assert!(failed(&verdict).contains(check), "{lie}: {:?}", failed(&verdict));
        assert_eq!(verdict.outcome, Outcome::Refused);
    }
}

#[test]
fn what_is_not_signed_by_the_identity_provider_is_never_read() {
    let house = House::new("forged", Suite::Aes256);
    let honest = house.sign(&house.assertion());
    let stranger = sign(&house.assertion(), &fresh_key("stranger"));
    let altered = honest.replace("Testkommune", "Andenkommune");
    for text in [stranger, altered] {
        let verdict = house.judge(house.success(&text));
        assert_eq!(failed(&verdict), ["signature"]);
        assert!(verdict.facts.is_none());
    }
    let wrapped =
        format!(r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_evil" Version="2.0">{honest}</saml:Assertion>"#);
    let verdict = house.judge(house.success(&wrapped));
    assert_eq!(failed(&verdict), ["signature-place"]);
    assert!(verdict.facts.is_none());
    let status = r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#;
    let verdict = house.judge(house.response(&format!("{status}{honest}")));
    assert_eq!(failed(&verdict), ["one-encrypted"]);
    assert!(verdict.facts.is_none());
}

#[test]
fn the_envelope_is_held_to_its_address_request_and_encryption() {
    let house = House::new("envelope", Suite::Aes256);
    let honest = house.success(&house.sign(&house.assertion()));
    for (truth, lie, check) in [
        ("Destination=\"http://localhost:8081/acs\"", "Destination=\"http://localhost:8081/acs/\"", "destination"),
        ("InResponseTo=\"_asked\"", "InResponseTo=\"_other\"", "in-response-to"),
        ("<saml:Issuer>https://saml.idp", "<saml:Issuer>https://saml.other", "response-issuer"),
        ("IssueInstant=\"2026-11-24T06:00:00.000Z\"", "IssueInstant=\"2026-11-24T05:50:00.000Z\"", "response-instant"),
        ("xmlenc11#aes256-gcm", "xmlenc11#aes128-gcm", "encryption"),
        ("xmlenc11#mgf1sha256", "xmlenc11#mgf1sha1", "encryption"),
        ("<xenc:CipherValue>", "<xenc:CipherValue>AAAA", "decryption"),
        ("<samlp:Response ", "<!DOCTYPE a><samlp:Response ", "xml"),
    ] {
        house.seen.borrow_mut().clear();
        assert!(honest.contains(truth), "{truth}");
        let verdict = house.judge(honest.replacen(truth, lie, 1));
        assert_eq!(failed(&verdict), [check], "{lie}");
    }
}

#[test]
fn a_no_counts_only_when_it_is_signed() {
    let house = House::new("no", Suite::Aes256);
    let status = r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:NoPassive"/></samlp:StatusCode></samlp:Status>"#;
    let verdict = house.judge(house.sign(&house.response(&format!("{}{status}", template("_response")))));
    assert_eq!(failed(&verdict), [""; 0]);
    assert_eq!(verdict.outcome, Outcome::Declined);
    assert!(verdict.status.last().unwrap().ends_with("NoPassive"));
    assert_eq!(house.judge(house.response(status)).outcome, Outcome::Refused);
}
