//! Who proves whom: a registrant with role, level and freshness; never themselves, under whatever account; High only with a
//! second person. And what was proved is gone with what it rested on.

use portvagt::{
    base::{
        id::{Id, Incident},
        random::SystemRandom,
    },
    crypto::token::Token,
    domain::{
        assurance::Level,
        mitid::{Proved, Road, Said},
        person::{Cpr, Person},
        proofing::{Checked, Document, DocumentKind, Lapse, Method, State},
        role::Role,
    },
    service::{
        cpr, explanation, people,
        proofing::{
            self, Earlier, Refusal, Registrant, Seen,
            operators::{self, Told},
        },
        roles, sessions,
    },
};

use crate::{
    actors::Employee,
    house::{House, Plan, on_both_by},
    visitor::Visitor,
};

fn plan() -> Plan {
    Plan { notified: Level::High, ..Plan::default() }
}

/// The live session of a browser.
async fn present(house: &House, visitor: &Visitor) -> sessions::Present {
    let token = Token::from_text(visitor.cookies.value("__Host-session").expect("a session")).expect("a token");
    sessions::present(&house.app.ground, &token).await.expect("the database").expect("alive")
}

async fn desk(house: &House, visitor: &Visitor) -> Result<Registrant, Refusal> {
    Registrant::of(&house.app.ground, &present(house, visitor).await, &Incident::random(&SystemRandom)).await
}

async fn registrant(house: &House, name: &str) -> (Employee, Registrant) {
    let employee = house.employee(name).await;
    house.give_own_cpr(name).await;
    roles::grant(&house.app.ground, &house.operator(), house.person(name).await.id, Role::Registrant).await.expect("a role");
    let visitor = employee.at_home(house).await;
    let registrant = desk(house, &visitor).await.expect("a registrant");
    (employee, registrant)
}

/// Somebody whose identity nobody proved, with a CPR number.
async fn somebody(house: &House, name: &str, cvr: &str, number: &str) -> Person {
    let newcomer = people::Newcomer {
        organisation: Some(cvr.parse().expect("a CVR number")),
        username: name.parse().expect("a user name"),
        given_name: "Karen".to_owned(),
        family_name: "Berg".to_owned(),
        email: None,
        persistent_uuid: None,
        cpr: Some(number.parse().expect("a CPR number")),
        administrator: false,
        password: Some(portvagt::base::secret::Secret::new("six blue bicycles".to_owned())),
    };
    people::add(&house.app.ground, &house.operator(), newcomer).await.expect("a person").0
}

fn seen(house: &House, level: Level, days: i64) -> Seen {
    let day = jiff::Timestamp::from_second(house.now() + days * 86_400).expect("a day").to_zoned(jiff::tz::TimeZone::UTC).date();
    let document = Document { kind: DocumentKind::Passport, issuer: "Danmark".to_owned(), expires: Some(day), checked: Checked::Seen };
    Seen { document, evidence: "pas 204123456".to_owned(), level }
}

async fn level(house: &House, name: &str) -> Option<Level> {
    proofing::identity(&house.app.ground, &house.person(name).await).await.expect("the database")
}

#[tokio::test]
async fn only_a_registrant_at_substantial_and_fresh_proves() {
    on_both_by(plan(), |house| async move {
        let anna = house.employee("anna").await;
        let visitor = anna.at_home(&house).await;
        assert!(matches!(desk(&house, &visitor).await, Err(Refusal::NotARegistrant)));
        roles::grant(&house.app.ground, &house.operator(), house.person("anna").await.id, Role::Administrator).await.expect("a role");
        assert!(matches!(desk(&house, &visitor).await, Err(Refusal::NotARegistrant)), "an administrator is none");
        roles::grant(&house.app.ground, &house.operator(), house.person("anna").await.id, Role::Registrant).await.expect("a role");
        desk(&house, &visitor).await.expect("the control");
        house.advance(901);
        assert!(matches!(desk(&house, &visitor).await, Err(Refusal::NotFresh)));

        let bo = house.employee_at("bo", Level::Low).await;
        roles::grant(&house.app.ground, &house.operator(), house.person("bo").await.id, Role::Registrant).await.expect("a role");
        let visitor = bo.at_home(&house).await;
        assert!(matches!(desk(&house, &visitor).await, Err(Refusal::LevelTooLow)));
    })
    .await;
}

