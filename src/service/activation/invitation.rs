//! Invitations. Whoever holds one gains nothing but the way to prove who they are: it is typed beside the user name, and good
//! until the identity is in use. Whatever was broken off is begun anew with it, in whatever browser, and ends then. It is
//! dead after its time, a newer one, or a password set otherwise (security case B13). No address holds a code.

use jiff::Timestamp;

use super::nobody;
use crate::{
    base::clock::plus,
    crypto::{seal::SealError, token::Code},
    domain::{
        assurance::Level,
        audit::{Actor, Event, Kind},
        flow::{Identify, Invited},
        invitation::Channel,
        mitid::Why,
        notice::{Notice, OneTimeCode},
        person::{Person, Username},
    },
    service::{
        ground::{Ground, Visitor},
        login::{self, Held, Refusal, unsaved},
        notices::{self, NotQueued},
        operator::Operator,
    },
    storage::{
        authenticators,
        fault::Fault,
        flows,
        invitations::{self, Invitation},
        people,
    },
};

/// Why nobody was invited; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum NotInvited {
    /// There is a second factor already.
    #[error("'{0}' has taken the identity into use already; a lost factor or password is recovered, not invited anew")]
    Active(Username),
    /// No mail can be sent.
    #[error("no mail can be sent: mail.smtp_host is not set; invite by letter")]
    NoMail,
    /// No address is known.
    #[error("no e-mail address is known of '{0}'; invite by letter")]
    NoAddress(Username),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The mail could not be queued.
    #[error(transparent)]
    Notice(#[from] NotQueued),
}

/// Makes an invitation; an older one is void. By mail it is queued with the act. The code is answered once, for the letter.
pub async fn invite(ground: &Ground, by: &Operator, person: &Person, channel: Channel) -> Result<(Code, Timestamp), NotInvited> {
    if !authenticators::of_person(&ground.db, person.id).await?.is_empty() {
        return Err(NotInvited::Active(person.username.clone()));
    }
    if channel == Channel::Mail && !ground.rules.notices {
        return Err(NotInvited::NoMail);
    }
    if channel == Channel::Mail && person.email.is_none() {
        return Err(NotInvited::NoAddress(person.username.clone()));
    }
    let (now, name) = (ground.clock.now(), by.name());
    let code = Code::random(ground.random.as_ref());
    let code_hash = code.hash(&ground.seals.invitation)?;
    let expires_at = plus(now, ground.rules.lifetimes.of(channel));
    let invitation = Invitation { person: person.id, channel, code_hash: &code_hash, issued_at: now, expires_at, issued_by: &name };
    let mut tx = ground.db.begin().await?;
    invitations::put(&mut tx, &invitation).await?;
    if channel == Channel::Mail {
        let user_name = person.username.to_string();
        let notice = Notice::Invitation { user_name, code: OneTimeCode::new(code.to_text()), expires_at };
        notices::queue(ground, &mut tx, person.id, notice).await?;
    }
    let event = by.event(ground, Kind::InvitationIssued).about(person.id).with("channel", channel.as_str());
    tx.commit(event.with("expires_at", expires_at)).await?;
    Ok((code, expires_at))
}

/// Begins an activation: an invitation is to be shown.
pub fn begin(ground: &Ground) -> Result<Held, SealError> {
    unsaved::begin::<Invited>(ground)
}

/// Opens the activation; who it is must now be proved. What was begun before and broken off ends: one activation is under way
/// at a time. An unknown user name is refused as a wrong code is, for the same work.
pub async fn open(ground: &Ground, held: &Held, user_name: &str, typed: &str, visitor: &Visitor) -> Result<Held, Refusal> {
    let flow = login::open::<Invited>(ground, held).await?;
    login::gate_place(ground, visitor).await?;
    let user_name = user_name.parse::<Username>().map_or(String::new(), |name| name.to_string());
    let person = people::by_username(&ground.db, &user_name).await?;
    let (now, known) = (ground.clock.now(), person.as_ref().map(|person| person.id));
    let active = person.is_none_or(|person| person.may_log_in(now));
    let id = known.map_or_else(|| nobody(ground, &user_name), Ok)?;
    let hash = Code::from_typed(typed).hash(&ground.seals.invitation)?;
    let mut tx = ground.db.begin().await?;
    let Some(channel) = invitations::open(&mut tx, id, &hash, now).await?.filter(|_| active) else {
        drop(tx);
        return Err(login::fail(ground, visitor, known, "wrong_invitation").await?);
    };
    let stage = Identify { why: Why::Activation, person: Some(id), session: None, least: Level::Substantial, asked: None, shown: None };
    let held = login::advance(ground, &mut tx, &flow, held, &stage).await?;
    let ended = flows::end_others(&mut tx, id, flow.id).await?;
    let event = Event::new(Kind::InvitationUsed, Actor::Visitor, now, &visitor.incident, ground.random.as_ref());
    tx.commit(event.about(id).with("channel", channel.as_str()).with("address", visitor.address).with("flows_ended", ended)).await?;
    Ok(held)
}
