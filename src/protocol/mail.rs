//! A mail as bytes (RFC 5322, MIME): text and HTML side by side, the same bytes at every try, so that a receiver that
//! gets one twice knows it by its Message-ID. What never happens here: deciding whom to write to, or speaking to a server.
//! The path goes on in `service::notices::post`.

use jiff::Timestamp;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

/// A mail before it is bytes.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Tells it from all others; part of its Message-ID.
    pub id: &'a str,
    /// The host in its Message-ID.
    pub host: &'a str,
    /// The name it comes from.
    pub from_name: &'a str,
    /// The address it comes from.
    pub from: &'a str,
    /// Where answers go.
    pub reply_to: Option<&'a str>,
    /// The one address it goes to.
    pub to: &'a str,
    /// One line.
    pub subject: &'a str,
    /// For readers of plain text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
    /// `da` or `en`.
    pub language: &'static str,
    /// When it was written.
    pub at: Timestamp,
}

/// A mail as it is handed over.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// From and to.
    pub envelope: Envelope,
    /// Header and body.
    pub bytes: Vec<u8>,
}

/// Why a draft cannot be a mail; trying again does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAMail {
    /// The address it should go to is none.
    #[error("bad_address")]
    To,
    /// The address it should come from is none, or a header cannot be written.
    #[error("bad_header")]
    Header,
}

/// Whether the text is one mail address, and nothing else.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

/// Writes the draft down.
///
/// # Errors
/// [`NotAMail`] for addresses that are none.
pub fn compose(draft: &Draft<'_>) -> Result<Sealed, NotAMail> {
    let address = |text: &str, wrong| text.parse::<Address>().map_err(|_| wrong);
    let from = address(draft.from, NotAMail::Header)?;
    let to = address(draft.to, NotAMail::To)?;
    let one_line = |text: &str| text.chars().filter(|letter| !letter.is_control()).collect::<String>();
    let own = |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let mut message = Message::builder()
        .from(Mailbox::new(Some(one_line(draft.from_name)), from.clone()))
        // The bare address: no name that somebody chose stands in a header.
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(draft.subject))
        .date(draft.at.into())
        .message_id(Some(format!("<{}@{}>", draft.id, draft.host)))
        // No automatic answers to what is sent automatically (RFC 3834; the second is what Exchange heeds).
        .raw_header(own("Auto-Submitted", "auto-generated"))
        .raw_header(own("X-Auto-Response-Suppress", "All"))
        .raw_header(own("Content-Language", draft.language));
    if let Some(reply_to) = draft.reply_to {
        message = message.reply_to(Mailbox::new(None, address(reply_to, NotAMail::Header)?));
    }
    let part = |kind, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
    let parts = MultiPart::alternative().boundary(format!("=_{}", draft.id));
    let parts = parts.singlepart(part(ContentType::TEXT_PLAIN, draft.text)).singlepart(part(ContentType::TEXT_HTML, draft.html));
    let message = message.multipart(parts).map_err(|_| NotAMail::Header)?;
    let envelope = Envelope::new(Some(from), vec![to]).map_err(|_| NotAMail::To)?;
    Ok(Sealed { envelope, bytes: message.formatted() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::from_millis;

    fn draft<'a>(to: &'a str, subject: &'a str, text: &'a str) -> Draft<'a> {
        Draft {
            id: "b5f0",
            host: "login.example",
            from_name: "Testkommune Øst",
            from: "login@example.dk",
            reply_to: Some("desk@example.dk"),
            to,
            subject,
            text,
            html: "<p>Hej</p>",
            language: "da",
            at: from_millis(1_700_000_000_000),
        }
    }

    /// Header names, unfolded, in order.
    fn headers(bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let head = text.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
        head.split("\r\n").map(|line| line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}")).0.to_owned()).collect()
    }

    #[test]
    fn a_mail_is_the_same_bytes_at_every_try() {
        let sealed = compose(&draft("anna@example.dk", "Din adgang er spærret", "Hej Åse\r\n.\r\nslut")).unwrap();
        assert_eq!(sealed.bytes, compose(&draft("anna@example.dk", "Din adgang er spærret", "Hej Åse\r\n.\r\nslut")).unwrap().bytes);
        assert!(sealed.bytes.is_ascii());
        let text = String::from_utf8(sealed.bytes).unwrap();
        for expected in [
            "Message-ID: <b5f0@login.example>\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "To: anna@example.dk\r\n",
            "Reply-To: desk@example.dk\r\n",
            "multipart/alternative",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
        assert!(!text.contains("List-"));
    }

    #[test]
    fn nothing_adds_a_header_or_a_recipient() {
        let plain = compose(&draft("anna@example.dk", "x", "x")).unwrap();
        for hostile in ["x\r\nBcc: evil@example.net", "x\nBcc: evil@example.net", "x\rBcc: evil@example.net", "x\r\n\r\nbody", "\u{0}x"] {
            let sealed = compose(&draft("anna@example.dk", hostile, hostile)).unwrap();
            assert_eq!(headers(&sealed.bytes), headers(&plain.bytes), "{hostile:?}");
            assert_eq!(sealed.envelope.to().len(), 1);
            let mut named = draft("anna@example.dk", "x", "x");
            named.from_name = hostile;
            assert_eq!(headers(&compose(&named).unwrap().bytes), headers(&plain.bytes), "{hostile:?}");
        }
        for to in [
            "",
            "anna",
            "anna@example.dk, evil@example.net",
            "anna@example.dk\r\nRCPT TO:<evil@example.net>",
            "<anna@example.dk>",
            "a b@example.dk",
        ] {
            assert_eq!(compose(&draft(to, "x", "x")).unwrap_err(), NotAMail::To, "{to:?}");
        }
    }
}
