//! One person's browser, as far as a login needs it: cookies, redirects, the hidden fields of forms.

use std::fmt::Write;

use anyhow::{Context, bail, ensure};
use portvagt::base::clock::{Clock, SystemClock};

use crate::{
    http::{Answer, Connection, field},
    prepare::{Employee, PASSWORD},
};

/// What a browser says of itself.
pub const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A browser with its cookies.
pub struct Visit {
    authority: String,
    cookies: Vec<(String, String)>,
}

impl Visit {
    /// Without cookies.
    pub fn new(authority: &str) -> Self {
        Self { authority: authority.to_owned(), cookies: Vec::new() }
    }

    /// The cookies as a header's value.
    pub fn cookies(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The session cookie as a header's value.
    pub fn session(&self) -> Option<String> {
        let (name, value) = self.cookies.iter().find(|(name, _)| name == "__Host-session")?;
        Some(format!("{name}={value}"))
    }

    /// Fetches a path and follows redirects on the same host; status and body of what comes.
    pub async fn open(&mut self, connection: &mut Connection, path: &str) -> anyhow::Result<(u16, String)> {
        let request = self.request("GET", path, None);
        self.send(connection, &request).await
    }

    /// Sends a form and follows redirects.
    pub async fn post(&mut self, connection: &mut Connection, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<(u16, String)> {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        let request = self.request("POST", path, Some(&body));
        self.send(connection, &request).await
    }

    async fn send(&mut self, connection: &mut Connection, request: &str) -> anyhow::Result<(u16, String)> {
        let mut request = request.to_owned();
        for _ in 0..5 {
            let answer = connection.exchange(request.as_bytes()).await?;
            self.keep(&answer);
            let Some(place) = answer.headers("location").next() else { return Ok((answer.status, answer.text().into_owned())) };
            let path = place.strip_prefix(&format!("http://{}", self.authority)).unwrap_or(place).to_owned();
            ensure!(path.starts_with('/'), "a redirect to another host: {path}");
            request = self.request("GET", &path, None);
        }
        bail!("redirects without end")
    }

    fn keep(&mut self, answer: &Answer<'_>) {
        for line in answer.headers("set-cookie") {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn request(&self, method: &str, path: &str, body: Option<&str>) -> String {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {AGENT}\r\nAccept-Language: da,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n",
            self.authority
        );
        if !self.cookies.is_empty() {
            let _ = write!(request, "Cookie: {}\r\n", self.cookies());
        }
        if let Some(body) = body {
            let _ = write!(
                request,
                "Origin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                self.authority,
                body.len()
            );
        }
        request.push_str("\r\n");
        request.push_str(body.unwrap_or_default());
        request
    }
}

/// A whole login that begins at `path` (a signed request, or `/login`): password, code, and the page that follows.
pub async fn log_in(visit: &mut Visit, connection: &mut Connection, path: &str, employee: &Employee) -> anyhow::Result<String> {
    let (_, page) = visit.open(connection, path).await?;
    let form = "action=\"/login/password\"";
    let (flow, csrf) = hidden(&page, form)?;
    let fields = [("flow", flow.as_str()), ("csrf", &csrf), ("user_name", &employee.username), ("password", PASSWORD)];
    let (_, page) = visit.post(connection, "/login/password", &fields).await?;
    let (flow, csrf) = hidden(&page, "action=\"/login/totp\"")?;
    let code = employee.totp.code_at(SystemClock.now().as_second())?;
    let (status, page) = visit.post(connection, "/login/totp", &[("flow", flow.as_str()), ("csrf", &csrf), ("code", &code)]).await?;
    ensure!(status == 200, "status {status}: {page}");
    Ok(page)
}

fn hidden(page: &str, form: &str) -> anyhow::Result<(String, String)> {
    let value = |name: &str| {
        let (_, rest) = page.split_once(form)?;
        field(rest, &format!("name=\"{name}\""), "value")
    };
    let both = value("flow").zip(value("csrf"));
    both.with_context(|| format!("no form {form} on this page: {page}"))
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
