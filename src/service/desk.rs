//! What a registrant does at the desk beside proving identities: find people of the own organisation, hand over one-time
//! codes for what they saw, release a colleague's code, turn down what waits. Never for themselves, under whatever account.

use jiff::Timestamp;

use crate::{
    base::{clock::plus, id::Id},
    crypto::token::Code,
    domain::{
        assurance::Level,
        audit::Kind,
        mitid::Why,
        notice::Notice,
        person::{Cpr, Person},
        proofing::Proofing,
    },
    service::{
        activation::BY_CODE,
        cpr,
        ground::Ground,
        notices,
        people::{self, Refusal},
        proofing::{self, Registrant, Seen},
    },
    storage::{
        authenticators,
        handed::{self, Behind, Handed, Waiting},
        people as rows,
        recoveries::{self, Recovery},
        roles,
    },
};

/// The most that are listed.
const MOST: usize = 20;

/// What a code may be handed over for beside a first login.
pub const REASONS: [Why; 4] = [Why::Password, Why::Factor, Why::Unlock, Why::Attached];

/// A code as it is handed over.
#[derive(Debug)]
pub struct Given {
    /// The code, shown once.
    pub code: Code,
    /// Until when it may be used; for one that waits: until when it may be released.
    pub until: Timestamp,
    /// Whether a second registrant has to release it first: the person has a role in Portvagt.
    pub waits: bool,
}

/// People by name, user name, address or CPR number.
pub async fn find(ground: &Ground, registrant: &Registrant, sought: &str) -> Result<Vec<Person>, Refusal> {
    let (sought, organisation) = (sought.trim(), registrant.organisation());
    if sought.is_empty() {
        return Ok(Vec::new());
    }
    let found = match sought.parse::<Cpr>() {
        Ok(number) => cpr::find(ground, &number).await?,
        Err(_) => {
            let most = i64::try_from(MOST).unwrap_or(i64::MAX);
            rows::list_of(&ground.db, organisation, &sought.chars().take(100).collect::<String>(), most).await?
        }
    };
    Ok(found.into_iter().filter(|person| person.organisation == organisation).take(MOST).collect())
}

/// The person, if this registrant may do something for them.
pub async fn subject(ground: &Ground, registrant: &Registrant, person: Id<Person>) -> Result<Person, Refusal> {
    Ok(proofing::judged(ground, registrant, person).await?)
}

/// Hands over the code of a first login for what was seen; an older one is void.
pub async fn activation_code(ground: &Ground, registrant: &Registrant, person: Id<Person>, seen: Seen) -> Result<Given, Refusal> {
    let (person, level, behind) = behind(ground, registrant, person, seen).await?;
    let waits = roles::has_any(&ground.db, person.id).await?;
    let mut tx = ground.db.begin().await?;
    let (code, event) = people::issue(ground, &mut tx, registrant.operator(), (person.id, (level, behind))).await?;
    tx.commit(event).await?;
    Ok(Given { code, until: plus(ground.clock.now(), ground.rules.activation_seconds), waits })
}

/// Hands over the code of a recovery, for one purpose and for what was seen; an older one is void. Its owner is told.
pub async fn recovery_code(
    ground: &Ground,
    registrant: &Registrant,
    (person, why): (Id<Person>, Why),
    seen: Seen,
) -> Result<Given, Refusal> {
    let (person, level, behind) = behind(ground, registrant, person, seen).await?;
    let enrolled = authenticators::of_person(&ground.db, person.id).await?;
    // An app that was attached replaces nothing.
    if why != Why::Attached && enrolled.iter().any(|one| one.carries > level) {
        return Err(proofing::refused(ground, registrant.operator(), &person, proofing::Refusal::TooLow).await?.into());
    }
    let waits = roles::has_any(&ground.db, person.id).await?;
    let by = registrant.operator();
    let code = Code::random(ground.random.as_ref());
    let code_hash = code.hash(&ground.seals.recovery)?;
    let (issued_at, name) = (ground.clock.now(), by.name());
    let expires_at = plus(issued_at, ground.rules.lifetimes.recovery_seconds);
    let recovery =
        Recovery { person: person.id, why, code_hash: &code_hash, level, issued_at, expires_at, issued_by: &name, behind: &behind };
    let mut tx = ground.db.begin().await?;
    recoveries::put(&mut tx, &recovery).await?;
    notices::queue(ground, &mut tx, person.id, Notice::RecoveryBegun).await?;
    let event = by.event(ground, Kind::RecoveryIssued).about(person.id).with("why", why.as_str());
    tx.commit(proofing::shown(event, level, &behind)).await?;
    Ok(Given { code, until: expires_at, waits })
}

