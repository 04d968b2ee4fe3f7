//! What an authenticator may carry (AAL), by its kind, where it came from and how it came to its owner. Policy decides up to
//! fixed bounds: what can be copied or synced, or what nobody vouches for, never carries more than Substantial.

use crate::domain::{
    assurance::Level,
    factor::{Authenticator, Kind, Provenance},
};

/// The most that policy lets each sort of authenticator carry, together with whatever it needs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthenticatorPolicy {
    /// A key in hardware that its maker vouches for.
    pub attested: Level,
    /// A key that says it stays in its device, without anybody to vouch for it.
    pub device_bound: Level,
    /// A passkey that its owner's devices share.
    pub synced: Level,
    /// A code from an app, whose secret can be copied.
    pub totp: Level,
}

impl Default for AuthenticatorPolicy {
    fn default() -> Self {
        Self { attested: Level::Substantial, device_bound: Level::Substantial, synced: Level::Substantial, totp: Level::Substantial }
    }
}

/// How an authenticator came to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    /// Enrolled by the owner under a login or an activation of that level, or handed over by somebody who answers for it.
    ByOwner(Level),
    /// Attached by a supporter, and since then proved by the owner under a login of that level, or not yet.
    BySupporter(Option<Level>),
}

impl AuthenticatorPolicy {
    /// The most an authenticator of that sort carries now. One whose provenance nobody wrote down counts as the weaker.
    pub fn ceiling(&self, kind: Kind, provenance: Option<Provenance>) -> Level {
        match (kind, provenance) {
            (Kind::Password, _) => Level::Low,
            (Kind::ActivationCode, _) => Level::Substantial,
            (Kind::Totp, _) => self.totp.min(Level::Substantial),
            (Kind::Webauthn, Some(Provenance::Attested)) => self.attested,
            (Kind::Webauthn, Some(Provenance::DeviceBound)) => self.device_bound.min(Level::Substantial),
            (Kind::Webauthn, Some(Provenance::Synced)) => self.synced.min(Level::Substantial),
            (Kind::Webauthn, None) => self.device_bound.min(self.synced).min(Level::Substantial),
        }
    }
}

/// The most an authenticator may ever carry for its sort and the way it came to its owner: what is kept beside it. `None`:
/// nothing yet.
pub fn kept(attached: Attached, kind: Kind, provenance: Option<Provenance>) -> Option<Level> {
    let most = AuthenticatorPolicy { attested: Level::High, device_bound: Level::High, synced: Level::High, totp: Level::High };
    let under = match attached {
        Attached::ByOwner(under) => Some(under),
        Attached::BySupporter(proved) => proved,
    };
    under.map(|under| under.min(most.ceiling(kind, provenance)))
}

/// What an authenticator carries when it is used. Policy is asked at each use, so that a change of it holds at once.
pub fn carried(policy: &AuthenticatorPolicy, authenticator: &Authenticator) -> Level {
    policy.ceiling(authenticator.kind, authenticator.provenance).min(authenticator.carries)
}

#[cfg(test)]
mod tests {
    use super::{Attached::*, Level::*, *};
    use crate::base::id::Id;
    use Provenance::{Attested, DeviceBound, Synced};
    use jiff::Timestamp;

    fn authenticator(kind: Kind, provenance: Option<Provenance>, carries: Level) -> Authenticator {
        let (id, person) = (Id::from_uuid(uuid::Uuid::nil()), Id::from_uuid(uuid::Uuid::nil()));
        Authenticator { id, person, kind, name: String::new(), provenance, carries, enrolled_at: Timestamp::UNIX_EPOCH, last_used_at: None }
    }

    const ALL: [Level; 3] = [Low, Substantial, High];

    #[test]
    fn every_sort_under_every_policy_and_enrolment_carries_what_the_table_says() {
        let sorts = [
            (Kind::Password, None),
            (Kind::ActivationCode, None),
            (Kind::Totp, None),
            (Kind::Webauthn, None),
            (Kind::Webauthn, Some(Synced)),
            (Kind::Webauthn, Some(DeviceBound)),
            (Kind::Webauthn, Some(Attested)),
        ];
        // What each carries at most when policy says Low, Substantial and High of all of them.
        let table = [
            [Low, Low, Low],
            [Substantial, Substantial, Substantial],
            [Low, Substantial, Substantial],
            [Low, Substantial, Substantial],
            [Low, Substantial, Substantial],
            [Low, Substantial, Substantial],
            [Low, Substantial, High],
        ];
        for (sort, row) in sorts.into_iter().zip(table) {
            for (said, most) in ALL.into_iter().zip(row) {
                let policy = AuthenticatorPolicy { attested: said, device_bound: said, synced: said, totp: said };
                for under in ALL {
                    let (kind, provenance) = sort;
                    let carries = kept(ByOwner(under), kind, provenance).unwrap();
                    let one = authenticator(kind, provenance, carries);
                    assert_eq!(carried(&policy, &one), most.min(under), "{sort:?}, policy {said}, enrolled under {under}");
                    assert!(carries <= under);
                }
            }
        }
    }

    #[test]
    fn each_sort_has_a_policy_of_its_own() {
        let policy = AuthenticatorPolicy { attested: High, device_bound: Substantial, synced: Low, totp: Substantial };
        let of = |kind, provenance| policy.ceiling(kind, provenance);
        assert_eq!(of(Kind::Webauthn, Some(Attested)), High);
        assert_eq!(of(Kind::Webauthn, Some(DeviceBound)), Substantial);
        assert_eq!(of(Kind::Webauthn, Some(Synced)), Low);
        assert_eq!(of(Kind::Webauthn, None), Low, "of what is not known the weaker counts");
        assert_eq!(of(Kind::Totp, None), Substantial);
        assert_eq!(AuthenticatorPolicy::default().ceiling(Kind::Webauthn, Some(Attested)), Substantial, "High only if policy says so");
    }

    #[test]
    fn whoever_attaches_it_decides_what_it_may_carry() {
        let of = |attached| kept(attached, Kind::Webauthn, Some(Attested));
        for level in ALL {
            assert_eq!(of(ByOwner(level)), Some(level));
            assert_eq!(of(BySupporter(Some(level))), Some(level));
            assert_eq!(kept(ByOwner(level), Kind::Totp, None), Some(level.min(Substantial)));
        }
        assert_eq!(of(BySupporter(None)), None);
    }
}
