//! What we say of a person to one relying party. There is no statement without the required level, and nothing but a
//! statement is ever signed.

use jiff::Timestamp;

use crate::domain::{
    assurance::{self, Level},
    attribute::{self, Attribute},
    authenticator::{self, AuthenticatorPolicy},
    client::Client,
    factor::Evidence,
    organisation::Organisation,
    person::{Access, Cpr, Person},
};

/// Everything known of the person that may enter a statement.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Who.
    pub person: &'a Person,
    /// Whether they may log in now.
    pub access: Access,
    /// Where employed.
    pub organisation: &'a Organisation,
    /// The identity assurance level of valid proofings.
    pub identity: Option<Level>,
    /// How they logged in.
    pub evidence: &'a Evidence,
    /// What authenticators carry now.
    pub authenticators: &'a AuthenticatorPolicy,
    /// The CPR number, unsealed only when the relying party is entitled to it.
    pub cpr: Option<Cpr>,
}

/// A statement about a person, fit for one relying party.
#[derive(Debug)]
pub struct Statement {
    level: Level,
    authenticated_at: Timestamp,
    attributes: Vec<(Attribute, Vec<String>)>,
}

/// Why nothing may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsayable {
    /// The person may not log in.
    #[error("the person is locked out")]
    NotActive,
    /// No proofing, or the level is too low.
    #[error("the required level is not reached")]
    LevelTooLow {
        /// What is reached, if anything.
        reached: Option<Level>,
    },
}

impl Statement {
    /// States of `subject` what `client` asked for (`requested`, full names) and may have, if `least` is reached.
    pub fn about(subject: &Subject<'_>, client: &Client, requested: &[String], least: Level) -> Result<Self, Unsayable> {
        if subject.access != Access::Open {
            return Err(Unsayable::NotActive);
        }
        let strength = authenticator::strength(subject.authenticators, subject.evidence);
        let reached = assurance::level(subject.identity, strength, subject.organisation.notified);
        let needed = least.max(client.terms.least_level);
        let (Some(level), Some(identity), Some(authenticated_at)) = (reached, subject.identity, subject.evidence.authenticated_at()) else {
            return Err(Unsayable::LevelTooLow { reached });
        };
        if level < needed {
            return Err(Unsayable::LevelTooLow { reached });
        }
        let attributes = attribute::ALL
            .into_iter()
            .filter(|attribute| attribute.is_mandatory() || Self::is_granted(*attribute, client, requested))
            .filter_map(|attribute| Some((attribute, Self::values(attribute, subject, (level, identity, strength.level()))?)))
            .collect();
        Ok(Self { level, authenticated_at, attributes })
    }

    /// Whether `client` may have the attribute and asked for it. An administrator's list is exhaustive where there is one;
    /// without it everything but the CPR number may be asked for. A client whose metadata asks for nothing at all gets
    /// what the list names: not every metadata file says what its service needs.
    pub fn is_granted(attribute: Attribute, client: &Client, requested: &[String]) -> bool {
        let name = attribute.name();
        let named = client.terms.attributes.iter().any(|allowed| allowed == name);
        let allowed = named || (client.terms.attributes.is_empty() && attribute.is_released_on_request());
        let asked = requested.iter().any(|asked| asked == name);
        allowed && (asked || (named && requested.is_empty()))
    }

    fn values(attribute: Attribute, subject: &Subject<'_>, levels: (Level, Level, Level)) -> Option<Vec<String>> {
        let (level, identity, authenticators) = levels;
        let (person, organisation) = (subject.person, subject.organisation);
        let value = match attribute {
            Attribute::SpecVersion => "OIO-SAML-3.0".to_owned(),
            Attribute::Loa => level.word().to_owned(),
            Attribute::Ial => identity.word().to_owned(),
            Attribute::Aal => authenticators.word().to_owned(),
            Attribute::Cvr => organisation.cvr.as_str().to_owned(),
            Attribute::OrgName => organisation.name.clone(),
            Attribute::FullName => person.full_name(),
            Attribute::FirstName => person.given_name.clone(),
            Attribute::LastName => person.family_name.clone(),
            Attribute::Email => person.email.clone()?,
            Attribute::CprNumber => subject.cpr.as_ref()?.expose().to_owned(),
            Attribute::PersistentUuid => person.persistent_uuid.to_string(),
        };
        Some(vec![value])
    }

    /// The level stated.
    pub fn level(&self) -> Level {
        self.level
    }

    /// When the person really authenticated.
    pub fn authenticated_at(&self) -> Timestamp {
        self.authenticated_at
    }

    /// The attributes with their values, in catalogue order.
    pub fn attributes(&self) -> &[(Attribute, Vec<String>)] {
        &self.attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::id::Id, domain::client::Terms};

    fn client(attributes: &[Attribute]) -> Client {
        let attributes = attributes.iter().map(|attribute| attribute.name().to_owned()).collect();
        Client {
            id: Id::from_uuid(uuid::Uuid::nil()),
            entity_id: "https://saml.sp.example".into(),
            name: "SP".into(),
            metadata: String::new(),
            terms: Terms { attributes, ..Terms::default() },
            enabled: true,
            revision: 1,
            registered_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_relying_party_gets_what_it_asks_for_and_may_have() {
        let asks = |attributes: &[Attribute]| attributes.iter().map(|attribute| attribute.name().to_owned()).collect::<Vec<_>>();
        use Attribute::{CprNumber, Email, FullName};
        for (allowed, asked, attribute, granted) in [
            (&[][..], &[FullName][..], FullName, true),
            (&[], &[], FullName, false),
            (&[], &[CprNumber], CprNumber, false),
            (&[CprNumber], &[CprNumber], CprNumber, true),
            (&[CprNumber], &[], CprNumber, true),
            (&[CprNumber], &[FullName], CprNumber, false),
            (&[Email], &[FullName], FullName, false),
            (&[Email], &[FullName, Email], Email, true),
        ] {
            assert_eq!(Statement::is_granted(attribute, &client(allowed), &asks(asked)), granted, "{allowed:?} {asked:?} {attribute:?}");
        }
    }
}
