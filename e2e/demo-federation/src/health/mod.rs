//! The road of the health sector, simulated: a clinical system's messages, the STS that exchanges bootstrap tokens for ID cards
//! (BST2SOSI), and a service that takes ID cards (DGWS). Messages in, messages out; no page and no socket is here, so that
//! the end-to-end tests of the server ask the very same rooms. Names, faults and shapes are those NSP publishes; nothing
//! here knows a real person or authorisation. Next: `clinic`.

/// SOAP messages and the signatures in them.
pub mod soap;
/// What the STS answers when it does not do what it is asked.
pub mod fault;
/// Whom the STS knows.
pub mod register;
/// The messages of a clinical system.
pub mod client;
/// Bootstrap tokens, as the STS reads them.
pub mod token;
/// ID cards.
pub mod card;
/// The STS.
pub mod sts;
/// A service that takes ID cards.
pub mod service;
