//! Who signed, and how (A01, A03): no signature, a stranger's, another party's, and algorithms that prove nothing.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};

use crate::{
    actors::KeyPair,
    forge::{self, Draft, RSA_SHA256, SHA256, escaped, swap},
    house::{self, House},
    saml_case::{Case, Scene, Sent, control, controls, form, hold, logout_form},
};

/// A signed query with another algorithm named, signed by `sign`.
fn query_by(xml: &str, algorithm: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Sent {
    let message = escaped(&BASE64.encode(forge::deflated(xml.as_bytes())));
    let signed = format!("SAMLRequest={message}&SigAlg={}", escaped(algorithm));
    Sent::SignOnQuery(format!("{signed}&Signature={}", escaped(&BASE64.encode(sign(signed.as_bytes())))))
}

fn hmac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).expect("a key");
    Signer::new(MessageDigest::sha256(), &key).and_then(|mut pen| pen.sign_oneshot_to_vec(bytes)).expect("a code")
}

fn who_signed(scene: &Scene) -> Vec<Case> {
    let (own, other, stranger) = (scene.key(), &scene.other.signing, &forge::stranger());
    let case = |name: &str, sent, reason| Case::new("A01", name, sent, reason);
    let unsigned = |draft: Draft| format!("SAMLRequest={}", escaped(&BASE64.encode(forge::deflated(draft.bare().as_bytes()))));
    let full = forge::query(&scene.authn_request().bare(), None, own);
    let (before_signature, signature) = full.rsplit_once("&Signature=").expect("a signature");
    let (message, _) = before_signature.split_once("&SigAlg=").expect("an algorithm");
    let mut spoiled = BASE64.decode(percent_encoding::percent_decode_str(signature).decode_utf8_lossy().as_bytes()).unwrap();
    spoiled[7] ^= 1;
    let foreign_issuer = scene.authn_request().with(&scene.one.entity_id, &scene.other.entity_id);
    vec![
        case("query without a signature", Sent::SignOnQuery(unsigned(scene.authn_request())), "unsigned"),
        case("query with the signature taken off", Sent::SignOnQuery(before_signature.to_owned()), "unsigned"),
        case("query with the algorithm taken off", Sent::SignOnQuery(format!("{message}&Signature={signature}")), "unsigned"),
        case("query with an empty signature", Sent::SignOnQuery(format!("{before_signature}&Signature=")), "bad_signature"),
        case("query signed by another party", Sent::SignOnQuery(forge::query(&scene.authn_request().bare(), None, other)), "wrong_key"),
        case("query signed by a stranger", Sent::SignOnQuery(forge::query(&scene.authn_request().bare(), None, stranger)), "wrong_key"),
        case(
            "query with one bit turned in the signature",
            Sent::SignOnQuery(format!("{before_signature}&Signature={}", escaped(&BASE64.encode(&spoiled)))),
            "wrong_key",
        ),
        case(
            "query with the signature of another message",
            {
                let another = forge::query(&scene.authn_request().bare(), None, own);
                Sent::SignOnQuery(format!("{before_signature}&Signature={}", another.rsplit_once("&Signature=").unwrap().1))
            },
            "bad_signature",
        ),
        case("query in another party's name", Sent::SignOnQuery(forge::query(&foreign_issuer.bare(), None, own)), "wrong_key"),
        case("form without a signature", form(&scene.authn_request().bare()), "unsigned"),
        case("form signed by another party", form(&scene.authn_request().signed(other)), "key_source"),
        case(
            "form signed by another party, its key not named",
            {
                let draft = scene.authn_request();
                form(&draft.enveloping(&swap(&draft.signature(other), &forge::key_info(other), "")))
            },
            "wrong_key",
        ),
        case(
            "form changed after signing",
            form(&swap(&scene.authn_request().signed(own), "Version=\"2.0\"", "ForceAuthn=\"true\" Version=\"2.0\"")),
            "bad_signature",
        ),
        case(
            "form with the signature of another message",
            {
                let (draft, another) = (scene.authn_request(), scene.authn_request());
                let signature = another.signature(own);
                form(&draft.enveloping(&swap(&signature, &another.id, &draft.id)))
            },
            "bad_signature",
        ),
        case("logout form without a signature", logout_form(&scene.logout_request().bare()), "unsigned"),
        case("logout form signed by a stranger", logout_form(&scene.logout_request().signed(stranger)), "key_source"),
        case(
            "logout query signed by another party",
            Sent::LogoutQuery(forge::query(&scene.logout_request().bare(), None, other)),
            "wrong_key",
        ),
        case("logout query without a signature", Sent::LogoutQuery(unsigned(scene.logout_request())), "unsigned"),
    ]
}

