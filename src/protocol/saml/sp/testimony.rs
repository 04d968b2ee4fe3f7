//! What an assertion swears to, read from the very node whose signature was checked, against what was asked. A rule that
//! is broken makes nothing of it hold.
//!
//! Whose CPR number it is nobody here knows. The path goes on to `service::mitid::nemlogin`.

use jiff::Timestamp;

use crate::base::clock;
use crate::crypto::xml::{Node, Reason};
use crate::domain::assurance::Level;
use crate::domain::person::Cpr;
use crate::protocol::saml::names::{self, DSIG, SAML};
use crate::protocol::saml::request::check_destination;
use crate::protocol::saml::sp::idp_metadata::IdentityProvider;
use crate::protocol::saml::sp::question::Profile;
use crate::protocol::saml::subject::{Head, NameId, has_only};
use crate::protocol::saml::{read_date_time, within};

const SPEC_VERSION: &str = "https://data.gov.dk/model/core/specVersion";
const LOA: &str = "https://data.gov.dk/concept/core/nsis/loa";
const IAL: &str = "https://data.gov.dk/concept/core/nsis/ial";
const CPR: &str = "https://data.gov.dk/model/core/eid/cprNumber";
const FULL_NAME: &str = "https://data.gov.dk/model/core/eid/fullName";
const CVR: &str = "https://data.gov.dk/model/core/eid/professional/cvr";

/// The attributes we ask for, and whether we work without them.
pub const REQUESTED: [(&str, bool); 5] = [(SPEC_VERSION, true), (LOA, true), (CPR, true), (IAL, false), (FULL_NAME, false)];

/// What was asked, of whom, and what time it is.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who was asked.
    pub provider: &'a IdentityProvider,
    /// Our entity ID.
    pub audience: &'a str,
    /// Our address for answers.
    pub acs: &'a str,
    /// The request's id.
    pub request: &'a str,
    /// When it was made: the person proves themselves after that (ForceAuthn).
    pub asked_at: Timestamp,
    /// Whose identity.
    pub profile: Profile,
    /// Now.
    pub now: Timestamp,
    /// How far clocks may differ, in seconds.
    pub skew: i64,
}

/// What was sworn. The level may be lower than asked for: that is told to the person, so the caller compares.
#[derive(Debug)]
pub struct Testimony {
    /// The assertion's id: good once.
    pub id: String,
    /// How long it could be delivered again.
    pub until: Timestamp,
    /// Who, as the identity provider names them to us.
    pub name_id: NameId,
    /// The session there.
    pub session_index: String,
    /// The level of this login, never above that of the identity's own proofing.
    pub level: Level,
    /// The CPR number, if it was told.
    pub cpr: Option<Cpr>,
    /// The person's name.
    pub full_name: Option<String>,
    /// When the person proved themselves.
    pub authenticated_at: Timestamp,
}

impl Testimony {
    /// Reads the assertion `root`, whose signature the caller has checked.
    pub(super) fn read(root: Node<'_>, expected: &Expected<'_>) -> Result<Self, Reason> {
        if !root.is(SAML, "Assertion") || !root.holds_elements_only() {
            return Err(Reason::Schema);
        }
        let head = Head::read(root, &[])?;
        if !head.version_2 || head.destination.is_some() {
            return Err(Reason::Schema);
        }
        if head.issuer != expected.provider.entity_id {
            return Err(Reason::Issuer);
        }
        within(head.issue_instant, expected.now, expected.skew)?;
        let [subject, conditions, login, said] = parts(root)?;
        let (name_id, bearer_until) = read_subject(subject, expected)?;
        let until = check_conditions(conditions, expected)?.max(bearer_until);
        let (authenticated_at, session_index) = read_login(login, expected)?;
        let attributes = Attributes::read(said)?;
        attributes.check_profile(expected.profile)?;
        Ok(Self {
            id: head.id,
            until: clock::plus(until, expected.skew),
            name_id,
            session_index,
            level: attributes.level()?,
            cpr: attributes.one(CPR)?.map(cpr).transpose()?,
            full_name: attributes.one(FULL_NAME)?.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            authenticated_at,
        })
    }
}

/// Ten digits without a hyphen, as the catalogue writes it.
fn cpr(text: &str) -> Result<Cpr, Reason> {
    if text.len() == 10 { text.parse().map_err(|_| Reason::Attribute) } else { Err(Reason::Attribute) }
}

/// Subject, Conditions, AuthnStatement, AttributeStatement: one of each, and nothing that an inattentive reader could take for
/// one of them.
fn parts(root: Node<'_>) -> Result<[Node<'_>; 4], Reason> {
    let one = |name: &str| root.only(SAML, name)?.ok_or(Reason::Schema);
    let known = |child: &Node<'_>| {
        child.is(DSIG, "Signature")
            || ["Issuer", "Subject", "Conditions", "AuthnStatement", "AttributeStatement"].iter().any(|name| child.is(SAML, name))
    };
    if !root.children().all(|child| known(&child)) {
        return Err(Reason::Schema);
    }
    Ok([one("Subject")?, one("Conditions")?, one("AuthnStatement")?, one("AttributeStatement")?])
}

