//! Apache with mod_auth_mellon (lasso, xmlsec): the service provider most used in front of older web applications.
//!
//! It signs its AuthnRequests with RSA-SHA256 and knows nothing of OIOSAML; everything it is told stands in
//! `templates/mellon.conf`. The cases that use it stand in `cases.rs`.

use super::daemon::{Daemon, Folder, apache, free_port, fresh_key, write_key};
use super::{Algorithms, KeyTransport, Options, ServiceProvider, class_ref};
use crate::actors::KeyPair;
use openssl::pkey::{PKey, Private};

/// A running mellon; dropping it ends its Apache.
pub struct Mellon {
    // The server ends before its folder goes: fields are dropped in this order.
    _apache: Daemon,
    folder: Folder,
    port: u16,
    options: Options,
    metadata: String,
    /// Its one key, for signing and for decryption.
    keys: KeyPair,
}

impl Mellon {
    /// What Debian's mellon can open, best first; see `encryption.rs`.
    pub fn algorithms() -> Algorithms {
        Algorithms { blocks: vec!["aes256-gcm", "aes128-gcm", "aes256-cbc", "aes128-cbc"], transports: vec![KeyTransport::OaepMgf1p] }
    }

    /// Starts a mellon that trusts the given identity provider, and waits until it answers.
    pub fn start(idp_metadata_xml: &str, options: Options) -> Self {
        let (folder, port, keys) = (Folder::new(), free_port(), fresh_key("mellon"));
        let base = format!("http://127.0.0.1:{port}");
        let algorithms = options.encryption.clone().unwrap_or_else(Self::algorithms);
        let values = [
            ("ENTITY_ID", options.entity_id.as_str()),
            ("CERTIFICATE", &keys.certificate),
            ("ENCRYPTION_METHODS", &algorithms.elements()),
            ("BASE", &base),
        ];
        let metadata = folder.filled(include_str!("templates/mellon-metadata.xml"), &values);
        folder.write("sp-metadata.xml", &metadata);
        write_key(&keys, &folder, "sp");
        // Mellon sends by HTTP-POST only to a provider that has no HTTP-Redirect endpoint.
        let trusted = if options.post_requests { without_redirect(idp_metadata_xml) } else { idp_metadata_xml.to_owned() };
        folder.write("idp-metadata.xml", &trusted);
        let context = options.level.map(authn_context);
        let values = [("AUTHN_CONTEXT", context.unwrap_or_default()), ("COOKIE", format!("cookie{port}"))];
        let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
        let module = folder.filled(include_str!("templates/mellon.conf"), &values);
        let apache = apache(&folder, port, &module);
        Self { _apache: apache, folder, port, options, metadata, keys }
    }
}

impl ServiceProvider for Mellon {
    fn name(&self) -> &'static str {
        "mellon"
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
        format!("{}/mellon/logout?ReturnTo={}/", self.base_url(), self.base_url())
    }

    fn session_cookie(&self) -> String {
        format!("mellon-cookie{}", self.port)
    }

    fn decryption_key(&self) -> &PKey<Private> {
        &self.keys.key
    }

    fn logs(&self) -> String {
        self.folder.logs()
    }
}

/// Mellon lets in only the classes it listed, letter by letter, whatever the comparison: whoever wants at least
/// Substantial has to list the levels above too. The request then carries them all, with `Comparison="minimum"`.
fn authn_context(level: &str) -> String {
    let enough = ["Low", "Substantial", "High"].into_iter().skip_while(|name| *name != level);
    let lines: String = enough.map(|name| format!("MellonAuthnContextClassRef \"{}\"\n    ", class_ref(name))).collect();
    format!("{lines}MellonAuthnContextComparisonType \"minimum\"")
}

/// The metadata without the `SingleSignOnService` elements of the HTTP-Redirect binding.
fn without_redirect(metadata: &str) -> String {
    let mut parts = metadata.split_inclusive('>').peekable();
    let mut out = String::new();
    while let Some(part) = parts.next() {
        if part.contains("SingleSignOnService") && part.contains("bindings:HTTP-Redirect") {
            // An end tag of its own goes too.
            parts.next_if(|next| !part.ends_with("/>") && next.contains("/") && next.contains("SingleSignOnService"));
        } else {
            out.push_str(part);
        }
    }
    out
}

#[test]
fn redirect_endpoints_are_left_out() {
    let redirect = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="x""#;
    let post = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="x"/>"#;
    assert_eq!(without_redirect(&format!("<a>{redirect}/>{post}</a>")), format!("<a>{post}</a>"));
    assert_eq!(without_redirect(&format!("<a>{redirect}></md:SingleSignOnService>{post}</a>")), format!("<a>{post}</a>"));
}
