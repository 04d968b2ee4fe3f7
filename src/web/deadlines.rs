//! How long anybody may take. A body must be here some seconds after its head; a connection that brings no whole request
//! for longer than it may lie idle is shut, whatever it trickles. Only then are connections a matter of their number.
//!
//! What never happens here: reading. Bodies are read by `extract::body`; the path of a request goes on in `routes`.

use std::{
    any::Any,
    net::{Shutdown, TcpStream as Socket},
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use tokio::{net::TcpStream, time::Instant};

/// How long is waited, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// For the whole body once its head is here.
    pub body: Duration,
    /// For the next whole head on a connection: the time it may lie idle, and some for the head.
    pub between: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { body: Duration::from_secs(15), between: Duration::from_secs(75) }
    }
}

/// Whoever looks after the connections of a server.
#[derive(Debug)]
pub struct Watchman {
    between: Duration,
    watched: Mutex<Vec<Weak<Watch>>>,
}

/// A connection that is looked after.
#[derive(Debug)]
pub struct Watch {
    /// The connection's own socket, a second time.
    socket: Socket,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// Requests that are being answered.
    under_way: usize,
    /// When the last answer was made, or the connection.
    since: Instant,
}

impl Watchman {
    /// Starts looking, for as long as anybody knows the watchman.
    pub fn start(deadlines: Deadlines) -> Arc<Self> {
        let watchman = Arc::new(Self { between: deadlines.between, watched: Mutex::default() });
        let known = Arc::downgrade(&watchman);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(deadlines.between / 4).await;
                let Some(watchman) = known.upgrade() else { return };
                watchman.look();
            }
        });
        watchman
    }

    /// Begins to look after a connection. `None` for one that is none, or when no more files may be open: that one is held
    /// by the limit of connections alone.
    pub fn take(&self, connection: &dyn Any) -> Option<Arc<Watch>> {
        let stream = connection
            .downcast_ref::<TcpStream>()
            .or_else(|| connection.downcast_ref::<actix_tls::accept::openssl::TlsStream<TcpStream>>().map(|stream| stream.get_ref()))?;
        let socket = Socket::from(stream.as_fd().try_clone_to_owned().ok()?);
        let watch = Arc::new(Watch { socket, state: Mutex::new(State { under_way: 0, since: Instant::now() }) });
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&watch));
        Some(watch)
    }

    /// Shuts the connections that have been without a request for too long, and forgets those that are gone.
    fn look(&self) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).retain(|watch| {
            let Some(watch) = watch.upgrade() else { return false };
            let State { under_way, since } = *watch.state();
            if under_way > 0 || since.elapsed() < self.between {
                return true;
            }
            // Gone already is as good.
            let _ = watch.socket.shutdown(Shutdown::Both);
            tracing::info!(event = "http.connection_shut", reason = "no_request");
            false
        });
    }
}

impl Watch {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
struct UnderWay(Arc<Watch>);

impl UnderWay {
    fn on(watch: &Arc<Watch>) -> Self {
        watch.state().under_way += 1;
        Self(Arc::clone(watch))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        *state = State { under_way: state.under_way.saturating_sub(1), since: Instant::now() };
    }
}

/// Tells the connection's watch that a request is being answered.
pub async fn watched(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let _under_way = request.request().conn_data::<Arc<Watch>>().map(UnderWay::on);
    Ok(next.call(request).await?.map_into_boxed_body())
}