#[tokio::test]
async fn nobody_proves_themselves_under_whatever_account() {
    on_both_by(plan(), |house| async move {
        let ground = &house.app.ground;
        portvagt::service::organisations::save(ground, &house.operator(), "90000002".parse().expect("a CVR"), "Nabokommune", Level::High)
            .await
            .expect("an organisation");
        let (_, lone) = registrant(&house, "lone").await;
        let own: Cpr = "010180-1234".parse().expect("a CPR number");
        let lones = house.person("lone").await;
        let twin = somebody(&house, "twin", "90000002", "0101801234").await;
        let neighbour = somebody(&house, "neighbour", "90000002", "0201801234").await;
        let karen = somebody(&house, "karen", "90000001", "0301801234").await;
        cpr::set(ground, &house.operator(), &lones, &own).await.expect("set");
        house.prove("lone", Level::Substantial).await;
        let prove = |person: Id<Person>, days| proofing::in_person(ground, &lone, person, seen(&house, Level::Substantial, days));
        assert!(matches!(prove(lones.id, 10).await, Err(Refusal::Own)), "herself");
        assert!(matches!(prove(twin.id, 10).await, Err(Refusal::Own)), "her other account");
        assert!(matches!(prove(neighbour.id, 10).await, Err(Refusal::OtherOrganisation)));
        assert!(matches!(prove(karen.id, -1).await, Err(Refusal::DocumentExpired)));
        let mut with_number = seen(&house, Level::Substantial, 10);
        with_number.evidence = "pas, 030180-1234".to_owned();
        assert!(matches!(proofing::in_person(ground, &lone, karen.id, with_number).await, Err(Refusal::Evidence)));
        let earlier = |proved_at| Earlier {
            evidence: "sag 12".to_owned(),
            level: Level::Substantial,
            proved_by: "Borgerservice".to_owned(),
            proved_at,
        };
        let now = ground.clock.now();
        let tomorrow = portvagt::base::clock::plus(now, 86_400);
        assert!(matches!(proofing::earlier(ground, &lone, karen.id, earlier(tomorrow)).await, Err(Refusal::Date)));
        assert!(matches!(proofing::earlier(ground, &lone, lones.id, earlier(now)).await, Err(Refusal::Own)));
        assert_eq!(house.events("identity.refused").await.len(), 5, "each written down");
        assert_eq!(level(&house, "karen").await, None);
        let record = prove(karen.id, 10).await.expect("the control");
        assert_eq!(record.authentication.as_ref().expect("her login").factors, "password+totp");
        assert_eq!(level(&house, "karen").await, Some(Level::Substantial));
        proofing::earlier(ground, &lone, twin.id, earlier(now)).await.expect_err("another organisation's, and her own");
    })
    .await;
}

#[tokio::test]
async fn high_by_other_than_mitid_needs_a_second_person() {
    on_both_by(plan(), |house| async move {
        let ground = &house.app.ground;
        let (_, lone) = registrant(&house, "lone").await;
        let (_, mads) = registrant(&house, "mads").await;
        let (_, rita) = registrant(&house, "rita").await;
        let karen = somebody(&house, "karen", "90000001", "0301801234").await;
        let waiting = proofing::in_person(ground, &lone, karen.id, seen(&house, Level::High, 10)).await.expect("recorded");
        assert_eq!((waiting.basis.state, level(&house, "karen").await), (State::Waiting, None), "it counts for nothing yet");
        assert_eq!(proofing::waiting_list(ground).await.expect("the list").len(), 1);
        assert!(matches!(proofing::approve(ground, &lone, waiting.id).await, Err(Refusal::NotASecondPerson)), "the one who proved it");
        // The subject, made a registrant, and somebody who turns out to be the subject.
        let (_, other) = registrant(&house, "other").await;
        let proved = proofing::in_person(ground, &lone, other.person(), seen(&house, Level::High, 10)).await.expect("recorded");
        assert!(matches!(proofing::approve(ground, &other, proved.id).await, Err(Refusal::NotASecondPerson)), "the one it is about");
        let approved = proofing::approve(ground, &mads, waiting.id).await.expect("the second person");
        assert_eq!(approved.approved.as_ref().expect("by whom").by, format!("person:{}", mads.person()));
        let login = approved.approved.expect("by whom").authentication.expect("how the second person was logged in");
        assert_eq!((login.level, login.factors.as_str()), (Level::Substantial, "password+totp"));
        assert_eq!(level(&house, "karen").await, Some(Level::High));
        assert!(matches!(proofing::approve(ground, &rita, waiting.id).await, Err(Refusal::NoSuchProofing)), "once");
        // At the command line the same: another operator.
        let told = |method| Told { method, level: Level::High, evidence: "told by phone".to_owned(), proved_by: "Lone".to_owned() };
        let words = operators::by_operator(ground, &house.operator(), &karen, told(Method::Mitid)).await;
        assert!(matches!(words, Err(Refusal::NoMitid)), "words about MitID are no MitID: {words:?}");
        let told = operators::by_operator(ground, &house.operator(), &karen, told(Method::Earlier)).await.expect("recorded");
        assert_eq!(told.basis.state, State::Waiting);
        assert!(
            matches!(proofing::approve(ground, &mads, told.id).await, Err(Refusal::NoCpr)),
            "which human the operator is, nobody knows"
        );
        assert!(matches!(operators::approve_by_operator(ground, &house.operator(), told.id).await, Err(Refusal::NotASecondPerson)));

        // What it rested on goes, and it goes with it.
        people::rename(ground, &house.operator(), &karen.username, ("Karen", "Madsen")).await.expect("renamed");
        assert_eq!(level(&house, "karen").await, None, "another name");
        people::rename(ground, &house.operator(), &karen.username, ("Karen Lis", "Berg")).await.expect("renamed");
        assert_eq!(level(&house, "karen").await, Some(Level::High), "a middle name");
        cpr::set(ground, &house.operator(), &karen, &"0401801234".parse().expect("a CPR number")).await.expect("set");
        assert_eq!(level(&house, "karen").await, None, "another number");
        cpr::set(ground, &house.operator(), &karen, &"0301801234".parse().expect("a CPR number")).await.expect("set");
        assert_eq!(level(&house, "karen").await, Some(Level::High));
        proofing::revoke(ground, &house.operator(), waiting.id, "the passport was forged").await.expect("revoked");
        assert_eq!(level(&house, "karen").await, None, "taken back");
        proofing::in_person(ground, &lone, karen.id, seen(&house, Level::Substantial, 1)).await.expect("proved anew");
        assert_eq!(level(&house, "karen").await, Some(Level::Substantial));
        house.advance(2 * 86_400);
        assert_eq!(level(&house, "karen").await, None, "the document has expired");
    })
    .await;
}

