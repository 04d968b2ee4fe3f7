//! What an authenticator may carry (AAL), by its kind, where it came from and how it came to its owner. Policy decides up to
//! fixed bounds: what can be copied or synced, or what nobody vouches for, never carries more than Substantial.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::{
    assurance::{Level, Strength},
    factor::{Authenticator, Evidence, Kind, Provenance, Use},
};

/// The models of key that are believed to be what they attest. By default none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Models {
    /// Whatever the makers' certificates vouch for, but those.
    AllBut(BTreeSet<Uuid>),
    /// Those alone.
    Only(BTreeSet<Uuid>),
}

impl Default for Models {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Models {
    /// Whether the model is believed; `None`: a key whose attestation names none.
    pub fn hold(&self, model: Option<Uuid>) -> bool {
        match self {
            Self::AllBut(fallen) => model.is_none_or(|model| !fallen.contains(&model)),
            Self::Only(models) => model.is_some_and(|model| models.contains(&model)),
        }
    }
}

/// The most that policy lets each sort of authenticator carry, together with whatever it needs beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatorPolicy {
    /// A key in hardware that its maker vouches for.
    pub attested: Level,
    /// For which models that is believed; others are keys that nobody vouches for.
    pub models: Models,
    /// A key that says it stays in its device, without anybody to vouch for it.
    pub device_bound: Level,
    /// A passkey that its owner's devices share.
    pub synced: Level,
    /// A code from an app, whose secret can be copied.
    pub totp: Level,
}

impl Default for AuthenticatorPolicy {
    fn default() -> Self {
        let level = Level::Substantial;
        Self { attested: level, models: Models::default(), device_bound: level, synced: level, totp: level }
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

    /// The same of one authenticator: an attestation is believed while its model is.
    fn of_one(&self, kind: Kind, provenance: Option<Provenance>, model: Option<Uuid>) -> Level {
        match provenance {
            Some(Provenance::Attested) if !self.models.hold(model) => self.ceiling(kind, Some(Provenance::DeviceBound)).min(self.attested),
            other => self.ceiling(kind, other),
        }
    }
}

/// The most an authenticator may ever carry for its sort and the way it came to its owner: what is kept beside it. `None`:
/// nothing yet.
pub fn kept(attached: Attached, kind: Kind, provenance: Option<Provenance>) -> Option<Level> {
    let (level, models) = (Level::High, Models::default());
    let most = AuthenticatorPolicy { attested: level, models, device_bound: level, synced: level, totp: level };
    let under = match attached {
        Attached::ByOwner(under) => Some(under),
        Attached::BySupporter(proved) => proved,
    };
    under.map(|under| under.min(most.ceiling(kind, provenance)))
}

/// What an authenticator carries when it is used. Policy is asked at each use, so that a change of it holds at once.
pub fn carried(policy: &AuthenticatorPolicy, authenticator: &Authenticator) -> Level {
    policy.of_one(authenticator.kind, authenticator.provenance, authenticator.model).min(authenticator.carries)
}

/// What a use of an authenticator carries now: what it carried then, and never more than policy lets it carry today.
pub fn still_carried(policy: &AuthenticatorPolicy, used: &Use) -> Level {
    policy.of_one(used.kind, used.provenance, used.model).min(used.carries)
}

/// The AAL of a login: the least that any factor used carries now, at most Low unless the two-factor rule holds.
///
/// The rule is checked again here, over what was stored, so that a row written by hand gains nothing.
pub fn strength(policy: &AuthenticatorPolicy, evidence: &Evidence) -> Strength {
    let had = evidence.uses().iter().filter(|used| used.kind != Kind::Password);
    let carried = had.map(|used| still_carried(policy, used)).min().unwrap_or(Level::Low);
    Strength::of(if evidence.is_two_factors() { carried } else { Level::Low })
}

#[cfg(test)]
mod tests {
    use super::{Attached::*, Level::*, *};
    use crate::base::id::Id;
    use Provenance::{Attested, DeviceBound, Synced};
    use jiff::Timestamp;

    fn authenticator(kind: Kind, provenance: Option<Provenance>, carries: Level) -> Authenticator {
        let (id, person) = (Id::from_uuid(uuid::Uuid::nil()), Id::from_uuid(uuid::Uuid::nil()));
        let enrolled_at = Timestamp::UNIX_EPOCH;
        Authenticator { id, person, kind, name: String::new(), provenance, model: Some(MODEL), carries, enrolled_at, last_used_at: None }
    }

