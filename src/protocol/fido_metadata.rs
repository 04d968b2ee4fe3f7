//! FIDO metadata: the signed list of authenticator models (FIDO Metadata Service 3.0), imported as a file. Verified to a root
//! the operator names, then read; models that were compromised or revoked are left out. Nothing is fetched.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openssl::{
    hash::MessageDigest,
    sign::Verifier,
    stack::Stack,
    x509::{
        X509, X509StoreContext,
        store::{X509Store, X509StoreBuilder},
        verify::X509VerifyParam,
    },
};
use serde::Deserialize;
use uuid::Uuid;

use crate::protocol::attestation::Model;

/// Whose certificate signs the list (FIDO Metadata Service 3.0, section 3.2).
pub const SIGNER: &str = "mds.fidoalliance.org";

/// Why a list is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not a signed list at all.
    #[error("it is no FIDO metadata (a signed JSON text of three parts)")]
    Malformed,
    /// The root certificate cannot be read.
    #[error("the root certificate cannot be read")]
    Root,
    /// Signed by somebody else, or with another algorithm.
    #[error("it is not signed by {SIGNER} under the root certificate")]
    Signature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5c: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    next_update: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    aaguid: Option<Uuid>,
    metadata_statement: Option<Statement>,
    #[serde(default)]
    status_reports: Vec<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    description: String,
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Report {
    status: String,
}

/// What a verified list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The day (`2026-12-01`) by which a newer list is out.
    pub next_update: String,
    /// The models that may be trusted.
    pub models: Vec<Model>,
    /// The models that were compromised or revoked.
    pub fallen: BTreeSet<Uuid>,
}

/// Statuses after which nothing a model attests can be believed.
const FALLEN: [&str; 5] =
    ["USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE", "REVOKED"];

/// Verifies a list to the root certificate (PEM) and reads it.
pub fn read(list: &[u8], root: &[u8]) -> Result<Metadata, MetadataError> {
    let text = std::str::from_utf8(list).map_err(|_| MetadataError::Malformed)?.trim();
    let (signed, signature) = text.rsplit_once('.').ok_or(MetadataError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(MetadataError::Malformed)?;
    let header: Header = part(header)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| MetadataError::Malformed)?;
    let store = trust(root).ok_or(MetadataError::Root)?;
    if header.alg != "RS256" || !is_signed(&header, signed, &signature, &store).unwrap_or(false) {
        return Err(MetadataError::Signature);
    }
    let payload: Payload = part(payload)?;
    let fallen = payload.entries.iter().filter(|entry| has_fallen(entry)).filter_map(|entry| entry.aaguid).collect();
    Ok(Metadata { next_update: payload.next_update, models: payload.entries.into_iter().filter_map(model).collect(), fallen })
}

fn part<T: for<'t> Deserialize<'t>>(text: &str) -> Result<T, MetadataError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| MetadataError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| MetadataError::Malformed)
}

/// Trusts the root for servers of that one name.
fn trust(root: &[u8]) -> Option<X509Store> {
    let mut store = X509StoreBuilder::new().ok()?;
    store.add_cert(X509::from_pem(root).ok()?).ok()?;
    let mut named = X509VerifyParam::new().ok()?;
    named.set_host(SIGNER).ok()?;
    store.set_param(&named).ok()?;
    Some(store.build())
}

fn is_signed(header: &Header, signed: &str, signature: &[u8], store: &X509Store) -> Option<bool> {
    let read = |text: &String| X509::from_der(&STANDARD.decode(text).ok()?).ok();
    let (leaf, further) = header.x5c.split_first()?;
    let leaf = read(leaf)?;
    let mut chain = Stack::new().ok()?;
    for certificate in further {
        chain.push(read(certificate)?).ok()?;
    }
    let trusted = X509StoreContext::new().ok()?.init(store, &leaf, &chain, |context| context.verify_cert()).ok()?;
    let key = leaf.public_key().ok()?;
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).ok()?;
    Some(trusted && verifier.verify_oneshot(signature, signed.as_bytes()).ok()?)
}

fn has_fallen(entry: &Entry) -> bool {
    entry.status_reports.iter().any(|report| FALLEN.contains(&report.status.as_str()))
}

/// An entry as a model, if it is one of FIDO2 that still stands and has certificates.
fn model(entry: Entry) -> Option<Model> {
    if has_fallen(&entry) {
        return None;
    }
    let statement = entry.metadata_statement?;
    let spaced = |text: &String| text.split_ascii_whitespace().collect::<String>();
    let roots: Vec<Vec<u8>> =
        statement.attestation_root_certificates.iter().filter_map(|text| STANDARD.decode(spaced(text)).ok()).collect();
    (!roots.is_empty()).then_some(Model { aaguid: entry.aaguid?, description: statement.description, roots })
}

