//! The way to the STS (simulated) and on to a service: what a clinical system does with our token, and each way it can fail.
//! The rooms asked here are those of the demonstration.

use jiff::Timestamp;
use portvagt::{
    base::clock::{from_millis, plus},
    crypto::keyring::{PeerKey, SigningKey},
    domain::bootstrap::STS,
};

use super::{ANNA, Scene, spoiled, text};
use crate::{
    actors::KeyPair,
    health::{
        client::{self, Request},
        register::{Clinician, NO_ROLE},
        service,
        sts::{self, Sts},
        token::Issuer,
    },
    house::{House, on_both},
    referee,
};

const ROLE: &str = "urn:dk:healthcare:national-federation-role:code:41003:value:PlejeAssR3";
const SYSTEM: (&str, &str) = ("medcom:ITSystemName", "Journal");

fn signing(pair: &KeyPair) -> SigningKey {
    let der = openssl::base64::decode_block(&pair.certificate).expect("base64");
    let pem = openssl::x509::X509::from_der(&der).expect("a certificate").to_pem().expect("PEM");
    SigningKey::from_pem(&pair.key.private_key_to_pem_pkcs8().expect("PEM"), &pem, None, true).expect("a key")
}

/// The STS beside a scene, and the client it knows.
struct World {
    key: SigningKey,
    client: SigningKey,
    clients: Vec<String>,
    issuers: Vec<Issuer>,
    people: Vec<Clinician>,
    now: Timestamp,
}

impl World {
    fn of(scene: &Scene) -> Self {
        let client = signing(&scene.client);
        let keys = vec![PeerKey::from_der(scene.key().certificate_der()).expect("a key")];
        let authorised = |codes: &[(&str, &str)]| codes.iter().map(|(code, role)| ((*code).to_owned(), (*role).to_owned())).collect();
        let anna = Clinician {
            uuid: ANNA.to_owned(),
            cpr: "6101801111".to_owned(),
            names: ("Anna".to_owned(), "Prøvesen".to_owned()),
            authorisations: authorised(&[("MJP84", "7170")]),
            roles: vec![],
        };
        Self {
            key: signing(&KeyPair::named("sts")),
            clients: vec![client.certificate().subject().to_owned()],
            client,
            issuers: vec![Issuer { name: "https://saml.testkommune.test".to_owned(), keys, audience: STS.to_owned() }],
            people: vec![anna],
            now: from_millis(scene.house.now() * 1000),
        }
    }

    fn sts(&self) -> Sts<'_> {
        Sts { key: &self.key, clients: &self.clients, issuers: &self.issuers, people: &self.people }
    }

    fn request(&self, token: &str, claims: &[(&str, &str)]) -> String {
        let request = Request { token, id: "urn:uuid:11111111-2222-4333-8444-555555555555", claims, at: self.now };
        client::exchange(&request, &self.client).expect("a request")
    }

    /// The card, or what the STS says instead: code and words.
    fn answer(&self, message: &str) -> Result<String, (String, String)> {
        sts::read_answer(self.sts().answer(message.as_bytes(), "1", self.now).expect("an answer").as_bytes())
    }

    fn exchange(&self, token: &str, claims: &[(&str, &str)]) -> Result<String, (String, String)> {
        self.answer(&self.request(token, claims))
    }

    #[track_caller]
    fn expect_fault(&self, message: &str, code: &str, words: &str) {
        let (found, said) = self.answer(message).expect_err(words);
        assert!(found == format!("wst:{code}") && said.contains(words), "{words}: {found}: {said}");
    }
}

#[tokio::test]
async fn a_clinical_system_comes_by_an_id_card_and_a_service_takes_it() {
    on_both(async |house: House| {
        let scene = Scene::open(house).await;
        let token = text(&scene.token().await);
        let world = World::of(&scene);
        // Others' software finds the signature of the request right too.
        let message = world.request(&token, &[SYSTEM]);
        assert!(referee::xmlsec::verifies_envelope(&message, world.client.certificate().base64()), "{message}");
        assert!(!referee::xmlsec::verifies_envelope(&message.replace("Journal", "Journey"), world.client.certificate().base64()));
        let card = world.answer(&message).expect("a card");
        let call = client::call(&card, "urn:uuid:1", world.now).expect("a call");
        let taken = service::judge(call.as_bytes(), world.key.certificate_der(), world.now).expect("it is taken");
        for (name, value) in [
            ("sosi:AuthenticationLevel", "4"),
            ("medcom:UserCivilRegistrationNumber", "6101801111"),
            ("medcom:UserAuthorizationCode", "MJP84"),
            ("medcom:UserRole", "7170"),
            ("medcom:ITSystemName", "Journal"),
            ("medcom:CareProviderID", "90000001"),
            ("medcom:CareProviderName", "Testkommune"),
        ] {
            assert_eq!(taken.line(name), Some(value), "{name}");
        }
        // Not altered, not signed by others, not for ever.
        let judge = |call: &str, key: &SigningKey, now| service::judge(call.as_bytes(), key.certificate_der(), now).is_ok();
        assert!(!judge(&call.replace("MJP84", "XXX99"), &world.key, world.now));
        assert!(!judge(&call, &world.client, world.now));
        assert!(!judge(&call, &world.key, plus(world.now, 24 * 3600)));
        // The token cannot be exchanged after its hour.
        let later = World { now: plus(world.now, 3601), ..World::of(&scene) };
        later.expect_fault(&later.request(&token, &[SYSTEM]), "RequestFailed", "expired");
    })
    .await;
}

