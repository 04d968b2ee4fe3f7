//! What waits for a second person: seen by those who decide, decided by a right of its own for each sort of request.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    base::id::Id,
    domain::{
        request::{Request, Wish},
        right::{Act, ApproveReset, ApproveRole, SeeRequests},
        role::Scope,
    },
    service::{
        console::{
            acts::Refusal,
            requests::{self, Listed},
        },
        organisations,
        rights::Denied,
    },
    web::{
        account::door,
        admin::acts::failed,
        answer::see,
        app::App,
        extract::{
            admin::{Admin, trouble},
            csrf::CsrfForm,
        },
        page::{
            self,
            admin::requests::{Asked, Requests, Wanted},
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Told {
    done: Option<String>,
    flaw: Option<String>,
}

/// `GET /admin/requests`.
pub async fn inbox(app: Data<App>, visit: Visit, admin: Admin<SeeRequests>, told: Query<Told>) -> Result<HttpResponse, Trouble> {
    let (waiting, decided) = requests::inbox(&app.ground, &admin.right).await.map_err(|refusal| failed(&visit, refusal))?;
    let known = organisations::list(&app.ground).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let place = |scope: Scope| match scope {
        Scope::Everywhere => None,
        Scope::Organisation(id) => known.iter().find(|one| one.id == id).map(|one| one.name.clone()),
    };
    let me = admin.right.person().id;
    let (roles, resets) = (admin.right.has::<ApproveRole>(), admin.right.has::<ApproveReset>());
    let shown = |listed: &Listed| {
        let (wanted, may) = match &listed.request.wish {
            Wish::Role { role, scope } => (Wanted::Role { role: *role, place: place(*scope) }, roles),
            Wish::Reset { .. } => (Wanted::Reset, resets),
        };
        let is_mine = listed.request.requested_by == me;
        Asked {
            id: listed.request.id.to_string(),
            wanted,
            subject: listed.subject.id.to_string(),
            name: listed.subject.full_name(),
            asker: listed.asker.full_name(),
            reason: listed.request.reason.clone(),
            at: listed.request.requested_at,
            until: listed.request.expires_at,
            state: listed.request.state,
            decided_at: listed.request.decided.map(|(_, at)| at),
            is_mine,
            may_decide: may && !is_mine && listed.subject.id != me,
        }
    };
    let page = Requests {
        frame: admin.frame(),
        waiting: waiting.iter().map(shown).collect(),
        decided: decided.iter().map(shown).collect(),
        done: told.done.as_deref().and_then(page::admin::requests::done),
        flaw: told.flaw.as_deref().and_then(page::admin::person::flaw),
        nav: admin.nav,
    };
    Ok(page::ok(&page))
}

/// `POST /admin/requests/approve-role`.
pub async fn approve_role(app: Data<App>, visit: Visit, admin: Admin<ApproveRole>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let id = which(&visit, &form)?;
    back(&visit, requests::approve_role(&app.ground, &admin.right, id).await, "approved")
}

/// `POST /admin/requests/approve-reset`.
pub async fn approve_reset(app: Data<App>, visit: Visit, admin: Admin<ApproveReset>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let id = which(&visit, &form)?;
    back(&visit, requests::approve_reset(&app.ground, &admin.right, id).await, "approved")
}

/// `POST /admin/requests/refuse-role`.
pub async fn refuse_role(app: Data<App>, visit: Visit, admin: Admin<ApproveRole>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    refuse(&app, &visit, &admin, &form).await
}

/// `POST /admin/requests/refuse-reset`.
pub async fn refuse_reset(app: Data<App>, visit: Visit, admin: Admin<ApproveReset>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    refuse(&app, &visit, &admin, &form).await
}

async fn refuse<A: Act>(app: &App, visit: &Visit, admin: &Admin<A>, form: &CsrfForm) -> Result<HttpResponse, Trouble> {
    let id = which(visit, form)?;
    back(visit, requests::refuse(&app.ground, &admin.right, id, form.field("reason")).await, "refused")
}

/// `POST /admin/requests/withdraw`: one's own.
pub async fn withdraw(app: Data<App>, visit: Visit, admin: Admin<SeeRequests>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    let id = which(&visit, &form)?;
    back(&visit, requests::withdraw(&app.ground, &admin.right, id).await, "withdrawn")
}

fn which(visit: &Visit, form: &CsrfForm) -> Result<Id<Request>, Trouble> {
    door::own_form(visit, form)?;
    form.field("request").parse().map_err(|_| trouble(visit, Denied::NoSuchPerson))
}

fn back(visit: &Visit, done: Result<Request, Refusal>, word: &str) -> Result<HttpResponse, Trouble> {
    match done {
        Ok(_) => Ok(see(&format!("/admin/requests?done={word}"))),
        Err(Refusal::Reason) => Ok(see("/admin/requests?flaw=reason")),
        Err(Refusal::State(flaw)) => Ok(see(&format!("/admin/requests?flaw={flaw}"))),
        Err(refusal) => Err(failed(visit, refusal)),
    }
}
