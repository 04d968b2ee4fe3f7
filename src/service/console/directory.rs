//! Finding people, and all there is to know of one. Changes nothing; looking for a CPR number is in the trail.

use std::collections::BTreeMap;

use crate::{
    base::id::Id,
    domain::{
        assurance::Level,
        audit::Kind,
        employment::Employment,
        factor::Authenticator,
        lock::Lock,
        organisation::{Organisation, Unit},
        person::{Cpr, Person},
        proofing::{Lapse, Proofing},
        request::Request,
        right::SeePeople,
        role::Grant,
        session::Session,
    },
    service::{
        activity::{self, Place},
        cpr,
        ground::Ground,
        lifecycle, proofing,
        rights::{Right, Subject},
        roles, sessions,
    },
    storage::{
        audit::Written,
        authenticators,
        directory::{self, Query},
        fault::Fault,
        organisations, people, requests, trail,
    },
};

/// People on a page.
pub const PAGE: usize = 25;

/// Whom to list, as it was asked.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// Words, a UUID or a CPR number.
    pub text: String,
    /// Of which organisation; `None`: of all within reach.
    pub organisation: Option<Id<Organisation>>,
    /// In which state: a word of `Access`; empty: whichever.
    pub state: String,
    /// Only those who have no second factor yet.
    pub unused: bool,
    /// Begin after this one.
    pub after: Option<Id<Person>>,
}

/// A page of people.
#[derive(Debug)]
pub struct Found {
    /// In order of family name, given name and user name.
    pub people: Vec<Person>,
    /// Whether there are more.
    pub more: bool,
}

/// The people that fit and are within reach. A UUID or a CPR number finds one wherever the page begins.
pub async fn find(ground: &Ground, right: &Right<SeePeople>, sought: &Sought) -> Result<Found, cpr::Refusal> {
    let text = sought.text.trim();
    let one =
        |people: Vec<Person>| Found { people: people.into_iter().filter(|one| right.reaches(one.organisation)).collect(), more: false };
    if let Ok(number) = text.parse::<Cpr>() {
        let found = one(cpr::find(ground, &number).await?);
        let event = right.operator().event(ground, Kind::CprSought).with("found", found.people.len());
        ground.db.begin().await?.commit(event).await?;
        return Ok(found);
    }
    if let Ok(uuid) = text.parse::<uuid::Uuid>() {
        let by_id = people::by_id(&ground.db, Id::from_uuid(uuid)).await?;
        let found = by_id.or(directory::by_persistent_uuid(&ground.db, uuid).await?);
        return Ok(one(found.into_iter().collect()));
    }
    let organisations = match sought.organisation {
        Some(organisation) if right.reaches(organisation) => vec![Some(organisation)],
        Some(_) => Vec::new(),
        None if right.is_everywhere() => vec![None],
        None => organisations(ground, right).await?.into_iter().map(|one| Some(one.id)).collect(),
    };
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let mut people = Vec::new();
    for organisation in organisations {
        let query = Query {
            words: text.chars().take(200).collect(),
            organisation,
            state: sought.state.clone(),
            unused: sought.unused,
            after: sought.after,
            limit,
        };
        people.extend(directory::find(&ground.db, &query, ground.clock.now()).await?);
    }
    // Of several organisations the pages are merged in the order of each.
    people.sort_by_cached_key(directory::key);
    let more = people.len() > PAGE;
    people.truncate(PAGE);
    Ok(Found { people, more })
}

/// The organisations within reach.
pub async fn organisations(ground: &Ground, right: &Right<SeePeople>) -> Result<Vec<Organisation>, Fault> {
    let all = organisations::list(&ground.db).await?;
    Ok(all.into_iter().filter(|one| right.reaches(one.id)).collect())
}

/// All there is to know of a person.
#[derive(Debug)]
pub struct File {
    /// Who.
    pub person: Person,
    /// Where employed.
    pub organisation: Option<Organisation>,
    /// The level their identity is proved at now.
    pub identity: Option<Level>,
    /// Their proofings, newest first, each with what it proves now or why nothing.
    pub proofings: Vec<(Proofing, Result<Level, Lapse>)>,
    /// Their locks, active and lifted, newest first.
    pub locks: Vec<Lock>,
    /// Their employments, oldest first.
    pub employments: Vec<Employment>,
    /// The organisation's units.
    pub units: Vec<Unit>,
    /// Their roles.
    pub roles: Vec<Grant>,
    /// Their CPR number, masked.
    pub cpr: Option<String>,
    /// Their second factors.
    pub authenticators: Vec<Authenticator>,
    /// Where they are logged in.
    pub sessions: Vec<Session>,
    /// What was asked for them, newest first.
    pub requests: Vec<Request>,
}

/// The person's file.
pub async fn file(ground: &Ground, subject: &Subject<SeePeople>) -> Result<File, cpr::Refusal> {
    let person = subject.person().clone();
    let db = &ground.db;
    Ok(File {
        organisation: organisations::by_id(db, person.organisation).await?,
        identity: proofing::identity(ground, &person).await?,
        proofings: proofing::records(ground, &person).await?,
        locks: lifecycle::locks(ground, person.id).await?,
        employments: lifecycle::employments(ground, person.id).await?,
        units: lifecycle::units(ground, person.organisation).await?,
        roles: roles::of(ground, person.id).await?,
        cpr: cpr::masked(ground, person.id).await?,
        authenticators: authenticators::of_person(db, person.id).await?,
        sessions: sessions::list(ground, person.id).await?,
        requests: requests::of_person(db, person.id).await?,
        person,
    })
}

/// Events of a person on a page.
pub const EVENTS: usize = 25;

/// Everything that happened to the person, newest first, and where the next page begins.
pub async fn timeline(
    ground: &Ground,
    subject: &Subject<SeePeople>,
    before: Option<Place>,
) -> Result<(Vec<Written>, Option<Place>), Fault> {
    let (subject, before) = (Some(subject.person().id), before.map(Place::into_key));
    let query = trail::Query { subject, before, limit: activity::one_more(EVENTS), ..trail::Query::default() };
    Ok(activity::cut(trail::find(&ground.db, &query).await?, EVENTS))
}

/// People's names, for pages that name who did something; ids that nobody has are left out.
pub async fn names(ground: &Ground, people: impl IntoIterator<Item = Id<Person>>) -> Result<BTreeMap<String, String>, Fault> {
    let known = people::by_ids(&ground.db, people).await?;
    Ok(known.into_values().map(|person| (person.id.to_string(), person.full_name())).collect())
}
