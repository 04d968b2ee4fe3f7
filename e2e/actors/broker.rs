//! A MitID broker as an actor: a strict OpenID provider on loopback, whose every answer a case may falsify. Tokens are
//! signed with OpenSSL alone, so that what is tested has no part in making the test.

#![allow(clippy::disallowed_types, reason = "a broker takes forms from anybody; it is no part of the house")]

use std::{
    collections::HashMap,
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header,
    web::{self, Data, Form, Query},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey},
    ecdsa::EcdsaSig,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::{Padding, Rsa},
    sign::{RsaPssSaltlen, Signer},
};
use portvagt::base::clock::{Clock, StillClock, SystemClock};
use serde_json::{Value, json};

/// What the broker calls us.
pub const CLIENT: &str = "portvagt";
/// What only the two of us should know. With letters that must be coded for the header.
pub const SECRET: &str = "s3cret: +%æ/å";

/// What is made for one answer, to be falsified.
pub struct Made {
    /// The ID token's header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
    /// Signs it; the header's `alg` says how.
    pub key: PKey<Private>,
    /// The bytes of an HMAC key, for `HS256`.
    pub shared: Vec<u8>,
    /// Changes the claims after they were signed.
    pub after: fn(&mut Value),
    /// The token response around it; an `id_token` that stands here already stays.
    pub around: Value,
    /// The claims of the userinfo endpoint.
    pub userinfo: Value,
}

/// How the broker falsifies its answers. Without changes it is honest.
#[derive(Clone, Copy)]
pub struct Lies {
    /// The discovery document.
    pub discovery: fn(&mut Value),
    /// The key set.
    pub keys: fn(&mut Value),
    /// Tokens and userinfo.
    pub made: fn(&mut Made),
    /// The query of the redirect back.
    pub redirect: fn(&mut Vec<(String, String)>),
    /// The token endpoint itself.
    pub endpoint: Endpoint,
    /// Whether the code verifier is not checked.
    pub no_pkce: bool,
}

/// How an endpoint misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// It does not.
    Sound,
    /// It leads elsewhere.
    Redirects,
    /// It takes longer than anybody waits.
    Slow,
    /// It answers with megabytes.
    Huge,
    /// It answers with this status and a page.
    Status(u16),
}

impl Default for Lies {
    fn default() -> Self {
        Self { discovery: |_| (), keys: |_| (), made: |_| (), redirect: |_| (), endpoint: Endpoint::Sound, no_pkce: false }
    }
}

struct Grant {
    challenge: String,
    redirect_uri: String,
    nonce: String,
    asked: Vec<(String, String)>,
}

struct Inner {
    issuer: String,
    clock: Mutex<Arc<StillClock>>,
    lies: Mutex<Lies>,
    grants: Mutex<HashMap<String, Grant>>,
    counts: Mutex<HashMap<&'static str, usize>>,
    said: Mutex<Vec<(String, String)>>,
    person: Mutex<(String, String)>,
    rotated: Mutex<bool>,
}

/// A broker that listens.
#[derive(Clone)]
pub struct Broker {
    inner: Arc<Inner>,
    server: ServerHandle,
}

/// The broker's key of that name, made once a run.
pub fn key(name: &'static str) -> PKey<Private> {
    static KEYS: OnceLock<Mutex<HashMap<&'static str, PKey<Private>>>> = OnceLock::new();
    let mut keys = KEYS.get_or_init(Mutex::default).lock().expect("the keys");
    keys.entry(name).or_insert_with(|| if name.starts_with("ec") { ec_key() } else { rsa_key() }).clone()
}

fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key")
}

fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

/// The public key as the set names it.
pub fn jwk(key: &PKey<Private>, kid: &str) -> Value {
    let text = |bytes: Vec<u8>| BASE64URL.encode(bytes);
    if let Ok(rsa) = key.rsa() {
        return json!({ "kty": "RSA", "use": "sig", "kid": kid, "n": text(rsa.n().to_vec()), "e": text(rsa.e().to_vec()) });
    }
    let ec = key.ec_key().expect("a key");
    let (mut x, mut y, mut room) = (BigNum::new().expect("x"), BigNum::new().expect("y"), BigNumContext::new().expect("room"));
    ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut room).expect("a point");
    let coordinate = |number: &BigNum| text(number.to_vec_padded(32).expect("32 bytes"));
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "x": coordinate(&x), "y": coordinate(&y) })
}

fn signed(made: &Made) -> String {
    let part = |value: &Value| BASE64URL.encode(value.to_string());
    let text = format!("{}.{}", part(&made.header), part(&made.claims));
    let signature = signature(made, text.as_bytes());
    let mut claims = made.claims.clone();
    (made.after)(&mut claims);
    format!("{}.{}.{}", part(&made.header), part(&claims), BASE64URL.encode(signature))
}

