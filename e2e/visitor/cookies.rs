//! The visitor's cookie jar, by RFC 6265bis as far as the tests need it.
//!
//! Cookies belong to a host, not a port. `Secure` is no hindrance on loopback, as in browsers; a `__Host-` or
//! `__Secure-` name that breaks its rules is refused, as in browsers. Nothing expires by time: only `Max-Age` at or
//! below zero and an `Expires` before 2020, the two ways to delete a cookie, count.

use url::Url;

/// When a cookie goes along with requests that another site starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Always (also a cookie that doesn't say).
    None,
    /// On links and redirects, not on posted forms.
    Lax,
    /// Never.
    Strict,
}

/// One stored cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// The host that set it.
    pub host: String,
    /// The path it is for.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its value, as sent.
    pub value: String,
    /// Whether it was set `Secure`.
    pub secure: bool,
    /// Whether it was set `HttpOnly`.
    pub http_only: bool,
    /// Its `SameSite` rule.
    pub same_site: SameSite,
}

/// All cookies of one visitor.
#[derive(Debug, Clone, Default)]
pub struct Jar(Vec<Cookie>);

impl Jar {
    /// Every cookie, in the order of first setting.
    pub fn all(&self) -> &[Cookie] {
        &self.0
    }

    /// The value of the cookie `name`, whichever host set it.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// The cookies whose name begins so.
    pub fn starting(&self, prefix: &str) -> Vec<&Cookie> {
        self.0.iter().filter(|cookie| cookie.name.starts_with(prefix)).collect()
    }

    /// Stores a cookie for the host of `url`, path `/`, in place of one with that name.
    pub fn set(&mut self, url: &Url, name: &str, value: &str) {
        let secure = name.starts_with("__");
        self.put(Cookie {
            host: host(url),
            path: "/".to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            secure,
            http_only: true,
            same_site: SameSite::Lax,
        });
    }

    /// Drops the cookies whose name begins so; says how many there were.
    pub fn remove_starting(&mut self, prefix: &str) -> usize {
        let before = self.0.len();
        self.0.retain(|cookie| !cookie.name.starts_with(prefix));
        before - self.0.len()
    }

    /// The `Cookie` header for a request to `url`; empty when there is nothing to send.
    pub fn header(&self, url: &Url, cross_site: bool, safe_method: bool) -> String {
        let goes = |cookie: &&Cookie| {
            cookie.host == host(url)
                && path_matches(&cookie.path, url.path())
                && (!cookie.secure || url.scheme() == "https" || is_loopback(&cookie.host))
                && match cookie.same_site {
                    SameSite::None => true,
                    SameSite::Lax => !cross_site || safe_method,
                    SameSite::Strict => !cross_site,
                }
        };
        let pairs: Vec<String> = self.0.iter().filter(goes).map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        pairs.join("; ")
    }

    /// Takes in one `Set-Cookie` line of an answer from `url`.
    pub fn store(&mut self, url: &Url, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let mut cookie = Cookie {
            host: host(url),
            path: default_path(url.path()),
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            secure: false,
            http_only: false,
            same_site: SameSite::None,
        };
        let (mut deleted, mut has_domain) = (false, false);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match key.to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "domain" => has_domain = true,
                "samesite" => cookie.same_site = same_site(value),
                "max-age" => deleted |= value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                "expires" => deleted |= year(value).is_some_and(|year| year < 2020),
                _ => {}
            }
        }
        let prefixed = cookie.name.starts_with("__Host-") || cookie.name.starts_with("__Secure-");
        let host_rule = cookie.name.starts_with("__Host-") && (has_domain || cookie.path != "/");
        if (prefixed && !cookie.secure) || host_rule {
            return;
        }
        if deleted {
            self.0.retain(|old| !same_cookie(old, &cookie));
        } else {
            self.put(cookie);
        }
    }

    fn put(&mut self, cookie: Cookie) {
        match self.0.iter_mut().find(|old| same_cookie(old, &cookie)) {
            Some(old) => *old = cookie,
            None => self.0.push(cookie),
        }
    }
}

fn same_cookie(one: &Cookie, other: &Cookie) -> bool {
    one.host == other.host && one.path == other.path && one.name == other.name
}

fn same_site(value: &str) -> SameSite {
    match value.to_ascii_lowercase().as_str() {
        "strict" => SameSite::Strict,
        "lax" => SameSite::Lax,
        _ => SameSite::None,
    }
}

/// The year of an HTTP date: its only number of four digits.
fn year(date: &str) -> Option<u16> {
    date.split(|c: char| !c.is_ascii_digit()).find(|number| number.len() == 4)?.parse().ok()
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

/// RFC 6265 section 5.1.4: the folder of the request path.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        Some(end) if end > 0 => path.get(..end).unwrap_or("/").to_owned(),
        _ => "/".to_owned(),
    }
}

/// RFC 6265 section 5.1.4: equal, or a folder above.
fn path_matches(cookie: &str, request: &str) -> bool {
    match request.strip_prefix(cookie) {
        Some(rest) => rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

#[test]
fn secure_cookies_live_on_loopback_and_die_by_max_age() {
    let url = Url::parse("http://localhost:8080/login/password").expect("url");
    let mut jar = Jar::default();
    jar.store(&url, "__Host-session=a=b; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(jar.header(&url, false, false), "__Host-session=a=b");
    assert_eq!(jar.header(&url, true, true), "__Host-session=a=b");
    assert_eq!(jar.header(&url, true, false), "", "Lax holds a cookie back from another site's form");
    jar.store(&url, "__Host-session=; Path=/; Secure; Max-Age=0");
    assert!(jar.all().is_empty());
}

#[test]
fn host_prefix_and_paths_are_kept() {
    let url = Url::parse("http://localhost/login/password").expect("url");
    let mut jar = Jar::default();
    jar.store(&url, "__Host-bad=1; Path=/");
    jar.store(&url, "__Host-bad=1; Path=/login; Secure");
    assert!(jar.all().is_empty(), "a browser refuses these");
    jar.store(&url, "narrow=1; Path=/log");
    jar.store(&url, "default=1");
    assert_eq!(jar.header(&url, false, true), "default=1");
    jar.store(&url, "default=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT");
    assert_eq!(jar.header(&url, false, true), "");
}
