//! xmllint: is a message valid by the schemas of OASIS and W3C?

use std::process::Command;

use super::beside;

/// What xmllint says against the document; empty when it is valid.
pub fn faults(xml: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message.xml");
    std::fs::write(&file, xml).expect("the file is written");
    let answer = Command::new("xmllint")
        .env("XML_CATALOG_FILES", beside("catalog.xml"))
        .args(["--nonet", "--noout", "--schema"])
        .arg(beside("messages.xsd"))
        .arg(&file)
        .output()
        .expect("xmllint runs: it is in Debian's libxml2-utils");
    if answer.status.success() { String::new() } else { String::from_utf8_lossy(&answer.stderr).into_owned() }
}

/// Fails the test when the document is not valid.
#[track_caller]
pub fn expect_valid(name: &str, xml: &str) {
    let faults = faults(xml);
    assert!(faults.is_empty(), "{name}: {faults}\n{xml}");
}
