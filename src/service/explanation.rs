//! Why somebody has the level they have: gathers what the level follows from. The reasoning is `domain::explanation`'s.

use crate::{
    domain::{
        explanation::{self, Explanation, Facts},
        proofing::Present,
    },
    service::{cpr, ground::Ground, sessions},
    storage::{fault::Fault, organisations, proofings},
};

/// The level of this login, taken apart. `None` when the organisation is gone.
pub async fn of(ground: &Ground, present: &sessions::Present) -> Result<Option<Explanation>, Fault> {
    let (session, person, now) = (&present.session, &present.person, ground.clock.now());
    let Some(organisation) = organisations::by_id(&ground.db, person.organisation).await? else { return Ok(None) };
    let records: Vec<_> = proofings::of_person(&ground.db, person.id).await?.into_iter().map(|record| record.basis).collect();
    let index = cpr::index_of(ground, person.id).await?;
    let facts = Facts {
        access: person.access(now),
        records: &records,
        present: Present { name: &person.full_name(), cpr_index: index.as_deref() },
        policy: &ground.rules.proofing,
        evidence: &session.evidence,
        authenticators: &ground.rules.authenticators,
        is_fresh: session.second_factor_is_fresh(&ground.rules.session, now),
        notified: organisation.notified,
        now,
    };
    Ok(Some(explanation::explain(&facts)))
}
