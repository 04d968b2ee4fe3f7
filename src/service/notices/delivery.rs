//! Sending what waits: each mail is claimed durably before the mail server hears of it and resolved after. Whoever dies
//! in between leaves a claim that runs out; another node then tries once more, and of two doubts the second puts the
//! mail aside. So none is lost unseen, and none arrives more than twice. The path goes on in `post`.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    context,
    post::{Blame, Call, Failure, Postman},
    words::{self, Site, Words},
};
use crate::{
    base::{
        clock::{plus, seconds_between},
        id::{Id, Incident},
    },
    domain::{
        audit::{Actor, Event, Kind},
        language::Language,
        notice::Letter,
    },
    protocol::mail::{self, Draft, Sealed},
    service::ground::Ground,
    storage::{
        db::Tx,
        fault::Fault,
        outbox::{self, Claim, Mail, State},
    },
};

/// What sending needs beside the ground.
#[derive(Debug, Clone)]
pub struct Office {
    /// Where to.
    pub postman: Postman,
    /// What all mails say.
    pub site: Site,
    /// The address mails come from.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The host in Message-IDs.
    pub host: String,
    /// When to try again.
    pub patience: Patience,
}

/// When a mail is tried again, and when no more. All in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// After the first failure; it doubles.
    pub first_retry: i64,
    /// At most.
    pub longest_retry: i64,
    /// A mail this old that fails is dead.
    pub give_up: i64,
}

impl Patience {
    /// When a mail that was queued at `since` and just failed for the `tries`-th time is tried again; `None`: never. The
    /// last try is made when it is given up.
    pub fn again_at(&self, now: Timestamp, since: Timestamp, tries: i64) -> Option<Timestamp> {
        let left = self.give_up.saturating_sub(seconds_between(since, now));
        let doublings = u32::try_from(tries.saturating_sub(1).clamp(0, 30)).unwrap_or(30);
        let wait = self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry);
        (left > 0).then(|| plus(now, wait.min(left)))
    }
}

/// Sends what is due, at most `limit` mails; how many a server took over. A server that cannot be reached ends the round:
/// one mail has then been tried, and the others wait for the next.
///
/// # Errors
/// [`Fault`]: then nothing was lost; what was claimed is tried again when the claim runs out.
pub async fn deliver(ground: &Ground, office: &Office, limit: u32) -> Result<u32, Fault> {
    if !outbox::is_due(&ground.db, ground.clock.now()).await? {
        return Ok(0);
    }
    reclaim(ground).await?;
    let (mut call, mut sent) = (None, 0);
    for _ in 0..limit {
        let Some(claim) = claim(ground, office).await? else { break };
        let handed = hand_over(ground, office, &mut call, &claim).await;
        resolve(ground, office, &claim.mail, handed.as_ref().err()).await?;
        match handed {
            Ok(()) => sent += 1,
            Err(failure) if failure.blame == Blame::Server => return Ok(sent),
            Err(_) => call = None,
        }
    }
    if let Some(call) = call {
        call.end().await;
    }
    Ok(sent)
}

async fn claim(ground: &Ground, office: &Office) -> Result<Option<Claim>, Fault> {
    let now = ground.clock.now();
    let seconds = i64::try_from(office.postman.longest().as_secs()).unwrap_or(i64::MAX).saturating_add(60);
    let mut tx = ground.db.begin().await?;
    let claim = outbox::claim(&mut tx, now, plus(now, seconds)).await?;
    tx.commit_routine().await?;
    Ok(claim)
}

/// Takes back what a node claimed that is no more.
async fn reclaim(ground: &Ground) -> Result<(), Fault> {
    let mut tx = ground.db.begin().await?;
    for mail in outbox::reclaim(&mut tx, ground.clock.now()).await? {
        note(ground, &mut tx, &mail, if mail.state == State::Dead { Kind::MailDead } else { Kind::MailFailed }, Some("in_doubt")).await?;
    }
    tx.commit_routine().await
}

async fn hand_over(ground: &Ground, office: &Office, call: &mut Option<Call>, claim: &Claim) -> Result<(), Failure> {
    let sealed = write(ground, office, claim)?;
    let mut line = match call.take() {
        Some(line) => line,
        None => office.postman.call().await?,
    };
    line.hand_over(&sealed).await?;
    *call = Some(line);
    Ok(())
}

/// The letter as a mail. What cannot be opened or written now can never be.
fn write(ground: &Ground, office: &Office, claim: &Claim) -> Result<Sealed, Failure> {
    let never = |reason: &str| Failure { reason: reason.to_owned(), blame: Blame::MailForGood };
    let plain = ground.seals.mail.open(&claim.payload, &context(claim.mail.id)).map_err(|_| never("sealed"))?;
    let letter: Letter = serde_json::from_slice(plain.expose()).map_err(|_| never("unreadable"))?;
    let words = words::of_letter(&office.site, &letter).map_err(|_| never("template"))?;
    let draft = (claim.mail.id.to_string(), letter.address.as_str(), letter.at);
    compose(office, (&draft.0, draft.1, draft.2), &words, letter.language).map_err(|error| never(&error))
}