fn signature(made: &Made, bytes: &[u8]) -> Vec<u8> {
    let algorithm = made.header["alg"].as_str().unwrap_or_default();
    let digest = if algorithm.ends_with("384") { MessageDigest::sha384() } else { MessageDigest::sha256() };
    if algorithm.starts_with("HS") {
        let key = PKey::hmac(&made.shared).expect("a key");
        return Signer::new(digest, &key).expect("a signer").sign_oneshot_to_vec(bytes).expect("a signature");
    }
    if algorithm.eq_ignore_ascii_case("none") {
        return Vec::new();
    }
    let mut signer = Signer::new(digest, &made.key).expect("a signer");
    if algorithm.starts_with("PS") {
        signer.set_rsa_padding(Padding::PKCS1_PSS).expect("a padding");
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("a salt");
    }
    let signature = signer.sign_oneshot_to_vec(bytes).expect("a signature");
    if made.key.ec_key().is_ok() {
        let pair = EcdsaSig::from_der(&signature).expect("a signature");
        return [pair.r().to_vec_padded(32).expect("r"), pair.s().to_vec_padded(32).expect("s")].concat();
    }
    signature
}

impl Broker {
    /// A broker that listens, and tells the time by the machine until it is given a house's clock.
    pub fn start() -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let issuer = format!("http://127.0.0.1:{}", socket.local_addr().expect("an address").port());
        let inner = Arc::new(Inner {
            issuer,
            clock: Mutex::new(Arc::new(StillClock::at(SystemClock.now()))),
            lies: Mutex::default(),
            grants: Mutex::default(),
            counts: Mutex::default(),
            said: Mutex::default(),
            person: Mutex::new(("0101801234".to_owned(), "urn:s".to_owned())),
            rotated: Mutex::new(false),
        });
        let data = Data::from(Arc::clone(&inner));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/.well-known/openid-configuration", web::get().to(discovery))
                .route("/keys", web::get().to(keys))
                .route("/authorize", web::get().to(authorize))
                .route("/token", web::post().to(token))
                .route("/userinfo", web::get().to(userinfo))
                .route("/logout", web::post().to(logout))
        });
        let server = server.workers(1).shutdown_timeout(0).listen(socket).expect("it listens").run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { inner, server: handle }
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// Tells the time by this clock.
    pub fn keep_time(&self, clock: Arc<StillClock>) {
        *self.inner.clock.lock().expect("the clock") = clock;
    }

    /// Falsifies from now on.
    pub fn lie(&self, lies: Lies) {
        *self.inner.lies.lock().expect("the lies") = lies;
    }

    /// Signs with another key from now on, and publishes it beside the old one.
    pub fn rotate(&self) {
        *self.inner.rotated.lock().expect("the keys") = true;
    }

    /// Who uses MitID, and at which level.
    pub fn person(&self, cpr: &str, acr: &str) {
        *self.inner.person.lock().expect("the person") = (cpr.to_owned(), acr.to_owned());
    }

    /// How often an endpoint was asked.
    pub fn count(&self, endpoint: &'static str) -> usize {
        self.inner.counts.lock().expect("the counts").get(endpoint).copied().unwrap_or(0)
    }

    /// The fields of the last request to the token or logout endpoint.
    pub fn said(&self) -> Vec<(String, String)> {
        self.inner.said.lock().expect("the words").clone()
    }

    /// Stops.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

impl Inner {
    fn lies(&self) -> Lies {
        *self.lies.lock().expect("the lies")
    }

    fn count(&self, endpoint: &'static str) {
        *self.counts.lock().expect("the counts").entry(endpoint).or_default() += 1;
    }

    fn rotated(&self) -> bool {
        *self.rotated.lock().expect("the keys")
    }

    /// What an honest broker answers.
    fn make(&self, grant: &Grant) -> Made {
        let (cpr, acr) = self.person.lock().expect("the person").clone();
        let now = self.clock.lock().expect("the clock").now().as_second();
        let (kid, key) = if self.rotated() { ("rsa-2", key("rsa-2")) } else { ("rsa-1", key("rsa-1")) };
        let access_token = format!("access-{}", grant.nonce);
        let half = BASE64URL.encode(&openssl::sha::sha256(access_token.as_bytes())[..16]);
        let claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "person-1", "exp": now + 300, "iat": now, "auth_time": now,
            "nonce": grant.nonce, "acr": acr, "cpr": cpr, "name": "Given anna Prøvesen", "at_hash": half, "transaction": "t-1",
        });
        Made {
            header: json!({ "alg": "RS256", "kid": kid, "typ": "JWT" }),
            userinfo: json!({ "sub": "person-1", "cpr": cpr, "name": "Given anna Prøvesen" }),
            around: json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 300 }),
            claims,
            key,
            shared: SECRET.as_bytes().to_vec(),
            after: |_| (),
        }
    }
}

