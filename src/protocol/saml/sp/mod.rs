//! The other side of the table: we ask an identity provider (NemLog-in) who somebody is. Its metadata, ours as a service
//! provider, the question and the answer. Every rule that relying parties apply to us is applied here to others.
//!
//! Nothing here fetches, stores or knows a person. The path goes on to `service::mitid::nemlogin`.

/// The identity provider's metadata.
pub mod idp_metadata;
/// Our metadata as a service provider.
pub mod own_metadata;
/// The question: an authentication request.
pub mod question;
/// What an answer swears to: an assertion.
pub mod testimony;
/// The answer's envelope: a response.
pub mod answer;
