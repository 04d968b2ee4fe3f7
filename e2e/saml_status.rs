//! What a service asks for and is told (A17): passive, forced and levelled requests, name policies. Each refusal is a signed
//! status at the registered address; no assertion ever states another level than was proved.

use portvagt::domain::assurance::Level;

use crate::{
    actors::{Answer, AuthnRequest, Employee, SamlService},
    house::{self, House, Plan, log},
    saml_case::incident_in,
    visitor::{Page, Visitor},
};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// Who asks whom.
struct Scene {
    house: House,
    service: SamlService,
    anna: Employee,
}

impl Scene {
    async fn open(house: House) -> Self {
        let service = SamlService::at(&house, "service").await;
        let anna = house.employee("anna").await;
        Self { house, service, anna }
    }

    fn request(&self) -> AuthnRequest {
        self.service.request(&self.house)
    }

    async fn send(&self, visitor: &mut Visitor, request: &AuthnRequest) -> Page {
        self.service.send(&self.house, visitor, request).await
    }

    fn read(&self, page: &Page) -> Answer {
        self.service.read(&self.house, page)
    }

    /// An error with these codes, said in the log under the incident that its message names.
    #[track_caller]
    fn expect_fault(&self, page: &Page, request: &AuthnRequest, codes: &[&str]) {
        let answer = self.read(page);
        assert_eq!(answer.status, codes, "{}", answer.xml);
        assert!(answer.assertion.is_none() && !answer.xml.contains("Assertion>"), "{}", answer.xml);
        assert_eq!(answer.in_response_to, request.id);
        assert_eq!((answer.destination.as_str(), answer.action.as_str()), (self.service.acs[0].as_str(), self.service.acs[0].as_str()));
        let message = answer.message.expect("a message");
        let incident = incident_in(&message).unwrap_or_else(|| panic!("no incident: {message}"));
        let line = log::of(&incident).into_iter().find(|line| line["event"] == "saml.response.error").expect("a line");
        assert_eq!(line["status"], codes[codes.len() - 1], "{line}");
    }

    /// A browser where anna is logged in.
    async fn at_work(&self) -> Visitor {
        self.anna.at_home(&self.house).await
    }
}

#[tokio::test]
async fn a17_a_passive_request_shows_no_page() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        let request = scene.request().passive();
        let page = scene.send(&mut scene.house.visitor(), &request).await;
        scene.expect_fault(&page, &request, &["Responder", "NoPassive"]);
        assert_eq!(scene.house.count("SELECT COUNT(*) FROM flows").await, 0);

        let mut visitor = scene.at_work().await;
        let request = scene.request().passive();
        let page = scene.send(&mut visitor, &request).await;
        assert_eq!(scene.read(&page).assertion().level(), "Substantial");

        // More than the session proves.
        let request = scene.request().passive().level("High");
        let page = scene.send(&mut visitor, &request).await;
        scene.expect_fault(&page, &request, &["Responder", "NoPassive"]);

        // Both at once can't be.
        let request = scene.request().passive().force();
        let page = scene.send(&mut visitor, &request).await;
        scene.expect_fault(&page, &request, &["Requester", "RequestUnsupported"]);

        // The session is over.
        scene.house.advance(3 * 3600);
        let request = scene.request().passive();
        let page = scene.send(&mut visitor, &request).await;
        scene.expect_fault(&page, &request, &["Responder", "NoPassive"]);
    })
    .await;
}