#[tokio::test]
async fn mitid_proves_whoever_the_number_and_name_fit() {
    on_both_by(plan(), |house| async move {
        let ground = &house.app.ground;
        let karen = somebody(&house, "karen", "90000001", "0301801234").await;
        let index = cpr::index_of(ground, karen.id).await.expect("the database");
        let proved = |number: &str, name: Option<&str>, level| {
            Proved::attest(Said {
                cpr: number.parse().expect("a CPR number"),
                level,
                name: name.map(str::to_owned),
                road: Road::Nemlogin,
                issuer: "https://saml.nemlog-in.test".to_owned(),
                reference: "_1".to_owned(),
                at: ground.clock.now(),
            })
        };
        let incident = Incident::random(&SystemRandom);
        let mut tx = ground.db.begin().await.expect("a transaction");
        for (one, index) in [
            (proved("0401801234", None, Level::High), index.clone()),
            (proved("0301801234", Some("Karen Madsen"), Level::High), index.clone()),
            (proved("0301801234", None, Level::High), None),
        ] {
            assert!(proofing::by_mitid(ground, &mut tx, (&karen, index), &one, &incident).await.is_err());
        }
        drop(tx);
        assert_eq!(level(&house, "karen").await, None);
        let mut tx = ground.db.begin().await.expect("a transaction");
        let one = proved("0301801234", Some("Karen Lis Berg"), Level::High);
        let record = proofing::by_mitid(ground, &mut tx, (&karen, index), &one, &incident).await.expect("fits");
        tx.commit_routine().await.expect("kept");
        assert_eq!((record.method, level(&house, "karen").await), (Method::Mitid, Some(Level::High)), "no second person for MitID");
        assert_eq!(house.events("identity.proved").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn why_this_level_is_told() {
    on_both_by(plan(), |house| async move {
        let anna = house.employee("anna").await;
        let visitor = anna.at_home(&house).await;
        let told = |visitor: Visitor| {
            let house = house.clone();
            async move { explanation::of(&house.app.ground, &present(&house, &visitor).await).await.expect("the database").expect("told") }
        };
        assert_eq!(told(visitor.clone()).await.level, Some(Level::Substantial));
        people::rename(&house.app.ground, &house.operator(), &"anna".parse().expect("a name"), ("Anna", "Madsen")).await.expect("renamed");
        let explained = told(visitor).await;
        assert_eq!(explained.level, None);
        let proofing = explained.inputs[1];
        assert_eq!(proofing.raise, Some(portvagt::domain::explanation::Raise::ProveAgain(Lapse::OtherName)));
        assert!(proofing.limits);
    })
    .await;
}
