//! Every address and the handler behind it: the one list. Around it stand the security headers, the host check and plain
//! pages for whatever no handler takes.

use actix_web::{
    Error, HttpRequest, HttpResponse, ResponseError, Route,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    guard,
    http::{Method, header},
    middleware::Next,
    web::{self, Data, QueryConfig, ServiceConfig, post},
};

use crate::web::{
    account, activate, admin, app::App, assets, broker, desk, enrol, login, logout, mitid, open, page::problem::Kind, problem::Trouble,
    saml, visit::Visit,
};

/// Adds all routes.
pub fn configure(config: &mut ServiceConfig) {
    config.app_data(QueryConfig::default().error_handler(|_, request| bad_query(request).into()));
    at(config, "/", [get().to(open::front)]);
    at(config, "/help", [get().to(open::help)]);
    at(config, "/accessibility", [get().to(open::accessibility)]);
    at(config, "/language", [post().to(open::language)]);
    at(config, "/static/{name}", [get().to(assets::serve)]);
    at(config, "/health/live", [get().to(open::live)]);
    at(config, "/health/ready", [get().to(open::ready)]);

    at(config, "/login", [get().to(login::show)]);
    at(config, "/login/password", [post().to(login::post_password)]);
    at(config, "/login/totp", [post().to(login::post_totp)]);
    at(config, "/login/activation", [post().to(login::post_activation)]);
    at(config, "/login/restart", [post().to(login::post_restart)]);
    at(config, "/login/passkey/start", [post().to(login::passkey_start)]);
    at(config, "/login/passkey/finish", [post().to(login::passkey_finish)]);
    at(config, "/login/webauthn/start", [post().to(login::webauthn_start)]);
    at(config, "/login/webauthn/finish", [post().to(login::webauthn_finish)]);
    at(config, "/login/enrol", [get().to(enrol::show)]);
    at(config, "/login/enrol/totp", [get().to(enrol::show_totp), post().to(enrol::choose_totp)]);
    at(config, "/login/enrol/totp/confirm", [post().to(enrol::confirm_totp)]);
    at(config, "/login/enrol/passkey", [get().to(enrol::show_passkey)]);
    at(config, "/login/enrol/passkey/start", [post().to(enrol::start_passkey)]);
    at(config, "/login/enrol/passkey/finish", [post().to(enrol::finish_passkey)]);

    at(config, "/mitid", [get().to(mitid::choose)]);
    at(config, "/mitid/road", [post().to(mitid::take_road)]);
    at(config, "/mitid/nemlogin/metadata", [get().to(mitid::metadata)]);
    at(config, "/mitid/nemlogin/acs", [post().to(mitid::receive)]);
    at(config, "/mitid/nemlogin/answer", [get().to(mitid::fetch)]);
    at(config, "/mitid/nemlogin/slo", [get().to(mitid::slo)]);
    at(config, "/mitid/broker/callback", [get().to(broker::callback)]);
    at(config, "/mitid/broker/logged-out", [get().to(broker::logged_out)]);
    at(config, "/mitid/broker/keys", [get().to(broker::keys)]);

    at(config, "/activate", [get().to(activate::show)]);
    at(config, "/activate/open", [post().to(activate::post_open)]);
    at(config, "/activate/code", [post().to(activate::post_code)]);
    at(config, "/activate/terms", [post().to(activate::post_terms)]);
    at(config, "/activate/password", [post().to(activate::post_password)]);
    at(config, "/recover", [get().to(activate::recover), post().to(activate::post_recover)]);

    at(config, "/desk", [get().to(desk::front)]);
    at(config, "/desk/find", [post().to(desk::find)]);
    at(config, "/desk/person", [get().to(desk::person)]);
    at(config, "/desk/proofing", [get().to(desk::acts::ask_proofing), post().to(desk::acts::prove)]);
    at(config, "/desk/earlier", [get().to(desk::acts::ask_earlier), post().to(desk::acts::take_over)]);
    at(config, "/desk/activation", [get().to(desk::acts::ask_activation), post().to(desk::acts::activation)]);
    at(config, "/desk/recovery", [get().to(desk::acts::ask_recovery), post().to(desk::acts::recovery)]);
    at(config, "/desk/approve", [post().to(desk::approve)]);
    at(config, "/desk/refuse", [post().to(desk::refuse)]);
    at(config, "/desk/release", [post().to(desk::release)]);
    at(config, "/desk/withdraw", [post().to(desk::withdraw)]);

    console(config);
    own(config);
    federation(config);
    config.default_service(web::to(nowhere));
}