/// For whom, at what level and upon what a code is handed over: what was seen is judged as an identity proofing is.
async fn behind(
    ground: &Ground,
    registrant: &Registrant,
    person: Id<Person>,
    seen: Seen,
) -> Result<(Person, Level, Behind), proofing::Refusal> {
    let person = proofing::judged(ground, registrant, person).await?;
    let seen = proofing::believed(ground, registrant, &person, seen).await?;
    let behind = Behind {
        id: Id::random(ground.random.as_ref()),
        document: Some(seen.document),
        evidence: seen.evidence,
        authentication: Some(registrant.authentication().clone()),
        released: None,
    };
    Ok((person, seen.level.min(BY_CODE), behind))
}

/// The codes of the registrant's organisation that wait for a second one, with whose they are.
pub async fn waiting_codes(ground: &Ground, registrant: &Registrant) -> Result<Vec<(Waiting, Person)>, Refusal> {
    let codes = handed::waiting(&ground.db, registrant.organisation(), ground.clock.now()).await?;
    let known = rows::by_ids(&ground.db, codes.iter().map(|code| code.person)).await?;
    Ok(codes.into_iter().filter_map(|code| known.get(&code.person).cloned().map(|person| (code, person))).collect())
}

async fn waiting_code(ground: &Ground, registrant: &Registrant, code: Id<Handed>) -> Result<(Waiting, Person), Refusal> {
    let found = waiting_codes(ground, registrant).await?.into_iter().find(|(one, _)| one.behind.id == code);
    Ok(found.ok_or(proofing::Refusal::NoSuchProofing)?)
}

/// Releases a code that another registrant made for somebody with a role; it lives its whole time from now on.
pub async fn release(ground: &Ground, registrant: &Registrant, code: Id<Handed>) -> Result<(), Refusal> {
    let (waiting, person) = waiting_code(ground, registrant, code).await?;
    proofing::second(ground, registrant, &person, &waiting.issued_by).await?;
    let (by, now, lifetimes) = (registrant.operator(), ground.clock.now(), &ground.rules);
    let seconds = if waiting.why == Why::Activation { lifetimes.activation_seconds } else { lifetimes.lifetimes.recovery_seconds };
    let mut tx = ground.db.begin().await?;
    if !handed::release(&mut tx, code, (&by.name(), now), plus(now, seconds)).await? {
        return Err(proofing::Refusal::NoSuchProofing.into());
    }
    let event = by.event(ground, Kind::CodeReleased).about(person.id).with("why", waiting.why.as_str());
    let event = proofing::logged_in(event.with("issued_by", &waiting.issued_by), Some(registrant.authentication()));
    tx.commit(event).await?;
    Ok(())
}

/// Makes a code void that waits.
pub async fn withdraw(ground: &Ground, registrant: &Registrant, code: Id<Handed>) -> Result<(), Refusal> {
    let (waiting, person) = waiting_code(ground, registrant, code).await?;
    let mut tx = ground.db.begin().await?;
    if !handed::withdraw(&mut tx, code).await? {
        return Err(proofing::Refusal::NoSuchProofing.into());
    }
    let event = registrant.operator().event(ground, Kind::CodeWithdrawn).about(person.id).with("why", waiting.why.as_str());
    tx.commit(event.with("issued_by", &waiting.issued_by)).await?;
    Ok(())
}

/// The records of the registrant's organisation that wait for a second person, with whom they are about.
pub async fn waiting(ground: &Ground, registrant: &Registrant) -> Result<Vec<(Proofing, Person)>, Refusal> {
    let records = proofing::waiting_list(ground).await?;
    let known = rows::by_ids(&ground.db, records.iter().map(|record| record.person)).await?;
    let own = |record: Proofing| {
        let person = known.get(&record.person).filter(|person| person.organisation == registrant.organisation())?.clone();
        Some((record, person))
    };
    Ok(records.into_iter().filter_map(own).collect())
}

/// Turns down a record that waits.
pub async fn turn_down(ground: &Ground, registrant: &Registrant, record: Id<Proofing>, reason: &str) -> Result<(), Refusal> {
    let waits = waiting(ground, registrant).await?.into_iter().any(|(one, _)| one.id == record);
    if !waits {
        return Err(proofing::Refusal::NoSuchProofing.into());
    }
    proofing::revoke(ground, registrant.operator(), record, reason).await?;
    Ok(())
}
