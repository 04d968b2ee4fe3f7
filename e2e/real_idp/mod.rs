//! A real identity provider asks nobody's leave: SimpleSAMLphp, as Debian packages it, plays NemLog-in on loopback with the
//! OIOSAML 3 attributes. It reads our metadata, verifies our requests, signs and encrypts by code nobody here wrote.
//!
//! Each test starts its own, with its own folder, port and keys, and ends it by a guard. It uses the time of day. It knows
//! AES-CBC only for encrypted assertions, so these houses open that. The cases stand in `cases.rs`.

pub mod cases;

use portvagt::{
    base::clock::from_millis,
    protocol::saml::{
        metadata::Allow,
        sp::idp_metadata::{self, IdentityProvider},
    },
};

use crate::real_sp::daemon::{Daemon, Folder, fetch, free_port, fresh_key, write_key};

const WWW: &str = "/usr/share/simplesamlphp/www";

/// How it answers.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whether assertions are encrypted.
    pub encrypt: bool,
    /// Whether the response is signed besides the assertion.
    pub sign_response: bool,
}

/// A running SimpleSAMLphp.
pub struct SimpleSaml {
    folder: Folder,
    port: u16,
    _daemon: Daemon,
}

impl SimpleSaml {
    /// Starts it; whom it answers is told later.
    pub fn start(options: Options) -> Self {
        let (folder, port) = (Folder::new(), free_port());
        let key = fresh_key("SimpleSAMLphp of the suite");
        write_key(&key, &folder, "idp");
        folder.write("sp.xml", "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>");
        std::fs::create_dir(folder.path("metadata")).expect("a folder");
        let flag = |flag: bool| if flag { "true" } else { "false" };
        let values = [
            ("PORT", port.to_string()),
            ("ENCRYPT", flag(options.encrypt).to_owned()),
            ("SIGN_RESPONSE", flag(options.sign_response).to_owned()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        folder.fill("config.php", include_str!("templates/config.php"), &values);
        folder.fill("authsources.php", include_str!("templates/authsources.php"), &values);
        folder.fill("metadata/saml20-idp-hosted.php", include_str!("templates/saml20-idp-hosted.php"), &values);
        let config = format!("SIMPLESAMLPHP_CONFIG_DIR={}", folder.path("").display());
        let listen = format!("127.0.0.1:{port}");
        assert!(std::path::Path::new(WWW).exists(), "no SimpleSAMLphp: install the packages of e2e/real_idp/packages.txt");
        let mut daemon =
            Daemon::start(&folder, "php", "/usr/bin/env", &[&config, "/usr/bin/php", "-d", "opcache.enable=0", "-S", &listen, "-t", WWW]);
        daemon.wait(&folder, || fetch(port, "/saml2/idp/metadata.php?output=xml").is_ok_and(|page| page.contains("IDPSSODescriptor")));
        Self { folder, port, _daemon: daemon }
    }

    /// Its metadata as it publishes it, read by us.
    pub fn provider(&self) -> IdentityProvider {
        let document = fetch(self.port, "/saml2/idp/metadata.php?output=xml").expect("metadata");
        idp_metadata::parse(document.as_bytes(), from_millis(0), Allow::default()).expect("metadata we can read")
    }

    /// Tells it of a service provider, by its metadata.
    pub fn trust(&self, sp_metadata: &str) {
        self.folder.write("sp.xml", sp_metadata);
    }

    /// What it logged, for messages of failed tests.
    pub fn logs(&self) -> String {
        self.folder.logs()
    }
}
