//! What we trust of the identity provider: entity ID, signing keys and addresses, all from its metadata, and from nowhere else.
//! The metadata comes from a file or from a loopback address; it is never fetched from a network. Next: `judge`, `web`.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::x509::X509;
use thiserror::Error;
use url::Url;

use crate::xml::{self, DS, MD, XmlError};

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const LIMIT: u64 = 512 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the identity provider is unknown.
#[derive(Debug, Error)]
pub enum IdpError {
    /// The file or address can't be read.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    /// Not `http://` on this machine.
    #[error("not a plain http address on this machine")]
    NotLoopback,
    /// The server answered something other than 200.
    #[error("{0}")]
    Answer(String),
    /// Not XML.
    #[error("{0}")]
    Xml(#[from] XmlError),
    /// Metadata without the part named.
    #[error("no {0} in the metadata")]
    Missing(&'static str),
}

/// Where the metadata stands.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// `http://` on a loopback address.
    Loopback(Url),
}

impl Source {
    /// Reads `place` as an address when it begins with a scheme, else as a path.
    pub fn new(place: &str) -> Result<Source, IdpError> {
        match Url::parse(place) {
            Ok(url) if url.scheme() == "http" => Ok(Source::Loopback(url)),
            Ok(url) if url.scheme().len() > 1 => Err(IdpError::NotLoopback),
            _ => Ok(Source::File(place.into())),
        }
    }

    /// Reads the metadata afresh. Blocking, at most some seconds.
    pub fn read(&self) -> Result<Idp, IdpError> {
        match self {
            Source::File(path) => Idp::from_metadata(&fs::read_to_string(path)?),
            Source::Loopback(url) => Idp::from_metadata(&fetch(url)?),
        }
    }
}

/// One HTTP/1.0 GET, without redirects, to this machine only.
fn fetch(url: &Url) -> Result<String, IdpError> {
    let host = url.host_str().ok_or(IdpError::NotLoopback)?;
    let port = url.port_or_known_default().unwrap_or(80);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<_> = (bare, port).to_socket_addrs()?.collect();
    if addresses.is_empty() || !addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(IdpError::NotLoopback);
    }
    let mut stream = TcpStream::connect(&*addresses)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let request = format!("GET {}{query} HTTP/1.0\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(LIMIT).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") || head.to_ascii_lowercase().contains("transfer-encoding:") {
        return Err(IdpError::Answer(status.to_owned()));
    }
    Ok(body.to_owned())
}

/// An address and the binding it speaks.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// By redirect.
    pub redirect: Option<String>,
    /// By POST.
    pub post: Option<String>,
    /// Where answers go by redirect when that is another address (`ResponseLocation`).
    pub answer: Option<String>,
    /// The same by POST.
    pub answer_post: Option<String>,
}

/// The identity provider.
#[derive(Debug, Clone)]
pub struct Idp {
    /// Its entity ID.
    pub entity_id: String,
    /// Its signing certificates, DER, in the order listed.
    pub certificates: Vec<Vec<u8>>,
    /// Where requests to log in go.
    pub sso: Endpoints,
    /// Where logout messages go.
    pub slo: Endpoints,
}

impl Idp {
    /// Reads one `EntityDescriptor` with an `IDPSSODescriptor` for SAML 2.0.
    pub fn from_metadata(text: &str) -> Result<Idp, IdpError> {
        let document = xml::parse(text.trim_start_matches('\u{feff}'))?;
        let root = document.root_element();
        if !xml::is(root, MD, "EntityDescriptor") {
            return Err(IdpError::Missing("EntityDescriptor"));
        }
        let role = xml::children(root, MD, "IDPSSODescriptor")
            .find(|role| xml::attribute(*role, "protocolSupportEnumeration").split_whitespace().any(|p| p == xml::SAMLP))
            .ok_or(IdpError::Missing("IDPSSODescriptor"))?;
        let certificates: Vec<Vec<u8>> = xml::children(role, MD, "KeyDescriptor")
            .filter(|key| xml::attribute(*key, "use") != "encryption")
            .flat_map(|key| key.descendants().filter(|below| xml::is(*below, DS, "X509Certificate")))
            .filter_map(|node| STANDARD.decode(xml::text(node).split_whitespace().collect::<String>()).ok())
            .filter(|der| X509::from_der(der).is_ok())
            .collect();
        let idp = Idp {
            entity_id: xml::attribute(root, "entityID").to_owned(),
            certificates,
            sso: endpoints(role, "SingleSignOnService"),
            slo: endpoints(role, "SingleLogoutService"),
        };
        match () {
            () if idp.entity_id.is_empty() => Err(IdpError::Missing("entityID")),
            () if idp.certificates.is_empty() => Err(IdpError::Missing("X509Certificate")),
            () if idp.sso.redirect.is_none() && idp.sso.post.is_none() => Err(IdpError::Missing("SingleSignOnService")),
            () => Ok(idp),
        }
    }

    /// The origins its pages are on, for the content security policy's `form-action`.
    pub fn origins(&self) -> Vec<String> {
        let all = [&self.sso.redirect, &self.sso.post, &self.slo.redirect, &self.slo.post];
        let mut origins: Vec<String> = all
            .into_iter()
            .flatten()
            .filter_map(|address| Url::parse(address).ok())
            .map(|address| address.origin().ascii_serialization())
            .collect();
        origins.sort();
        origins.dedup();
        origins
    }
}

fn endpoints(role: roxmltree::Node<'_, '_>, name: &str) -> Endpoints {
    let mut found = Endpoints::default();
    for node in xml::children(role, MD, name) {
        let location = node.attribute("Location").map(str::to_owned);
        let answer = node.attribute("ResponseLocation").map(str::to_owned);
        match xml::attribute(node, "Binding") {
            REDIRECT if found.redirect.is_none() => (found.redirect, found.answer) = (location, answer),
            POST if found.post.is_none() => (found.post, found.answer_post) = (location, answer),
            _ => {}
        }
    }
    found
}
