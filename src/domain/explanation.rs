//! Why somebody has the level they have: each input with its own level, which of them hold the whole down, and what would
//! raise them. The level itself is `assurance::level`'s; here it is only taken apart for the person and the supporter.

use jiff::Timestamp;

use crate::domain::{
    assurance::{self, Level},
    authenticator::{self, AuthenticatorPolicy},
    factor::Evidence,
    person::Access,
    proofing::{self, Basis, Lapse, Present, ProofingPolicy},
};

/// Everything the level follows from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Whether the person may log in.
    pub access: Access,
    /// All records of proofings, those that count no longer too.
    pub records: &'a [Basis],
    /// Name and CPR number now.
    pub present: Present<'a>,
    /// What is demanded of proofings.
    pub policy: &'a ProofingPolicy,
    /// How the person logged in.
    pub evidence: &'a Evidence,
    /// What authenticators carry now.
    pub authenticators: &'a AuthenticatorPolicy,
    /// Whether the second factor is recent enough to answer a relying party.
    pub is_fresh: bool,
    /// What the organisation is notified for.
    pub notified: Level,
    /// Now.
    pub now: Timestamp,
}

/// One thing a level is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whether the person may log in at all.
    Access,
    /// How the identity was proved (IAL).
    Proofing,
    /// With what the person logged in (AAL).
    Authenticators,
    /// How long ago.
    Freshness,
    /// What the organisation is notified for.
    Organisation,
}

/// What would raise an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raise {
    /// The lock must be lifted.
    Unlock,
    /// An employment must be current.
    Employment,
    /// The identity must be proved: MitID, or a registrant.
    Prove,
    /// It must be proved anew, for this reason.
    ProveAgain(Lapse),
    /// A second person must approve what was proved.
    Approve,
    /// A second factor must be used beside the password.
    SecondFactor,
    /// A stronger authenticator must be used, enrolled under a stronger login.
    StrongerFactor,
    /// The second factor must be proved anew.
    LogInAgain,
    /// Only the organisation can change it.
    Notification,
}

/// One input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Which.
    pub part: Part,
    /// Its own level; `None` is below Low: nothing is said to anybody.
    pub level: Option<Level>,
    /// Whether it holds the whole level down.
    pub limits: bool,
    /// What would raise it; `None` when it is as high as there is.
    pub raise: Option<Raise>,
}

/// The level, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The level of assurance of this login now; `None`: nothing can be said.
    pub level: Option<Level>,
    /// Its inputs.
    pub inputs: [Input; 5],
}

/// Takes the level apart.
pub fn explain(facts: &Facts<'_>) -> Explanation {
    let identity = proofing::identity_level(facts.records, facts.present, facts.policy, facts.now);
    let strength = authenticator::strength(facts.authenticators, facts.evidence);
    let is_open = facts.access == Access::Open;
    let level = assurance::level(identity, strength, facts.notified).filter(|_| is_open && facts.is_fresh);
    let whole = |holds: bool| holds.then_some(Level::High);
    let parts = [
        (Part::Access, whole(is_open), raise_access(facts.access)),
        (Part::Proofing, identity, raise_proofing(facts)),
        (Part::Authenticators, Some(strength.level()), Some(raise_factors(facts.evidence))),
        (Part::Freshness, whole(facts.is_fresh), Some(Raise::LogInAgain)),
        (Part::Organisation, Some(facts.notified), Some(Raise::Notification)),
    ];
    Explanation {
        level,
        inputs: parts.map(|(part, own, raise)| Input {
            part,
            level: own,
            limits: own == level && own != Some(Level::High),
            raise: raise.filter(|_| own != Some(Level::High)),
        }),
    }
}

fn raise_access(access: Access) -> Option<Raise> {
    match access {
        Access::Open => None,
        Access::Locked => Some(Raise::Unlock),
        Access::NotBegun | Access::Ended => Some(Raise::Employment),
    }
}

/// What the highest record that does not count lacks, if it would raise the level; else a better proofing.
fn raise_proofing(facts: &Facts<'_>) -> Option<Raise> {
    let now = proofing::identity_level(facts.records, facts.present, facts.policy, facts.now);
    let lacking = facts.records.iter().filter(|record| Some(record.level) > now).filter_map(|record| {
        let lapse = record.counts(facts.present, facts.policy, facts.now).err()?;
        Some((record.level, lapse))
    });
    Some(match lacking.max_by_key(|(level, lapse)| (*level, *lapse == Lapse::Waiting)) {
        Some((_, Lapse::Waiting)) => Raise::Approve,
        Some((_, lapse)) => Raise::ProveAgain(lapse),
        None => Raise::Prove,
    })
}

fn raise_factors(evidence: &Evidence) -> Raise {
    if evidence.is_two_factors() { Raise::StrongerFactor } else { Raise::SecondFactor }
}

#[cfg(test)]
mod tests;
