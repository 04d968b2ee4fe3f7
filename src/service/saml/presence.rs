//! Who is there: visitors who ask at the same moment share one read. One read is under way at a time; those who come
//! meanwhile are read together by the first of them; alone one reads at once. Nothing is remembered: each read begins after
//! it was asked for, so a session that was ended is gone with the next request. The path goes on in `storage::sessions`.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::{
    crypto::token::{Token, TokenHash},
    storage::{
        db::Db,
        fault::Fault,
        sessions::{self, Standing},
    },
};

type Asked = (TokenHash, String);
type Answer = Result<Option<Standing>, Fault>;

/// Those who wait for the next read; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Presence(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    reading: bool,
    waiting: Vec<(Asked, oneshot::Sender<Word>)>,
}

/// What one who waits is told.
#[derive(Debug)]
enum Word {
    Answer(Box<Answer>),
    /// To read for all who wait.
    Lead(Lead),
}

/// The turn to read. Dropped, it goes to the first of those who came meanwhile.
#[derive(Debug)]
struct Lead {
    presence: Presence,
    /// The reader's own question comes first.
    asked: Vec<Asked>,
    others: Vec<oneshot::Sender<Word>>,
}

impl Presence {
    /// The session of that token with its person, and what the relying party of `entity_id` has to do with it.
    pub(super) async fn of(&self, db: &Db, token: &Token, entity_id: &str) -> Answer {
        let waiting = match self.join((token.hash(), entity_id.to_owned())) {
            Ok(lead) => {
                // Everybody who is ready now asks before this goes on.
                tokio::task::yield_now().await;
                return lead.read(db).await;
            }
            Err(waiting) => waiting,
        };
        match waiting.await {
            Ok(Word::Answer(answer)) => *answer,
            Ok(Word::Lead(lead)) => lead.read(db).await,
            // Whoever read for all was stopped on the way.
            Err(_) => sessions::standing(db, &token.hash(), entity_id).await,
        }
    }

    /// The turn, if nobody reads now; else where the word comes.
    fn join(&self, asked: Asked) -> Result<Lead, oneshot::Receiver<Word>> {
        let mut queue = self.queue();
        if !std::mem::replace(&mut queue.reading, true) {
            return Ok(Lead { presence: self.clone(), asked: vec![asked], others: Vec::new() });
        }
        let (word, waiting) = oneshot::channel();
        queue.waiting.push((asked, word));
        Err(waiting)
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Reads also for those who came before the read begins.
    fn take_along(&mut self) {
        let more = std::mem::take(&mut self.presence.queue().waiting);
        for (asked, word) in more {
            self.asked.push(asked);
            self.others.push(word);
        }
    }

    /// Reads for all; the reader's own answer.
    async fn read(mut self, db: &Db) -> Answer {
        self.take_along();
        let others = std::mem::take(&mut self.others);
        let answers = sessions::standings(db, &self.asked).await;
        // One that gave up meanwhile needs no answer.
        let tell = |word: oneshot::Sender<Word>, answer| drop(word.send(Word::Answer(Box::new(answer))));
        match (answers, self.asked.first()) {
            (Ok(standings), _) => {
                let mut standings = standings.into_iter();
                let own = standings.next().flatten();
                others.into_iter().zip(standings).for_each(|(word, standing)| tell(word, Ok(standing)));
                Ok(own)
            }
            // A single one that cannot be read must not take the others with it: each reads for itself.
            (Err(Fault::Inconsistent(_)), Some((token, entity_id))) => {
                drop(others);
                sessions::standing(db, token, entity_id).await
            }
            (Err(fault), _) => {
                others.into_iter().for_each(|word| tell(word, Err(fault.clone())));
                Err(fault)
            }
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut queue = self.presence.queue();
        let mut waiting = std::mem::take(&mut queue.waiting);
        waiting.retain(|(_, word)| !word.is_closed());
        queue.reading = !waiting.is_empty();
        drop(queue);
        let (asked, words): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let mut words = words.into_iter();
        let Some(first) = words.next() else { return };
        // Who went away just now sends it back: dropped here, it goes to the next, and those it was to read for read for themselves.
        drop(first.send(Word::Lead(Self { presence: self.presence.clone(), asked, others: words.collect() })));
    }
}
