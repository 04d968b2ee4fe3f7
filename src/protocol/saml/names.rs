//! The names SAML and OIOSAML gave to things: namespaces, bindings, formats, status codes. Constants only.
//!
//! Nothing is decided here. The path goes on to every other room of `protocol::saml`.

/// Assertions.
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Protocol messages.
pub const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Metadata.
pub const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML Schema, for `xs:string`.
pub const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// XML Schema instances, for `xsi:type`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// XML signatures.
pub const DSIG: &str = crate::crypto::xmldsig::DSIG;
/// XML encryption 1.1, for `MGF`.
pub const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";

/// Binding by HTTP redirect.
pub const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// Binding by HTTP POST.
pub const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// Binding by SOAP over HTTP.
pub const SOAP: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";
/// SOAP 1.1 envelopes.
pub const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The only coding of redirect messages.
pub const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// A name that stays, different for each relying party.
pub const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
/// A name for one session.
pub const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
/// Whatever the identity provider likes.
pub const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
/// An entity's name.
pub const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";

/// Whoever bears the assertion.
pub const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// Whoever holds a key.
pub const HOLDER_OF_KEY: &str = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key";
/// Attribute names of OIOSAML 2.
pub const BASIC_NAMES: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
/// Attribute names that are URIs (OIO-AP-03).
pub const URI_NAMES: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";

/// Status codes, of both levels (SAML core 3.2.2.2).
pub mod status {
    /// It worked.
    pub const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
    /// The asker's fault.
    pub const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
    /// Our fault.
    pub const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    /// A version we do not speak.
    pub const VERSION_MISMATCH: &str = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch";
    /// The person could not log in.
    pub const AUTHN_FAILED: &str = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed";
    /// The NameID policy cannot be met.
    pub const INVALID_NAME_ID_POLICY: &str = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy";
    /// The level or profile cannot be met.
    pub const NO_AUTHN_CONTEXT: &str = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext";
    /// Nobody is logged in, and asking was forbidden.
    pub const NO_PASSIVE: &str = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
    /// We may not or will not.
    pub const REQUEST_DENIED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
    /// We never do that.
    pub const REQUEST_UNSUPPORTED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported";
    /// Nobody of that name.
    pub const UNKNOWN_PRINCIPAL: &str = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal";
    /// Not everyone was told of the logout.
    pub const PARTIAL_LOGOUT: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
}
