//! "Mailbox (simulated)": everybody's mail in one place. A mail server on this machine takes what Portvagt sends, and pages
//! show it. HTML of mails is shown in a frame that may do nothing but open a link. Next: `sink`, `templates/mailbox`.

mod sink;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web,
};
use askama::Template;
use mail_parser::MessageParser;

use crate::{
    page,
    texts::{self, Texts},
};

/// Mails that are kept; older ones are forgotten.
const KEPT: usize = 500;

/// A mail, read.
#[derive(Debug, Clone)]
struct Mail {
    number: u64,
    to: String,
    from: String,
    subject: String,
    date: String,
    text: String,
    html: String,
}

/// The mailbox. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    newest: u64,
    mails: Vec<Mail>,
}

impl Mailbox {
    /// An empty one that takes mails at `listen` for as long as the program runs.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn open(listen: SocketAddr) -> std::io::Result<Self> {
        let mailbox = Self::default();
        actix_web::rt::spawn(sink::serve(tokio::net::TcpListener::bind(listen).await?, mailbox.clone()));
        Ok(mailbox)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a mail as it came in.
    fn keep(&self, to: &str, bytes: &[u8]) {
        let parsed = MessageParser::default().parse(bytes).unwrap_or_default();
        let from = parsed.from().and_then(|from| from.first());
        let address = from.and_then(|from| from.address()).unwrap_or_default();
        let mut inside = self.inside();
        inside.newest += 1;
        let mail = Mail {
            number: inside.newest,
            to: to.to_owned(),
            from: from.and_then(|from| from.name()).map_or(address.to_owned(), |name| format!("{name} <{address}>")),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            date: parsed.date().map(|date| date.to_rfc822()).unwrap_or_default(),
            text: parsed.body_text(0).unwrap_or_default().into_owned(),
            html: parsed.body_html(0).unwrap_or_default().into_owned(),
        };
        inside.mails.insert(0, mail);
        inside.mails.truncate(KEPT);
    }

    fn find(&self, number: u64) -> Option<Mail> {
        self.inside().mails.iter().find(|mail| mail.number == number).cloned()
    }
}

/// The room's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/mailbox", web::get().to(list))
        .route("/mailbox/{number}", web::get().to(show))
        .route("/mailbox/{number}/html", web::get().to(show_html));
}

#[derive(Template)]
#[template(path = "mailbox/list.html")]
struct List<'a> {
    t: &'a Texts,
    mails: Vec<Mail>,
}

#[derive(Template)]
#[template(path = "mailbox/mail.html")]
struct Show<'a> {
    t: &'a Texts,
    mail: Mail,
}

async fn list(request: HttpRequest, mailbox: web::Data<Mailbox>) -> HttpResponse {
    let mails = mailbox.inside().mails.clone();
    page::dress(HttpResponse::Ok(), &List { t: texts::asked(&request), mails }, &[], false)
}

async fn show(request: HttpRequest, mailbox: web::Data<Mailbox>, number: web::Path<u64>) -> HttpResponse {
    let t = texts::asked(&request);
    let Some(mail) = mailbox.find(*number) else {
        return page::refuse(t, HttpResponse::NotFound(), "mailbox", request.path());
    };
    let answer = page::dress(HttpResponse::Ok(), &Show { t, mail }, &[], false);
    govern(answer, "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'")
}

/// The mail's own HTML, for the frame: no script, nothing from elsewhere, and links open outside.
async fn show_html(request: HttpRequest, mailbox: web::Data<Mailbox>, number: web::Path<u64>) -> HttpResponse {
    let Some(mail) = mailbox.find(*number) else {
        return page::refuse(texts::asked(&request), HttpResponse::NotFound(), "mailbox", request.path());
    };
    let html = mail.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    let answer = HttpResponse::Ok()
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html);
    govern(
        answer,
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    )
}

fn govern(mut answer: HttpResponse, policy: &'static str) -> HttpResponse {
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_and_old_ones_are_forgotten() {
        let mailbox = Mailbox::default();
        let mail = "From: =?utf-8?q?K=C3=B8ge?= <login@koge.example>\r\nSubject: =?utf-8?q?L=C3=A5st?=\r\nDate: Tue, 24 Nov 2026 08:00:00 +0000\r\n\
            Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n--=_b\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nHej =C3=85se\r\n--=_b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<head></head><p>Hej\r\n--=_b--\r\n";
        for _ in 0..KEPT + 1 {
            mailbox.keep("aase@koge.example", mail.as_bytes());
        }
        assert_eq!(mailbox.inside().mails.len(), KEPT);
        assert!(mailbox.find(1).is_none());
        let mail = mailbox.find(2).unwrap();
        assert_eq!((mail.from.as_str(), mail.subject.as_str()), ("Køge <login@koge.example>", "Låst"));
        assert_eq!((mail.text.trim(), mail.html.trim()), ("Hej Åse", "<head></head><p>Hej"));
        mailbox.keep("x@y.example", b"no mail at all");
        assert_eq!(mailbox.inside().mails.len(), KEPT);
    }
}
