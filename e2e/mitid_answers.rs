//! Our side as NemLog-in's service provider: every forged, replayed, mis-addressed, unsigned, wrapped, unencrypted or
//! downgraded answer is refused with its reason, and the sound answer to the very same question goes through.

use openssl::{hash::MessageDigest, rsa::Padding, symm::Cipher};

use crate::{
    forge::{SAML, stranger, swap},
    house::{
        Plan,
        mitid::{NEMLOGIN, NEMLOGIN_SSO, OWN, TERMS, idp_metadata, nemlogin_key},
        on_both, on_both_by,
    },
    login_stages::incident,
    login_throttle::bare,
    mitid_case::{Asking, BEARER, CPR, SUCCESS, Sealing, encrypt, inflated, verdict},
};

/// What is wrong with an answer, the answer, and the reason expected.
type Case = (&'static str, String, &'static str);

/// Holds all of them against one question, then lets the sound answer through.
async fn hold(asking: &mut Asking, cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for (name, response, reason) in &cases {
        wrong.extend(asking.refuse(name, response, reason).await.err());
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_eq!(asking.proofings().await, 0, "nothing was proved");
    let sound = asking.sound();
    let page = asking.return_with(&sound).await;
    assert!(page.status == 200 && page.url.path() == "/account", "the control goes through: {}", page.describe());
    assert_eq!(asking.proofings().await, 1);
}

#[tokio::test]
async fn the_question_asks_for_level_profile_and_presence_signed() {
    on_both(|house| async move {
        let asking = Asking::of(&house, "anna", CPR).await;
        let raw = asking.url.query().expect("a query");
        assert!(asking.url.as_str().starts_with(NEMLOGIN_SSO));
        let parameter = |name: &str| asking.url.query_pairs().find(|(key, _)| key == name).expect("a parameter").1.into_owned();
        let xml = inflated(&parameter("SAMLRequest"));
        for part in [
            format!("Destination=\"{NEMLOGIN_SSO}\""),
            format!("AssertionConsumerServiceURL=\"{}\"", asking.acs()),
            "ForceAuthn=\"true\"".to_owned(),
            format!(">{OWN}</saml:Issuer>"),
            "Comparison=\"minimum\"".to_owned(),
            ">https://data.gov.dk/concept/core/nsis/loa/Substantial<".to_owned(),
            ">https://data.gov.dk/eid/Person<".to_owned(),
        ] {
            assert!(xml.contains(&part), "{part} in {xml}");
        }
        assert_eq!(parameter("SigAlg"), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
        let (signed, signature) = raw.split_once("&Signature=").expect("a signature");
        let signature =
            openssl::base64::decode_block(&percent_encoding::percent_decode_str(signature).decode_utf8_lossy()).expect("base64");
        let key = asking.house.app.mitid.nemlogin.as_ref().expect("a road").own.signing.certificate_der().to_vec();
        let key = openssl::x509::X509::from_der(&key).and_then(|x509| x509.public_key()).expect("a key");
        let mut verifier = openssl::sign::Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
        assert!(verifier.verify_oneshot(&signature, signed.as_bytes()).expect("a verdict"), "signed over the raw query");
    })
    .await;
}

#[tokio::test]
async fn a_forged_signed_or_wrapped_answer_is_refused() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let key = nemlogin_key();
        let seal = |assertion: &str| asking.response(&encrypt(assertion, &Sealing::usual())).bare();
        let draft = asking.assertion();
        let evil = asking.assertion().with(&draft.id, "_evil").with(CPR, "0202802345");
        let signed = draft.signed(key);
        // The signed assertion hidden inside an evil one: the classic wrapping (XSW).
        let signature = draft.signature(key);
        let wrapped =
            evil.enveloping(&swap(&signature, "</ds:Signature>", &format!("<ds:Object>{}</ds:Object></ds:Signature>", draft.bare())));
        let evil_before = format!("{}{}", evil.before, evil.after.replace("</saml:Assertion>", &format!("{signed}</saml:Assertion>")));
        let split = swap(&signed, CPR, &format!("{}<!-- -->{}", &CPR[..6], &CPR[6..]));
        let cases = vec![
            ("unsigned assertion", seal(&draft.bare()), "unsigned"),
            ("another's key", seal(&draft.signed(&stranger())), "key_source"),
            (
                "another's key under NemLog-in's certificate",
                seal(&swap(&draft.signed(&stranger()), &stranger().certificate, &key.certificate)),
                "wrong_key",
            ),
            ("altered after signing", seal(&swap(&signed, CPR, "0202802345")), "bad_signature"),
            ("level raised after signing", seal(&swap(&signed, ">Substantial<", ">High<")), "bad_signature"),
            ("signature of another assertion", seal(&evil.enveloping(&draft.signature(key))), "reference"),
            ("wrapped in the signature", seal(&wrapped), "signature_structure"),
            ("wrapped inside an evil one", seal(&evil_before), "signature_structure"),
            ("a comment that splits the CPR number", seal(&split), "forbidden_node"),
            (
                "SHA-1",
                seal(&draft.enveloping(
                    &swap(&signature, "xmldsig-more#rsa-sha256", "xmldsig#rsa-sha1").replace("2001/04/xmldsig#", "2000/09/xmldsig#"),
                )),
                "algorithm",
            ),
            (
                "two assertions inside",
                seal(&format!("<saml:Assertion xmlns:saml=\"{SAML}\">{signed}{signed}</saml:Assertion>")),
                "duplicate_id",
            ),
            (
                "something else inside",
                seal("<saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">x</saml:NameID>"),
                "unsigned",
            ),
            ("no XML inside", seal("CPR 0202802345"), "schema"),
            ("the response signed by a stranger", asking.response(&encrypt(&signed, &Sealing::usual())).signed(&stranger()), "key_source"),
        ];
        hold(&mut asking, cases).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_in_the_clear_or_badly_encrypted_is_refused() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let signed = asking.assertion().signed(nemlogin_key());
        let sealed = encrypt(&signed, &Sealing::usual());
        let seal = |sealing: &Sealing| asking.response(&encrypt(&signed, sealing)).bare();
        let cbc = || Sealing { content: "http://www.w3.org/2001/04/xmlenc#aes256-cbc", cipher: Cipher::aes_256_cbc(), ..Sealing::usual() };
        let pkcs1 = Sealing { transport: "http://www.w3.org/2001/04/xmlenc#rsa-1_5", padding: Padding::PKCS1, ..Sealing::usual() };
        let disguised = Sealing { padding: Padding::PKCS1, ..Sealing::usual() };
        let broken = swap(&sealed, "<xenc:CipherValue>", "<xenc:CipherValue>AAAA");
        let cases = vec![
            ("plain", asking.response(&signed).bare(), "not_encrypted"),
            ("plain beside encrypted", asking.response(&format!("{signed}{sealed}")).bare(), "not_encrypted"),
            ("none", asking.response("").bare(), "assertion_count"),
            ("two encrypted", asking.response(&format!("{sealed}{sealed}")).bare(), "assertion_count"),
            ("for another key", asking.response(&encrypt(&signed, &Sealing::for_key(&stranger()))).bare(), "decryption"),
            ("RSA PKCS#1 v1.5", seal(&pkcs1), "encryption_algorithm"),
            ("RSA PKCS#1 v1.5 called OAEP", seal(&disguised), "decryption"),
            ("AES-CBC", seal(&cbc()), "encryption_algorithm"),
            ("Triple DES", seal(&Sealing { content: "http://www.w3.org/2001/04/xmlenc#tripledes-cbc", ..cbc() }), "encryption_algorithm"),
            (
                "GCM called by another length",
                seal(&Sealing { content: "http://www.w3.org/2009/xmlenc11#aes128-gcm", ..Sealing::usual() }),
                "decryption",
            ),
            ("altered cipher text", asking.response(&broken).bare(), "decryption"),
            (
                "a second key",
                asking
                    .response(&swap(&sealed, "</xenc:EncryptedData>", "</xenc:EncryptedData><xenc:EncryptedKey></xenc:EncryptedKey>"))
                    .bare(),
                "schema",
            ),
            (
                "OAEP parameters",
                asking.response(&swap(&sealed, "<ds:DigestMethod", "<xenc:OAEPparams>AA==</xenc:OAEPparams><ds:DigestMethod")).bare(),
                "encryption_algorithm",
            ),
        ];
        hold(&mut asking, cases).await;
        for sealing in [
            Sealing {
                content: "http://www.w3.org/2009/xmlenc11#aes128-gcm",
                cipher: Cipher::aes_128_gcm(),
                beside: true,
                ..Sealing::usual()
            },
            Sealing {
                transport: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
                digest: ("http://www.w3.org/2000/09/xmldsig#sha1", MessageDigest::sha1()),
                mask: (None, MessageDigest::sha1()),
                ..Sealing::usual()
            },
        ] {
            house.advance(2);
            asking.again().await;
            let response = asking.response(&encrypt(&asking.assertion().signed(nemlogin_key()), &sealing)).bare();
            let page = asking.return_with(&response).await;
            assert!(page.status == 200 && page.url.path() == "/account", "{}: {}", sealing.content, page.describe());
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_somebody_else_or_another_question_is_refused() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let other = Asking::of(&house, "bo", "0303803456").await;
        let (acs, request) = (asking.acs(), asking.request.clone());
        let with = |from: &str, to: &str| asking.sealed(&asking.assertion().with(from, to));
        let envelope = |from: &str, to: &str| swap(&asking.sound(), from, to);
        let cases = vec![
            ("another audience", with(&format!(">{OWN}<"), ">https://saml.other.test<"), "audience"),
            ("no audience", with(&format!("<saml:Audience>{OWN}</saml:Audience>"), ""), "audience"),
            (
                "no restriction",
                with(&format!("<saml:AudienceRestriction><saml:Audience>{OWN}</saml:Audience></saml:AudienceRestriction>"), ""),
                "audience",
            ),
            ("another recipient", with(&format!("Recipient=\"{acs}\""), "Recipient=\"https://evil.test/acs\""), "recipient"),
            ("a recipient that begins like ours", with(&format!("Recipient=\"{acs}\""), &format!("Recipient=\"{acs}/\"")), "recipient"),
            (
                "another question inside",
                with(&format!("InResponseTo=\"{request}\""), &format!("InResponseTo=\"{}\"", other.request)),
                "in_response_to",
            ),
            ("no question inside", with(&format!("InResponseTo=\"{request}\" "), ""), "in_response_to"),
            (
                "another question outside",
                envelope(&format!("InResponseTo=\"{request}\""), "InResponseTo=\"_never-asked\""),
                "in_response_to",
            ),
            (
                "another's question outside",
                envelope(&format!("InResponseTo=\"{request}\""), &format!("InResponseTo=\"{}\"", other.request)),
                "relaystate",
            ),
            ("unsolicited", envelope(&format!("InResponseTo=\"{request}\" "), ""), "in_response_to"),
            ("another destination", envelope(&format!("Destination=\"{acs}\""), "Destination=\"https://evil.test/acs\""), "destination"),
            ("no destination", envelope(&format!("Destination=\"{acs}\" "), ""), "destination"),
            ("another issuer outside", envelope(NEMLOGIN, "https://saml.evil.test"), "issuer"),
            ("another issuer inside", with(NEMLOGIN, "https://saml.evil.test"), "issuer"),
            ("a sender to be vouched for", with(BEARER, "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"), "subject_confirmation"),
            (
                "a bearer with a beginning",
                with("NotOnOrAfter=\"", "NotBefore=\"2026-01-01T00:00:00Z\" NotOnOrAfter=\""),
                "subject_confirmation",
            ),
            (
                "no confirmation",
                {
                    let draft = asking.assertion();
                    let from = draft.after.find("<saml:SubjectConfirmation ").expect("it");
                    let to = draft.after.find("</saml:Subject>").expect("it");
                    asking.sealed(&draft.with(&draft.after[from..to], ""))
                },
                "subject_confirmation",
            ),
            ("an unknown condition", with("</saml:Conditions>", "<saml:Condition></saml:Condition></saml:Conditions>"), "schema"),
        ];
        let wrong_state = asking.post_with(&mut asking.visitor.clone(), &asking.sound(), &other.flow).await;
        verdict(&wrong_state, "relaystate").expect("another flow's relay state");
        hold(&mut asking, cases).await;
    })
    .await;
}

#[tokio::test]
async fn an_old_early_or_repeated_answer_is_refused() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        house.advance(400);
        let now = asking.instant(0);
        let with = |from: &str, to: &str| asking.sealed(&asking.assertion().with(from, to));
        let at = |name: &str, offset: i64| (format!("{name}=\"{now}\""), format!("{name}=\"{}\"", asking.instant(offset)));
        let dated = |name: &str, offset: i64| {
            let (from, to) = at(name, offset);
            with(&from, &to)
        };
        let (soon, later) = (asking.instant(300), asking.instant(600));
        let cases = vec![
            (
                "confirmation over",
                with(&format!("NotOnOrAfter=\"{soon}\""), &format!("NotOnOrAfter=\"{}\"", asking.instant(-180))),
                "expired",
            ),
            (
                "conditions over",
                with(&format!("NotOnOrAfter=\"{later}\""), &format!("NotOnOrAfter=\"{}\"", asking.instant(-180))),
                "expired",
            ),
            ("conditions not begun", dated("NotBefore", 182), "expired"),
            ("issued long ago", dated("IssueInstant", -181), "clock"),
            ("issued in the future", dated("IssueInstant", 182), "clock"),
            ("logged in before the question", dated("AuthnInstant", -400 - 181), "authn_instant"),
            ("logged in tomorrow", dated("AuthnInstant", 86_400), "authn_instant"),
            ("no zone", with(&format!("AuthnInstant=\"{now}\""), &format!("AuthnInstant=\"{}\"", now.trim_end_matches('Z'))), "clock"),
            (
                "the session over",
                with(
                    "SessionIndex=\"_session-1\"",
                    &format!("SessionIndex=\"_session-1\" SessionNotOnOrAfter=\"{}\"", asking.instant(-180)),
                ),
                "expired",
            ),
            (
                "an old response",
                swap(&asking.sound(), &format!("IssueInstant=\"{now}\""), &format!("IssueInstant=\"{}\"", asking.instant(-181))),
                "clock",
            ),
        ];
        let used = asking.assertion();
        hold(&mut asking, cases).await;
        asking.refuse("the same answer again", &asking.sealed(&used), "in_response_to").await.expect("refused");
        house.advance(2);
        let old = asking.request.clone();
        asking.again().await;
        let again = asking.assertion().with(&format!("_assertion-{}", asking.request), &format!("_assertion-{old}"));
        let id = again.before.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id").to_owned();
        let reborn = crate::forge::Draft { before: again.before.replace(&id, &used.id), after: again.after.clone(), id: used.id.clone() };
        asking.refuse("an assertion's id again", &asking.sealed(&reborn), "replay").await.expect("refused");
        let node = house.second_node().await;
        let page = asking.post(&mut asking.visitor.at_node(node.address.ip()), &asking.sealed(&reborn)).await;
        verdict(&page, "replay").expect("refused at the other node too");
        let sound = asking.sound();
        assert_eq!(asking.return_with(&sound).await.url.path(), "/account", "the control");
        node.close().await;
    })
    .await;
}

