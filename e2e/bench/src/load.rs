//! The load: so many connections, each asking again as soon as it was answered. Counts, times, keeps a sample.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    http::{Connection, find},
    login::{AGENT, Visit, log_in},
    prepare::Employee,
    requests::Prepared,
    server::Server,
};

/// What a run of load brought.
#[derive(Default)]
pub struct Run {
    /// Good answers.
    pub good: usize,
    /// What went wrong, the first few of it.
    pub faults: Vec<String>,
    /// How many went wrong.
    pub bad: usize,
    /// Milliseconds of each good answer, sorted.
    pub millis: Vec<f64>,
    /// How long it took.
    pub seconds: f64,
    /// Every so manieth page, by the number of its request.
    pub sample: Vec<(usize, String)>,
    /// How many requests were used.
    pub used: usize,
}

impl Run {
    /// Good answers a second.
    pub fn rate(&self) -> f64 {
        self.good as f64 / self.seconds
    }

    /// The latency below which `share` of the answers lie.
    pub fn percentile(&self, share: f64) -> f64 {
        let place = (self.millis.len() as f64 * share) as usize;
        self.millis.get(place.min(self.millis.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }
}

/// One page in this many is kept for judging.
const SAMPLE_EVERY: usize = 499;

/// Sign-ons with live sessions until the time or the requests are used up.
pub fn sign_ons(server: &Server, requests: &[Prepared], sessions: &[String], concurrency: usize, time: Duration) -> Run {
    run(
        concurrency,
        requests.len(),
        time,
        |connection, number, _| {
            let (request, session) = (&requests[number], &sessions[number % sessions.len()]);
            let text = format!(
                "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {AGENT}\r\nAccept: text/html\r\nAccept-Language: da,en;q=0.5\r\n\
             Accept-Encoding: gzip, deflate, br\r\nCookie: {session}\r\n\r\n",
                request.path, server.authority
            );
            let answer = connection.exchange(text.as_bytes())?;
            anyhow::ensure!(
                answer.status == 200 && find(answer.body, b"name=\"SAMLResponse\"").is_some(),
                "status {}: {}",
                answer.status,
                answer.text()
            );
            Ok(number.is_multiple_of(SAMPLE_EVERY).then(|| answer.text().into_owned()))
        },
        server,
    )
}

/// Whole logins, each by another person.
pub fn logins(server: &Server, requests: &[Prepared], employees: &[Employee], concurrency: usize, time: Duration) -> Run {
    run(
        concurrency,
        requests.len().min(employees.len()),
        time,
        |connection, number, authority| {
            let page = log_in(&mut Visit::new(authority), connection, &requests[number].path, &employees[number])?;
            anyhow::ensure!(page.contains("name=\"SAMLResponse\""), "no response: {page}");
            Ok(number.is_multiple_of(50).then_some(page))
        },
        server,
    )
}

fn run(
    concurrency: usize,
    most: usize,
    time: Duration,
    ask: impl Fn(&mut Connection, usize, &str) -> anyhow::Result<Option<String>> + Sync,
    server: &Server,
) -> Run {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Run::default()));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..concurrency {
            scope.spawn(|| {
                let mut mine = Run::default();
                let mut connection = None;
                while started.elapsed() < time {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= most {
                        break;
                    }
                    let begun = Instant::now();
                    match step(&mut connection, server, number, &ask) {
                        Ok(page) => {
                            mine.millis.push(begun.elapsed().as_secs_f64() * 1000.0);
                            mine.sample.extend(page.map(|page| (number, page)));
                        }
                        Err(error) => {
                            connection = None;
                            mine.bad += 1;
                            mine.faults.push(format!("{error:#}").chars().take(300).collect());
                        }
                    }
                }
                if let Ok(mut all) = all.lock() {
                    all.millis.append(&mut mine.millis);
                    all.sample.append(&mut mine.sample);
                    all.bad += mine.bad;
                    let room = 3usize.saturating_sub(all.faults.len());
                    all.faults.extend(mine.faults.into_iter().take(room));
                }
            });
        }
    });
    let mut run = all.into_inner().unwrap_or_default();
    run.seconds = started.elapsed().as_secs_f64();
    run.good = run.millis.len();
    run.used = next.into_inner().min(most);
    run.millis.sort_unstable_by(f64::total_cmp);
    run
}

fn step(
    connection: &mut Option<Connection>,
    server: &Server,
    number: usize,
    ask: &impl Fn(&mut Connection, usize, &str) -> anyhow::Result<Option<String>>,
) -> anyhow::Result<Option<String>> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(Connection::open(server.address)?),
    };
    ask(connection, number, &server.authority)
}
