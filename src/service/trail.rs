//! The journal: many callers, one transaction. Whoever makes an assertion waits here until its event is durable; nobody
//! answers a relying party before. Signing may go on meanwhile, sending may not. When the trail cannot be written the callers are told so and refuse (R03).
//! The path goes on in `storage::audit`.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

pub use crate::storage::audit::{Entry, Participation, Replay};
use crate::storage::{
    audit::{self, Anchor, Outcome},
    db::Db,
    fault::Fault,
};

/// Why an entry is not in the trail. Nothing may be said to anybody on its strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRecorded {
    /// The request was answered before.
    #[error("the request was answered before")]
    Replay,
    /// The session it speaks of is over.
    #[error("the session is over")]
    Gone,
    /// The trail cannot be written now.
    #[error("the audit trail cannot be written")]
    Unavailable,
}

type Answer = oneshot::Sender<Result<(), NotRecorded>>;
type Waiting = (Entry, Answer);

/// Entries that may wait; with more the answer is "unavailable" at once.
const WAITING: usize = 1024;
/// Entries of one transaction.
const BATCH: usize = 256;

/// The longest a transaction waits for entries that are announced.
const COMPANY: Duration = Duration::from_millis(4);

/// The way into the trail; cheap to clone.
#[derive(Clone)]
pub struct Journal {
    sender: Arc<Mutex<Option<mpsc::Sender<Waiting>>>>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
    crowd: Arc<Crowd>,
}

/// How many entries are here and how many are on their way: what the writer goes by when it waits for company.
#[derive(Default)]
struct Crowd {
    coming: AtomicUsize,
    here: AtomicUsize,
    enough: Notify,
}

impl Crowd {
    /// Whether those here are at least as many as those on their way: then waiting longer would leave them idle.
    fn is_enough(&self) -> bool {
        self.here.load(Ordering::Relaxed) >= self.coming.load(Ordering::Relaxed)
    }

    /// Tells a writer that waits, if it need not wait longer.
    fn look(&self) {
        if self.is_enough() {
            self.enough.notify_one();
        }
    }
}

/// An entry that will probably come: until it does, or this is dropped, the writer may wait a moment for it.
pub struct Coming {
    crowd: Arc<Crowd>,
    arrived: AtomicBool,
}

impl Coming {
    /// It is here, or will not come.
    pub fn arrived(&self) {
        if !self.arrived.swap(true, Ordering::Relaxed) {
            self.crowd.coming.fetch_sub(1, Ordering::Relaxed);
            self.crowd.look();
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.arrived();
    }
}

/// An entry on its way into the trail.
#[must_use = "nothing may be said before the entry is durable"]
pub struct Recording(oneshot::Receiver<Result<(), NotRecorded>>);

impl Recording {
    /// Waits until the entry is durable.
    ///
    /// # Errors
    /// As [`Journal::record`].
    pub async fn durable(self) -> Result<(), NotRecorded> {
        self.0.await.unwrap_or(Err(NotRecorded::Unavailable))
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal(..)")
    }
}

impl Journal {
    /// Starts the writer. Call it inside the runtime that lives as long as the server.
    pub fn start(db: Db) -> Self {
        let (sender, waiting) = mpsc::channel(WAITING);
        let crowd = Arc::<Crowd>::default();
        let writer = tokio::spawn(write(db, waiting, Arc::clone(&crowd)));
        Self { sender: Arc::new(Mutex::new(Some(sender))), writer: Arc::new(Mutex::new(Some(writer))), crowd }
    }

    /// Announces an entry. Entries that are announced share commits with one another instead of each paying for its own.
    pub fn announce(&self) -> Coming {
        self.crowd.coming.fetch_add(1, Ordering::Relaxed);
        Coming { crowd: Arc::clone(&self.crowd), arrived: AtomicBool::new(false) }
    }