async fn discovery(broker: Data<Inner>) -> HttpResponse {
    broker.count("discovery");
    let issuer = &broker.issuer;
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "authorization_response_iss_parameter_supported": true,
    });
    (broker.lies().discovery)(&mut document);
    HttpResponse::Ok().json(document)
}

async fn keys(broker: Data<Inner>) -> HttpResponse {
    broker.count("keys");
    let mut set = json!({ "keys": [jwk(&key("rsa-1"), "rsa-1"), jwk(&key("ec-1"), "ec-1")] });
    if broker.rotated() {
        set["keys"].as_array_mut().expect("keys").push(jwk(&key("rsa-2"), "rsa-2"));
    }
    (broker.lies().keys)(&mut set);
    HttpResponse::Ok().json(set)
}

async fn authorize(broker: Data<Inner>, query: Query<Vec<(String, String)>>) -> HttpResponse {
    let asked = query.into_inner();
    let value = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let sound = value("client_id") == CLIENT && value("response_type") == "code" && value("code_challenge_method") == "S256";
    if !sound || value("nonce").is_empty() || value("prompt") != "login" {
        return HttpResponse::BadRequest().body("not what is asked of a client");
    }
    let code = format!("code-{}", value("nonce"));
    let mut back = vec![("code".to_owned(), code.clone()), ("state".to_owned(), value("state")), ("iss".to_owned(), broker.issuer.clone())];
    let grant =
        Grant { challenge: value("code_challenge"), redirect_uri: value("redirect_uri"), nonce: value("nonce"), asked: asked.clone() };
    broker.grants.lock().expect("the grants").insert(code, grant);
    (broker.lies().redirect)(&mut back);
    let mut place = url::Url::parse(&value("redirect_uri")).expect("an address");
    place.query_pairs_mut().extend_pairs(&back);
    HttpResponse::Found().insert_header((header::LOCATION, place.as_str())).finish()
}

fn refused(word: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": word }))
}

async fn token(broker: Data<Inner>, request: HttpRequest, form: Form<Vec<(String, String)>>) -> HttpResponse {
    broker.count("token");
    let lies = broker.lies();
    match lies.endpoint {
        Endpoint::Sound => {}
        Endpoint::Redirects => {
            let place = format!("{}/token2", broker.issuer);
            return HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, place)).finish();
        }
        Endpoint::Slow => tokio::time::sleep(Duration::from_secs(20)).await,
        Endpoint::Huge => return HttpResponse::Ok().content_type("application/json").body("x".repeat(5_000_000)),
        Endpoint::Status(status) => {
            let status = actix_web::http::StatusCode::from_u16(status).expect("a status");
            return HttpResponse::build(status).content_type("text/html").body("<h1>Broken</h1>");
        }
    }
    let fields = form.into_inner();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
    *broker.said.lock().expect("the words") = fields.clone();
    let coded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:{}", coded(SECRET))));
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if header != Some(basic.as_str()) {
        return refused("invalid_client");
    }
    // A code is good once.
    let Some(grant) = broker.grants.lock().expect("the grants").remove(&value("code")) else { return refused("invalid_grant") };
    let challenge = BASE64URL.encode(openssl::sha::sha256(value("code_verifier").as_bytes()));
    if value("redirect_uri") != grant.redirect_uri || (challenge != grant.challenge && !lies.no_pkce) {
        return refused("invalid_grant");
    }
    assert!(grant.asked.iter().any(|(name, value)| name == "acr_values" && value.starts_with("urn:")), "a level is asked for");
    let mut made = broker.make(&grant);
    (lies.made)(&mut made);
    if made.around.get("id_token").is_none() {
        made.around["id_token"] = signed(&made).into();
    }
    HttpResponse::Ok().json(made.around)
}

async fn userinfo(broker: Data<Inner>, request: HttpRequest) -> HttpResponse {
    broker.count("userinfo");
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(nonce) = header.strip_prefix("Bearer access-") else { return HttpResponse::Unauthorized().finish() };
    let grant = Grant { challenge: String::new(), redirect_uri: String::new(), nonce: nonce.to_owned(), asked: vec![] };
    let mut made = broker.make(&grant);
    (broker.lies().made)(&mut made);
    HttpResponse::Ok().json(made.userinfo)
}

async fn logout(broker: Data<Inner>, form: Form<Vec<(String, String)>>) -> HttpResponse {
    broker.count("logout");
    let fields = form.into_inner();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
    *broker.said.lock().expect("the words") = fields.clone();
    let place = format!("{}?state={}", value("post_logout_redirect_uri"), value("state"));
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}
