//! What we say (A21): hostile texts come back as they were, and nothing leaves unencrypted, or by an algorithm that should
//! not be used.

use portvagt::{
    base::secret::Secret,
    domain::{assurance::Level, client::Terms},
    service::{
        clients::{self, Registration},
        organisations,
        people::{self, Refusal},
    },
};

use crate::{
    actors::{Employee, KeyPair, SamlService},
    house::{CVR, House, on_both},
    referee::{self, judge::Judge},
};

const FIRST: &str = "https://data.gov.dk/model/core/eid/firstName";
const LAST: &str = "https://data.gov.dk/model/core/eid/lastName";
const FULL: &str = "https://data.gov.dk/model/core/eid/fullName";

/// Names no parser may take for anything else.
const HOSTILE: &[&str] = &[
    "</saml:AttributeValue><saml:AttributeValue>High",
    "</saml:Attribute><saml:Attribute Name=\"x\">",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- x -->",
    "<?x y?>",
    "<!DOCTYPE x>",
    "&",
    "&amp;",
    "&#60;",
    "&lt;script&gt;",
    "\"'`",
    "a\u{2028}b\u{2029}c",
    "\u{202e}txet \u{202d}\u{2066}x\u{2069}",
    "\u{200b}\u{feff}x",
    "e\u{301}\u{327}",
    "أحمد שלום",
    "𝒢𝒾𝓋𝑒𝓃 👩‍💻",
    "\u{fffd}\u{e000}\u{10ffff}",
    "{{7*7}}${x}%s%n",
];

async fn add(house: &House, username: &str, given: &str, family: &str, email: Option<&str>) -> Result<Employee, Refusal> {
    let mut employee = Employee::named(username);
    let newcomer = people::Newcomer {
        organisation: Some(CVR.parse().expect("a CVR number")),
        username: username.parse().expect("a user name"),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        email: email.map(str::to_owned),
        persistent_uuid: None,
        cpr: None,
        administrator: false,
        password: Some(Secret::new(employee.password.clone())),
    };
    people::add(&house.app.ground, &house.operator(), newcomer).await?;
    house.prove(username, Level::Substantial).await;
    let secret = portvagt::crypto::totp::TotpSecret::random(&portvagt::base::random::SystemRandom);
    let secret = people::add_totp(&house.app.ground, &house.operator(), &username.parse().expect("a name"), "App", secret).await?;
    employee.take_secret(&secret.to_base32());
    Ok(employee)
}

#[tokio::test]
async fn a21_hostile_names_come_back_as_they_were() {
    let house = House::sqlite().await;
    let mut service = SamlService::named("service");
    service.requested = [FIRST, LAST, FULL].map(str::to_owned).to_vec();
    house.register(&service.metadata()).await;
    let certificate = house.app.desk.keyring.active.certificate().base64().to_owned();
    let mut judge = Judge::start();
    for (n, name) in HOSTILE.iter().enumerate() {
        let employee = add(&house, &format!("hostile{n}"), name, "Plain", None).await.unwrap_or_else(|error| panic!("{name:?}: {error}"));
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let page = employee.log_in(&house, &mut visitor, &page).await;
        let answer = service.read(&house, &page);
        let assertion = &answer.assertion().xml;
        referee::schema::expect_valid(name, assertion);
        assert!(referee::xmlsec::verifies(assertion, &["Assertion"], &certificate), "{name:?}: {assertion}");
        let read = judge.attributes(assertion);
        assert_eq!(read[FIRST], serde_json::json!([name]), "{assertion}");
        assert_eq!(read[LAST], serde_json::json!(["Plain"]));
        assert_eq!(read[FULL], serde_json::json!([format!("{name} Plain")]));
        assert_eq!(read["https://data.gov.dk/concept/core/nsis/loa"], serde_json::json!(["Substantial"]));
        assert_eq!(read.as_object().expect("attributes").len(), 7);
        // Their own page shows the text, not markup made of it.
        let own = visitor.open(house.url("/account")).await;
        assert_eq!(own.status, 200);
        assert!(!own.body.contains("<script>") && !own.body.contains("<saml:"), "{}", own.describe());
    }
}

