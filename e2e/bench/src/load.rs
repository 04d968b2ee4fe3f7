//! The load: so many connections, each asking again as soon as it was answered, all on one thread. Counts, times, keeps
//! a sample.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::join_all;

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
pub async fn sign_ons(server: &Server, requests: &[Prepared], sessions: &[String], concurrency: usize, time: Duration) -> Run {
    let authority = &server.authority;
    run(server, (concurrency, requests.len()), time, async |connection: &mut Connection, number: usize| {
        let (request, session) = (&requests[number], &sessions[number % sessions.len()]);
        let text = format!(
            "GET {} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {AGENT}\r\nAccept: text/html\r\nAccept-Language: da,en;q=0.5\r\n\
             Accept-Encoding: gzip, deflate, br\r\nCookie: {session}\r\n\r\n",
            request.path
        );
        let answer = connection.exchange(text.as_bytes()).await?;
        let good = answer.status == 200 && find(answer.body, b"name=\"SAMLResponse\"").is_some();
        anyhow::ensure!(good, "status {}: {}", answer.status, answer.text());
        Ok(number.is_multiple_of(SAMPLE_EVERY).then(|| answer.text().into_owned()))
    })
    .await
}

/// Whole logins, each by another person.
pub async fn logins(server: &Server, requests: &[Prepared], employees: &[Employee], concurrency: usize, time: Duration) -> Run {
    let most = requests.len().min(employees.len());
    run(server, (concurrency, most), time, async |connection: &mut Connection, number: usize| {
        let page = log_in(&mut Visit::new(&server.authority), connection, &requests[number].path, &employees[number]).await?;
        anyhow::ensure!(page.contains("name=\"SAMLResponse\""), "no response: {page}");
        Ok(number.is_multiple_of(50).then_some(page))
    })
    .await
}

async fn run<A>(server: &Server, (concurrency, most): (usize, usize), time: Duration, ask: A) -> Run
where
    A: AsyncFn(&mut Connection, usize) -> anyhow::Result<Option<String>>,
{
    let (next, started) = (Cell::new(0), Instant::now());
    let parts = join_all((0..concurrency).map(async |_| {
        let (mut mine, mut connection) = (Run::default(), None);
        while started.elapsed() < time {
            let number = next.replace(next.get() + 1);
            if number >= most {
                break;
            }
            let begun = Instant::now();
            match step(&mut connection, server, number, &ask).await {
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
        mine
    }))
    .await;
    let seconds = started.elapsed().as_secs_f64();
    let mut run = Run { seconds, used: next.get().min(most), ..Run::default() };
    for mut part in parts {
        run.millis.append(&mut part.millis);
        run.sample.append(&mut part.sample);
        run.bad += part.bad;
        let room = 3usize.saturating_sub(run.faults.len());
        run.faults.extend(part.faults.into_iter().take(room));
    }
    run.good = run.millis.len();
    run.millis.sort_unstable_by(f64::total_cmp);
    run
}

async fn step<A>(connection: &mut Option<Connection>, server: &Server, number: usize, ask: &A) -> anyhow::Result<Option<String>>
where
    A: AsyncFn(&mut Connection, usize) -> anyhow::Result<Option<String>>,
{
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(Connection::open(server.address).await?),
    };
    ask(connection, number).await
}
