//! The acts: one transaction, one purpose. They answer in meaning, never in HTTP.

/// The journal: what is said to a relying party is written down first.
pub mod trail;
/// What every act stands on.
pub mod ground;
/// Whoever administers.
pub mod operator;
/// Signed metadata, given out again.
mod published;
/// Telling people by mail what happens to their identity.
pub mod notices;
/// CPR numbers: sealed, found, masked, and read with a reason.
pub mod cpr;
/// Locks and employments: who may log in, and the end of everything open when not.
pub mod lifecycle;
/// Logging in, stage by stage.
pub mod login;
/// MitID as the proof of an identity, by two roads.
pub mod mitid;
/// Enrolling and removing authenticators.
pub mod enrolment;
/// Sessions: who is behind a cookie, and ending them.
pub mod sessions;
/// Roles in Portvagt itself.
pub mod roles;
/// How identities are proved, by whom, and who approves.
pub mod proofing;
/// The terms employees accept.
pub mod terms;
/// What happened to oneself.
pub mod activity;
/// Locking one's own identity, and saying that something was not one's own doing.
pub mod self_lock;
/// The language one is spoken to in.
pub mod own_language;
/// Everything that is kept about oneself.
pub mod own_data;
/// The SAML identity provider.
pub mod saml;
/// Setting a password: the one way.
pub mod passwords;
/// Changing one's own password.
pub mod own_password;
/// Organisations.
pub mod organisations;
/// Why somebody has the level they have.
pub mod explanation;
/// What an operator does with people.
pub mod people;
/// Raising an identity's level with MitID.
pub mod raising;
/// Taking an identity into use: invitation, proof, terms, password.
pub mod activation;
/// Getting an identity back.
pub mod recovery;
/// What a registrant does at the desk.
pub mod desk;
/// Relying parties.
pub mod clients;
/// Bootstrap tokens of relying parties.
pub mod bootstrap;
/// Rights as values.
pub mod rights;
/// What is done in the console.
pub mod console;
