//! Whatever compares, hashes, signs or encrypts. Keys come in as parameters; nothing here knows people or databases.

/// The master key, sealed columns and keyed hashes.
pub mod seal;
/// Tokens of browsers and codes of people.
pub mod token;
/// One-time codes (RFC 6238).
pub mod totp;
/// Password hashing (Argon2id).
pub mod password;

/// Passwords that were stolen elsewhere.
pub mod breached;
/// The words by which the log says why a message was refused.
pub mod reason;
/// Size, encoding, DTDs and limits of an XML message, before any parser.
mod scan;
/// The one hardened XML tree.
pub mod xml;
/// Certificates, and what can be wrong with keys.
mod certificate;
/// Our signing keys, and relying parties' public keys.
pub mod keyring;
/// Signed statements to a broker.
pub mod jws;
/// Keys for tests.
#[cfg(test)]
pub(crate) mod tests;
/// XML that is its own canonical form.
pub mod canonical;
/// Verifies XML signatures and redirect signatures.
pub mod xmldsig;
/// Makes XML signatures and redirect signatures.
pub mod xmlsign;
/// Encrypts assertions.
pub mod xmlenc;
/// Opens assertions that others encrypted to us.
pub mod xmlopen;
