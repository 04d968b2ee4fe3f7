//! What every handler needs: key, entities, the identity provider as last read, and the memory; and how an answer is dressed.
//! No route and no decision is here. Next: `logout`, `web`.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use jiff::{SignedDuration, Timestamp};

use crate::attributes::Level;
use crate::idp::{Idp, IdpError, Source};
use crate::keys::OwnKey;
use crate::pages::{Post, Problem};
use crate::party::Party;
use crate::sessions::Sessions;
use crate::texts::{self, Texts};
use crate::wire::{self, Kind};
use crate::{messages, signed};

const SESSION: &str = "demo-sp-session";
const LANGUAGE: &str = "demo-sp-language";
const HELD: SignedDuration = SignedDuration::from_secs(10);

/// The service provider's desk.
pub struct Desk {
    /// Our key.
    pub key: OwnKey,
    /// Our two entities, the default first.
    pub parties: [Party; 2],
    /// The level asked for by default.
    pub level: Level,
    /// The memory.
    pub sessions: Sessions,
    source: Source,
    idp: Mutex<Option<(Timestamp, Arc<Idp>)>>,
}

impl Desk {
    /// An empty desk.
    pub fn new(key: OwnKey, parties: [Party; 2], source: Source, level: Level) -> Desk {
        Desk { key, parties, level, sessions: Sessions::default(), source, idp: Mutex::default() }
    }

    /// The machine's clock; the only place that asks it. The judge is given the time.
    #[expect(clippy::disallowed_methods, reason = "this program's one clock")]
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// The identity provider, read anew when the last reading is some seconds old, or at once when `fresh`.
    pub async fn idp(&self, fresh: bool, now: Timestamp) -> Result<Arc<Idp>, String> {
        if let Some((at, idp)) = &*self.idp.lock().unwrap_or_else(PoisonError::into_inner)
            && !fresh
            && now.duration_since(*at) < HELD
        {
            return Ok(idp.clone());
        }
        let source = self.source.clone();
        let read: Result<Idp, IdpError> = web::block(move || source.read()).await.map_err(|error| error.to_string())?;
        let idp = Arc::new(read.map_err(|error| error.to_string())?);
        *self.idp.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, idp.clone()));
        Ok(idp)
    }
}

/// Why a message can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The identity provider has no address for this.
    #[error("no endpoint")]
    NoEndpoint,
    /// It could not be written or signed.
    #[error("{0}")]
    Write(String),
}

/// What is sent, and where.
pub struct Outgoing<'a> {
    /// As whom.
    pub party: &'a Party,
    /// Request or response.
    pub kind: Kind,
    /// The message's own ID.
    pub id: &'a str,
    /// Address by redirect, if there is one.
    pub redirect: Option<&'a str>,
    /// Address by POST, if there is one.
    pub post: Option<&'a str>,
    /// POST although redirect is possible.
    pub prefer_post: bool,
    /// RelayState.
    pub relay_state: Option<&'a str>,
}

/// Writes the message by `write`, signs it as its binding demands and answers with a redirect or a self-sending form.
pub fn send(
    desk: &Desk,
    outgoing: &Outgoing<'_>,
    now: Timestamp,
    t: &Texts,
    write: impl Fn(&messages::Head<'_>) -> Result<String, askama::Error>,
) -> Result<HttpResponse, SendError> {
    let failed = |error: &dyn std::fmt::Display| SendError::Write(error.to_string());
    let head = |destination, signed| messages::Head { party: outgoing.party, id: outgoing.id, now, destination, signed };
    match (outgoing.redirect, outgoing.post) {
        (Some(location), post) if !(outgoing.prefer_post && post.is_some()) => {
            let xml = write(&head(location, false)).map_err(|error| failed(&error))?;
            let address = wire::redirect(location, outgoing.kind, &xml, outgoing.relay_state, &desk.key.private);
            Ok(see_other(&address.map_err(|error| failed(&error))?))
        }
        (_, Some(location)) => {
            let template = write(&head(location, true)).map_err(|error| failed(&error))?;
            let key = desk.key.private.private_key_to_der().map_err(|error| failed(&error))?;
            let xml = signed::sign(&template, &key).ok_or_else(|| failed(&"libxmlsec1"))?;
            let (parameter, message) = (outgoing.kind.parameter(), wire::form_value(&xml));
            let page = Post { t, action: location, parameter, message: &message, relay_state: outgoing.relay_state };
            let origin = url::Url::parse(location).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
            Ok(dress(HttpResponse::Ok(), &page, &[origin], true))
        }
        _ => Err(SendError::NoEndpoint),
    }
}

/// The page with its headers. `origins` are where its forms may lead besides here; only the self-sending form runs a script.
pub fn dress(mut answer: HttpResponseBuilder, page: &impl Template, origins: &[String], script: bool) -> HttpResponse {
    let Ok(html) = page.render() else { return HttpResponse::InternalServerError().finish() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; {}form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        if script { "script-src 'self'; " } else { "" },
        origins.join(" "),
    );
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "strict-origin"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

/// A page that says why a message can't be judged or sent.
pub fn problem(t: &Texts, answer: HttpResponseBuilder, which: &str, detail: &str) -> HttpResponse {
    dress(answer, &Problem { t, which, detail }, &[], false)
}

/// 303 to `address`.
pub fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).insert_header((header::CACHE_CONTROL, "no-store")).finish()
}

/// The visitor's language.
pub fn language(request: &HttpRequest) -> &'static Texts {
    if let Some(chosen) = request.cookie(LANGUAGE).as_ref().map(Cookie::value) {
        return texts::of(chosen);
    }
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    texts::of(header.split([',', ';', '-']).next().unwrap_or_default().trim())
}

/// Remembers a language.
pub fn language_cookie(language: &'static str) -> Cookie<'static> {
    Cookie::build(LANGUAGE, language).path("/").http_only(true).same_site(SameSite::Lax).finish()
}

/// The browser's session id, empty when it has none.
pub fn session_id(request: &HttpRequest) -> String {
    request.cookie(SESSION).map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

/// Gives the browser its session id. Without `Secure`, so that the demonstration also runs on plain http.
pub fn session_cookie(id: &str) -> Cookie<'static> {
    Cookie::build(SESSION, id.to_owned()).path("/").http_only(true).same_site(SameSite::Lax).finish()
}

/// 160 bits of chance, as an XML ID.
pub fn chance() -> String {
    let mut bytes = [0u8; 20];
    // OpenSSL fails here only when the machine has no entropy source; then nothing must go on.
    if openssl::rand::rand_bytes(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes.iter().fold(String::from("_"), |id, byte| id + &format!("{byte:02x}"))
}
