//! Bootstrap tokens as XML: signed assertions that only the holder of a registered key can use (holder-of-key), in the shapes
//! the security token service of the health sector tells apart by their attributes. Only a `Grant` gets in.
//!
//! A token says nothing of a login (no `AuthnStatement`) and stands alone: all its namespaces are declared on itself, so that
//! it can be put under `wst14:ActAs` by others and still verifies. The path goes on to `response`, which carries it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;

use crate::base::clock::plus;
use crate::crypto::canonical::{Unwritable, Writer};
use crate::crypto::keyring::{Certificate, SigningKey};
use crate::crypto::xmlsign::{SignError, Unsigned};
use crate::domain::assurance::Level;
use crate::domain::bootstrap::{Grant, Profile};
use crate::protocol::saml::date_time;
use crate::protocol::saml::names;
use crate::protocol::saml::subject::{write_assertion_head, write_attribute};

/// Everything a token says beside the grant.
#[derive(Debug, Clone, Copy)]
pub struct TokenContent<'a> {
    /// A fresh id.
    pub id: &'a str,
    /// Our name as the STS has registered it.
    pub issuer: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// The certificate of whoever exchanges it.
    pub holder: &'a Certificate,
}

/// A signed token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Its XML.
    pub fn xml(&self) -> &str {
        &self.0
    }

    /// As an attribute carries it: base64 of the XML, one line.
    pub fn to_attribute(&self) -> String {
        BASE64.encode(&self.0)
    }
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Always(&'static str),
    Level,
    OldLevel,
    Cvr,
    Organisation,
    Uuid,
    Cpr,
}

/// An attribute: full name, name format, and what it holds.
type Line = (&'static str, &'static str, Source);

/// One shape: format and form of the name, and the attributes in the order they are written.
struct Shape {
    name_format: &'static str,
    name: fn(&uuid::Uuid) -> String,
    attributes: &'static [Line],
}

const D_SPEC: &str = "https://data.gov.dk/model/core/specVersion";
const LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";
const CVR: &str = "https://data.gov.dk/model/core/eid/professional/cvr";
const ORG_NAME: &str = "https://data.gov.dk/model/core/eid/professional/orgName";
const UUID: &str = "https://data.gov.dk/model/core/eid/professional/uuid/persistent";

/// Which attributes tell the STS the shape: with H's version it is OIOH3, with D's alone OIO3.
const OIO_H3: Shape = Shape {
    name_format: names::PERSISTENT,
    name: urn,
    attributes: &[
        (D_SPEC, names::URI_NAMES, Source::Always("OIO-SAML-3.0")),
        ("https://healthcare.data.gov.dk/model/core/specVersion", names::URI_NAMES, Source::Always("OIO-SAML-H-3.0")),
        (LOA, names::URI_NAMES, Source::Level),
        (CVR, names::URI_NAMES, Source::Cvr),
        (ORG_NAME, names::URI_NAMES, Source::Organisation),
        (UUID, names::URI_NAMES, Source::Uuid),
    ],
};

const OIO_3: Shape = Shape {
    name_format: names::PERSISTENT,
    name: professional,
    attributes: &[
        (D_SPEC, names::URI_NAMES, Source::Always("OIO-SAML-3.0")),
        (LOA, names::URI_NAMES, Source::Level),
        (CVR, names::URI_NAMES, Source::Cvr),
        (ORG_NAME, names::URI_NAMES, Source::Organisation),
        (UUID, names::URI_NAMES, Source::Uuid),
    ],
};

