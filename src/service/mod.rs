//! The acts: one transaction, one purpose. They answer in meaning, never in HTTP.

/// The journal: what is said to a relying party is written down first.
pub mod trail;
