//! The terms employees accept: published by an operator version by version, accepted by each person, asked again with a
//! new version. Text, person, version, language and time are kept; nothing is changed later.

use crate::{
    base::id::Id,
    crypto::canonical,
    domain::{
        audit::{Actor, Event, Kind},
        organisation::Organisation,
        person::Person,
        terms::{Acceptance, Terms},
    },
    service::{
        ground::{Ground, Visitor},
        operator::Operator,
    },
    storage::{db::Tx, fault::Fault, terms},
};

/// Why terms were not published or accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A text is missing, too long, or no text.
    #[error("terms are texts of 20 to 50,000 characters in both languages")]
    Text,
    /// Another version was published at the same moment.
    #[error("another version was published at the same moment; look at it first")]
    Meanwhile,
    /// The version is not the one that is asked for (any longer).
    #[error("these are not the terms that are asked for now")]
    NotCurrent,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Publishes the organisation's next version; everybody is asked for it at their next login.
pub async fn publish(
    ground: &Ground,
    by: &Operator,
    organisation: Id<Organisation>,
    (danish, english): (&str, &str),
) -> Result<Terms, Refusal> {
    let [danish, english] = [danish, english].map(|text| text.replace("\r\n", "\n").trim().to_owned());
    let is_text = |text: &str| {
        (20..=50_000).contains(&text.chars().count())
            && text.chars().all(|letter| letter == '\n' || canonical::is_plain(letter.encode_utf8(&mut [0; 4])))
    };
    if !is_text(&danish) || !is_text(&english) {
        return Err(Refusal::Text);
    }
    let mut draft = Terms { organisation, version: 0, danish, english, published_by: by.name(), published_at: ground.clock.now() };
    let mut tx = ground.db.begin().await?;
    draft.version = terms::publish(&mut tx, &draft).await?.ok_or(Refusal::Meanwhile)?;
    let event = by.event(ground, Kind::TermsPublished).with("organisation", organisation).with("version", draft.version);
    tx.commit(event.with("danish_sha256", fingerprint(&draft.danish)).with("english_sha256", fingerprint(&draft.english))).await?;
    Ok(draft)
}

/// The organisation's terms, newest version first.
pub async fn list(ground: &Ground, organisation: Id<Organisation>) -> Result<Vec<Terms>, Fault> {
    terms::of_organisation(&ground.db, organisation).await
}

/// The organisation's newest terms, if it published any.
pub async fn current(ground: &Ground, organisation: Id<Organisation>) -> Result<Option<Terms>, Fault> {
    Ok(list(ground, organisation).await?.into_iter().next())
}

/// The terms the person still has to accept; `None` when there is nothing to ask.
pub async fn outstanding(ground: &Ground, person: Id<Person>) -> Result<Option<Terms>, Fault> {
    terms::outstanding(&ground.db, person).await
}

/// What the person accepted, newest version first.
pub async fn accepted(ground: &Ground, person: Id<Person>) -> Result<Vec<Acceptance>, Fault> {
    terms::accepted_by(&ground.db, person).await
}

/// Keeps in a transaction under way that the person accepted the version that was shown, in that language (`da`, `en`),
/// and notes the event. `shown` is what [`outstanding`] gave; its version is held against what the form says.
pub async fn accept(
    ground: &Ground,
    tx: &mut Tx,
    person: Id<Person>,
    (shown, version, language): (&Terms, i64, &str),
    visitor: &Visitor,
) -> Result<(), Refusal> {
    if shown.version != version {
        return Err(Refusal::NotCurrent);
    }
    let (language, text) = if language == "en" { ("en", &shown.english) } else { ("da", &shown.danish) };
    let now = ground.clock.now();
    let acceptance = Acceptance { version, language: language.to_owned(), accepted_at: now };
    if !terms::accept(tx, person, &acceptance).await? {
        // Twice at once: it is kept already.
        return Ok(());
    }
    let event = Event::new(Kind::TermsAccepted, Actor::Person(person), now, &visitor.incident, ground.random.as_ref());
    let event = event.about(person).with("version", version).with("language", language).with("sha256", fingerprint(text));
    Ok(tx.note(&event).await?)
}

/// What the trail knows a text by.
fn fingerprint(text: &str) -> String {
    openssl::sha::sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
