//! Connections that are lent and given back. A connection comes back as it was lent, asked nothing on the way: whoever used
//! it says that it is sound, and one that nobody vouches for is closed. That saves a round trip for each use, which the
//! driver's own pool spends on asking. What a connection is used for is `db`'s.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions, Connection, Database};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

/// How many connections, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections open at one time.
    pub(super) most: u32,
    /// How long somebody waits for one.
    pub(super) wait: Duration,
    /// A connection this old is replaced.
    pub(super) age: Option<Duration>,
    /// A connection unused for so long is closed when another one comes back.
    pub(super) idle: Option<Duration>,
}

/// A pool; cheap to clone.
pub(super) struct Pool<DB: Database>(Arc<Inner<DB>>);

struct Inner<DB: Database> {
    options: Options<DB>,
    limits: Limits,
    places: Arc<Semaphore>,
    /// The last one given back is lent first, so that those too many grow old.
    free: Mutex<Vec<Free<DB::Connection>>>,
}

struct Free<C> {
    connection: C,
    opened: Instant,
    since: Instant,
}

/// A connection on loan. Dropped, it is closed; [`Lent::give_back`] keeps it.
pub(super) struct Lent<DB: Database> {
    connection: DB::Connection,
    opened: Instant,
    /// How long nobody had used it; `None` when it was opened for this loan.
    pub(super) unused: Option<Duration>,
    pool: Pool<DB>,
    place: OwnedSemaphorePermit,
}

impl<DB: Database> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: Database> Pool<DB> {
    /// An empty pool; connections are opened when they are needed.
    pub(super) fn new(options: Options<DB>, limits: Limits) -> Self {
        let most = usize::try_from(limits.most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Inner { options, limits, places: Arc::new(Semaphore::new(most)), free: Mutex::new(Vec::new()) }))
    }

    /// Lends a connection, an open one if there is one.
    ///
    /// # Errors
    /// What opening says, or that none became free within the time allowed.
    pub(super) async fn lend(&self) -> Result<Lent<DB>, sqlx::Error> {
        let lent = async {
            let place = Arc::clone(&self.0.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let free = self.free(|free| free.pop());
            let (connection, opened, unused) = match free {
                Some(free) => (free.connection, free.opened, Some(free.since.elapsed())),
                None => (self.0.options.connect().await?, Instant::now(), None),
            };
            Ok(Lent { connection, opened, unused, pool: self.clone(), place })
        };
        timeout(self.0.limits.wait, lent).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Lends no more and closes what is free and, as it comes back, what is lent.
    pub(super) async fn close(&self) {
        let all = self.0.limits.most;
        // Whoever holds one now comes to an end first.
        let _ended = self.0.places.acquire_many(all).await;
        self.0.places.close();
        for free in self.free(std::mem::take) {
            // Closed or lost: it is gone either way.
            let _ = free.connection.close().await;
        }
    }

    fn free<T>(&self, look: impl FnOnce(&mut Vec<Free<DB::Connection>>) -> T) -> T {
        look(&mut self.0.free.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<DB: Database> Lent<DB> {
    /// Gives the connection back: nothing is under way on it.
    pub(super) fn give_back(self) {
        let (limits, now) = (self.pool.0.limits, Instant::now());
        if limits.age.is_some_and(|age| now - self.opened > age) {
            return take_leave::<DB>(self.connection);
        }
        let free = Free { connection: self.connection, opened: self.opened, since: now };
        let old = self.pool.free(|all| {
            all.push(free);
            let is_old = |free: &Free<_>| limits.idle.is_some_and(|idle| now - free.since > idle);
            all.first().is_some_and(is_old).then(|| all.remove(0))
        });
        if let Some(old) = old {
            take_leave::<DB>(old.connection);
        }
        drop(self.place);
    }
}

impl<DB: Database> Deref for Lent<DB> {
    type Target = DB::Connection;
    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

/// Closes a sound connection with a word to the server, which else would log a client that was lost.
fn take_leave<DB: Database>(connection: DB::Connection) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(connection.close());
    }
}
