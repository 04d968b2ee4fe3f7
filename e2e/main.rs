//! The end-to-end suite: one test binary, one file per subject.
//!
//! Everything here goes through HTTP as a person or a service would. Nothing here reaches outside loopback.

mod visitor;
