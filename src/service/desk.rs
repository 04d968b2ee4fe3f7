//! What a registrant does at the desk beside proving identities: find people of the own organisation, hand over one-time
//! codes, turn down what waits for approval. Never for themselves, under whatever account.

use crate::{
    base::{clock::plus, id::Id},
    crypto::token::Code,
    domain::{
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
        proofing::{self, Registrant},
    },
    storage::recoveries::{self, Recovery},
};

/// The most that are listed.
const MOST: usize = 20;

/// People by name, user name, address or CPR number.
pub async fn find(ground: &Ground, registrant: &Registrant, sought: &str) -> Result<Vec<Person>, Refusal> {
    let sought = sought.trim();
    if sought.is_empty() {
        return Ok(Vec::new());
    }
    let found = match sought.parse::<Cpr>() {
        Ok(number) => cpr::find(ground, &number).await?,
        Err(_) => people::list(ground, &sought.chars().take(100).collect::<String>(), 200).await?,
    };
    Ok(found.into_iter().filter(|person| person.organisation == registrant.organisation()).take(MOST).collect())
}

/// The person, if this registrant may do something for them.
pub async fn subject(ground: &Ground, registrant: &Registrant, person: Id<Person>) -> Result<Person, Refusal> {
    Ok(proofing::judged(ground, registrant, person).await?)
}

/// Hands over the code of a first login; an older one is void.
pub async fn activation_code(ground: &Ground, registrant: &Registrant, person: Id<Person>) -> Result<Code, Refusal> {
    let person = subject(ground, registrant, person).await?;
    people::activation_code(ground, registrant.operator(), &person.username).await
}

/// Hands over the code of a recovery, for one purpose; an older one is void. Its owner is told.
pub async fn recovery_code(ground: &Ground, registrant: &Registrant, person: Id<Person>, why: Why) -> Result<Code, Refusal> {
    let person = subject(ground, registrant, person).await?;
    let by = registrant.operator();
    let code = Code::random(ground.random.as_ref());
    let code_hash = code.hash(&ground.seals.recovery)?;
    let (issued_at, level, name) = (ground.clock.now(), BY_CODE, by.name());
    let expires_at = plus(issued_at, ground.rules.lifetimes.recovery_seconds);
    let recovery = Recovery { person: person.id, why, code_hash: &code_hash, level, issued_at, expires_at, issued_by: &name };
    let mut tx = ground.db.begin().await?;
    recoveries::put(&mut tx, &recovery).await?;
    notices::queue(ground, &mut tx, person.id, Notice::RecoveryBegun).await?;
    tx.commit(by.event(ground, Kind::RecoveryIssued).about(person.id).with("why", why.as_str())).await?;
    Ok(code)
}

/// The records of the registrant's organisation that wait for a second person, with whom they are about.
pub async fn waiting(ground: &Ground, registrant: &Registrant) -> Result<Vec<(Proofing, Person)>, Refusal> {
    let mut waiting = Vec::new();
    for record in proofing::waiting_list(ground).await? {
        let person = crate::storage::people::by_id(&ground.db, record.person).await?;
        waiting.extend(person.filter(|person| person.organisation == registrant.organisation()).map(|person| (record, person)));
    }
    Ok(waiting)
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
