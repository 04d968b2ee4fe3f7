//! Roles in Portvagt itself: granted and taken back by an operator or administrator, each with its event. Whoever loses a
//! role loses what is open too, so that no page shown before outlives it.

use crate::{
    base::id::Id,
    domain::{
        audit::{Event, Kind},
        person::Person,
        role::{Grant, Role, Scope},
    },
    service::{ground::Ground, lifecycle, operator::Operator},
    storage::{db::Tx, fault::Fault, people, roles},
};

/// Why a role was not granted or taken back.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// They have it.
    #[error("the role '{}' is theirs already", .0.as_str())]
    Already(Role),
    /// They have it not.
    #[error("they have no role '{}'", .0.as_str())]
    NotTheirs(Role),
    /// Nobody grants roles to themselves.
    #[error("nobody grants a role to themselves")]
    Own,
    /// Nobody has that id.
    #[error("there is no such person")]
    NoSuchPerson,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Grants a role where it usually holds (`Role::usual_scope`); nobody grants one to themselves.
pub async fn grant(ground: &Ground, by: &Operator, person: Id<Person>, role: Role) -> Result<(), Refusal> {
    let home = people::by_id(&ground.db, person).await?.ok_or(Refusal::NoSuchPerson)?.organisation;
    grant_in(ground, by, person, (role, role.usual_scope(home))).await
}

/// Grants a role in one organisation or everywhere; nobody grants one to themselves.
pub async fn grant_in(ground: &Ground, by: &Operator, person: Id<Person>, (role, scope): (Role, Scope)) -> Result<(), Refusal> {
    if by.is(person) {
        return Err(Refusal::Own);
    }
    let mut tx = ground.db.begin().await?;
    let event = grant_within(ground, &mut tx, by, person, (role, scope)).await?.ok_or(Refusal::Already(role))?;
    Ok(tx.commit(event).await?)
}

/// Grants a role in a transaction under way: the event to be written with it. `None` when they have it there.
pub async fn grant_within(
    ground: &Ground,
    tx: &mut Tx,
    by: &Operator,
    person: Id<Person>,
    (role, scope): (Role, Scope),
) -> Result<Option<Event>, Fault> {
    if !roles::grant(tx, person, (role, scope), &by.name(), ground.clock.now()).await? {
        return Ok(None);
    }
    let event = by.event(ground, Kind::RoleGranted).about(person).with("role", role.as_str());
    Ok(Some(placed(event, scope)))
}

/// The event with where the role holds.
pub(in crate::service) fn placed(event: Event, scope: Scope) -> Event {
    match scope {
        Scope::Everywhere => event.with("organisation", "all"),
        Scope::Organisation(id) => event.with("organisation", id),
    }
}

/// Takes a role back in one place and ends all that is open, for a reason; how many sessions.
pub async fn revoke_in(
    ground: &Ground,
    by: &Operator,
    person: Id<Person>,
    (role, scope): (Role, Scope),
    reason: &str,
) -> Result<u64, Refusal> {
    let mut tx = ground.db.begin().await?;
    if !roles::revoke_in(&mut tx, person, (role, scope)).await? {
        return Err(Refusal::NotTheirs(role));
    }
    let ended = lifecycle::end_all(&mut tx, person).await?;
    let event = by.event(ground, Kind::RoleRevoked).about(person).with("role", role.as_str()).with("reason", reason);
    tx.commit(placed(event, scope).with("sessions_ended", ended.sessions).with("flows_ended", ended.flows)).await?;
    Ok(ended.sessions)
}

/// Takes a role back, wherever it holds, and ends all that is open; how many sessions.
pub async fn revoke(ground: &Ground, by: &Operator, person: Id<Person>, role: Role) -> Result<u64, Refusal> {
    let mut tx = ground.db.begin().await?;
    if !roles::revoke(&mut tx, person, role).await? {
        return Err(Refusal::NotTheirs(role));
    }
    let ended = lifecycle::end_all(&mut tx, person).await?;
    let event = by.event(ground, Kind::RoleRevoked).about(person).with("role", role.as_str());
    tx.commit(event.with("sessions_ended", ended.sessions).with("flows_ended", ended.flows)).await?;
    Ok(ended.sessions)
}

/// The person's roles, by name.
pub async fn of(ground: &Ground, person: Id<Person>) -> Result<Vec<Grant>, Fault> {
    roles::of_person(&ground.db, person).await
}

/// Whether the person has the role now.
pub async fn has(ground: &Ground, person: Id<Person>, role: Role) -> Result<bool, Fault> {
    roles::has(&ground.db, person, role).await
}
