//! NameIDs and the parts every message begins with: id, instant, destination, issuer.
//!
//! Nobody is looked up here. The path goes on to `request`, `response` and `logout`.

use jiff::Timestamp;
use uuid::Uuid;

use crate::base::random::{self, Random};
use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::xml::{Node, Reason, trimmed};
use crate::protocol::saml::{date_time, names, read_date_time};

/// Characters an id or session index may have.
const MAX_ID: usize = 256;
/// Characters an entity ID may have (SAML metadata 2.2.1).
pub const MAX_ENTITY_ID: usize = 1024;

/// A NameID with its qualifiers, compared and echoed exactly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NameId {
    /// The name.
    pub value: String,
    /// Its format.
    pub format: Option<String>,
    /// The asserting party it belongs to.
    pub name_qualifier: Option<String>,
    /// The relying party it was made for.
    pub sp_name_qualifier: Option<String>,
}

impl NameId {
    /// The form OIOSAML 3 wants for an employee, made for one relying party.
    pub fn professional(uuid: Uuid, relying_party: &str, kind: NameKind) -> Self {
        Self {
            value: format!("https://data.gov.dk/model/core/eid/professional/uuid/{uuid}"),
            format: Some(kind.format().to_owned()),
            name_qualifier: None,
            sp_name_qualifier: Some(relying_party.to_owned()),
        }
    }

    /// Writes `saml:NameID`; the namespace is declared here if it is not yet.
    pub(super) fn write(&self, w: &mut Writer, declare: bool) -> Result<(), Unwritable> {
        w.leaf(
            "saml:NameID",
            &[
                ("xmlns:saml", declare.then_some(names::SAML)),
                ("Format", self.format.as_deref()),
                ("NameQualifier", self.name_qualifier.as_deref()),
                ("SPNameQualifier", self.sp_name_qualifier.as_deref()),
            ],
            &self.value,
        )
    }

    /// Reads `saml:NameID`.
    pub(super) fn read(node: Node<'_>) -> Result<Self, Reason> {
        has_only(node, NAME_ATTRIBUTES)?;
        let value = node.text()?;
        if trimmed(value).is_empty() || value.len() > MAX_ENTITY_ID {
            return Err(Reason::Schema);
        }
        let attribute = |name| node.attribute(name).map(str::to_owned);
        Ok(Self {
            value: value.to_owned(),
            format: attribute("Format"),
            name_qualifier: attribute("NameQualifier"),
            sp_name_qualifier: attribute("SPNameQualifier"),
        })
    }
}

/// How long a NameID holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum NameKind {
    /// For good.
    Persistent,
    /// For one session.
    Transient,
}

impl NameKind {
    /// Its format URI.
    pub fn format(self) -> &'static str {
        match self {
            Self::Persistent => names::PERSISTENT,
            Self::Transient => names::TRANSIENT,
        }
    }
}

/// What every request and response begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) issue_instant: Timestamp,
    pub(super) destination: Option<String>,
    pub(super) version_2: bool,
}

impl Head {
    /// Reads and checks `ID`, `Version`, `IssueInstant`, `Destination` and `Issuer` of a message that may have `further`
    /// attributes and no others.
    pub(super) fn read(root: Node<'_>, further: &[&str]) -> Result<Self, Reason> {
        has_only(root, &[&["ID", "Version", "IssueInstant", "Destination", "Consent"], further].concat())?;
        let attribute = |name| root.attribute(name).ok_or(Reason::Schema);
        let id = attribute("ID")?;
        let version = attribute("Version")?;
        if !is_ncname(id) || id.len() > MAX_ID || version.len() > 16 {
            return Err(Reason::Schema);
        }
        let issuer = root.children().next().filter(|first| first.is(names::SAML, "Issuer")).ok_or(Reason::Schema)?;
        has_only(issuer, NAME_ATTRIBUTES)?;
        if issuer.attribute("Format").is_some_and(|format| format != names::ENTITY) {
            return Err(Reason::Schema);
        }
        let name = issuer.text()?;
        if name.is_empty() || name.len() > MAX_ENTITY_ID {
            return Err(Reason::Schema);
        }
        Ok(Self {
            id: id.to_owned(),
            issuer: name.to_owned(),
            issue_instant: read_date_time(attribute("IssueInstant")?)?,
            destination: root.attribute("Destination").map(str::to_owned),
            version_2: version == "2.0",
        })
    }
}

/// Checks that the children of `root` come in the order of `allowed`, each at most once unless it is in `repeat`.
pub(super) fn check_sequence(root: Node<'_>, allowed: &[(&str, &str)], repeat: &str) -> Result<(), Reason> {
    if !root.holds_elements_only() {
        return Err(Reason::Schema);
    }
    let mut rest = allowed;
    for child in root.children() {
        let place = rest.iter().position(|(namespace, name)| child.is(namespace, name)).ok_or(Reason::Schema)?;
        if child.is(names::SAMLP, "Extensions") {
            check_extensions(child)?;
        }
        let consumed = if child.name() == repeat { place } else { place + 1 };
        rest = rest.get(consumed..).unwrap_or_default();
    }
    Ok(())
}

