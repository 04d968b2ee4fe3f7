//! A logout that begins in a browser: our sessions end first; then those who can are told by the back-channel, all at the
//! same time, and the browser carries a signed request to each of the others, one after another. Nobody can hold it up: a
//! relying party that does not answer is passed over, and whoever asked is told that not all have heard.
//! A logout under way is a row; its browser holds the token. The path goes on in `recall` and `storage::logouts`.

use crate::{
    base::{
        clock::plus,
        id::{Id, Incident},
    },
    crypto::{reason::Reason, token::Token},
    domain::{
        audit::{Actor, Event, Kind},
        client::Client,
        logout::{Initiator, Logout, Recall},
        person::Person,
        session::Session,
    },
    protocol::saml::{
        fault::Fault as Status,
        logout::{self, LogoutResponse, ResponseContent},
        subject::fresh_id,
        wire::{Binding, Delivery},
    },
    service::{
        ground::{Ground, Visitor},
        saml::{
            Desk, Refused, Registered,
            recall::{self, Missed},
        },
    },
    storage::{clients, db::Tx, fault::Fault, flows, logouts, recalls, sessions},
};

/// Seconds that a browser has for carrying a logout to all services.
const BROWSER_SECONDS: i64 = 300;

/// What ends, and who wants it.
#[derive(Debug)]
pub struct Ending {
    /// The sessions; the browser carries the logout to the services of the first.
    pub sessions: Vec<Session>,
    /// Whether everything of this person ends, logins under way included.
    pub everything_of: Option<Id<Person>>,
    /// Whether there is a browser to carry anything.
    pub by_browser: bool,
    /// The relying party that asks, and how it is answered.
    pub initiator: Option<(Id<Client>, Initiator)>,
    /// Who does it; otherwise the person.
    pub actor: Option<Actor>,
}

/// The sessions are over.
#[derive(Debug)]
pub struct Ended {
    /// What the browser goes on with; `None` when nobody is left to be told by it.
    pub carried: Option<Carried>,
    /// Relying parties that were not told.
    pub missed: Vec<Id<Client>>,
}

/// A logout under way as its browser holds it.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The logout.
    pub id: Id<Logout>,
    /// What its browser holds.
    pub token: Token,
}

/// Ends the sessions, tells whom it can, and leaves the rest to the browser.
pub async fn end(desk: &Desk, ground: &Ground, ending: Ending, visitor: &Visitor) -> Result<Ended, Refused> {
    let now = ground.clock.now();
    let id = Id::random(ground.random.as_ref());
    let token = Token::random(ground.random.as_ref());
    let initiator = ending.initiator.as_ref().map(|(_, initiator)| initiator.clone());
    let mut logout = Logout { id, initiator, missed: Vec::new(), expires_at: plus(now, BROWSER_SECONDS) };
    let mut tx = ground.db.begin().await?;
    let (mut held, event) = end_all(ground, &mut tx, &ending, &logout, visitor).await?;
    // Whoever asks has logged the person out.
    if let Some((asker, _)) = &ending.initiator {
        for recall in held.extract_if(.., |recall| recall.client == *asker) {
            recalls::settle(&mut tx, &recall).await?;
        }
    }
    if !held.is_empty() {
        logouts::insert(&mut tx, &logout, &token.hash()).await?;
    }
    match event {
        Some(event) => tx.commit(event).await?,
        None => return Ok(Ended { carried: None, missed: Vec::new() }),
    }
    let first = ending.sessions.first().filter(|_| ending.by_browser).map(|session| session.id);
    let left = tell_at_once(desk, ground, &mut logout, (held, first), &visitor.incident).await?;
    let carried = (left > 0).then_some(Carried { id, token });
    if carried.is_none() {
        finish(ground, id).await?;
    }
    Ok(Ended { carried, missed: logout.missed })
}

/// Ends them in the transaction: whom the logout is to tell, and the event of it. No event: all had ended before.
async fn end_all(
    ground: &Ground,
    tx: &mut Tx,
    ending: &Ending,
    logout: &Logout,
    visitor: &Visitor,
) -> Result<(Vec<Recall>, Option<Event>), Fault> {
    let now = ground.clock.now();
    let event = |person: Id<Person>| {
        let actor = ending.actor.clone().unwrap_or(Actor::Person(person));
        Event::new(Kind::SessionEnded, actor, now, &visitor.incident, ground.random.as_ref()).about(person)
    };
    let mut last = None;
    if let Some(person) = ending.everything_of {
        // Logins first: one that is just being finished is waited for, and its session then ends with the others.
        flows::end_of_person(tx, person).await?;
        last = Some(event(person).with("sessions_ended", sessions::end_all_of(tx, person).await?));
    } else {
        for session in &ending.sessions {
            let Some(ended) = sessions::end_by_id(tx, session.person, session.id).await? else { continue };
            if let Some(before) = last.replace(event(ended.person).with("session", ended.id)) {
                tx.note(&before).await?;
            }
        }
    }
    let mut held = Vec::new();
    for session in &ending.sessions {
        held.extend(recalls::hold(tx, session.id, logout.id, logout.expires_at).await?);
    }
    Ok((held, last))
}

