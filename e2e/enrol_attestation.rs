//! What new keys must prove of themselves, and what they may then carry: attestation `none` where it is required, models
//! that are not allowed, makers nobody believes, passkeys that are synced (security case B12, NSIS 3.2.1).

use std::collections::BTreeSet;

use portvagt::{
    domain::{assurance::Level, authenticator::AuthenticatorPolicy},
    protocol::attestation::{Attestation, Demand, Model},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    actors::{Attestor, Employee, Part, Passkey, SamlService, Twist},
    house::{House, Plan, log, on_both_by},
    login_stages::incident,
    visitor::{Page, Visitor},
};

const GOOD: [u8; 16] = [7; 16];
const OTHER: [u8; 16] = [8; 16];
/// User present and verified, attested data; and that it may be synced, and is.
const SYNCED: u8 = 0x45 | 0x18;

fn plan(demand: Demand, maker: &Attestor, allowed: &[[u8; 16]]) -> Plan {
    let allowed: BTreeSet<Uuid> = allowed.iter().map(|aaguid| Uuid::from_bytes(*aaguid)).collect();
    Plan { attestation: Attestation::new(demand, Some(&maker.pem()), &[], allowed).expect("certificates"), ..Plan::default() }
}

/// Offers a new key that states `twist`; the answer.
async fn offer(house: &House, visitor: &mut Visitor, twist: &Twist) -> (Passkey, Value, Page) {
    let page = visitor.open(house.url("/account/passkey")).await;
    let part = Part::of(&page);
    let options = part.options(visitor).await;
    let (key, credential) = Passkey::create(&options, &house.base, twist);
    let answer = part.end(visitor, &credential).await;
    (key, options, answer)
}

async fn expect_refused(house: &House, visitor: &mut Visitor, name: &str, twist: &Twist, reason: &str) {
    let (_, _, page) = offer(house, visitor, twist).await;
    assert_eq!(page.status, 400, "{name}: {}", page.describe());
    log::expect_one(&incident(&page), "enrol.refused", reason);
}

fn attested(by: &Attestor) -> Twist {
    Twist { attestor: Some(by.clone()), ..Twist::default() }
}

/// How many keys of that provenance are enrolled.
async fn enrolled(house: &House, provenance: &str) -> i64 {
    house.count(&format!("SELECT COUNT(*) FROM authenticators WHERE provenance = '{provenance}'")).await
}

#[tokio::test]
async fn where_attestation_is_required_nothing_else_is_enrolled() {
    let (maker, stranger) = (Attestor::named("Maker", GOOD), Attestor::named("Maker", GOOD));
    let other = maker.with_model(OTHER);
    on_both_by(plan(Demand::Required, &maker, &[GOOD]), |house| {
        let (maker, stranger, other) = (maker.clone(), stranger.clone(), other.clone());
        async move {
            let anna = house.employee("anna").await;
            let mut visitor = anna.at_home(&house).await;
            let cases = [
                ("no attestation", Twist::default(), "attestation"),
                ("a maker nobody believes", attested(&stranger), "attestation"),
                ("a model that is not allowed", attested(&other), "aaguid"),
                ("a synced passkey", Twist { flags: Some(SYNCED), ..attested(&maker) }, "synced"),
                ("a signature of something else", Twist { attested_signature: Some(maker.sign(b"x")), ..attested(&maker) }, "credential"),
            ];
            for (name, twist, reason) in cases {
                expect_refused(&house, &mut visitor, name, &twist, reason).await;
            }
            assert_eq!(house.count("SELECT COUNT(*) FROM authenticators WHERE kind = 'webauthn'").await, 0);
            let (_, options, page) = offer(&house, &mut visitor, &attested(&maker)).await;
            assert_eq!(options["publicKey"]["attestation"], "direct");
            assert_eq!(page.status, 200, "{}", page.describe());
            assert_eq!(enrolled(&house, "attested").await, 1);
            let kept = format!("SELECT COUNT(*) FROM authenticators WHERE aaguid = '{}'", Uuid::from_bytes(GOOD));
            assert_eq!(house.count(&kept).await, 1, "its model is kept");
            let events = house.events("authenticator.added").await;
            assert!(events.iter().any(|event| event.details.get("provenance").is_some_and(|word| word == "attested")));
        }
    })
    .await;
}

