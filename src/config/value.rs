//! One value of the configuration: what was written, and how each type of setting reads it.
//! A secret is read from its file here and never shows itself again.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{base::secret::Secret, domain::assurance::Level, protocol::attestation::Demand};

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// Text; also every value of the environment.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A list of texts.
    List(Vec<String>),
}

/// A written value with the folder that relative paths in it start from.
#[derive(Debug, Clone)]
pub struct Raw {
    /// What was written.
    pub written: Written,
    /// Where relative paths start.
    pub base: PathBuf,
    /// Whether the text is the secret itself and not the path of its file.
    pub is_content: bool,
}

impl Raw {
    /// What was written, in a file of the folder `base`.
    pub fn new(written: Written, base: &Path) -> Self {
        Self { written, base: base.to_owned(), is_content: false }
    }

    fn text(&self) -> Result<&str, String> {
        match &self.written {
            Written::Text(text) => Ok(text),
            _ => Err("should be a text in quotes".to_owned()),
        }
    }

    fn number(&self) -> Result<i64, String> {
        match &self.written {
            Written::Number(number) => Ok(*number),
            Written::Text(text) => text.trim().parse().map_err(|_| "should be a whole number".to_owned()),
            _ => Err("should be a whole number".to_owned()),
        }
    }
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", toml::Value::String(text.clone())),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::List(list) => write!(f, "{}", toml::Value::Array(list.iter().cloned().map(toml::Value::String).collect())),
        }
    }
}

/// A type that a setting can have.
pub trait Reading: Sized {
    /// What kind of value it is, for people.
    const KIND: &'static str;
    /// Whether it is a secret that stands in a file of its own.
    const SECRET: bool = false;
    /// Reads what was written; the error is the end of a sentence that begins with the setting's name.
    fn read(raw: &Raw) -> Result<Self, String>;
    /// Reads what may not have been written.
    fn read_maybe(raw: Option<&Raw>) -> Result<Self, String> {
        raw.map_or_else(|| Err("must be set".to_owned()), Self::read)
    }
}

impl<T: Reading> Reading for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;
    fn read(raw: &Raw) -> Result<Self, String> {
        T::read(raw).map(Some)
    }
    fn read_maybe(raw: Option<&Raw>) -> Result<Self, String> {
        raw.map(T::read).transpose()
    }
}

impl Reading for String {
    const KIND: &'static str = "text";
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = raw.text()?.trim();
        if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
    }
}

impl Reading for bool {
    const KIND: &'static str = "true or false";
    fn read(raw: &Raw) -> Result<Self, String> {
        match &raw.written {
            Written::Flag(flag) => Ok(*flag),
            Written::Text(text) if text == "true" => Ok(true),
            Written::Text(text) if text == "false" => Ok(false),
            _ => Err("should be true or false".to_owned()),
        }
    }
}

impl Reading for u32 {
    const KIND: &'static str = "number";
    fn read(raw: &Raw) -> Result<Self, String> {
        Self::try_from(raw.number()?).map_err(|_| "should be a number from 0 to 4294967295".to_owned())
    }
}

impl Reading for SocketAddr {
    const KIND: &'static str = "address and port";
    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text()?.parse().map_err(|_| "should be an IP address and a port, as 127.0.0.1:8080 or [::1]:8080".to_owned())
    }
}

impl Reading for PathBuf {
    const KIND: &'static str = "path";
    fn read(raw: &Raw) -> Result<Self, String> {
        Ok(raw.base.join(raw.text()?))
    }
}

impl Reading for Vec<String> {
    const KIND: &'static str = "list of texts";
    fn read(raw: &Raw) -> Result<Self, String> {
        match &raw.written {
            Written::List(list) => Ok(list.clone()),
            // In the environment a list is written with commas.
            Written::Text(text) => Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()),
            _ => Err("should be a list of texts, as [\"one\", \"two\"]".to_owned()),
        }
    }
}

impl Reading for Vec<PathBuf> {
    const KIND: &'static str = "list of paths";
    fn read(raw: &Raw) -> Result<Self, String> {
        Ok(<Vec<String>>::read(raw)?.into_iter().map(|path| raw.base.join(path)).collect())
    }
}

/// A length of time, in whole seconds; written `45s`, `15m`, `10h` or `400d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Seconds, never negative.
    pub seconds: i64,
}

impl Reading for Span {
    const KIND: &'static str = "length of time";
    fn read(raw: &Raw) -> Result<Self, String> {
        let wrong = || "should be a length of time, as \"45s\", \"15m\", \"10h\" or \"400d\"".to_owned();
        let text = raw.text().map_err(|_| wrong())?.trim();
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            _ => return Err(wrong()),
        };
        let number: u32 = text.get(..text.len() - 1).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
        Ok(Self { seconds: i64::from(number) * unit })
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For eyes.
    Text,
}