fn algorithms(scene: &Scene) -> Vec<Case> {
    let signer = scene.key();
    let certificate = BASE64.decode(&signer.certificate).expect("a certificate");
    let public = signer.key.public_key_to_pem().expect("a public key");
    let mut cases = Vec::new();
    for uri in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
        "urn:unknown",
        "none",
        "",
    ] {
        let sent = query_by(&scene.authn_request().bare(), uri, |bytes| forge::sign(signer, bytes));
        cases.push(Case::new("A03", format!("query by {uri:?}"), sent, "algorithm"));
        let draft = scene.authn_request();
        let signature = draft.signature_by(signer, |info| swap(info, RSA_SHA256, uri));
        cases.push(Case::new("A03", format!("form by {uri:?}"), form(&draft.enveloping(&signature)), "algorithm"));
    }
    for (name, key) in [("certificate", &certificate), ("public key in PEM", &public)] {
        let uri = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
        let sent = query_by(&scene.authn_request().bare(), uri, |bytes| hmac(key, bytes));
        cases.push(Case::new("A03", format!("query by HMAC keyed with the {name}"), sent, "algorithm"));
        let draft = scene.authn_request();
        let info = swap(&forge::signed_info(&draft.id, &openssl::sha::sha256(draft.bare().as_bytes())), RSA_SHA256, uri);
        let value = hmac(key, forge::info_in_scope(&info).as_bytes());
        let sent = form(&draft.enveloping(&forge::signature_of(&info, &value, &forge::key_info(signer))));
        cases.push(Case::new("A03", format!("form by HMAC keyed with the {name}"), sent, "algorithm"));
    }
    let sha1 = query_by(&scene.authn_request().bare(), "http://www.w3.org/2000/09/xmldsig#rsa-sha1", |bytes| {
        forge::sign_with(signer, MessageDigest::sha1(), bytes)
    });
    cases.push(Case::new("A03", "query truly signed with SHA-1", sha1, "algorithm"));
    for digest in ["http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmldsig-more#md5", "urn:unknown", ""] {
        let draft = scene.authn_request();
        let signature = draft.signature_by(signer, |info| swap(info, SHA256, digest));
        cases.push(Case::new("A03", format!("digest by {digest:?}"), form(&draft.enveloping(&signature)), "algorithm"));
    }
    let draft = scene.authn_request();
    let truncated = draft.signature_by(signer, |info| {
        swap(info, "</ds:SignatureMethod>", "<ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>")
    });
    cases.push(Case::new("A03", "an HMAC of no bits", form(&draft.enveloping(&truncated)), "algorithm"));
    cases
}

#[tokio::test]
async fn a01_only_the_registered_key_of_the_sender_proves_a_message() {
    house::on_both(async |house: House| {
        let scene = Scene::open(house).await;
        hold(&scene, &who_signed(&scene)).await;
        controls(&scene).await;
    })
    .await;
}

/// Trust comes from registration: what an administrator took stands until they take it back, also past its own dates.
#[tokio::test]
async fn a01_an_expired_certificate_is_still_the_registered_key() {
    let scene = Scene::open(House::sqlite().await).await;
    scene.house.advance(40 * 86_400);
    controls(&scene).await;
}

#[tokio::test]
async fn a03_algorithms_that_prove_nothing_are_refused() {
    let scene = Scene::open(House::sqlite().await).await;
    hold(&scene, &algorithms(&scene)).await;
    controls(&scene).await;
    // Others that do prove are taken, on both bindings.
    for (name, digest) in [("rsa-sha384", MessageDigest::sha384()), ("rsa-sha512", MessageDigest::sha512())] {
        let uri = format!("http://www.w3.org/2001/04/xmldsig-more#{name}");
        let sent = query_by(&scene.authn_request().bare(), &uri, |bytes| forge::sign_with(scene.key(), digest, bytes));
        control(&scene, &sent).await;
        let draft = scene.authn_request();
        let info = swap(&forge::signed_info(&draft.id, &openssl::sha::sha256(draft.bare().as_bytes())), RSA_SHA256, &uri);
        let value = forge::sign_with(scene.key(), digest, forge::info_in_scope(&info).as_bytes());
        control(&scene, &form(&draft.enveloping(&forge::signature_of(&info, &value, "")))).await;
    }
}

#[tokio::test]
async fn a03_a_short_key_cannot_be_registered() {
    use portvagt::service::clients::{self, Registration};
    let mut scene = Scene::open(House::sqlite().await).await;
    scene.one.signing = KeyPair::make("short", 1024).expect("a key");
    let refused =
        clients::save(&scene.house.app.ground, &scene.house.operator(), scene.one.metadata().as_bytes(), Registration::default()).await;
    let why = refused.expect_err("1024 bits").to_string();
    assert!(why.contains("1024 bits"), "{why}");
    let draft = scene.authn_request();
    let cases = [Case::new("A03", "form signed by a key of 1024 bits", form(&draft.signed(scene.key())), "key_source")];
    hold(&scene, &cases).await;
}
