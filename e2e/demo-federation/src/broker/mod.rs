//! "MitID broker (simulated)": a strict OpenID provider with made-up citizens and one client, the Portvagt of the
//! demonstration. It keeps no session, so whoever uses MitID here chooses anew each time. Next: `request`, `web`.

#![allow(clippy::disallowed_types, reason = "a broker takes forms from anybody; it is no part of the house")]

mod request;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, PoisonError},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use openssl::base64::encode_block;
use portvagt::{
    base::{
        clock::{Clock, SystemClock},
        random::SystemRandom,
    },
    cli::demo::{Citizen, citizens},
    config::check::demo_secret,
    crypto::{
        jws::{Algorithm, StatementKey},
        keyring::{KeyError, MIN_SIGNING_BITS, self_signed},
        token::Token,
    },
};
use serde_json::{Value, json};

use crate::{
    citizens::chosen,
    keys::{self, NoKey},
    page,
    texts::{self, Texts},
    web::Federation,
};
use request::Asked;

/// What the broker calls Portvagt.
const CLIENT: &str = "portvagt-demo";
/// A code may be used this long, in seconds.
const CODE_SECONDS: i64 = 60;

/// A code that was given out.
struct Grant {
    asked: Asked,
    citizen: Citizen,
    level: &'static str,
    at: i64,
}

/// The room.
pub struct Broker {
    issuer: String,
    portvagt: String,
    key: StatementKey,
    codes: Mutex<HashMap<String, Grant>>,
    tokens: Mutex<HashMap<String, Citizen>>,
}

impl Broker {
    /// Reads its key, or makes one. `portvagt` is the address of the one client.
    pub fn open(data: &Path, base_url: &str, portvagt: &str) -> Result<Self, NoKey> {
        let pem = keys::text(data, "broker.key", || -> Result<Vec<u8>, KeyError> {
            let (key, _) = self_signed("MitID broker (simulated)", MIN_SIGNING_BITS, SystemClock.now(), 1, &SystemRandom)?;
            Ok(key.expose().clone())
        })?;
        Ok(Self {
            issuer: format!("{base_url}/broker"),
            portvagt: portvagt.to_owned(),
            key: StatementKey::from_pem(&pem, None)?,
            codes: Mutex::default(),
            tokens: Mutex::default(),
        })
    }

    fn now() -> i64 {
        SystemClock.now().as_second()
    }

    fn callback(&self) -> String {
        format!("{}/mitid/broker/callback", self.portvagt)
    }

    fn discovery(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "end_session_endpoint": format!("{issuer}/logout"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": request::LEVELS,
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// Gives out a code for what was chosen.
    fn code(&self, asked: Asked, citizen: Citizen, level: &'static str) -> String {
        let code = Token::random(&SystemRandom).to_text();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, grant| Self::now() - grant.at <= CODE_SECONDS);
        codes.insert(code.clone(), Grant { asked, citizen, level, at: Self::now() });
        code
    }

    /// Takes a code, once, from whoever proves to be the client that asked and knows the verifier.
    fn redeem(&self, authorization: Option<&str>, form: &HashMap<String, String>) -> Result<Value, &'static str> {
        let basic = format!("Basic {}", encode_block(format!("{CLIENT}:{}", coded(&demo_secret("mitid-broker"))).as_bytes()));
        let given = authorization.unwrap_or_default();
        if given.len() != basic.len() || !openssl::memcmp::eq(given.as_bytes(), basic.as_bytes()) {
            return Err("invalid_client");
        }
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("grant_type") != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        let grant = self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(field("code")).ok_or("invalid_grant")?;
        let late = Self::now() - grant.at > CODE_SECONDS;
        if late || field("redirect_uri") != self.callback() || !grant.asked.verifies(field("code_verifier")) {
            return Err("invalid_grant");
        }
        self.tokens_for(&grant).map_err(|_| "server_error")
    }

    fn tokens_for(&self, grant: &Grant) -> Result<Value, KeyError> {
        let (now, citizen) = (Self::now(), &grant.citizen);
        let access = Token::random(&SystemRandom).to_text();
        let claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": subject(citizen),
            "iat": now, "exp": now + 300, "auth_time": grant.at, "nonce": grant.asked.nonce, "acr": grant.level,
            "name": citizen.name, "transaction_id": Token::random(&SystemRandom).to_text(),
        });
        let id_token = self.key.sign(Algorithm::Rs256, &claims)?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        // A demonstration's broker serves a handful at a time.
        if tokens.len() > 100 {
            tokens.clear();
        }
        tokens.insert(access.clone(), citizen.clone());
        Ok(json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
    }

    /// Where the browser goes back to with an answer.
    fn back(&self, asked: &Asked, answer: (&str, &str)) -> HttpResponse {
        let pairs = [answer, ("state", asked.state.as_str()), ("iss", self.issuer.as_str())];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        HttpResponse::SeeOther().insert_header((header::LOCATION, format!("{}?{query}", self.callback()))).finish()
    }
}

