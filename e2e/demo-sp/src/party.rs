//! Who we are: one program, two service providers that differ only in the encryption their metadata offers.
//! Nothing secret is here; the metadata is what an administrator registers at the identity provider. Next: `messages`, `judge`.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::attributes;
use crate::keys::OwnKey;

/// Which encryption an entity offers, and by which code it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Suite {
    /// AES-256-GCM with RSA-OAEP, SHA-256 and MGF1-SHA-256, opened by OpenSSL.
    Aes256,
    /// AES-128-GCM with rsa-oaep-mgf1p, the strongest samael opens, opened by samael.
    Aes128,
}

impl Suite {
    /// Both, the default first.
    pub const ALL: [Suite; 2] = [Suite::Aes256, Suite::Aes128];

    /// The word used in forms, addresses and text keys.
    pub fn word(self) -> &'static str {
        match self {
            Suite::Aes256 => "aes256",
            Suite::Aes128 => "aes128",
        }
    }

    /// The suite of `word`.
    pub fn from_word(word: &str) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.word() == word)
    }
}

/// One of our two service providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What it decrypts.
    pub suite: Suite,
    /// Its entity ID.
    pub entity_id: String,
    /// Where responses are posted.
    pub acs: String,
    /// Where logout messages arrive, by redirect or POST.
    pub slo: String,
}

impl Party {
    /// The service provider for `suite` at `base_url` (no trailing slash).
    pub fn new(entity_id: &str, base_url: &str, suite: Suite) -> Party {
        let (name, path) = match suite {
            Suite::Aes256 => (String::new(), ""),
            Suite::Aes128 => (format!("/{}", suite.word()), "/aes128"),
        };
        Party { suite, entity_id: format!("{entity_id}{name}"), acs: format!("{base_url}/acs{path}"), slo: format!("{base_url}/slo{path}") }
    }

    /// Its SAML metadata, to be registered at the identity provider.
    pub fn metadata(&self, key: &OwnKey) -> Result<String, askama::Error> {
        Metadata {
            party: self,
            certificate: &STANDARD.encode(&key.certificate_der),
            strong: self.suite == Suite::Aes256,
            requested: attributes::REQUESTED,
        }
        .render()
    }
}

#[derive(Template)]
#[template(path = "saml/metadata.xml")]
struct Metadata<'a> {
    party: &'a Party,
    certificate: &'a str,
    strong: bool,
    requested: &'a [attributes::Known],
}