#[tokio::test]
async fn every_spoiled_token_is_refused_by_the_sts_for_its_fault() {
    let scene = Scene::open(House::sqlite().await).await;
    let token = text(&scene.token().await);
    let world = World::of(&scene);
    assert!(world.exchange(&token, &[SYSTEM]).is_ok(), "the control");
    let mut wrong = vec![];
    for one in spoiled::all(&token, scene.key(), &KeyPair::named("a stranger")) {
        match world.exchange(&one.xml, &[SYSTEM]) {
            Err((_, words)) if words.contains(one.said) => {}
            other => wrong.push(format!("{}: {other:?} instead of {}", one.name, one.said)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_documented_fault_is_answered() {
    let scene = Scene::open(House::sqlite().await).await;
    let token = text(&scene.token().await);
    let mut world = World::of(&scene);
    let good = world.request(&token, &[SYSTEM]);
    world.answer(&good).expect("the control");

    // The envelope: altered, partly unsigned, signed by somebody else, by somebody unknown, of another moment.
    world.expect_fault(&good.replace("Journal", "Journey"), "InvalidRequest", "Unable to validate envelope signature");
    world.expect_fault(&good.replace("https://audience.nspop.dk/dgws", "https://fmk"), "InvalidRequest", "envelope signature");
    world.expect_fault(&good.replacen("urn:uuid:1111", "urn:uuid:2111", 1), "InvalidRequest", "envelope signature");
    let thief = signing(&KeyPair::named("a thief"));
    let known = world.clients.clone();
    world.clients.push(thief.certificate().subject().to_owned());
    let owner = std::mem::replace(&mut world.client, thief);
    let stolen = world.request(&token, &[SYSTEM]);
    world.expect_fault(&stolen, "InvalidRequest", "envelope signature");
    world.client = owner;
    world.clients = vec![];
    world.expect_fault(&good, "InvalidRequest", "envelope signature");
    world.clients = known;
    let now = world.now;
    world.now = plus(now, 301);
    world.expect_fault(&good, "InvalidRequest", "not of this moment");
    world.now = now;
    world.expect_fault("<x/>", "InvalidRequest", "envelope signature");
    world.expect_fault("<x", "InvalidRequest", "no XML");

    // Claims and the person.
    let asked = |claims: &[(&str, &str)]| world.request(&token, claims);
    let (role, code) = ("medcom:UserRole", "medcom:UserAuthorizationCode");
    world.expect_fault(&asked(&[]), "InvalidRequest", "IT System must be specified.");
    world.expect_fault(
        &asked(&[SYSTEM, (role, "7170"), (code, "MJP84")]),
        "InvalidRequest",
        "Only one of UserAuthorizationCode or UserRole",
    );
    world.expect_fault(&asked(&[SYSTEM, (code, "J0184")]), "FailedAuthentication", "authorization not found (available [{MJP84, 7170}])");
    world.expect_fault(&asked(&[SYSTEM, (role, "5166")]), "FailedAuthentication", "missing authorization");
    world.expect_fault(&asked(&[SYSTEM, (role, "urn:x")]), "FailedAuthentication", "invalid role supplied (urn:x)");
    world.expect_fault(&asked(&[SYSTEM, (role, ROLE)]), "FailedAuthentication", "user does not have the requested role");
    for claims in [&[SYSTEM, (role, "7170")][..], &[SYSTEM, (code, "MJP84")], &[SYSTEM, (role, NO_ROLE)]] {
        world.exchange(&token, claims).expect("a card");
    }
    let card = world.exchange(&token, &[SYSTEM, (role, NO_ROLE)]).expect("a card");
    assert!(!card.contains("UserAuthorizationCode"), "{card}");

    let person = world.people[0].clone();
    let as_one = |change: &dyn Fn(&mut Clinician)| {
        let mut changed = person.clone();
        change(&mut changed);
        World { people: vec![changed], ..World::of(&scene) }
    };
    let request = world.request(&token, &[SYSTEM]);
    as_one(&|person| person.uuid.clear()).expect_fault(&request, "RequestFailed", "Could not find userData for input CPR.");
    as_one(&|person| person.authorisations.clear()).expect_fault(&request, "FailedAuthentication", "missing authorization");
    as_one(&|person| person.authorisations.push(("J0184".to_owned(), "5166".to_owned()))).expect_fault(
        &request,
        "FailedAuthentication",
        "multiple authorizations found ([{MJP84, 7170}, {J0184, 5166}])",
    );
    let two_roles = |person: &mut Clinician| {
        person.authorisations.clear();
        person.roles = vec![ROLE.to_owned(), ROLE.replace("41003", "41002")];
    };
    as_one(&two_roles).expect_fault(&request, "FailedAuthentication", "multiple national roles found");
    let by_role = as_one(&two_roles).exchange(&token, &[SYSTEM, (role, ROLE)]).expect("a card");
    assert!(by_role.contains(ROLE));
}
