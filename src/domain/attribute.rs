//! The OIOSAML 3 attribute catalogue (professional profile): the names we can send and what they mean.

/// An attribute of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// `OIO-SAML-3.0`; mandatory.
    SpecVersion,
    /// The level of assurance; mandatory.
    Loa,
    /// The identity assurance level.
    Ial,
    /// The authenticator assurance level.
    Aal,
    /// The organisation's CVR; mandatory.
    Cvr,
    /// The organisation's name; mandatory.
    OrgName,
    /// Full name.
    FullName,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Work e-mail.
    Email,
    /// CPR number; only where the law allows and the entry says so.
    CprNumber,
    /// The persistent person-in-organisation UUID.
    PersistentUuid,
}

/// All of the catalogue, in the order they are written.
pub const ALL: [Attribute; 12] = [
    Attribute::SpecVersion,
    Attribute::Loa,
    Attribute::Ial,
    Attribute::Aal,
    Attribute::Cvr,
    Attribute::OrgName,
    Attribute::FullName,
    Attribute::FirstName,
    Attribute::LastName,
    Attribute::Email,
    Attribute::CprNumber,
    Attribute::PersistentUuid,
];

impl Attribute {
    /// The full name (NameFormat `uri`).
    pub fn name(self) -> &'static str {
        match self {
            Self::SpecVersion => "https://data.gov.dk/model/core/specVersion",
            Self::Loa => "https://data.gov.dk/concept/core/nsis/loa",
            Self::Ial => "https://data.gov.dk/concept/core/nsis/ial",
            Self::Aal => "https://data.gov.dk/concept/core/nsis/aal",
            Self::Cvr => "https://data.gov.dk/model/core/eid/professional/cvr",
            Self::OrgName => "https://data.gov.dk/model/core/eid/professional/orgName",
            Self::FullName => "https://data.gov.dk/model/core/eid/fullName",
            Self::FirstName => "https://data.gov.dk/model/core/eid/firstName",
            Self::LastName => "https://data.gov.dk/model/core/eid/lastName",
            Self::Email => "https://data.gov.dk/model/core/eid/email",
            Self::CprNumber => "https://data.gov.dk/model/core/eid/cprNumber",
            Self::PersistentUuid => "https://data.gov.dk/model/core/eid/professional/uuid/persistent",
        }
    }

    /// Whether every assertion carries it.
    pub fn is_mandatory(self) -> bool {
        matches!(self, Self::SpecVersion | Self::Loa | Self::Cvr | Self::OrgName)
    }

    /// Whether it is released when asked for without an administrator naming it: all but the CPR number.
    pub fn is_released_on_request(self) -> bool {
        self != Self::CprNumber
    }
}