#[tokio::test]
async fn a17_a_forced_request_asks_for_both_factors_again() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        let mut visitor = scene.at_work().await;
        let before = scene.send(&mut visitor, &scene.request()).await;
        let before = scene.read(&before).assertion().clone();
        scene.house.advance(120);
        let again = scene.send(&mut visitor, &scene.request()).await;
        assert_eq!(scene.read(&again).assertion().authn_instant, before.authn_instant, "single sign-on states when the login was");

        let request = scene.request().force();
        let page = scene.send(&mut visitor, &request).await;
        assert!(page.find_form("/login/password").is_some(), "a login page: {}", page.describe());
        // The old session doesn't answer it by the back door.
        let other = scene.send(&mut visitor, &scene.request()).await;
        assert_ne!(scene.read(&other).assertion().in_response_to, request.id);
        let started = scene.house.now();
        let page = scene.anna.log_in(&scene.house, &mut visitor, &page).await;
        let after = scene.read(&page).assertion().clone();
        let instant = after.authn_instant.parse::<jiff::Timestamp>().expect("an instant").as_second();
        assert!(instant >= started, "{instant} is when both factors were shown, not {}", before.authn_instant);
        assert_eq!(after.in_response_to, request.id);
        assert_eq!(after.name_id, before.name_id);
    })
    .await;
}

#[tokio::test]
async fn a17_another_person_may_answer_a_forced_request_only_as_themselves() {
    let scene = Scene::open(House::sqlite().await).await;
    let bo = scene.house.employee("bo").await;
    let mut visitor = scene.at_work().await;
    let page = scene.send(&mut visitor, &scene.request()).await;
    let anna = scene.read(&page).assertion().clone();
    let page = scene.send(&mut visitor, &scene.request().force()).await;
    let page = bo.log_in(&scene.house, &mut visitor, &page).await;
    let theirs = scene.read(&page).assertion().clone();
    assert_ne!(theirs.name_id, anna.name_id);
    assert_ne!(theirs.session_index, anna.session_index);
}

#[tokio::test]
async fn a17_contexts_that_cannot_be_met_are_told_so() {
    house::on_both(async |house| {
        let scene = Scene::open(house).await;
        let mut visitor = scene.at_work().await;
        let loa = |level: &str| format!("https://data.gov.dk/concept/core/nsis/loa/{level}");
        let (low, substantial, high) = (loa("Low"), loa("Substantial"), loa("High"));
        let person = "https://data.gov.dk/eid/Person";
        let refused: Vec<(&str, Vec<&str>)> = vec![
            ("minimum", vec![&high]),
            ("minimum", vec!["urn:unknown"]),
            ("minimum", vec!["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"]),
            ("minimum", vec!["Substantial"]),
            ("minimum", vec![&substantial, person]),
            ("exact", vec![&substantial]),
            ("better", vec![&low]),
            ("maximum", vec![&high]),
            ("exact", vec![person]),
        ];
        for (comparison, classes) in refused {
            let request = scene.request().context(comparison, &classes);
            let page = scene.send(&mut visitor, &request).await;
            scene.expect_fault(&page, &request, &["Requester", "NoAuthnContext"]);
            // The same before anybody is there: no login is asked for that could not help. Only a level may need one.
            if comparison != "minimum" || !classes.contains(&high.as_str()) {
                let request = scene.request().context(comparison, &classes);
                let page = scene.send(&mut scene.house.visitor(), &request).await;
                scene.expect_fault(&page, &request, &["Requester", "NoAuthnContext"]);
            }
        }
        // After a login that reached less.
        let request = scene.request().level("High");
        let mut fresh = scene.house.visitor();
        let page = scene.send(&mut fresh, &request).await;
        let page = scene.anna.log_in(&scene.house, &mut fresh, &page).await;
        scene.expect_fault(&page, &request, &["Requester", "NoAuthnContext"]);
        for request in [
            scene.request().level("Substantial"),
            scene.request().level("Low"),
            scene.request().context("minimum", &[&high, &low]),
            scene.request().context("minimum", &[&substantial, "https://data.gov.dk/eid/Professional"]),
            scene.request().context("minimum", &[&substantial, "urn:unknown"]),
            scene.request().context("exact", &["https://data.gov.dk/eid/Professional"]),
        ] {
            let page = scene.send(&mut visitor, &request).await;
            assert_eq!(scene.read(&page).assertion().level(), "Substantial", "exactly what was proved");
        }
    })
    .await;
}

