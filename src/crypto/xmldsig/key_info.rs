//! What a signature says about its key (`ds:KeyInfo`, XML Signature 4.5): names, values and certificates written out in full,
//! each as the schema has it. Nothing here is trusted or fetched: the key is always the registered one and a certificate must
//! be its; whatever else would carry a key or point to one is refused. The path goes on in `xmldsig`.

use crate::crypto::{
    reason::Reason,
    xml::{Node, trimmed},
    xmldsig::{DSIG, base64_text},
};

/// Where elliptic keys are described. Of no other namespace is anything in a signature that it does not cover.
const DSIG11: &str = "http://www.w3.org/2009/xmldsig11#";

/// The certificates it holds, in DER.
pub(super) fn certificates(info: Node<'_>) -> Result<Vec<Vec<u8>>, Reason> {
    let hints: Vec<Node<'_>> = parts(info, &["Id"])?;
    if hints.is_empty() || !hints.iter().all(|hint| is_known(*hint)) {
        return Err(Reason::KeySource);
    }
    let data = hints.iter().filter(|hint| hint.is(DSIG, "X509Data"));
    data.flat_map(|data| data.all(DSIG, "X509Certificate")).map(|node| base64_text(node).map_err(|_| Reason::KeySource)).collect()
}

fn is_known(hint: Node<'_>) -> bool {
    match (hint.namespace(), hint.name()) {
        (DSIG, "KeyName") => is_text(hint),
        (DSIG, "KeyValue") => parts(hint, &[]).is_ok_and(|parts| matches!(parts.as_slice(), [value] if is_value(*value))),
        (DSIG, "X509Data") => parts(hint, &[]).is_ok_and(|parts| !parts.is_empty() && parts.into_iter().all(is_x509)),
        // RetrievalMethod, KeyInfoReference, EncryptedKey and whatever else would fetch or carry a key.
        _ => false,
    }
}

fn is_value(value: Node<'_>) -> bool {
    let attributes: &[&str] = if value.namespace() == DSIG11 { &["Id"] } else { &[] };
    let Ok(parts) = parts(value, attributes) else { return false };
    match (value.namespace(), value.name(), parts.as_slice()) {
        (DSIG, "RSAKeyValue", [modulus, exponent]) => {
            modulus.is(DSIG, "Modulus") && exponent.is(DSIG, "Exponent") && is_base64(*modulus) && is_base64(*exponent)
        }
        (DSIG11, "ECKeyValue", [curve, key]) => {
            let named = curve.is(DSIG11, "NamedCurve") && curve.has_only(&["URI"]) && curve.attribute("URI").is_some();
            named && curve.text() == Ok("") && key.is(DSIG11, "PublicKey") && is_base64(*key)
        }
        _ => false,
    }
}

fn is_x509(part: Node<'_>) -> bool {
    match (part.namespace(), part.name()) {
        (DSIG, "X509Certificate" | "X509SKI" | "X509CRL") => is_base64(part),
        (DSIG, "X509SubjectName") => is_text(part),
        (DSIG, "X509IssuerSerial") => parts(part, &[]).is_ok_and(|parts| match parts.as_slice() {
            [issuer, serial] => {
                let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                issuer.is(DSIG, "X509IssuerName")
                    && is_text(*issuer)
                    && serial.is(DSIG, "X509SerialNumber")
                    && is_text(*serial)
                    && serial.text().is_ok_and(|text| number(trimmed(text)))
            }
            _ => false,
        }),
        _ => false,
    }
}

/// The elements an element consists of, with no other attributes than these.
fn parts<'t>(node: Node<'t>, attributes: &[&str]) -> Result<Vec<Node<'t>>, Reason> {
    let sound = node.has_only(attributes) && node.holds_elements_only();
    sound.then(|| node.children().collect()).ok_or(Reason::KeySource)
}

fn is_text(node: Node<'_>) -> bool {
    node.has_only(&[]) && node.text().is_ok()
}

fn is_base64(node: Node<'_>) -> bool {
    node.has_only(&[]) && base64_text(node).is_ok()
}