#[cfg(test)]
mod tests {
    use openssl::{
        asn1::Asn1Time,
        pkey::{PKey, Private},
        rsa::Rsa,
        sign::Signer,
        x509::{
            X509NameBuilder,
            extension::{BasicConstraints, SubjectAlternativeName},
        },
    };
    use serde_json::{Value, json};

    use super::*;

    struct Authority {
        key: PKey<Private>,
        root: X509,
    }

    fn certificate(name: &str, key: &PKey<Private>, by: Option<&Authority>) -> X509 {
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", name).unwrap();
        let subject = subject.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(by.map_or(&subject, |by| by.root.subject_name())).unwrap();
        builder.set_pubkey(key).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
        if by.is_some() {
            let named = SubjectAlternativeName::new().dns(name).build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(named).unwrap();
        } else {
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        }
        builder.sign(by.map_or(key, |by| &by.key), MessageDigest::sha256()).unwrap();
        builder.build()
    }

    fn key() -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
    }

    fn authority() -> Authority {
        let key = key();
        Authority { root: certificate("Root", &key, None), key }
    }

    /// A list signed by a server of that name.
    fn list(authority: &Authority, server: &str, alg: &str, payload: &Value) -> String {
        let key = key();
        let leaf = STANDARD.encode(certificate(server, &key, Some(authority)).to_der().unwrap());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({ "alg": alg, "x5c": [leaf] })), part(payload));
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn entry(number: u8, status: &str) -> Value {
        let statement = json!({ "description": format!("Key {number}"), "attestationRootCertificates": ["AQ\n ID"] });
        json!({ "aaguid": Uuid::from_bytes([number; 16]), "metadataStatement": statement, "statusReports": [{ "status": status }] })
    }

    #[test]
    fn models_that_still_stand_are_read() {
        let authority = authority();
        let mut entries =
            vec![entry(1, "FIDO_CERTIFIED_L1"), entry(2, "NOT_FIDO_CERTIFIED"), json!({ "aaid": "4e4e#4005", "statusReports": [] })];
        entries.extend(FALLEN.iter().map(|status| entry(3, status)));
        let payload = json!({ "no": 1, "nextUpdate": "2026-12-01", "legalHeader": "", "entries": entries });
        let read = read(list(&authority, SIGNER, "RS256", &payload).as_bytes(), &authority.root.to_pem().unwrap()).unwrap();
        assert_eq!(read.next_update, "2026-12-01");
        let roots = vec![STANDARD.decode("AQID").unwrap()];
        let model =
            |number: u8| Model { aaguid: Uuid::from_bytes([number; 16]), description: format!("Key {number}"), roots: roots.clone() };
        assert_eq!(read.models, [model(1), model(2)]);
        assert_eq!(read.fallen, BTreeSet::from([Uuid::from_bytes([3; 16])]));
    }

    #[test]
    fn a_list_by_anybody_else_is_refused() {
        let (ours, theirs) = (authority(), authority());
        let root = ours.root.to_pem().unwrap();
        let payload = json!({ "nextUpdate": "2026-12-01", "entries": [entry(1, "REVOKED")] });
        let good = list(&ours, SIGNER, "RS256", &payload);
        assert!(read(good.as_bytes(), &root).is_ok());
        let (head, signature) = good.rsplit_once('.').unwrap();
        let changed = {
            let (header, _) = head.split_once('.').unwrap();
            let payload = json!({ "nextUpdate": "2026-12-01", "entries": [entry(1, "FIDO_CERTIFIED")] });
            format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(payload.to_string()))
        };
        for (text, root, error) in [
            (list(&theirs, SIGNER, "RS256", &payload), &root, MetadataError::Signature),
            (list(&ours, "www.example.test", "RS256", &payload), &root, MetadataError::Signature),
            (list(&ours, SIGNER, "none", &payload), &root, MetadataError::Signature),
            (changed, &root, MetadataError::Signature),
            (format!("{head}."), &root, MetadataError::Signature),
            (head.to_owned(), &root, MetadataError::Malformed),
            (String::new(), &root, MetadataError::Malformed),
            (good.clone(), &b"no certificate".to_vec(), MetadataError::Root),
        ] {
            assert_eq!(read(text.as_bytes(), root).unwrap_err(), error, "{:.60}", text);
        }
    }
}
