//! The pages of the console: one struct a page, one file a subject. All stand in the same frame with the same menu
//! (`templates/admin/menu.html`), which shows the rooms that the visitor's roles open.
//!
//! What never happens here: deciding who may do what; the services do, by `service::rights`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    domain::{person::Access, role::Role},
    web::page::Frame,
};

/// The front page, and who may do what.
pub mod front;
/// Finding and creating people.
pub mod people;
/// A person.
pub mod person;
/// What waits for a second person.
pub mod requests;
/// The audit trail.
pub mod trail;
/// Relying parties.
pub mod services;

/// A room of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The front page.
    Front,
    /// People.
    People,
    /// What waits for a second person.
    Requests,
    /// The audit trail.
    Trail,
    /// Relying parties.
    Services,
    /// The registrant's desk.
    Desk,
    /// Who may do what.
    Rights,
}

impl Room {
    /// Its address.
    pub fn address(&self) -> &'static str {
        match self {
            Self::Front => "/admin",
            Self::People => "/admin/people",
            Self::Requests => "/admin/requests",
            Self::Trail => "/admin/trail",
            Self::Services => "/admin/services",
            Self::Desk => "/desk",
            Self::Rights => "/admin/rights",
        }
    }

    /// The key of its name.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Front => "admin-front",
            Self::People => "admin-people",
            Self::Requests => "admin-requests",
            Self::Trail => "admin-trail",
            Self::Services => "admin-services",
            Self::Desk => "admin-desk",
            Self::Rights => "admin-rights",
        }
    }

    /// The key of what one does there.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Front => "admin-front",
            Self::People => "admin-people-what",
            Self::Requests => "admin-requests-what",
            Self::Trail => "admin-trail-what",
            Self::Services => "admin-services-what",
            Self::Desk => "admin-desk-what",
            Self::Rights => "admin-rights-what",
        }
    }
}

/// The rooms open to the visitor, in order.
#[derive(Debug, Clone)]
pub struct Nav {
    /// They.
    pub rooms: Vec<Room>,
}

/// A role somebody holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// The organisation's name; `None`: everywhere.
    pub place: Option<String>,
    /// Where it holds, as forms say it.
    pub scope: String,
}

/// Who did something.
#[derive(Debug, Clone)]
pub enum Doer {
    /// A person.
    Person {
        /// Their id.
        id: String,
        /// Their name; the id when nobody has it any more.
        name: String,
    },
    /// Somebody at the command line.
    Operator(String),
    /// A relying party.
    Service(String),
    /// Somebody not logged in.
    Visitor,
    /// Portvagt itself.
    Portvagt,
}

/// An event of the trail.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Who did it.
    pub doer: Doer,
    /// To whom it happened.
    pub subject: Option<Doer>,
    /// The incident code.
    pub incident: String,
    /// The rest.
    pub details: Vec<(String, String)>,
    /// The seal that covers it.
    pub seal: Option<i64>,
}

impl Frame {
    /// A role's name.
    pub fn role(&self, role: &Role) -> Cow<'static, str> {
        self.t(&format!("role-{}", role.as_str()))
    }

    /// A role with where it holds.
    pub fn held(&self, held: &Held) -> String {
        let role = self.role(&held.role);
        match &held.place {
            Some(place) => self.fill("admin-held", &[("role", &role), ("place", place)]),
            None => self.with("admin-held-everywhere", "role", &role),
        }
    }

    /// What happened, in a few words; the bare word of a kind that has none.
    pub fn event(&self, event: &Event) -> Cow<'static, str> {
        let key = format!("event-{}", event.kind.replace(['.', '_'], "-"));
        let text = self.t(&key);
        if text == key { Cow::Owned(event.kind.clone()) } else { text }
    }

    /// Who did it.
    pub fn doer(&self, doer: &Doer) -> String {
        match doer {
            Doer::Person { name, .. } => name.clone(),
            Doer::Operator(name) => self.with("admin-doer-operator", "name", name),
            Doer::Service(entity_id) => entity_id.clone(),
            Doer::Visitor => self.t("admin-doer-visitor").into_owned(),
            Doer::Portvagt => self.t("product").into_owned(),
        }
    }

    /// Whether somebody may log in, in a word.
    pub fn access(&self, access: &Access) -> Cow<'static, str> {
        self.t(&format!("access-{}", access.as_str()))
    }
}

/// The design system's class for a state's badge.
pub fn state_badge(access: &Access) -> &'static str {
    match access {
        Access::Open => "badge-success",
        Access::Locked => "badge-error",
        Access::NotBegun => "badge-info",
        Access::Ended => "badge-warning",
    }
}

#[cfg(test)]
mod tests {
    use crate::web::language::Language;

    #[test]
    fn every_event_role_and_act_has_its_words() {
        let source = include_str!("../../../domain/audit.rs");
        let kinds = source.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1.strip_suffix("\","));
        let mut count = 0;
        for kind in kinds {
            let key = format!("event-{}", kind.replace(['.', '_'], "-"));
            assert_ne!(Language::Da.text(&key), key, "{kind} has no words: add {key} to both language files");
            count += 1;
        }
        assert!(count > 50, "{count} kinds were read");
        for role in crate::domain::role::ROLES {
            let key = format!("role-{}", role.as_str());
            assert_ne!(Language::Da.text(&key), key);
        }
        for act in crate::domain::right::ACTS {
            let key = format!("act-{}", act.word.replace('.', "-"));
            assert_ne!(Language::Da.text(&key), key);
        }
    }
}
