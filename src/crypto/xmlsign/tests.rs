//! Every way a signature may be wrong, each beside the same message without the fault.

use super::*;
use crate::base::random::SeededRandom;
use crate::crypto::keyring::{PeerKey, self_signed};
use crate::crypto::tests::{elliptic, peer_key, signing_key};
use crate::crypto::xml::{MESSAGE, Reason, Tree};
use crate::crypto::xmldsig::{examine, verify_octets};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::X509;

fn unsigned() -> Unsigned {
    let mut w = Writer::new();
    w.open("p:Message", &[("xmlns:p", Some("urn:p")), ("ID", Some("_1"))]).unwrap();
    w.leaf("a:Issuer", &[("xmlns:a", Some("urn:a"))], "https://sp").unwrap();
    let place = w.position();
    w.leaf("p:Body", &[], "æøå & <x>").unwrap();
    Unsigned { xml: w.finish(), id: "_1".to_owned(), place, prefixes: "" }
}

fn signed() -> String {
    unsigned().sign(signing_key(1)).unwrap()
}

fn judge(xml: &str, keys: &[PeerKey]) -> Result<(), Reason> {
    let proven = examine(Tree::parse(xml.as_bytes(), MESSAGE)?)?.prove(keys)?;
    assert_eq!(proven.root().attribute("ID"), Some("_1"));
    Ok(())
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap();
    let to = from + text[from..].find(end).unwrap() + end.len();
    &text[from..to]
}

#[test]
fn a_good_signature_is_proven_by_any_of_the_peers_keys() {
    let xml = signed();
    assert_eq!(judge(&xml, &[peer_key(1)]), Ok(()));
    assert_eq!(judge(&xml, &[peer_key(2), peer_key(1)]), Ok(()));
    assert_eq!(judge(&xml, &[elliptic().1, peer_key(1)]), Ok(()));
}

