//! What operators do in a house, by the services the command line uses.

use portvagt::{
    base::secret::Secret,
    base::{clock::plus, id::Id, random::SystemRandom},
    crypto::totp::TotpSecret,
    domain::{
        assurance::Level,
        audit::{Actor, Kind},
        client::{Client, Terms},
        invitation::Channel,
        lock::Cause,
        person::{Admission, Person, Username},
        policy::PasswordRules,
        proofing::Method,
    },
    service::{
        activation::invitation,
        clients::{self, Registration},
        cpr,
        lifecycle::{self, Hired},
        operator::Operator,
        organisations, passwords, people,
        proofing::operators::{self, Told},
        terms,
    },
    storage::people as rows,
};

use super::{CVR, House};
use crate::actors::Employee;

/// A person who has a password and a handed-over activation code, but no second factor.
pub struct Newcomer {
    /// Who.
    pub employee: Employee,
    /// The code.
    pub code: String,
}

impl House {
    /// An employee with a password, identity proved at substantial, and an authenticator app.
    pub async fn employee(&self, username: &str) -> Employee {
        self.employee_at(username, Level::Substantial).await
    }

    /// The same with the identity proved at `level`.
    pub async fn employee_at(&self, username: &str, level: Level) -> Employee {
        let mut employee = self.newcomer_at(username, level).await.employee;
        let name = name(username);
        let secret = TotpSecret::random(&SystemRandom);
        let secret = people::add_totp(&self.app.ground, &self.operator(), &name, "App", secret).await.expect("an app");
        employee.take_secret(&secret.to_base32());
        employee
    }

    /// An employee who never logged in.
    pub async fn newcomer(&self, username: &str) -> Newcomer {
        self.newcomer_at(username, Level::Substantial).await
    }

    async fn newcomer_at(&self, username: &str, level: Level) -> Newcomer {
        let employee = Employee::named(username);
        let newcomer = people::Newcomer {
            organisation: Some(CVR.parse().expect("a CVR number")),
            username: name(username),
            given_name: format!("Given {username}"),
            family_name: "Prøvesen".to_owned(),
            email: Some(format!("{username}@testkommune.test")),
            persistent_uuid: None,
            cpr: None,
            administrator: false,
            password: Some(Secret::new(employee.password.clone())),
        };
        let (_, code) = people::add(&self.app.ground, &self.operator(), newcomer).await.expect("a person");
        self.prove(username, level).await;
        Newcomer { employee, code: code.expect("a code").to_text() }
    }

    /// Somebody who was added without a password and not proved, with a CPR number.
    pub async fn stranger(&self, username: &str, cpr: &str) -> Person {
        let newcomer = people::Newcomer {
            organisation: Some(CVR.parse().expect("a CVR number")),
            username: name(username),
            given_name: format!("Given {username}"),
            family_name: "Prøvesen".to_owned(),
            email: Some(format!("{username}@testkommune.test")),
            persistent_uuid: None,
            cpr: Some(cpr.parse().expect("a CPR number")),
            administrator: false,
            password: None,
        };
        people::add(&self.app.ground, &self.operator(), newcomer).await.expect("a person").0
    }

    /// The code of a fresh invitation, as a letter holds it.
    pub async fn invitation(&self, username: &str) -> String {
        let person = self.person(username).await;
        let invited = invitation::invite(&self.app.ground, &self.operator(), &person, Channel::Letter).await;
        invited.expect("an invitation").0.to_text()
    }

    /// Publishes the organisation's next terms.
    pub async fn publish_terms(&self) {
        let organisation = organisations::list(&self.app.ground).await.expect("organisations")[0].id;
        let texts = ("Pas godt på din adgang, og del den ikke.", "Take good care of your access, and share it not.");
        terms::publish(&self.app.ground, &self.operator(), organisation, texts).await.expect("terms");
    }

    /// Records a proofing of identity.
    pub async fn prove(&self, username: &str, level: Level) {
        let evidence = "Passport, seen at the desk".to_owned();
        let told = Told { method: Method::InPerson, level, evidence, proved_by: "suite".to_owned() };
        let ground = &self.app.ground;
        let record = people::prove(ground, &self.operator(), &name(username), told).await.expect("a proofing");
        if level == Level::High {
            let second = Operator { actor: Actor::Operator("second".to_owned()), ..self.operator() };
            operators::approve_by_operator(ground, &second, record.id).await.expect("an approval");
        }
    }

    /// Sets a password, or says why not.
    pub async fn set_password(&self, username: &str, password: &str) -> Result<u64, people::Refusal> {
        people::set_password(&self.app.ground, &self.operator(), &name(username), &Secret::new(password.to_owned())).await
    }

    /// Suspends somebody.
    pub async fn suspend(&self, username: &str) {
        people::suspend(&self.app.ground, &self.operator(), &name(username)).await.expect("a suspension");
    }

