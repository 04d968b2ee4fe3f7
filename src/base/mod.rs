//! Ground floor: time, chance, secrets and ids. Knows nothing of identity, databases or HTTP.

/// Time as a parameter.
pub mod clock;
/// Chance as a parameter.
pub mod random;
/// Values that must not be printed.
pub mod secret;
/// Typed ids and incident codes.
pub mod id;
