//! What happened to oneself.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    service::activity::{self, Place},
    web::{
        app::App,
        extract::present::SignedIn,
        page::{self, account::activity::Activity},
        problem::Trouble,
        visit::Visit,
    },
};

/// `?before=`.
#[derive(Debug, Deserialize)]
pub struct Before {
    before: Option<String>,
}

/// `GET /account/activity`. A key that is none begins at the newest.
pub async fn list(app: Data<App>, visit: Visit, who: SignedIn, query: Query<Before>) -> Result<HttpResponse, Trouble> {
    let before = query.before.as_deref().and_then(Place::from_text);
    let newest = before.is_none();
    let found = activity::page(&app.ground, who.present.person.id, before).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let older = found.older.map(|place| place.to_text());
    Ok(page::ok(&Activity { frame: who.frame, deeds: found.deeds, older, newest }))
}
