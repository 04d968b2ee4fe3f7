//! The two proofs every genuine element gives: who issued it, and libxmlsec1's word on its signature.
//! Keys come from the identity provider's metadata only. Next: `assertion`, `envelope`.

use roxmltree::Node;

use super::report::Checks;
use super::{Bench, Verdict};
use crate::signed;
use crate::xml::{self, SAML};

/// The issuer is the identity provider, its format absent or `entity`.
pub fn issuer(checks: &mut Checks, id: &'static str, element: Node<'_, '_>, bench: &Bench<'_>) -> String {
    let node = xml::child(element, SAML, "Issuer");
    let found = node.map(xml::text).unwrap_or_default();
    let format = node.map(|node| xml::attribute(node, "Format")).unwrap_or_default();
    let format_fits = format.is_empty() || format == "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
    let shown = if format_fits { found.clone() } else { format!("{found} ({format})") };
    let fits = format_fits && found == bench.idp.entity_id;
    checks.row(id, "SAML Profiles 4.1.4.2").holds(fits, &bench.idp.entity_id, shown);
    found
}

/// Three rows on the one signature of `element`: place, algorithms, and libxmlsec1's word.
pub fn signature(
    checks: &mut Checks,
    text: &str,
    element: Node<'_, '_>,
    bench: &Bench<'_>,
    verdict: &mut Verdict,
) -> Option<signed::Signed> {
    let direct = format!("{}/ds:Signature", element.tag_name().name());
    let algorithms = match signed::place(element) {
        Ok(algorithms) => {
            checks.row("signature-place", "SAML Core 5.4").holds(true, &direct, &direct);
            algorithms
        }
        Err(error) => {
            checks.row("signature-place", "SAML Core 5.4").holds(false, &direct, error.to_string());
            checks.row("signature-algorithms", "OIO-ALG-01").skipped();
            checks.row("signature", "XML Signature 3.2").skipped();
            return None;
        }
    };
    let (demanded, named) = (signed::Algorithms::demanded().to_string(), algorithms.to_string());
    let acceptable = algorithms.acceptable();
    checks.row("signature-algorithms", "OIO-ALG-01").holds(acceptable, demanded, named);
    verdict.algorithms = Some(algorithms);
    if !acceptable {
        checks.row("signature", "XML Signature 3.2").skipped();
        return None;
    }
    let signed = signed::verify(text, &bench.idp.certificates);
    let known: Vec<String> = bench.idp.certificates.iter().map(|der| signed::fingerprint(der)).collect();
    let found = signed.as_ref().map(|signed| signed.certificate.clone()).unwrap_or_default();
    checks.row("signature", "XML Signature 3.2").holds(signed.is_some(), known.join(" "), found);
    signed
}
