//! What is remembered, in memory only: browsers, requests waiting for an answer, assertions seen, logouts under way.
//! Everything has an end in time and in number. Nothing is judged here. Next: `web`, `logout`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::judge::report::Check;
use crate::judge::{Asked, Outcome, Verdict};
use crate::party::Party;
use crate::wire::Received;

const IDLE: SignedDuration = SignedDuration::from_hours(1);
const WAITING: SignedDuration = SignedDuration::from_mins(30);
const ARRIVAL: SignedDuration = SignedDuration::from_mins(2);
const MOST: usize = 5_000;
const MOST_WAITING: usize = 16;

/// How the last session ended, shown on the start page.
#[derive(Debug, Clone)]
pub struct Farewell {
    /// `asked` (the request is under way), `done`, `partial`, `refused`, `local` or `by-idp`: the key of its words.
    pub how: &'static str,
    /// The checks made on the identity provider's message, if there was one.
    pub checks: Vec<Check>,
}

/// One browser.
#[derive(Debug, Clone)]
pub struct Browser {
    asked: Vec<Asked>,
    /// The last response judged.
    pub verdict: Option<Arc<Verdict>>,
    /// How the last session ended.
    pub farewell: Option<Farewell>,
    used: Timestamp,
}

impl Browser {
    /// The verdict that logged this browser in.
    pub fn login(&self) -> Option<&Arc<Verdict>> {
        self.verdict.as_ref().filter(|verdict| verdict.outcome == Outcome::Accepted)
    }
}

/// A logout request of ours under way.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// The browser's session id.
    pub browser: String,
    /// As which entity it was sent.
    pub party: Party,
    /// The RelayState sent along.
    pub relay_state: String,
    /// When it was sent.
    pub sent: Timestamp,
}

#[derive(Default)]
struct Shelves {
    browsers: HashMap<String, Browser>,
    arrivals: HashMap<String, (Party, Received, Timestamp)>,
    seen: HashMap<String, Timestamp>,
    leaving: HashMap<String, Leaving>,
}

/// All of it.
#[derive(Default)]
pub struct Sessions(Mutex<Shelves>);

impl Sessions {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The browser with session `id`, if it is known and not idle for too long.
    pub fn find(&self, id: &str, now: Timestamp) -> Option<Browser> {
        let mut shelves = self.shelves();
        let browser = shelves.browsers.get_mut(id).filter(|browser| now.duration_since(browser.used) < IDLE)?;
        browser.used = now;
        Some(browser.clone())
    }

    /// Remembers a request sent from browser `id`, which becomes known by it.
    pub fn ask(&self, id: &str, asked: Asked, now: Timestamp) {
        let mut shelves = self.shelves();
        shelves.sweep(now);
        let browser = shelves.browsers.entry(id.to_owned()).or_insert_with(|| Browser {
            asked: Vec::new(),
            verdict: None,
            farewell: None,
            used: now,
        });
        if browser.asked.len() >= MOST_WAITING {
            browser.asked.remove(0);
        }
        browser.asked.push(asked);
        browser.used = now;
        browser.farewell = None;
    }

    /// Takes the request `request` of browser `id` away: an answer is judged once.
    pub fn take_asked(&self, id: &str, request: &str, now: Timestamp) -> Option<Asked> {
        let mut shelves = self.shelves();
        let waiting = &mut shelves.browsers.get_mut(id)?.asked;
        let at = waiting.iter().position(|asked| asked.id == request)?;
        Some(waiting.remove(at)).filter(|asked| now.duration_since(asked.sent) < WAITING)
    }

    /// Keeps a posted response until its browser comes to have it judged.
    pub fn arrive(&self, handle: &str, party: Party, received: Received, now: Timestamp) {
        let mut shelves = self.shelves();
        shelves.sweep(now);
        shelves.arrivals.insert(handle.to_owned(), (party, received, now));
    }

    /// Takes it away again.
    pub fn take_arrival(&self, handle: &str, now: Timestamp) -> Option<(Party, Received)> {
        let (party, received, at) = self.shelves().arrivals.remove(handle)?;
        (now.duration_since(at) < ARRIVAL).then_some((party, received))
    }

    /// Remembers an assertion or message ID until `until`; `false` when it was known.
    pub fn first_use(&self, id: &str, until: Timestamp) -> bool {
        self.shelves().seen.insert(id.to_owned(), until).is_none()
    }

    /// Gives the browser its verdict under a new session id, the old one being worthless from now on.
    pub fn conclude(&self, old: &str, new: &str, verdict: Verdict, now: Timestamp) {
        let mut shelves = self.shelves();
        let asked = shelves.browsers.remove(old).map(|browser| browser.asked).unwrap_or_default();
        let browser = Browser { asked, verdict: Some(Arc::new(verdict)), farewell: None, used: now };
        shelves.browsers.insert(new.to_owned(), browser);
    }

    /// Ends the login of browser `id` here; what it was.
    pub fn leave(&self, id: &str, farewell: Farewell) -> Option<Arc<Verdict>> {
        let mut shelves = self.shelves();
        let browser = shelves.browsers.get_mut(id)?;
        browser.farewell = Some(farewell);
        browser.verdict.take().filter(|verdict| verdict.outcome == Outcome::Accepted)
    }

    /// Remembers a logout request of ours.
    pub fn leaving(&self, request: &str, leaving: Leaving) {
        self.shelves().leaving.insert(request.to_owned(), leaving);
    }

    /// Takes it away when its answer comes.
    pub fn take_leaving(&self, request: &str) -> Option<Leaving> {
        self.shelves().leaving.remove(request)
    }

    /// How the logout of `leaving` ended.
    pub fn farewell(&self, browser: &str, farewell: Farewell) {
        if let Some(browser) = self.shelves().browsers.get_mut(browser) {
            browser.farewell = Some(farewell);
        }
    }

    /// Ends every login of `party` that carries this NameID and, when any are named, one of these session indexes.
    pub fn end(&self, party: &Party, name_id: &str, indexes: &[String]) -> usize {
        let mut ended = 0;
        for browser in self.shelves().browsers.values_mut() {
            let meant = browser
                .login()
                .filter(|verdict| verdict.party == *party)
                .and_then(|v| v.facts.as_ref())
                .is_some_and(|facts| facts.name_id.value == name_id && (indexes.is_empty() || indexes.contains(&facts.session_index)));
            if meant {
                browser.verdict = None;
                browser.farewell = Some(Farewell { how: "by-idp", checks: Vec::new() });
                ended += 1;
            }
        }
        ended
    }
}

impl Shelves {
    /// Lets go of what has ended, and of everything when someone fills the house.
    fn sweep(&mut self, now: Timestamp) {
        self.browsers.retain(|_, browser| now.duration_since(browser.used) < IDLE);
        self.arrivals.retain(|_, (_, _, at)| now.duration_since(*at) < ARRIVAL);
        self.seen.retain(|_, until| *until > now);
        self.leaving.retain(|_, leaving| now.duration_since(leaving.sent) < WAITING);
        if self.browsers.len() > MOST {
            self.browsers.clear();
        }
        if self.arrivals.len() > MOST / 50 {
            self.arrivals.clear();
        }
    }
}
