//! The end-to-end suite: one test binary, one file per subject.
//!
//! Everything here goes through HTTP as a person or a service would. Nothing here reaches outside loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_arguments,
    clippy::too_many_lines,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test says what went wrong by failing; its figures and answers are small"
)]

/// Every route for every role.
mod access;
/// Those who use Portvagt.
mod actors;
/// A bad moment: at once, again, or half-way.
mod bad_moments;
/// What pages show beside their purpose, and what is open to all.
mod open_pages;
/// Headers and cookies (B19).
mod browser_headers;
/// The real application with a still clock and a database of its own.
mod house;
/// A PostgreSQL server for the tests.
mod postgres;
/// The storage floor on both engines.
mod storage;
/// Debian's service providers before the real application.
mod real_services;
/// Debian's service providers as judges.
mod real_sp;
/// SimpleSAMLphp as the identity provider we ask.
mod real_idp;
/// The command line as operators use it.
mod cli;
/// The laws of the house that the compiler does not know.
mod tidy;
/// Hand-made SAML messages, true and false.
mod forge;
/// Judges of other blood, and our messages before them.
mod referee;
/// NemLog-in's answers: the scene, and one answer.
mod mitid_case;
/// Falsified answers of NemLog-in.
mod mitid_answers;
/// Answers of MitID by the hundred.
mod mitid_flood;
/// In whose browser an answer of NemLog-in counts.
mod mitid_browsers;
/// From whom, to whom, and where the answer goes.
mod saml_addressing;
/// Those who take their time.
mod slow_clients;
/// Revoked while the answer was on its way.
mod saml_revoked;
/// One SAML attack case and how it is held.
mod saml_case;
/// Many at once.
mod saml_crowd;
/// Too much.
mod saml_flood;
/// Markup that readers disagree about.
mod saml_markup;
/// Mutants of sound messages before two judges.
mod saml_mutants;
/// Noise on every route.
mod saml_noise;
/// What we say.
mod saml_output;
/// The redirect binding.
mod saml_redirect;
/// References, transforms and keys.
mod saml_reference;
/// The STS and what surrounds it, as the demonstration plays them.
#[path = "demo-federation/src/health/mod.rs"]
#[allow(dead_code, reason = "the demonstration uses more of it")]
mod health;
/// Bootstrap tokens for the STS of the health sector.
mod bootstrap;
/// The relay state.
mod saml_relay_state;
/// What is no request.
mod saml_schema;
/// Who signed, and how.
mod saml_signature;
/// What a service asks for and is told.
mod saml_status;
/// Time and repetition.
mod saml_time;
/// Signature wrapping.
mod saml_wrapping;
/// Single logout (A23).
mod slo;
/// Notices by mail (B14, B22, R20).
mod mail;
/// A person on the road to MitID by a broker.
mod broker_case;
/// Answers of a broker that nobody asked for.
mod broker_answers;
/// A certified provider as the broker.
mod broker_certified;
/// A broker that is out of order.
mod broker_outage;
/// MitID by a broker, as it should go.
mod broker_road;
/// ID tokens and claims that are not true.
mod broker_tokens;
/// The browser-less visitor.
mod visitor;
/// The life of an identity at the command line, and canary numbers (C09).
mod cli_life;
/// 10,000 random lives beside a model.
mod life_model;
/// Names, user names and addresses that change.
mod life_details;
/// Who proves whom.
mod life_registrants;
/// Locked out for whatever cause, by every route (B04).
mod life_locks;
/// Taken back on one node, gone on the other (B18).
mod life_revoked;
/// The table for the auditor names what is there.
mod nsis_table;
/// Forged log lines (B21).
mod log_lines;
/// Taking an identity into use (B13).
mod activation;
/// The console (C01-C08).
mod console;
/// The registrant's desk (C04).
mod desk;
/// What an operator alone can make of somebody.
mod attached;
/// Becoming a colleague by way of the desk.
mod desk_takeover;
/// Getting an identity back (B15).
mod recovery;
/// Logging in, as it should go.
mod login;
/// One-time codes, used twice or guessed (B07, B08).
mod login_codes;
/// Who exists is not told (B05).
mod login_enumeration;
/// Which passwords are taken (B06).
mod login_passwords;
/// Every address at every stage (B09).
mod login_stages;
/// Suspended by every path (B04).
mod login_standing;
/// Guessing passwords (B01-B03).
mod login_throttle;
/// Logins that only their browser knows of.
mod login_unsaved;
/// Colleagues at one computer, and a lock that bars guessing.
mod login_shared_browser;
/// What new keys must prove of themselves (B12).
mod enrol_attestation;
/// Passkeys that state something false (B10-B12).
mod login_webauthn;
/// Somebody else may be using an identity: who is told, and what ends with the lock (NSIS 3.2.3).
mod misuse;
/// Min identitet.
mod own_pages;
/// Sessions an attacker prepared (B16).
mod session_fixation;
/// Forms from elsewhere (B17).
mod session_forms;
