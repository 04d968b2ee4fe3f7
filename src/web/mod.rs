//! Floor 6: the rooms people enter. Says request, cookie, redirect, status and template; decides nothing that a service decides.

/// Danish and English: which one a visitor gets, and every text that is shown.
pub mod language;
/// Style sheet, script and fonts, embedded in the program and served for good.
pub mod assets;
/// The security headers that every answer carries.
pub mod headers;
/// Every page as a type: what it shows, never how it came to be.
pub mod page;
