//! Logins that are done. A session holds evidence and times, never a level.

use jiff::Timestamp;

use crate::{
    base::{clock::seconds_between, id::Id},
    domain::{factor::Evidence, person::Person, policy::SessionPolicy},
};

/// A live login of one person in one browser.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id in lists and logs; not the token.
    pub id: Id<Session>,
    /// Whose.
    pub person: Id<Person>,
    /// How they logged in.
    pub evidence: Evidence,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// The browser's own words about itself, at most 200 characters.
    pub user_agent: String,
    /// The address it was opened from.
    pub address: String,
}

impl Session {
    /// When it is over if nobody uses it.
    pub fn ends_at(&self, policy: &SessionPolicy) -> Timestamp {
        let idle = crate::base::clock::plus(self.last_seen_at, policy.idle_seconds);
        idle.min(self.absolute_end(policy))
    }

    /// When it is over in any case.
    pub fn absolute_end(&self, policy: &SessionPolicy) -> Timestamp {
        crate::base::clock::plus(self.created_at, policy.absolute_seconds)
    }

    /// Whether it still lives.
    pub fn is_alive(&self, policy: &SessionPolicy, now: Timestamp) -> bool {
        now < self.ends_at(policy) && now >= crate::base::clock::plus(self.created_at, -300)
    }

    /// Whether the second factor is recent enough to answer a relying party without asking again.
    pub fn second_factor_is_fresh(&self, policy: &SessionPolicy, now: Timestamp) -> bool {
        self.is_within(policy.second_factor_seconds, now)
    }

    /// Whether the login is recent enough for changing one's own authenticators.
    pub fn is_fresh(&self, policy: &SessionPolicy, now: Timestamp) -> bool {
        self.is_within(policy.fresh_seconds, now)
    }

    fn is_within(&self, seconds: i64, now: Timestamp) -> bool {
        self.evidence.second_factor_at().is_some_and(|at| seconds_between(at, now) < seconds)
    }
}
