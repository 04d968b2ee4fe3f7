//! The person's own pages, "Min identitet": one struct a page, one file a subject. All stand in the same frame with the same
//! menu (`templates/account/menu.html`).
//!
//! What never happens here: working out a level or deciding what may be changed; the services do.

/// Who one is here, and what there is to see.
pub mod overview;
/// Why one logs in at this level.
pub mod level;
/// What one logs in with.
pub mod authenticators;
/// The password.
pub mod password;
/// Where one is logged in.
pub mod sessions;
/// What happened.
pub mod activity;
/// Details, language, terms and everything that is kept.
pub mod details;
/// Locking one's own identity.
pub mod lock;

/// What has just been done, told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// An authenticator was added.
    Added,
    /// MitID proved who one is.
    Proved,
    /// An authenticator was removed.
    Removed,
    /// An authenticator got another name.
    Renamed,
    /// All other logins were ended.
    EndedElsewhere,
    /// One other login was ended.
    Ended,
    /// The password was changed.
    PasswordChanged,
    /// The language was chosen.
    Language,
}

impl Notice {
    /// Reads `?done=`.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "added" => Self::Added,
            "proved" => Self::Proved,
            "removed" => Self::Removed,
            "renamed" => Self::Renamed,
            "ended" => Self::Ended,
            "ended-elsewhere" => Self::EndedElsewhere,
            "password" => Self::PasswordChanged,
            "language" => Self::Language,
            _ => return None,
        })
    }

    fn key(self) -> &'static str {
        match self {
            Self::Added => "notice-added",
            Self::Proved => "notice-proved",
            Self::Removed => "notice-removed",
            Self::Renamed => "notice-renamed",
            Self::EndedElsewhere => "notice-ended-elsewhere",
            Self::Ended => "notice-ended",
            Self::PasswordChanged => "notice-password",
            Self::Language => "notice-language",
        }
    }
}
