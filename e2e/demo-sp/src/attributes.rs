//! The attribute catalogue of OIOSAML 3 (section 6): full names, the short names people use, and the NSIS levels.
//! Meanings in words are in `texts/`, by short name. Next: `party` asks for some of them, `judge` reads them.

/// One attribute of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Short name, also the key of its meaning in the language files.
    pub short: &'static str,
    /// Full name as it stands in assertions.
    pub name: &'static str,
    /// Mandatory in the professional profile.
    pub required: bool,
}

const fn must(short: &'static str, name: &'static str) -> Known {
    Known { short, name, required: true }
}

const fn may(short: &'static str, name: &'static str) -> Known {
    Known { short, name, required: false }
}

/// NameFormat of every attribute.
pub const NAME_FORMAT_URI: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
/// The one value of specVersion.
pub const SPEC_VERSION: &str = "OIO-SAML-3.0";

/// What our metadata asks for. No CPR number: a demonstration has no lawful use for one.
pub const REQUESTED: &[Known] = &[
    must("specVersion", "https://data.gov.dk/model/core/specVersion"),
    must("loa", "https://data.gov.dk/concept/core/nsis/loa"),
    must("cvr", "https://data.gov.dk/model/core/eid/professional/cvr"),
    must("orgName", "https://data.gov.dk/model/core/eid/professional/orgName"),
    may("ial", "https://data.gov.dk/concept/core/nsis/ial"),
    may("aal", "https://data.gov.dk/concept/core/nsis/aal"),
    may("uuid", "https://data.gov.dk/model/core/eid/professional/uuid/persistent"),
    may("fullName", "https://data.gov.dk/model/core/eid/fullName"),
    may("firstName", "https://data.gov.dk/model/core/eid/firstName"),
    may("lastName", "https://data.gov.dk/model/core/eid/lastName"),
    may("email", "https://data.gov.dk/model/core/eid/email"),
    may("privilegesIntermediate", "https://data.gov.dk/model/core/eid/privilegesIntermediate"),
];

/// What we don't ask for but can name when it comes.
const OTHERS: &[Known] = &[
    may("alias", "https://data.gov.dk/model/core/eid/alias"),
    may("cprNumber", "https://data.gov.dk/model/core/eid/cprNumber"),
    may("cprUuid", "https://data.gov.dk/model/core/eid/cprUuid"),
    may("age", "https://data.gov.dk/model/core/eid/age"),
    may("dateOfBirth", "https://data.gov.dk/model/core/eid/dateOfBirth"),
    may("bootstrapToken", "https://data.gov.dk/model/core/eid/bootstrapToken"),
    may("rid", "https://data.gov.dk/model/core/eid/professional/rid"),
    may("productionUnit", "https://data.gov.dk/model/core/eid/professional/productionUnit"),
    may("seNumber", "https://data.gov.dk/model/core/eid/professional/seNumber"),
    may("authorizedToRepresent", "https://data.gov.dk/model/core/eid/professional/authorizedToRepresent"),
];

/// The catalogue entry with this full name.
pub fn by_name(name: &str) -> Option<&'static Known> {
    REQUESTED.iter().chain(OTHERS).find(|known| known.name == name)
}

/// Every entry, for the test that each has its words.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Known> {
    REQUESTED.iter().chain(OTHERS)
}

/// An NSIS level of assurance; the order is the order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum Level {
    /// Lav.
    Low,
    /// Betydelig.
    Substantial,
    /// Høj.
    High,
}

impl Level {
    /// All, the weakest first.
    pub const ALL: [Level; 3] = [Level::Low, Level::Substantial, Level::High];

    /// The bare word in the loa attribute.
    pub fn word(self) -> &'static str {
        match self {
            Level::Low => "Low",
            Level::Substantial => "Substantial",
            Level::High => "High",
        }
    }

    /// The level of a bare word, letter for letter.
    pub fn from_word(word: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.word() == word)
    }

    /// The class reference that asks for at least this level (OIO-SP-06).
    pub fn class_ref(self) -> String {
        format!("https://data.gov.dk/concept/core/nsis/loa/{}", self.word())
    }
}
