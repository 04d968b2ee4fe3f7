//! "Journal (simulated)": a clinical system that trusts Portvagt. It logs people in, takes the bootstrap token that comes with
//! them to "STS (simulated)" for an ID card, and calls "Medicine card (simulated)" with it. What crosses the border of a
//! party is the message itself, in bytes. Next: `login`, `national`, `pages`.

mod login;
mod national;
mod pages;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use jiff::Timestamp;
use portvagt::{
    base::{
        clock::{Clock, SystemClock, seconds_between},
        random::SystemRandom,
    },
    crypto::{keyring::SigningKey, xmlsign::SignError},
    domain::bootstrap::ATTRIBUTE,
    protocol::saml::{
        response::fresh_id,
        sp::own_metadata::{self, SpMetadata},
    },
};

use crate::{
    keys::{self, NoKey},
    page,
    texts::{self, Texts},
    web::Federation,
};
use national::Outcome;

/// The name Portvagt knows it by.
const ENTITY_ID: &str = "https://saml.journal.example";
const FULL_NAME: &str = "https://data.gov.dk/model/core/eid/fullName";
/// How long a visit is kept, in seconds.
const PATIENCE: i64 = 3600;

/// The room.
pub struct Clinic {
    /// Signs requests and opens answers.
    key: SigningKey,
    /// Calls the STS: a key of its own, as a real system's OCES3 certificate is.
    client: SigningKey,
    /// The STS's.
    sts: SigningKey,
    base_url: String,
    /// Portvagt's metadata, read anew for each login.
    idp_metadata: Option<PathBuf>,
    asked: Mutex<HashMap<String, Timestamp>>,
    visits: Mutex<HashMap<String, Visit>>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Visit {
    since: Timestamp,
    /// Their name.
    pub name: String,
    /// The level of the login.
    pub level: String,
    /// The bootstrap token's XML, if one came along.
    pub token: Option<String>,
    /// What became of it.
    pub outcome: Option<Outcome>,
}

impl Clinic {
    /// Reads its keys and the STS's, or makes them.
    pub fn open(data: &Path, base_url: &str, idp_metadata: Option<PathBuf>) -> Result<Self, NoKey> {
        Ok(Self {
            key: keys::open(data, "journal", "Journal (simulated)")?,
            client: keys::open(data, "sts-client", "Journal (simulated), STS client")?,
            sts: keys::open(data, "sts", "STS (simulated)")?,
            base_url: base_url.to_owned(),
            idp_metadata,
            asked: Mutex::default(),
            visits: Mutex::default(),
        })
    }

    fn acs(&self) -> String {
        format!("{}/clinic/acs", self.base_url)
    }

    /// Its metadata, signed.
    pub fn metadata(&self) -> Result<String, SignError> {
        let (id, acs, certificate) = (fresh_id(&SystemRandom), self.acs(), self.key.certificate());
        let content = SpMetadata {
            id: &id,
            entity_id: ENTITY_ID,
            acs: &acs,
            slo: None,
            signing: &[certificate],
            encryption: &[certificate],
            service: "Journal (simulated)",
            requested: &[(FULL_NAME, false), (ATTRIBUTE, false)],
        };
        own_metadata::write_signed(&content, &self.key)
    }

    /// Remembers a request; each is answered once.
    fn ask(&self, id: &str, now: Timestamp) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, since| seconds_between(*since, now) < PATIENCE);
        asked.insert(id.to_owned(), now);
    }

    fn was_asked(&self, id: &str) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(id).is_some()
    }

    fn keep(&self, handle: &str, visit: Visit) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.retain(|_, kept| seconds_between(kept.since, visit.since) < PATIENCE);
        visits.insert(handle.to_owned(), visit);
    }

    fn visit(&self, handle: &str) -> Option<Visit> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).get(handle).cloned()
    }
}