#[tokio::test]
async fn a21_what_xml_cannot_carry_is_refused_when_it_is_entered() {
    let house = House::sqlite().await;
    let long = "x".repeat(64 * 1024);
    let mut taken = Vec::new();
    let controls = (0..=0x1f_u8).chain([0x7f]).map(|code| format!("a{}b", char::from(code)));
    let others = ["a\u{85}b", "a\u{fffe}b", "a\u{ffff}b", "", " ", &long].map(str::to_owned);
    for (n, text) in controls.chain(others).enumerate() {
        for (place, given, family) in [("given", text.as_str(), "x"), ("family", "x", text.as_str())] {
            if add(&house, &format!("refused{n}{place}"), given, family, None).await.is_ok() {
                taken.push(format!("{place} {text:.10?}"));
            }
        }
        if !text.trim().is_empty() && add(&house, &format!("refused{n}mail"), "x", "x", Some(&text)).await.is_ok() {
            taken.push(format!("e-mail {text:.10?}"));
        }
    }
    for name in ["a\u{1}b", "a\nb", "a\u{fffe}b", "", " ", &long] {
        let cvr = "90000002".parse().expect("a CVR number");
        let saved = organisations::save(&house.app.ground, &house.operator(), cvr, name, Level::Substantial).await;
        if saved.is_ok() {
            taken.push(format!("organisation {name:.10?}"));
        }
    }
    assert!(taken.is_empty(), "taken: {taken:?}");
    add(&house, "honest", "Ægir Ø.", "d'Ångström-Smith", Some("honest@testkommune.test")).await.expect("a name as names are");
}

/// A service whose metadata lists these methods for its encryption key.
fn listing(name: &str, methods: &[&str]) -> (SamlService, String) {
    let service = SamlService::named(name);
    let elements: String = methods.iter().map(|uri| format!("<md:EncryptionMethod Algorithm=\"{uri}\"/>")).collect();
    let metadata = service.metadata();
    let (before, key) = metadata.split_once("use=\"encryption\"").expect("a key");
    let key = key.replacen("</md:KeyDescriptor>", &format!("{elements}</md:KeyDescriptor>"), 1);
    (service, format!("{before}use=\"encryption\"{key}"))
}

const ENC: &str = "http://www.w3.org/2001/04/xmlenc#";

#[tokio::test]
async fn a21_rsa_without_oaep_is_never_used() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let pkcs1 = format!("{ENC}rsa-1_5");
    let gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
    let triple = format!("{ENC}tripledes-cbc");
    for (name, methods) in [("only", vec![gcm, &pkcs1]), ("triple", vec![triple.as_str()])] {
        let (_, metadata) = listing(name, &methods);
        let refused = clients::save(&house.app.ground, &house.operator(), metadata.as_bytes(), Registration::default()).await;
        let why = refused.expect_err("nothing acceptable is listed").to_string();
        assert!(why.contains("encrypt"), "{why}");
    }
    // Listed first, it is passed over.
    let (service, metadata) = listing("first", &[&pkcs1, &format!("{ENC}rsa-oaep-mgf1p"), gcm]);
    house.register(&metadata).await;
    let mut visitor = anna.at_home(&house).await;
    let page = service.send(&house, &mut visitor, &service.request(&house)).await;
    let answer = service.read(&house, &page);
    assert!(answer.assertion().encrypted && !answer.xml.contains("rsa-1_5"), "{}", answer.xml);
}

