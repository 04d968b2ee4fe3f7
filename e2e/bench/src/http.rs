//! HTTP/1.1 with as little work as possible: one connection that is kept, one request at a time, the answer in one
//! buffer. It must be far cheaper than what it measures. No TLS, no chunked bodies (the server sends lengths).

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kept connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes received since it was opened.
    pub received: usize,
}

/// An answer, in the connection's buffer until the next request.
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// Status line and headers.
    pub head: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// All values of a header; `name` in lower case.
    pub fn headers<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.head.lines().skip(1).filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024), received: 0 })
    }

    /// Sends a whole request and reads the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.fill().await?;
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).context("headers that are no text")?;
        let status = text.get(9..12).and_then(|code| code.parse().ok()).context("no status line")?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = head + length.context("an answer without its length")?;
        while self.buffer.len() < whole {
            self.fill().await?;
        }
        self.received += self.buffer.len();
        let (head, body) = self.buffer.split_at(head);
        Ok(Answer { status, head: std::str::from_utf8(head)?, body })
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        self.buffer.reserve(16 * 1024);
        match timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.context("no answer")?? {
            0 => bail!("the server closed the connection"),
            _ => Ok(()),
        }
    }
}

/// Where `needle` begins in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, _) = needle.split_first()?;
    let mut from = 0;
    while let Some(at) = hay.get(from..)?.iter().position(|byte| byte == first) {
        if hay[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// The value of `name="..."` that follows `after` in a page; entities of our own pages are undone.
pub fn field(page: &str, after: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(after)?;
    let (_, rest) = rest.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&#43;", "+").replace("&#61;", "=").replace("&#47;", "/").replace("&amp;", "&"))
}
