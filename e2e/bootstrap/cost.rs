//! What a token costs: one signature and no second one, and little besides. The quickest of many runs counts, so that other work on the machine
//! does not.

use std::time::{Duration, Instant};

use portvagt::{
    base::{
        clock::{Clock, SystemClock, plus},
        random::SystemRandom,
    },
    crypto::{
        keyring::{Certificate, PeerKey, SigningKey, self_signed},
        xmlenc::Suite,
    },
    domain::{
        assurance::Level,
        bootstrap::{Grant, Holder, Profile, STS, Terms},
        client,
        person::Access,
        statement::{Statement, Subject},
    },
    protocol::saml::{
        bootstrap::{self, TokenContent},
        response::{self, AssertionContent, Body, ResponseContent},
        subject::{NameId, NameKind},
        wire,
    },
};

use crate::{
    actors::KeyPair,
    storage::{evidence, organisation, person},
};

fn quickest(mut deed: impl FnMut()) -> Duration {
    let once = |deed: &mut dyn FnMut()| {
        let begun = Instant::now();
        deed();
        begun.elapsed()
    };
    (0..200).map(|_| once(&mut deed)).min().expect("some runs")
}

#[test]
fn a_token_costs_one_signature_more() {
    let now = SystemClock.now();
    let (key, certificate) = self_signed("Portvagt", 3072, now, 1, &SystemRandom).expect("a key");
    let key = SigningKey::from_pem(key.expose(), &certificate, None, false).expect("a key");
    let pair = KeyPair::named("clinic encryption");
    let der = openssl::base64::decode_block(&pair.certificate).expect("base64");
    let (peer, holder) = (PeerKey::from_der(&der).expect("a key"), Certificate::from_der(&der).expect("a certificate"));
    let organisation = organisation();
    let person = person(organisation.id, "aase");
    let evidence = evidence(0);
    let subject = Subject {
        person: &person,
        access: Access::Open,
        organisation: &organisation,
        identity: Some(Level::Substantial),
        evidence: &evidence,
        authenticators: &portvagt::domain::authenticator::AuthenticatorPolicy::default(),
        cpr: None,
    };
    let client = client::Client {
        id: portvagt::base::id::Id::random(&SystemRandom),
        entity_id: "https://saml.clinic.test".to_owned(),
        name: "Clinic".to_owned(),
        metadata: String::new(),
        terms: client::Terms::default(),
        enabled: true,
        revision: 1,
        registered_at: now,
    };
    let terms = Terms {
        profile: Profile::OioH3,
        environment: "test".to_owned(),
        audience: STS.to_owned(),
        certificate: der.clone(),
        lifetime_seconds: 3600,
        least_level: Level::Substantial,
        required: false,
    };
    let name_id = NameId::professional(uuid::Uuid::from_u128(7), &client.entity_id, NameKind::Persistent);
    let answer = |with_token: bool| {
        let statement = Statement::about(&subject, &client, &[], Level::Low).expect("a level that suffices");
        let token = with_token.then(|| {
            let known = Holder { person: &person, organisation: &organisation, uuid_is_registered: true, cpr: None };
            let grant = Grant::about(&statement, known, &terms).expect("a grant");
            let content = TokenContent { id: "_t1", issuer: "https://saml.idp", issued_at: now, holder: &holder };
            bootstrap::token(&content, &grant, &key).expect("a token").to_attribute()
        });
        let content = AssertionContent {
            id: "_a1",
            issuer: "https://saml.idp",
            audience: &client.entity_id,
            recipient: "https://clinic.test/acs",
            in_response_to: "_r1",
            name_id: &name_id,
            session_index: "_s1",
            issued_at: now,
            bearer_until: plus(now, 300),
            conditions_until: plus(now, 600),
            bootstrap_token: token.as_deref(),
        };
        let signed = response::assertion(&content, &statement, &key).expect("signed");
        let encrypted = signed.encrypt(&peer, Suite::DEFAULT, &SystemRandom).expect("encrypted");
        let frame = ResponseContent {
            id: "_p1",
            issuer: "https://saml.idp",
            destination: "https://clinic.test/acs",
            in_response_to: "_r1",
            issued_at: now,
        };
        let xml = response::success(&frame, Body::Encrypted(&encrypted)).expect("a response");
        wire::post_form("https://clinic.test/acs", wire::Direction::Response, &xml, None)
    };
    let signature = quickest(|| drop(key.sign_sha256(&[7; 600])));
    let (without, with) = (quickest(|| drop(answer(false))), quickest(|| drop(answer(true))));
    println!("a signature {signature:?}, a response {without:?}, with a token {with:?}");
    let rest = with.saturating_sub(2 * signature);
    println!("beside two signatures: {rest:?}, {:.1} % of them", rest.as_secs_f64() / (2.0 * signature.as_secs_f64()) * 100.0);
    // Tests are built without optimisation, so what stands besides takes far longer here than in the server; but another
    // signature would show.
    let more = with.saturating_sub(without);
    assert!(more >= signature.mul_f64(0.8) && more < 2 * signature, "{more:?} more, where a signature takes {signature:?}");
}
