//! The console: who may do what to whom (C01-C04), what is typed into it (C05, C06), and what it shows of the trail (C08).

use std::future::Future;

use portvagt::{
    base::id::Id,
    domain::{
        organisation::Organisation,
        person::Person,
        role::{Role, Scope},
    },
    service::{cpr, organisations, people, roles},
};

use crate::{
    actors::Employee,
    house::{House, Plan, on_both_by},
    visitor::{Page, Visitor},
};

/// Every route for every role, on people of the own and of another organisation.
mod access;
/// Acts on a person.
mod acts;
/// Finding people.
mod find;
/// What needs two people.
mod requests;
/// The audit trail.
mod trail;

/// The other organisation.
pub const OTHER: &str = "90000002";

/// Somebody at work in the console, with their browser.
pub struct Clerk {
    /// Who.
    pub employee: Employee,
    /// Their browser, logged in a moment ago.
    pub visitor: Visitor,
    /// The session's form token.
    pub csrf: String,
}

impl Clerk {
    /// An employee with the role in their own organisation (a system administrator everywhere), logged in.
    pub async fn new(house: &House, username: &str, role: Role) -> Self {
        let employee = house.employee(username).await;
        house.give_own_cpr(username).await;
        let person = house.person(username).await.id;
        roles::grant(&house.app.ground, &house.operator(), person, role).await.expect("a role");
        Self::at(house, employee).await
    }

    /// The same with the role in one organisation only.
    pub async fn new_in(house: &House, username: &str, role: Role, scope: Scope) -> Self {
        let employee = house.employee(username).await;
        house.give_own_cpr(username).await;
        let person = house.person(username).await.id;
        roles::grant_in(&house.app.ground, &house.operator(), person, (role, scope)).await.expect("a role");
        Self::at(house, employee).await
    }

    /// Logs the employee in.
    pub async fn at(house: &House, employee: Employee) -> Self {
        let mut visitor = employee.at_home(house).await;
        let page = visitor.get(house.url("/account")).await;
        let csrf = page.form("/logout").value("csrf").expect("a token").to_owned();
        Self { employee, visitor, csrf }
    }

    /// Opens a page.
    pub async fn open(&mut self, house: &House, path: &str) -> Page {
        self.visitor.get(house.url(path)).await
    }

    /// Posts a form with the session's token.
    pub async fn post(&mut self, house: &House, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(fields);
        self.visitor.post_form(house.url(path), &all).await
    }

    /// Opens a person's page.
    pub async fn person(&mut self, house: &House, id: Id<Person>) -> Page {
        self.open(house, &format!("/admin/person?person={id}")).await
    }
}

/// The other organisation, made at the first call.
pub async fn other(house: &House) -> Organisation {
    let cvr = OTHER.parse().expect("a CVR number");
    organisations::save(&house.app.ground, &house.operator(), cvr, "Anden kommune", portvagt::domain::assurance::Level::Substantial)
        .await
        .expect("an organisation")
}

/// Houses in which operators may prove people though there are registrants.
pub async fn on_both<F: Future<Output = ()>>(case: impl Fn(House) -> F) {
    let mut plan = Plan::default();
    plan.rules.demonstration = true;
    on_both_by(plan, case).await;
}

/// Somebody of the organisation with that CVR number, with a CPR number, who never logged in.
pub async fn colleague(house: &House, cvr: &str, username: &str) -> Person {
    let person = unnumbered(house, cvr, username).await;
    let digits = person.id.uuid().as_u128();
    let number = format!("0404{:02}-{:04}", digits % 90, 2000 + digits / 90 % 7000);
    cpr::set(&house.app.ground, &house.operator(), &person, &number.parse().expect("a CPR number")).await.expect("a number");
    person
}

/// The same without a CPR number.
pub async fn unnumbered(house: &House, cvr: &str, username: &str) -> Person {
    let newcomer = people::Newcomer {
        organisation: Some(cvr.parse().expect("a CVR number")),
        username: username.parse().expect("a user name"),
        given_name: format!("Given {username}"),
        family_name: "Andersen".to_owned(),
        email: Some(format!("{username}@andenkommune.test")),
        persistent_uuid: None,
        cpr: None,
        administrator: false,
        password: None,
    };
    people::add(&house.app.ground, &house.operator(), newcomer).await.expect("a person").0
}
