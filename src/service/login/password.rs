//! User name and password, the first stage of most logins. The password is checked before anything is said of the
//! account, and an unknown user costs the same hash. Never logged, never kept.

use crate::{
    base::secret::Secret,
    crypto::password::Verdict,
    domain::{
        audit::{Actor, Event, Kind as EventKind},
        factor::{Knowledge, Use, Verified},
        flow::{Activation, SecondFactor, Start},
        person::{Person, Username},
        policy::LONGEST_PASSWORD,
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held, Refusal},
    },
    storage::{attached, authenticators, credentials, people, throttle},
};

/// What comes after a right password.
#[derive(Debug)]
pub enum Next {
    /// The second factor.
    SecondFactor(Held),
    /// The activation code: there is no second factor yet.
    Activation(Held),
}

/// Checks user name and password and moves the flow on.
pub async fn check(ground: &Ground, held: &Held, username: &str, password: Secret<String>, visitor: &Visitor) -> Result<Next, Refusal> {
    let flow = login::open::<Start>(ground, held).await?;
    let Proved { person, verified, key } = prove(ground, username, &password, Of::Active, visitor).await?;
    let has_none =
        authenticators::of_person(&ground.db, person.id).await?.is_empty() && attached::of_person(&ground.db, person.id).await?.is_empty();
    let mut tx = ground.db.begin().await?;
    throttle::clear_in(&mut tx, &key).await?;
    login::admit(&mut tx, person.id, ground.clock.now()).await?;
    let next = if has_none {
        let stage = Activation { person: person.id, password: verified.used().clone() };
        Next::Activation(login::advance(ground, &mut tx, &flow, held, &stage).await?)
    } else {
        let stage = SecondFactor { person: person.id, password: verified.used().clone(), webauthn: None };
        Next::SecondFactor(login::advance(ground, &mut tx, &flow, held, &stage).await?)
    };
    tx.commit_routine().await?;
    Ok(next)
}

/// The person whose user name and password these are, whether or not they may log in. No login follows from it: it serves
/// whoever wants their own identity locked or their own password changed. A wrong one counts as a guess like any other.
pub(in crate::service) async fn owner(
    ground: &Ground,
    username: &str,
    password: &Secret<String>,
    visitor: &Visitor,
) -> Result<Person, Refusal> {
    let proved = prove(ground, username, password, Of::Anybody, visitor).await?;
    throttle::clear(&ground.db, &proved.key).await?;
    Ok(proved.person)
}

/// Whose password is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Somebody's who may log in.
    Active,
    /// Anybody's.
    Anybody,
}

/// A right password.
struct Proved {
    person: Person,
    verified: Verified<Knowledge>,
    /// The counter that counted the attempt, to be forgotten.
    key: String,
}

/// Counts the attempt and checks it. Whoever acts on a right one forgets the count.
async fn prove(ground: &Ground, username: &str, password: &Secret<String>, of: Of, visitor: &Visitor) -> Result<Proved, Refusal> {
    if !ground.hasher.has_room() {
        return Err(Refusal::Busy);
    }
    login::gate_place(ground, visitor).await?;
    let username = username.parse::<Username>().ok();
    let person = match &username {
        Some(username) => people::by_username(&ground.db, username.as_str()).await?,
        None => None,
    };
    let account = username.as_ref().map_or("", Username::as_str);
    let key = login::account_key(ground, "account", account, person.as_ref().map(|person| person.id), visitor)?;
    let attempt = login::gate(ground, visitor, &key, EventKind::AccountLocked).await?;
    let id = person.as_ref().map(|person| person.id);
    let (person, verified) = match verify(ground, person, password, of, visitor).await? {
        Ok(proved) => proved,
        Err(reason) => return Err(login::fail_attempt(ground, visitor, id, reason, &attempt).await?),
    };
    // Asked again: of a hundred at once that all came before the first failure, none is told that it was right.
    login::gate_place(ground, visitor).await?;
    Ok(Proved { person, verified, key })
}

type Checked = Result<(Person, Verified<Knowledge>), &'static str>;

/// The person and the proof, or the word for the trail.
async fn verify(ground: &Ground, person: Option<Person>, password: &Secret<String>, of: Of, visitor: &Visitor) -> Result<Checked, Refusal> {
    if password.expose().chars().count() > LONGEST_PASSWORD {
        return Ok(Err("password_too_long"));
    }
    let stored = match &person {
        Some(person) => credentials::password(&ground.db, person.id).await?,
        None => None,
    };
    let verdict = ground.hasher.verify(password, stored.as_ref().map(|stored| stored.text.as_str())).await?;
    let Some(person) = person else { return Ok(Err("unknown_user")) };
    let (Some(stored), Verdict::Right { outdated }) = (stored, verdict) else { return Ok(Err("wrong_password")) };
    if of == Of::Active && !login::device::may_try(ground, &person, visitor).await? {
        return Ok(Err("user_inactive"));
    }
    let used = Use::of_password(ground.clock.now());
    let verified = Verified::<Knowledge>::mint(person.id, used);
    if outdated {
        rehash(ground, &person, password, &stored.text, visitor).await?;
    }
    Ok(Ok((person, verified)))
}

/// The password was right, its hash made with weaker parameters than today's: hash it again.
async fn rehash(ground: &Ground, person: &Person, password: &Secret<String>, old: &str, visitor: &Visitor) -> Result<(), Refusal> {
    // With the queue full the old hash serves once more; the next login renews it.
    let Ok(hash) = ground.hasher.hash(password, ground.random.as_ref()).await else { return Ok(()) };
    let mut tx = ground.db.begin().await?;
    credentials::renew_hash(&mut tx, person.id, old, &hash).await?;
    let event = Event::new(EventKind::PasswordRehashed, Actor::System, ground.clock.now(), &visitor.incident, ground.random.as_ref());
    Ok(tx.commit(event.about(person.id)).await?)
}