impl Reading for Level {
    const KIND: &'static str = "low, substantial or high";
    fn read(raw: &Raw) -> Result<Self, String> {
        raw.text()?.parse().map_err(|_| "should be \"low\", \"substantial\" or \"high\"".to_owned())
    }
}

impl Reading for Demand {
    const KIND: &'static str = "none, asked or required";
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()? {
            "none" => Ok(Self::None),
            "asked" => Ok(Self::Asked),
            "required" => Ok(Self::Required),
            _ => Err("should be \"none\", \"asked\" or \"required\"".to_owned()),
        }
    }
}

impl Reading for LogFormat {
    const KIND: &'static str = "json or text";
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()? {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("should be \"json\" or \"text\"".to_owned()),
        }
    }
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// In clear until it agrees to TLS, which it must.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In clear, on this machine only.
    Plain,
}

impl Reading for MailTls {
    const KIND: &'static str = "starttls, tls or plain";
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()? {
            "starttls" => Ok(Self::Starttls),
            "tls" => Ok(Self::Tls),
            "plain" => Ok(Self::Plain),
            _ => Err("should be \"starttls\" or \"tls\"".to_owned()),
        }
    }
}

/// How we prove to a token endpoint who we are, in OpenID Connect's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// A statement signed with our key.
    PrivateKeyJwt,
    /// A secret in the header.
    SecretBasic,
    /// A secret in the body.
    SecretPost,
}

impl Reading for ClientAuthentication {
    const KIND: &'static str = "private_key_jwt, client_secret_basic or client_secret_post";
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text()? {
            "private_key_jwt" => Ok(Self::PrivateKeyJwt),
            "client_secret_basic" => Ok(Self::SecretBasic),
            "client_secret_post" => Ok(Self::SecretPost),
            _ => Err("should be \"private_key_jwt\", \"client_secret_basic\" or \"client_secret_post\"".to_owned()),
        }
    }
}

/// A secret that was read from its file, or stood in the environment itself.
#[derive(Debug, Clone)]
pub struct Confidential {
    content: Secret<String>,
    /// The file it came from; `None` when the environment held it.
    pub path: Option<PathBuf>,
}

impl Confidential {
    /// The secret, without white space around it.
    pub fn expose(&self) -> &str {
        self.content.expose().trim()
    }
}

/// A secret file larger than this is none.
const LARGEST_SECRET: u64 = 64 * 1024;

impl Reading for Confidential {
    const KIND: &'static str = "path of a file that holds the secret";
    const SECRET: bool = true;
    fn read(raw: &Raw) -> Result<Self, String> {
        if raw.is_content {
            return Ok(Self { content: Secret::new(raw.text()?.to_owned()), path: None });
        }
        let path = PathBuf::read(raw)?;
        let content = read_secret(&path)?;
        if content.expose().trim().is_empty() {
            return Err(format!("names {}, which is empty", path.display()));
        }
        Ok(Self { content, path: Some(path) })
    }
}

fn read_secret(path: &Path) -> Result<Secret<String>, String> {
    let unreadable = |error: std::io::Error| format!("names {}, which cannot be read: {error}", path.display());
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_SECRET {
        return Err(format!("names {}, which is too large for a secret ({size} bytes)", path.display()));
    }
    std::fs::read_to_string(path).map(Secret::new).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(written: Written) -> Raw {
        Raw { written, base: PathBuf::from("/etc/portvagt"), is_content: false }
    }

    #[test]
    fn spans_are_written_with_one_unit() {
        let seconds = |text: &str| Span::read(&raw(Written::Text(text.into()))).map(|span| span.seconds);
        assert_eq!(seconds("45s"), Ok(45));
        assert_eq!(seconds("15m"), Ok(900));
        assert_eq!(seconds("10h"), Ok(36_000));
        assert_eq!(seconds("400d"), Ok(34_560_000));
        for bad in ["", "s", "15", "-5m", "1.5h", "1 h", "15æ"] {
            assert!(seconds(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn relative_paths_start_at_the_file_and_lists_may_have_commas() {
        assert_eq!(PathBuf::read(&raw(Written::Text("key.pem".into()))), Ok("/etc/portvagt/key.pem".into()));
        assert_eq!(PathBuf::read(&raw(Written::Text("/k".into()))), Ok("/k".into()));
        assert_eq!(<Vec<String>>::read(&raw(Written::Text("a, b,".into()))), Ok(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn a_secret_of_the_environment_needs_no_file() {
        let secret = Raw { is_content: true, ..raw(Written::Text(" s3cret\n".into())) };
        let secret = Confidential::read(&secret).unwrap();
        assert_eq!(secret.expose(), "s3cret");
        assert!(!format!("{secret:?}").contains("s3cret"));
        assert!(Confidential::read(&raw(Written::Text("missing".into()))).unwrap_err().contains("/etc/portvagt/missing"));
    }
}
