//! A live session as a parameter: a handler that takes `SignedIn` is entered by nobody else. Whoever is not logged in
//! is led to the login page (pages) or refused (forms).

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::Method, web::Data};

use crate::{
    crypto::token::Token,
    service::sessions::{self, Present},
    web::{
        app::App,
        page::{Frame, problem::Kind},
        problem::Trouble,
        visit::Visit,
    },
};

/// Somebody who is logged in.
#[derive(Debug)]
pub struct SignedIn {
    /// Session and person.
    pub present: Present,
    /// The session's token.
    pub token: Token,
    /// A frame with the person's name and the session's form token.
    pub frame: Frame,
}

impl FromRequest for SignedIn {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Trouble>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let visit = Visit::of(&request);
            let outside = || {
                if request.method() == Method::GET {
                    Trouble::to_login()
                } else {
                    Trouble::of(&visit, Kind::FlowGone, "session.missing", "no_session")
                }
            };
            let (Some(app), Some(token)) = (request.app_data::<Data<App>>(), visit.session.clone()) else { return Err(outside()) };
            let present = sessions::present(&app.ground, &token).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
            let Some(present) = present else { return Err(outside()) };
            let csrf = token.form_token(&app.ground.seals.csrf).map_err(|error| Trouble::internal(&visit, &error))?;
            let frame = Frame { csrf, here: Some(visit.here.clone()), signed_in: Some(present.person.full_name()), ..visit.frame() };
            Ok(Self { present, token, frame })
        })
    }
}
