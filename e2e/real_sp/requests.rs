//! What the service providers send before any identity provider answers: AuthnRequests signed with the key their
//! metadata names, over exactly the bytes of the query.
//!
//! The identity provider here is metadata only, made up on the spot; nobody listens at its addresses.

use super::daemon::fresh_key;
use super::{Mellon, Options, ServiceProvider, Shibboleth};
use crate::visitor::Visitor;
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;
use std::io::Read;
use url::Url;

const IDP: &str = "https://saml.nobody.test";

/// Metadata of an identity provider that nobody runs.
fn metadata() -> String {
    let certificate = fresh_key("nobody").certificate;
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{IDP}">
<md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="http://localhost:1/saml/sso"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="http://localhost:1/saml/sso"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

/// Visits the secret page and gives the address at the identity provider that the service sends the visitor to.
pub async fn request_of(sp: &dyn ServiceProvider, visitor: &mut Visitor) -> Url {
    let mut page = visitor.get(sp.secret_url()).await;
    for _ in 0..5 {
        let Some(target) = page.location() else { break };
        if target.path() == "/saml/sso" {
            return target;
        }
        page = visitor.get(&target).await;
    }
    panic!("no AuthnRequest: {}\n{}", page.describe(), sp.logs());
}

/// The value of `name` in the query as it was sent, percent-encoding and all.
fn raw<'a>(url: &'a Url, name: &str) -> Option<&'a str> {
    url.query()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn decoded(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).expect("a parameter")
}

/// SAML bindings, section 3.4.4.1: whether the signature covers these parameters under the metadata's signing key.
fn verifies(url: &Url, sp: &dyn ServiceProvider) -> bool {
    let signed: Vec<String> =
        ["SAMLRequest", "RelayState", "SigAlg"].iter().filter_map(|name| Some(format!("{name}={}", raw(url, name)?))).collect();
    let (_, behind) = sp.metadata_xml().split_once("use=\"signing\"").expect("a signing key");
    let (_, behind) = behind.split_once("X509Certificate>").expect("a certificate");
    let text: String = behind.chars().take_while(|c| *c != '<').filter(|c| !c.is_whitespace()).collect();
    let certificate = X509::from_der(&openssl::base64::decode_block(&text).expect("base64")).expect("a certificate");
    let key = certificate.public_key().expect("a key");
    let signature = openssl::base64::decode_block(&decoded(url, "Signature")).expect("base64");
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
    verifier.verify_oneshot(&signature, signed.join("&").as_bytes()).expect("a verdict")
}

async fn expect_signed_request(sp: &dyn ServiceProvider, level: &str) {
    let url = request_of(sp, &mut Visitor::new()).await;
    assert_eq!(decoded(&url, "SigAlg"), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    assert!(verifies(&url, sp), "{url}");
    let changed = Url::parse(&url.as_str().replace("RelayState=", "RelayState=x")).expect("an address");
    assert!(!verifies(&changed, sp), "the signature covers RelayState: {changed}");

    let packed = openssl::base64::decode_block(&decoded(&url, "SAMLRequest")).expect("base64");
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(packed.as_slice()).read_to_string(&mut xml).expect("raw DEFLATE");
    assert!(xml.contains("AuthnRequest"), "{xml}");
    assert!(xml.contains(&format!(">{}<", sp.entity_id())), "{xml}");
    assert!(xml.contains("Comparison=\"minimum\""), "{xml}");
    assert!(xml.contains(&format!(">https://data.gov.dk/concept/core/nsis/loa/{level}<")), "{xml}");
}

#[tokio::test]
async fn mellon_signs_what_it_asks_for() {
    let sp = Mellon::start(&metadata(), Options::new("https://saml.mellon.test").asking_for("Substantial"));
    expect_signed_request(&sp, "Substantial").await;
}

#[tokio::test]
async fn shibboleth_signs_what_it_asks_for() {
    let sp = Shibboleth::start(IDP, &metadata(), Options::new("https://saml.shibboleth.test").asking_for("High"));
    expect_signed_request(&sp, "High").await;
}
