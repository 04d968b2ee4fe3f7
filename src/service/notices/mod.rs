//! Telling people by mail what happens to their identity. `queue` is called inside the act's transaction: the act and
//! its notice are durable together or not at all, and no mail server can delay or break an act.
//! What never happens here: a CPR number in a mail, or a link that logs in. The path goes on in `storage::outbox`.

/// A notice in words.
pub mod words;
/// TCP and TLS to the mail server.
pub mod line;
/// The conversation with it.
pub mod post;
/// Sending what waits.
pub mod delivery;

use crate::{
    base::id::{Id, Incident},
    crypto::seal::SealError,
    domain::{
        audit::{Actor, Event, Kind},
        language::Language,
        notice::{Letter, Notice, Suspicion},
        person::Person,
    },
    service::{ground::Ground, operator::Operator},
    storage::{db::Tx, fault::Fault, outbox},
};

/// Why a notice could not be queued; the act then does not happen either.
#[derive(Debug, thiserror::Error)]
pub enum NotQueued {
    /// The database.
    #[error(transparent)]
    Storage(#[from] Fault),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Queues the notice to the person's address, and to the old one where an address was changed. Call it after the act's
/// own changes, in the same transaction. Without a mail server or an address nothing is queued.
///
/// # Errors
/// [`NotQueued`] when the database or the keys fail.
pub async fn queue(ground: &Ground, tx: &mut Tx, person: Id<Person>, notice: Notice) -> Result<(), NotQueued> {
    if !ground.rules.notices {
        return Ok(());
    }
    let Some(recipient) = outbox::recipient(tx, person).await? else { return Ok(()) };
    let old = if let Notice::AddressChanged { old } = &notice { old.clone() } else { None };
    let mut addresses: Vec<String> = recipient.email.into_iter().chain(old).collect();
    addresses.dedup();
    let name = format!("{} {}", recipient.given_name, recipient.family_name).trim().to_owned();
    let language = recipient.language.as_deref().and_then(Language::from_tag).unwrap_or_default();
    for address in addresses {
        let at = ground.clock.now();
        put(ground, tx, &Letter { person, address, name: name.clone(), language, notice: notice.clone(), at }).await?;
    }
    Ok(())
}

/// Tells whoever looks after security in the person's organisation of a suspicion, in the same transaction as the lock. Without
/// an address of theirs nothing is queued; log and trail hold it all the same.
///
/// # Errors
/// [`NotQueued`] when the database or the keys fail.
pub async fn alert(ground: &Ground, tx: &mut Tx, person: Id<Person>, what: Suspicion, incident: &Incident) -> Result<(), NotQueued> {
    if !ground.rules.notices {
        return Ok(());
    }
    let Some(address) = outbox::security_address(tx, person).await? else { return Ok(()) };
    let notice = Notice::Suspicion { what, incident: incident.to_string() };
    // No name: people are told of by id.
    let letter = Letter { person, address, name: String::new(), language: Language::default(), notice, at: ground.clock.now() };
    put(ground, tx, &letter).await
}

/// Puts one letter into the outbox, sealed to its row, with its event.
async fn put(ground: &Ground, tx: &mut Tx, letter: &Letter) -> Result<(), NotQueued> {
    let random = ground.random.as_ref();
    let id = Id::random(random);
    let plain = serde_json::to_vec(letter).map_err(|error| Fault::Inconsistent(format!("a letter cannot be written: {error}")))?;
    let payload = ground.seals.mail.seal(&plain, &context(id), random)?;
    let notice = letter.notice.as_str();
    outbox::insert(tx, &outbox::New { id, person: letter.person, notice, payload: &payload, at: letter.at }).await?;
    let event = Event::new(Kind::MailQueued, Actor::System, letter.at, &Incident::random(random), random);
    Ok(tx.note(&event.about(letter.person).with("mail", id).with("notice", notice)).await?)
}

/// Puts a dead mail back into the queue, or has a waiting one tried at once. `false` when there is no such mail.
///
/// # Errors
/// [`Fault`] of the database.
pub async fn retry(ground: &Ground, by: &Operator, id: Id<Letter>) -> Result<bool, Fault> {
    let mut tx = ground.db.begin().await?;
    let Some(mail) = outbox::retry(&mut tx, id, ground.clock.now()).await? else { return Ok(false) };
    let event = by.event(ground, Kind::MailRetried).about(mail.person).with("mail", id).with("notice", &mail.notice);
    tx.commit(event).await.map(|()| true)
}

/// A letter opens only in its own row.
fn context(id: Id<Letter>) -> Vec<u8> {
    format!("outbox/payload/{id}").into_bytes()
}
