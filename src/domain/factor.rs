//! Authenticators and the proof that they were used. A `Verified` is made only where a check was just passed
//! (`e2e/tidy.rs` keeps the list of those files); `TwoFactors` only from verified parts; a session only from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    base::{clock::seconds_between, id::Id},
    domain::{assurance::Level, person::Person},
};

/// What kind of authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something known.
    Password,
    /// A code from an app (RFC 6238): something had.
    Totp,
    /// A WebAuthn credential: something had; with user verification, two factors by itself.
    Webauthn,
    /// A one-time activation code handed over by the registrant: something had, once.
    ActivationCode,
}

impl Kind {
    /// The word kept in the database and the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Webauthn => "webauthn",
            Self::ActivationCode => "activation-code",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "password" => Ok(Self::Password),
            "totp" => Ok(Self::Totp),
            "webauthn" => Ok(Self::Webauthn),
            "activation-code" => Ok(Self::ActivationCode),
            _ => Err(()),
        }
    }
}

/// Where a key's secret lies, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// In one device, as its maker attests.
    Attested,
    /// In one device, as it says itself.
    DeviceBound,
    /// On whatever devices its owner's account reaches.
    Synced,
}

impl Provenance {
    /// The word kept in the database and the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attested => "attested",
            Self::DeviceBound => "device-bound",
            Self::Synced => "synced",
        }
    }
}

impl std::str::FromStr for Provenance {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Attested, Self::DeviceBound, Self::Synced].into_iter().find(|known| known.as_str() == text).ok_or(())
    }
}

/// An enrolled authenticator that is not a password. Its secret part stays in storage, sealed.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// Its id.
    pub id: Id<Authenticator>,
    /// Whose it is.
    pub person: Id<Person>,
    /// TOTP or WebAuthn.
    pub kind: Kind,
    /// What the owner calls it.
    pub name: String,
    /// Where its secret lies; `None` for an app, and for keys enrolled before anybody asked.
    pub provenance: Option<Provenance>,
    /// Its model, where that is attested.
    pub model: Option<Uuid>,
    /// The most it may carry: never more than the login under which it was enrolled. Policy may let it carry less.
    pub carries: Level,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When it last let its owner in.
    pub last_used_at: Option<Timestamp>,
}

/// One use of an authenticator, as a session remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What kind.
    pub kind: Kind,
    /// Which one; a password has no id.
    pub authenticator: Option<Id<Authenticator>>,
    /// When it was checked.
    pub at: Timestamp,
    /// WebAuthn: whether the authenticator verified its user (PIN, finger, face).
    pub user_verified: bool,
    /// Where its secret lies; `None` for what has no such thing, and where nobody wrote it down.
    #[serde(default)]
    pub provenance: Option<Provenance>,
    /// Its model, where that is attested.
    #[serde(default)]
    pub model: Option<Uuid>,
    /// The most it carried when it was used. What it carries now, `domain::authenticator` says.
    pub carries: Level,
}

impl Use {
    /// A password that was just right. It carries nothing alone.
    pub fn of_password(at: Timestamp) -> Self {
        Self { kind: Kind::Password, authenticator: None, at, user_verified: false, provenance: None, model: None, carries: Level::Low }
    }

    /// An authenticator that was just used, and carried so much.
    pub fn of(authenticator: &Authenticator, at: Timestamp, user_verified: bool, carries: Level) -> Self {
        Self {
            kind: authenticator.kind,
            authenticator: Some(authenticator.id),
            at,
            user_verified,
            provenance: authenticator.provenance,
            model: authenticator.model,
            carries,
        }
    }
}

/// A checked password.
#[derive(Debug)]
pub enum Knowledge {}
/// A checked code or key.
#[derive(Debug)]
pub enum Possession {}

/// A factor that was checked for a person, of category `C`. Its fields are private and `mint` is the only
/// way in: whoever holds one knows that the check was passed.
#[derive(Debug, Clone)]
pub struct Verified<C> {
    person: Id<Person>,
    used: Use,
    category: std::marker::PhantomData<C>,
}

impl<C> Verified<C> {
    /// States that the check was just passed. Call it right after the check and nowhere else.
    pub(crate) fn mint(person: Id<Person>, used: Use) -> Self {
        Self { person, used, category: std::marker::PhantomData }
    }

    /// Whose factor.
    pub fn person(&self) -> Id<Person> {
        self.person
    }

    /// The use, to be remembered by the flow.
    pub fn used(&self) -> &Use {
        &self.used
    }
}

/// Two factors of different categories of one person, or one passkey with user verification.
#[derive(Debug, Clone)]
pub struct TwoFactors {
    person: Id<Person>,
    uses: Vec<Use>,
}

