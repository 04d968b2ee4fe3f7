//! What every act stands on: database, clock, chance, hashes, keys and rules. Built once by whoever starts the program.
//! Nothing here is about HTTP, and no room below knows it.

use std::{net::IpAddr, sync::Arc};

use crate::{
    base::{clock::Clock, id::Incident, random::Random},
    crypto::{breached::Breached, password::Hasher, seal::Seals},
    domain::{
        authenticator::AuthenticatorPolicy,
        invitation::Lifetimes,
        policy::{PasswordPolicy, SessionPolicy, ThrottlePolicy},
        proofing::ProofingPolicy,
    },
    storage::db::Db,
};

/// The ground the services stand on. Cheap to clone.
#[derive(Clone)]
pub struct Ground {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Password hashing.
    pub hasher: Hasher,
    /// Keys outside the database.
    pub seals: Arc<Seals>,
    /// Demands.
    pub rules: Arc<Rules>,
}

impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ground(..)")
    }
}

/// What is demanded of passwords, logins and failures.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Of new passwords.
    pub password: PasswordPolicy,
    /// Passwords that were stolen elsewhere, where there is a list of them.
    pub breached: Option<Breached>,
    /// What authenticators may carry.
    pub authenticators: AuthenticatorPolicy,
    /// Of sessions.
    pub session: SessionPolicy,
    /// After failures.
    pub throttle: ThrottlePolicy,
    /// Of identity proofings.
    pub proofing: ProofingPolicy,
    /// Failures in a row that lock an account until its owner or an administrator opens it.
    pub lock_after_failures: i64,
    /// How long an activation code may be used, in seconds.
    pub activation_seconds: i64,
    /// Whether people are told by mail; without a mail server nothing is queued.
    pub notices: bool,
    /// How long invitations and recovery codes may be used.
    pub lifetimes: Lifetimes,
    /// Whether this is a demonstration, with keys that everybody knows: operators then also do what elsewhere takes the owner or
    /// a registrant. No installation serves with those keys.
    pub demonstration: bool,
    /// What authenticator apps show beside the user name.
    pub issuer: String,
}

/// Whoever sends a request, as far as acts and events need to know.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The code of this request in logs, events and problem pages.
    pub incident: Incident,
    /// Where it comes from.
    pub address: IpAddr,
    /// The browser's own words about itself, at most 200 characters.
    pub user_agent: String,
    /// The known-browser cookie's value, unchecked.
    pub device: Option<String>,
}

impl Visitor {
    /// The network the address belongs to: IPv4 /24, IPv6 /48.
    pub fn network(&self) -> String {
        match self.address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}
