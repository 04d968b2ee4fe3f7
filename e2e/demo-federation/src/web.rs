//! The start page, the static files, and the routes of all rooms. Next: `templates/start.html`.

use std::net::SocketAddr;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    cookie::{Cookie, SameSite},
    http::header,
    web,
};
use askama::Template;

use crate::{
    broker::{self, Broker},
    clinic::{self, Clinic},
    mailbox::{self, Mailbox},
    nemlogin::{self, NemLogin},
    page,
    texts::{self, Texts},
};

const STYLE: &str = include_str!("../static/federation.css");
const SCRIPT: &str = include_str!("../static/post.js");
const ICON: &str = include_str!("../static/icon.svg");
/// The most a body may be: a SAML message in base64, percent-encoded.
const BODY_LIMIT: usize = 1024 * 1024;

/// All rooms.
pub struct Federation {
    /// NemLog-in.
    pub nemlogin: NemLogin,
    /// Where the mailbox takes mails.
    pub smtp: SocketAddr,
    /// The MitID broker.
    pub broker: Broker,
    /// The clinical system, the STS and a national service.
    pub clinic: Clinic,
}

/// Serves until the process is told to stop.
#[actix_web::main]
pub async fn serve(federation: Federation, listen: SocketAddr) -> std::io::Result<()> {
    let mailbox = web::Data::new(Mailbox::open(federation.smtp).await?);
    let federation = web::Data::new(federation);
    HttpServer::new(move || {
        App::new()
            .app_data(federation.clone())
            .app_data(mailbox.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .route("/", web::get().to(start))
            .route("/language/{language}", web::get().to(language))
            .route("/static/federation.css", web::get().to(|| async { file("text/css; charset=utf-8", STYLE) }))
            .route("/static/post.js", web::get().to(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
            .route("/static/icon.svg", web::get().to(|| async { file("image/svg+xml", ICON) }))
            .configure(nemlogin::routes)
            .configure(mailbox::routes)
            .configure(broker::routes)
            .configure(clinic::routes)
            .default_service(web::to(nowhere))
    })
    .workers(2)
    .shutdown_timeout(2)
    .bind(listen)?
    .run()
    .await
}

fn file(kind: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, kind)).body(content)
}

#[derive(Template)]
#[template(path = "start.html")]
struct Start<'a> {
    t: &'a Texts,
}

async fn start(request: HttpRequest) -> HttpResponse {
    page::dress(HttpResponse::Ok(), &Start { t: texts::asked(&request) }, &[], false)
}

/// `GET /language/{language}`: remembers it and goes back to the page of ours that it was asked from.
async fn language(path: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let cookie = Cookie::build(texts::COOKIE, texts::of(&path).language).path("/").http_only(true).same_site(SameSite::Lax).finish();
    let place = back(&request).unwrap_or_else(|| "/".to_owned());
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).cookie(cookie).finish()
}

/// The path the browser came from, when that was here.
fn back(request: &HttpRequest) -> Option<String> {
    let referer = url::Url::parse(request.headers().get(header::REFERER)?.to_str().ok()?).ok()?;
    let here = referer.authority() == request.headers().get(header::HOST)?.to_str().ok()?;
    here.then(|| referer[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

async fn nowhere(request: HttpRequest) -> HttpResponse {
    page::refuse(texts::asked(&request), HttpResponse::NotFound(), "none", request.path())
}
