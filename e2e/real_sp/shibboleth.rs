//! Shibboleth's service provider: mod_shib in an Apache, and the daemon shibd that does the SAML.
//!
//! It signs its requests, encrypts nothing without being asked, keeps a replay cache and refuses unsolicited responses;
//! everything it is told stands in `templates/shibboleth2.xml`. Its metadata is what its own generator publishes.
//! The cases that use it stand in `cases.rs`.

use super::daemon::{Daemon, Folder, apache, fetch, free_port, fresh_key, write_key};
use super::{Algorithms, KeyTransport, Options, ServiceProvider, class_ref};
use crate::actors::KeyPair;
use openssl::pkey::{PKey, Private};

/// A running Shibboleth; dropping it ends its Apache and its shibd.
pub struct Shibboleth {
    // The servers end before their folder goes: fields are dropped in this order.
    _apache: Daemon,
    _shibd: Daemon,
    folder: Folder,
    port: u16,
    options: Options,
    metadata: String,
    /// The key that opens what is encrypted for it.
    encryption: KeyPair,
}

impl Shibboleth {
    /// What Debian's Shibboleth can open, best first; see `encryption.rs`.
    pub fn algorithms() -> Algorithms {
        Algorithms {
            blocks: vec!["aes256-gcm", "aes128-gcm", "aes256-cbc", "aes128-cbc"],
            transports: vec![KeyTransport::OaepSha256, KeyTransport::OaepSha256Mgf1Sha1, KeyTransport::OaepMgf1p],
        }
    }

    /// Starts a Shibboleth that trusts the given identity provider, and waits until it answers.
    pub fn start(idp_entity_id: &str, idp_metadata_xml: &str, options: Options) -> Self {
        let (folder, port) = (Folder::new(), free_port());
        let (signing, encryption) = (fresh_key("shibboleth signing"), fresh_key("shibboleth encryption"));
        write_key(&signing, &folder, "sp-signing");
        write_key(&encryption, &folder, "sp-encryption");
        folder.write("idp-metadata.xml", idp_metadata_xml);
        folder.write("attribute-map.xml", include_str!("templates/attribute-map.xml"));
        let level = if std::env::var_os("E2E_VERBOSE").is_some() { "DEBUG" } else { "INFO" };
        for name in ["shibd", "native"] {
            let values = [("NAME", name), ("LOG_LEVEL", level)];
            folder.fill(&format!("{name}.logger"), include_str!("templates/shibd.logger"), &values);
        }
        let binding = if options.post_requests { "HTTP-POST" } else { "HTTP-Redirect" };
        let binding = format!("urn:oasis:names:tc:SAML:2.0:bindings:{binding}");
        let values = [("ENTITY_ID", options.entity_id.as_str()), ("IDP_ENTITY_ID", idp_entity_id), ("REQUEST_BINDING", &binding)];
        folder.fill("shibboleth2.xml", include_str!("templates/shibboleth2.xml"), &values);
        let config = folder.path("shibboleth2.xml").to_string_lossy().into_owned();
        let pid = folder.path("shibd.pid").to_string_lossy().into_owned();
        let mut shibd = Daemon::start(&folder, "shibd", "/usr/sbin/shibd", &["-f", "-F", "-c", &config, "-p", &pid]);
        // Its log says when it listens. To try its socket and hang up can crash it: it isn't ready for that while it starts.
        shibd.wait(&folder, || folder.logs().contains("listener service starting"));
        let context = options.level.map(|level| {
            let class = class_ref(level);
            format!("ShibRequestSetting authnContextClassRef \"{class}\"\n    ShibRequestSetting authnContextComparison minimum")
        });
        let values = [("AUTHN_CONTEXT", context.as_deref().unwrap_or_default())];
        let module = folder.filled(include_str!("templates/shibboleth.conf"), &values);
        let apache = apache(&folder, port, &module);
        let published = fetch(port, "/Shibboleth.sso/Metadata").unwrap_or_default();
        assert!(published.contains("EntityDescriptor"), "no metadata from Shibboleth: {published}\n{}", folder.logs());
        let metadata = match &options.encryption {
            Some(algorithms) => offering(&published, algorithms),
            None => published,
        };
        Self { _apache: apache, _shibd: shibd, folder, port, options, metadata, encryption }
    }
}

impl ServiceProvider for Shibboleth {
    fn name(&self) -> &'static str {
        "Shibboleth"
    }

    fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn entity_id(&self) -> &str {
        &self.options.entity_id
    }

    fn metadata_xml(&self) -> &str {
        &self.metadata
    }

    fn logout_url(&self) -> String {
        format!("{}/Shibboleth.sso/Logout?return={}/", self.base_url(), self.base_url())
    }

    fn session_cookie(&self) -> String {
        "_shibsession_".to_owned()
    }

    fn decryption_key(&self) -> &PKey<Private> {
        &self.encryption.key
    }

    fn logs(&self) -> String {
        self.folder.logs()
    }
}

/// The published metadata with the given algorithms in place of its own.
fn offering(published: &str, algorithms: &Algorithms) -> String {
    let kept: String = published.split_inclusive('>').filter(|part| !part.contains("md:EncryptionMethod ")).collect();
    let (before, behind) = kept.split_once("use=\"encryption\"").expect("an encryption key");
    let elements = format!("</ds:KeyInfo>{}", algorithms.elements());
    format!("{before}use=\"encryption\"{}", behind.replacen("</ds:KeyInfo>", &elements, 1))
}