#[test]
fn each_fault_has_its_reason() {
    let good = signed();
    let signature = between(&good, "<ds:Signature ", "</ds:Signature>");
    let info = between(&good, "<ds:SignedInfo", "</ds:SignedInfo>");
    let reference = between(&good, "<ds:Reference", "</ds:Reference>");
    let key_info = between(&good, "<ds:KeyInfo", "</ds:KeyInfo>");
    let digest = between(&good, "<ds:DigestValue>", "</ds:DigestValue>");
    let transforms = between(&good, "<ds:Transforms>", "</ds:Transforms>");
    let bare = good.replace(signature, "");
    let root_end = "</p:Message>";
    let foreign = signing_key(2).certificate().base64();
    let swap = |from: &str, to: &str| good.replace(from, to);
    let cases: Vec<(&str, String, Reason)> = vec![
        ("no signature", bare.clone(), Reason::Unsigned),
        ("altered text", swap("æøå", "æåå"), Reason::BadSignature),
        ("altered attribute", swap("<p:Body>", "<p:Body x=\"1\">"), Reason::BadSignature),
        ("wrapped", format!("<w ID=\"_2\">{good}</w>"), Reason::SignatureStructure),
        ("at the end", bare.replace(root_end, &format!("{signature}{root_end}")), Reason::SignatureStructure),
        (
            "in extensions",
            bare.replace("<p:Body>", &format!("<p:Extensions>{signature}</p:Extensions><p:Body>")),
            Reason::SignatureStructure,
        ),
        ("two signatures", swap(signature, &signature.repeat(2)), Reason::SignatureStructure),
        ("a second one below", swap(root_end, &format!("<p:X>{signature}</p:X>{root_end}")), Reason::SignatureStructure),
        (
            "signed part inside an object",
            swap("</ds:Signature>", &format!("<ds:Object>{}</ds:Object></ds:Signature>", bare.replace("_1", "_3"))),
            Reason::SignatureStructure,
        ),
        ("two SignedInfo", swap(info, &info.repeat(2)), Reason::SignatureStructure),
        ("two references", swap(reference, &reference.repeat(2)), Reason::Reference),
        ("no reference", swap(reference, ""), Reason::Reference),
        ("URI absent", swap(" URI=\"#_1\"", ""), Reason::Reference),
        ("URI empty", swap("URI=\"#_1\"", "URI=\"\""), Reason::Reference),
        ("URI element()", swap("URI=\"#_1\"", "URI=\"#element(/1)\""), Reason::Reference),
        ("URI xpointer", swap("URI=\"#_1\"", "URI=\"#xpointer(id('_1'))\""), Reason::Reference),
        ("URI of another", swap("URI=\"#_1\"", "URI=\"#_9\""), Reason::Reference),
        ("URI to the network", swap("URI=\"#_1\"", "URI=\"http://127.0.0.1:1/\""), Reason::Reference),
        ("xpath transform", swap(ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116"), Reason::Transform),
        ("xslt transform", swap(ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116"), Reason::Transform),
        ("base64 transform", swap(ENVELOPED, "http://www.w3.org/2000/09/xmldsig#base64"), Reason::Transform),
        (
            "third transform",
            swap("</ds:Transforms>", &format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>")),
            Reason::Transform,
        ),
        ("no transforms", swap(transforms, ""), Reason::Transform),
        ("c14n with comments", good.replacen(&format!("{EXCLUSIVE}\""), &format!("{EXCLUSIVE}WithComments\""), 1), Reason::C14n),
        (
            "transform with comments",
            {
                let at = good.rfind(&format!("{EXCLUSIVE}\"")).unwrap();
                let (head, tail) = good.split_at(at);
                format!("{head}{}", tail.replacen(&format!("{EXCLUSIVE}\""), &format!("{EXCLUSIVE}WithComments\""), 1))
            },
            Reason::Transform,
        ),
        ("rsa-sha1", swap(RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"), Reason::Algorithm),
        ("hmac", swap(RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), Reason::Algorithm),
        ("sha1 digest", swap(SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"), Reason::Algorithm),
        ("digest of nothing", swap(digest, "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>"), Reason::C14n),
        ("comment in the digest", swap("<ds:DigestValue>", "<ds:DigestValue><!--x-->"), Reason::ForbiddenNode),
        (
            "retrieval method",
            swap(key_info, "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1:1/\"/></ds:KeyInfo>"),
            Reason::KeySource,
        ),
        ("foreign certificate", swap(signing_key(1).certificate().base64(), foreign), Reason::KeySource),
        (
            "prefix rebound",
            swap(
                "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
                "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X xmlns:ds=\"urn:x\"/>",
            ),
            Reason::Namespace,
        ),
        ("prefixed attribute", swap("<ds:Reference URI", "<ds:Reference xmlns:q=\"urn:q\" q:URI=\"#_2\" URI"), Reason::SignatureStructure),
        ("same id twice", swap("<p:Body>", "<p:Body ID=\"_1\">"), Reason::DuplicateId),
    ];
    for (name, xml, expected) in cases {
        assert_ne!(xml, good, "{name} is no mutation");
        assert_eq!(judge(&xml, &[peer_key(1)]), Err(expected), "{name}");
    }
    assert_eq!(judge(&good, &[peer_key(1)]), Ok(()));
}

#[test]
fn what_real_services_say_of_their_key_is_taken() {
    let (xml, own) = (signed(), signing_key(1));
    let info = between(&xml, "<ds:KeyInfo", "</ds:KeyInfo>");
    let certificate = format!("<ds:X509Certificate>{}</ds:X509Certificate>", own.certificate().base64());
    for said in [
        "<ds:KeyName>https://sp.example</ds:KeyName>".to_owned(),
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
            .to_owned(),
        format!("<ds:X509Data>\n <ds:X509SubjectName>CN=sp</ds:X509SubjectName>\n {certificate}\n</ds:X509Data>"),
        "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=ca</ds:X509IssuerName><ds:X509SerialNumber> 7 </ds:X509SerialNumber>\
         </ds:X509IssuerSerial><ds:X509SKI>AQAB</ds:X509SKI></ds:X509Data>"
            .to_owned(),
    ] {
        let xml = xml.replace(info, &format!("<ds:KeyInfo xmlns:ds=\"{DSIG}\">{said}</ds:KeyInfo>"));
        assert_eq!(judge(&xml, &[peer_key(1)]), Ok(()), "{said}");
    }
    let ended = "</ds:X509Certificate>";
    for (from, to) in [
        (ended, format!("{ended}<ds:Transforms><ds:Transform/></ds:Transforms>")),
        ("<ds:X509Certificate>", "<ds:X509Certificate Type=\"x\">".to_owned()),
        (info, "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>".to_owned()),
    ] {
        assert_eq!(judge(&xml.replace(from, &to), &[peer_key(1)]), Err(Reason::KeySource), "{to}");
    }
}

#[test]
fn another_partys_key_is_named_as_such() {
    let without_certificate = {
        let xml = signed();
        xml.replace(between(&xml, "<ds:KeyInfo", "</ds:KeyInfo>"), "")
    };
    assert_eq!(judge(&without_certificate, &[peer_key(1)]), Ok(()));
    assert_eq!(judge(&without_certificate, &[peer_key(2)]), Err(Reason::WrongKey));
    assert_eq!(judge(&without_certificate, &[elliptic().1]), Err(Reason::WrongKey));
    assert_eq!(judge(&without_certificate, &[]), Err(Reason::WrongKey));
    assert_eq!(judge(&signed(), &[peer_key(2)]), Err(Reason::KeySource));
}

#[test]
fn elliptic_and_pss_signatures_of_xml_verify() {
    const PSS: &str = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    let xml = signed();
    let xml = xml.replace(between(&xml, "<ds:KeyInfo", "</ds:KeyInfo>"), "");
    let old = between(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>").to_owned();
    let (key, peer) = elliptic();
    let by_curve = xml.replace(RSA_SHA256, ECDSA);
    let der = Signer::new(MessageDigest::sha256(), &key)
        .unwrap()
        .sign_oneshot_to_vec(between(&by_curve, "<ds:SignedInfo", "</ds:SignedInfo>").as_bytes())
        .unwrap();
    let parsed = openssl::ecdsa::EcdsaSig::from_der(&der).unwrap();
    let raw = [parsed.r().to_vec_padded(32).unwrap(), parsed.s().to_vec_padded(32).unwrap()].concat();
    let by_curve = by_curve.replace(&old, &format!("<ds:SignatureValue>{}</ds:SignatureValue>", BASE64.encode(raw)));
    assert_eq!(judge(&by_curve, &[peer_key(1), peer.clone()]), Ok(()));
    assert_eq!(judge(&by_curve.replace("æøå", "x"), &[peer]), Err(Reason::BadSignature));
    let (private, peer) = pss_pair();
    let by_pss = xml.replace(RSA_SHA256, PSS);
    let value = sign_pss(&private, between(&by_pss, "<ds:SignedInfo", "</ds:SignedInfo>").as_bytes());
    let by_pss = by_pss.replace(&old, &format!("<ds:SignatureValue>{}</ds:SignatureValue>", BASE64.encode(value)));
    assert_eq!(judge(&by_pss, std::slice::from_ref(&peer)), Ok(()));
    assert_eq!(judge(&by_pss.replace("æøå", "x"), &[peer]), Err(Reason::BadSignature));
    // A PSS name over a PKCS#1 signature must not verify.
    assert_eq!(judge(&xml.replace(RSA_SHA256, PSS), &[peer_key(1)]), Err(Reason::BadSignature));
}

#[test]
fn octets_verify_as_they_are_and_not_otherwise() {
    let query = "SAMLRequest=abc%2f&RelayState=x&SigAlg=y";
    let value = BASE64.decode(sign_query(query, signing_key(1)).unwrap()).unwrap();
    let verify = |octets: &str, algorithm: &str, keys: &[PeerKey]| verify_octets(octets.as_bytes(), algorithm, &value, keys);
    assert_eq!(verify(query, RSA_SHA256, &[peer_key(2), peer_key(1)]), Ok(()));
    assert_eq!(verify(&query.replace("%2f", "%2F"), RSA_SHA256, &[peer_key(1)]), Err(Reason::BadSignature));
    assert_eq!(verify(query, RSA_SHA256, &[peer_key(2)]), Err(Reason::WrongKey));
    assert_eq!(verify(query, RSA_SHA256, &[elliptic().1]), Err(Reason::WrongKey));
    for unknown in ["http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "none", ""] {
        assert_eq!(verify(query, unknown, &[peer_key(1)]), Err(Reason::Algorithm), "{unknown}");
    }
}

#[test]
fn octets_signed_on_a_curve_or_with_pss_verify() {
    let octets = b"SAMLRequest=a&SigAlg=b";
    let (key, peer) = elliptic();
    let der = Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(octets).unwrap();
    let parsed = openssl::ecdsa::EcdsaSig::from_der(&der).unwrap();
    let raw = [parsed.r().to_vec_padded(32).unwrap(), parsed.s().to_vec_padded(32).unwrap()].concat();
    let algorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    assert_eq!(verify_octets(octets, algorithm, &raw, std::slice::from_ref(&peer)), Ok(()));
    assert_eq!(verify_octets(octets, algorithm, &der, &[peer]), Err(Reason::BadSignature));

    let (private, peer) = pss_pair();
    let value = sign_pss(&private, octets);
    let algorithm = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    assert_eq!(verify_octets(octets, algorithm, &value, std::slice::from_ref(&peer)), Ok(()));
    assert_eq!(verify_octets(b"SAMLRequest=b&SigAlg=b", algorithm, &value, &[peer]), Err(Reason::BadSignature));
}

#[test]
fn the_worst_message_within_the_limits_is_judged_quickly() {
    let mut worst = unsigned();
    let declared: String = (0..28).map(|n| format!(" xmlns:q{n}=\"urn:{n}\"")).collect();
    let nested: String = (0..4).map(|n| format!("<x{}>", declared.replace("xmlns:q", &format!("xmlns:q{n}_")))).collect();
    let leaves = format!("<y>{}</y>", "z".repeat(80)).repeat(1900);
    worst.xml.insert_str(worst.place, &format!("{nested}{leaves}</x></x></x></x>"));
    let signed = worst.sign(signing_key(1)).unwrap();
    let start = std::time::Instant::now();
    // What was hashed here is not its canonical form, so it cannot verify; the time to find that out counts.
    assert_eq!(judge(&signed, &[peer_key(1)]), Err(Reason::BadSignature));
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
}

fn pss_pair() -> (PKey<Private>, PeerKey) {
    let (pem, certificate) = self_signed("PSS", 2048, jiff::Timestamp::UNIX_EPOCH, 1, &SeededRandom::new(9)).unwrap();
    let der = X509::from_pem(&certificate).unwrap().to_der().unwrap();
    (PKey::private_key_from_pem(pem.expose()).unwrap(), PeerKey::from_der(&der).unwrap())
}

fn sign_pss(key: &PKey<Private>, octets: &[u8]) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
    signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
    signer.sign_oneshot_to_vec(octets).unwrap()
}