/// The administration console.
fn console(config: &mut ServiceConfig) {
    at(config, "/admin", [get().to(admin::front::front)]);
    at(config, "/admin/rights", [get().to(admin::front::rights)]);
    at(config, "/admin/again", [get().to(admin::front::again)]);
    at(config, "/admin/people", [get().to(admin::people::list)]);
    at(config, "/admin/people/find", [post().to(admin::people::find)]);
    at(config, "/admin/people/new", [get().to(admin::people::draft), post().to(admin::people::add)]);
    at(config, "/admin/person", [get().to(admin::person::show)]);
    at(config, "/admin/person/edit", [post().to(admin::acts::edit)]);
    at(config, "/admin/person/invite", [post().to(admin::acts::invite)]);
    at(config, "/admin/person/lock", [post().to(admin::acts::lock)]);
    at(config, "/admin/person/unlock", [post().to(admin::acts::unlock)]);
    at(config, "/admin/person/sessions", [post().to(admin::acts::end_sessions)]);
    at(config, "/admin/person/factor", [post().to(admin::acts::remove_factor)]);
    at(config, "/admin/person/cpr", [post().to(admin::acts::read_cpr)]);
    at(config, "/admin/person/close", [post().to(admin::acts::close)]);
    at(config, "/admin/person/reopen", [post().to(admin::acts::reopen)]);
    at(config, "/admin/person/role", [post().to(admin::acts::ask_role)]);
    at(config, "/admin/person/revoke", [post().to(admin::acts::revoke_role)]);
    at(config, "/admin/requests", [get().to(admin::requests::inbox)]);
    at(config, "/admin/requests/approve-role", [post().to(admin::requests::approve_role)]);
    at(config, "/admin/requests/approve-reset", [post().to(admin::requests::approve_reset)]);
    at(config, "/admin/requests/refuse-role", [post().to(admin::requests::refuse_role)]);
    at(config, "/admin/requests/refuse-reset", [post().to(admin::requests::refuse_reset)]);
    at(config, "/admin/requests/withdraw", [post().to(admin::requests::withdraw)]);
    at(config, "/admin/trail", [get().to(admin::trail::show)]);
    at(config, "/admin/trail/export", [post().to(admin::trail::export)]);
    at(config, "/admin/trail/verify", [post().to(admin::trail::verify)]);
    at(config, "/admin/services", [get().to(admin::services::list)]);
    at(config, "/admin/services/switch", [post().to(admin::services::switch)]);
}

/// One's own pages, locking and logging out.
fn own(config: &mut ServiceConfig) {
    at(config, "/account", [get().to(account::overview::overview)]);
    at(config, "/account/level", [get().to(account::overview::why)]);
    at(config, "/account/authenticators", [get().to(account::authenticators::list)]);
    at(config, "/account/totp", [post().to(account::authenticators::begin_totp)]);
    at(config, "/account/passkey", [get().to(account::authenticators::begin_passkey)]);
    at(config, "/account/attached", [post().to(account::authenticators::take_attached)]);
    at(config, "/account/rename", [get().to(account::authenticators::ask_name), post().to(account::authenticators::rename)]);
    at(config, "/account/remove", [get().to(account::authenticators::confirm_remove), post().to(account::authenticators::remove)]);
    at(config, "/account/mitid", [post().to(account::overview::begin_mitid)]);
    at(config, "/account/password", [get().to(account::password::ask), post().to(account::password::change)]);
    at(config, "/account/sessions", [get().to(account::sessions::list)]);
    at(config, "/account/sessions/end", [post().to(account::sessions::end)]);
    at(config, "/account/activity", [get().to(account::activity::list)]);
    at(config, "/account/activity/report", [get().to(account::lock::ask_not_me), post().to(account::lock::not_me)]);
    at(config, "/account/details", [get().to(account::details::show)]);
    at(config, "/account/language", [post().to(account::details::choose_language)]);
    at(config, "/account/terms", [get().to(account::details::read_terms)]);
    at(config, "/account/export", [get().to(account::export::ask), post().to(account::export::take_out)]);
    at(config, "/account/lock", [get().to(account::lock::ask), post().to(account::lock::lock)]);
    at(config, "/lock", [get().to(account::lock::ask_by_password), post().to(account::lock::by_password)]);
    at(config, "/logout", [get().to(account::logout::ask), post().to(account::logout::logout)]);
    at(config, "/logged-out", [get().to(account::logout::logged_out)]);
}