/// The broker's own name for a citizen, from which no number can be told.
fn subject(citizen: &Citizen) -> String {
    encode_block(&openssl::sha::sha256(format!("broker {}", citizen.cpr).as_bytes()))
}

fn coded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Its routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/broker/.well-known/openid-configuration", web::get().to(discovery))
        .route("/broker/keys", web::get().to(published_keys))
        .route("/broker/authorize", web::get().to(authorize))
        .route("/broker/choose", web::post().to(choose))
        .route("/broker/token", web::post().to(token))
        .route("/broker/userinfo", web::get().to(userinfo))
        .route("/broker/logout", web::post().to(logout));
}

#[derive(Template)]
#[template(path = "broker/choose.html")]
struct Choose<'a> {
    t: &'a Texts,
    citizens: Vec<Citizen>,
    levels: [(&'static str, &'static str); 3],
    asked: &'a Asked,
}

type Data = web::Data<Federation>;
type Fields = HashMap<String, String>;

async fn discovery(federation: Data) -> HttpResponse {
    HttpResponse::Ok().json(federation.broker.discovery())
}

async fn published_keys(federation: Data) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "keys": [federation.broker.key.public()] }))
}

/// `GET /broker/authorize`: the page to choose, when the request is the client's and whole.
async fn authorize(federation: Data, request: HttpRequest, query: web::Query<Fields>) -> HttpResponse {
    let t = texts::asked(&request);
    match Asked::read(&query, CLIENT, &federation.broker.callback()) {
        Err(wrong) => page::refuse(t, HttpResponse::BadRequest(), "broker", wrong),
        Ok(asked) => {
            let levels = [("low", request::LEVELS[0]), ("substantial", request::LEVELS[1]), ("high", request::LEVELS[2])];
            let choose = Choose { t, citizens: citizens().collect(), levels, asked: &asked };
            page::dress(HttpResponse::Ok(), &choose, std::slice::from_ref(&federation.broker.portvagt), false)
        }
    }
}

/// `POST /broker/choose`: MitID is used, or broken off.
async fn choose(federation: Data, request: HttpRequest, form: web::Form<Fields>) -> HttpResponse {
    let (t, broker) = (texts::asked(&request), &federation.broker);
    let asked = match Asked::read(&form, CLIENT, &broker.callback()) {
        Ok(asked) => asked,
        Err(wrong) => return page::refuse(t, HttpResponse::BadRequest(), "broker", wrong),
    };
    if form.contains_key("cancel") {
        return broker.back(&asked, ("error", "access_denied"));
    }
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let level = request::LEVELS.into_iter().find(|level| *level == field("level"));
    let (Some(citizen), Some(level)) = (chosen(field), level) else {
        return page::refuse(t, HttpResponse::BadRequest(), "broker", &t.get("another-refused"));
    };
    let code = broker.code(asked.clone(), citizen, level);
    broker.back(&asked, ("code", &code))
}

async fn token(federation: Data, request: HttpRequest, form: web::Form<Fields>) -> HttpResponse {
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match federation.broker.redeem(authorization, &form) {
        Ok(tokens) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(tokens),
        Err(error) => {
            let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            HttpResponse::build(status).json(json!({ "error": error }))
        }
    }
}

/// `GET /broker/userinfo`: here, and not in the ID token, stands the CPR number.
async fn userinfo(federation: Data, request: HttpRequest) -> HttpResponse {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let known = token.and_then(|token| federation.broker.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(token));
    match known {
        Some(citizen) => {
            let claims = json!({ "sub": subject(&citizen), "name": citizen.name, "cprNumberIdentifier": citizen.cpr });
            HttpResponse::Ok().json(claims)
        }
        None => HttpResponse::Unauthorized().finish(),
    }
}

/// `POST /broker/logout`: there is no session to end; the browser is led back to where the client said, if it is the one.
async fn logout(federation: Data, request: HttpRequest, form: web::Form<Fields>) -> HttpResponse {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let back = format!("{}/mitid/broker/logged-out", federation.broker.portvagt);
    if field("client_id") != CLIENT || field("post_logout_redirect_uri") != back {
        return page::refuse(texts::asked(&request), HttpResponse::BadRequest(), "broker", "post_logout_redirect_uri");
    }
    HttpResponse::SeeOther().insert_header((header::LOCATION, format!("{back}?state={}", coded(field("state"))))).finish()
}