/// Tells by the back-channel whoever has one; how many are left to the browser. Each has the courier's time in all: who let it
/// pass is not called upon by the browser too.
async fn tell_at_once(
    desk: &Desk,
    ground: &Ground,
    logout: &mut Logout,
    (held, first): (Vec<Recall>, Option<Id<Session>>),
    incident: &Incident,
) -> Result<usize, Refused> {
    let (mut left, mut over, mut by_back_channel) = (0, Vec::new(), Vec::new());
    for one in held {
        match recall::party(desk, ground, &one).await? {
            None => over.push((one, "-".to_owned(), Err(Missed::ForGood("not_served")))),
            Some(party) if party.metadata.slo_soap.is_some() => by_back_channel.push((party, one)),
            Some(party) if Some(one.session) == first && can_carry(&party) => left += 1,
            Some(party) => over.push((one, party.client.entity_id.clone(), Err(Missed::ForGood("no_back_channel")))),
        }
    }
    let mut later = Vec::new();
    for (party, mut one, told) in recall::tell_all(desk, ground, by_back_channel).await {
        one.tries += 1;
        match told? {
            Err(Missed::Unheard(why)) if why != "slow" && Some(one.session) == first && can_carry(&party) => left += 1,
            Err(Missed::Unheard(why)) => later.push((one, party, why)),
            became => over.push((one, party.client.entity_id.clone(), became)),
        }
    }
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    for (one, entity_id, became) in &over {
        recall::settle(ground, &mut tx, one, (entity_id, *became), incident).await?;
        logout.missed.extend(became.is_err().then_some(one.client));
    }
    for (one, party, why) in &later {
        tracing::warn!(event = "slo.unheard", client = party.client.entity_id, reason = why, incident = %incident);
        recalls::queue(&mut tx, one, now, plus(now, SECOND_TRY_SECONDS)).await?;
        logout.missed.push(one.client);
    }
    logouts::miss(&mut tx, logout.id, &logout.missed).await?;
    tx.commit_routine().await?;
    Ok(left)
}

/// Seconds until the jobs try one that could not be told while its person waited.
const SECOND_TRY_SECONDS: i64 = 30;

fn can_carry(party: &Registered) -> bool {
    !party.metadata.slo.is_empty()
}

/// What the browser does next.
#[derive(Debug)]
pub enum Step {
    /// It carries a request to this relying party.
    Ask {
        /// The request.
        delivery: Delivery,
        /// The relying party's name.
        service: String,
        /// What passes this one over; see [`hear`].
        skip: String,
    },
    /// Everybody was asked.
    Done(Box<Done>),
}

/// The end of a logout.
#[derive(Debug, Default)]
pub struct Done {
    /// Relying parties that were not told, with their names.
    pub missed: Vec<(Id<Client>, String)>,
    /// The signed answer to the one who asked, where it has an address for that; and its name.
    pub answer: Option<(Delivery, String)>,
}

/// The next step of a logout; `None` when it is over, or another browser's.
pub async fn next(desk: &Desk, ground: &Ground, carried: &Carried, incident: &Incident) -> Result<Option<Step>, Refused> {
    let Some(mut logout) = open(ground, carried).await? else { return Ok(None) };
    for one in recalls::held_by(&ground.db, logout.id).await? {
        let party = recall::party(desk, ground, &one).await?;
        let address = party.as_ref().and_then(|party| party.metadata.logout_by(Binding::Redirect));
        let (Some(party), Some(address)) = (&party, address) else {
            conclude(ground, &mut logout, &one, ("-", Err(Missed::ForGood("not_served"))), incident).await?;
            continue;
        };
        let mut tx = ground.db.begin().await?;
        let Some(id) = recalls::ask(&mut tx, logout.id, &one, &fresh_id(ground.random.as_ref())).await? else { continue };
        tx.commit_routine().await?;
        let state = logout.id.to_string();
        let message = recall::request(desk, ground, (party, &one), (&id, &address.location), Some(&state))?;
        let delivery = message.send(address.binding, &desk.keyring.active)?;
        let skip = said(ground, logout.id, &id, SKIPPED)?;
        return Ok(Some(Step::Ask { delivery, service: party.client.name.clone(), skip }));
    }
    if !finish(ground, logout.id).await? {
        return Ok(None);
    }
    done(desk, ground, &logout).await.map(|done| Some(Step::Done(Box::new(done))))
}

/// The end of the logout, in names and with the answer to whoever asked.
async fn done(desk: &Desk, ground: &Ground, logout: &Logout) -> Result<Done, Refused> {
    let missed = clients::names(&ground.db, &logout.missed).await?;
    let Some(initiator) = &logout.initiator else { return Ok(Done { missed, answer: None }) };
    let Ok(party) = desk.relying_party(ground, &initiator.entity_id).await else { return Ok(Done { missed, answer: None }) };
    let fault = (!missed.is_empty()).then_some(Status::PartialLogout);
    let answer = answer(desk, ground, &party, initiator, fault)?;
    Ok(Done { missed, answer: answer.map(|delivery| (delivery, party.client.name.clone())) })
}

