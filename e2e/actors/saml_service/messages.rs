//! Requests as XML, in exclusive canonical form: attributes sorted, namespaces where they are used, no empty-element
//! tags. Every field may be absent or wrong; what is `String` of elements is put in as it stands.

use super::{SAML, SAMLP};

/// A sign-on request. Absent fields are left out of the XML.
#[derive(Debug, Clone, Default)]
pub struct AuthnRequest {
    /// `ID`; empty: none.
    pub id: String,
    /// `Version`.
    pub version: Option<String>,
    /// `IssueInstant`.
    pub issue_instant: Option<String>,
    /// `Destination`.
    pub destination: Option<String>,
    /// The text of `saml:Issuer`.
    pub issuer: Option<String>,
    /// `AssertionConsumerServiceURL`.
    pub acs_url: Option<String>,
    /// `AssertionConsumerServiceIndex`.
    pub acs_index: Option<String>,
    /// `ProtocolBinding`.
    pub protocol_binding: Option<String>,
    /// `ForceAuthn`.
    pub force_authn: Option<String>,
    /// `IsPassive`.
    pub is_passive: Option<String>,
    /// Further attributes.
    pub attributes: Vec<(String, String)>,
    /// Elements behind the issuer, in the order of the schema, each in canonical form.
    pub elements: String,
    /// Text put in front of the root, such as a DOCTYPE or a comment.
    pub prologue: String,
}

impl AuthnRequest {
    /// Asks for at least this NSIS level: `Low`, `Substantial`, `High`.
    #[must_use]
    pub fn level(self, level: &str) -> Self {
        self.context("minimum", &[&format!("https://data.gov.dk/concept/core/nsis/loa/{level}")])
    }

    /// Asks for these classes by that comparison.
    #[must_use]
    pub fn context(mut self, comparison: &str, classes: &[&str]) -> Self {
        let class =
            |class: &&str| format!("<saml:AuthnContextClassRef xmlns:saml=\"{SAML}\">{}</saml:AuthnContextClassRef>", escape(class));
        let classes: String = classes.iter().map(class).collect();
        self.elements
            .push_str(&format!("<samlp:RequestedAuthnContext Comparison=\"{comparison}\">{classes}</samlp:RequestedAuthnContext>"));
        self
    }

    /// Asks for a fresh proof of presence.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force_authn = Some("true".to_owned());
        self
    }

    /// Forbids any page.
    #[must_use]
    pub fn passive(mut self) -> Self {
        self.is_passive = Some("true".to_owned());
        self
    }

    /// The XML, unsigned.
    pub fn xml(&self) -> String {
        let mut attributes = vec![
            ("AssertionConsumerServiceIndex", self.acs_index.as_deref()),
            ("AssertionConsumerServiceURL", self.acs_url.as_deref()),
            ("Destination", self.destination.as_deref()),
            ("ForceAuthn", self.force_authn.as_deref()),
            ("ID", Some(self.id.as_str()).filter(|id| !id.is_empty())),
            ("IsPassive", self.is_passive.as_deref()),
            ("IssueInstant", self.issue_instant.as_deref()),
            ("ProtocolBinding", self.protocol_binding.as_deref()),
            ("Version", self.version.as_deref()),
        ];
        attributes.extend(self.attributes.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))));
        let inside = format!("{}{}", issuer(self.issuer.as_deref()), self.elements);
        format!("{}{}", self.prologue, root("AuthnRequest", attributes, &inside))
    }
}

/// A logout request. Absent fields are left out of the XML.
#[derive(Debug, Clone, Default)]
pub struct LogoutRequest {
    /// `ID`; empty: none.
    pub id: String,
    /// `Version`.
    pub version: Option<String>,
    /// `IssueInstant`.
    pub issue_instant: Option<String>,
    /// `NotOnOrAfter`.
    pub not_on_or_after: Option<String>,
    /// `Destination`.
    pub destination: Option<String>,
    /// The text of `saml:Issuer`.
    pub issuer: Option<String>,
    /// `saml:NameID` as an element; see [`name_id`].
    pub name_id: Option<String>,
    /// The texts of `samlp:SessionIndex`.
    pub session_indexes: Vec<String>,
    /// Further attributes.
    pub attributes: Vec<(String, String)>,
}

impl LogoutRequest {
    /// The XML, unsigned.
    pub fn xml(&self) -> String {
        let mut attributes = vec![
            ("Destination", self.destination.as_deref()),
            ("ID", Some(self.id.as_str()).filter(|id| !id.is_empty())),
            ("IssueInstant", self.issue_instant.as_deref()),
            ("NotOnOrAfter", self.not_on_or_after.as_deref()),
            ("Version", self.version.as_deref()),
        ];
        attributes.extend(self.attributes.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))));
        let mut inside = issuer(self.issuer.as_deref());
        inside.push_str(self.name_id.as_deref().unwrap_or_default());
        for index in &self.session_indexes {
            inside.push_str(&format!("<samlp:SessionIndex>{}</samlp:SessionIndex>", escape(index)));
        }
        root("LogoutRequest", attributes, &inside)
    }
}

/// `saml:NameID` as an element.
pub fn name_id(value: &str, format: &str, sp_name_qualifier: &str) -> String {
    format!(
        "<saml:NameID xmlns:saml=\"{SAML}\" Format=\"{}\" SPNameQualifier=\"{}\">{}</saml:NameID>",
        escape(format),
        escape(sp_name_qualifier),
        escape(value)
    )
}

fn issuer(text: Option<&str>) -> String {
    let element = |text| format!("<saml:Issuer xmlns:saml=\"{SAML}\">{}</saml:Issuer>", escape(text));
    text.map(element).unwrap_or_default()
}

fn root(name: &str, mut attributes: Vec<(&str, Option<&str>)>, inside: &str) -> String {
    attributes.sort_by_key(|(name, _)| name.to_owned());
    let given = attributes.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let attributes: String = given.map(|(name, value)| format!(" {name}=\"{}\"", escape(value))).collect();
    format!("<samlp:{name} xmlns:samlp=\"{SAMLP}\"{attributes}>{inside}</samlp:{name}>")
}

/// Text as canonical XML writes it in content; in attributes `>` may stand, and `"` is escaped besides.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// An id nobody used yet.
pub fn fresh_id() -> String {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).expect("chance");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("_{hex}")
}
