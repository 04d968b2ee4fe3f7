//! The rooms of the road to MitID by a broker: its answer comes by redirect, with our cookies, so it is judged at once; then
//! the browser logs out there and comes back. Which road, and what is done with a proof, is said in `mitid`.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    protocol::oidc::answer::Answer,
    service::mitid::{Refusal, broker::flow_of},
    web::{app::App, mitid, page::problem::Kind, problem::Trouble, visit::Visit},
};

/// `?state=` after logging out at the broker: the flow.
#[derive(Debug, Deserialize)]
pub struct Back {
    #[serde(default)]
    state: String,
}

/// `GET /mitid/broker/callback`: the broker's answer.
pub async fn callback(app: Data<App>, visit: Visit, query: Query<Answer>) -> Result<HttpResponse, Trouble> {
    let Ok(broker) = app.mitid.broker() else { return Err(mitid::closed(&visit)) };
    let reply = query.into_inner();
    let Some(flow) = flow_of(&reply) else {
        return Err(Trouble::of(&visit, Kind::MitidRefused { reason: "parameters" }, mitid::REJECTED, "parameters"));
    };
    let held = mitid::held(&visit, flow)?;
    match broker.finish(&app.ground, &held, reply, &visit.visitor).await {
        Ok(identified) => mitid::conclude(&app, &visit, &held, identified).await,
        // Whoever made this answer up gets no second page to try from.
        Err(refusal @ Refusal::Answer(_)) => Err(mitid::trouble(&visit, refusal)),
        Err(refusal) => mitid::set_back(&app, &visit, &held, refusal).await,
    }
}

/// `GET /mitid/broker/logged-out`: back from logging out there; on with the flow, or to the person's own pages.
pub async fn logged_out(visit: Visit, query: Query<Back>) -> HttpResponse {
    mitid::back(&visit, &query.state)
}

/// `GET /mitid/broker/keys`: our public keys, for the broker to fetch.
pub async fn keys(app: Data<App>, visit: Visit) -> Result<HttpResponse, Trouble> {
    let Ok(broker) = app.mitid.broker() else { return Err(mitid::closed(&visit)) };
    Ok(HttpResponse::Ok().content_type("application/jwk-set+json").body(broker.public_keys().to_string()))
}
