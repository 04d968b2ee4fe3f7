//! Finding and creating people. What is sought is posted: it may be a CPR number.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::right::{AddPerson, SeePeople},
    service::{
        console::{
            acts::{self, Draft, Refusal},
            directory::{self, Sought},
        },
        cpr,
    },
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
            admin::people::{Choice, NewPerson, People, Row, STATES},
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// Filters, and where the page begins.
#[derive(Debug, Default, Deserialize)]
pub struct Filters {
    #[serde(default)]
    organisation: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    unused: String,
    #[serde(default)]
    after: String,
}

/// `GET /admin/people`.
pub async fn list(app: Data<App>, visit: Visit, admin: Admin<SeePeople>, filters: Query<Filters>) -> Result<HttpResponse, Trouble> {
    shown(&app, &visit, admin, String::new(), &filters).await
}

/// `POST /admin/people/find`.
pub async fn find(app: Data<App>, visit: Visit, admin: Admin<SeePeople>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let field = |name: &str| form.field(name).to_owned();
    let filters = Filters { organisation: field("organisation"), state: field("state"), unused: field("unused"), after: field("after") };
    shown(&app, &visit, admin, field("query"), &filters).await
}

async fn shown(app: &App, visit: &Visit, admin: Admin<SeePeople>, text: String, filters: &Filters) -> Result<HttpResponse, Trouble> {
    let sought = Sought {
        text,
        organisation: filters.organisation.parse().ok(),
        state: STATES.iter().find(|(word, _)| *word == filters.state).map(|(word, _)| (*word).to_owned()).unwrap_or_default(),
        unused: filters.unused == "1",
        after: filters.after.parse().ok(),
    };
    let found = directory::find(&app.ground, &admin.right, &sought).await.map_err(|refusal| failed(visit, refusal))?;
    let known = directory::organisations(&app.ground, &admin.right).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    let now = app.ground.clock.now();
    let row = |person: &crate::domain::person::Person| Row {
        id: person.id.to_string(),
        name: person.full_name(),
        username: person.username.to_string(),
        email: person.email.clone().unwrap_or_default(),
        access: person.access(now),
        organisation: known.iter().find(|one| one.id == person.organisation).map(|one| one.name.clone()).unwrap_or_default(),
    };
    let rows: Vec<Row> = found.people.iter().map(row).collect();
    let next = rows.last().filter(|_| found.more).map(|row| row.id.clone());
    let is_number = sought.text.trim().parse::<crate::domain::person::Cpr>().is_ok();
    let page = People {
        frame: page::Frame { here: Some("/admin/people".to_owned()), ..admin.frame() },
        may_add: admin.right.has::<AddPerson>(),
        nav: admin.nav,
        rows,
        next,
        // A number is not shown again.
        text: if is_number { String::new() } else { sought.text },
        organisations: known.iter().map(|one| Choice { id: one.id.to_string(), name: one.name.clone() }).collect(),
        organisation: sought.organisation.map(|id| id.to_string()).unwrap_or_default(),
        state: sought.state,
        unused: sought.unused,
        first: sought.after.is_none(),
    };
    Ok(page::ok(&page))
}

/// `GET /admin/people/new`.
pub async fn draft(app: Data<App>, visit: Visit, admin: Admin<AddPerson>) -> Result<HttpResponse, Trouble> {
    form_page(&app, &visit, admin, None, [const { String::new() }; 5]).await
}

/// `POST /admin/people/new`: the person is created without a password, and invited on their own page.
pub async fn add(app: Data<App>, visit: Visit, admin: Admin<AddPerson>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let kept = ["organisation", "username", "given_name", "family_name", "email"].map(|name| form.field(name).to_owned());
    let added = match read(&form) {
        Ok(draft) => acts::add(&app.ground, &admin.right, draft).await,
        Err(field) => Err(Refusal::Field(field)),
    };
    match added {
        Ok(person) => Ok(see(&format!("/admin/person?person={}&done=added", person.id))),
        Err(Refusal::Field(field)) => form_page(&app, &visit, admin, Some(field), kept).await,
        Err(refusal) => Err(super::acts::failed(&visit, refusal)),
    }
}

/// The form as a draft, or the word of the field that cannot be read.
fn read(form: &CsrfForm) -> Result<Draft, &'static str> {
    let cpr = match form.field("cpr").trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| "cpr")?),
    };
    let persistent_uuid = match form.field("uuid").trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| "uuid")?),
    };
    Ok(Draft {
        organisation: form.field("organisation").parse().map_err(|_| "organisation")?,
        username: form.field("username").parse().map_err(|_| "username")?,
        given_name: form.field("given_name").to_owned(),
        family_name: form.field("family_name").to_owned(),
        email: form.field("email").to_owned(),
        cpr,
        persistent_uuid,
    })
}

async fn form_page(
    app: &App,
    visit: &Visit,
    admin: Admin<AddPerson>,
    flaw: Option<&'static str>,
    [organisation, username, given_name, family_name, email]: [String; 5],
) -> Result<HttpResponse, Trouble> {
    let known = crate::service::organisations::list(&app.ground).await.map_err(|fault| Trouble::storage(visit, &fault))?;
    let reached = known.iter().filter(|one| admin.right.reaches(one.id));
    let page = NewPerson {
        frame: page::Frame { here: Some("/admin/people/new".to_owned()), ..admin.frame() },
        organisations: reached.map(|one| Choice { id: one.id.to_string(), name: one.name.clone() }).collect(),
        nav: admin.nav,
        flaw,
        organisation,
        username,
        given_name,
        family_name,
        email,
    };
    Ok(page::answer(if flaw.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

fn failed(visit: &Visit, refusal: cpr::Refusal) -> Trouble {
    match refusal {
        cpr::Refusal::Fault(fault) => Trouble::storage(visit, &fault),
        cpr::Refusal::Seal(error) => Trouble::internal(visit, &error),
        _ => trouble(visit, crate::service::rights::Denied::NoSuchPerson),
    }
}
