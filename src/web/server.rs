//! The HTTP server: listens, speaks TLS if told to, and stops when asked. The same for the program and for tests.

use std::{
    io,
    net::TcpListener,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{App as ActixApp, HttpServer, dev::Server, middleware::from_fn, web::Data};
use openssl::ssl::SslAcceptorBuilder;

use crate::web::{
    app::App,
    deadlines::{self, Deadlines, Watchman},
    headers, routes,
};

/// How the server listens.
pub struct Listen {
    /// The bound socket.
    pub socket: TcpListener,
    /// TLS, when it ends here.
    pub tls: Option<SslAcceptorBuilder>,
    /// Threads that serve; 0: one more than cores.
    pub workers: usize,
    /// How long anybody may take.
    pub deadlines: Deadlines,
}

/// Connections at once, over all threads: what bodies may hold on each (64 KiB at most, a few large ones aside) fits a
/// small machine's memory. A proxy in front needs a few.
const CONNECTIONS: usize = 4096;

/// Starts serving; the answer is a future that ends when the server was stopped (on SIGTERM it drains for 20 seconds).
///
/// `started` is called once, when the first worker is there to serve.
pub fn start(app: App, listen: Listen, started: impl FnOnce() + Send + 'static) -> io::Result<Server> {
    let data = Data::new(app);
    let deadlines = Data::new(listen.deadlines);
    let watchman = Watchman::start(listen.deadlines);
    let started = Arc::new(Mutex::new(Some(started)));
    let make = move || {
        if let Some(started) = started.lock().unwrap_or_else(PoisonError::into_inner).take() {
            started();
        }
        ActixApp::new()
            .app_data(data.clone())
            .app_data(deadlines.clone())
            .configure(routes::configure)
            .wrap(from_fn(routes::to_the_end))
            .wrap(from_fn(routes::own_host))
            .wrap(from_fn(headers::secure))
            .wrap(from_fn(deadlines::watched))
    };
    let workers = match listen.workers {
        // One more than cores: they sign on their own thread, and while one waits for its turn another one has it.
        0 => std::thread::available_parallelism().map_or(2, NonZero::get) + 1,
        workers => workers,
    };
    let server = HttpServer::new(make)
        .workers(workers)
        .max_connections((CONNECTIONS / workers).max(256))
        .shutdown_timeout(20)
        .client_request_timeout(Duration::from_secs(15))
        .keep_alive(Duration::from_secs(60))
        .on_connect(move |connection, known| {
            if let Some(watch) = watchman.take(connection) {
                known.insert(watch);
            }
        });
    let server = match listen.tls {
        Some(tls) => server.listen_openssl(listen.socket, tls)?,
        None => server.listen(listen.socket)?,
    };
    Ok(server.run())
}
