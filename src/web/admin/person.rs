//! A person's page: what is known, what happened, and the forms of what this visitor may do. It changes nothing.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use crate::{
    domain::{
        right::{self, SeePeople},
        role::Scope,
    },
    protocol::browser,
    service::{
        activity::Place,
        console::directory::{self, File},
        cpr, organisations,
        rights::Denied,
    },
    storage::audit::Written,
    web::{
        app::App,
        extract::admin::{Admin, trouble},
        page::{
            self,
            admin::{
                Doer, Event, Held,
                people::Choice,
                person::{Can, Employment, Login, Person, SCOPE_EVERYWHERE},
            },
        },
        problem::Trouble,
        visit::Visit,
    },
};

/// `?person=`, where the timeline begins, and what was just done.
#[derive(Debug, Deserialize)]
pub struct Which {
    #[serde(default)]
    person: String,
    before: Option<String>,
    done: Option<String>,
    flaw: Option<String>,
}

/// `GET /admin/person?person=`.
pub async fn show(app: Data<App>, visit: Visit, admin: Admin<SeePeople>, which: Query<Which>) -> Result<HttpResponse, Trouble> {
    let broken = |fault| Trouble::storage(&visit, &fault);
    let Ok(id) = which.person.parse() else { return Err(trouble(&visit, Denied::NoSuchPerson)) };
    let subject = admin.right.over(&app.ground, id).await.map_err(|denied| trouble(&visit, denied))?;
    let file = directory::file(&app.ground, &subject).await.map_err(|refusal| failed(&visit, refusal))?;
    let before = which.before.as_deref().and_then(Place::from_text);
    let newest = before.is_none();
    let (events, older) = directory::timeline(&app.ground, &subject, before).await.map_err(broken)?;
    let known = organisations::list(&app.ground).await.map_err(broken)?;
    let events = shown(&app, events).await.map_err(broken)?;
    let now = app.ground.clock.now();
    let is_self = admin.right.person().id == id;
    let in_reach = !is_self && right::covers(admin.right.grants(), &file.roles);
    let place = |scope: Scope| match scope {
        Scope::Everywhere => None,
        Scope::Organisation(id) => known.iter().find(|one| one.id == id).map(|one| one.name.clone()),
    };
    let scope_word = |scope: Scope| match scope {
        Scope::Everywhere => SCOPE_EVERYWHERE.to_owned(),
        Scope::Organisation(id) => id.to_string(),
    };
    let mut scopes: Vec<Choice> = known
        .iter()
        .filter(|one| one.id == file.person.organisation)
        .map(|one| Choice { id: one.id.to_string(), name: one.name.clone() })
        .collect();
    scopes.extend(admin.right.is_everywhere().then(|| Choice { id: SCOPE_EVERYWHERE.to_owned(), name: String::new() }));
    let page = Person {
        frame: page::Frame { here: Some(format!("/admin/person?person={id}")), ..admin.frame() },
        id: id.to_string(),
        name: file.person.full_name(),
        access: file.person.access(now),
        organisation: file.organisation.as_ref().map(|one| one.name.clone()).unwrap_or_default(),
        can: if in_reach { Can::of(&admin.right) } else { Can::default() },
        out_of_reach: !in_reach,
        is_self,
        is_fresh: admin.right.is_fresh(),
        employments: employments(&file),
        logins: logins(&file),
        roles: file
            .roles
            .iter()
            .map(|grant| Held { role: grant.role, place: place(grant.scope), scope: scope_word(grant.scope) })
            .collect(),
        waits: file.requests.iter().filter(|one| one.is_open(now)).count(),
        closed: !crate::domain::employment::is_current(&file.employments, now),
        scopes,
        file,
        events,
        older: older.map(|place| place.to_text()),
        newest,
        done: which.done.as_deref().and_then(page::admin::person::done),
        flaw: which.flaw.as_deref().and_then(page::admin::person::flaw),
        nav: admin.nav,
    };
    Ok(page::ok(&page))
}

fn employments(file: &File) -> Vec<Employment> {
    let unit = |id| file.units.iter().find(|unit| Some(unit.id) == id).map(|unit| unit.name.clone());
    let shown = |one: &crate::domain::employment::Employment| Employment {
        title: one.title.clone(),
        unit: unit(one.unit),
        starts_at: one.starts_at,
        ends_at: one.ends_at,
    };
    file.employments.iter().rev().map(shown).collect()
}

fn logins(file: &File) -> Vec<Login> {
    let shown = |one: &crate::domain::session::Session| Login {
        browser: browser::read(&one.user_agent),
        address: one.address.clone(),
        started: one.created_at,
        used: one.last_seen_at,
    };
    file.sessions.iter().map(shown).collect()
}

/// Events with the names of those who did something.
pub async fn shown(app: &App, events: Vec<Written>) -> Result<Vec<Event>, crate::storage::fault::Fault> {
    let people = events.iter().flat_map(|event| event.actor.strip_prefix("person:").into_iter().chain(event.subject.as_deref()));
    let names = directory::names(&app.ground, people.filter_map(|id| id.parse().ok())).await?;
    let named = |id: &str| Doer::Person { id: id.to_owned(), name: names.get(id).cloned().unwrap_or_else(|| id.to_owned()) };
    let doer = |actor: &str| match actor.split_once(':') {
        Some(("person", id)) => named(id),
        Some(("operator", name)) => Doer::Operator(name.to_owned()),
        Some(("client", entity_id)) => Doer::Service(entity_id.to_owned()),
        _ if actor == "visitor" => Doer::Visitor,
        _ => Doer::Portvagt,
    };
    let shown = |event: Written| Event {
        doer: doer(&event.actor),
        subject: event.subject.as_deref().map(named),
        at: event.at,
        kind: event.kind,
        incident: event.incident,
        details: event.details.into_iter().collect(),
        seal: event.seal,
    };
    Ok(events.into_iter().map(shown).collect())
}

fn failed(visit: &Visit, refusal: cpr::Refusal) -> Trouble {
    match refusal {
        cpr::Refusal::Fault(fault) => Trouble::storage(visit, &fault),
        other => Trouble::internal(visit, &other),
    }
}