    const ALL: [Level; 3] = [Low, Substantial, High];
    const MODEL: Uuid = Uuid::from_bytes([7; 16]);
    const OTHER: Uuid = Uuid::from_bytes([8; 16]);

    fn only(models: &[Uuid]) -> Models {
        Models::Only(models.iter().copied().collect())
    }

    fn all_but(models: &[Uuid]) -> Models {
        Models::AllBut(models.iter().copied().collect())
    }

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
                let models = only(&[MODEL]);
                let policy = AuthenticatorPolicy { attested: said, models, device_bound: said, synced: said, totp: said };
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
        let models = Models::default();
        let policy = AuthenticatorPolicy { attested: High, models, device_bound: Substantial, synced: Low, totp: Substantial };
        let of = |kind, provenance| policy.ceiling(kind, provenance);
        assert_eq!(of(Kind::Webauthn, Some(Attested)), High);
        assert_eq!(of(Kind::Webauthn, Some(DeviceBound)), Substantial);
        assert_eq!(of(Kind::Webauthn, Some(Synced)), Low);
        assert_eq!(of(Kind::Webauthn, None), Low, "of what is not known the weaker counts");
        assert_eq!(of(Kind::Totp, None), Substantial);
        assert_eq!(AuthenticatorPolicy::default().ceiling(Kind::Webauthn, Some(Attested)), Substantial, "High only if policy says so");
    }

    #[test]
    fn an_attestation_is_believed_while_its_model_is() {
        for (models, named, unnamed) in [
            (only(&[MODEL]), High, Low),
            (only(&[OTHER]), Low, Low),
            (only(&[]), Low, Low),
            (all_but(&[]), High, High),
            (all_but(&[OTHER]), High, High),
            (all_but(&[MODEL]), Low, High),
        ] {
            let policy = AuthenticatorPolicy { attested: High, models, device_bound: Low, ..AuthenticatorPolicy::default() };
            let key = authenticator(Kind::Webauthn, Some(Attested), High);
            let nameless = Authenticator { model: None, ..key.clone() };
            assert_eq!((carried(&policy, &key), carried(&policy, &nameless)), (named, unnamed), "{policy:?}");
            // A login with it says the same, whatever was kept with it.
            let used = Use::of(&key, Timestamp::UNIX_EPOCH, true, High);
            let evidence: Evidence = serde_json::from_value(serde_json::json!({ "uses": [used] })).unwrap();
            assert_eq!(strength(&policy, &evidence).level(), named, "{policy:?}");
        }
        // A model that fell carries no more than attested keys may.
        let policy = AuthenticatorPolicy { attested: Low, device_bound: Substantial, ..AuthenticatorPolicy::default() };
        assert_eq!(carried(&policy, &authenticator(Kind::Webauthn, Some(Attested), High)), Low);
    }

    #[test]
    fn a_login_carries_what_policy_says_now_and_never_more_than_it_did() {
        let day = Timestamp::UNIX_EPOCH;
        let used = |kind, carries| Use { kind, carries, ..Use::of_password(day) };
        let strength_of = |uses: &[Use], policy: &AuthenticatorPolicy| {
            let evidence: Evidence = serde_json::from_value(serde_json::json!({ "uses": uses })).unwrap();
            strength(policy, &evidence).level()
        };
        let both = [used(Kind::Password, Low), used(Kind::Totp, Substantial)];
        let strict = AuthenticatorPolicy { totp: Low, ..AuthenticatorPolicy::default() };
        assert_eq!(strength_of(&both, &AuthenticatorPolicy::default()), Substantial);
        assert_eq!(strength_of(&both, &strict), Low, "a stricter policy");
        assert_eq!(strength_of(&[used(Kind::Password, Low), used(Kind::Totp, Low)], &AuthenticatorPolicy::default()), Low, "a milder one");
        for one in [vec![], vec![used(Kind::Password, High)], vec![used(Kind::Totp, High)], vec![used(Kind::Webauthn, High)]] {
            assert_eq!(strength_of(&one, &AuthenticatorPolicy::default()), Low, "{one:?}");
        }
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
