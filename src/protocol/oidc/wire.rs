//! Requests to the broker: https only (plain http only to this very machine), TLS 1.2 or newer with the certificate
//! checked, no redirects, no cookies, no proxy of the environment, a time limit, and no more bytes than such answers
//! have. What the answers mean is for the rooms beside.

use std::{error::Error, future::Future, pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use url::{Host, Url};

use crate::protocol::oidc::Reason;

/// The most an answer may be. Discovery documents and key sets have a few KiB.
const LARGEST: usize = 256 * 1024;

/// A client for requests to one broker.
#[derive(Debug, Clone)]
pub struct Wire {
    client: reqwest::Client,
    /// Whether the broker is a program on this machine (demo, tests).
    local: bool,
}

impl Wire {
    /// A client towards that issuer. Plain http is spoken only when the issuer itself is on this machine.
    pub fn new(issuer: &str, timeout: Duration) -> Result<Self, Reason> {
        let issuer = Url::parse(issuer).map_err(|_| Reason::Address)?;
        let local = issuer.scheme() == "http" && is_this_machine(&issuer);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .min_tls_version(reqwest::tls::Version::TLS_1_2)
            .no_proxy()
            .https_only(!local)
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .user_agent(concat!("Portvagt/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| Reason::Unreachable)?;
        let wire = Self { client, local };
        wire.permits(&issuer).then_some(wire).ok_or(Reason::Address)
    }

    /// Whether the address is one that the broker may name: https at a host with a name, so that neither the broker nor
    /// whoever speaks for it can point us at addresses inside our own network; on this machine also http.
    pub fn permits(&self, address: &Url) -> bool {
        let plain = address.username().is_empty() && address.password().is_none() && address.fragment().is_none();
        let place = match address.scheme() {
            "https" => matches!(address.host(), Some(Host::Domain(name)) if name.contains('.') && !name.ends_with(".localhost")),
            "http" => self.local && is_this_machine(address),
            _ => false,
        };
        plain && place
    }

    /// Fetches a JSON document.
    pub async fn document(&self, address: &Url) -> Result<Vec<u8>, Reason> {
        let request = http::Request::get(address.as_str()).header(http::header::ACCEPT, "application/json").body(Vec::new());
        let answer = self.fetch(request.map_err(|_| Reason::Address)?).await?;
        if answer.status() != http::StatusCode::OK {
            return Err(Reason::Status);
        }
        Ok(answer.into_body())
    }

    /// Sends one request.
    pub async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, Reason> {
        let address = Url::parse(&request.uri().to_string()).map_err(|_| Reason::Address)?;
        if !self.permits(&address) {
            return Err(Reason::Address);
        }
        let request = reqwest::Request::try_from(request).map_err(|_| Reason::Address)?;
        let mut answer = self.client.execute(request).await.map_err(|error| fault(&error))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(Reason::Redirect);
        }
        if status.is_server_error() {
            return Err(Reason::Status);
        }
        let mut built = http::Response::builder().status(status);
        if let Some(headers) = built.headers_mut() {
            headers.extend(answer.headers().get(http::header::CONTENT_TYPE).map(|kind| (http::header::CONTENT_TYPE, kind.clone())));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + part.len() > LARGEST {
                return Err(Reason::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        built.body(body).map_err(|_| Reason::Malformed)
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = Reason;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Reason>> + Send + 'c>>;
    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

fn fault(error: &reqwest::Error) -> Reason {
    // What exactly failed (name, connection, certificate) is for the operator's eyes, and never holds a body.
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::warn!(event = "mitid.broker.wire", reason = %error.to_string().split(" for url").next().unwrap_or_default(), cause);
    if error.is_timeout() { Reason::Slow } else { Reason::Unreachable }
}

fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_brokers_own_kind_of_address_is_called() {
        let permits =
            |issuer: &str, address: &str| Wire::new(issuer, Duration::from_secs(1)).unwrap().permits(&Url::parse(address).unwrap());
        let real = "https://broker.example";
        assert!(permits(real, "https://keys.broker.example/jwks"), "another host of the broker's, by name");
        for inside in [
            "http://broker.example/token",
            "https://localhost/token",
            "https://intranet/token",
            "https://127.0.0.1/token",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/token",
            "https://a.localhost/token",
            "https://user@broker.example/token",
            "https://broker.example/token#x",
            "ftp://broker.example/token",
            "file:///etc/passwd",
        ] {
            assert!(!permits(real, inside), "{inside}");
        }
        let local = "http://localhost:9000";
        assert!(permits(local, "http://127.0.0.1:9000/token"));
        assert!(!permits(local, "http://10.0.0.1/token"));
        for no_issuer in ["http://broker.example", "broker.example", "https://10.0.0.1", "https://intranet"] {
            assert!(matches!(Wire::new(no_issuer, Duration::from_secs(1)), Err(Reason::Address)), "{no_issuer}");
        }
    }
}
