//! Those who use Portvagt, each over HTTP only: employees with their second factors, and services.

#![allow(unused_imports, reason = "the way in for cases that need more of an actor")]

mod attestor;
/// A MitID broker, honest or not.
pub mod broker;
mod employee;
mod passkey;
mod saml_service;

pub use attestor::Attestor;
pub use employee::{Employee, Part};
pub use passkey::{Passkey, Twist};
pub use saml_service::{Answer, Assertion, AuthnRequest, KeyPair, LogoutRequest, SamlService, Signing, fields, fresh_id, instant};