    /// Lets somebody in again.
    pub async fn reactivate(&self, username: &str) {
        people::reactivate(&self.app.ground, &self.operator(), &name(username)).await.expect("a reactivation");
    }

    /// Writes an employment down: from and until so many seconds from now.
    pub async fn employ(&self, username: &str, from: i64, until: Option<i64>) {
        let person = self.person(username).await;
        let now = self.app.ground.clock.now();
        let hired = Hired {
            id: None,
            unit: None,
            title: String::new(),
            starts_at: plus(now, from),
            ends_at: until.map(|seconds| plus(now, seconds)),
        };
        lifecycle::employ(&self.app.ground, &self.operator(), &person, hired).await.expect("an employment");
    }

    /// Gives somebody a CPR number.
    pub async fn give_cpr(&self, username: &str, number: &str) {
        let (person, number) = (self.person(username).await, number.parse().expect("a CPR number"));
        cpr::set(&self.app.ground, &self.operator(), &person, &number).await.expect("a number");
    }

    /// Gives somebody a CPR number that nobody else has, if they have none, and proves them anew of it.
    pub async fn give_own_cpr(&self, username: &str) {
        let person = self.person(username).await;
        if cpr::index_of(&self.app.ground, person.id).await.expect("the database").is_none() {
            let serial = self.count("SELECT COUNT(*) FROM cprs").await;
            self.give_cpr(username, &format!("0303{:02}-{:04}", serial / 9000, 1000 + serial % 9000)).await;
            self.prove(username, Level::Substantial).await;
        }
    }

    /// So many people of that given name in another organisation.
    pub async fn crowd(&self, cvr: &str, given_name: &str, count: usize) {
        let (ground, by) = (&self.app.ground, self.operator());
        let cvr = cvr.parse().expect("a CVR number");
        let organisation = organisations::save(ground, &by, cvr, "Storkommune", Level::Substantial).await.expect("an organisation").id;
        let mut tx = ground.db.begin().await.expect("a transaction");
        for number in 0..count {
            let person = Person {
                id: Id::random(&SystemRandom),
                organisation,
                username: name(&format!("crowd{number}")),
                given_name: given_name.to_owned(),
                family_name: "Jensen".to_owned(),
                email: None,
                persistent_uuid: Id::<Person>::random(&SystemRandom).uuid(),
                admission: Admission::default(),
            };
            rows::insert(&mut tx, &person, None).await.expect("the database").expect("a new name");
        }
        tx.commit(by.event(ground, Kind::PersonAdded)).await.expect("committed");
    }

    /// Locks somebody by the hand of a colleague of that user name, who is made for it.
    pub async fn lock_by_staff(&self, username: &str, colleague: &str) {
        self.newcomer(colleague).await;
        let by = Operator { actor: Actor::Person(self.person(colleague).await.id), ..self.operator() };
        let person = self.person(username).await.id;
        lifecycle::lock(&self.app.ground, &by, person, Cause::Administrator, "lost a telephone").await.expect("a lock");
    }

    /// A fresh activation code.
    pub async fn activation_code(&self, username: &str) -> String {
        people::activation_code(&self.app.ground, &self.operator(), &name(username)).await.expect("a code").to_text()
    }

    /// What the organisation demands of passwords from now on.
    pub async fn organisation_rules(&self, rules: PasswordRules) {
        let some = (rules != PasswordRules::default()).then_some(&rules);
        let cvr = CVR.parse().expect("a CVR number");
        passwords::rule(&self.app.ground, &self.operator(), &cvr, some).await.expect("rules");
    }

    /// The person of that user name.
    pub async fn person(&self, username: &str) -> Person {
        people::find(&self.app.ground, &name(username)).await.expect("a person")
    }

    /// Registers a relying party by its metadata, on the usual terms.
    pub async fn register(&self, metadata: &str) -> Client {
        self.register_on(metadata, Terms::default()).await
    }

    /// Registers a relying party on these terms.
    pub async fn register_on(&self, metadata: &str, terms: Terms) -> Client {
        let registration = Registration { terms, ..Registration::default() };
        clients::save(&self.app.ground, &self.operator(), metadata.as_bytes(), registration).await.expect("a relying party")
    }

    /// The entry of a relying party.
    pub async fn client(&self, entity_id: &str) -> Client {
        clients::find(&self.app.ground, entity_id).await.expect("a relying party")
    }

    /// Serves a relying party, or no longer.
    pub async fn set_enabled(&self, entity_id: &str, enabled: bool) {
        clients::set_enabled(&self.app.ground, &self.operator(), entity_id, enabled).await.expect("a change");
    }

    /// Removes a relying party.
    pub async fn unregister(&self, entity_id: &str) {
        clients::remove(&self.app.ground, &self.operator(), entity_id).await.expect("a removal");
    }
}

fn name(username: &str) -> Username {
    username.parse().expect("a user name")
}
