//! Fourth floor: grammars, bytes to types and back. No database, no HTTP server, no clock but the one given.

/// What makers say of their keys.
pub mod attestation;
/// The FIDO Alliance's list of models.
pub mod fido_metadata;
/// What browsers say about themselves.
pub mod browser;
/// WebAuthn ceremonies on webauthn-rs.
pub mod webauthn;
/// OpenID Connect towards a MitID broker.
pub mod oidc;
/// SAML 2.0 as OIOSAML 3 narrows it.
pub mod saml;
/// Printed letters, as PDF.
pub mod letter;
/// Mails as bytes.
pub mod mail;