/// Its routes, and those of the STS and the service.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/clinic", web::get().to(start))
        .route("/clinic/metadata", web::get().to(metadata))
        .route("/clinic/login", web::get().to(begin))
        .route("/clinic/acs", web::post().to(acs))
        .route("/clinic/visit", web::get().to(visit))
        .route("/clinic/exchange", web::post().to(exchange))
        .route("/sts/services/BST2SOSI", web::post().to(sts))
        .route("/medicine-card", web::post().to(medicine));
}

async fn start(request: HttpRequest) -> HttpResponse {
    page::dress(HttpResponse::Ok(), &pages::Start { t: texts::asked(&request) }, &[], false)
}

async fn metadata(federation: web::Data<Federation>) -> HttpResponse {
    match federation.clinic.metadata() {
        Ok(xml) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml")).body(xml),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// `GET /clinic/login`: off to Portvagt.
async fn begin(request: HttpRequest, federation: web::Data<Federation>) -> HttpResponse {
    let t = texts::asked(&request);
    let (room, now) = (&federation.clinic, SystemClock.now());
    let id = fresh_id(&SystemRandom);
    match login::question(room, &id, now) {
        Ok(address) => {
            room.ask(&id, now);
            HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
        }
        Err(wrong) => page::refuse(t, HttpResponse::ServiceUnavailable(), "clinic", &wrong.to_string()),
    }
}

/// `POST /clinic/acs`: Portvagt's answer.
async fn acs(request: HttpRequest, federation: web::Data<Federation>, body: web::Bytes) -> HttpResponse {
    let t = texts::asked(&request);
    let (room, now) = (&federation.clinic, SystemClock.now());
    match login::answer(room, &body, now) {
        Ok(visit) => {
            let handle = fresh_id(&SystemRandom);
            room.keep(&handle, visit);
            see(&handle)
        }
        Err(wrong) => page::refuse(t, HttpResponse::BadRequest(), "clinic", &wrong.to_string()),
    }
}

/// `GET /clinic/visit?at=`: who is there, with what.
async fn visit(request: HttpRequest, federation: web::Data<Federation>) -> HttpResponse {
    let t = texts::asked(&request);
    let handle = request.query_string().strip_prefix("at=").unwrap_or_default();
    let Some(visit) = federation.clinic.visit(handle) else { return gone(t) };
    page::dress(HttpResponse::Ok(), &pages::Shown { t, handle, visit: &visit }, &[], false)
}

/// `POST /clinic/exchange` (`at`, `authorisation`): the token to the STS, the card to the service.
async fn exchange(request: HttpRequest, federation: web::Data<Federation>, body: web::Bytes) -> HttpResponse {
    let t = texts::asked(&request);
    let field = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(&body);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let (room, handle, now) = (&federation.clinic, field("at"), SystemClock.now());
    let Some(mut visit) = room.visit(&handle) else { return gone(t) };
    let Some(token) = &visit.token else { return gone(t) };
    match national::walk(room, token, &field("authorisation"), now) {
        Ok(outcome) => {
            visit.outcome = Some(outcome);
            room.keep(&handle, visit);
            see(&handle)
        }
        Err(wrong) => page::refuse(t, HttpResponse::InternalServerError(), "clinic", &wrong.to_string()),
    }
}

/// `POST /sts/services/BST2SOSI`: for any client it knows. Faults come with status 200, as the real one's do.
async fn sts(federation: web::Data<Federation>, body: web::Bytes) -> HttpResponse {
    soap(national::sts(&federation.clinic, &body, SystemClock.now()).ok())
}

/// `POST /medicine-card`: for whoever has a card.
async fn medicine(federation: web::Data<Federation>, body: web::Bytes) -> HttpResponse {
    soap(national::medicine(&federation.clinic, &body, SystemClock.now()).ok().map(|(_, answer)| answer))
}

fn soap(answer: Option<String>) -> HttpResponse {
    match answer {
        Some(xml) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/xml; charset=utf-8")).body(xml),
        None => HttpResponse::InternalServerError().finish(),
    }
}

fn see(handle: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/clinic/visit?at={handle}"))).finish()
}

fn gone(t: &Texts) -> HttpResponse {
    page::refuse(t, HttpResponse::BadRequest(), "clinic", &t.get("clinic-gone"))
}
