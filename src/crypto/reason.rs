//! The words by which the log says why a protocol message was refused. One list for wire, XML, signatures and content.
//!
//! No text of the message ever goes into a reason. The path goes on to the web floor's problem page and its log line.

/// Why a message was refused; `Display` and [`Reason::as_str`] give exactly the word of the log field `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Reason {
    /// No signature, where one is required.
    Unsigned,
    /// The content is not what was signed.
    BadSignature,
    /// Signed, but with none of the sender's registered keys.
    WrongKey,
    /// A parameter stands twice, or a request and a response stand side by side.
    DuplicateParameter,
    /// A signature or digest algorithm that is not on the list.
    Algorithm,
    /// The signature element is not the one enveloped signature of the root.
    SignatureStructure,
    /// The signature's reference is not exactly the root's id.
    Reference,
    /// A transform that is not on the list.
    Transform,
    /// The signature names a key from elsewhere than the registered metadata.
    KeySource,
    /// An id stands twice.
    DuplicateId,
    /// A namespace prefix is bound anew, or a reserved one is bound.
    Namespace,
    /// Text that has no one canonical form.
    C14n,
    /// A comment, processing instruction or CDATA section.
    ForbiddenNode,
    /// A document type declaration.
    Doctype,
    /// More bytes than a message may have.
    TooLarge,
    /// The base64 or DEFLATE coding is broken.
    Deflate,
    /// Too deep, too many attributes or too many namespaces.
    Limits,
    /// Not the XML the standard asks for.
    Schema,
    /// The answer is wanted at an address that is not registered.
    AcsMismatch,
    /// The message was meant for another address.
    Destination,
    /// Nobody is registered under that entity ID.
    UnknownSp,
    /// The message was seen before.
    Replay,
    /// Issued too long ago, or in the future.
    Clock,
    /// The relay state is longer than 1024 bytes or no text.
    RelayState,
    /// The relying party has been disabled.
    SpDisabled,
    /// An assertion in the clear, where it must be encrypted.
    NotEncrypted,
    /// Encrypted by an algorithm that is not on the list, or with parameters that are never used.
    EncryptionAlgorithm,
    /// It does not open with our keys.
    Decryption,
    /// Not exactly one assertion.
    AssertionCount,
    /// Sent or vouched for by somebody else than the one asked.
    Issuer,
    /// It answers nothing that was asked, or something else.
    InResponseTo,
    /// Meant for another party.
    Audience,
    /// To be delivered at another address.
    Recipient,
    /// Its bearer is not confirmed as the profile wants it.
    Confirmation,
    /// Past its end, or not yet begun.
    Expired,
    /// The login it speaks of was not made for this question.
    AuthnInstant,
    /// An attribute is missing, doubled or has an impossible value.
    Attribute,
    /// A professional identity where a private one was asked for, or the other way round.
    Profile,
}

impl Reason {
    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::BadSignature => "bad_signature",
            Self::WrongKey => "wrong_key",
            Self::DuplicateParameter => "duplicate_parameter",
            Self::Algorithm => "algorithm",
            Self::SignatureStructure => "signature_structure",
            Self::Reference => "reference",
            Self::Transform => "transform",
            Self::KeySource => "key_source",
            Self::DuplicateId => "duplicate_id",
            Self::Namespace => "namespace",
            Self::C14n => "c14n",
            Self::ForbiddenNode => "forbidden_node",
            Self::Doctype => "doctype",
            Self::TooLarge => "too_large",
            Self::Deflate => "deflate",
            Self::Limits => "limits",
            Self::Schema => "schema",
            Self::AcsMismatch => "acs_mismatch",
            Self::Destination => "destination",
            Self::UnknownSp => "unknown_sp",
            Self::Replay => "replay",
            Self::Clock => "clock",
            Self::RelayState => "relaystate",
            Self::SpDisabled => "sp_disabled",
            Self::NotEncrypted => "not_encrypted",
            Self::EncryptionAlgorithm => "encryption_algorithm",
            Self::Decryption => "decryption",
            Self::AssertionCount => "assertion_count",
            Self::Issuer => "issuer",
            Self::InResponseTo => "in_response_to",
            Self::Audience => "audience",
            Self::Recipient => "recipient",
            Self::Confirmation => "subject_confirmation",
            Self::Expired => "expired",
            Self::AuthnInstant => "authn_instant",
            Self::Attribute => "attribute",
            Self::Profile => "profile",
        }
    }
}