/// Two proofs that cannot be combined.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotTwoFactors {
    /// They are of different people.
    #[error("the two factors belong to different people")]
    DifferentPeople,
    /// The earlier one is too old.
    #[error("the first factor was checked too long ago")]
    Stale,
    /// A key was touched, but did not verify its user.
    #[error("the passkey did not verify its user")]
    UserNotVerified,
}

impl TwoFactors {
    /// A password and something had, the first checked no more than `fresh_seconds` before the second.
    pub fn combine(known: &Verified<Knowledge>, had: &Verified<Possession>, fresh_seconds: i64) -> Result<Self, NotTwoFactors> {
        if known.person != had.person {
            return Err(NotTwoFactors::DifferentPeople);
        }
        if seconds_between(known.used.at, had.used.at).abs() > fresh_seconds {
            return Err(NotTwoFactors::Stale);
        }
        Ok(Self { person: known.person, uses: vec![known.used.clone(), had.used.clone()] })
    }

    /// A passkey that verified its user is two factors by itself.
    pub fn passkey(had: &Verified<Possession>) -> Result<Self, NotTwoFactors> {
        match had.used.kind {
            Kind::Webauthn if had.used.user_verified => Ok(Self { person: had.person, uses: vec![had.used.clone()] }),
            _ => Err(NotTwoFactors::UserNotVerified),
        }
    }

    /// Whose factors.
    pub fn person(&self) -> Id<Person> {
        self.person
    }

    /// The evidence to keep in the session.
    pub fn into_evidence(self) -> Evidence {
        Evidence { uses: self.uses }
    }
}

/// What a session remembers of how its owner logged in. Never a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    uses: Vec<Use>,
}

impl Evidence {
    /// The uses, oldest first.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// When the newest second factor (or passkey) was checked; a step-up moves it.
    pub fn second_factor_at(&self) -> Option<Timestamp> {
        self.uses.iter().filter(|used| used.kind != Kind::Password).map(|used| used.at).max()
    }

    /// When the person really authenticated: the newest check (SAML `AuthnInstant`).
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        self.uses.iter().map(|used| used.at).max()
    }

    /// The authenticator that was checked last.
    pub fn newest_authenticator(&self) -> Option<Id<Authenticator>> {
        self.uses.iter().filter(|used| used.authenticator.is_some()).max_by_key(|used| used.at)?.authenticator
    }

    /// Whether two factors of different categories were used, or a passkey that verified its user.
    pub fn is_two_factors(&self) -> bool {
        let known = self.uses.iter().any(|used| used.kind == Kind::Password);
        let had = self.uses.iter().any(|used| used.kind != Kind::Password);
        let passkey = self.uses.iter().any(|used| used.kind == Kind::Webauthn && used.user_verified);
        (known && had) || passkey
    }

    /// Adds a factor checked in a step-up; an older use of the same kind makes way.
    pub fn renew(&mut self, used: Use) {
        self.uses.retain(|old| old.kind != used.kind);
        self.uses.push(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128) -> Id<Person> {
        Id::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn used(kind: Kind, at: i64, user_verified: bool) -> Use {
        let at = crate::base::clock::from_millis(at * 1000);
        Use { kind, user_verified, carries: Level::Substantial, ..Use::of_password(at) }
    }

    #[test]
    fn two_factors_need_one_person_and_freshness() {
        let known = Verified::<Knowledge>::mint(person(1), used(Kind::Password, 0, false));
        let mine = Verified::<Possession>::mint(person(1), used(Kind::Totp, 60, false));
        let theirs = Verified::<Possession>::mint(person(2), used(Kind::Totp, 60, false));
        let late = Verified::<Possession>::mint(person(1), used(Kind::Totp, 10_000, false));
        assert!(TwoFactors::combine(&known, &mine, 900).is_ok());
        assert_eq!(TwoFactors::combine(&known, &theirs, 900).unwrap_err(), NotTwoFactors::DifferentPeople);
        assert_eq!(TwoFactors::combine(&known, &late, 900).unwrap_err(), NotTwoFactors::Stale);
    }

    #[test]
    fn a_passkey_alone_counts_only_when_it_verified_its_user() {
        let verified = Verified::<Possession>::mint(person(1), used(Kind::Webauthn, 0, true));
        let touched = Verified::<Possession>::mint(person(1), used(Kind::Webauthn, 0, false));
        let code = Verified::<Possession>::mint(person(1), used(Kind::Totp, 0, true));
        assert!(TwoFactors::passkey(&verified).unwrap().into_evidence().is_two_factors());
        assert!(TwoFactors::passkey(&touched).is_err());
        assert!(TwoFactors::passkey(&code).is_err());
    }

    #[test]
    fn stored_evidence_of_one_factor_is_not_of_two() {
        for uses in [vec![], vec![used(Kind::Password, 0, false)], vec![used(Kind::Totp, 0, false)], vec![used(Kind::Webauthn, 0, false)]] {
            assert!(!Evidence { uses }.is_two_factors());
        }
    }
}
