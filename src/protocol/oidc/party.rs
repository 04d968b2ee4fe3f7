//! Who we are at the broker, how we prove it, what we ask for, and what the broker's own words mean. Comes from the
//! settings; brokers differ in their words, so every one of them is a setting.

use std::time::Duration;

use crate::{base::secret::Secret, crypto::jws::StatementKey, domain::assurance::Level};

/// How we prove to the token endpoint who we are (OpenID Connect Core, 9).
#[derive(Debug, Clone)]
pub enum Authentication {
    /// `client_secret_basic`.
    SecretBasic(Secret<String>),
    /// `client_secret_post`.
    SecretPost(Secret<String>),
    /// `private_key_jwt`.
    PrivateKey(Box<StatementKey>),
}

/// A relying party of one broker.
#[derive(Debug, Clone)]
pub struct Party {
    /// The broker's issuer identifier, exactly.
    pub issuer: String,
    /// What the broker calls us.
    pub client_id: String,
    /// How we prove it.
    pub authentication: Authentication,
    /// The audience of our statements; without it the issuer.
    pub statement_audience: Option<String>,
    /// Where the broker answers.
    pub redirect_uri: String,
    /// Where the broker leads after logging out.
    pub logged_out_uri: String,
    /// What is asked for.
    pub asking: Asking,
    /// What the answer's claims are called.
    pub claims: ClaimNames,
    /// Which values of the level claim mean which level.
    pub levels: Vec<(String, Level)>,
    /// Whether an ID token must say when the person used MitID.
    pub require_auth_time: bool,
    /// How far the broker's clock may be off, in seconds.
    pub clock_skew: i64,
    /// How long the broker may take for one answer.
    pub timeout: Duration,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// Scopes beside `openid`.
    pub scopes: Vec<String>,
    /// `acr_values` for Substantial.
    pub acr_substantial: Vec<String>,
    /// `acr_values` for High.
    pub acr_high: Vec<String>,
    /// Further parameters of the broker's own, always sent.
    pub parameters: Vec<(String, String)>,
    /// Those sent for Substantial.
    pub parameters_substantial: Vec<(String, String)>,
    /// Those sent for High.
    pub parameters_high: Vec<(String, String)>,
}

/// What the broker calls what we need.
#[derive(Debug, Clone)]
pub struct ClaimNames {
    /// The CPR number.
    pub cpr: String,
    /// The level of the login.
    pub level: String,
    /// The person's name.
    pub name: String,
    /// The broker's id of this login.
    pub reference: String,
}

impl Party {
    /// The level a value of the level claim means.
    pub fn level(&self, value: &str) -> Option<Level> {
        self.levels.iter().find(|(known, _)| known == value).map(|(_, level)| *level)
    }
}
