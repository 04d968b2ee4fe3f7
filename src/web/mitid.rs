//! The rooms on the way to MitID: choose a road, be sent off, come back. What MitID proved is acted on elsewhere; here it
//! becomes pages and redirects. NemLog-in's answer comes from another site without our cookies: it is taken in and the
//! browser is sent to fetch it, so that only whoever asked and whoever answered, in one browser, go on.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::mitid::{Road, Why},
    protocol::saml::{
        Reason,
        wire::{self, Delivery},
    },
    service::{
        activation,
        login::Held,
        mitid::{
            self, Identified, Parting, Refusal,
            nemlogin::farewell::{self, Received},
        },
        raising,
    },
    web::{
        activate, answer,
        app::App,
        extract::{body::Message, csrf::CsrfForm},
        page::{
            self,
            mitid::{Choose, Farewell, Leave, Parted, Setback},
            problem::Kind,
        },
        problem::Trouble,
        visit::{self, Visit},
    },
};

/// The event of a refused answer.
pub const REJECTED: &str = "mitid.rejected";

/// `?flow=`, and what NemLog-in's answer is fetched with.
#[derive(Debug, Deserialize)]
pub struct AtFlow {
    flow: String,
    #[serde(default)]
    answer: String,
}

/// `GET /mitid?flow=`: which road, and why.
pub async fn choose(app: Data<App>, visit: Visit, query: Query<AtFlow>) -> Result<HttpResponse, Trouble> {
    let held = held(&visit, &query.flow)?;
    choose_page(&app, &visit, &held, None).await
}

async fn choose_page(app: &App, visit: &Visit, held: &Held, setback: Option<Setback>) -> Result<HttpResponse, Trouble> {
    let flow = mitid::open(&app.ground, held).await.map_err(|refusal| trouble(visit, refusal))?;
    let page = Choose {
        frame: answer::frame(app, visit, held)?,
        flow: held.id.to_string(),
        why: flow.stage.why,
        roads: app.mitid.open(),
        setback,
    };
    Ok(page::ok(&page))
}

/// `POST /mitid/road`: puts the question. The way out is a page of its own, because browsers hold a form's redirects to our
/// policy, and NemLog-in goes on to hosts that nobody here knows.
pub async fn take_road(app: Data<App>, visit: Visit, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let held = form.flow(&visit)?;
    let Ok(road) = form.field("road").parse::<Road>() else {
        return Err(Trouble::of(&visit, Kind::BadRequest { reason: "road".to_owned() }, REJECTED, "road"));
    };
    match app.mitid.begin(&app.ground, &held, road, visit.language.tag()).await {
        Ok(url) => Ok(page::ok(&Leave { frame: answer::frame(&app, &visit, &held)?, road, url })),
        Err(refusal) => set_back(&app, &visit, &held, refusal).await,
    }
}

/// `GET /mitid/nemlogin/metadata`: ours as a service provider; with `?signed=1` signed.
pub async fn metadata(app: Data<App>, visit: Visit, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    let Ok(nemlogin) = app.mitid.nemlogin() else { return Err(closed(&visit)) };
    let signed = url::form_urlencoded::parse(request.query_string().as_bytes()).any(|(name, value)| name == "signed" && value == "1");
    let document = nemlogin.metadata(&app.ground, signed).map_err(|refusal| trouble(&visit, refusal))?;
    let disposition = (header::CONTENT_DISPOSITION, "inline; filename=\"portvagt-nemlogin-metadata.xml\"");
    Ok(HttpResponse::Ok().content_type("application/samlmetadata+xml").insert_header(disposition).body(document))
}

/// `POST /mitid/nemlogin/acs`: NemLog-in's answer, by a form from its site.
pub async fn receive(app: Data<App>, visit: Visit, body: Message) -> Result<HttpResponse, Trouble> {
    let Ok(nemlogin) = app.mitid.nemlogin() else { return Err(closed(&visit)) };
    let arrived = nemlogin.receive(&app.ground, &body.0, &visit.visitor).await.map_err(|refusal| trouble(&visit, refusal))?;
    Ok(answer::see(&format!("/mitid/nemlogin/answer?flow={}&answer={}", arrived.flow, arrived.handle.to_text())))
}

/// `GET /mitid/nemlogin/answer?flow=&answer=`: now with our cookies.
pub async fn fetch(app: Data<App>, visit: Visit, query: Query<AtFlow>) -> Result<HttpResponse, Trouble> {
    let Ok(nemlogin) = app.mitid.nemlogin() else { return Err(closed(&visit)) };
    let held = held(&visit, &query.flow)?;
    match nemlogin.finish(&app.ground, &held, &query.answer).await {
        Ok(identified) => conclude(&app, &visit, &held, identified).await,
        Err(refusal) => set_back(&app, &visit, &held, refusal).await,
    }
}

