//! Requests to relying parties by the back-channel: https with TLS 1.2 or newer and the certificate checked, no redirects,
//! no cookies, no proxy of the environment, a few seconds, and no more bytes than such answers have. Addresses come from
//! registered metadata and nowhere else. What is said is for `soap` and `logout`.

use std::{error::Error, time::Duration};

use reqwest::header::{CONTENT_TYPE, HeaderName};
use url::{Host, Url};

use crate::protocol::saml::soap::{ACTION, MEDIA_TYPE};

/// The most an answer may be.
const LARGEST: usize = 256 * 1024;

/// The way to relying parties; cheap to clone.
#[derive(Debug, Clone)]
pub struct Courier {
    client: reqwest::Client,
    timeout: Duration,
    local: bool,
}

/// Why there is no courier.
#[derive(Debug, thiserror::Error)]
#[error("no connections to services can be made: {0}")]
pub struct NoCourier(#[from] reqwest::Error);

/// Why a relying party did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Unanswered {
    /// Its address is one that is never called.
    Address,
    /// Nobody there, or not the one the certificate should name.
    Unreachable,
    /// It took too long.
    Slow,
    /// Another status than 200.
    Status,
    /// The answer is larger than any is.
    TooLarge,
}

impl Unanswered {
    /// The word for events and log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::Status => "http_status",
            Self::TooLarge => "too_large",
        }
    }
}

impl Courier {
    /// A courier that waits so long for an answer in all, and trusts the certificates in `ca` (PEM) beside those of this
    /// machine. `local`: whether we ourselves are on a developer's machine, where services are too.
    pub fn new(timeout: Duration, ca: Option<&[u8]>, local: bool) -> Result<Self, NoCourier> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .min_tls_version(reqwest::tls::Version::TLS_1_2)
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(timeout)
            .user_agent(concat!("Portvagt/", env!("CARGO_PKG_VERSION")));
        for certificate in ca.map(reqwest::Certificate::from_pem_bundle).transpose()?.unwrap_or_default() {
            builder = builder.add_root_certificate(certificate);
        }
        Ok(Self { client: builder.build()?, timeout, local })
    }

    /// The longest that one request takes.
    pub fn longest(&self) -> Duration {
        self.timeout
    }

    /// Sends an envelope and gives the answer's body. `plain_http`: whether the relying party's entry allows that.
    pub async fn ask(&self, address: &str, envelope: String, plain_http: bool) -> Result<Vec<u8>, Unanswered> {
        let address = Url::parse(address).ok().filter(|url| self.permits(url, plain_http)).ok_or(Unanswered::Address)?;
        let request = self.client.post(address).header(CONTENT_TYPE, MEDIA_TYPE).header(HeaderName::from_static("soapaction"), ACTION);
        let mut answer = request.body(envelope).send().await.map_err(|error| fault(&error))?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(Unanswered::Status);
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + part.len() > LARGEST {
                return Err(Unanswered::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    /// Whether the address may be called: this machine's own ports only from a developer's machine, and nothing that only a
    /// cloud's machines reach (link-local addresses). Services inside an organisation's network are what this is for.
    fn permits(&self, address: &Url, plain_http: bool) -> bool {
        let here = match address.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
            Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.to_ipv4_mapped().is_some(),
            None => return false,
        };
        let link_local = match address.host() {
            Some(Host::Ipv4(ip)) => ip.is_link_local(),
            Some(Host::Ipv6(ip)) => ip.is_unicast_link_local(),
            _ => false,
        };
        let scheme = match address.scheme() {
            "https" => true,
            "http" => (self.local && here) || plain_http,
            _ => false,
        };
        scheme && !link_local && (self.local || !here)
    }
}

fn fault(error: &reqwest::Error) -> Unanswered {
    // What exactly failed (name, connection, certificate) is for the operator's eyes.
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::warn!(event = "slo.wire", reason = %error.to_string().split(" for url").next().unwrap_or_default(), cause);
    if error.is_timeout() { Unanswered::Slow } else { Unanswered::Unreachable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_services_are_called() {
        let permits = |local, plain, address: &str| {
            Courier::new(Duration::from_secs(1), None, local).unwrap().permits(&Url::parse(address).unwrap(), plain)
        };
        for good in ["https://sp.kommune.dk/slo", "https://intranet/slo", "https://10.1.2.3/slo"] {
            assert!(permits(false, false, good), "{good}");
        }
        for bad in [
            "http://sp.kommune.dk/slo",
            "https://localhost/slo",
            "https://127.0.0.1/slo",
            "https://[::1]/slo",
            "https://[::ffff:127.0.0.1]/slo",
            "https://0.0.0.0/slo",
            "https://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/slo",
            "file:///etc/passwd",
            "ftp://sp.kommune.dk/",
        ] {
            assert!(!permits(false, false, bad), "{bad}");
        }
        assert!(permits(false, true, "http://sp.kommune.dk/slo"), "where its entry allows it");
        assert!(!permits(false, true, "http://127.0.0.1/slo"));
        assert!(permits(true, false, "http://127.0.0.1:9000/slo"));
        assert!(!permits(true, false, "http://10.0.0.1/slo"));
    }
}