fn compose(office: &Office, (id, to, at): (&str, &str, Timestamp), words: &Words, language: Language) -> Result<Sealed, String> {
    let draft = Draft {
        id,
        host: &office.host,
        from_name: &office.site.organisation,
        from: &office.from,
        reply_to: office.reply_to.as_deref(),
        to,
        subject: &words.subject,
        text: &words.text,
        html: &words.html,
        language: language.tag(),
        at,
    };
    mail::compose(&draft).map_err(|error| error.to_string())
}

/// Writes down what became of a claimed mail. A database that is away for a moment is waited for: a claim left open is
/// a doubt, and a doubt may cost a second copy.
async fn resolve(ground: &Ground, office: &Office, mail: &Mail, failure: Option<&Failure>) -> Result<(), Fault> {
    let mut tries = 0;
    loop {
        tries += 1;
        match resolve_once(ground, office, mail, failure).await {
            Err(Fault::Unavailable(reason)) if tries < 5 => {
                tracing::warn!(event = "mail.unresolved", reason, mail = %mail.id);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other,
        }
    }
}

async fn resolve_once(ground: &Ground, office: &Office, mail: &Mail, failure: Option<&Failure>) -> Result<(), Fault> {
    let now = ground.clock.now();
    let mut tx = ground.db.begin().await?;
    let Some(failure) = failure else {
        if outbox::sent(&mut tx, mail, now).await? {
            note(ground, &mut tx, mail, Kind::MailSent, None).await?;
        }
        return tx.commit_routine().await;
    };
    let in_doubt = failure.blame == Blame::Doubt;
    let again_at = match failure.blame {
        Blame::MailForGood => None,
        // A third copy is worse than an operator's look.
        Blame::Doubt if mail.doubts >= 1 => None,
        Blame::Server | Blame::Mail | Blame::Doubt => office.patience.again_at(now, mail.since, mail.tries),
    };
    let change = outbox::Failure { reason: &failure.reason, in_doubt, again_at };
    if outbox::failed(&mut tx, mail, change, now).await? {
        let kind = if again_at.is_some() { Kind::MailFailed } else { Kind::MailDead };
        note(ground, &mut tx, mail, kind, Some(&failure.reason)).await?;
    }
    tx.commit_routine().await
}

/// The event and the log line; neither holds an address.
async fn note(ground: &Ground, tx: &mut Tx, mail: &Mail, kind: Kind, reason: Option<&str>) -> Result<(), Fault> {
    let random = ground.random.as_ref();
    let incident = Incident::random(random);
    match kind {
        Kind::MailDead => {
            tracing::error!(event = kind.as_str(), reason, mail = %mail.id, person = %mail.person, notice = mail.notice, %incident);
        }
        Kind::MailFailed => {
            tracing::warn!(event = kind.as_str(), reason, mail = %mail.id, person = %mail.person, notice = mail.notice, %incident);
        }
        _ => tracing::info!(event = kind.as_str(), mail = %mail.id, person = %mail.person, notice = mail.notice, %incident),
    }
    let event = Event::new(kind, Actor::System, ground.clock.now(), &incident, random).about(mail.person);
    let event = event.with("mail", mail.id).with("notice", &mail.notice).with("tries", mail.tries);
    tx.note(&match reason {
        Some(reason) => event.with("reason", reason),
        None => event,
    })
    .await
}

/// Sends a test mail at once, past the outbox, and says what came of it.
///
/// # Errors
/// [`Failure`], as for any mail.
pub async fn test(ground: &Ground, office: &Office, to: &str, language: Language) -> Result<(), Failure> {
    let never = |reason: String| Failure { reason, blame: Blame::MailForGood };
    let words = words::of_test(&office.site, language).map_err(|_| never("template".to_owned()))?;
    let id = Id::<Letter>::random(ground.random.as_ref()).to_string();
    let sealed = compose(office, (&id, to, ground.clock.now()), &words, language).map_err(never)?;
    let mut call = office.postman.call().await?;
    call.hand_over(&sealed).await?;
    call.end().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::from_millis;

    #[test]
    fn waits_grow_and_end() {
        let patience = Patience { first_retry: 60, longest_retry: 3600, give_up: 86_400 };
        let at = |second: i64| from_millis(second * 1000);
        let (mut now, mut waits) = (0, Vec::new());
        for tries in 1.. {
            let Some(next) = patience.again_at(at(now), at(0), tries) else { break };
            waits.push(next.as_second() - now);
            now = next.as_second();
        }
        assert_eq!(waits.get(..8), Some(&[60, 120, 240, 480, 960, 1920, 3600, 3600][..]));
        assert_eq!((now, waits.len() < 40), (86_400, true), "the last try is made when it is given up");
        assert_eq!(patience.again_at(at(0), at(0), i64::MAX), Some(at(3600)));
        assert_eq!(patience.again_at(at(100_000), at(0), 1), None);
    }
}
