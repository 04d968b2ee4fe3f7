//! Bootstrap tokens with one fault each: changed and signed anew with our own key, where the fault is not in the signature.

use portvagt::crypto::{keyring::SigningKey, xmlsign::Unsigned};

use crate::actors::KeyPair;

/// One of them.
pub struct Spoiled {
    /// What was done to it.
    pub name: &'static str,
    /// The token.
    pub xml: String,
    /// The rule the strict reader must name.
    pub fault: &'static str,
    /// What the STS (simulated) must say.
    pub said: &'static str,
}

/// The token without its signature.
fn bare(xml: &str) -> String {
    let (from, end) = (xml.find("<ds:Signature ").expect("a signature"), "</ds:Signature>");
    let to = xml.find(end).expect("its end") + end.len();
    format!("{}{}", &xml[..from], &xml[to..])
}

/// Signs it anew.
fn sign(xml: String, key: &SigningKey) -> String {
    let issuer = "</saml:Issuer>";
    let place = xml.find(issuer).expect("an issuer") + issuer.len();
    let id = xml.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an ID").to_owned();
    Unsigned { xml, id, place, prefixes: "xs xsi" }.sign(key).expect("signed")
}

/// Everything from `from` to the end of `to`, replaced.
fn cut(xml: &str, from: &str, to: &str, by: &str) -> String {
    let begin = xml.find(from).unwrap_or_else(|| panic!("{from} in {xml}"));
    let behind = begin + from.len();
    let end = behind + xml[behind..].find(to).unwrap_or_else(|| panic!("{to} after {from}")) + to.len();
    format!("{}{by}{}", &xml[..begin], &xml[end..])
}

fn swap(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} in {xml}");
    xml.replacen(from, to, 1)
}

/// The attribute of that name, replaced.
fn attribute(xml: &str, name: &str, by: &str) -> String {
    cut(xml, &format!("<saml:Attribute Name=\"{name}\""), "</saml:Attribute>", by)
}

fn written(name: &str, value: &str) -> String {
    format!(
        "<saml:Attribute Name=\"{name}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">\
         <saml:AttributeValue xsi:type=\"xs:string\">{value}</saml:AttributeValue></saml:Attribute>"
    )
}

/// With one more attribute.
fn with(xml: &str, name: &str, value: &str) -> String {
    swap(xml, "</saml:AttributeStatement>", &format!("{}</saml:AttributeStatement>", written(name, value)))
}

const D: &str = "https://data.gov.dk/model/core/specVersion";
const H: &str = "https://healthcare.data.gov.dk/model/core/specVersion";
const LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";
const CVR: &str = "https://data.gov.dk/model/core/eid/professional/cvr";
const ORG: &str = "https://data.gov.dk/model/core/eid/professional/orgName";
const UUID: &str = "https://data.gov.dk/model/core/eid/professional/uuid/persistent";
const PRIVILEGES: &str = "https://data.gov.dk/model/core/eid/privilegesIntermediate";

