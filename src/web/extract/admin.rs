//! A right in the console as a parameter: a handler that takes `Admin<A>` is entered only by somebody who may do the act `A`,
//! logged in at Substantial and, where the act changes something, a few minutes ago. An older login is renewed first;
//! everybody else gets a plain refusal.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};

use super::present::SignedIn;
use crate::{
    domain::{
        flow::Wanted,
        right::{Act, Prove, ReadTrail, SeePeople, SeeRequests, SeeServices},
    },
    service::{
        login,
        rights::{Denied, Right},
    },
    web::{
        app::App,
        page::{
            Frame,
            admin::{Nav, Room},
            problem::Kind,
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// Somebody who may do the act `A`.
#[derive(Debug)]
pub struct Admin<A> {
    /// The right.
    pub right: Right<A>,
    /// The session and its person.
    pub who: SignedIn,
    /// The rooms open to them.
    pub nav: Nav,
}

impl<A> Admin<A> {
    /// A frame with their name and the session's form token.
    pub fn frame(&self) -> Frame {
        self.who.frame.clone()
    }
}

impl<A: Act> FromRequest for Admin<A> {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Trouble>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, who) = (request.clone(), SignedIn::from_request(request, payload));
        Box::pin(async move {
            let visit = Visit::of(&request);
            let who = who.await?;
            let Some(app) = request.app_data::<Data<App>>() else { return Err(Trouble::to_login()) };
            match Right::<A>::of(&app.ground, &who.present, &visit.visitor.incident).await {
                Ok(right) => Ok(Self { nav: nav(&right), right, who }),
                Err(Denied::NotFresh) => Err(step_up(app, &visit, &who, Wanted::Console).await),
                Err(denied) => Err(trouble(&visit, denied)),
            }
        })
    }
}

/// The rooms that somebody's roles open.
fn nav<A: Act>(right: &Right<A>) -> Nav {
    let rooms = [
        (Room::Front, true),
        (Room::People, right.has::<SeePeople>()),
        (Room::Requests, right.has::<SeeRequests>()),
        (Room::Trail, right.has::<ReadTrail>()),
        (Room::Services, right.has::<SeeServices>()),
        (Room::Desk, right.has::<Prove>()),
        (Room::Rights, true),
    ];
    Nav { rooms: rooms.into_iter().filter(|(_, open)| *open).map(|(room, _)| room).collect() }
}

/// On the way to a fresh login, and from there to `wanted`.
pub async fn step_up(app: &App, visit: &Visit, who: &SignedIn, wanted: Wanted) -> Trouble {
    tracing::info!(event = "stepup.required", incident = %visit.visitor.incident, person = %who.present.person.id);
    match login::begin_step_up(&app.ground, &who.present.session, wanted).await {
        Ok(held) => Trouble::StepUp(Box::new(held)),
        Err(fault) => Trouble::storage(visit, &fault),
    }
}

/// A refusal of the console as a page.
pub fn trouble(visit: &Visit, denied: Denied) -> Trouble {
    let what = match denied {
        Denied::NoSuchPerson => return Trouble::of(visit, Kind::NotFound, "http.not_found", "person"),
        Denied::Fault(fault) => return Trouble::storage(visit, &fault),
        Denied::NoRight => "admin-no-right",
        Denied::LevelTooLow | Denied::NotFresh => "admin-level-too-low",
        Denied::Own => "admin-own",
        Denied::NoCpr => "admin-no-cpr",
        Denied::Above => "admin-above",
    };
    Trouble::of(visit, Kind::InConsole { what }, "authz.denied", what)
}
