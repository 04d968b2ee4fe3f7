//! Metadata: a real file, and what makes one unacceptable.

use super::*;
use crate::base::clock;
use crate::crypto::tests::{elliptic, signing_key};
use crate::crypto::xmlenc::{Content, Hash, Transport};

const DOTNET: &[u8] = include_bytes!("../../../../e2e/fixtures/sp-oiosaml3-net.xml");
const EXPIRED: Allow = Allow { expired: true, plain_http: false };

fn now() -> Timestamp {
    clock::from_millis(1_790_000_000_000)
}

#[test]
fn the_dotnet_service_provider_is_read_once_its_expiry_is_accepted() {
    assert!(matches!(parse(DOTNET, now(), Allow::default()), Err(MetadataError::Expired(_))));
    let provider = parse(DOTNET, now(), EXPIRED).unwrap();
    assert_eq!(provider.entity_id, "https://saml.oiosaml3-net.dk");
    assert_eq!(provider.default_acs().unwrap().location, "https://oiosaml-net.dk:20002/login.ashx");
    assert_eq!(provider.signing.len(), 1);
    assert_eq!(provider.slo.len(), 2);
    assert_eq!(provider.logout_by(Binding::Redirect).unwrap().binding, Binding::Redirect);
    assert!(provider.authn_requests_signed && provider.want_assertions_signed);
    let required: Vec<_> = provider.requested.iter().filter(|attribute| attribute.required).collect();
    assert_eq!(required.len(), 4);
    let (_, suite) = provider.encryption(false).unwrap().unwrap();
    assert_eq!(suite, Suite::DEFAULT);
}

fn provider(inside: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"{MD}\" xmlns:ds=\"{DSIG}\" xmlns:e=\"{XENC11}\" entityID=\"https://saml.sp\">\
         <md:SPSSODescriptor protocolSupportEnumeration=\"{SAMLP}\">{inside}</md:SPSSODescriptor></md:EntityDescriptor>"
    )
}

fn key(attributes: &str, certificate: &str, methods: &str) -> String {
    format!(
        "<md:KeyDescriptor{attributes}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{certificate}\n</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo>{methods}</md:KeyDescriptor>"
    )
}

fn acs(location: &str) -> String {
    format!("<md:AssertionConsumerService Binding=\"{POST}\" Location=\"{location}\" index=\"1\"/>")
}

#[test]
fn keys_serve_as_their_use_says() {
    let first = signing_key(1).certificate().base64();
    let second = signing_key(2).certificate().base64();
    let inside = key("", first, "") + &key(" use=\"signing\"", second, "") + &acs("https://sp.dk/acs");
    let read = parse(provider(&inside).as_bytes(), now(), Allow::default()).unwrap();
    assert_eq!(read.signing.len(), 2);
    assert_eq!(read.encryption.len(), 1);
    assert_eq!(read.encryption.first().unwrap().key.fingerprint(), signing_key(1).fingerprint());
    let curve = key("", elliptic().1.certificate().base64(), "") + &acs("https://sp.dk/acs");
    let read = parse(provider(&curve).as_bytes(), now(), Allow::default()).unwrap();
    assert!(read.encryption(true).is_none());
}

#[test]
fn the_algorithms_listed_decide() {
    let aes = |name: &str, space: &str| format!("<md:EncryptionMethod Algorithm=\"http://www.w3.org/{space}#{name}\"/>");
    let gcm = aes("aes128-gcm", "2009/xmlenc11");
    let cbc = aes("aes256-cbc", "2001/04/xmlenc");
    let old = aes("rsa-oaep-mgf1p", "2001/04/xmlenc");
    let worst = aes("rsa-1_5", "2001/04/xmlenc");
    let mixed = "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#rsa-oaep\">\
        <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
        <e:MGF Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha1\"/></md:EncryptionMethod>";
    let chosen = |methods: &str, legacy: bool| {
        let inside = key("", signing_key(1).certificate().base64(), methods) + &acs("https://sp.dk/acs");
        let read = parse(provider(&inside).as_bytes(), now(), Allow::default()).unwrap();
        read.encryption(legacy).unwrap().map(|(_, suite)| suite)
    };
    let mgf1p = Transport::OaepMgf1p { digest: Hash::Sha1 };
    assert_eq!(chosen("", false), Ok(Suite::DEFAULT));
    assert_eq!(chosen("", true), Ok(Suite::LEGACY));
    assert_eq!(chosen(&gcm, false), Ok(Suite { content: Content::Aes128Gcm, ..Suite::DEFAULT }));
    assert_eq!(chosen(&(cbc.clone() + &gcm), false), Ok(Suite { content: Content::Aes128Gcm, ..Suite::DEFAULT }));
    assert_eq!(chosen(&(cbc.clone() + &gcm), true), Ok(Suite { content: Content::Aes256Cbc, ..Suite::DEFAULT }));
    assert_eq!(chosen(&cbc, false), Ok(Suite { content: Content::Aes256Cbc, ..Suite::DEFAULT }), "nothing better is listed");
    assert_eq!(chosen(&(old.clone() + &cbc), true), Ok(Suite { content: Content::Aes256Cbc, transport: mgf1p }));
    assert_eq!(chosen(&old, false), Ok(Suite { transport: mgf1p, ..Suite::DEFAULT }));
    let sha1_mask = Transport::Oaep { digest: Hash::Sha256, mgf: Hash::Sha1 };
    for legacy in [false, true] {
        assert_eq!(chosen(mixed, legacy), Ok(Suite { transport: sha1_mask, ..Suite::DEFAULT }));
    }
    for legacy in [false, true] {
        assert_eq!(chosen(&worst, legacy), Err(EncryptError::NoCommonAlgorithm));
        assert_eq!(chosen(&(worst.clone() + &gcm), legacy), Err(EncryptError::NoCommonAlgorithm));
    }
}

