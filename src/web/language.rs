//! The languages of the pages: which one a visitor gets is kept in a cookie. The choice and the texts are the domain's.
//! What never happens here: reading a request; `visit` does.

pub use crate::domain::language::Language;

/// The cookie that keeps a visitor's choice; its value is a tag (`da`, `en`).
pub const COOKIE: &str = "__Host-language";
