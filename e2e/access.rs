//! Who may enter where: every route with every method it has, as nobody, as the holder of a login under way, and as an
//! employee, against the table checked in beside this file. A route that is not in the table fails; so does a line of
//! the table without its route.

use reqwest::Method;
use serde_json::json;
use url::Url;

use crate::{
    house::{House, on_both},
    visitor::{Page, Visitor},
};

/// One address and one method it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: Method,
    /// The path, as the program lists it.
    pub path: String,
}

impl Route {
    /// Whether its body is JSON, sent by script.
    pub fn takes_json(&self) -> bool {
        self.method == Method::POST && (self.path.ends_with("/start") || self.path.ends_with("/finish"))
    }

    /// The path with its variable parts filled in.
    pub fn place(&self) -> String {
        let file = portvagt::web::assets::url("portvagt.css");
        self.path.replace("/static/{name}", &file)
    }
}

/// Every route, as the program's own list says.
pub fn routes() -> Vec<Route> {
    let source = include_str!("../src/web/routes.rs");
    let mut routes = Vec::new();
    for line in source.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("at(config, \"") else { continue };
        let (path, handlers) = rest.split_once('"').expect("a path");
        for (word, method) in [("get()", Method::GET), ("post()", Method::POST)] {
            if handlers.contains(word) {
                routes.push(Route { method, path: path.to_owned() });
            }
        }
    }
    // The parser above must see what the program sees.
    assert_eq!(routes.len(), source.matches("get().to(").count() + source.matches("post().to(").count());
    assert!(routes.len() > 30, "{routes:?}");
    routes
}

/// Somebody at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Without cookies.
    Nobody,
    /// At the first page of a login.
    FlowHolder,
    /// Logged in.
    Employee,
}

/// Somebody at the door, with what they hold.
pub struct Caller {
    /// Their browser.
    pub visitor: Visitor,
    /// Their login under way.
    pub flow: String,
    /// Their form token.
    pub csrf: String,
}

impl Caller {
    /// A fresh one.
    pub async fn new(house: &House, role: Role, number: usize) -> Self {
        let mut visitor = house.visitor();
        let (mut flow, mut csrf) = (String::new(), String::new());
        match role {
            Role::Nobody => {}
            Role::FlowHolder => {
                let page = house.login_page(&mut visitor).await;
                let form = page.form("/login/password");
                flow = form.value("flow").expect("a flow").to_owned();
                csrf = form.value("csrf").expect("a token").to_owned();
            }
            Role::Employee => {
                visitor = house.employee(&format!("employee{number}")).await.at_home(house).await;
                let page = visitor.get(house.url("/account")).await;
                csrf = page.form("/logout").value("csrf").expect("a token").to_owned();
            }
        }
        Self { visitor, flow, csrf }
    }

    /// Sends a request to the route, with what they hold, as their own page would.
    pub async fn call(&mut self, house: &House, route: &Route) -> Page {
        let url = Url::parse(&house.url(&route.place())).expect("an address");
        if route.method == Method::GET {
            let mut url = url;
            if !self.flow.is_empty() {
                url.query_pairs_mut().append_pair("flow", &self.flow);
            }
            return self.visitor.get(url).await;
        }
        if route.takes_json() {
            let mut body = json!({ "credential": {} });
            if !self.flow.is_empty() {
                body["flow"] = json!(self.flow);
            }
            return self.visitor.post_json(url, body.to_string(), &[("X-CSRF", &self.csrf)]).await;
        }
        let mut fields = vec![("csrf", self.csrf.as_str()), ("user_name", "nobody"), ("password", "wrong"), ("code", "000000")];
        if !self.flow.is_empty() {
            fields.push(("flow", &self.flow));
        }
        self.visitor.post_form(url, &fields).await
    }
}

/// Status and, without ids, where it leads.
fn outcome(page: &Page) -> String {
    match page.location() {
        Some(place) if place.query().is_some() => format!("{} {}?", page.status, place.path()),
        Some(place) => format!("{} {}", page.status, place.path()),
        None => page.status.to_string(),
    }
}

#[tokio::test]
async fn every_route_for_every_role() {
    on_both(|house| async move {
        let mut table = String::new();
        for (number, route) in routes().iter().enumerate() {
            let mut line = format!("{:<4} {:<32}", route.method.as_str(), route.path);
            for role in [Role::Nobody, Role::FlowHolder, Role::Employee] {
                let mut caller = Caller::new(&house, role, number).await;
                let page = caller.call(&house, route).await;
                line.push_str(&format!(" | {:<22}", outcome(&page)));
            }
            table.push_str(line.trim_end());
            table.push('\n');
        }
        let expected: Vec<&str> = include_str!("access.txt").lines().filter(|line| !line.starts_with('#')).collect();
        let found: Vec<&str> = table.lines().collect();
        assert_eq!(found, expected, "\nthe table as it is:\n{table}");
    })
    .await;
}