#[tokio::test]
async fn attributes_are_taken_by_the_letter() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let with = |from: &str, to: &str| asking.sealed(&asking.assertion().with(from, to));
        let cpr = format!("<saml:AttributeValue>{CPR}</saml:AttributeValue>");
        let level = "<saml:AttributeValue>Substantial</saml:AttributeValue>";
        let attribute = |name: &str, value: &str| format!("<saml:Attribute Name=\"https://data.gov.dk/{name}\">{value}</saml:Attribute>");
        let cases = vec![
            ("two CPR numbers", with(&cpr, &format!("{cpr}<saml:AttributeValue>0202802345</saml:AttributeValue>")), "attribute"),
            (
                "the attribute twice",
                with("</saml:AttributeStatement>", &format!("{}</saml:AttributeStatement>", attribute("model/core/eid/cprNumber", &cpr))),
                "attribute",
            ),
            (
                "an element in the CPR number",
                with(&cpr, "<saml:AttributeValue><saml:x>0101801234</saml:x></saml:AttributeValue>"),
                "attribute",
            ),
            ("a CPR number with a hyphen", with(CPR, "010180-1234"), "attribute"),
            ("a CPR number that is none", with(CPR, "9901801234"), "attribute"),
            ("no level", with(level, ""), "attribute"),
            ("a level of another spelling", with(">Substantial<", ">substantial<"), "attribute"),
            ("a level as an address", with(">Substantial<", ">https://data.gov.dk/concept/core/nsis/loa/High<"), "attribute"),
            ("another version", with("OIO-SAML-3.0", "DK-SAML-2.0"), "attribute"),
            (
                "an encrypted attribute",
                with("</saml:AttributeStatement>", "<saml:EncryptedAttribute></saml:EncryptedAttribute></saml:AttributeStatement>"),
                "schema",
            ),
            (
                "two statements",
                with("</saml:AttributeStatement>", "</saml:AttributeStatement><saml:AttributeStatement></saml:AttributeStatement>"),
                "schema",
            ),
            (
                "no login",
                {
                    let draft = asking.assertion();
                    let from = draft.after.find("<saml:AuthnStatement").expect("it");
                    let to = draft.after.find("<saml:AttributeStatement").expect("it");
                    asking.sealed(&draft.with(&draft.after[from..to], ""))
                },
                "schema",
            ),
            (
                "an employee's identity",
                with(
                    "</saml:AttributeStatement>",
                    &format!(
                        "{}</saml:AttributeStatement>",
                        attribute("model/core/eid/professional/cvr", "<saml:AttributeValue>12345678</saml:AttributeValue>")
                    ),
                ),
                "profile",
            ),
        ];
        hold(&mut asking, cases).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_too_little_is_told_and_proves_nothing() {
    on_both(|house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let status = |second: &str| {
            format!(
                "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode \
                 Value=\"urn:oasis:names:tc:SAML:2.0:status:{second}\"></samlp:StatusCode></samlp:StatusCode>"
            )
        };
        type Answer = Box<dyn Fn(&Asking) -> String>;
        let cases: Vec<(&str, Answer)> = vec![
            ("cancelled", Box::new(move |asking| asking.response_of(&status("AuthnFailed"), "").bare())),
            ("too-low", Box::new(|asking| asking.sealed(&asking.assertion().with(">Substantial<", ">Low<")))),
            ("too-low", Box::new(|asking| asking.sealed(&asking.assertion().with(">High<", ">Low<")))),
            ("no-cpr", Box::new(|asking| asking.sealed(&asking.assertion().with("model/core/eid/cprNumber", "model/core/eid/cprUuid")))),
            ("other-person", Box::new(|asking| asking.sealed(&asking.assertion().with(CPR, "0202802345")))),
            ("another name", Box::new(|asking| asking.sealed(&asking.assertion().with("Given anna Prøvesen", "Bo Larsen")))),
        ];
        for (word, answer) in cases {
            let response = answer(&asking);
            let page = asking.return_with(&response).await;
            assert!(page.status == 200 && page.find_form("/mitid/road").is_some(), "{word}: choose again: {}", page.describe());
            assert!(page.body.contains("role=\"alert\""), "{word} is told");
            let events = asking.house.new_events("mitid.refused").await;
            assert!(!events.is_empty(), "{word} is in the trail");
            assert_eq!(asking.proofings().await, 0, "{word}");
            house.advance(2);
            asking.again().await;
        }
        let unsigned = swap(&asking.sound(), SUCCESS, "urn:oasis:names:tc:SAML:2.0:status:Responder");
        asking.refuse("an assertion beside an error", &unsigned, "assertion_count").await.expect("refused");
        let sound = asking.sound();
        assert_eq!(asking.return_with(&sound).await.url.path(), "/account", "the control");
        let proved = asking.house.new_events("identity.proved").await;
        assert_eq!(proved.len(), 1);
        assert!(!format!("{proved:?}").contains(CPR), "no CPR number in the trail");
    })
    .await;
}