    /// Records the entry; when this answers `Ok`, it is durable.
    ///
    /// # Errors
    /// [`NotRecorded`]; then nothing of the entry was written. (One exception: a database that is lost just as it
    /// commits may hold an event whose answer never left; never the other way round.)
    pub async fn record(&self, entry: Entry) -> Result<(), NotRecorded> {
        self.begin(entry)?.durable().await
    }

    /// Hands the entry in. It is recorded while the caller does something else, but only [`Recording::durable`] says so.
    ///
    /// # Errors
    /// [`NotRecorded::Unavailable`] when there is no room or no writer.
    pub fn begin(&self, entry: Entry) -> Result<Recording, NotRecorded> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (answer, answered) = oneshot::channel();
        self.crowd.here.fetch_add(1, Ordering::Relaxed);
        if sender.is_none_or(|sender| sender.try_send((entry, answer)).is_err()) {
            self.crowd.here.fetch_sub(1, Ordering::Relaxed);
            return Err(NotRecorded::Unavailable);
        }
        Ok(Recording(answered))
    }

    /// Takes no more entries, writes those that wait, and returns when they are answered.
    pub async fn stop(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that fell over has answered everybody by dropping their channels.
            let _ = writer.await;
        }
    }
}

/// Writes whatever waits, in one transaction, for as long as there is a sender. While one batch becomes durable the next
/// one gathers, and while more are announced than are here, it waits a little for them: the busier, the fewer commits an entry.
async fn write(db: Db, mut waiting: mpsc::Receiver<Waiting>, crowd: Arc<Crowd>) {
    let mut gathered = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut gathered, BATCH).await > 0 {
        if !crowd.is_enough() {
            let company = async {
                while !crowd.is_enough() {
                    crowd.enough.notified().await;
                }
            };
            // Late ones go with the next batch.
            let _ = timeout(COMPANY, company).await;
            while gathered.len() < BATCH
                && let Ok(one) = waiting.try_recv()
            {
                gathered.push(one);
            }
        }
        crowd.here.fetch_sub(gathered.len(), Ordering::Relaxed);
        let (entries, answers): (Vec<Entry>, Vec<Answer>) = gathered.drain(..).unzip();
        match audit::record_batch(&db, &entries).await {
            Ok(outcomes) => answers.into_iter().zip(outcomes).for_each(|(answer, outcome)| tell(answer, outcome)),
            // One entry that cannot be written must not take the others with it.
            Err(Fault::Inconsistent(reason)) => write_singly(&db, entries, answers, &reason).await,
            Err(Fault::Unavailable(reason) | Fault::Contended(reason)) => {
                tracing::error!(event = "audit.unavailable", reason, entries = entries.len());
                answers.into_iter().for_each(refuse);
            }
        }
    }
}

async fn write_singly(db: &Db, entries: Vec<Entry>, answers: Vec<Answer>, reason: &str) {
    tracing::error!(event = "audit.batch_failed", reason, entries = entries.len());
    for (entry, answer) in entries.into_iter().zip(answers) {
        match audit::record_batch(db, std::slice::from_ref(&entry)).await.map(|outcomes| outcomes.first().copied()) {
            Ok(Some(outcome)) => tell(answer, outcome),
            _ => refuse(answer),
        }
    }
}

fn tell(answer: Answer, outcome: Outcome) {
    // A caller that gave up meanwhile has not answered its relying party either.
    let _ = answer.send(match outcome {
        Outcome::Recorded => Ok(()),
        Outcome::Replay => Err(NotRecorded::Replay),
        Outcome::Gone => Err(NotRecorded::Gone),
    });
}

fn refuse(answer: Answer) {
    let _ = answer.send(Err(NotRecorded::Unavailable));
}

/// Seals what was recorded and publishes the seal in the log, which is shipped elsewhere: the anchor by which
/// `portvagt audit verify` finds a cut tail. Called each second.
pub async fn seal_now(db: &Db, now: Timestamp) -> Result<Option<Anchor>, Fault> {
    let anchor = audit::seal(db, now).await?;
    if let Some(Anchor { seq, hash }) = &anchor {
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        tracing::info!(event = "audit.sealed", seq, hash);
    }
    Ok(anchor)
}
