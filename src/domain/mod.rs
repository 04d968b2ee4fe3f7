//! The words of NSIS and of the organisation. Pure: no database, no HTTP, no clock but given.
//! What stands here could be read aloud to an auditor without naming a technology.

/// Danish and English: every text that people read.
pub mod language;
/// NSIS levels and the one function that yields a level.
pub mod assurance;
/// The organisation (CVR) employees belong to, and its units.
pub mod organisation;
/// Employees' identities and whether they may log in.
pub mod person;
/// From when to when somebody works where.
pub mod employment;
/// How an identity was proved, and the level that follows.
pub mod proofing;
/// Roles in Portvagt itself.
pub mod role;
/// What each role may do in the console.
pub mod right;
/// The terms employees accept.
pub mod terms;
/// Authenticators, and the proof that they were used.
pub mod factor;
/// What an authenticator may carry.
pub mod authenticator;
/// Why somebody is locked out, and the way out.
pub mod lock;
/// Acts that need two people.
pub mod request;
/// What is demanded of passwords, sessions and throttling.
pub mod policy;
/// Relying parties and what may be told them.
pub mod client;
/// The OIOSAML 3 attribute catalogue.
pub mod attribute;
/// Logins that are done.
pub mod session;
/// Telling relying parties that a session is over.
pub mod logout;
/// Invitations to take an identity into use.
pub mod invitation;
/// MitID: why it is asked for, and what it proved.
pub mod mitid;
/// Logins under way, one type a stage.
pub mod flow;
/// What we say of a person to one relying party.
pub mod statement;
/// Bootstrap tokens for the security token service of the health sector.
pub mod bootstrap;
/// What people are told by mail of their own identity.
pub mod notice;
/// Why somebody has the level they have, and what would raise it.
pub mod explanation;
/// What is written down for the auditor.
pub mod audit;