#[tokio::test]
async fn cbc_is_opened_only_where_a_setting_says_so() {
    let provider = idp_metadata(NEMLOGIN, NEMLOGIN_SSO, &nemlogin_key().certificate);
    let mut terms = TERMS;
    terms.allow_cbc = true;
    on_both_by(Plan { nemlogin: Some((provider, terms)), ..Plan::default() }, |house| async move {
        let mut asking = Asking::of(&house, "anna", CPR).await;
        let cbc = || Sealing { content: "http://www.w3.org/2001/04/xmlenc#aes256-cbc", cipher: Cipher::aes_256_cbc(), ..Sealing::usual() };
        let garbled = asking.response(&canonical(&encrypt("no XML at all", &cbc()))).signed(nemlogin_key());
        asking.refuse("what opens to nothing", &garbled, "decryption").await.expect("refused as if it had not opened");
        let sealed = canonical(&encrypt(&asking.assertion().signed(nemlogin_key()), &cbc()));
        let unsigned = asking.response(&sealed).bare();
        asking.refuse("CBC that nobody signed", &unsigned, "encryption_algorithm").await.expect("refused");
        let response = asking.response(&sealed).signed(nemlogin_key());
        assert_eq!(asking.return_with(&response).await.url.path(), "/account");
    })
    .await;
}

