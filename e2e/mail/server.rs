//! A mail server that misbehaves as it is told, on a free port of loopback. It writes down what it was given, and every
//! line it was told in clear.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
};

use openssl::ssl::{Ssl, SslAcceptor, SslContext, SslMethod, SslOptions, SslVersion};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_openssl::SslStream;

use super::pki::Pair;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Kind,
    /// Takes the line and says nothing.
    Mute,
    /// Greets with this instead.
    Greets(&'static str),
    /// Answers to the sender with this.
    Sender(&'static str),
    /// Answers to the recipient with this.
    Recipient(&'static str),
    /// Answers to the whole message with this, and does not keep it.
    Message(&'static str),
    /// Keeps the message and hangs up without a word.
    KeepsAndHangsUp,
    /// Keeps the message and never answers.
    KeepsAndIsMute,
    /// Offers no STARTTLS, as if somebody on the way had cut the offer out.
    Stripped,
    /// Refuses STARTTLS that it offered.
    Refuses,
    /// Slips an answer in behind its agreement to TLS.
    Injects,
}

/// A mail it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The envelope's recipient.
    pub to: String,
    /// Header and body.
    pub text: String,
    /// Whether it came over TLS.
    pub secure: bool,
}

/// The server. Dropping it ends it.
pub struct Server {
    /// Its port.
    pub port: u16,
    inside: Inside,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Inside {
    mood: Arc<Mutex<Mood>>,
    kept: Arc<Mutex<Vec<Kept>>>,
    clear: Arc<Mutex<Vec<String>>>,
    tls: Arc<Mutex<Option<SslContext>>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody fell over")
}

/// What a TLS server with this certificate does, with protocols up to `newest`.
fn context(pair: &Pair, newest: Option<SslVersion>) -> SslContext {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("a server");
    builder.set_private_key(&pair.key).expect("a key");
    builder.set_certificate(&pair.certificate).expect("a certificate");
    if newest.is_some() {
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder.set_security_level(0);
        builder.set_min_proto_version(None).expect("any version");
        builder.set_max_proto_version(newest).expect("a version");
        builder.set_cipher_list("ALL:@SECLEVEL=0").expect("ciphers");
    }
    builder.build().into_context()
}

impl Server {
    /// A kind server; without a certificate it speaks in clear and offers no STARTTLS.
    pub async fn start(pair: Option<&Pair>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Inside {
            mood: Arc::new(Mutex::new(Mood::Kind)),
            kept: Arc::default(),
            clear: Arc::default(),
            tls: Arc::new(Mutex::new(pair.map(|pair| context(pair, None)))),
        };
        let task = tokio::spawn(serve(listener, inside.clone()));
        Self { port, inside, task: Mutex::new(Some(task)) }
    }

    /// Changes its mood.
    pub fn is(&self, mood: Mood) {
        *held(&self.inside.mood) = mood;
    }

    /// Gives it another certificate, with protocols up to `newest`.
    pub fn shows(&self, pair: &Pair, newest: Option<SslVersion>) {
        *held(&self.inside.tls) = Some(context(pair, newest));
    }

    /// Nobody answers at its port any more.
    pub async fn goes_down(&self) {
        let task = held(&self.task).take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
    }

    /// It answers again.
    pub async fn comes_up(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the same port");
        *held(&self.task) = Some(tokio::spawn(serve(listener, self.inside.clone())));
    }

    /// What it keeps.
    pub fn kept(&self) -> Vec<Kept> {
        held(&self.inside.kept).clone()
    }

    /// What it was told in clear.
    pub fn heard_in_clear(&self) -> Vec<String> {
        held(&self.inside.clear).clone()
    }

    /// Forgets everything.
    pub fn forget(&self) {
        held(&self.inside.kept).clear();
        held(&self.inside.clear).clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = held(&self.task).take() {
            task.abort();
        }
    }
}

async fn serve(listener: TcpListener, inside: Inside) {
    // Ended with this task: a server that goes down hangs up on everybody.
    let mut guests = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let inside = inside.clone();
        guests.spawn(async move {
            let _ = talk(stream, inside).await;
        });
    }
}

async fn talk(stream: TcpStream, inside: Inside) -> io::Result<()> {
    let mood = *held(&inside.mood);
    let mut stream = BufReader::new(stream);
    match mood {
        Mood::Mute => std::future::pending::<()>().await,
        Mood::Greets(greeting) => return say(&mut stream, greeting).await,
        _ => say(&mut stream, "220 test").await?,
    }
    let tls = held(&inside.tls).clone();
    let Some(tls) = tls else { return session(stream, inside, false).await };
    loop {
        let Some(line) = hear(&mut stream).await? else { return Ok(()) };
        held(&inside.clear).push(line.clone());
        match line.split(' ').next().unwrap_or_default() {
            "EHLO" if mood == Mood::Stripped => say(&mut stream, "250-test\r\n250 8BITMIME").await?,
            "EHLO" => say(&mut stream, "250-test\r\n250-STARTTLS\r\n250 8BITMIME").await?,
            "STARTTLS" if mood == Mood::Refuses => say(&mut stream, "454 not now").await?,
            "STARTTLS" if mood == Mood::Injects => say(&mut stream, "220 go\r\n250-test\r\n250 AUTH PLAIN").await?,
            "STARTTLS" => {
                say(&mut stream, "220 go").await?;
                break;
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            // Whoever goes on in clear is given every chance to.
            _ => say(&mut stream, "250 ok").await?,
        }
    }
    let mut secured = SslStream::new(Ssl::new(&tls)?, stream.into_inner())?;
    Pin::new(&mut secured).accept().await.map_err(io::Error::other)?;
    session(BufReader::new(secured), inside, true).await
}

async fn session<S: AsyncRead + AsyncWrite + Unpin>(mut stream: BufReader<S>, inside: Inside, secure: bool) -> io::Result<()> {
    let mut to = String::new();
    while let Some(line) = hear(&mut stream).await? {
        let mood = *held(&inside.mood);
        if !secure {
            held(&inside.clear).push(line.clone());
        }
        match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => say(&mut stream, "250-test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME").await?,
            "AUTH" => say(&mut stream, "235 welcome").await?,
            "MAIL" => say(&mut stream, if let Mood::Sender(answer) = mood { answer } else { "250 ok" }).await?,
            "RCPT" => {
                to = line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                say(&mut stream, if let Mood::Recipient(answer) = mood { answer } else { "250 ok" }).await?;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let mut text = String::new();
                loop {
                    match hear(&mut stream).await? {
                        None => return Ok(()),
                        Some(line) if line == "." => break,
                        Some(line) => text.push_str(&format!("{}\n", line.strip_prefix('.').unwrap_or(&line))),
                    }
                }
                if let Mood::Message(answer) = mood {
                    say(&mut stream, answer).await?;
                    continue;
                }
                held(&inside.kept).push(Kept { to: to.clone(), text, secure });
                match mood {
                    Mood::KeepsAndHangsUp => return Ok(()),
                    Mood::KeepsAndIsMute => std::future::pending::<()>().await,
                    _ => say(&mut stream, "250 kept").await?,
                }
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "250 ok").await?,
        }
    }
    Ok(())
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, answer: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
    stream.get_mut().flush().await
}

async fn hear<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}
