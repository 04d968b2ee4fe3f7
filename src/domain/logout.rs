//! Single logout: the relying parties of a session that is over are told so. A *recall* is one that is still to be told; a
//! logout under way is a browser that carries recalls from one to the next. No protocol here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    base::id::Id,
    domain::{client::Client, person::Person, session::Session},
};

/// A relying party that is still to be told that a session is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// The session that was.
    pub session: Id<Session>,
    /// Whose.
    pub person: Id<Person>,
    /// The relying party.
    pub client: Id<Client>,
    /// What it knows the session by.
    pub session_index: String,
    /// What it knows the person by.
    pub name_id: String,
    /// When it was first tried by the back-channel.
    pub since: Option<Timestamp>,
    /// Tries by the back-channel so far.
    pub tries: i64,
    /// The ID of the request that a browser was given for it.
    pub request: Option<String>,
}

/// A logout under way in one browser.
#[derive(Debug, Clone)]
pub struct Logout {
    /// Its id; in addresses and relay states.
    pub id: Id<Logout>,
    /// The relying party to be answered in the end; `None` when the person began on our own pages.
    pub initiator: Option<Initiator>,
    /// Relying parties that were not told.
    pub missed: Vec<Id<Client>>,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// The relying party that asked for a logout, and how it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initiator {
    /// Its entity ID.
    pub entity_id: String,
    /// The ID of its request.
    pub request: String,
    /// Whether it asked by HTTP-POST.
    pub by_post: bool,
    /// Its relay state, given back unchanged.
    pub relay_state: Option<String>,
}
