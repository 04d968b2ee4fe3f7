//! The console's front page, who may do what, and the renewal of an older login before an act.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::{
        flow::Wanted,
        right::{Enter, SeePeople},
        role::Scope,
    },
    service::organisations,
    web::{
        app::App,
        extract::admin::{Admin, step_up, trouble},
        page::{
            self,
            admin::{
                Held,
                front::{Front, Rights},
            },
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `GET /admin`.
pub async fn front(app: Data<App>, visit: Visit, admin: Admin<Enter>) -> Result<HttpResponse, Trouble> {
    let known = organisations::list(&app.ground).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let name = |scope: Scope| match scope {
        Scope::Everywhere => None,
        Scope::Organisation(id) => known.iter().find(|one| one.id == id).map(|one| one.name.clone()),
    };
    let held = admin.right.grants().iter().map(|grant| Held { role: grant.role, place: name(grant.scope), scope: grant.scope.to_text() });
    let held = held.collect();
    Ok(page::ok(&Front { frame: admin.frame(), held, nav: admin.nav }))
}

/// `GET /admin/rights`.
pub async fn rights(admin: Admin<Enter>) -> HttpResponse {
    page::ok(&Rights { frame: admin.frame(), nav: admin.nav })
}

/// `?person=`.
#[derive(Debug, Deserialize)]
pub struct Which {
    #[serde(default)]
    person: String,
}

/// `GET /admin/again?person=`: renews the login, and comes back to the person.
pub async fn again(app: Data<App>, visit: Visit, admin: Admin<SeePeople>, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    let Ok(id) = which.person.parse() else { return Err(trouble(&visit, crate::service::rights::Denied::NoSuchPerson)) };
    admin.right.over(&app.ground, id).await.map_err(|denied| trouble(&visit, denied))?;
    Err(step_up(&app, &visit, &admin.who, Wanted::ConsolePerson(id)).await)
}
