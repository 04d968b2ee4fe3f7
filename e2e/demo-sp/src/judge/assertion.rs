//! The inside of a response: first the signature by libxmlsec1, then every statement, read from the signed text alone.
//! Where the signature doesn't hold nothing is read at all. Next: `web` opens a session when every check passed.

use roxmltree::Node;
use uuid::Uuid;

use super::report::{self, Checks};
use super::{Attribute, Bench, Facts, SKEW, Verdict, proof};
use crate::attributes::{self, Level};
use crate::messages::NameId;
use crate::xml::{self, SAML};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const NAME_ID_PREFIX: &str = "https://data.gov.dk/model/core/eid/professional/uuid/";

/// Judges the decrypted text of one assertion.
pub fn judge(checks: &mut Checks, text: &str, bench: &Bench<'_>, verdict: &mut Verdict) {
    let document = match xml::parse(text) {
        Ok(document) => document,
        Err(error) => {
            checks.row("assertion", "OIOSAML 3, 3.1.2").holds(false, "Assertion", error.to_string());
            return;
        }
    };
    let root = document.root_element();
    let plain = xml::is(root, SAML, "Assertion") && xml::attribute(root, "Version") == "2.0";
    if !checks.row("assertion", "OIOSAML 3, 3.1.2").holds(
        plain,
        "Assertion 2.0",
        format!("{} {}", root.tag_name().name(), xml::attribute(root, "Version")),
    ) {
        return;
    }
    let Some(signed) = proof::signature(checks, text, root, bench, verdict) else { return };
    verdict.certificate = signed.certificate;
    let Ok(document) = xml::parse(&signed.xml) else { return };
    let assertion = document.root_element();
    let same = xml::is(assertion, SAML, "Assertion") && xml::attribute(assertion, "ID") == xml::attribute(root, "ID");
    if !checks.row("signed-content", "XML Signature 8.1.2").holds(same, xml::attribute(root, "ID"), xml::attribute(assertion, "ID")) {
        return;
    }
    let mut facts = Facts { id: xml::attribute(assertion, "ID").to_owned(), ..Facts::default() };
    origin(checks, assertion, bench, &mut facts);
    subject(checks, assertion, bench, &mut facts);
    conditions(checks, assertion, bench, &mut facts);
    statements(checks, assertion, bench, &mut facts);
    attribute_values(checks, assertion, bench, &mut facts);
    verdict.facts = Some(facts);
}

fn origin(checks: &mut Checks, assertion: Node<'_, '_>, bench: &Bench<'_>, facts: &mut Facts) {
    facts.issuer = proof::issuer(checks, "issuer", assertion, bench);
    facts.issued = xml::attribute(assertion, "IssueInstant").to_owned();
    checks.row("instant", "OIO-GE-01").recent(&facts.issued, bench.now);
    let hidden = xml::count(assertion, SAML, "EncryptedID") + xml::count(assertion, SAML, "EncryptedAttribute");
    checks.row("nothing-hidden", "OIOSAML 3, 5").equals("0", &hidden.to_string());
    // An answer to nobody's question is refused anyway; it must not use up the ID for the browser that asked.
    if bench.asked.is_none() {
        return checks.row("replay", "SAML Profiles 4.1.4.5").skipped();
    }
    let fresh = (bench.first_use)(&facts.id, report::skewed(bench.now, 3600));
    checks.row("replay", "SAML Profiles 4.1.4.5").holds(fresh, "1", if fresh { "1" } else { "2+" });
}

fn subject(checks: &mut Checks, assertion: Node<'_, '_>, bench: &Bench<'_>, facts: &mut Facts) {
    let subjects: Vec<_> = xml::children(assertion, SAML, "Subject").collect();
    let names: Vec<_> = subjects.iter().flat_map(|subject| xml::children(*subject, SAML, "NameID")).collect();
    if let ([_], [name]) = (&*subjects, &*names) {
        facts.name_id = NameId {
            value: xml::text(*name),
            format: xml::attribute(*name, "Format").to_owned(),
            name_qualifier: xml::attribute(*name, "NameQualifier").to_owned(),
            sp_name_qualifier: xml::attribute(*name, "SPNameQualifier").to_owned(),
        };
    }
    let id = &facts.name_id;
    let known = id.format == PERSISTENT || id.format == TRANSIENT;
    checks.row("name-id-format", "OIOSAML 3, 6").holds(known, PERSISTENT, &id.format);
    let uuid = id.value.strip_prefix(NAME_ID_PREFIX).is_some_and(|rest| rest.len() == 36 && Uuid::try_parse(rest).is_ok());
    checks.row("name-id", "OIOSAML 3, 6").holds(uuid, format!("{NAME_ID_PREFIX}<UUID>"), &id.value);
    checks.row("name-qualifier", "SAML Core 8.3.7").equals(&bench.party.entity_id, &id.sp_name_qualifier);
    let confirmed = subjects
        .iter()
        .flat_map(|subject| xml::children(*subject, SAML, "SubjectConfirmation"))
        .filter(|one| xml::attribute(*one, "Method") == BEARER)
        .filter_map(|one| xml::child(one, SAML, "SubjectConfirmationData"))
        .next();
    bearer(checks, confirmed, bench, facts);
}

