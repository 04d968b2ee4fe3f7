//! Roles in Portvagt itself: granted and taken back by an operator or administrator, each with its event. Whoever loses a
//! role loses what is open too, so that no page shown before outlives it.

use crate::{
    base::id::Id,
    domain::{
        audit::Kind,
        person::Person,
        role::{Grant, Role},
    },
    service::{ground::Ground, lifecycle, operator::Operator},
    storage::{fault::Fault, roles},
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
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Grants a role; nobody grants one to themselves.
pub async fn grant(ground: &Ground, by: &Operator, person: Id<Person>, role: Role) -> Result<(), Refusal> {
    if by.is(person) {
        return Err(Refusal::Own);
    }
    let mut tx = ground.db.begin().await?;
    if !roles::grant(&mut tx, person, role, &by.name(), ground.clock.now()).await? {
        return Err(Refusal::Already(role));
    }
    Ok(tx.commit(by.event(ground, Kind::RoleGranted).about(person).with("role", role.as_str())).await?)
}

/// Takes a role back and ends all that is open; how many sessions.
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
