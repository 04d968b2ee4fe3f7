//! Bootstrap tokens: who gets one, what it says, and why one is withheld. A strict reader in Python and xmlsec1 judge them.
//! Spoiled tokens stand in
//! `bootstrap/spoiled.rs`, the way to the STS (simulated) in `bootstrap/exchange.rs`.

mod command;
mod cost;
mod exchange;
mod reader;
mod spoiled;

use portvagt::{
    crypto::keyring::SigningKey,
    domain::{
        assurance::Level,
        bootstrap::{ATTRIBUTE, Profile, STS},
        client::Terms,
    },
    service::bootstrap::{self, Wanted},
};

use crate::{
    actors::{Answer, Employee, KeyPair, SamlService},
    house::{House, Plan, log, on_both, on_both_by},
    referee,
    saml_case::incident_in,
};
use reader::{Reader, Verdict};

/// The UUID by which the register of the tests knows Anna.
const ANNA: &str = "53767053-0628-4176-b66f-0da3a0b6e868";

/// A house with a clinical system whose users are Anna and others.
struct Scene {
    house: House,
    clinic: SamlService,
    /// Of whoever exchanges the tokens: not what the service signs its requests with.
    client: KeyPair,
    anna: Employee,
}

impl Scene {
    async fn open(house: House) -> Self {
        let scene = Self::bare(house).await;
        scene.set(Wanted::default()).await;
        scene.state_uuid("anna", ANNA).await;
        scene
    }

    /// The same before anything is said of tokens.
    async fn bare(house: House) -> Self {
        let mut clinic = SamlService::named("clinic");
        clinic.requested = vec![ATTRIBUTE.to_owned()];
        house.register(&clinic.metadata()).await;
        let client = KeyPair::named("clinic sts client");
        // The certificate is made with the machine's clock; the house's stands still.
        house.advance(60);
        let anna = house.employee("anna").await;
        Self { house, clinic, client, anna }
    }

    async fn set(&self, wanted: Wanted) {
        let certificate = openssl::base64::decode_block(&self.client.certificate).expect("base64");
        let wanted = Wanted { certificate: wanted.certificate.or(Some(certificate)), ..wanted };
        let (ground, by) = (&self.house.app.ground, self.house.operator());
        bootstrap::set(ground, &by, &self.clinic.entity_id, wanted).await.expect("terms");
    }

    async fn state_uuid(&self, username: &str, uuid: &str) {
        let (ground, by) = (&self.house.app.ground, self.house.operator());
        let (name, uuid) = (username.parse().expect("a name"), uuid.parse().expect("a UUID"));
        bootstrap::state_uuid(ground, &by, &name, uuid).await.expect("a UUID");
    }

    /// Anna's sign-on at the clinical system.
    async fn sign_on(&self) -> Answer {
        let mut visitor = self.anna.at_home(&self.house).await;
        let page = self.clinic.send(&self.house, &mut visitor, &self.clinic.request(&self.house)).await;
        self.clinic.read(&self.house, &page)
    }

    /// The token she comes with, as the attribute holds it.
    async fn token(&self) -> String {
        let answer = self.sign_on().await;
        answer.assertion().value("bootstrapToken").unwrap_or_else(|| panic!("no token: {}", answer.assertion().xml)).to_owned()
    }

    fn key(&self) -> &SigningKey {
        self.house.app.desk.keyring.for_bootstrap()
    }

    fn judge(&self, reader: &mut Reader, token: &str) -> Verdict {
        reader.judge(&reader::Question {
            token,
            issuer: "https://saml.testkommune.test",
            audience: STS,
            holder: &self.client.certificate,
            trusted: &[self.key().certificate().base64()],
            now: self.house.now(),
        })
    }

    /// She gets in without a token, and the trail and the log say why.
    async fn expect_withheld(&self, why: &str) {
        let answer = self.sign_on().await;
        let assertion = answer.assertion();
        assert!(assertion.value("bootstrapToken").is_none(), "{why}: {}", assertion.xml);
        assert!(assertion.value("orgName").is_some(), "the control: she is let in");
        let event = self.house.events("saml.assertion.issued").await.remove(0);
        assert_eq!(event.details.get("bootstrap_withheld").map(String::as_str), Some(why), "{:?}", event.details);
        assert!(!event.details.contains_key("bootstrap_token"));
        let lines = log::of(&event.incident);
        assert!(lines.iter().any(|line| line["event"] == "saml.bootstrap.withheld" && line["reason"] == why), "{lines:?}");
    }
}

fn text(token: &str) -> String {
    String::from_utf8(openssl::base64::decode_block(token).expect("base64")).expect("UTF-8")
}

