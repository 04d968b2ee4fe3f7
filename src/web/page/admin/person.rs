//! A person's page: what is known, what happened, and what this visitor may do. A CPR number is masked here; in full it has
//! a page of its own, after a reason.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;

use super::{Doer, Event, Held, Nav, Room, people::Choice, state_badge};
use crate::{
    domain::{
        lock::{Cause, Hand},
        person::Access,
        proofing::Method,
        right::{
            Act, AskForRole, ClosePerson, EditPerson, EndSessions, InvitePerson, LockPerson, ReadCpr, RemoveFactor, ReopenPerson,
            RevokeRole, UnlockPerson,
        },
        role::ROLES,
    },
    protocol::browser::Browser,
    service::{console::directory::File, rights::Right},
    web::page::{Frame, words},
};

/// How forms say that a role holds everywhere.
pub const SCOPE_EVERYWHERE: &str = "all";

/// What the visitor may do here. Only for what is shown: each act asks for its own right.
#[derive(Debug, Clone, Copy, Default)]
pub struct Can {
    /// Change names, user name, address.
    pub edit: bool,
    /// Invite.
    pub invite: bool,
    /// Lock.
    pub lock: bool,
    /// Lift locks.
    pub unlock: bool,
    /// End sessions.
    pub end_sessions: bool,
    /// Remove a factor.
    pub remove_factor: bool,
    /// Read the CPR number.
    pub read_cpr: bool,
    /// End the employment.
    pub close: bool,
    /// Begin one.
    pub reopen: bool,
    /// Ask for a role.
    pub ask_role: bool,
    /// Take a role back.
    pub revoke_role: bool,
}

impl Can {
    /// What the holder of these roles may do.
    pub fn of<A: Act>(right: &Right<A>) -> Self {
        Self {
            edit: right.has::<EditPerson>(),
            invite: right.has::<InvitePerson>(),
            lock: right.has::<LockPerson>(),
            unlock: right.has::<UnlockPerson>(),
            end_sessions: right.has::<EndSessions>(),
            remove_factor: right.has::<RemoveFactor>(),
            read_cpr: right.has::<ReadCpr>(),
            close: right.has::<ClosePerson>(),
            reopen: right.has::<ReopenPerson>(),
            ask_role: right.has::<AskForRole>(),
            revoke_role: right.has::<RevokeRole>(),
        }
    }

    fn any(&self) -> bool {
        let all = [self.invite, self.lock, self.unlock, self.end_sessions, self.remove_factor, self.read_cpr, self.close, self.reopen];
        all.contains(&true) || self.edit || self.ask_role || self.revoke_role
    }
}

/// An employment.
#[derive(Debug, Clone)]
pub struct Employment {
    /// The job title; may be empty.
    pub title: String,
    /// The unit's name.
    pub unit: Option<String>,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Option<Timestamp>,
}

/// A live session.
#[derive(Debug, Clone)]
pub struct Login {
    /// The browser.
    pub browser: Browser,
    /// The address it began from.
    pub address: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
}

/// `GET /admin/person?person=`. Its forms post `csrf`, `person`, `reason` and what they are about to `/admin/person/...`.
#[derive(Debug, Template)]
#[template(path = "admin/person.html")]
pub struct Person {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// The person's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Whether they may log in.
    pub access: Access,
    /// Where employed.
    pub organisation: String,
    /// All that is known.
    pub file: File,
    /// What the visitor may do.
    pub can: Can,
    /// The visitor may do nothing here, whatever their roles.
    pub out_of_reach: bool,
    /// Because it is themselves.
    pub is_self: bool,
    /// Whether the visitor's login is fresh enough for acts; else a link leads to its renewal.
    pub is_fresh: bool,
    /// Newest first.
    pub employments: Vec<Employment>,
    /// Newest first.
    pub logins: Vec<Login>,
    /// Their roles.
    pub roles: Vec<Held>,
    /// How many requests about them wait.
    pub waits: usize,
    /// Whether no employment is current.
    pub closed: bool,
    /// Where a role may be asked for.
    pub scopes: Vec<Choice>,
    /// The timeline, newest first.
    pub events: Vec<Event>,
    /// The key of its next page.
    pub older: Option<String>,
    /// It begins with the newest.
    pub newest: bool,
    /// The key of what was just done.
    pub done: Option<&'static str>,
    /// The key of why nothing was done.
    pub flaw: Option<&'static str>,
}

impl Person {
    fn cause(&self, cause: &Cause) -> Cow<'static, str> {
        self.frame.t(&format!("cause-{}", cause.as_str()))
    }

    /// The causes of active locks that an administrator may lift.
    fn liftable(&self) -> Vec<Cause> {
        let active = self.file.locks.iter().filter(|lock| lock.lifted.is_none());
        active.map(|lock| lock.cause).filter(|cause| cause.lifted_by(Hand::Administrator)).collect()
    }

    fn method(&self, method: &Method) -> Cow<'static, str> {
        self.frame.t(match method {
            Method::InPerson => "method-in-person",
            Method::Mitid => "method-mitid",
            Method::Earlier => "method-earlier",
        })
    }
}

const DONE: &[(&str, &str)] = &[
    ("added", "admin-done-added"),
    ("edited", "admin-done-edited"),
    ("invited", "admin-done-invited"),
    ("locked", "admin-done-locked"),
    ("unlocked", "admin-done-unlocked"),
    ("sessions-ended", "admin-done-sessions"),
    ("factor-removed", "admin-done-factor"),
    ("reset-asked", "admin-done-reset-asked"),
    ("closed", "admin-done-closed"),
    ("reopened", "admin-done-reopened"),
    ("role-asked", "admin-done-role-asked"),
    ("role-revoked", "admin-done-role-revoked"),
];

const FLAWS: &[(&str, &str)] = &[
    ("reason", "admin-flaw-reason"),
    ("username", "admin-field-username"),
    ("username-taken", "admin-field-username-taken"),
    ("name", "admin-field-name"),
    ("email", "admin-field-email"),
    ("holds-cpr", "admin-field-holds-cpr"),
    ("needs-two", "admin-flaw-needs-two"),
    ("active", "admin-flaw-active"),
    ("no-mail", "admin-flaw-no-mail"),
    ("locked", "admin-flaw-locked"),
    ("cpr", "admin-flaw-cpr"),
    ("role-held", "admin-flaw-role-held"),
    ("which-factor", "admin-flaw-which-factor"),
    ("asked", "admin-flaw-asked"),
    ("closed", "admin-flaw-closed"),
    ("not-closed", "admin-flaw-not-closed"),
    ("asker", "admin-flaw-asker"),
    ("request", "admin-flaw-request"),
];

/// The key of what was just done.
pub fn done(word: &str) -> Option<&'static str> {
    DONE.iter().find(|(known, _)| *known == word).map(|(_, key)| *key)
}

/// The key of why nothing was done.
pub fn flaw(word: &str) -> Option<&'static str> {
    Some(FLAWS.iter().find(|(known, _)| *known == word).map_or("admin-flaw-other", |(_, key)| *key))
}

/// `POST /admin/person/cpr`: the number in full, once.
#[derive(Debug, Template)]
#[template(path = "admin/cpr.html")]
pub struct CprShown {
    /// The page around.
    pub frame: Frame,
    /// The rooms open to the visitor.
    pub nav: Nav,
    /// The person's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The number.
    pub number: String,
}
