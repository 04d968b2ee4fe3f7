//! What the login page costs on the wire: its HTML, then everything it names, each with its headers, as a browser that
//! takes Brotli gets it. Fonts are counted apart.

use crate::{
    http::Connection,
    login::{AGENT, Visit},
    server::Server,
};

/// Bytes received for the login page.
#[derive(Debug, Default)]
pub struct Weight {
    /// Redirect, HTML and their headers.
    pub page: usize,
    /// Style sheets, scripts and pictures with their headers.
    pub files: usize,
    /// How many of them.
    pub count: usize,
    /// Fonts the style sheet names (a browser fetches only those it uses).
    pub fonts: usize,
}

/// Fetches the login page as a first visitor does.
pub async fn weigh(server: &Server) -> anyhow::Result<Weight> {
    let mut connection = Connection::open(server.address).await?;
    let (_, page) = Visit::new(&server.authority).open(&mut connection, "/login").await?;
    let mut weight = Weight { page: connection.received, ..Weight::default() };
    let mut files = named(&page, "\"/static/");
    let mut at = 0;
    while let Some(path) = files.get(at).cloned() {
        at += 1;
        let before = connection.received;
        let ask = |coding: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {AGENT}\r\nAccept-Encoding: {coding}\r\n\r\n", server.authority)
        };
        connection.exchange(ask("gzip, deflate, br").as_bytes()).await?;
        let bytes = connection.received - before;
        if path.ends_with(".woff2") {
            weight.fonts += bytes;
            continue;
        }
        weight.files += bytes;
        weight.count += 1;
        if path.ends_with(".css") {
            // Read once more in the clear, for what it names; that is not counted.
            let text = connection.exchange(ask("identity").as_bytes()).await?.text().into_owned();
            let new: Vec<String> = named(&text, "url(").into_iter().filter(|path| !files.contains(path)).collect();
            files.extend(new);
        }
    }
    Ok(weight)
}

/// The static files that a text names after `before`, each once, without fragments.
fn named(text: &str, before: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for rest in text.split(before).skip(1) {
        let name: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_')).collect();
        let path = format!("/static/{name}");
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}
