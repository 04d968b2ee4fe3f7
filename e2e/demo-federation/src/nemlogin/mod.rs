//! "NemLog-in (simulated)": an OIOSAML 3 identity provider with the demo's made-up people. It judges requests by the published
//! rules, lets the visitor choose who to be and at which level, and answers with an encrypted, signed assertion.
//! It never knows a real person. Next: `request`, `answer`, `logout`, `pages`.

mod answer;
mod logout;
mod pages;
mod request;

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
    cli::demo::{Citizen, citizens},
    crypto::{keyring::Keyring, reason::Reason, xmlsign::SignError},
    domain::assurance::Level,
    protocol::saml::{
        own_metadata::{self, OwnMetadata},
        response::fresh_id,
        wire::{self, Delivery, Incoming},
    },
};

use crate::{
    citizens::chosen,
    keys::{self, NoKey},
    page,
    texts::{self, Texts},
    web::Federation,
};
use request::Asked;

const ENTITY_ID: &str = "https://saml.nemlog-in.example";
/// The attributes our assertions may carry.
const ATTRIBUTES: [&str; 6] = [
    "https://data.gov.dk/model/core/specVersion",
    "https://data.gov.dk/concept/core/nsis/loa",
    "https://data.gov.dk/concept/core/nsis/ial",
    "https://data.gov.dk/concept/core/nsis/aal",
    "https://data.gov.dk/model/core/eid/fullName",
    "https://data.gov.dk/model/core/eid/cprNumber",
];
/// How long somebody may think about who to be, in seconds.
const PATIENCE: i64 = 900;

/// The room.
pub struct NemLogin {
    keyring: Keyring,
    base_url: String,
    /// The service provider's metadata, read anew for each request.
    sp_metadata: Option<PathBuf>,
    waiting: Mutex<HashMap<String, (Timestamp, Asked)>>,
}

impl NemLogin {
    /// Reads its key, or makes one.
    pub fn open(data: &Path, base_url: &str, sp_metadata: Option<PathBuf>) -> Result<Self, NoKey> {
        let active = keys::open(data, "nemlogin", "NemLog-in (simulated)")?;
        let keyring = Keyring { active, published: Vec::new(), bootstrap: None };
        Ok(Self { keyring, base_url: format!("{base_url}/nemlogin"), sp_metadata, waiting: Mutex::default() })
    }

    fn sso(&self) -> String {
        format!("{}/sso", self.base_url)
    }

    fn slo(&self) -> String {
        format!("{}/slo", self.base_url)
    }

    /// The service provider's metadata as it stands now.
    fn uploaded(&self) -> Option<Vec<u8>> {
        self.sp_metadata.as_deref().map(std::fs::read).and_then(Result::ok)
    }

    /// Its metadata, signed.
    pub fn metadata(&self) -> Result<String, SignError> {
        let (sso, slo) = (self.sso(), self.slo());
        let content = OwnMetadata {
            id: &fresh_id(&SystemRandom),
            entity_id: ENTITY_ID,
            sso: &sso,
            slo: &slo,
            slo_soap: None,
            attributes: &ATTRIBUTES,
            redirect_only: true,
            contact: None,
        };
        own_metadata::write_signed(&content, &self.keyring)
    }

    /// Keeps a request while somebody chooses; gives what the page asks for it by.
    fn keep(&self, asked: Asked, now: Timestamp) -> String {
        let handle = fresh_id(&SystemRandom);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (since, _)| seconds_between(*since, now) < PATIENCE);
        waiting.insert(handle.clone(), (now, asked));
        handle
    }

    /// The request kept under that handle.
    fn kept(&self, handle: &str) -> Option<Asked> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).get(handle).map(|(_, asked)| asked.clone())
    }

    /// Takes it away: each request is answered once.
    fn take(&self, handle: &str) -> Option<Asked> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(handle).map(|(_, asked)| asked)
    }
}

/// Its routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/nemlogin/metadata", web::get().to(metadata))
        .route("/nemlogin/sso", web::get().to(sso))
        .route("/nemlogin/slo", web::get().to(slo_redirect))
        .route("/nemlogin/slo", web::post().to(slo_post))
        .route("/nemlogin/login", web::get().to(choose))
        .route("/nemlogin/login", web::post().to(log_in));
}