#[test]
fn what_is_unacceptable_is_said() {
    let signing = key(" use=\"signing\"", signing_key(1).certificate().base64(), "");
    let good = signing.clone() + &acs("https://sp.dk/acs");
    let read = |xml: &str| parse(xml.as_bytes(), now(), Allow::default()).map(|_| ());
    assert_eq!(read(&provider(&good)), Ok(()));
    assert_eq!(read(&format!("<!-- a comment -->{}", provider(&good))), Ok(()));
    assert_eq!(read(&format!("<!DOCTYPE x>{}", provider(&good))), Err(MetadataError::Doctype));
    assert_eq!(read("<x/>"), Err(MetadataError::NotMetadata));
    assert_eq!(read("x"), Err(MetadataError::Xml(Reason::Schema)));
    assert_eq!(read(&provider(&signing)), Err(MetadataError::NoAcs));
    assert_eq!(read(&provider(&acs("https://sp.dk/acs"))), Err(MetadataError::NoSigningKey));
    assert_eq!(
        read(&provider(&(key(" use=\"encryption\"", signing_key(1).certificate().base64(), "") + &acs("https://sp.dk/acs")))),
        Err(MetadataError::NoSigningKey)
    );
    assert_eq!(
        read(&provider(&(key("", "AAAA", "") + &acs("https://sp.dk/acs")))),
        Err(MetadataError::Key(KeyError::UnreadableCertificate))
    );
    assert_eq!(read(&provider(&good).replace("2.0:protocol", "1.1:protocol")), Err(MetadataError::Protocol));
    assert_eq!(read(&provider(&good).replace("https://saml.sp", "")), Err(MetadataError::EntityId));
    assert_eq!(read(&provider(&good).replace("https://saml.sp", &"x".repeat(1025))), Err(MetadataError::EntityId));
    for forging in ["https://saml.sp&#10;2026-11-24 INFO", "https://saml.sp x", "https://saml.sp&#x85;"] {
        assert_eq!(read(&provider(&good).replace("https://saml.sp", forging)), Err(MetadataError::EntityId), "{forging}");
    }
    assert_eq!(read(&provider(&good).replace("<md:SPSSO", "<md:SPSSODescriptor/><md:SPSSO")), Err(MetadataError::HowMany(2)));
    let two = format!("<m:EntitiesDescriptor xmlns:m=\"{MD}\">{0}{0}</m:EntitiesDescriptor>", provider(&good));
    assert_eq!(read(&two), Err(MetadataError::HowMany(2)));
    let nested = format!("<m:EntitiesDescriptor xmlns:m=\"{MD}\">{}</m:EntitiesDescriptor>", provider(&good));
    assert_eq!(read(&nested), Ok(()));
    assert!(matches!(
        read(&provider(&(signing.clone() + &acs("http://sp.dk/acs")))),
        Err(MetadataError::Endpoint { fault: EndpointFault::PlainHttp, .. })
    ));
    let logout = good.clone() + "<md:SingleLogoutService Binding=\"urn:x\" Location=\"javascript:alert(1)\"/>";
    assert!(matches!(read(&provider(&logout)), Err(MetadataError::Endpoint { fault: EndpointFault::Scheme, .. })));
    let extended = good.replace("<md:KeyDescriptor", "<md:Extensions><x xmlns=\"urn:x\"/></md:Extensions><md:KeyDescriptor");
    let cached =
        provider(&extended).replace("<md:SPSSODescriptor", "<md:AttributeAuthorityDescriptor/><md:SPSSODescriptor cacheDuration=\"PT1H\"");
    assert_eq!(read(&cached), Ok(()));
    let http = provider(&(signing + &acs("http://sp.dk/acs")));
    assert!(parse(http.as_bytes(), now(), Allow { plain_http: true, expired: false }).is_ok());
}
