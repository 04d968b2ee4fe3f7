//! The application as the rooms share it, and the server around it. Built once by `cli` or by a test; knows no secret of
//! its own beyond what the floors below hold. The path goes on in `routes`.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use jiff::Timestamp;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    protocol::webauthn::Ceremonies,
    service::{ground::Ground, mitid::Roads, saml::Desk},
    storage::health,
};

/// What every room works with.
#[derive(Debug, Clone)]
pub struct App {
    /// Database, clock, keys, rules.
    pub ground: Ground,
    /// The SAML side.
    pub desk: Desk,
    /// The roads to MitID.
    pub mitid: Roads,
    /// The passkey side.
    pub ceremonies: Ceremonies,
    /// Who runs this, and where.
    pub site: Arc<Site>,
    /// Whether it can serve.
    pub readiness: Readiness,
}

/// Whether the database could be written, and when that was asked. Anybody may ask; the database is asked once a second.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<Option<(Timestamp, bool)>>>);

impl Readiness {
    /// The answer of this second. Whoever asks meanwhile waits for it.
    pub async fn now(&self, ground: &Ground) -> bool {
        let mut known = self.0.lock().await;
        let now = ground.clock.now();
        if let Some((at, ready)) = *known
            && (0..1000).contains(&(now.as_millisecond() - at.as_millisecond()))
        {
            return ready;
        }
        let asked = health::ping(&ground.db).await;
        if let Err(fault) = &asked {
            tracing::warn!(event = "health.not_ready", reason = %fault);
        }
        *known = Some((now, asked.is_ok()));
        asked.is_ok()
    }
}

/// Who runs this, and where.
#[derive(Debug, Clone)]
pub struct Site {
    /// The address people know us by.
    pub base_url: Url,
    /// The organisation's name on pages.
    pub organisation: String,
    /// Whom to ask for help, in the operator's words.
    pub contact: String,
    /// A sentence of help for the login page.
    pub help: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

impl Site {
    /// Scheme, host and port of our pages, as `Origin` headers write it.
    pub fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// Host and port as `Host` headers write them.
    pub fn authority(&self) -> String {
        let host = self.base_url.host_str().unwrap_or_default();
        self.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// An IP network in CIDR notation, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// The text is no IP network.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no IP address or network such as 10.0.0.0/8")]
pub struct NotANetwork(String);

impl FromStr for Network {
    type Err = NotANetwork;
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let bad = || NotANetwork(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| bad())?;
        if bits > most { Err(bad()) } else { Ok(Self { address, bits }) }
    }
}

impl Network {
    /// Whether the address belongs to it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let shift = |width: u32| width.saturating_sub(u32::from(self.bits));
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(one)) => (net.to_bits() ^ one.to_bits()).checked_shr(shift(32)).unwrap_or(0) == 0,
            (IpAddr::V6(net), IpAddr::V6(one)) => (net.to_bits() ^ one.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0,
            _ => false,
        }
    }
}

/// The client's address: the peer, or behind trusted proxies the right-most hop that is not one of them (security case
/// B20). A header that cannot be read is as none: the peer's own address counts, and no rule is skipped.
pub fn client_address(peer: IpAddr, forwarded: Option<&str>, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let peer = peer.to_canonical();
    let Some(forwarded) = forwarded.filter(|_| is_trusted(peer)) else { return peer };
    for hop in forwarded.rsplit(',') {
        match hop.trim().parse::<IpAddr>() {
            Ok(address) if is_trusted(address.to_canonical()) => {}
            Ok(address) => return address.to_canonical(),
            Err(_) => return peer,
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_where_somebody_comes_from() {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let at = |peer: &str, header: Option<&str>| client_address(peer.parse().unwrap(), header, &trusted).to_string();
        assert_eq!(at("192.0.2.1", Some("198.51.100.7")), "192.0.2.1", "an untrusted peer is not believed");
        assert_eq!(at("10.1.2.3", Some("198.51.100.7")), "198.51.100.7");
        assert_eq!(at("10.1.2.3", Some("1.1.1.1, 198.51.100.7, 10.9.9.9")), "198.51.100.7", "the right-most stranger counts");
        assert_eq!(at("10.1.2.3", Some("a")), "10.1.2.3");
        assert_eq!(at("10.1.2.3", Some("fe80::1%eth0")), "10.1.2.3");
        assert_eq!(at("::1", None), "::1");
        assert_eq!(at("::ffff:10.1.2.3", Some("198.51.100.7")), "198.51.100.7");
    }

    #[test]
    fn networks_are_read_strictly() {
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "10.0.0.0/x"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().holds("9.9.9.9".parse().unwrap()));
    }
}
