//! A person at their own pages who proves with MitID, by a broker, who they are. The broker is an actor on loopback that
//! may lie; the cases stand in `broker_*.rs`. Each case ends with the control: the honest broker is believed.

use std::{future::Future, time::Duration};

use portvagt::{
    base::secret::Secret,
    domain::assurance::Level,
    protocol::oidc::party::{Asking, Authentication, ClaimNames, Party},
};
use url::Url;

use crate::{
    actors::{
        Employee,
        broker::{Broker, CLIENT, Lies, SECRET},
    },
    house::{Engine, House, Plan, log},
    saml_case::incident,
    visitor::{Page, Visitor, decode},
};

/// The CPR number of the person who asks.
pub const CPR: &str = "0101801234";

/// We at a broker of that issuer.
pub fn party(issuer: &str) -> Party {
    let level = |word: &str, level| (word.to_owned(), level);
    Party {
        issuer: issuer.to_owned(),
        client_id: CLIENT.to_owned(),
        authentication: Authentication::SecretBasic(Secret::new(SECRET.to_owned())),
        statement_audience: None,
        redirect_uri: String::new(),
        logged_out_uri: String::new(),
        asking: Asking {
            scopes: vec!["ssn".to_owned()],
            acr_substantial: vec!["urn:s".to_owned()],
            acr_high: vec!["urn:h".to_owned()],
            ..Asking::default()
        },
        claims: ClaimNames { cpr: "cpr".to_owned(), level: "acr".to_owned(), name: "name".to_owned(), reference: "transaction".to_owned() },
        levels: vec![level("urn:s", Level::Substantial), level("urn:h", Level::High), level("urn:l", Level::Low)],
        require_auth_time: true,
        clock_skew: 60,
        timeout: Duration::from_secs(1),
    }
}

/// The person, their browser, the house and the broker.
pub struct OnTheRoad {
    /// The house.
    pub house: House,
    /// The broker.
    pub broker: Broker,
    /// Who.
    pub employee: Employee,
    /// Their browser, logged in.
    pub visitor: Visitor,
}

/// Runs the case on both engines.
pub async fn on_the_road<F: Future<Output = ()>>(case: impl Fn(OnTheRoad) -> F) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        println!("on {engine:?}");
        let broker = Broker::start();
        let house = House::build(engine, Plan { broker: Some(party(broker.issuer())), ..Plan::default() }).await;
        broker.keep_time(house.clock.clone());
        let employee = house.known_by_cpr("anna", CPR).await;
        let visitor = employee.at_home(&house).await;
        case(OnTheRoad { house: house.clone(), broker: broker.clone(), employee, visitor }).await;
        house.close().await;
        broker.stop().await;
    }
}

impl OnTheRoad {
    /// Asks for MitID by the broker: the page that sends the browser there, or what came instead.
    pub async fn ask(&mut self) -> Page {
        ask(&self.house, &mut self.visitor).await
    }

    /// Asks and uses MitID: the address that the broker sends the browser back to.
    pub async fn authorized(&mut self) -> Url {
        let page = self.ask().await;
        self.visitor.get(leaving(&page)).await.location().expect("the broker sends the browser back")
    }

    /// The whole road, without following the answer's page.
    pub async fn go(&mut self) -> Page {
        let back = self.authorized().await;
        self.visitor.get(back).await
    }

    /// How many proofings with MitID there are.
    pub async fn proofings(&self) -> i64 {
        self.house.count("SELECT COUNT(*) FROM proofings WHERE method = 'mitid'").await
    }

    /// The honest broker is believed, whatever was before.
    pub async fn control(&mut self) {
        self.broker.lie(Lies::default());
        // What was learned of a lying broker is old by now, and so is the login.
        self.house.advance(3_601);
        self.visitor = self.employee.at_home(&self.house).await;
        let before = self.proofings().await;
        let page = self.go().await;
        assert_eq!(self.proofings().await, before + 1, "the honest broker is believed: {}", page.describe());
    }

    /// Goes the road with a lying broker: it must be refused for that reason, in the trail and in the log, and prove nothing.
    pub async fn refuse(&mut self, name: &str, lies: Lies, reason: &str) -> Result<(), String> {
        self.broker.lie(lies);
        self.house.new_events("mitid.").await;
        let before = self.proofings().await;
        let page = self.go().await;
        let events = self.house.new_events("mitid.").await;
        let [event] = events.as_slice() else { return Err(format!("{name}: not one event: {events:?}: {}", page.describe())) };
        let told = event.details.get("reason").map(String::as_str).unwrap_or_default();
        if event.kind != "mitid.refused" || told != reason {
            return Err(format!("{name}: {} for {told:?}, expected {reason:?}", event.kind));
        }
        if !log::of(&event.incident).iter().any(|line| line["event"].as_str().is_some_and(|event| event.starts_with("mitid."))) {
            return Err(format!("{name}: no line in the log"));
        }
        if self.proofings().await != before || page.body.contains(CPR) {
            return Err(format!("{name}: something was proved or shown"));
        }
        Ok(())
    }
}

/// Asks for MitID by the broker from the person's own pages.
pub async fn ask(house: &House, visitor: &mut Visitor) -> Page {
    let page = visitor.open(house.url("/account")).await;
    let page = visitor.submit_form(&page, "/account/mitid", &[]).await;
    let page = visitor.follow(page).await;
    let forms = page.forms();
    let road = forms.iter().find(|form| form.action.path() == "/mitid/road" && form.value("road") == Some("broker"));
    let road = road.unwrap_or_else(|| panic!("no road to the broker: {}", page.describe())).clone();
    let answer = visitor.submit(&page, &road).await;
    visitor.follow(answer).await
}

/// Where the page sends the browser by itself.
#[track_caller]
pub fn leaving(page: &Page) -> Url {
    let refresh = page.body.split("content=\"0; url=").nth(1).and_then(|rest| rest.split('"').next());
    Url::parse(&decode(refresh.unwrap_or_else(|| panic!("no way out: {}", page.describe())))).expect("an address")
}

/// A problem page with an incident code whose one log line says this.
#[track_caller]
pub fn expect_problem(page: &Page, status: u16, event: &str, reason: &str) {
    assert_eq!(page.status, status, "{}", page.describe());
    let incident = incident(page).unwrap_or_else(|| panic!("no incident code: {}", page.describe()));
    log::expect_one(&incident, event, reason);
}
