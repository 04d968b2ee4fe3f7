//! The HTTP server: listens, speaks TLS if told to, and stops when asked. The same for the program and for tests.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{App as ActixApp, HttpServer, dev::Server, middleware::from_fn, web::Data};
use openssl::ssl::SslAcceptorBuilder;

use crate::web::{app::App, headers, routes};

/// How the server listens.
pub struct Listen {
    /// The bound socket.
    pub socket: TcpListener,
    /// TLS, when it ends here.
    pub tls: Option<SslAcceptorBuilder>,
    /// Threads that serve; 0: one a core.
    pub workers: usize,
}

/// Starts serving; the answer is a future that ends when the server was stopped (on SIGTERM it drains for 20 seconds).
///
/// `started` is called once, when the first worker is there to serve.
pub fn start(app: App, listen: Listen, started: impl FnOnce() + Send + 'static) -> io::Result<Server> {
    let data = Data::new(app);
    let started = Arc::new(Mutex::new(Some(started)));
    let make = move || {
        if let Some(started) = started.lock().unwrap_or_else(PoisonError::into_inner).take() {
            started();
        }
        ActixApp::new()
            .app_data(data.clone())
            .configure(routes::configure)
            .wrap(from_fn(routes::to_the_end))
            .wrap(from_fn(routes::own_host))
            .wrap(from_fn(headers::secure))
    };
    let mut server =
        HttpServer::new(make).shutdown_timeout(20).client_request_timeout(Duration::from_secs(15)).keep_alive(Duration::from_secs(60));
    if listen.workers > 0 {
        server = server.workers(listen.workers);
    }
    let server = match listen.tls {
        Some(tls) => server.listen_openssl(listen.socket, tls)?,
        None => server.listen(listen.socket)?,
    };
    Ok(server.run())
}
