//! Setting a password: the one way. Judged by the policy of the person's organisation, by the list of stolen ones and by what
//! the person had before; then hashed, before a transaction is open; then written inside the act that sets it.
//!
//! What never happens here: a password in a log. Callers are `people`, activation, recovery and the person's own page.

use crate::{
    base::{
        id::{Id, Incident},
        secret::Secret,
    },
    crypto::{
        breached::BreachedError,
        password::{HashError, Verdict},
    },
    domain::{
        audit::Kind,
        organisation::{Cvr, Organisation},
        person::Person,
        policy::{PasswordPolicy, PasswordRules, Unreasonable, WeakPassword},
    },
    service::{ground::Ground, operator::Operator},
    storage::{credentials, db::Tx, fault::Fault, organisations, password_rules},
};

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not good enough; the reason is told to whoever chose it.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// It could not be hashed, or there are too many to hash at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The list of stolen passwords cannot be searched.
    #[error("the file of stolen passwords: {0}")]
    Breached(#[from] BreachedError),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A password that was judged good and hashed, to be written inside the act that sets it.
#[derive(Debug)]
pub struct Accepted {
    person: Id<Person>,
    hash: String,
    /// Earlier hashes to keep beside it.
    keep: usize,
}

/// The demands on passwords of an organisation's people.
pub async fn policy(ground: &Ground, organisation: Id<Organisation>) -> Result<PasswordPolicy, Fault> {
    let rules = password_rules::of(&ground.db, organisation).await?.unwrap_or_default();
    Ok(ground.rules.password.under(&rules))
}

/// Judges and hashes a new password of `person`. Costs a hash for each earlier password that is remembered, so call it
/// before a transaction is open and after whoever asks was let in.
pub async fn accept(ground: &Ground, incident: &Incident, person: &Person, password: &Secret<String>) -> Result<Accepted, Refusal> {
    match judged(ground, person, password).await {
        Err(Refusal::Weak(weak)) => {
            tracing::info!(event = "password.rejected", reason = weak.as_str(), incident = %incident, person = %person.id);
            Err(weak.into())
        }
        other => other,
    }
}

async fn judged(ground: &Ground, person: &Person, password: &Secret<String>) -> Result<Accepted, Refusal> {
    let policy = policy(ground, person.organisation).await?;
    policy.judge(password, &[&person.given_name, &person.family_name, person.username.as_str()])?;
    if let Some(list) = ground.rules.breached.clone() {
        let searched = password.clone();
        // Some forty reads of a file that may lie on a slow disk.
        let found = tokio::task::spawn_blocking(move || list.holds(&searched)).await;
        if found.map_err(|error| HashError::Malformed(error.to_string()))?? {
            return Err(WeakPassword::Breached.into());
        }
    }
    let remembered = i64::try_from(policy.history).unwrap_or(i64::MAX);
    for earlier in credentials::latest(&ground.db, person.id, remembered).await? {
        if matches!(ground.hasher.verify(password, Some(&earlier)).await?, Verdict::Right { .. }) {
            return Err(WeakPassword::UsedBefore.into());
        }
    }
    let hash = ground.hasher.hash(password, ground.random.as_ref()).await?;
    Ok(Accepted { person: person.id, hash, keep: policy.history.saturating_sub(1) })
}

/// Writes the password inside the act that sets it; the caller commits with its event.
pub async fn write(ground: &Ground, tx: &mut Tx, accepted: &Accepted) -> Result<(), Fault> {
    let now = ground.clock.now();
    credentials::retire(tx, accepted.person, i64::try_from(accepted.keep).unwrap_or(i64::MAX), now).await?;
    credentials::set_password(tx, accepted.person, &accepted.hash, now).await
}

/// Why an organisation's rules were not changed; each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum NotRuled {
    /// No organisation has that CVR number.
    #[error("there is no organisation with CVR {0}")]
    NoSuchOrganisation(Cvr),
    /// No organisation may demand that.
    #[error(transparent)]
    Unreasonable(#[from] Unreasonable),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The organisation's own rules, and the policy they make.
pub async fn rules(ground: &Ground, cvr: &Cvr) -> Result<(PasswordRules, PasswordPolicy), NotRuled> {
    let organisation = find(ground, cvr).await?;
    let rules = password_rules::of(&ground.db, organisation.id).await?.unwrap_or_default();
    let policy = ground.rules.password.under(&rules);
    Ok((rules, policy))
}

/// Sets the organisation's own rules for passwords that are chosen from now on; `None` takes them away.
pub async fn rule(ground: &Ground, by: &Operator, cvr: &Cvr, rules: Option<&PasswordRules>) -> Result<(), NotRuled> {
    let organisation = find(ground, cvr).await?;
    rules.map_or(Ok(()), PasswordRules::check)?;
    let mut tx = ground.db.begin().await?;
    match rules {
        Some(rules) => password_rules::save(&mut tx, organisation.id, rules).await?,
        None => _ = password_rules::remove(&mut tx, organisation.id).await?,
    }
    let said = serde_json::to_string(&rules).unwrap_or_default();
    Ok(tx.commit(by.event(ground, Kind::OrganisationSaved).with("cvr", cvr).with("password_rules", said)).await?)
}

async fn find(ground: &Ground, cvr: &Cvr) -> Result<Organisation, NotRuled> {
    organisations::by_cvr(&ground.db, cvr.as_str()).await?.ok_or_else(|| NotRuled::NoSuchOrganisation(cvr.clone()))
}
