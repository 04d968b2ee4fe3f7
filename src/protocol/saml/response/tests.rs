//! What we issue is canonical as it stands, verifies, decrypts to the same bytes, and keeps hostile text text.

use super::*;
use crate::base::clock;
use crate::base::random::SeededRandom;
use crate::crypto::tests::{elliptic, peer_key, signing_key};
use crate::crypto::xml::{MESSAGE, Tree};
use crate::crypto::xmldsig;
use crate::crypto::xmlenc::{Content, Hash, Transport};
use crate::protocol::saml::names::SAML;
use crate::protocol::saml::subject::NameKind;
use bergshamra_c14n::{C14nMode, canonicalize};
use proptest::prelude::*;

fn said(values: &[(Attribute, Vec<String>)]) -> Said<'_> {
    Said { level: Level::Substantial, authenticated_at: clock::from_millis(1_790_000_000_123), attributes: values }
}

fn unsigned(audience: &str, values: &[(Attribute, Vec<String>)]) -> Result<Unsigned, Unwritable> {
    let name_id = NameId::professional(uuid::Uuid::from_u128(7), audience, NameKind::Persistent);
    let content = AssertionContent {
        id: "_a1",
        issuer: "https://saml.idp",
        audience,
        recipient: "https://sp/acs?a=1&b=2",
        in_response_to: "_r1",
        name_id: &name_id,
        session_index: "_s1",
        issued_at: clock::from_millis(1_790_000_000_456),
        bearer_until: clock::from_millis(1_790_000_300_456),
        conditions_until: clock::from_millis(1_790_000_600_456),
        bootstrap_token: None,
    };
    write_assertion(&content, said(values))
}

fn values() -> Vec<(Attribute, Vec<String>)> {
    vec![
        (Attribute::OrgName, vec!["Ærø & <Søn> \"Kommune\"".to_owned()]),
        (Attribute::Email, vec!["a@b.dk".to_owned(), "c@d.dk".to_owned()]),
    ]
}

#[test]
fn an_assertion_verifies_by_an_independent_reader() {
    let xml = unsigned("https://saml.sp", &values()).unwrap().sign(signing_key(0)).unwrap();
    let proven = xmldsig::examine(Tree::parse(xml.as_bytes(), MESSAGE).unwrap()).unwrap().prove(&[peer_key(0)]).unwrap();
    let names: Vec<&str> = proven.root().children().map(|child| child.name()).collect();
    assert_eq!(names, ["Issuer", "Signature", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"]);
    assert!(!xml.contains("<saml:SubjectConfirmationData NotBefore"));
    assert!(xml.contains("https://data.gov.dk/concept/core/nsis/loa/Substantial"));
    let altered = xml.replace("Ærø", "Aerø");
    let refused = xmldsig::examine(Tree::parse(altered.as_bytes(), MESSAGE).unwrap()).unwrap().prove(&[peer_key(0)]);
    assert_eq!(refused.unwrap_err(), crate::crypto::xml::Reason::BadSignature);
}

#[test]
fn a_failure_is_signed_with_both_levels() {
    let content = ResponseContent {
        id: "_p1",
        issuer: "https://saml.idp",
        destination: "https://sp/acs",
        in_response_to: "_r1",
        issued_at: clock::from_millis(1_790_000_000_456),
    };
    let xml = failure(&content, Fault::NoPassive, Some("nobody is logged in"), signing_key(0)).unwrap();
    let tree = Tree::parse(xml.as_bytes(), MESSAGE).unwrap();
    assert!(xmldsig::examine(tree).unwrap().prove(&[peer_key(0)]).is_ok());
    assert!(xml.contains(status::RESPONDER) && xml.contains(status::NO_PASSIVE));
}

#[test]
fn encrypted_it_is_for_the_holder_of_the_key_only() {
    use openssl::pkey::PKey;
    let random = SeededRandom::new(5);
    let (pem, certificate) = crate::crypto::keyring::self_signed("SP", 2048, Timestamp::UNIX_EPOCH, 9, &SeededRandom::new(3)).unwrap();
    let peer = PeerKey::from_der(&openssl::x509::X509::from_pem(&certificate).unwrap().to_der().unwrap()).unwrap();
    let private = PKey::private_key_from_pem(pem.expose()).unwrap();
    let assertion = SignedAssertion(unsigned("https://saml.sp", &values()).unwrap().sign(signing_key(0)).unwrap());
    let same = Transport::Oaep { digest: Hash::Sha256, mgf: Hash::Sha256 };
    for content in [Content::Aes128Gcm, Content::Aes192Gcm, Content::Aes256Gcm, Content::Aes128Cbc, Content::Aes256Cbc] {
        for transport in [same, Transport::OaepMgf1p { digest: Hash::Sha1 }] {
            let encrypted = assertion.encrypt(&peer, Suite { content, transport }, &random).unwrap();
            assert!(!encrypted.xml.contains("Kommune"));
            let mut keys = bergshamra_keys::KeysManager::new();
            let pkcs8 = private.private_key_to_pem_pkcs8().unwrap();
            keys.add_key(bergshamra_keys::loader::load_rsa_private_pem(&pkcs8).unwrap());
            let clear = bergshamra_enc::decrypt::decrypt(&bergshamra_enc::EncContext::new(keys), &encrypted.xml).unwrap();
            // The reader may write empty elements its own way: what counts is the canonical form.
            let canonical = |xml: &str| canonicalize::<&str>(xml, C14nMode::Inclusive, None, &[]).unwrap();
            let expected = format!("<saml:EncryptedAssertion xmlns:saml=\"{SAML}\">{}</saml:EncryptedAssertion>", assertion.xml());
            assert_eq!(canonical(&clear), canonical(&expected));
        }
    }
    assert_eq!(assertion.encrypt(&elliptic().1, Suite::DEFAULT, &random).unwrap_err(), EncryptError::NotRsa);
    assert!(!Suite::DEFAULT.is_legacy() && Suite::LEGACY.is_legacy());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_we_sign_is_its_own_canonical_form(text in any::<String>(), audience in "\\PC*") {
        let values = [(Attribute::OrgName, vec![text.clone()]), (Attribute::FullName, vec![String::new(), text])];
        if let Ok(unsigned) = unsigned(&audience, &values) {
            let canonical = canonicalize(&unsigned.xml, C14nMode::Exclusive, None, &["xs", "xsi"]).unwrap();
            prop_assert_eq!(canonical, unsigned.xml.into_bytes());
        }
    }
}