async fn metadata(federation: web::Data<Federation>) -> HttpResponse {
    match federation.nemlogin.metadata() {
        Ok(xml) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml")).body(xml),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// `GET /nemlogin/sso`: a request by HTTP-Redirect, judged before anybody is asked anything.
async fn sso(request: HttpRequest, federation: web::Data<Federation>) -> HttpResponse {
    let room = &federation.nemlogin;
    let now = SystemClock.now();
    match request::judge(request.query_string(), room.uploaded().as_deref(), &room.sso(), now) {
        Ok(asked) => {
            let place = format!("/nemlogin/login?at={}", room.keep(asked, now));
            HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
        }
        Err(wrong) => page::refuse(texts::asked(&request), HttpResponse::BadRequest(), "nemlogin", &wrong.to_string()),
    }
}

/// `GET /nemlogin/slo`: a logout request by HTTP-Redirect.
async fn slo_redirect(request: HttpRequest, federation: web::Data<Federation>) -> HttpResponse {
    log_out(&request, &federation, wire::from_query(request.query_string()))
}

/// `POST /nemlogin/slo`: the same by HTTP-POST.
async fn slo_post(request: HttpRequest, federation: web::Data<Federation>, body: web::Bytes) -> HttpResponse {
    log_out(&request, &federation, wire::from_form(&body))
}

fn log_out(request: &HttpRequest, federation: &Federation, incoming: Result<Incoming, Reason>) -> HttpResponse {
    let (room, t) = (&federation.nemlogin, texts::asked(request));
    let answered = logout::answer(incoming, room.uploaded().as_deref(), (&room.slo(), &room.keyring.active), SystemClock.now());
    match answered {
        Ok(Delivery::Redirect(url)) => HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish(),
        Ok(Delivery::Post(form)) => {
            let post = pages::Post { t, action: &form.action, message: &form.message, relay_state: form.relay_state.as_deref() };
            let origin = url::Url::parse(&form.action).map(|url| url.origin().ascii_serialization());
            page::dress(HttpResponse::Ok(), &post, &origin.into_iter().collect::<Vec<_>>(), true)
        }
        Err(wrong) => page::refuse(t, HttpResponse::BadRequest(), "nemlogin", &wrong.to_string()),
    }
}

/// `GET /nemlogin/login?at=`: who to be.
async fn choose(request: HttpRequest, federation: web::Data<Federation>) -> HttpResponse {
    let t = texts::asked(&request);
    let handle = request.query_string().strip_prefix("at=").unwrap_or_default();
    let Some(asked) = federation.nemlogin.kept(handle) else { return gone(t) };
    let people: Vec<Citizen> = citizens().collect();
    let choose = pages::Choose { t, handle, people: &people, least: asked.least, service: &asked.service };
    page::dress(HttpResponse::Ok(), &choose, &asked.origins(), false)
}

/// `POST /nemlogin/login` (`at`, `citizen`, `level`, for somebody made up `name` and `cpr`; or `at`, `cancel`).
async fn log_in(request: HttpRequest, federation: web::Data<Federation>, body: web::Bytes) -> HttpResponse {
    let t = texts::asked(&request);
    let field = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(&body);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let (room, citizen) = (&federation.nemlogin, chosen(field));
    if citizen.is_none() && field("cancel").is_empty() {
        // The request still waits: one goes back and chooses again.
        return page::refuse(t, HttpResponse::BadRequest(), "nemlogin", &t.get("another-refused"));
    }
    let Some(asked) = room.take(&field("at")) else { return gone(t) };
    let level: Level = field("level").parse().unwrap_or(Level::Substantial);
    let now = SystemClock.now();
    let response = match citizen {
        None => answer::cancelled(&asked, &room.keyring.active, now),
        // The real one answers no lower level than asked for; it says so.
        Some(_) if level < asked.least => answer::too_low(&asked, &room.keyring.active, now),
        Some(citizen) => answer::sworn(&asked, &citizen, level, &room.keyring.active, now),
    };
    match response {
        Ok(xml) => {
            let post = pages::Post { t, action: &asked.acs, message: &pages::base64(&xml), relay_state: asked.relay_state.as_deref() };
            page::dress(HttpResponse::Ok(), &post, &asked.origins(), true)
        }
        Err(error) => page::refuse(t, HttpResponse::InternalServerError(), "nemlogin", &error.to_string()),
    }
}

fn gone(t: &Texts) -> HttpResponse {
    page::refuse(t, HttpResponse::BadRequest(), "nemlogin", &t.get("nemlogin-gone"))
}