#[tokio::test]
async fn where_it_is_asked_each_key_is_known_for_what_it_is() {
    let (maker, stranger) = (Attestor::named("Maker", GOOD), Attestor::named("Stranger", GOOD));
    on_both_by(plan(Demand::Asked, &maker, &[]), |house| {
        let (maker, stranger) = (maker.clone(), stranger.clone());
        async move {
            let anna = house.employee("anna").await;
            let mut visitor = anna.at_home(&house).await;
            for (twist, provenance) in [
                (attested(&maker), "attested"),
                (attested(&stranger), "device-bound"),
                (Twist::default(), "device-bound"),
                (Twist { flags: Some(SYNCED), ..Twist::default() }, "synced"),
                (Twist { flags: Some(SYNCED), ..attested(&maker) }, "synced"),
            ] {
                let before = enrolled(&house, provenance).await;
                let (_, _, page) = offer(&house, &mut visitor, &twist).await;
                assert_eq!(page.status, 200, "{}", page.describe());
                assert_eq!(enrolled(&house, provenance).await, before + 1, "{provenance}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_listed_model_is_believed_by_its_own_certificate_only() {
    let (maker, second) = (Attestor::named("Maker", GOOD), Attestor::named("Second", OTHER));
    let model =
        |maker: &Attestor| Model { aaguid: Uuid::from_bytes(maker.aaguid), description: "Key".to_owned(), roots: vec![maker.der()] };
    let attestation = Attestation::new(Demand::Required, None, &[model(&maker), model(&second)], BTreeSet::new()).expect("models");
    on_both_by(Plan { attestation, ..Plan::default() }, |house| {
        let (maker, second) = (maker.clone(), second.clone());
        async move {
            let anna = house.employee("anna").await;
            let mut visitor = anna.at_home(&house).await;
            let borrowed = maker.with_model(OTHER);
            expect_refused(&house, &mut visitor, "another maker's model", &attested(&borrowed), "attestation").await;
            for maker in [maker, second] {
                let (_, _, page) = offer(&house, &mut visitor, &attested(&maker)).await;
                assert_eq!(page.status, 200, "{}", page.describe());
            }
        }
    })
    .await;
}

/// The level at a service after a login with the key alone.
async fn level_with(house: &House, who: &mut Employee, service: &SamlService, synced: bool) -> String {
    let mut visitor = house.visitor();
    let page = service.send(house, &mut visitor, &service.request(house).level("Low")).await;
    // A key says at each use what it said when it was made.
    let flags = synced.then_some(SYNCED & !0x40);
    let page = who.passkey_login(house, &mut visitor, &page, &Twist { flags, ..Twist::default() }).await;
    service.read(house, &page).assertion().level().to_owned()
}

#[tokio::test]
async fn a_key_carries_what_its_sort_may_and_never_more_than_its_enrolment() {
    let maker = Attestor::named("Maker", GOOD);
    let mut plan = plan(Demand::Asked, &maker, &[]);
    plan.notified = Level::High;
    plan.rules.authenticators = AuthenticatorPolicy { attested: Level::High, synced: Level::Low, ..AuthenticatorPolicy::default() };
    on_both_by(plan, |house| {
        let maker = maker.clone();
        async move {
            let mut anna = house.employee_at("anna", Level::High).await;
            let service = SamlService::at(&house, "service").await;
            for (twist, level) in [
                (Twist { flags: Some(SYNCED), ..Twist::default() }, "Low"),
                (Twist::default(), "Substantial"),
                (attested(&maker), "Substantial"),
            ] {
                let mut visitor = anna.at_home(&house).await;
                let (key, _, page) = offer(&house, &mut visitor, &twist).await;
                assert_eq!(page.status, 200, "{}", page.describe());
                anna.passkey = Some(key);
                assert_eq!(level_with(&house, &mut anna, &service, level == "Low").await, level, "enrolled under Substantial");
            }
            // The same attested key, had it been enrolled under High: policy lets it carry that.
            house.change("UPDATE authenticators SET carries = 3").await;
            assert_eq!(level_with(&house, &mut anna, &service, false).await, "High");
            house.change("UPDATE authenticators SET provenance = 'device-bound'").await;
            assert_eq!(level_with(&house, &mut anna, &service, false).await, "Substantial", "nobody vouches for it");
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_s_codes_carry_what_policy_says_at_once() {
    let mut plan = Plan::default();
    plan.rules.authenticators.totp = Level::Low;
    on_both_by(plan, |house| async move {
        let anna = house.employee("anna").await;
        let service = SamlService::at(&house, "service").await;
        let mut visitor = house.visitor();
        let page = service.send(&house, &mut visitor, &service.request(&house).level("Low")).await;
        let page = anna.log_in(&house, &mut visitor, &page).await;
        assert_eq!(service.read(&house, &page).assertion().level(), "Low");
        let page = service.send(&house, &mut visitor, &service.request(&house).level("Substantial")).await;
        assert_eq!(service.read(&house, &page).code(), "NoAuthnContext");
    })
    .await;
}

/// What was believed when a key was enrolled, and when somebody logged in with it, is asked again at each use.
#[tokio::test]
async fn a_model_that_falls_lowers_what_is_enrolled_and_logged_in_at_once() {
    let maker = Attestor::named("Maker", GOOD);
    let mut plan = plan(Demand::Asked, &maker, &[]);
    plan.notified = Level::High;
    plan.rules.authenticators = AuthenticatorPolicy { attested: Level::High, ..AuthenticatorPolicy::default() };
    on_both_by(plan.clone(), |house| {
        let (maker, plan) = (maker.clone(), plan.clone());
        async move {
            let mut anna = house.employee_at("anna", Level::High).await;
            let service = SamlService::at(&house, "service").await;
            let mut visitor = anna.at_home(&house).await;
            let (key, _, page) = offer(&house, &mut visitor, &attested(&maker)).await;
            assert_eq!(page.status, 200, "{}", page.describe());
            anna.passkey = Some(key);
            house.change("UPDATE authenticators SET carries = 3 WHERE kind = 'webauthn'").await;
            let mut visitor = house.visitor();
            let page = service.send(&house, &mut visitor, &service.request(&house).level("High")).await;
            let page = anna.passkey_login(&house, &mut visitor, &page, &Twist::default()).await;
            assert_eq!(service.read(&house, &page).assertion().level(), "High");

            let believed = |models: &[[u8; 16]], fallen: &[[u8; 16]]| {
                let ids = |all: &[[u8; 16]]| all.iter().map(|one| Uuid::from_bytes(*one)).collect::<BTreeSet<_>>();
                Attestation::new(Demand::Asked, Some(&maker.pem()), &[], ids(models)).expect("certificates").without(ids(fallen))
            };
            let strict = AuthenticatorPolicy { device_bound: Level::Low, ..plan.rules.authenticators.clone() };
            for (what, attestation, authenticators, level) in [
                ("as before", believed(&[], &[]), &plan.rules.authenticators, "High"),
                ("another model fell", believed(&[], &[OTHER]), &plan.rules.authenticators, "High"),
                ("its model fell", believed(&[], &[GOOD]), &plan.rules.authenticators, "Substantial"),
                ("not allowed any more", believed(&[OTHER], &[]), &plan.rules.authenticators, "Substantial"),
                ("nobody believed", Attestation::default(), &plan.rules.authenticators, "Substantial"),
                ("and no faith in keys", Attestation::default(), &strict, "Low"),
            ] {
                let mut plan = Plan { attestation, ..plan.clone() };
                plan.rules.authenticators = authenticators.clone();
                let node = house.second_node_by(plan).await;
                let mut elsewhere = visitor.at_node(node.address.ip());
                let page = service.send(&node, &mut elsewhere, &service.request(&house).level("Low")).await;
                assert_eq!(service.read(&house, &page).assertion().level(), level, "{what}: who is logged in");
                let page = service.send(&node, &mut elsewhere, &service.request(&house).level("High")).await;
                if level != "High" {
                    assert_eq!(service.read(&house, &page).code(), "NoAuthnContext", "{what}");
                }
                assert_eq!(level_with(&node, &mut anna, &service, false).await, level, "{what}: who logs in");
                node.close().await;
            }
            // Nothing was lost: what is believed again carries again.
            assert_eq!(level_with(&house, &mut anna, &service, false).await, "High");
        }
    })
    .await;
}
