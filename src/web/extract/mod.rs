//! What handlers take as parameters: forms and JSON that prove where they come from, and live sessions. A handler
//! without one of these is visibly open to everybody.

/// Reading bodies.
pub mod body;
/// Forms and JSON with their cross-site token.
pub mod csrf;
/// A live session.
pub mod present;
/// A registrant at their desk.
pub mod at_desk;
/// Somebody with a right in the console.
pub mod admin;
