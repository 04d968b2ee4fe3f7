//! Bootstrap tokens: what is said of a person to the security token service (STS) of the health sector, by way of a relying
//! party that exchanges it there. Nothing is granted without a `Statement`, nor to a person the STS could not find.
//! How a grant is written is `protocol::saml::bootstrap`'s.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::domain::{
    assurance::Level,
    organisation::{Cvr, Organisation},
    person::{Cpr, Person},
    statement::Statement,
};

/// The attribute that carries the token to the relying party (OIOSAML 3).
pub const ATTRIBUTE: &str = "https://data.gov.dk/model/core/eid/bootstrapToken";

/// The audience of NSP's BST2SOSI.
pub const STS: &str = "https://sts.sosi.dk/";

/// The shape of a token: what kind of issuer it says we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A local identity provider (`OIO-SAML-H-3.0`): no CPR number in it.
    OioH3,
    /// As NemLog-in writes it (`OIO-SAML-3.0`).
    Oio3,
    /// As SEB writes it (`DK-SAML-2.0`): with the CPR number, and the level by its old number.
    OioH2,
}

/// The word is no profile's.
#[derive(Debug, thiserror::Error)]
#[error("a token is of the profile oioh3, oio3 or oioh2")]
pub struct UnknownProfile;

impl Profile {
    /// The word used on the command line, in rows and in the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OioH3 => "oioh3",
            Self::Oio3 => "oio3",
            Self::OioH2 => "oioh2",
        }
    }

    /// Whether the CPR number is part of it.
    pub fn tells_cpr(self) -> bool {
        self == Self::OioH2
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;
    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        [Self::OioH3, Self::Oio3, Self::OioH2].into_iter().find(|profile| profile.as_str() == text).ok_or(UnknownProfile)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was decided about the tokens of one relying party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Their shape.
    pub profile: Profile,
    /// A name for the STS they are for (`production`, `test1`), as the operator calls it.
    pub environment: String,
    /// That STS's name, compared byte for byte there.
    pub audience: String,
    /// The certificate (DER) of whoever exchanges them: only the holder of its key can.
    pub certificate: Vec<u8>,
    /// How long each can be exchanged, in seconds.
    pub lifetime_seconds: i64,
    /// The least level at which one is given.
    pub least_level: Level,
    /// Whether the login fails without one.
    pub required: bool,
}

/// Why a relying party gets no token this time. The words stand in the trail and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// Its metadata asks for one, but nobody registered its certificate.
    #[error("no STS client certificate is registered for the relying party")]
    NoCertificate,
    /// The certificate is not valid today.
    #[error("the registered STS client certificate is not valid at this time")]
    CertificateDate,
    /// Its assertions are not encrypted.
    #[error("assertions for the relying party are not encrypted")]
    NotEncrypted,
    /// The STS could not find the person.
    #[error("the person has no UUID that a national register knows")]
    NoUuid,
    /// The profile needs a CPR number that is not known.
    #[error("the person has no CPR number")]
    NoCpr,
    /// The level is below what the terms say.
    #[error("the person's level is below the least for a token")]
    Level,
}

impl Withheld {
    /// The word for the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::CertificateDate => "certificate_date",
            Self::NotEncrypted => "not_encrypted",
            Self::NoUuid => "no_uuid",
            Self::NoCpr => "no_cpr",
            Self::Level => "level",
        }
    }
}

/// Of whom a token would speak.
#[derive(Debug)]
pub struct Holder<'a> {
    /// The person.
    pub person: &'a Person,
    /// Where employed.
    pub organisation: &'a Organisation,
    /// Whether the person's UUID is one a national register knows.
    pub uuid_is_registered: bool,
    /// The CPR number, unsealed only for a profile that tells it.
    pub cpr: Option<Cpr>,
}

/// What a token says of a person.
#[derive(Debug)]
pub struct Grant {
    profile: Profile,
    audience: String,
    lifetime_seconds: i64,
    level: Level,
    cvr: Cvr,
    organisation: String,
    uuid: Uuid,
    cpr: Option<Cpr>,
}

impl Grant {
    /// Grants a token beside `statement`, which speaks of the same person, if the STS could use it.
    pub fn about(statement: &Statement, holder: Holder<'_>, terms: &Terms) -> Result<Self, Withheld> {
        if statement.level() < terms.least_level {
            return Err(Withheld::Level);
        }
        if !holder.uuid_is_registered || holder.person.persistent_uuid.is_nil() {
            return Err(Withheld::NoUuid);
        }
        if terms.profile.tells_cpr() && holder.cpr.is_none() {
            return Err(Withheld::NoCpr);
        }
        Ok(Self {
            profile: terms.profile,
            audience: terms.audience.clone(),
            lifetime_seconds: terms.lifetime_seconds,
            level: statement.level(),
            cvr: holder.organisation.cvr.clone(),
            organisation: holder.organisation.name.clone(),
            uuid: holder.person.persistent_uuid,
            cpr: holder.cpr.filter(|_| terms.profile.tells_cpr()),
        })
    }

    /// Its shape.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// For which STS.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// How long it can be exchanged, in seconds.
    pub fn lifetime_seconds(&self) -> i64 {
        self.lifetime_seconds
    }

    /// The level of the login.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The employer's CVR number.
    pub fn cvr(&self) -> &Cvr {
        &self.cvr
    }

    /// The employer's name.
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The person's UUID in the national register.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The CPR number, where the profile tells it.
    pub fn cpr(&self) -> Option<&Cpr> {
        self.cpr.as_ref()
    }
}
