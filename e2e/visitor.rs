//! A visitor without a browser: fetches pages, keeps cookies, reads and sends forms, one request at a time.
//!
//! It follows a browser's rules where they matter for the server (SameSite, the `__Host-` prefix, `Origin`), and lets a
//! test look at and replace everything. It never follows a redirect by itself and never runs script: `follow` and
//! `submit` are the only steps it takes, and only when asked. The time of day plays no part in its cookies.
//! Pages and forms are read in `form.rs` below; the actors that use this stand in their own files.

mod cookies;
mod form;

pub use cookies::Jar;
pub use form::{Form, decode};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, REFERRER_POLICY, SET_COOKIE};
use std::net::IpAddr;
use url::Url;

/// One answer of a server, and the address it came from.
#[derive(Debug, Clone)]
pub struct Page {
    /// The HTTP status code.
    pub status: u16,
    /// All response headers, `Set-Cookie` included.
    pub headers: HeaderMap,
    /// The body as text; bytes that aren't UTF-8 are replaced.
    pub body: String,
    /// The address that was asked.
    pub url: Url,
}

impl Page {
    /// The header `name` as text, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Where a redirect leads, made absolute; `None` for anything but a 3xx with `Location`.
    pub fn location(&self) -> Option<Url> {
        let target = self.headers.get(LOCATION)?.to_str().ok()?;
        (300..400).contains(&self.status).then(|| self.url.join(target).ok())?
    }

    /// All forms of the page, in order.
    pub fn forms(&self) -> Vec<Form> {
        form::read(&self.body, &self.url)
    }

    /// The first form whose (absolute) action contains `action`, if there is one.
    pub fn find_form(&self, action: &str) -> Option<Form> {
        self.forms().into_iter().find(|form| form.action.as_str().contains(action))
    }

    /// The first form whose (absolute) action contains `action`. Fails the test, showing the page, when there is none.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        self.find_form(action).unwrap_or_else(|| panic!("no form to {action:?} on this page:\n{}", self.describe()))
    }

    /// The form that posts a SAML message to the other side, if this is such a page.
    pub fn saml_form(&self) -> Option<Form> {
        self.forms().into_iter().find(|form| form.value("SAMLResponse").or(form.value("SAMLRequest")).is_some())
    }

    /// Status, address, redirect target and body, for messages of failed tests.
    pub fn describe(&self) -> String {
        format!("{} {} -> {:?}\n{}", self.status, self.url, self.header("location"), self.body)
    }
}

