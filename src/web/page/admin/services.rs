//! The relying parties.

use askama::Template;
use jiff::Timestamp;

use super::{Nav, Room};
use crate::web::page::Frame;

/// A relying party.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its entity ID.
    pub entity_id: String,
    /// What people see.
    pub name: String,
    /// Whether it is served.
    pub enabled: bool,
    /// When it was registered.
    pub registered_at: Timestamp,
}

/// `GET /admin/services`. Forms post `service` (the entity ID) and `to` (`on` or `off`) to `/admin/services/switch`.
#[derive(Debug, Template)]
#[template(path = "admin/services.html")]
pub struct Services {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// By entity ID.
    pub services: Vec<Service>,
    /// Whether the visitor may switch them.
    pub may_switch: bool,
}