/// Whoever sends altered ciphertext learns nothing from how it is refused: CBC is not opened before the sender is known.
#[tokio::test]
async fn cbc_is_no_oracle_for_whoever_has_a_stolen_assertion() {
    let provider = idp_metadata(NEMLOGIN, NEMLOGIN_SSO, &nemlogin_key().certificate);
    let mut terms = TERMS;
    terms.allow_cbc = true;
    on_both_by(Plan { nemlogin: Some((provider, terms)), ..Plan::default() }, |house| async move {
        let asking = Asking::of(&house, "anna", CPR).await;
        let cbc = || Sealing { content: "http://www.w3.org/2001/04/xmlenc#aes256-cbc", cipher: Cipher::aes_256_cbc(), ..Sealing::usual() };
        let assertion = asking.assertion();
        let sound = encrypt(&assertion.signed(nemlogin_key()), &cbc());
        let cases = [
            ("what was stolen", sound.clone()),
            ("bad padding", spoiled(&sound)),
            ("good XML, unsigned", encrypt(&assertion.bare(), &cbc())),
            ("another's signature", encrypt(&assertion.signed(&stranger()), &cbc())),
            ("another element", encrypt("<x/>", &cbc())),
            ("no XML", encrypt("no XML at all", &cbc())),
        ];
        let mut seen = Vec::new();
        for (what, inside) in cases {
            for (who, response) in
                [("nobody", asking.response(&inside).bare()), ("a stranger", asking.response(&inside).signed(&stranger()))]
            {
                let page = asking.post(&mut house.visitor(), &response).await;
                assert_eq!(page.status, 400, "{what}, signed by {who}: {}", page.describe());
                seen.push((who, what, bare(&page).replace(&incident(&page), "")));
            }
        }
        for (who, what, page) in &seen {
            let (_, first, expected) = seen.iter().find(|(other, _, _)| other == who).expect("itself");
            assert_eq!(page, expected, "{what} and {first}, signed by {who}");
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM proofings").await, 0);
    })
    .await;
}

/// What `encrypt` wrote, as exclusive canonicalisation has it, so that it can stand in a response that is signed.
fn canonical(encrypted: &str) -> String {
    let (ds, xenc) = (" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"", " xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"");
    let text = swap(&swap(encrypted, ds, ""), xenc, "");
    let text = swap(&text, "<xenc:EncryptedData", &format!("<xenc:EncryptedData{xenc}"));
    let mut text = swap(&text, "<ds:KeyInfo", &format!("<ds:KeyInfo{ds}"));
    while let Some(end) = text.find("/>") {
        let name: String = text[text[..end].rfind('<').expect("an element") + 1..end].chars().take_while(|letter| *letter != ' ').collect();
        text.replace_range(end..end + 2, &format!("></{name}>"));
    }
    text
}

/// The last byte of the ciphertext is another one.
fn spoiled(encrypted: &str) -> String {
    let end = encrypted.rfind("</").and_then(|_| encrypted.rfind("CipherValue>")).expect("a cipher value");
    let text = &encrypted[..end];
    let end = text.rfind('<').expect("the end of it");
    let start = text[..end].rfind('>').expect("its beginning") + 1;
    let mut bytes = openssl::base64::decode_block(&encrypted[start..end]).expect("base64");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    format!("{}{}{}", &encrypted[..start], openssl::base64::encode_block(&bytes), &encrypted[end..])
}
