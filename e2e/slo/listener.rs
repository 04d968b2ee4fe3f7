//! A service's machine: takes logout requests by SOAP on loopback, one a connection, strictly. A request that is not signed by
//! the house, not valid by the schemas or not sent as the binding says fails the test that looks at it.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{Carried, RESPONDER, SUCCESS, response_for};
use crate::{
    actors::SamlService,
    house::House,
    referee::{schema::expect_valid, xmlsec::verifies},
};

/// What the machine does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conduct {
    /// Logs out, and says so.
    Sound,
    /// Says no.
    Refusing,
    /// Takes the request and never answers.
    Silent,
    /// Answers with status 503.
    Broken,
    /// Answers with a redirect to a sound answer.
    Redirecting,
    /// Signs with another key.
    Forged,
    /// Does not sign.
    Unsigned,
    /// Answers another request.
    Other,
    /// Answers in another's name.
    Impostor,
    /// Answers without end.
    Endless,
}

/// A machine that listens.
#[derive(Clone)]
pub struct Listener {
    pub address: String,
    conduct: Arc<Mutex<Conduct>>,
    heard: Arc<Mutex<Vec<String>>>,
    service: Arc<Mutex<Option<(SamlService, House)>>>,
}

impl Listener {
    /// One on a free port.
    pub async fn start(conduct: Conduct) -> Self {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = format!("http://127.0.0.1:{}/slo/soap", socket.local_addr().expect("an address").port());
        let one = Self { address, conduct: Arc::new(Mutex::new(conduct)), heard: Arc::default(), service: Arc::default() };
        let listening = one.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let listening = listening.clone();
                tokio::spawn(async move { listening.take(stream).await });
            }
        });
        one
    }

    /// Whose machine it is.
    pub fn belongs_to(&self, service: &SamlService, house: &House) {
        *self.service.lock().expect("a lock") = Some((service.clone(), house.clone()));
    }

    pub fn behave(&self, conduct: Conduct) {
        *self.conduct.lock().expect("a lock") = conduct;
    }

    /// The requests so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("a lock").clone()
    }

    /// The logout requests so far, each as the schemas and the house's signature want it.
    pub fn requests(&self) -> Vec<Carried> {
        let (_, house) = self.service.lock().expect("a lock").clone().expect("whose it is");
        self.heard().iter().map(|request| read(&house, request)).collect()
    }

    async fn take(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        let mut part = [0; 4096];
        while !is_whole(&request) {
            match stream.read(&mut part).await {
                Ok(length) if length > 0 => request.extend_from_slice(&part[..length]),
                _ => return,
            }
        }
        let request = String::from_utf8(request).expect("UTF-8");
        self.heard.lock().expect("a lock").push(request.clone());
        let conduct = *self.conduct.lock().expect("a lock");
        let Some(answer) = self.answer(conduct, &request) else {
            // The other side hangs up.
            while matches!(stream.read(&mut part).await, Ok(length) if length > 0) {}
            return;
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        if conduct == Conduct::Endless {
            let more = " ".repeat(64 * 1024);
            while stream.write_all(more.as_bytes()).await.is_ok() {}
        }
    }

    fn answer(&self, conduct: Conduct, request: &str) -> Option<String> {
        let (service, house) = self.service.lock().expect("a lock").clone()?;
        let (_, id) = request.split_once(" ID=\"").expect("an ID");
        let id = id.split('"').next().expect("an ID");
        let codes: &[&str] = if conduct == Conduct::Refusing { &[RESPONDER] } else { &[SUCCESS] };
        let named = match conduct {
            Conduct::Impostor => SamlService { entity_id: "https://saml.impostor.test".to_owned(), ..service.clone() },
            _ => service.clone(),
        };
        let xml = response_for(&house, &named, if conduct == Conduct::Other { "_other" } else { id }, ("", codes));
        let xml = xml.replacen(" Destination=\"\"", "", 1);
        let xml = match conduct {
            Conduct::Unsigned => xml,
            Conduct::Forged => SamlService::named("forger").how().sign(&xml),
            _ => service.how().sign(&xml),
        };
        let body = format!("<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>{xml}</S:Body></S:Envelope>");
        Some(match conduct {
            Conduct::Silent => return None,
            Conduct::Broken => "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
            Conduct::Redirecting => {
                format!("HTTP/1.1 307 There\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", self.address)
            }
            Conduct::Endless => "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\n\r\n".to_owned(),
            _ => format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()),
        })
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

/// The message of a request, judged by the referees.
#[track_caller]
fn read(house: &House, request: &str) -> Carried {
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let head = head.to_ascii_lowercase();
    for line in [
        "post /slo/soap http/1.1",
        "content-type: text/xml; charset=utf-8",
        "soapaction: \"http://www.oasis-open.org/committees/security\"",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(!head.contains("cookie") && !head.contains("authorization"), "{head}");
    let inside = body
        .strip_prefix("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>")
        .and_then(|rest| rest.strip_suffix("</soap:Body></soap:Envelope>"))
        .unwrap_or_else(|| panic!("no envelope: {body}"));
    expect_valid("a logout request", inside);
    let certificate = house.app.desk.keyring.active.certificate().base64().to_owned();
    assert!(verifies(inside, &["LogoutRequest"], &certificate), "the signature: {inside}");
    Carried { to: String::new(), query: None, xml: inside.to_owned(), relay_state: None, skip: None }
}
