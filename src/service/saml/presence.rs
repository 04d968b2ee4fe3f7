//! Who is there: visitors who ask at the same moment share one read. Whoever comes first lets the others at hand come too,
//! then reads for all of them; alone it reads at once. Nothing is remembered: each answer is of this moment, so a session
//! that was ended is gone with the next request. The path goes on in `storage::sessions`.

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
type Answer = oneshot::Sender<Result<Option<Standing>, Fault>>;

/// Those who wait for the next read; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Presence {
    waiting: Arc<Mutex<Vec<(Asked, Answer)>>>,
}

impl Presence {
    /// The session of that token with its person, and what the relying party of `entity_id` has to do with it.
    pub(super) async fn of(&self, db: &Db, token: &Token, entity_id: &str) -> Result<Option<Standing>, Fault> {
        let (answer, answered) = oneshot::channel();
        let asked = (token.hash(), entity_id.to_owned());
        if self.join(asked, answer) {
            let turn = Turn(Some(self));
            // Everybody who is ready now asks before this goes on.
            tokio::task::yield_now().await;
            read(db, turn.take()).await;
        }
        match answered.await {
            Ok(answer) => answer,
            // Whoever read for all was stopped on the way.
            Err(_) => sessions::standing(db, &token.hash(), entity_id).await,
        }
    }

    /// Whether this one is the first, who reads for all.
    fn join(&self, asked: Asked, answer: Answer) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((asked, answer));
        waiting.len() == 1
    }

    fn take(&self) -> Vec<(Asked, Answer)> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The turn of whoever reads for all. Given up, it sends the others away, so that the next one to come is first.
struct Turn<'p>(Option<&'p Presence>);

impl Turn<'_> {
    fn take(mut self) -> Vec<(Asked, Answer)> {
        self.0.take().map(Presence::take).unwrap_or_default()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        drop(self.0.map(Presence::take));
    }
}

async fn read(db: &Db, waiting: Vec<(Asked, Answer)>) {
    let (asked, answers): (Vec<Asked>, Vec<Answer>) = waiting.into_iter().unzip();
    match sessions::standings(db, &asked).await {
        // One that gave up meanwhile needs no answer.
        Ok(standings) => answers.into_iter().zip(standings).for_each(|(answer, standing)| drop(answer.send(Ok(standing)))),
        // A single one that cannot be read must not take the others with it: each reads for itself.
        Err(Fault::Inconsistent(_)) => drop(answers),
        Err(fault) => answers.into_iter().for_each(|answer| drop(answer.send(Err(fault.clone())))),
    }
}
