//! xmlsec1: is the signature in a message right, by a given certificate?

use std::process::Command;

/// Whether the first signature of the document verifies with `certificate` (DER in base64) alone. Elements of the names in
/// `signed` are found by their `ID`.
pub fn verifies(xml: &str, signed: &[&str], certificate: &str) -> bool {
    let namespace = |name: &str| match name {
        "Assertion" => "urn:oasis:names:tc:SAML:2.0:assertion",
        "EntityDescriptor" => "urn:oasis:names:tc:SAML:2.0:metadata",
        _ => "urn:oasis:names:tc:SAML:2.0:protocol",
    };
    let ids: Vec<String> = signed.iter().flat_map(|name| ["--id-attr:ID".to_owned(), format!("{}:{name}", namespace(name))]).collect();
    run(xml, &ids, certificate)
}

/// Whether the signature of a SOAP message (WS-Security, references by `wsu:Id`) verifies with `certificate`.
pub fn verifies_envelope(xml: &str, certificate: &str) -> bool {
    let wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    let names = [("http://www.w3.org/2005/08/addressing", "MessageID"), ("http://www.w3.org/2005/08/addressing", "Action")];
    let names = names.into_iter().chain([(wsu, "Timestamp"), ("http://schemas.xmlsoap.org/soap/envelope/", "Body")]);
    let ids: Vec<String> = names.flat_map(|(namespace, name)| ["--id-attr:Id".to_owned(), format!("{namespace}:{name}")]).collect();
    run(xml, &ids, certificate)
}

fn run(xml: &str, ids: &[String], certificate: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, key) = (folder.path().join("message.xml"), folder.path().join("key.pem"));
    let lines: Vec<&str> = certificate.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    std::fs::write(&file, xml).expect("the file is written");
    std::fs::write(&key, format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")))
        .expect("the key is written");
    let mut command = Command::new("xmlsec1");
    command.args(["--verify", "--enabled-key-data", "key-name"]).args(ids).arg("--pubkey-cert-pem").arg(&key).arg(&file);
    command.output().expect("xmlsec1 runs: it is in Debian's xmlsec1").status.success()
}
