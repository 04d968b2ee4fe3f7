//! The audit trail: filters by address, pages by key; taken out and verified by forms, since both are written down.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::person::shown;
use crate::{
    domain::right::ReadTrail,
    service::{
        activity::Place,
        console::trail::{self, Asked, Refusal},
    },
    web::{
        account::door,
        app::App,
        extract::{
            admin::{Admin, trouble},
            csrf::CsrfForm,
        },
        page::{
            self,
            admin::trail::{Checked, Trail, Verified},
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// Which events.
#[derive(Debug, Default, Deserialize)]
pub struct Filters {
    #[serde(default)]
    person: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    incident: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    before: Option<String>,
}

/// `GET /admin/trail`.
pub async fn show(app: Data<App>, visit: Visit, admin: Admin<ReadTrail>, filters: Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let asked = read(&app, &visit, &admin, &filters).await?;
    let (events, older, unknown) = match asked {
        Ok(asked) => {
            let (events, older) = trail::page(&app.ground, &admin.right, &asked).await.map_err(|refusal| failed(&visit, refusal))?;
            (events, older, None)
        }
        Err(field) => (Vec::new(), None, Some(field)),
    };
    let events = shown(&app, events).await.map_err(|fault| Trouble::storage(&visit, &fault))?;
    let older = older.map(|place| {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in filters.pairs() {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        address.append_pair("before", &place.to_text()).finish()
    });
    let page = Trail {
        frame: admin.frame(),
        nav: admin.nav,
        events,
        older,
        newest: filters.before.is_none(),
        unknown,
        person: filters.person,
        actor: filters.actor,
        kind: filters.kind,
        incident: filters.incident,
        from: filters.from,
        to: filters.to,
    };
    Ok(page::ok(&page))
}

impl Filters {
    fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("person", &self.person),
            ("actor", &self.actor),
            ("kind", &self.kind),
            ("incident", &self.incident),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }
}

/// `POST /admin/trail/export`: a table of what the filters show.
pub async fn export(app: Data<App>, visit: Visit, admin: Admin<ReadTrail>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let field = |name: &str| form.field(name).to_owned();
    let filters = Filters {
        person: field("person"),
        actor: field("actor"),
        kind: field("kind"),
        incident: field("incident"),
        from: field("from"),
        to: field("to"),
        before: None,
    };
    let Ok(asked) = read(&app, &visit, &admin, &filters).await? else {
        return Err(trouble(&visit, crate::service::rights::Denied::NoSuchPerson));
    };
    let table = trail::export(&app.ground, &admin.right, &asked).await.map_err(|refusal| failed(&visit, refusal))?;
    let name = format!("attachment; filename=\"portvagt-trail-{}.csv\"", app.ground.clock.now().as_second());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(table))
}

/// `POST /admin/trail/verify`: checks every event and the chain of seals.
pub async fn verify(app: Data<App>, visit: Visit, admin: Admin<ReadTrail>, form: CsrfForm) -> Result<HttpResponse, Trouble> {
    door::own_form(&visit, &form)?;
    let verdict = trail::check(&app.ground, &admin.right).await.map_err(|refusal| failed(&visit, refusal))?;
    let head = verdict.head.as_ref().map(|head| {
        let hash: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}:{hash}", head.seq)
    });
    let checked = Checked {
        sealed: verdict.sealed,
        unsealed: verdict.unsealed,
        purged: verdict.purged_seals,
        head,
        bad: verdict.first_bad.map(|bad| bad.to_string()),
    };
    Ok(page::ok(&Verified { frame: page::Frame { here: None, ..admin.frame() }, nav: admin.nav, checked }))
}

/// The filters as a question, or the word of the one that cannot be read.
async fn read(app: &App, visit: &Visit, admin: &Admin<ReadTrail>, filters: &Filters) -> Result<Result<Asked, &'static str>, Trouble> {
    let broken = |fault| Trouble::storage(visit, &fault);
    let person = match filters.person.trim() {
        "" => None,
        text => match trail::whom(&app.ground, &admin.right, text).await.map_err(broken)? {
            Some(person) => Some(person.id),
            None => return Ok(Err("person")),
        },
    };
    let actor = match filters.actor.trim() {
        "" => None,
        text if text.contains(':') || matches!(text, "system" | "visitor") => Some(text.to_owned()),
        text => match trail::whom(&app.ground, &admin.right, text).await.map_err(broken)? {
            Some(person) => Some(format!("person:{}", person.id)),
            None => return Ok(Err("actor")),
        },
    };
    let (Ok(from), Ok(to)) = (day(&filters.from, 0), day(&filters.to, 1)) else { return Ok(Err("period")) };
    Ok(Ok(Asked {
        person,
        actor,
        kind: filters.kind.trim().chars().take(60).collect(),
        incident: filters.incident.trim().to_uppercase().chars().take(20).collect(),
        from,
        to,
        before: filters.before.as_deref().and_then(Place::from_text),
    }))
}

/// The beginning of the day in Denmark, so many days later.
fn day(text: &str, later: i64) -> Result<Option<Timestamp>, jiff::Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day: Date = text.parse()?;
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3")?;
    Ok(Some(day.checked_add(jiff::Span::new().days(later))?.to_zoned(zone)?.timestamp()))
}

fn failed(visit: &Visit, refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::Denied(denied) => trouble(visit, denied),
        Refusal::Fault(fault) => Trouble::storage(visit, &fault),
    }
}
