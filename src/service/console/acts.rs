//! Acts on one person, each with its right as a parameter. What is done is what the command line does; that it may be done,
//! and to whom, was decided when the right was made.

use uuid::Uuid;

use crate::{
    base::id::Id,
    crypto::seal::SealError,
    domain::{
        audit::Kind,
        factor::Authenticator,
        invitation::Channel,
        lock::{Cause, Hand},
        organisation::Organisation,
        person::{Cpr, Person, Username},
        right::{
            AddPerson, EditPerson, EndSessions, InvitePerson, LockPerson, ReadCpr, RemoveFactor, RevokeRole, SwitchService, UnlockPerson,
        },
        role::{Role, Scope},
    },
    service::{
        activation::invitation::{self, NotInvited},
        clients, cpr,
        ground::Ground,
        lifecycle,
        notices::NotQueued,
        people::{
            self, Newcomer,
            details::{self, Change},
        },
        rights::{Denied, Right, Subject},
        roles,
    },
    storage::{authenticators, fault::Fault, organisations, people as rows},
};

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The right.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The reason is missing, too long, or holds a CPR number.
    #[error("say in 5 to 200 characters why, without any CPR number")]
    Reason,
    /// A field is not filled in as it must be.
    #[error("a field is not filled in as it must be: {0}")]
    Field(&'static str),
    /// Things have changed since the page was shown, or what was asked for is not there.
    #[error("this cannot be done as things stand: {0}")]
    State(&'static str),
    /// It is the last second factor: a second person must approve.
    #[error("the last second factor is removed with the approval of a second person")]
    NeedsTwo,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The keys.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The person could not be told of it.
    #[error(transparent)]
    Notice(#[from] NotQueued),
}

impl From<lifecycle::Refusal> for Refusal {
    fn from(refusal: lifecycle::Refusal) -> Self {
        match refusal {
            lifecycle::Refusal::Fault(fault) => Self::Fault(fault),
            lifecycle::Refusal::Reason => Self::Reason,
            lifecycle::Refusal::NoSuchPerson => Self::Denied(Denied::NoSuchPerson),
            lifecycle::Refusal::Already(_) => Self::State("locked"),
            lifecycle::Refusal::WhichFactor => Self::State("which-factor"),
            _ => Self::State("lock"),
        }
    }
}

/// The reason, if it is one.
pub fn reason(text: &str) -> Result<&str, Refusal> {
    cpr::plain_reason(text).ok_or(Refusal::Reason)
}

/// A person to be created, as the form says.
#[derive(Debug)]
pub struct Draft {
    /// Where employed.
    pub organisation: Id<Organisation>,
    /// What they log in with.
    pub username: Username,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Work e-mail; may be empty.
    pub email: String,
    /// CPR number, if known.
    pub cpr: Option<Cpr>,
    /// MitID Erhverv's UUID of the person, if known.
    pub persistent_uuid: Option<Uuid>,
}

/// Creates a person. Nobody here knows or chooses their password: they are invited.
pub async fn add(ground: &Ground, right: &Right<AddPerson>, draft: Draft) -> Result<Person, Refusal> {
    let organisation = organisations::by_id(&ground.db, draft.organisation).await?.filter(|one| right.reaches(one.id));
    let organisation = organisation.ok_or(Refusal::Field("organisation"))?;
    let newcomer = Newcomer {
        organisation: Some(organisation.cvr),
        username: draft.username,
        given_name: draft.given_name,
        family_name: draft.family_name,
        email: Some(draft.email),
        persistent_uuid: draft.persistent_uuid,
        cpr: draft.cpr,
        administrator: false,
        password: None,
    };
    Ok(people::add(ground, right.operator(), newcomer).await.map_err(blamed)?.0)
}

/// Changes names, user name or address. The person is told of another address; what was proved of another name counts no
/// longer.
pub async fn edit(ground: &Ground, subject: &Subject<EditPerson>, change: Change) -> Result<Person, Refusal> {
    details::change(ground, subject.operator(), subject.person().id, change).await.map_err(blamed)
}

/// What cannot be taken of a person's details, by the field that is to blame.
fn blamed(refusal: people::Refusal) -> Refusal {
    match refusal {
        people::Refusal::Taken(taken) => Refusal::Field(match taken {
            rows::Taken::Username => "username-taken",
            rows::Taken::PersistentUuid => "uuid-taken",
        }),
        people::Refusal::Name => Refusal::Field("name"),
        people::Refusal::Email => Refusal::Field("email"),
        people::Refusal::HoldsCpr => Refusal::Field("holds-cpr"),
        people::Refusal::Fault(fault) => fault.into(),
        people::Refusal::Seal(error) => error.into(),
        people::Refusal::Notice(error) => error.into(),
        _ => Refusal::State("person"),
    }
}

/// Invites the person by mail.
pub async fn invite(ground: &Ground, subject: &Subject<InvitePerson>) -> Result<(), Refusal> {
    match invitation::invite(ground, subject.operator(), subject.person(), Channel::Mail).await {
        Ok((_code, _until)) => Ok(()),
        Err(NotInvited::Active(_)) => Err(Refusal::State("active")),
        Err(NotInvited::NoMail | NotInvited::NoAddress(_)) => Err(Refusal::State("no-mail")),
        Err(NotInvited::Fault(fault)) => Err(fault.into()),
        Err(NotInvited::Seal(error)) => Err(error.into()),
        Err(NotInvited::Notice(error)) => Err(error.into()),
    }
}

/// Locks the person out; how many sessions ended. An administrator's reason or a suspicion of misuse, nothing else.
pub async fn lock(ground: &Ground, subject: &Subject<LockPerson>, cause: Cause, why: &str) -> Result<u64, Refusal> {
    if !matches!(cause, Cause::Administrator | Cause::Misuse) {
        return Err(Refusal::Field("cause"));
    }
    Ok(lifecycle::lock(ground, subject.operator(), subject.person().id, cause, why).await?.sessions)
}

/// Lifts the lock of that cause.
pub async fn unlock(ground: &Ground, subject: &Subject<UnlockPerson>, cause: Cause, why: &str) -> Result<(), Refusal> {
    Ok(lifecycle::unlock(ground, subject.operator(), Hand::Administrator, (subject.person().id, cause), why).await?)
}

/// Ends everything of the person's that is open; how many sessions.
pub async fn end_sessions(ground: &Ground, subject: &Subject<EndSessions>, why: &str) -> Result<u64, Refusal> {
    let (why, person) = (reason(why)?, subject.person().id);
    let mut tx = ground.db.begin().await?;
    let ended = lifecycle::end_all(&mut tx, person).await?;
    let event = subject.operator().event(ground, Kind::SessionEnded).about(person).with("reason", why);
    tx.commit(event.with("sessions_ended", ended.sessions).with("flows_ended", ended.flows)).await?;
    Ok(ended.sessions)
}

/// Removes a second factor that was lost or is suspect. The last one is asked for by `requests::ask_reset` instead.
pub async fn remove_factor(ground: &Ground, subject: &Subject<RemoveFactor>, factor: Id<Authenticator>, why: &str) -> Result<u64, Refusal> {
    let (why, person) = (reason(why)?, subject.person().id);
    let mut tx = ground.db.begin().await?;
    // Of two at once, one waits here and then sees what the other one left.
    rows::hold(&mut tx, person).await?;
    let known = authenticators::of_person(&ground.db, person).await?;
    if known.iter().all(|one| one.id == factor) {
        return Err(Refusal::NeedsTwo);
    }
    let known = known.into_iter().find(|one| one.id == factor).ok_or(Refusal::State("factor"))?;
    let ended = people::take_factor(ground, &mut tx, known).await?.ok_or(Refusal::State("factor"))?;
    let event = subject.operator().event(ground, Kind::AuthenticatorRemoved).about(person).with("authenticator", factor);
    tx.commit(event.with("reason", why).with("sessions_ended", ended)).await?;
    Ok(ended)
}

/// The person's CPR number in full, for a reason that is in the trail first.
pub async fn read_cpr(ground: &Ground, subject: &Subject<ReadCpr>, why: &str) -> Result<Cpr, Refusal> {
    cpr::read(ground, subject.operator(), subject.person().id, why).await.map_err(|refusal| match refusal {
        cpr::Refusal::Reason => Refusal::Reason,
        cpr::Refusal::Unknown => Refusal::State("cpr"),
        cpr::Refusal::Fault(fault) => Refusal::Fault(fault),
        cpr::Refusal::Seal(error) => Refusal::Seal(error),
    })
}

/// Takes a role back where it holds, and ends all that is open; how many sessions.
pub async fn revoke_role(ground: &Ground, subject: &Subject<RevokeRole>, place: (Role, Scope), why: &str) -> Result<u64, Refusal> {
    match roles::revoke_in(ground, subject.operator(), subject.person().id, place, reason(why)?).await {
        Ok(ended) => Ok(ended),
        Err(roles::Refusal::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(Refusal::State("role")),
    }
}

/// Serves a relying party, or no longer.
pub async fn switch_service(ground: &Ground, right: &Right<SwitchService>, entity_id: &str, enabled: bool) -> Result<(), Refusal> {
    match clients::set_enabled(ground, right.operator(), entity_id, enabled).await {
        Ok(()) => Ok(()),
        Err(clients::Refusal::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(Refusal::State("service")),
    }
}
