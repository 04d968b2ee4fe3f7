//! The terms employees accept before their identity works (NSIS 3.1.1): versioned for each organisation, in both
//! languages, never changed once published. A new version asks again.

use jiff::Timestamp;

use crate::{base::id::Id, domain::organisation::Organisation};

/// One version of an organisation's terms.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Whose.
    pub organisation: Id<Organisation>,
    /// 1, 2, 3, ...
    pub version: i64,
    /// The text in Danish; paragraphs are parted by an empty line.
    pub danish: String,
    /// The text in English.
    pub english: String,
    /// Who published it, as the trail names actors.
    pub published_by: String,
    /// When.
    pub published_at: Timestamp,
}

/// That somebody accepted a version.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Which.
    pub version: i64,
    /// In which language it was shown: `da` or `en`.
    pub language: String,
    /// When.
    pub accepted_at: Timestamp,
}