/// All of them, out of a good token.
pub fn all(good: &str, key: &SigningKey, stranger: &KeyPair) -> Vec<Spoiled> {
    let plain = bare(good);
    assert_eq!(sign(plain.clone(), key), good, "the control: signed anew it is the same");
    let mut all = broken_signatures(good, &plain, stranger);
    let mut add = |name, xml: String, fault, said| all.push(Spoiled { name, xml: sign(xml, key), fault, said });
    let ours = "<saml:Issuer>https://saml.testkommune.test<";
    let audience = "<saml:AudienceRestriction><saml:Audience>https://sts.sosi.dk/</saml:Audience></saml:AudienceRestriction>";
    let (data, end) = ("<saml:SubjectConfirmationData ", "</saml:SubjectConfirmationData>");
    add("another issuer", swap(&plain, ours, "<saml:Issuer>https://saml.another.test<"), "issuer", "issuer");
    add("audience without the slash", swap(&plain, "sts.sosi.dk/<", "sts.sosi.dk<"), "audience", "allowed audience");
    add("no audience", swap(&plain, audience, ""), "audience", "allowed audience");
    add(
        "over",
        cut(&plain, "<saml:Conditions NotOnOrAfter=\"", "\">", "<saml:Conditions NotOnOrAfter=\"2020-01-01T00:00:00.000Z\">"),
        "time",
        "expired",
    );
    add("without end", cut(&plain, "<saml:Conditions ", "\">", "<saml:Conditions>"), "time", "NotOnOrAfter");
    add("not yet", cut(&plain, "IssueInstant=\"", "\"", "IssueInstant=\"2099-01-01T00:00:00.000Z\""), "time", "future");
    add("for its bearer", swap(&plain, "cm:holder-of-key", "cm:bearer"), "confirmation", "holder-of-key");
    add(
        "holder without type",
        swap(&plain, " xsi:type=\"saml:KeyInfoConfirmationDataType\"", ""),
        "confirmation",
        "KeyInfoConfirmationDataType",
    );
    add(
        "another holder",
        cut(&plain, "<ds:X509Certificate>", "<", &format!("<ds:X509Certificate>{}<", stranger.certificate)),
        "holder",
        "envelope signature",
    );
    add(
        "no holder",
        cut(&plain, data, end, &format!("{data}xsi:type=\"saml:KeyInfoConfirmationDataType\">{end}")),
        "holder",
        "certificate",
    );
    add("no name", swap(&plain, "urn:uuid:", " ").replacen(" 53767053-0628-4176-b66f-0da3a0b6e868<", "<", 1), "name", "NameID");
    add("without H's version", attribute(&plain, H, ""), "spec", "Actual type: OIO3");
    add("H's version undashed", attribute(&plain, H, &written(H, "OIOSAML-H-3.0")), "spec", "Actual type: OIO3");
    add("without any version", attribute(&attribute(&plain, H, ""), D, ""), "spec", "Unknown OIOBSTSAMLAssertion specification");
    add("without D's version", attribute(&plain, D, ""), "spec", "specVersion");
    add("no level", attribute(&plain, LOA, ""), "level", "loa");
    add(
        "the level as an address",
        attribute(&plain, LOA, &written(LOA, "https://data.gov.dk/concept/core/nsis/loa/Substantial")),
        "level",
        "loa",
    );
    add("no CVR number", attribute(&plain, CVR, ""), "cvr", "cvr");
    add("a short CVR number", attribute(&plain, CVR, &written(CVR, "9000001")), "cvr", "cvr");
    add("no organisation", attribute(&plain, ORG, ""), "orgName", "orgName");
    add("a blank organisation", attribute(&plain, ORG, &written(ORG, " ")), "orgName", "orgName");
    add("no UUID", attribute(&plain, UUID, ""), "persistent", "userData");
    add("a UUID without its prefix", attribute(&plain, UUID, &written(UUID, super::ANNA)), "persistent", "userData");
    add("a level twice", with(&plain, LOA, "High"), "attribute", "twice");
    add("with a CPR number", with(&plain, "https://data.gov.dk/model/core/eid/cprNumber", "6101801111"), "cpr", "cprNumber");
    add("privileges that are none", with(&plain, PRIVILEGES, "PGE+PC9hPg=="), "privilegesIntermediate", "invalid basic privilege profile");
    let login = "<saml:AuthnStatement AuthnInstant=\"2026-01-01T00:00:00Z\"><saml:AuthnContext><saml:AuthnContextClassRef>x\
         </saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>";
    add("with a login", swap(&plain, "<saml:AttributeStatement>", login), "login", "AuthnStatement");
    all
}

/// Those whose signature is at fault, or hides something.
fn broken_signatures(good: &str, plain: &str, stranger: &KeyPair) -> Vec<Spoiled> {
    let der = openssl::base64::decode_block(&stranger.certificate).expect("base64");
    let pem = openssl::x509::X509::from_der(&der).expect("a certificate").to_pem().expect("PEM");
    let theirs = SigningKey::from_pem(&stranger.key.private_key_to_pem_pkcs8().expect("PEM"), &pem, None, true).expect("a key");
    let one = |name, xml, fault, said| Spoiled { name, xml, fault, said };
    let within = "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">";
    vec![
        one("unsigned", plain.to_owned(), "unsigned", "signature"),
        one("altered", swap(good, ">Substantial<", ">High<"), "signature", "signature"),
        one("signed by a stranger", sign(plain.to_owned(), &theirs), "signer", "issuer"),
        one("signed for another", cut(good, "URI=\"#", "\"", "URI=\"#_another\""), "signature-form", "signature"),
        one(
            "by an old digest",
            swap(good, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
            "signature-form",
            "signature",
        ),
        one("with a comment", swap(good, within, &format!("{within}<!-- x -->")), "markup", "comment"),
        one("laid out after signing", swap(good, "<saml:Subject>", "\n<saml:Subject>"), "spacing", "signature"),
    ]
}
