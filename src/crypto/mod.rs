//! Whatever compares, hashes, signs or encrypts. Keys come in as parameters; nothing here knows people or databases.

/// The master key, sealed columns and keyed hashes.
pub mod seal;
/// Tokens of browsers and codes of people.
pub mod token;
/// One-time codes (RFC 6238).
pub mod totp;
/// Password hashing (Argon2id).
pub mod password;