fn bearer(checks: &mut Checks, data: Option<Node<'_, '_>>, bench: &Bench<'_>, facts: &mut Facts) {
    checks.row("bearer", "SAML Profiles 4.1.4.2").holds(data.is_some(), BEARER, if data.is_some() { BEARER } else { "" });
    let read = |name| data.map(|data| xml::attribute(data, name).to_owned()).unwrap_or_default();
    facts.recipient = read("Recipient");
    facts.confirm_before = read("NotOnOrAfter");
    checks.row("recipient", "SAML Profiles 4.1.4.2").equals(&bench.party.acs, &facts.recipient);
    let asked = bench.asked.map(|asked| asked.id.as_str()).unwrap_or_default();
    let answers = read("InResponseTo");
    checks.row("confirmation-in-response-to", "SAML Profiles 4.1.4.2").holds(!asked.is_empty() && answers == asked, asked, answers);
    let alive = report::instant(&facts.confirm_before).is_some_and(|end| bench.now < report::skewed(end, SKEW));
    let until = report::age(&facts.confirm_before, bench.now);
    checks.row("confirmation-time", "SAML Profiles 4.1.4.2").holds(alive, format!("> -{SKEW} s"), until);
    let early = read("NotBefore");
    checks.row("confirmation-not-before", "SAML Profiles 4.1.4.2").holds(early.is_empty(), "", early);
}

fn conditions(checks: &mut Checks, assertion: Node<'_, '_>, bench: &Bench<'_>, facts: &mut Facts) {
    let conditions = xml::child(assertion, SAML, "Conditions");
    let read = |name| conditions.map(|node| xml::attribute(node, name).to_owned()).unwrap_or_default();
    (facts.not_before, facts.not_on_or_after) = (read("NotBefore"), read("NotOnOrAfter"));
    let begun = report::instant(&facts.not_before).is_some_and(|from| bench.now >= report::skewed(from, -SKEW));
    let before = report::age(&facts.not_before, bench.now);
    checks.row("not-before", "SAML Core 2.5.1.2").holds(begun, format!("\u{2264} +{SKEW} s"), before);
    let alive = report::instant(&facts.not_on_or_after).is_some_and(|end| bench.now < report::skewed(end, SKEW));
    let until = report::age(&facts.not_on_or_after, bench.now);
    checks.row("not-on-or-after", "SAML Core 2.5.1.2").holds(alive, format!("> -{SKEW} s"), until);
    // Each restriction must name us; several audiences within one are alternatives (SAML Core 2.5.1.4).
    let restrictions: Vec<Vec<String>> = conditions
        .into_iter()
        .flat_map(|node| xml::children(node, SAML, "AudienceRestriction"))
        .map(|one| xml::children(one, SAML, "Audience").map(xml::text).collect())
        .collect();
    let ours = !restrictions.is_empty() && restrictions.iter().all(|names| names.contains(&bench.party.entity_id));
    facts.audience = restrictions.concat().join(" ");
    checks.row("audience", "SAML Core 2.5.1.4").holds(ours, &bench.party.entity_id, &facts.audience);
}

