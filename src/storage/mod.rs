//! SQL and nothing else. Each room keeps one kind of row; `db` is the only one that knows there are two engines.
//! No decisions here, no HTTP, no clock but given. The acts are in `service`.

/// One-time activation codes.
pub mod activations;
/// The audit trail: written in batches, sealed in a chain.
pub mod audit;
/// TOTP secrets and WebAuthn credentials.
pub mod authenticators;
/// Relying parties.
pub mod clients;
/// Password hashes.
pub mod credentials;
/// The database: two engines, one SQL text.
pub mod db;
/// Small facts about this deployment.
pub mod deployment;
/// Audit events as rows.
pub mod event;
/// What can go wrong with a database.
pub mod fault;
/// Logins under way.
pub mod flows;
/// Whether the database can be written.
pub mod health;
/// Organisations.
pub mod organisations;
/// People and their sealed CPR numbers.
pub mod people;
/// Identity proofings.
pub mod proofings;
/// Logins that are done, and where they were used.
pub mod sessions;
/// Failure counters and delays.
pub mod throttle;
/// What is bound to a statement.
pub mod value;
/// Whether the trail is what was written.
pub mod verify;
