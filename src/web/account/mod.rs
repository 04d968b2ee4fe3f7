//! "Min identitet", the person's own pages, one file a subject. Each handler takes a live session (`SignedIn`); changes to
//! what one logs in with need a login a few minutes old at most, and an older one is renewed first.

/// What all of them ask before they act.
pub mod door;
/// Logging out.
pub mod logout;
/// Who one is here.
pub mod overview;
/// What one logs in with.
pub mod authenticators;
/// The password.
pub mod password;
/// Where one is logged in.
pub mod sessions;
/// What happened.
pub mod activity;
/// Details, language and terms.
pub mod details;
/// Everything that is kept.
pub mod export;
/// Locking one's own identity.
pub mod lock;