/// `GET /mitid/nemlogin/slo`: back from logging out at NemLog-in, or NemLog-in's own logout request.
pub async fn slo(app: Data<App>, visit: Visit, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    let Ok(nemlogin) = app.mitid.nemlogin() else { return Err(closed(&visit)) };
    let rejected = |reason: Reason| trouble(&visit, Refusal::Answer(reason.as_str()));
    let incoming = wire::from_query(request.query_string()).map_err(rejected)?;
    match farewell::receive(nemlogin, &app.ground, incoming).await.map_err(|refusal| trouble(&visit, refusal))? {
        Received::Back(flow) => Ok(back(&visit, &flow)),
        Received::Answer(Delivery::Redirect(url)) => Ok(answer::see(&url)),
        Received::Answer(Delivery::Post(_)) => Err(rejected(Reason::Destination)),
    }
}

/// Back from logging out at the other side: on with the flow, or to the person's own pages.
pub fn back(visit: &Visit, flow: &str) -> HttpResponse {
    match visit.held(flow) {
        Some(held) => answer::see(&format!("/login?flow={}", held.id)),
        None => answer::see("/account?done=proved"),
    }
}

/// MitID proved something: whoever asked acts on it.
pub async fn conclude(app: &App, visit: &Visit, held: &Held, identified: Identified) -> Result<HttpResponse, Trouble> {
    if identified.flow.stage.why != Why::Raise {
        return go_on(app, visit, held, &identified).await;
    }
    match raising::identified(&app.ground, held, &identified, &visit.visitor).await {
        Ok(()) => {
            let mut reply = answer::see("/account?done=proved");
            answer::add(&mut reply, visit::drop_flow(held.id));
            Ok(by_way_of(visit, &identified, reply))
        }
        Err(refusal) => set_back(app, visit, held, refusal).await,
    }
}

/// An activation or recovery goes on in its own rooms.
async fn go_on(app: &App, visit: &Visit, held: &Held, identified: &Identified) -> Result<HttpResponse, Trouble> {
    match activation::identified(&app.ground, (&identified.flow, held), &identified.proved, &visit.visitor).await {
        Ok(next) => Ok(by_way_of(visit, identified, activate::go_on(app, visit, held, next).await?)),
        Err(activation::Refusal::Unmatched) => set_back(app, visit, held, Refusal::OtherPerson).await,
        Err(activation::Refusal::NotThisWay) => set_back(app, visit, held, Refusal::NotThisWay).await,
        Err(activation::Refusal::TooLow) => set_back(app, visit, held, Refusal::TooLow).await,
        Err(refusal) => Err(activate::trouble(visit, refusal)),
    }
}

/// A redirect, by way of the other side where the browser has a session to end there; its cookies are kept. Whatever is a
/// page already is shown as it is.
fn by_way_of(visit: &Visit, identified: &Identified, reply: HttpResponse) -> HttpResponse {
    let next = reply.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
    let (Some(farewell), Some(next)) = (&identified.farewell, next) else { return reply };
    let (frame, next) = (visit.frame(), next.to_owned());
    let mut page = match farewell {
        Parting::Form(form) => Farewell { frame, action: form.action.clone(), fields: form.fields.clone(), next }.answer(),
        Parting::Address(url) => page::ok(&Parted { frame, url: url.clone(), next }),
    };
    for cookie in reply.headers().get_all(header::SET_COOKIE) {
        page.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    page
}

/// The page to choose again, with what went wrong; a fault that no new try mends is a page of its own.
pub async fn set_back(app: &App, visit: &Visit, held: &Held, refusal: Refusal) -> Result<HttpResponse, Trouble> {
    let Some(setback) = Setback::of(&refusal) else { return Err(trouble(visit, refusal)) };
    tracing::info!(event = "mitid.failed", reason = setback.word(), detail = %refusal, incident = %visit.visitor.incident);
    choose_page(app, visit, held, Some(setback)).await
}

/// The flow as this browser holds it.
pub fn held(visit: &Visit, flow: &str) -> Result<Held, Trouble> {
    visit.held(flow).ok_or_else(|| Trouble::of(visit, Kind::FlowGone, "flow.cookie_mismatch", "cookie"))
}

/// A road that is not set up has no rooms.
pub fn closed(visit: &Visit) -> Trouble {
    Trouble::of(visit, Kind::NotFound, "http.not_found", "road")
}

/// A refusal that no new try mends.
pub fn trouble(visit: &Visit, refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::Gone => Trouble::of(visit, Kind::FlowGone, "flow.violation", "stage"),
        Refusal::Throttled { seconds } => Trouble::logged(visit, Kind::Throttled { seconds }),
        Refusal::Answer(reason) => Trouble::of(visit, Kind::MitidRefused { reason }, REJECTED, reason),
        Refusal::Storage(fault) => Trouble::storage(visit, &fault),
        other => Trouble::internal(visit, &other),
    }
}