/// What relying parties ask.
fn federation(config: &mut ServiceConfig) {
    at(config, "/saml/metadata", [get().to(saml::metadata)]);
    at(config, "/saml/sso", [get().to(saml::sso_redirect), post().to(saml::sso_post)]);
    at(config, "/saml/slo", [get().to(saml::slo_redirect), post().to(saml::slo_post)]);
    at(config, "/saml/slo/soap", [post().to(saml::slo_soap)]);
    at(config, "/logout/services", [get().to(logout::services)]);
}

fn at<const N: usize>(config: &mut ServiceConfig, path: &str, routes: [Route; N]) {
    let resource = routes.into_iter().fold(web::resource(path), |resource, route| resource.route(route));
    config.service(resource.default_service(web::to(other_method)));
}

/// GET, and HEAD as its shadow (RFC 9110, 9.3.2).
fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

fn bad_query(request: &HttpRequest) -> Trouble {
    Trouble::of(&Visit::of(request), Kind::BadRequest { reason: "query".to_owned() }, "http.rejected", "query")
}

async fn nowhere(visit: Visit) -> HttpResponse {
    Trouble::of(&visit, Kind::NotFound, "http.not_found", "path").error_response()
}

async fn other_method(visit: Visit) -> HttpResponse {
    Trouble::of(&visit, Kind::MethodNotAllowed, "http.rejected", "method").error_response()
}

/// Runs each request to its end, also when the client hangs up meanwhile. An act that its visitor could stop half-way would
/// count an attempt and never write down its failure: accounts could be locked without a trace and without slowing down
/// whoever does it. A handler that fell over is one plain page.
pub async fn to_the_end(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let visit = Visit::of(request.request());
    match actix_web::rt::spawn(next.call(request)).await {
        Ok(answer) => Ok(answer?.map_into_boxed_body()),
        Err(error) => Err(Trouble::internal(&visit, &error).into()),
    }
}

/// Serves only requests for our own host (security case B14): whatever a client calls us, links and origins are those of
/// the configured address. On a developer's machine other names of the same machine lead there.
pub async fn own_host(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(app) = request.app_data::<Data<App>>().cloned() else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    // Reset before it was taken: whoever sent it reads no answer, and an act without an address would be nobody's.
    if request.peer_addr().is_none() {
        let visit = Visit::of(request.request());
        let answer = Trouble::of(&visit, Kind::BadRequest { reason: "peer".to_owned() }, "http.rejected", "peer").error_response();
        return Ok(request.into_response(answer));
    }
    let host = request.head().uri.authority().map(ToString::to_string);
    let host =
        host.or_else(|| request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).map(str::to_owned)).unwrap_or_default();
    if host.eq_ignore_ascii_case(&app.site.authority()) || request.path().starts_with("/health/") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let is_local = |name: &str| matches!(name.rsplit_once(':').map_or(name, |(name, _)| name), "localhost" | "127.0.0.1" | "[::1]");
    let answer = if request.method() == Method::GET && is_local(&host) && is_local(&app.site.authority()) {
        let place = format!("{}{}", app.site.origin(), request.uri().path_and_query().map_or("/", |path| path.as_str()));
        HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, place)).finish()
    } else {
        let visit = Visit::of(request.request());
        Trouble::of(&visit, Kind::BadRequest { reason: "host".to_owned() }, "http.host_rejected", "host").error_response()
    };
    Ok(request.into_response(answer))
}
