//! The relying parties: seen by those who look after them, and served or no longer. Their metadata is changed at the command
//! line.

use actix_web::{HttpResponse, web::Data};

use crate::{
    domain::right::{SeeServices, SwitchService},
    service::{clients, console::acts, rights::Denied},
    web::{
        account::door,
        answer::see,
        app::App,
        extract::{
            admin::{Admin, trouble},
            csrf::CsrfForm,
        },
        page::{
            self,
            admin::services::{Service, Services},
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `GET /admin/services`.
pub async fn list(app: Data<App>, visit: Visit, admin: Admin<SeeServices>) -> Result<HttpResponse, Trouble> {
    let known = clients::list(&app.ground).await.map_err(|refusal| Trouble::internal(&visit, &refusal))?;
    let shown = |one: crate::domain::client::Client| Service {
        entity_id: one.entity_id,
        name: one.name,
        enabled: one.enabled,
        registered_at: one.registered_at,
    };
    let may_switch = admin.right.has::<SwitchService>();
    let page = Services { frame: admin.frame(), services: known.into_iter().map(shown).collect(), may_switch, nav: admin.nav };
    Ok(page::ok(&page))
}

/// `POST /admin/services/switch`: serves a relying party, or no longer.
pub async fn switch(app: Data<App>, visit: Visit, admin: Admin<SwitchService>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    // Relying parties serve all organisations.
    if !admin.right.is_everywhere() {
        return Err(trouble(&visit, Denied::NoRight));
    }
    let enabled = form.field("to") == "on";
    let switched = acts::switch_service(&app.ground, &admin.right, form.field("service"), enabled).await;
    switched.map_err(|refusal| super::acts::failed(&visit, refusal))?;
    Ok(see("/admin/services"))
}
