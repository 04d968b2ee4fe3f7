//! A registrant as a parameter: a handler that takes `AtDesk` is entered only by somebody with the role, logged in at
//! Substantial and a few minutes ago. An older login is renewed first; everybody else gets a plain refusal.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};

use super::present::SignedIn;
use crate::{
    domain::flow::Wanted,
    service::{
        login,
        proofing::{Refusal, Registrant},
    },
    web::{
        app::App,
        page::{Frame, problem::Kind},
        problem::Trouble,
        visit::Visit,
    },
};

/// A registrant at their desk.
#[derive(Debug)]
pub struct AtDesk {
    /// Role, level and freshness were checked.
    pub registrant: Registrant,
    /// A frame with the registrant's name and the session's form token.
    pub frame: Frame,
}

impl FromRequest for AtDesk {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Trouble>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, who) = (request.clone(), SignedIn::from_request(request, payload));
        Box::pin(async move {
            let visit = Visit::of(&request);
            let who = who.await?;
            let Some(app) = request.app_data::<Data<App>>() else { return Err(Trouble::to_login()) };
            match Registrant::of(&app.ground, &who.present, &visit.visitor.incident).await {
                Ok(registrant) => Ok(Self { registrant, frame: who.frame }),
                Err(Refusal::NotFresh) => {
                    tracing::info!(event = "stepup.required", incident = %visit.visitor.incident, person = %who.present.person.id);
                    let begun = login::begin_step_up(&app.ground, &who.present.session, Wanted::Desk).await;
                    Err(Trouble::StepUp(Box::new(begun.map_err(|fault| Trouble::storage(&visit, &fault))?)))
                }
                Err(refusal) => Err(trouble(&visit, refusal)),
            }
        })
    }
}

/// A refusal of the desk as a page.
pub fn trouble(visit: &Visit, refusal: Refusal) -> Trouble {
    let what = match refusal {
        Refusal::NoSuchPerson | Refusal::NoSuchProofing => return Trouble::of(visit, Kind::NotFound, "http.not_found", "desk"),
        Refusal::Fault(fault) => return Trouble::storage(visit, &fault),
        Refusal::Seal(error) => return Trouble::internal(visit, &error),
        Refusal::Own => "desk-own",
        Refusal::OtherOrganisation => "desk-other-organisation",
        Refusal::NotASecondPerson => "desk-not-second",
        Refusal::NoCpr => "desk-no-cpr",
        Refusal::LevelTooLow => "desk-level-too-low",
        _ => "desk-no-registrant",
    };
    Trouble::of(visit, Kind::AtDesk { what }, "desk.refused", what)
}
