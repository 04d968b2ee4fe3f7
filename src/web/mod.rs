//! Floor 6: the rooms people enter. Says request, cookie, redirect, status and template; decides nothing that a service decides.

/// Danish and English: which one a visitor gets.
pub mod language;
/// Style sheet, script and fonts, embedded in the program and served for good.
pub mod assets;
/// The security headers that every answer carries.
pub mod headers;
/// Every page as a type: what it shows, never how it came to be.
pub mod page;
/// The application as the rooms share it.
pub mod app;
/// Who sends a request.
pub mod visit;
/// How long anybody may take.
pub mod deadlines;
/// Refusals as pages, documents and log lines.
pub mod problem;
/// What handlers take as parameters.
pub mod extract;
/// Redirects, cookies and forms shown again.
pub mod answer;
/// Front door, help, language, health.
pub mod open;
/// A logout on its way through the browser.
pub mod logout;
/// The SAML endpoints.
pub mod saml;
/// The login pages.
pub mod login;
/// Taking an identity into use, and getting it back.
pub mod activate;
/// The registrant's desk.
pub mod desk;
/// Enrolment pages.
pub mod enrol;
/// On the way to MitID.
pub mod mitid;
/// The road to MitID by a broker.
pub mod broker;
/// The person's own page.
pub mod account;
/// The console of administrators, supporters and auditors.
pub mod admin;
/// Every address and its handler.
pub mod routes;
/// The HTTP server.
pub mod server;