/// Extensions hold elements of other namespaces only, at any depth: nothing that an inattentive reader takes for a part of the
/// message or its signature. Nor do they say of which type they are, for who reads by a schema may have no such type.
fn check_extensions(extensions: Node<'_>) -> Result<(), Reason> {
    has_only(extensions, &[])?;
    let foreign = |node: Node<'_>| !matches!(node.namespace(), names::SAMLP | names::SAML | names::DSIG) && !node.has_any_of(names::XSI);
    let mut children = extensions.children().peekable();
    let sound = extensions.holds_elements_only() && children.peek().is_some() && children.all(|child| !child.namespace().is_empty());
    let all_foreign = extensions.descendants().into_iter().skip(1).all(foreign);
    if sound && all_foreign { Ok(()) } else { Err(Reason::Schema) }
}

/// The attributes of a NameID and of an Issuer.
const NAME_ATTRIBUTES: &[&str] = &["Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"];

/// Refuses attributes the schema does not have there, so that a misspelt wish is not silently left out.
pub(super) fn has_only(node: Node<'_>, names: &[&str]) -> Result<(), Reason> {
    if node.has_only(names) { Ok(()) } else { Err(Reason::Schema) }
}

/// The text of an element that has no attributes.
pub(super) fn plain_text(node: Node<'_>) -> Result<&str, Reason> {
    has_only(node, &[])?;
    node.text()
}

/// Reads an `xs:boolean`; absent means false.
pub(super) fn flag(node: Node<'_>, name: &str) -> Result<bool, Reason> {
    match node.attribute(name).map(trimmed) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(Reason::Schema),
    }
}

/// Reads an unsigned number: digits alone, without the sign or space that readers of XML Schema disagree about.
pub(super) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `xs:NCName` of ASCII letters: which others are letters, the editions of XML disagree about, and no known system uses them.
pub(super) fn is_ncname(text: &str) -> bool {
    let mut letters = text.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'.'))
}

/// A fresh message id: 128 random bits (SAML core 1.3.4), an `xs:NCName`.
pub fn fresh_id(random: &dyn Random) -> String {
    format!("_{}", uuid::Builder::from_random_bytes(random::bytes(random)).into_uuid())
}

/// Writes the root of a protocol message and its Issuer; gives the place of the signature.
pub(super) fn write_head(w: &mut Writer, name: &'static str, attributes: &Attributes<'_>, issuer: &str) -> Result<usize, Unwritable> {
    let instant = date_time(attributes.issue_instant);
    let until = attributes.not_on_or_after.map(date_time);
    w.open(
        name,
        &[
            ("xmlns:samlp", Some(names::SAMLP)),
            ("Destination", Some(attributes.destination).filter(|destination| !destination.is_empty())),
            ("ID", Some(attributes.id)),
            ("InResponseTo", attributes.in_response_to),
            ("IssueInstant", Some(&instant)),
            ("NotOnOrAfter", until.as_deref()),
            ("Version", Some("2.0")),
        ],
    )?;
    w.leaf("saml:Issuer", &[("xmlns:saml", Some(names::SAML))], issuer)?;
    Ok(w.position())
}

/// Writes the root of an assertion and its Issuer; gives the place of the signature. All its namespaces are declared there.
pub(super) fn write_assertion_head(w: &mut Writer, id: &str, issuer: &str, issued: &str) -> Result<usize, Unwritable> {
    w.open(
        "saml:Assertion",
        &[
            ("xmlns:saml", Some(names::SAML)),
            ("xmlns:xs", Some(names::XS)),
            ("xmlns:xsi", Some(names::XSI)),
            ("ID", Some(id)),
            ("IssueInstant", Some(issued)),
            ("Version", Some("2.0")),
        ],
    )?;
    w.leaf("saml:Issuer", &[], issuer)?;
    Ok(w.position())
}

/// Writes one attribute; each value a plain string.
pub(super) fn write_attribute<'v>(
    w: &mut Writer,
    (name, format): (&str, &str),
    values: impl IntoIterator<Item = &'v str>,
) -> Result<(), Unwritable> {
    w.open("saml:Attribute", &[("Name", Some(name)), ("NameFormat", Some(format))])?;
    for value in values {
        w.leaf("saml:AttributeValue", &[("xsi:type", Some("xs:string"))], value)?;
    }
    w.close();
    Ok(())
}

/// The attributes of a message we write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes<'a> {
    pub(super) id: &'a str,
    pub(super) destination: &'a str,
    pub(super) in_response_to: Option<&'a str>,
    pub(super) issue_instant: Timestamp,
    pub(super) not_on_or_after: Option<Timestamp>,
}

/// Writes `samlp:Status` with one or two levels and an optional message.
pub(super) fn write_status(w: &mut Writer, codes: (&str, Option<&str>), message: Option<&str>) -> Result<(), Unwritable> {
    w.open("samlp:Status", &[])?;
    w.open("samlp:StatusCode", &[("Value", Some(codes.0))])?;
    if let Some(second) = codes.1 {
        w.leaf("samlp:StatusCode", &[("Value", Some(second))], "")?;
    }
    w.close();
    if let Some(message) = message {
        w.leaf("samlp:StatusMessage", &[], message)?;
    }
    w.close();
    Ok(())
}