const OIO_H2: Shape = Shape {
    name_format: names::UNSPECIFIED,
    name: professional,
    attributes: &[
        ("dk:gov:saml:attribute:SpecVer", names::BASIC_NAMES, Source::Always("DK-SAML-2.0")),
        ("dk:gov:saml:attribute:AssuranceLevel", names::BASIC_NAMES, Source::OldLevel),
        ("dk:gov:saml:attribute:CvrNumberIdentifier", names::BASIC_NAMES, Source::Cvr),
        ("urn:oid:2.5.4.10", names::BASIC_NAMES, Source::Organisation),
        ("dk:gov:saml:attribute:CprNumberIdentifier", names::BASIC_NAMES, Source::Cpr),
        (UUID, names::URI_NAMES, Source::Uuid),
    ],
};

fn shape(profile: Profile) -> &'static Shape {
    match profile {
        Profile::OioH3 => &OIO_H3,
        Profile::Oio3 => &OIO_3,
        Profile::OioH2 => &OIO_H2,
    }
}

fn urn(uuid: &uuid::Uuid) -> String {
    format!("urn:uuid:{uuid}")
}

fn professional(uuid: &uuid::Uuid) -> String {
    format!("https://data.gov.dk/model/core/eid/professional/uuid/{uuid}")
}

/// The level by the number it had before NSIS, as KOMBIT maps them.
fn old_level(level: Level) -> &'static str {
    match level {
        Level::Low => "2",
        Level::Substantial => "3",
        Level::High => "4",
    }
}

/// Writes and signs the token of `grant`.
pub fn token(content: &TokenContent<'_>, grant: &Grant, key: &SigningKey) -> Result<Token, SignError> {
    Ok(Token(write(content, grant)?.sign(key)?))
}

fn write(content: &TokenContent<'_>, grant: &Grant) -> Result<Unsigned, Unwritable> {
    let shape = shape(grant.profile());
    let (issued, end) = (date_time(content.issued_at), date_time(plus(content.issued_at, grant.lifetime_seconds())));
    let mut w = Writer::new();
    let place = write_assertion_head(&mut w, content.id, content.issuer, &issued)?;
    w.open("saml:Subject", &[])?;
    w.leaf("saml:NameID", &[("Format", Some(shape.name_format))], &(shape.name)(&grant.uuid()))?;
    write_holder(&mut w, content.holder)?;
    w.close();
    w.open("saml:Conditions", &[("NotOnOrAfter", Some(&end))])?;
    w.open("saml:AudienceRestriction", &[])?;
    w.leaf("saml:Audience", &[], grant.audience())?;
    w.close();
    w.close();
    w.open("saml:AttributeStatement", &[])?;
    for (name, format, source) in shape.attributes {
        write_attribute(&mut w, (name, format), [value(*source, grant).as_str()])?;
    }
    Ok(Unsigned { xml: w.finish(), id: content.id.to_owned(), place, prefixes: "xs xsi" })
}

/// Only whoever holds the key of that certificate may use the token (SAML profiles 3.1).
fn write_holder(w: &mut Writer, holder: &Certificate) -> Result<(), Unwritable> {
    w.open("saml:SubjectConfirmation", &[("Method", Some(names::HOLDER_OF_KEY))])?;
    w.open("saml:SubjectConfirmationData", &[("xsi:type", Some("saml:KeyInfoConfirmationDataType"))])?;
    w.open("ds:KeyInfo", &[("xmlns:ds", Some(names::DSIG))])?;
    w.open("ds:X509Data", &[])?;
    w.leaf("ds:X509Certificate", &[], holder.base64())?;
    for _ in 0..4 {
        w.close();
    }
    Ok(())
}

fn value(source: Source, grant: &Grant) -> String {
    match source {
        Source::Always(word) => word.to_owned(),
        Source::Level => grant.level().word().to_owned(),
        Source::OldLevel => old_level(grant.level()).to_owned(),
        Source::Cvr => grant.cvr().to_string(),
        Source::Organisation => grant.organisation().to_owned(),
        Source::Uuid => urn(&grant.uuid()),
        // A profile that tells it is granted only with it.
        Source::Cpr => grant.cpr().map(|cpr| cpr.expose().to_owned()).unwrap_or_default(),
    }
}
