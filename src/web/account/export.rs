//! Taking out everything that is kept about oneself, after a fresh login with two factors.

use actix_web::{HttpResponse, http::header, web::Data};

use crate::{
    domain::flow::Wanted,
    service::own_data::{self, NotGiven},
    web::{
        account::door,
        app::App,
        extract::{csrf::CsrfForm, present::SignedIn},
        page::{self, account::details::Export},
        problem::Trouble,
        visit::Visit,
    },
};

/// `GET /account/export`.
pub async fn ask(app: Data<App>, visit: Visit, who: SignedIn) -> Result<HttpResponse, Trouble> {
    match door::fresh(&app, &visit, &who, Wanted::Export).await? {
        Ok(_) => Ok(page::ok(&Export { frame: who.frame })),
        Err(first) => Ok(first),
    }
}

/// `POST /account/export`: the file.
pub async fn take_out(app: Data<App>, visit: Visit, who: SignedIn, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let fresh = match door::fresh(&app, &visit, &who, Wanted::Export).await? {
        Ok(fresh) => fresh,
        Err(first) => return Ok(first),
    };
    let document = own_data::take_out(&app.ground, fresh, &who.present.person, &visit.visitor).await.map_err(|error| match error {
        NotGiven::Storage(fault) => Trouble::storage(&visit, &fault),
        NotGiven::Cpr(refusal) => Trouble::internal(&visit, &refusal),
    })?;
    let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"portvagt-own-data.json\"");
    Ok(HttpResponse::Ok().insert_header(name).json(document))
}