fn statements(checks: &mut Checks, assertion: Node<'_, '_>, bench: &Bench<'_>, facts: &mut Facts) {
    let counts = ["AuthnStatement", "AttributeStatement", "AuthzDecisionStatement"]
        .map(|name| format!("{name} x {}", xml::children(assertion, SAML, name).count()))
        .join(", ");
    checks.row("statements", "OIOSAML 3, 5").equals("AuthnStatement x 1, AttributeStatement x 1, AuthzDecisionStatement x 0", &counts);
    let authn = xml::child(assertion, SAML, "AuthnStatement");
    let read = |name| authn.map(|node| xml::attribute(node, name).to_owned()).unwrap_or_default();
    (facts.session_index, facts.authenticated) = (read("SessionIndex"), read("AuthnInstant"));
    facts.class_ref = authn
        .and_then(|node| xml::child(node, SAML, "AuthnContext"))
        .map(|context| xml::child_text(context, SAML, "AuthnContextClassRef"))
        .unwrap_or_default();
    checks.row("session-index", "SAML Profiles 4.1.4.2").holds(!facts.session_index.is_empty(), "SessionIndex", &facts.session_index);
    let shown = report::age(&facts.authenticated, bench.now);
    let at = report::instant(&facts.authenticated);
    let past = at.is_some_and(|at| at <= report::skewed(bench.now, SKEW));
    checks.row("authn-instant", "SAML Core 2.7.2").holds(past, format!("\u{2264} +{SKEW} s"), &shown);
    if let Some(asked) = bench.asked.filter(|asked| asked.forced) {
        let fresh = at.is_some_and(|at| at >= report::skewed(asked.sent, -SKEW));
        let sent = report::age(&crate::messages::date_time(asked.sent), bench.now);
        checks.row("forced", "SAML Core 3.4.1").holds(fresh, format!("\u{2265} {sent}"), shown);
    }
}

fn attribute_values(checks: &mut Checks, assertion: Node<'_, '_>, bench: &Bench<'_>, facts: &mut Facts) {
    let nodes: Vec<_> =
        xml::children(assertion, SAML, "AttributeStatement").flat_map(|statement| xml::children(statement, SAML, "Attribute")).collect();
    let odd: Vec<&str> =
        nodes.iter().map(|node| xml::attribute(*node, "NameFormat")).filter(|format| *format != attributes::NAME_FORMAT_URI).collect();
    let found = if odd.is_empty() { attributes::NAME_FORMAT_URI.to_owned() } else { odd.join(" ") };
    // OIO-AP-03 says SHOULD.
    checks.row("name-format", "OIO-AP-03").noted(odd.is_empty(), attributes::NAME_FORMAT_URI, found);
    facts.attributes = nodes.iter().map(|node| read_attribute(*node)).collect();
    let mut names: Vec<&str> = facts.attributes.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    let twice: Vec<&str> = names.windows(2).filter(|pair| pair.first() == pair.last()).filter_map(|pair| pair.first().copied()).collect();
    checks.row("attributes-once", "SAML Core 2.7.3").holds(twice.is_empty(), "", twice.join(" "));
    mandatory(checks, bench, facts);
}

fn read_attribute(node: Node<'_, '_>) -> Attribute {
    let name = xml::attribute(node, "Name").to_owned();
    let short = attributes::by_name(&name).map(|known| known.short);
    let values = xml::children(node, SAML, "AttributeValue").map(xml::text).collect();
    Attribute { name, short, values }
}

fn mandatory(checks: &mut Checks, bench: &Bench<'_>, facts: &mut Facts) {
    let value = |short: &str| {
        let name = attributes::REQUESTED.iter().find(|known| known.short == short).map(|known| known.name)?;
        match facts.values(name) {
            [one] => Some(one.clone()),
            _ => None,
        }
    };
    let spec = value("specVersion").unwrap_or_default();
    checks.row("spec-version", "OIOSAML 3, 6").equals(attributes::SPEC_VERSION, &spec);
    let cvr = value("cvr").unwrap_or_default();
    let digits = cvr.len() == 8 && cvr.bytes().all(|byte| byte.is_ascii_digit());
    checks.row("cvr", "OIOSAML 3, 6").holds(digits, r"\d{8}", cvr);
    let organisation = value("orgName").unwrap_or_default();
    checks.row("org-name", "OIOSAML 3, 6").holds(!organisation.trim().is_empty(), "\u{2265} 1", organisation);
    let word = value("loa").unwrap_or_default();
    let level = Level::from_word(&word);
    checks.row("loa", "OIOSAML 3, 6").holds(level.is_some(), "Low | Substantial | High", &word);
    match bench.asked {
        Some(asked) => {
            let enough = level.is_some_and(|level| level >= asked.level);
            checks.row("level", "OIO-SP-06").holds(enough, format!("\u{2265} {}", asked.level.word()), word);
        }
        None => checks.row("level", "OIO-SP-06").skipped(),
    }
    facts.level = level;
}