/// The level is the lowest of proofing, factors and what the organisation is notified for, in each combination.
#[tokio::test]
async fn a17_no_lower_and_no_higher_level_than_proved() {
    for notified in [Level::Low, Level::Substantial, Level::High] {
        let house = House::build(house::Engine::Sqlite, Plan { notified, ..Plan::default() }).await;
        let service = SamlService::at(&house, "service").await;
        for proved in [Level::Low, Level::Substantial, Level::High] {
            let employee = house.employee_at(&format!("p{}", proved.word().to_lowercase()), proved).await;
            let mut visitor = employee.at_home(&house).await;
            // Password and code carry Substantial at most.
            let reached = proved.min(notified).min(Level::Substantial);
            for asked in [None, Some(Level::Low), Some(Level::Substantial), Some(Level::High)] {
                let request = service.request(&house);
                let request = match asked {
                    Some(level) => request.level(level.word()),
                    None => request,
                };
                let page = service.send(&house, &mut visitor, &request).await;
                let answer = service.read(&house, &page);
                let name = format!("notified {notified:?}, proved {proved:?}, asked {asked:?}");
                if asked.is_some_and(|asked| asked > reached) {
                    assert_eq!(answer.status, ["Requester", "NoAuthnContext"], "{name}");
                } else {
                    let assertion = answer.assertion();
                    assert_eq!(assertion.level(), reached.word(), "{name}");
                    assert_eq!(assertion.class, reached.context_class(), "{name}");
                }
            }
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a17_names_that_cannot_be_given_are_told_so() {
    let scene = Scene::open(House::sqlite().await).await;
    let mut visitor = scene.at_work().await;
    let asking = |policy: &str, tail: &str| {
        let mut request = scene.request();
        request.elements = format!("{policy}{tail}");
        request
    };
    let policy = |attributes: &str| format!("<samlp:NameIDPolicy{attributes}></samlp:NameIDPolicy>");
    for attributes in [
        " Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"",
        " Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName\"",
        " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted\"",
        " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\"",
        " Format=\"urn:x\"",
        " Format=\"\"",
        " SPNameQualifier=\"https://saml.other.test\"",
    ] {
        let request = asking(&policy(attributes), "");
        let page = scene.send(&mut visitor, &request).await;
        scene.expect_fault(&page, &request, &["Requester", "InvalidNameIDPolicy"]);
    }
    let subject = "<saml:Subject xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:NameID>x</saml:NameID></saml:Subject>";
    let request = asking(subject, "");
    let page = scene.send(&mut visitor, &request).await;
    scene.expect_fault(&page, &request, &["Requester", "RequestUnsupported"]);

    let mut names = Vec::new();
    for (attributes, format) in [
        ("", PERSISTENT),
        (" AllowCreate=\"false\"", PERSISTENT),
        (" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"", PERSISTENT),
        (" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\"", TRANSIENT),
        (" SPNameQualifier=\"https://saml.service.test\"", PERSISTENT),
    ] {
        let scoping = "<samlp:Scoping ProxyCount=\"0\"><samlp:RequesterID>https://behind.test</samlp:RequesterID></samlp:Scoping>";
        let page = scene.send(&mut visitor, &asking(&policy(attributes), scoping)).await;
        let assertion = scene.read(&page).assertion().clone();
        assert_eq!(assertion.name_id_format, format);
        assert!(assertion.name_id.starts_with("https://data.gov.dk/model/core/eid/professional/uuid/"), "{}", assertion.name_id);
        names.push((format, assertion.name_id));
    }
    let persistent: Vec<_> = names.iter().filter(|(format, _)| *format == PERSISTENT).collect();
    assert!(persistent.iter().all(|name| *name == persistent[0]), "{persistent:?}");
    assert!(names.iter().any(|(format, name)| *format == TRANSIENT && *name != persistent[0].1));
}