/// Someone who visits web pages. A clone is a second browser that begins with the same cookies.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: reqwest::Client,
    /// The cookies, to be looked at and replaced.
    pub cookies: Jar,
    /// Headers sent with every request, such as `Accept-Language`.
    pub headers: Vec<(String, String)>,
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Visitor {
    /// A visitor with no cookies.
    pub fn new() -> Self {
        Self::with(None, None)
    }

    /// A visitor for whom `localhost` is that address, and who comes from `address`, e.g. 127.0.0.9 (Linux answers on all
    /// of 127.0.0.0/8), or from wherever the system likes.
    pub fn of_node(node: IpAddr, address: Option<IpAddr>) -> Self {
        Self::with(address, Some(node))
    }

    /// The same visitor, cookies and all, at another node.
    #[must_use]
    pub fn at_node(&self, node: IpAddr) -> Self {
        Self { cookies: self.cookies.clone(), headers: self.headers.clone(), ..Self::of_node(node, None) }
    }

    fn with(address: Option<IpAddr>, node: Option<IpAddr>) -> Self {
        let mut builder = reqwest::Client::builder();
        if let Some(node) = node {
            // Port 0: that of the address asked for.
            builder = builder.resolve("localhost", std::net::SocketAddr::new(node, 0));
        }
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .local_address(address)
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .expect("an HTTP client");
        Self { client, cookies: Jar::default(), headers: vec![] }
    }

    /// Fetches an address, as if typed into the address bar. Redirects are not followed.
    pub async fn get(&mut self, url: impl AsRef<str>) -> Page {
        self.send(Method::GET, &parse(url.as_ref()), None, &[], Vec::new()).await
    }

    /// Fetches an address and follows what comes.
    pub async fn open(&mut self, url: impl AsRef<str>) -> Page {
        let page = self.get(url).await;
        self.follow(page).await
    }

    /// Follows a redirect, and those after it, up to ten; any other page comes back as it is.
    pub async fn follow(&mut self, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            let Some(target) = page.location() else { return page };
            let from = page.url.clone();
            page = self.send(Method::GET, &target, Some(&from), &[], Vec::new()).await;
        }
        assert!(page.location().is_none(), "still a redirect after ten: {}", page.describe());
        page
    }

    /// Posts fields, as a form of the same site would. Redirects are not followed.
    pub async fn post_form(&mut self, url: impl AsRef<str>, fields: &[(&str, &str)]) -> Page {
        let url = parse(url.as_ref());
        let origin = url.origin().ascii_serialization();
        self.send_form(&url, Some(&url), &origin, fields).await
    }

    /// Posts JSON, as a script of the same site would, with further headers.
    pub async fn post_json(&mut self, url: impl AsRef<str>, body: impl Into<String>, headers: &[(&str, &str)]) -> Page {
        let url = parse(url.as_ref());
        let origin = url.origin().ascii_serialization();
        let mut all = vec![(CONTENT_TYPE.as_str(), "application/json"), (ORIGIN.as_str(), &origin)];
        all.extend_from_slice(headers);
        self.send(Method::POST, &url, Some(&url), &all, body.into().into_bytes()).await
    }

    /// Sends a form of `page` as the browser would: cookies of another site only as SameSite allows, `Origin` by the
    /// page's own Referrer-Policy. Redirects are not followed.
    pub async fn submit(&mut self, page: &Page, form: &Form) -> Page {
        let fields: Vec<(&str, &str)> = form.inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if form.method != "post" {
            let mut url = form.action.clone();
            url.query_pairs_mut().clear().extend_pairs(&fields);
            return self.send(Method::GET, &url, Some(&page.url), &[], Vec::new()).await;
        }
        let silent = page.headers.get(REFERRER_POLICY).is_some_and(|policy| policy == "no-referrer");
        let origin = if silent { "null".to_owned() } else { page.url.origin().ascii_serialization() };
        self.send_form(&form.action, Some(&page.url), &origin, &fields).await
    }

    /// Fills in and sends the page's form whose action contains `action`, and follows what comes.
    pub async fn submit_form(&mut self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = page.form(action);
        for (name, value) in fields {
            form.set(name, value);
        }
        let answer = self.submit(page, &form).await;
        self.follow(answer).await
    }

    /// Does what a page with script would do by itself: sends the SAML form and follows, until no such page comes.
    pub async fn carry_saml(&mut self, page: Page) -> Page {
        let mut page = self.follow(page).await;
        for _ in 0..10 {
            let Some(form) = page.saml_form() else { return page };
            let answer = self.submit(&page, &form).await;
            page = self.follow(answer).await;
        }
        page
    }

    /// Posts fields from the page at `from` (another site's cookies are then held back) with the given `Origin`.
    pub async fn send_form(&mut self, url: &Url, from: Option<&Url>, origin: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded"), (ORIGIN.as_str(), origin)];
        self.send(Method::POST, url, from, &headers, body.into_bytes()).await
    }

    /// Sends exactly this request; `from` is the page it starts from, `None` an address typed in. Cookies are added by
    /// the rules of the jar, unless `headers` brings a `Cookie` of its own.
    pub async fn send(&mut self, method: Method, url: &Url, from: Option<&Url>, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        let cross_site = from.is_some_and(|from| from.host_str() != url.host_str());
        let safe = method == Method::GET || method == Method::HEAD;
        let mut request = self.client.request(method, url.clone()).body(body);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies = self.cookies.header(url, cross_site, safe);
        if !cookies.is_empty() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
            request = request.header(COOKIE, cookies);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("no answer from {url}: {error:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            self.cookies.store(url, &String::from_utf8_lossy(line.as_bytes()));
        }
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("half an answer from {url}: {error:?}"));
        Page { status, headers, body: String::from_utf8_lossy(&body).into_owned(), url: url.clone() }
    }
}

#[track_caller]
fn parse(url: &str) -> Url {
    Url::parse(url).unwrap_or_else(|error| panic!("not an absolute address: {url:?}: {error}"))
}
