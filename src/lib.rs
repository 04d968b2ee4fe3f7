//! The plan of the house: Portvagt, a NSIS-compliant identity provider, floor by floor from the ground.
//!
//! A file imports only from what stands above it in these `mod` lists; `e2e/tidy.rs` reads them as the law.
//!
//! Glossary. *Relying party*: a service that trusts us (SAML: service provider). *Authenticator*: what a person
//! proves possession or knowledge with. *IAL/AAL/LoA*: identity, authenticator and resulting assurance level of
//! NSIS. *Flow*: a login under way. *Session*: a login that is done. *Statement*: what we say of a person to one
//! relying party. *Incident*: the short code a visitor reads out and the log holds.

/// Floor 0: clock, random, secret, id; knows nothing of identity.
pub mod base;
/// Floor 1: the words of NSIS and of the organisation; pure, no I/O.
pub mod domain;
/// Floor 2: compares, hashes, signs, encrypts.
pub mod crypto;
/// Floor 3: SQL and nothing else.
pub mod storage;
/// Floor 4: grammars, bytes to types and back.
pub mod protocol;
/// Floor 5: the acts; one transaction, one purpose.
pub mod service;
/// Floor 6: the rooms people enter.
pub mod web;
/// Floor 7: what happens by itself.
pub mod jobs;
/// Settings: one list from which file, environment, checks and documentation come.
pub mod config;
/// The command line.
pub mod cli;