fn read_subject(subject: Node<'_>, expected: &Expected<'_>) -> Result<(NameId, Timestamp), Reason> {
    let name = subject.only(SAML, "NameID")?.ok_or(Reason::Schema)?;
    let confirmation = subject.only(SAML, "SubjectConfirmation")?.ok_or(Reason::Confirmation)?;
    if subject.children().count() != 2 || !subject.holds_elements_only() {
        return Err(Reason::Schema);
    }
    let name = NameId::read(name)?;
    if !matches!(name.format.as_deref(), Some(names::PERSISTENT | names::TRANSIENT)) {
        return Err(Reason::Schema);
    }
    let data = confirmation.only(SAML, "SubjectConfirmationData")?.ok_or(Reason::Confirmation)?;
    if confirmation.attribute("Method") != Some(names::BEARER) || confirmation.children().count() != 1 {
        return Err(Reason::Confirmation);
    }
    // A bearer's confirmation has no beginning (SAML profiles 4.1.4.2) and no key inside.
    if data.attribute("NotBefore").is_some() || data.children().next().is_some() {
        return Err(Reason::Confirmation);
    }
    if check_destination(data.attribute("Recipient"), expected.acs).is_err() {
        return Err(Reason::Recipient);
    }
    if data.attribute("InResponseTo") != Some(expected.request) {
        return Err(Reason::InResponseTo);
    }
    let until = read_date_time(data.attribute("NotOnOrAfter").ok_or(Reason::Confirmation)?)?;
    not_over(until, expected)?;
    Ok((name, until))
}

/// Gives the end of the conditions.
fn check_conditions(conditions: Node<'_>, expected: &Expected<'_>) -> Result<Timestamp, Reason> {
    has_only(conditions, &["NotBefore", "NotOnOrAfter"])?;
    if let Some(begin) = conditions.attribute("NotBefore")
        && read_date_time(begin)? > clock::plus(expected.now, expected.skew)
    {
        return Err(Reason::Expired);
    }
    let until = read_date_time(conditions.attribute("NotOnOrAfter").ok_or(Reason::Expired)?)?;
    not_over(until, expected)?;
    let mut restrictions = 0;
    for condition in conditions.children() {
        match condition.name() {
            "AudienceRestriction" if condition.is(SAML, "AudienceRestriction") => {
                restrictions += 1;
                let audiences: Vec<&str> = condition.all(SAML, "Audience").map(Node::text).collect::<Result<_, _>>()?;
                if !audiences.contains(&expected.audience) || condition.children().count() != audiences.len() {
                    return Err(Reason::Audience);
                }
            }
            "OneTimeUse" if condition.is(SAML, "OneTimeUse") => {}
            // A condition nobody here understands is one nobody here can say is met (SAML core 2.5.1.1).
            _ => return Err(Reason::Schema),
        }
    }
    if restrictions == 0 { Err(Reason::Audience) } else { Ok(until) }
}

fn not_over(until: Timestamp, expected: &Expected<'_>) -> Result<(), Reason> {
    if clock::plus(until, expected.skew) <= expected.now { Err(Reason::Expired) } else { Ok(()) }
}

/// When the person proved themselves, and the session that made.
fn read_login(login: Node<'_>, expected: &Expected<'_>) -> Result<(Timestamp, String), Reason> {
    has_only(login, &["AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"])?;
    let at = read_date_time(login.attribute("AuthnInstant").ok_or(Reason::Schema)?)?;
    let early = at < clock::plus(expected.asked_at, -expected.skew);
    let late = at > clock::plus(expected.now, expected.skew);
    if early || late {
        return Err(Reason::AuthnInstant);
    }
    if let Some(end) = login.attribute("SessionNotOnOrAfter") {
        not_over(read_date_time(end)?, expected)?;
    }
    let session = login.attribute("SessionIndex").filter(|index| !index.is_empty()).ok_or(Reason::Schema)?;
    Ok((at, session.to_owned()))
}

/// The attributes by name, each with its values.
struct Attributes<'t>(Vec<(&'t str, Vec<&'t str>)>);

impl<'t> Attributes<'t> {
    fn read(statement: Node<'t>) -> Result<Self, Reason> {
        if !statement.holds_elements_only() || !statement.has_only(&[]) {
            return Err(Reason::Schema);
        }
        let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
        for attribute in statement.children() {
            // An encrypted attribute would be one that nobody judged.
            let name = attribute.attribute("Name").filter(|_| attribute.is(SAML, "Attribute")).ok_or(Reason::Schema)?;
            if found.iter().any(|(known, _)| *known == name) {
                return Err(Reason::Attribute);
            }
            // Values that are no plain text (bootstrap tokens) are none that we read.
            let values = attribute.all(SAML, "AttributeValue").map(|value| value.text().unwrap_or_default());
            found.push((name, values.collect()));
        }
        Ok(Self(found))
    }

    /// The value of that name: none, or exactly one.
    fn one(&self, name: &str) -> Result<Option<&'t str>, Reason> {
        match self.0.iter().find(|(known, _)| *known == name).map(|(_, values)| values.as_slice()) {
            None => Ok(None),
            Some([value]) if !value.is_empty() => Ok(Some(value)),
            Some(_) => Err(Reason::Attribute),
        }
    }

    fn level(&self) -> Result<Level, Reason> {
        if self.one(SPEC_VERSION)? != Some("OIO-SAML-3.0") {
            return Err(Reason::Attribute);
        }
        let loa = level(self.one(LOA)?.ok_or(Reason::Attribute)?)?;
        Ok(self.one(IAL)?.map(level).transpose()?.map_or(loa, |ial| ial.min(loa)))
    }

    fn check_profile(&self, profile: Profile) -> Result<(), Reason> {
        let is_professional = self.one(CVR)?.is_some();
        let fits = match profile {
            Profile::Any => true,
            Profile::Person => !is_professional,
            Profile::Professional => is_professional,
        };
        if fits { Ok(()) } else { Err(Reason::Profile) }
    }
}

/// The catalogue's bare words, in exactly their letters.
fn level(word: &str) -> Result<Level, Reason> {
    [Level::Low, Level::Substantial, Level::High].into_iter().find(|level| level.word() == word).ok_or(Reason::Attribute)
}
