//! SQL and nothing else. Each room keeps one kind of row; `db` is the only one that knows there are two engines.
//! No decisions here, no HTTP, no clock but given. The acts are in `service`.

/// What can go wrong with a database.
pub mod fault;
/// What is bound to a statement.
pub mod value;
/// Audit events as rows.
pub mod event;
/// The database: two engines, one SQL text.
pub mod db;
/// Small facts about this deployment.
pub mod deployment;
/// Organisations.
pub mod organisations;
/// Sealed CPR numbers.
pub mod cprs;
/// The words people are found by.
pub mod words;
/// People.
pub mod people;
/// Finding people among very many.
pub mod directory;
/// Locks on people.
pub mod locks;
/// Units and employments.
pub mod employments;
/// Roles of people.
pub mod roles;
/// Requests that wait for a second person.
pub mod requests;
/// Terms and who accepted them.
pub mod terms;
/// Identity proofings.
pub mod proofings;
/// What organisations demand of passwords.
pub mod password_rules;
/// Password hashes.
pub mod credentials;
/// TOTP secrets and WebAuthn credentials.
pub mod authenticators;
/// What stands behind a code that was handed over.
pub mod handed;
/// Apps that somebody else attached, until their owner proves them.
pub mod attached;
/// One-time activation codes.
pub mod activations;
/// Invitations to take an identity into use.
pub mod invitations;
/// Recovery codes from the registrant's desk.
pub mod recoveries;
/// Logins under way.
pub mod flows;
/// Questions put to NemLog-in, and answers that wait.
pub mod mitid;
/// Relying parties.
pub mod clients;
/// Terms of bootstrap tokens, and UUIDs that a national register knows.
pub mod bootstraps;
/// Relying parties that are still to be told that a session is over.
pub mod recalls;
/// Logins that are done, and where they were used.
pub mod sessions;
/// Logouts under way in a browser.
pub mod logouts;
/// Mails that wait to be sent.
pub mod outbox;
/// Failure counters and delays.
pub mod throttle;
/// The audit trail: written in batches, sealed in a chain.
pub mod audit;
/// Searching the trail.
pub mod trail;
/// Whether the trail is what was written.
pub mod verify;
/// Whether the database can be written.
pub mod health;
