//! Browsers that people used before. A stranger's failures are counted apart from theirs, so nobody is kept out of a browser
//! that is their own by what others do to their account (security case B03). A cookie proves it, and says nobody's name.

use crate::{
    base::id::Id,
    crypto::{seal::SealError, token::Token},
    domain::{lock::Cause, person::Person},
    service::ground::{Ground, Visitor},
    storage::{fault::Fault, locks},
};

/// People that one browser is known to: colleagues take turns at a ward's computer.
const KNOWN_TO: usize = 8;
/// Bytes of one of them in the cookie: two times 43, and a dot.
const LONGEST_KNOWN: usize = 87;

/// The value of the known-browser cookie: for each person who logged in here, the last first, a random part and a proof
/// that we gave it to them. Who they are stands in none of it.
pub(super) fn cookie(ground: &Ground, person: Id<Person>, visitor: &Visitor) -> Result<String, SealError> {
    let part = Token::random(ground.random.as_ref()).to_text();
    let newest = format!("{part}.{}", ground.seals.device.mac_text(&[person.uuid().as_bytes(), part.as_bytes()])?);
    let is_plain = |one: &&str| one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let others = known_to(visitor).filter(is_plain).filter(|one| part_of(ground, person, one).is_none());
    Ok(std::iter::once(newest.as_str()).chain(others).take(KNOWN_TO).collect::<Vec<_>>().join("~"))
}

fn known_to(visitor: &Visitor) -> impl Iterator<Item = &str> {
    let all = visitor.device.as_deref().unwrap_or_default().split('~').take(KNOWN_TO);
    all.filter(|one| (1..=LONGEST_KNOWN).contains(&one.len()))
}

fn part_of<'v>(ground: &Ground, person: Id<Person>, one: &'v str) -> Option<&'v str> {
    let (part, mac) = one.split_once('.')?;
    ground.seals.device.verify_text(&[person.uuid().as_bytes(), part.as_bytes()], mac).then_some(part)
}

pub(super) fn known<'v>(ground: &Ground, person: Id<Person>, visitor: &'v Visitor) -> Option<&'v str> {
    known_to(visitor).find_map(|one| part_of(ground, person, one))
}

/// Whether the person may log in at all and, where they were locked for too many failures, does so from a browser they
/// used before: that lock bars those who guess, and nobody else.
pub(super) async fn may_try(ground: &Ground, person: &Person, visitor: &Visitor) -> Result<bool, Fault> {
    if !person.may_log_in(ground.clock.now()) {
        return Ok(false);
    }
    Ok(known(ground, person.id, visitor).is_some() || !locks::is_active(&ground.db, person.id, Cause::Failures).await?)
}
