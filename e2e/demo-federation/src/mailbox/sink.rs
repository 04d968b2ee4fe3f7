//! A mail server that takes everything and sends nothing on: enough of RFC 5321 for one sender on this machine, in clear.
//! What it took is the mailbox's.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::Mailbox;

/// A line longer than this, or a mail larger, ends the conversation.
const LONGEST_LINE: u64 = 4096;
const LARGEST_MAIL: usize = 1024 * 1024;

/// Takes mails until the program ends.
pub(super) async fn serve(listener: TcpListener, mailbox: Mailbox) {
    while let Ok((stream, _)) = listener.accept().await {
        let mailbox = mailbox.clone();
        actix_web::rt::spawn(async move {
            // A sender that breaks off has sent nothing.
            let _ = talk(BufReader::new(stream), &mailbox).await;
        });
    }
}

async fn talk(mut stream: BufReader<TcpStream>, mailbox: &Mailbox) -> io::Result<()> {
    say(&mut stream, "220 mailbox.example simulated").await?;
    let mut recipients = Vec::new();
    while let Some(line) = hear(&mut stream).await? {
        let line = String::from_utf8_lossy(&line).into_owned();
        match line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => say(&mut stream, "250-mailbox.example\r\n250-8BITMIME\r\n250 SMTPUTF8").await?,
            "RCPT" => {
                recipients.push(address(&line));
                say(&mut stream, "250 ok").await?;
            }
            "DATA" if recipients.is_empty() => say(&mut stream, "503 to whom?").await?,
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let Some(mail) = body(&mut stream).await? else { return Ok(()) };
                recipients.drain(..).for_each(|to| mailbox.keep(&to, &mail));
                say(&mut stream, "250 kept").await?;
            }
            "RSET" | "MAIL" => {
                recipients.clear();
                say(&mut stream, "250 ok").await?;
            }
            "HELO" | "NOOP" => say(&mut stream, "250 ok").await?,
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "502 not here").await?,
        }
    }
    Ok(())
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    line.split_once('<').and_then(|(_, behind)| behind.split('>').next()).unwrap_or_default().to_owned()
}

/// The mail up to the line with a single dot; `None` when it broke off or is too large.
async fn body(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut mail = Vec::new();
    while let Some(line) = hear(stream).await? {
        if line == b"." {
            return Ok(Some(mail));
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        mail.extend_from_slice(b"\r\n");
        if mail.len() > LARGEST_MAIL {
            return Ok(None);
        }
    }
    Ok(None)
}

async fn hear(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    stream.take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
    let Some(line) = line.strip_suffix(b"\n") else { return Ok(None) };
    Ok(Some(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}

async fn say(stream: &mut BufReader<TcpStream>, answer: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await
}
