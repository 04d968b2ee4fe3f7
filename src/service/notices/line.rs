//! The line to the mail server: TCP, and over it TLS 1.2 or newer with the certificate and its name checked. Asked for
//! TLS, nothing of a mail goes in clear: a server (or somebody on the way) that does not offer STARTTLS, or slips in
//! an answer before TLS has begun, gets nothing. The conversation is `post`'s.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use openssl::{
    error::ErrorStack,
    ssl::{SslConnector, SslMethod, SslVersion},
    x509::{X509, X509VerifyResult},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf},
    net::TcpStream,
};
use tokio_openssl::SslStream;

/// How the server is spoken to.
#[derive(Clone)]
pub enum Security {
    /// TLS after STARTTLS, which the server must agree to.
    Starttls(SslConnector),
    /// TLS from the first byte.
    Tls(SslConnector),
    /// In clear: for a server on this machine in demonstrations.
    Plain,
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Starttls(_) => "Starttls",
            Self::Tls(_) => "Tls",
            Self::Plain => "Plain",
        })
    }
}

/// A TLS client that trusts what this machine trusts, and these certificates (PEM) beside it.
///
/// # Errors
/// When the certificates are none.
pub fn connector(further: Option<&[u8]>) -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    // The vendored OpenSSL looks where it was built to look, which is nowhere.
    let trusted: Option<PathBuf> = openssl_probe::probe().cert_file;
    if let Some(trusted) = trusted {
        builder.set_ca_file(trusted)?;
    }
    for certificate in further.map(X509::stack_from_pem).transpose()?.unwrap_or_default() {
        builder.cert_store_mut().add_cert(certificate)?;
    }
    Ok(builder.build())
}

/// Why there is no line. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NoLine {
    /// Nobody answers there, or the line broke.
    #[error("connection")]
    Connection(#[from] io::Error),
    /// TLS failed; OpenSSL's own word for what is wrong with the certificate, if that was it.
    #[error("tls ({0})")]
    Tls(&'static str),
    /// The server does not offer STARTTLS, or somebody took the offer away.
    #[error("no_starttls")]
    NoStarttls,
    /// Bytes came between the server's agreement to TLS and TLS.
    #[error("starttls_injection")]
    Injection,
    /// What answers is no mail server, or does not want us.
    #[error("greeting")]
    Greeting,
}

/// Opens the line.
///
/// # Errors
/// [`NoLine`]; nothing of a mail was sent.
pub async fn open(host: &str, port: u16, security: &Security, hello: &str) -> Result<Box<dyn AsyncTokioStream>, NoLine> {
    let stream = TcpStream::connect((host, port)).await?;
    match security {
        Security::Plain => Ok(Box::new(stream)),
        Security::Tls(connector) => Ok(Box::new(Secured { greeting: &[], stream: secure(connector, host, stream).await? })),
        Security::Starttls(connector) => {
            let stream = agree(stream, hello).await?;
            // After STARTTLS no server greets again; lettre waits for a greeting and gets this one.
            Ok(Box::new(Secured { greeting: b"220 secured\r\n", stream: secure(connector, host, stream).await? }))
        }
    }
}

async fn secure(connector: &SslConnector, host: &str, stream: TcpStream) -> Result<SslStream<TcpStream>, NoLine> {
    let library = |_: ErrorStack| NoLine::Tls("library");
    // Sets the name that the certificate must carry, and asks for it (SNI).
    let ssl = connector.configure().map_err(library)?.into_ssl(host).map_err(library)?;
    let mut stream = SslStream::new(ssl, stream).map_err(library)?;
    match Pin::new(&mut stream).connect().await {
        Ok(()) => Ok(stream),
        Err(_) if stream.ssl().verify_result() != X509VerifyResult::OK => Err(NoLine::Tls(stream.ssl().verify_result().error_string())),
        Err(_) => Err(NoLine::Tls("handshake")),
    }
}

/// Greets in clear and has the server agree to TLS (RFC 3207).
async fn agree(stream: TcpStream, hello: &str) -> Result<TcpStream, NoLine> {
    let mut stream = BufReader::new(stream);
    answer(&mut stream, "220").await?;
    stream.write_all(format!("EHLO {hello}\r\n").as_bytes()).await?;
    let offers = answer(&mut stream, "250").await?;
    if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        return Err(NoLine::NoStarttls);
    }
    stream.write_all(b"STARTTLS\r\n").await?;
    answer(&mut stream, "220").await.map_err(|error| if matches!(error, NoLine::Greeting) { NoLine::NoStarttls } else { error })?;
    // What came already would be taken for something that the server said under TLS (CVE-2021-38371 and its kind).
    if stream.buffer().is_empty() { Ok(stream.into_inner()) } else { Err(NoLine::Injection) }
}

/// Reads an answer of one or more lines with this code; the texts of its lines.
async fn answer(stream: &mut BufReader<TcpStream>, code: &str) -> Result<Vec<String>, NoLine> {
    const LONGEST: u64 = 1024;
    let mut texts = Vec::new();
    while texts.len() < 100 {
        let mut line = String::new();
        (&mut *stream).take(LONGEST).read_line(&mut line).await?;
        let Some(line) = line.strip_suffix('\n') else { return Err(NoLine::Greeting) };
        let Some(rest) = line.trim_end().strip_prefix(code) else { return Err(NoLine::Greeting) };
        let goes_on = rest.starts_with('-');
        texts.push(rest.get(1..).unwrap_or_default().trim().to_owned());
        if !goes_on {
            return Ok(texts);
        }
    }
    Err(NoLine::Greeting)
}

/// A line under TLS, with the greeting that it begins with.
#[derive(Debug)]
struct Secured {
    greeting: &'static [u8],
    stream: SslStream<TcpStream>,
}

impl AsyncTokioStream for Secured {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().peer_addr()
    }
}

impl AsyncRead for Secured {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let (now, later) = self.greeting.split_at(self.greeting.len().min(into.remaining()));
        into.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
