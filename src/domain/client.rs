//! Relying parties: who they are to us, what may be told them, and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{base::id::Id, domain::assurance::Level};

/// A relying party as an administrator registered it. What its metadata says is read by `protocol::saml::metadata`.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
    pub id: Id<Client>,
    /// Its SAML entity ID, compared byte for byte.
    pub entity_id: String,
    /// What people see on the login page.
    pub name: String,
    /// Its metadata document, as registered.
    pub metadata: String,
    /// What was decided about it here.
    pub terms: Terms,
    /// Whether it is served.
    pub enabled: bool,
    /// Grows with each change; a cached copy of another [`Edition`] is stale.
    pub revision: i64,
    /// When it was registered.
    pub registered_at: Timestamp,
}

impl Client {
    /// Which entry this is, and which state of it.
    pub fn edition(&self) -> Edition {
        Edition { client: self.id, revision: self.revision }
    }
}

/// One state of one entry. An entry that was removed and made again is another one, though it counts from 1 again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The entry.
    pub client: Id<Client>,
    /// Its revision.
    pub revision: i64,
}

/// What was decided about a relying party beside its metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The least level it is served with, whatever it asks for.
    pub least_level: Level,
    /// Attributes it may receive, by full name. The four mandatory ones are always sent.
    pub attributes: Vec<String>,
    /// Whether its assertions must be encrypted. Only an administrator can lift it.
    pub encrypt: bool,
    /// Whether this entry asks for AES-CBC and RSA-OAEP with SHA-1. Without it they are used only where the metadata lists
    /// nothing better.
    pub legacy_encryption: bool,
    /// Whether plain-http endpoints outside this machine were allowed. Never in production.
    #[serde(default)]
    pub insecure_endpoints: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self { least_level: Level::Low, attributes: Vec::new(), encrypt: true, legacy_encryption: false, insecure_endpoints: false }
    }
}