#[tokio::test]
async fn a_token_goes_to_the_service_that_exchanges_it_and_to_no_other() {
    on_both(async |house: House| {
        let scene = Scene::open(house).await;
        let mut reader = Reader::start();
        let token = scene.token().await;
        let verdict = scene.judge(&mut reader, &token);
        assert!(verdict.accepted, "{} {}: {}", verdict.fault, verdict.why, text(&token));
        let said = |name: &str| verdict.said[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(said("https://data.gov.dk/concept/core/nsis/loa"), "Substantial");
        assert_eq!(said("https://data.gov.dk/model/core/eid/professional/cvr"), "90000001");
        assert_eq!(said("https://data.gov.dk/model/core/eid/professional/uuid/persistent"), format!("urn:uuid:{ANNA}"));
        assert_eq!(said("NameID"), format!("urn:uuid:{ANNA}"));
        assert_eq!(verdict.said.as_object().expect("names").len(), 6 + 2, "nothing besides: {:?}", verdict.said);
        referee::schema::expect_valid("token", &text(&token));

        // The event names the token; the next one is another.
        let event = scene.house.events("saml.assertion.issued").await.remove(0);
        assert_eq!(event.details["bootstrap"], "oioh3");
        assert_eq!(event.details["bootstrap_token"], said("ID"));
        assert_ne!(scene.judge(&mut reader, &scene.token().await).said["ID"], verdict.said["ID"]);

        // A service that nobody registered for it gets none, and nobody wonders.
        let other = SamlService::at(&scene.house, "other").await;
        let mut visitor = scene.anna.at_home(&scene.house).await;
        let page = other.send(&scene.house, &mut visitor, &other.request(&scene.house)).await;
        let xml = &other.read(&scene.house, &page).assertion().xml.clone();
        assert!(!xml.contains(ATTRIBUTE), "{xml}");
        let event = scene.house.events("saml.assertion.issued").await.remove(0);
        assert!(!event.details.contains_key("bootstrap") && !event.details.contains_key("bootstrap_withheld"), "{:?}", event.details);

        // Its certificate is what the token names, also after it was changed: the change counts at once.
        let renewed = KeyPair::named("clinic renewed");
        let der = openssl::base64::decode_block(&renewed.certificate).expect("base64");
        scene.set(Wanted { certificate: Some(der), ..Wanted::default() }).await;
        let verdict = scene.judge(&mut reader, &scene.token().await);
        assert_eq!((verdict.accepted, verdict.fault.as_str()), (false, "holder"));
        bootstrap::remove(&scene.house.app.ground, &scene.house.operator(), &scene.clinic.entity_id).await.expect("removed");
        scene.expect_withheld("no_certificate").await;
        scene.house.unregister(&scene.clinic.entity_id).await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_could_not_be_used_is_withheld_and_the_trail_says_why() {
    on_both(async |house: House| {
        let scene = Scene::bare(house).await;
        // It asks for a token, but nobody registered a certificate.
        scene.expect_withheld("no_certificate").await;
        scene.set(Wanted::default()).await;
        // Her UUID was made up here.
        scene.expect_withheld("no_uuid").await;
        scene.state_uuid("anna", ANNA).await;
        scene.token().await;
        scene.set(Wanted { least_level: Some(Level::High), ..Wanted::default() }).await;
        scene.expect_withheld("level").await;
        scene.set(Wanted { least_level: Some(Level::Low), profile: Some(Profile::OioH2), ..Wanted::default() }).await;
        scene.expect_withheld("no_cpr").await;
        scene.set(Wanted { profile: Some(Profile::OioH3), ..Wanted::default() }).await;
        scene.token().await;
        // Somebody lifts encryption afterwards; before, it can't be asked for.
        scene.house.register_on(&scene.clinic.metadata(), Terms { encrypt: false, ..Terms::default() }).await;
        scene.expect_withheld("not_encrypted").await;
        let refused = bootstrap::set(&scene.house.app.ground, &scene.house.operator(), &scene.clinic.entity_id, Wanted::default()).await;
        assert!(matches!(refused, Err(bootstrap::Refusal::NotEncrypted(_))), "{refused:?}");
        scene.house.register(&scene.clinic.metadata()).await;
        scene.token().await;
        // The certificate runs out after 30 days.
        scene.house.advance(31 * 86_400);
        scene.expect_withheld("certificate_date").await;
    })
    .await;
}

#[tokio::test]
async fn where_the_service_can_do_nothing_without_a_token_the_login_fails() {
    on_both(async |house: House| {
        let scene = Scene::bare(house).await;
        scene.set(Wanted { required: Some(true), ..Wanted::default() }).await;
        let answer = scene.sign_on().await;
        assert_eq!(answer.status, ["Responder", "RequestDenied"]);
        assert!(answer.assertion.is_none() && !answer.xml.contains("Assertion>"), "{}", answer.xml);
        let message = answer.message.expect("a message");
        assert!(message.ends_with("no bootstrap token, the person has no UUID that a national register knows"), "{message}");
        let event = scene.house.events("saml.response.error").await.remove(0);
        assert_eq!(event.details["bootstrap_withheld"], "no_uuid");
        assert_eq!(Some(event.incident.to_string()), incident_in(&message));
        scene.state_uuid("anna", ANNA).await;
        scene.token().await;
    })
    .await;
}

#[tokio::test]
async fn the_other_shapes_are_told_apart_as_the_sts_does() {
    let scene = Scene::open(House::sqlite().await).await;
    scene.house.give_cpr("anna", "6101801111").await;
    scene.house.prove("anna", Level::Substantial).await;
    let mut reader = Reader::start();
    scene.set(Wanted { profile: Some(Profile::Oio3), ..Wanted::default() }).await;
    let token = scene.token().await;
    let verdict = scene.judge(&mut reader, &token);
    assert_eq!((verdict.fault.as_str(), verdict.why.as_str()), ("spec", "read as OIO3"));
    let xml = text(&token);
    assert!(xml.contains(&format!("<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">https://data.gov.dk/model/core/eid/professional/uuid/{ANNA}<")));
    assert!(!xml.contains("6101801111"), "no CPR number");

    scene.set(Wanted { profile: Some(Profile::OioH2), ..Wanted::default() }).await;
    let xml = text(&scene.token().await);
    for (name, value) in [
        ("dk:gov:saml:attribute:SpecVer", "DK-SAML-2.0"),
        ("dk:gov:saml:attribute:AssuranceLevel", "3"),
        ("dk:gov:saml:attribute:CvrNumberIdentifier", "90000001"),
        ("urn:oid:2.5.4.10", "Testkommune"),
        ("dk:gov:saml:attribute:CprNumberIdentifier", "6101801111"),
    ] {
        let attribute = format!(
            "<saml:Attribute Name=\"{name}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\"><saml:AttributeValue xsi:type=\"xs:string\">{value}<"
        );
        assert!(xml.contains(&attribute), "{name}: {xml}");
    }
    assert!(!xml.contains("specVersion"));
    let certificate = scene.key().certificate().base64().to_owned();
    assert!(referee::xmlsec::verifies(&xml, &["Assertion"], &certificate));
    assert!(!referee::xmlsec::verifies(&xml.replace("90000001", "90000002"), &["Assertion"], &certificate));
    // The CPR number is in the token alone: not in the trail, not in the log, not in the assertion around it.
    let event = scene.house.events("saml.assertion.issued").await.remove(0);
    assert!(!format!("{:?}", event.details).contains("6101801111"));
}

/// What the STS knows is a key of its own; services know the other.
#[tokio::test]
async fn tokens_may_be_signed_with_a_key_of_their_own() {
    let pair = KeyPair::make("Testkommune bootstrap", 3072).expect("a key");
    let der = openssl::base64::decode_block(&pair.certificate).expect("base64");
    let pem = openssl::x509::X509::from_der(&der).expect("a certificate").to_pem().expect("PEM");
    let key = pair.key.private_key_to_pem_pkcs8().expect("PEM");
    let key = SigningKey::from_pem(&key, &pem, None, false).expect("a key");
    on_both_by(Plan { bootstrap_key: Some(key), ..Plan::default() }, async |house: House| {
        let scene = Scene::open(house).await;
        let mut reader = Reader::start();
        // `read` has checked the assertion around it by the key that services know.
        let token = scene.token().await;
        assert!(text(&token).contains(scene.key().certificate().base64()));
        assert!(scene.judge(&mut reader, &token).accepted);
        assert_ne!(scene.key().fingerprint(), scene.house.app.desk.keyring.active.fingerprint());
        let published =
            portvagt::service::saml::own_metadata(&scene.house.app.desk, &scene.house.app.ground, false, true).expect("metadata");
        assert!(!published.contains(scene.key().certificate().base64()), "services need not know it");
        assert!(published.contains(ATTRIBUTE));
    })
    .await;
}

#[tokio::test]
async fn every_spoiled_token_is_refused_for_its_fault() {
    let scene = Scene::open(House::sqlite().await).await;
    let mut reader = Reader::start();
    let token = scene.token().await;
    assert!(scene.judge(&mut reader, &token).accepted, "the control");
    let all = spoiled::all(&text(&token), scene.key(), &KeyPair::named("a stranger"));
    assert!(all.len() >= 25, "{}", all.len());
    let mut wrong = vec![];
    for one in &all {
        let verdict = scene.judge(&mut reader, &openssl::base64::encode_block(one.xml.as_bytes()));
        if verdict.accepted || verdict.fault != one.fault {
            wrong.push(format!("{}: {} instead of {} ({})", one.name, verdict.fault, one.fault, verdict.why));
        }
    }
    // What only the way of writing it down can spoil.
    for (name, spoiled, fault) in [
        (
            "line breaks",
            token.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("base64")).collect::<Vec<_>>().join("\n"),
            "base64",
        ),
        ("XML instead", text(&token), "base64"),
        ("half", token[..token.len() / 2].to_owned(), "syntax"),
    ] {
        let verdict = scene.judge(&mut reader, &spoiled);
        if verdict.accepted || (verdict.fault != fault && verdict.fault != "base64") {
            wrong.push(format!("{name}: {}", verdict.fault));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
