//! The console: one file a subject. Each handler takes its right as a parameter (`Admin<A>`); no handler asks for a right by a
//! call that could be forgotten. No CPR number and no name stands in an address.

/// Its front page, the table of rights, and renewing one's login.
pub mod front;
/// Acts on a person.
pub mod acts;
/// Finding and creating people.
pub mod people;
/// A person.
pub mod person;
/// What waits for a second person.
pub mod requests;
/// The audit trail.
pub mod trail;
/// Relying parties.
pub mod services;
