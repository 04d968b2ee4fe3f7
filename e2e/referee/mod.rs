//! Judges of other blood, for what we emit and what we let in: xmllint with the schemas Debian packages, xmlsec1, and a
//! Python program with lxml and cryptography that is started once a case.
//!
//! Nothing of ours is asked here, and nothing is fetched: `catalog.xml` leads every schema to a local file. The Debian
//! packages are listed in `packages.txt`. The cases on our own messages stand in `cases.rs`.

mod cases;
pub mod judge;
pub mod schema;
pub mod xmlsec;

use std::path::PathBuf;

/// A file beside this one.
fn beside(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("e2e/referee").join(name)
}