/// The signed answer to the relying party that asked; `None` when it listed no address for it.
pub(super) fn answer(
    desk: &Desk,
    ground: &Ground,
    party: &Registered,
    initiator: &Initiator,
    fault: Option<Status>,
) -> Result<Option<Delivery>, Refused> {
    let binding = if initiator.by_post { Binding::Post } else { Binding::Redirect };
    let Some(address) = party.metadata.logout_by(binding) else { return Ok(None) };
    let id = fresh_id(ground.random.as_ref());
    let content = ResponseContent {
        id: &id,
        issuer: &desk.own.entity_id,
        destination: &address.response_location,
        in_response_to: &initiator.request,
        issued_at: ground.clock.now(),
        fault,
    };
    let outgoing = logout::response(&content, initiator.relay_state.as_deref())?;
    Ok(Some(outgoing.send(address.binding, &desk.keyring.active)?))
}

const TOLD: &str = "told";
const REFUSED: &str = "refused";
const SKIPPED: &str = "skipped";

/// What a verified answer comes to, for the browser that carries the logout: `?said=`. The answer itself may have come by a
/// form from another site, so without the cookie that says whose logout it is.
pub(super) async fn heard(
    ground: &Ground,
    party: &Registered,
    response: &LogoutResponse,
    relay_state: Option<&str>,
) -> Result<(Id<Logout>, String), Refused> {
    let logout: Id<Logout> = relay_state.and_then(|state| state.parse().ok()).ok_or(Reason::RelayState)?;
    let request = response.in_response_to.as_deref().ok_or(Reason::InResponseTo)?;
    let asked = recalls::held_by(&ground.db, logout).await?;
    if !asked.iter().any(|recall| recall.request.as_deref() == Some(request) && recall.client == party.client.id) {
        return Err(Reason::InResponseTo.into());
    }
    let word = if recall::verdict(response).is_ok() { TOLD } else { REFUSED };
    Ok((logout, said(ground, logout, request, word)?))
}

fn said(ground: &Ground, logout: Id<Logout>, request: &str, word: &str) -> Result<String, Refused> {
    let mac = ground.seals.csrf.mac_text(&parts(&logout.to_string(), request, word))?;
    Ok(format!("{request}.{word}.{mac}"))
}

fn parts<'a>(logout: &'a str, request: &'a str, word: &'a str) -> [&'a [u8]; 4] {
    [b"logout answer", logout.as_bytes(), request.as_bytes(), word.as_bytes()]
}

/// Takes in what a relying party said, or that it is passed over. `false` when there is no such logout here, or this was not
/// asked, or was answered before.
pub async fn hear(ground: &Ground, carried: &Carried, said: &str, incident: &Incident) -> Result<bool, Refused> {
    let words: Vec<&str> = said.split('.').collect();
    let [request, word, mac] = words.as_slice() else { return Ok(false) };
    if !ground.seals.csrf.verify_text(&parts(&carried.id.to_string(), request, word), mac) {
        return Ok(false);
    }
    let Some(mut logout) = open(ground, carried).await? else { return Ok(false) };
    let held = recalls::held_by(&ground.db, logout.id).await?;
    let Some(one) = held.into_iter().find(|one| one.request.as_deref() == Some(request)) else { return Ok(false) };
    let became = match *word {
        TOLD => Ok(()),
        REFUSED => Err(Missed::ForGood(REFUSED)),
        _ => Err(Missed::ForGood(SKIPPED)),
    };
    let client = clients::by_id(&ground.db, one.client).await?;
    let entity_id = client.map_or_else(|| "-".to_owned(), |client| client.entity_id);
    conclude(ground, &mut logout, &one, (&entity_id, became), incident).await?;
    Ok(true)
}

/// One relying party was asked, or cannot be.
async fn conclude(
    ground: &Ground,
    logout: &mut Logout,
    one: &Recall,
    (entity_id, became): (&str, Result<(), Missed>),
    incident: &Incident,
) -> Result<(), Fault> {
    let mut tx = ground.db.begin().await?;
    recall::settle(ground, &mut tx, one, (entity_id, became), incident).await?;
    if became.is_err() {
        logout.missed.push(one.client);
        logouts::miss(&mut tx, logout.id, &logout.missed).await?;
    }
    tx.commit_routine().await
}

async fn open(ground: &Ground, carried: &Carried) -> Result<Option<Logout>, Fault> {
    logouts::open(&ground.db, carried.id, &carried.token.hash(), ground.clock.now()).await
}

async fn finish(ground: &Ground, id: Id<Logout>) -> Result<bool, Fault> {
    let mut tx = ground.db.begin().await?;
    let first = logouts::finish(&mut tx, id).await?;
    tx.commit_routine().await?;
    Ok(first)
}
