//! Which addresses of a relying party a browser may be sent to.
//!
//! Nothing is resolved or fetched. The path goes on to `metadata`.

use url::{Host, Url};

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFault {
    /// Not a URL at all.
    #[error("it is not an absolute address")]
    NotAbsolute,
    /// `javascript:` and the like.
    #[error("only https addresses are accepted")]
    Scheme,
    /// http beyond this machine.
    #[error("plain http is accepted only for this machine (localhost), or where it is explicitly allowed")]
    PlainHttp,
    /// `user@host`.
    #[error("it contains a user name or password")]
    Credentials,
    /// `#fragment`.
    #[error("it contains a fragment")]
    Fragment,
    /// Control characters, blanks or backslashes, which browsers read differently.
    #[error("it contains blanks, backslashes or control characters")]
    Characters,
    /// Its query uses names the SAML bindings use.
    #[error("its query uses a parameter name that belongs to SAML")]
    ReservedParameter,
}

/// Checks an address as it stands in metadata.
pub fn check(text: &str, plain_http: bool) -> Result<(), EndpointFault> {
    if text.chars().any(|letter| letter.is_whitespace() || letter.is_control() || letter == '\\') {
        return Err(EndpointFault::Characters);
    }
    let url = Url::parse(text).map_err(|_| EndpointFault::NotAbsolute)?;
    match url.scheme() {
        "https" => {}
        "http" if plain_http || is_loopback(&url) => {}
        "http" => return Err(EndpointFault::PlainHttp),
        _ => return Err(EndpointFault::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointFault::Credentials);
    }
    if url.fragment().is_some() {
        return Err(EndpointFault::Fragment);
    }
    let reserved = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature"];
    if url.query_pairs().any(|(name, _)| reserved.iter().any(|known| name.eq_ignore_ascii_case(known))) {
        return Err(EndpointFault::ReservedParameter);
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_address_has_its_fault() {
        let cases = [
            ("https://sp.example.dk/acs", None),
            ("https://sp.example.dk:8443/acs?tenant=1", None),
            ("http://localhost:9000/acs", None),
            ("http://127.0.0.1/acs", None),
            ("http://[::1]/acs", None),
            ("http://sp.example.dk/acs", Some(EndpointFault::PlainHttp)),
            ("http://localhost.example.dk/acs", Some(EndpointFault::PlainHttp)),
            ("javascript:alert(1)", Some(EndpointFault::Scheme)),
            ("data:text/html,x", Some(EndpointFault::Scheme)),
            ("/acs", Some(EndpointFault::NotAbsolute)),
            ("", Some(EndpointFault::NotAbsolute)),
            ("https://good@evil.dk/", Some(EndpointFault::Credentials)),
            ("https://good\\@evil.dk/", Some(EndpointFault::Characters)),
            ("https://sp.example.dk/ acs", Some(EndpointFault::Characters)),
            ("https://sp.example.dk/acs#x", Some(EndpointFault::Fragment)),
            ("https://sp.example.dk/acs?SAMLResponse=x", Some(EndpointFault::ReservedParameter)),
            ("https://sp.example.dk/acs?relaystate=x", Some(EndpointFault::ReservedParameter)),
        ];
        for (url, expected) in cases {
            assert_eq!(check(url, false).err(), expected, "{url}");
        }
        assert_eq!(check("http://sp.example.dk/acs", true), Ok(()));
        assert_eq!(check("javascript:alert(1)", true), Err(EndpointFault::Scheme));
    }
}
