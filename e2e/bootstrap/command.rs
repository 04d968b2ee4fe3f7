//! `portvagt relying-party bootstrap` and `portvagt person uuid`, as operators use them.

use crate::{
    actors::{KeyPair, SamlService},
    cli::Desk,
};

const CLINIC: &str = "https://saml.clinic.test";

/// The command with its arguments.
fn bootstrap<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["relying-party", "bootstrap"], more].concat()
}

#[test]
fn an_operator_registers_changes_and_removes_a_client_of_the_sts() {
    let desk = Desk::with_anna();
    let clinic = SamlService::named("clinic");
    desk.good(&["relying-party", "add", "-"], &clinic.metadata());
    assert!(desk.refused(&bootstrap(&["show", CLINIC]), "").contains("gets no bootstrap tokens"));
    assert!(desk.refused(&bootstrap(&["set", CLINIC]), "").contains("name the certificate"));
    assert!(desk.refused(&bootstrap(&["set", "https://saml.nobody.test"]), "").contains("no relying party is registered"));

    let der = openssl::base64::decode_block(&KeyPair::named("clinic sts client").certificate).unwrap();
    std::fs::write(desk.path().join("client.der"), &der).unwrap();
    std::fs::write(desk.path().join("client.pem"), openssl::x509::X509::from_der(&der).unwrap().to_pem().unwrap()).unwrap();
    std::fs::write(desk.path().join("client.txt"), "no certificate").unwrap();
    assert!(desk.refused(&bootstrap(&["set", CLINIC, "--certificate", "client.txt"]), "").contains("cannot be read"));
    for (more, words) in [
        (["--audience", "sts.sosi.dk"], "absolute URI"),
        (["--lifetime", "29"], "30 seconds to 12 hours"),
        (["--lifetime", "43201"], "30 seconds to 12 hours"),
        (["--environment", " "], "1 to 40 letters"),
    ] {
        let refused = desk.refused(&bootstrap(&[&["set", CLINIC, "--certificate", "client.pem"][..], &more].concat()), "");
        assert!(refused.contains(words), "{refused}");
    }
    let words = desk.good(&bootstrap(&["set", CLINIC, "--certificate", "client.pem", "--environment", "test1"]), "");
    assert!(words.contains("https://sts.sosi.dk/ (test1)") && words.contains("the login goes through"), "{words}");
    let set = |more: &[&str]| desk.json(&bootstrap(&[&["set", CLINIC], more].concat()), "");
    let shown = set(&["--lifetime", "28800", "--required", "true", "--certificate", "client.der"]);
    assert_eq!((&shown["lifetime_seconds"], &shown["required"]), (&28_800.into(), &true.into()));
    assert_eq!(
        (&shown["environment"], &shown["profile"], &shown["least_level"]),
        (&"test1".into(), &"oioh3".into(), &"substantial".into())
    );
    assert!(desk.good(&bootstrap(&["set", CLINIC, "--profile", "oioh2"]), "").contains("tells the person's CPR number"));
    assert_eq!(desk.json(&bootstrap(&["show", CLINIC]), "")["required"], true, "what is not given stays");

    // Every change is in the trail.
    let trail = desk.json(&["audit", "list"], "");
    let saved = trail.as_array().unwrap().iter().filter(|event| event["kind"] == "relying_party.saved").count();
    assert_eq!(saved, 4, "{trail}");
    // Made anew, it gets none until somebody decides so again; fresh metadata alone changes nothing.
    desk.good(&["relying-party", "add", "-", "--replace"], &clinic.metadata());
    desk.good(&bootstrap(&["show", CLINIC]), "");
    desk.good(&["relying-party", "add", "-", "--anew"], &clinic.metadata());
    assert!(desk.refused(&bootstrap(&["show", CLINIC]), "").contains("gets no bootstrap tokens"));
    desk.good(&bootstrap(&["set", CLINIC, "--certificate", "client.pem"]), "");
    desk.good(&bootstrap(&["remove", CLINIC]), "");
    assert!(desk.refused(&bootstrap(&["remove", CLINIC]), "").contains("gets no bootstrap tokens"));
    // Without encryption there is none.
    desk.good(&["relying-party", "add", "-", "--replace", "--no-encryption"], &clinic.metadata());
    assert!(desk.refused(&bootstrap(&["set", CLINIC, "--certificate", "client.pem"]), "").contains("registered without encryption"));
}

#[test]
fn an_operator_states_whom_mitid_erhverv_knows() {
    let desk = Desk::with_anna();
    let uuid = "53767053-0628-4176-b66f-0da3a0b6e868";
    assert!(desk.good(&["person", "uuid", "anna", uuid], "").contains("MitID Erhverv knows 'anna'"));
    assert!(desk.good(&["person", "show", "anna"], "").contains(uuid));
    let more = ["person", "add", "bo", "--given-name", "Bo", "--family-name", "Larsen", "--without-password"];
    desk.good(&more, "");
    assert!(desk.refused(&["person", "uuid", "bo", uuid], "").contains("the persistent UUID is taken"));
    assert!(desk.refused(&["person", "uuid", "bo", "00000000-0000-0000-0000-000000000000"], "").contains("nobody's"));
    assert!(desk.refused(&["person", "uuid", "carl", uuid], "").contains("nobody has the user name"));
}