/// CBC has no integrity of its own: only where a service can do nothing else, or its entry says so.
#[tokio::test]
async fn a21_cbc_only_where_it_is_asked_for() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let mut visitor = anna.at_home(&house).await;
    let (cbc, gcm) = (format!("{ENC}aes256-cbc"), "http://www.w3.org/2009/xmlenc11#aes128-gcm");
    for (name, methods, legacy, expected) in [
        ("silent", vec![], false, "aes256-gcm"),
        ("legacy", vec![], true, "aes256-cbc"),
        ("both", vec![cbc.as_str(), gcm], false, "aes128-gcm"),
        ("bothlegacy", vec![cbc.as_str(), gcm], true, "aes256-cbc"),
        ("onlycbc", vec![cbc.as_str()], false, "aes256-cbc"),
        ("onlygcm", vec![gcm], true, "aes128-gcm"),
    ] {
        let (service, metadata) = listing(name, &methods);
        house.register_on(&metadata, Terms { legacy_encryption: legacy, ..Terms::default() }).await;
        let page = service.send(&house, &mut visitor, &service.request(&house)).await;
        let answer = service.read(&house, &page);
        assert!(answer.xml.contains(&format!("#{expected}\"")), "{name}: {}", answer.xml);
        assert!(answer.assertion().encrypted);
    }
}

#[tokio::test]
async fn a21_without_a_key_to_encrypt_to_nothing_is_said() {
    on_both(async |house: House| {
        let anna = house.employee("anna").await;
        let mut keyless = SamlService::named("keyless");
        keyless.encryption = None;
        let register = |terms: Terms| {
            let registration = Registration { terms, ..Registration::default() };
            let (ground, metadata, by) = (house.app.ground.clone(), keyless.metadata(), house.operator());
            async move { clients::save(&ground, &by, metadata.as_bytes(), registration).await }
        };
        let why = register(Terms::default()).await.expect_err("there is no key").to_string();
        assert!(why.contains("no certificate for encryption"), "{why}");
        // An entry that demands it all the same, as one changed behind our back would.
        let open = register(Terms { encrypt: false, ..Terms::default() }).await.expect("an entry without encryption");
        assert!(!open.terms.encrypt);
        let demand = "UPDATE clients SET terms = REPLACE(terms, '\"encrypt\":false', '\"encrypt\":true'), revision = revision + 1 \
                      WHERE entity_id = 'https://saml.keyless.test' RETURNING revision";
        house.count(demand).await;
        let mut visitor = anna.at_home(&house).await;
        let page = keyless.send(&house, &mut visitor, &keyless.request(&house)).await;
        let answer = keyless.read(&house, &page);
        assert_eq!(answer.status, ["Responder", "RequestDenied"]);
        assert!(!answer.xml.contains("Assertion") && !page.body.contains("nsis/loa"), "{}", answer.xml);
        // The same when the login comes first.
        let mut visitor = house.visitor();
        let page = keyless.send(&house, &mut visitor, &keyless.request(&house)).await;
        let page = anna.log_in(&house, &mut visitor, &page).await;
        assert_eq!(keyless.read(&house, &page).status, ["Responder", "RequestDenied"]);
        assert_eq!(house.events("saml.assertion.issued").await.len(), 0);
        // With the entry as it was, it is said in clear: that is what the entry is for.
        house.count("UPDATE clients SET terms = REPLACE(terms, '\"encrypt\":true', '\"encrypt\":false'), revision = revision + 1 RETURNING revision").await;
        let page = keyless.send(&house, &mut visitor, &keyless.request(&house)).await;
        assert!(!keyless.read(&house, &page).assertion().encrypted);
    })
    .await;
}

/// An elliptic key signs, but nothing can be encrypted to it; a key for both ends serves both.
#[tokio::test]
async fn a21_a_key_without_a_purpose_is_also_for_encryption() {
    let house = House::sqlite().await;
    let anna = house.employee("anna").await;
    let mut service = SamlService::named("either");
    service.encryption = None;
    house.register(&service.metadata().replace(" use=\"signing\"", "")).await;
    service.encryption = Some(KeyPair::named("either signing"));
    let mut visitor = anna.at_home(&house).await;
    let page = service.send(&house, &mut visitor, &service.request(&house)).await;
    assert!(service.read(&house, &page).assertion().encrypted);
}
