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

/// Those who use Portvagt.
mod actors;
/// The real application with a still clock and a database of its own.
mod house;
/// A PostgreSQL server for the tests.
mod postgres;
/// The storage floor on both engines.
mod storage;
/// Debian's service providers as judges.
mod real_sp;
/// The command line as operators use it.
mod cli;
/// The laws of the house that the compiler does not know.
mod tidy;
/// The browser-less visitor.
mod visitor;
/// Logging in, as it should go.
mod login;
