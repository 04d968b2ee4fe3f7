//! OpenID Connect as a relying party of a MitID broker, on the openidconnect crate: its messages and its ID tokens, with
//! our own limits in front. Nothing here knows flows, people or databases; `service::mitid::broker` does. The path:
//! `provider` (what the broker publishes) -> `ask` (where the browser goes) -> `answer` (what it brings back) ->
//! `exchange` (the code for tokens) -> `token` and `userinfo` (what is believed) -> `farewell`.

/// Who we are at the broker, and what its words mean.
pub mod party;
/// Requests to the broker, with limits.
pub mod wire;
/// What the broker publishes of itself.
pub mod provider;
/// We as the crate knows us.
pub mod client;
/// The authorization request.
pub mod ask;
/// The authorization response.
pub mod answer;
/// The code for tokens.
pub mod exchange;
/// The ID token, judged.
pub mod token;
/// The claims of the userinfo endpoint.
pub mod userinfo;
/// Logging out at the broker.
pub mod farewell;

#[cfg(test)]
mod tests;

/// Why the broker's word was not taken; `Display` and [`Reason::as_str`] give exactly the word of the log field `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Reason {
    /// The person broke off at the broker.
    Cancelled,
    /// The broker answered with another error.
    BrokerError,
    /// No answer of an authorization request, or a parameter stands twice.
    Parameters,
    /// The state is not the one this browser was sent away with.
    State,
    /// The answer is another issuer's, or does not name one though the broker always does (RFC 9207).
    Issuer,
    /// An address of the broker's is not one we may call.
    Address,
    /// The broker cannot be reached, or TLS failed.
    Unreachable,
    /// The broker took too long.
    Slow,
    /// The broker sends us elsewhere.
    Redirect,
    /// More bytes than such an answer has.
    TooLarge,
    /// The broker answered with a status that is no success.
    Status,
    /// Not what the standard says such an answer looks like.
    Malformed,
    /// The broker publishes too many keys, or none that can be used.
    Keys,
    /// The token endpoint refused the code or us.
    TokenRefused,
    /// The token endpoint gave no ID token.
    NoIdToken,
    /// The ID token is not signed.
    Unsigned,
    /// An algorithm that is not on the list.
    Algorithm,
    /// Signed with none of the issuer's keys.
    WrongKey,
    /// The content is not what was signed.
    BadSignature,
    /// The ID token is not for us, or not for us alone.
    Audience,
    /// The ID token was issued to another party.
    AuthorizedParty,
    /// The ID token answers another request.
    Nonce,
    /// The ID token is past its time.
    Expired,
    /// The ID token was issued in the future, or before it was asked for.
    IssuedAt,
    /// The access token is not the one the ID token vouches for.
    AccessTokenHash,
    /// The person did not use MitID now.
    AuthTime,
    /// A lower level than was asked for, or a word that is no level.
    Level,
    /// The userinfo endpoint speaks of somebody else.
    Subject,
    /// No CPR number was told.
    NoCpr,
}

impl Reason {
    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::BrokerError => "broker_error",
            Self::Parameters => "parameters",
            Self::State => "state",
            Self::Issuer => "issuer",
            Self::Address => "address",
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::Redirect => "redirect",
            Self::TooLarge => "too_large",
            Self::Status => "status",
            Self::Malformed => "malformed",
            Self::Keys => "keys",
            Self::TokenRefused => "token_refused",
            Self::NoIdToken => "no_id_token",
            Self::Unsigned => "unsigned",
            Self::Algorithm => "algorithm",
            Self::WrongKey => "wrong_key",
            Self::BadSignature => "bad_signature",
            Self::Audience => "audience",
            Self::AuthorizedParty => "authorized_party",
            Self::Nonce => "nonce",
            Self::Expired => "expired",
            Self::IssuedAt => "issued_at",
            Self::AccessTokenHash => "access_token_hash",
            Self::AuthTime => "auth_time",
            Self::Level => "level",
            Self::Subject => "subject",
            Self::NoCpr => "no_cpr",
        }
    }

    /// Whether the broker is out of order, rather than its word refused: trying later may help.
    pub fn is_outage(self) -> bool {
        matches!(self, Self::Unreachable | Self::Slow | Self::Status | Self::TooLarge | Self::Redirect | Self::Malformed | Self::Keys)
    }
}
