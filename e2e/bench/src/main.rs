//! `./dev bench`: measures a release build of the server, as a process of its own, against the machine's raw speed.
//!
//! Sign-ons with live sessions and whole logins, on SQLite and on PostgreSQL; memory, cold start, the login page's
//! weight. A sample of all responses is decrypted and verified. The path goes on in `prepare`, `load` and `report`.

mod http;
mod load;
mod login;
mod machine;
mod page;
#[path = "../../postgres.rs"]
#[allow(clippy::expect_used, reason = "the tests' own PostgreSQL, shared with them")]
mod postgres;
mod prepare;
mod raw;
mod report;
mod requests;
mod server;
mod verify;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use clap::Parser;
use portvagt::crypto::keyring::SigningKey;
use serde_json::{Value, json};

use load::Run;
use machine::{Times, memory};
use prepare::Place;
use report::Phase;
use requests::Party;
use server::Server;

#[derive(Parser)]
#[command(about = "Measures Portvagt against this machine's raw speed")]
struct Arguments {
    /// The server: a release build
    #[arg(long, env = "PORTVAGT_BENCH_SERVER")]
    server: PathBuf,
    /// Seconds of load in each phase
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Engines to measure on
    #[arg(long, value_delimiter = ',', default_values = ["sqlite", "postgres"])]
    engines: Vec<String>,
    /// Concurrent visitors of the sign-on phases
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    concurrency: Vec<usize>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    /// Only look whether memory grows: over so many sign-ons, a million without a number
    #[arg(long, num_args = 0..=1, default_missing_value = "1000000")]
    soak: Option<usize>,
    /// Leave out phases whose name does not contain this
    #[arg(long)]
    only: Option<String>,
}

/// Live sessions that take turns.
const SESSIONS: usize = 64;
/// Whole logins under way at once.
const LOGINS: usize = 16;
/// Sign-ons of the short look at memory.
const SHORT_SOAK: usize = 40_000;
/// How long raw speed is measured each time.
const RAW: Duration = Duration::from_millis(1000);
/// The default cost of a password hash, as in the settings.
const HASH: (u32, u32) = (19_456, 2);

fn main() -> ExitCode {
    match bench(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> anyhow::Result<bool> {
    let folder = std::env::temp_dir().join(format!("portvagt-bench-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut results = Vec::new();
    for engine in &arguments.engines {
        let here = folder.join(engine);
        std::fs::create_dir_all(&here)?;
        let (name, url) = match engine.as_str() {
            "sqlite" => ("SQLite", format!("sqlite:{}", here.join("portvagt.db").display())),
            "postgres" => ("PostgreSQL", runtime.block_on(postgres::fresh_database())),
            other => anyhow::bail!("there is no engine '{other}'"),
        };
        let parties = [Party::new("https://saml.plain.bench.example", false)?, Party::new("https://saml.sealed.bench.example", true)?];
        let place = prepare::place(&arguments.server, &here, &url, &parties, 400 + 120 * arguments.seconds as usize)?;
        let key = SigningKey::from_pem(&place.key, &place.certificate, None, false)?;
        let stage = Stage { arguments, runtime: &runtime, name, database: database_pid(engine), place, parties, key };
        results.push(stage.measure()?);
    }
    std::fs::remove_dir_all(&folder)?;
    let good = results.iter().all(|result| result.0);
    let (model, cores) = machine::describe();
    let all: Vec<&Value> = results.iter().map(|result| &result.1).collect();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&json!({ "machine": model, "cores": cores, "results": all }))?);
    } else {
        println!("\n{}\n\n{model}, {cores} cores.", report::LEGEND);
    }
    Ok(good)
}

/// The process of our PostgreSQL: the one whose command line names our folder.
fn database_pid(engine: &str) -> Option<u32> {
    let ours = format!("portvagt-postgres-{}-", std::process::id());
    let named = |pid: u32| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            let line = String::from_utf8_lossy(&line);
            line.split('\0').next().is_some_and(|program| program.ends_with("/postgres") || program == "postgres") && line.contains(&ours)
        })
    };
    let all = std::fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
    if engine == "postgres" { all.into_iter().filter(|pid| named(*pid)).min() } else { None }
}

/// What a measurement stands on.
struct Stage<'a> {
    arguments: &'a Arguments,
    runtime: &'a tokio::runtime::Runtime,
    name: &'static str,
    database: Option<u32>,
    place: Place,
    parties: [Party; 2],
    key: SigningKey,
}

impl Stage<'_> {
    fn say(&self, words: &str) {
        if !self.arguments.json {
            println!("{words}");
        }
    }

    fn wants(&self, phase: &str) -> bool {
        self.arguments.only.as_ref().is_none_or(|only| phase.contains(only.as_str()))
    }

    fn measure(&self) -> anyhow::Result<(bool, Value)> {
        let program = &self.arguments.server;
        let cold = if self.wants("cold start") { self.cold_start()? } else { 0.0 };
        let server = self.runtime.block_on(Server::start(program, &self.place))?;
        std::thread::sleep(Duration::from_millis(1500));
        let idle = memory(server.pid());
        let weight = self.runtime.block_on(page::weigh(&server))?;
        let raw_one = raw::signatures(&self.key, 1, RAW);
        let raw_all = raw::signatures(&self.key, machine::cores(), RAW);
        let hashes = raw::hashes(HASH.0, HASH.1, machine::cores(), RAW)?;
        self.say(&format!(
            "\n{}: raw RSA-3072 signatures {:.0}/s on one core, {:.0}/s on {}; raw Argon2id hashes {:.1}/s on {}.\n\
             Cold start to the login page {cold:.3} s. Memory idle {:.1} MiB (of its own {:.1}).\n\
             Login page on the wire {} bytes: {} for the page, {} for {} files; fonts beside it {}.\n\n{}",
            self.name,
            raw_one.0,
            raw_all.0,
            machine::cores(),
            hashes.0,
            machine::cores(),
            idle.resident,
            idle.proportional,
            weight.page + weight.files,
            weight.page,
            weight.files,
            weight.count,
            weight.fonts,
            report::HEAD
        ));
        let sessions = self.runtime.block_on(self.sessions(&server))?;
        let mut phases = Vec::new();
        if self.arguments.soak.is_none() {
            self.phases(&server, &sessions, raw_all.0, &mut phases)?;
        }
        let soak = if self.wants("soak") { self.soak(&server, &sessions)? } else { Value::Null };
        let good = phases.iter().all(|phase| phase.run.bad == 0) && soak.get("bad").is_none_or(|bad| *bad == 0);
        Ok((
            good,
            json!({
                "engine": self.name, "raw_signatures_one_core": raw_one.0, "raw_signatures_all_cores": raw_all.0, "raw_hashes_all_cores": hashes.0,
                "cold_start_seconds": cold, "idle_mib": idle.resident, "idle_own_mib": idle.proportional,
                "login_page_bytes": weight.page + weight.files, "fonts_bytes": weight.fonts,
                "phases": phases.iter().map(Phase::json).collect::<Vec<_>>(), "soak": soak,
            }),
        ))
    }

    /// The median of five starts.
    fn cold_start(&self) -> anyhow::Result<f64> {
        let mut starts = (0..5)
            .map(|_| Ok(self.runtime.block_on(Server::start(&self.arguments.server, &self.place))?.cold_start.as_secs_f64()))
            .collect::<anyhow::Result<Vec<f64>>>()?;
        starts.sort_unstable_by(f64::total_cmp);
        Ok(starts[2])
    }

    async fn sessions(&self, server: &Server) -> anyhow::Result<Vec<String>> {
        let mut connection = http::Connection::open(server.address).await?;
        let mut sessions = Vec::with_capacity(SESSIONS);
        for employee in &self.place.employees[..SESSIONS] {
            let mut visit = login::Visit::new(&server.authority);
            login::log_in(&mut visit, &mut connection, "/login", employee).await?;
            sessions.push(visit.session().context("no session after a login")?);
        }
        Ok(sessions)
    }

    fn phases(&self, server: &Server, sessions: &[String], raw_all: f64, phases: &mut Vec<Phase>) -> anyhow::Result<()> {
        let time = Duration::from_secs(self.arguments.seconds);
        let sso = self.place.sso();
        for party in &self.parties {
            let name = if party.encrypted { "sign-on, encrypted" } else { "sign-on, signed" };
            for &concurrency in self.arguments.concurrency.iter().filter(|_| self.wants(name)) {
                let share = if concurrency == 1 { 1.0 / machine::cores() as f64 } else { 1.0 };
                let requests = party.requests(&sso, (raw_all * share * time.as_secs_f64() * 1.2) as usize)?;
                self.runtime.block_on(load::sign_ons(server, &requests[..200.min(requests.len())], sessions, concurrency, time));
                let requests = &requests[200.min(requests.len())..];
                let raw = || Ok(raw::signatures(&self.key, machine::cores(), RAW));
                let work = || self.runtime.block_on(load::sign_ons(server, requests, sessions, concurrency, time));
                let phase = self.phase((server, name, concurrency), raw, work, |page, number| {
                    verify::response(page, &requests[number], party, &self.place.certificate)
                })?;
                phases.push(phase);
            }
        }
        if self.wants("login") {
            let party = &self.parties[1];
            let employees = &self.place.employees[SESSIONS..];
            let requests = party.requests(&sso, employees.len())?;
            let raw = || raw::hashes(HASH.0, HASH.1, machine::cores(), RAW);
            let work = || self.runtime.block_on(load::logins(server, &requests, employees, LOGINS, time));
            let phase = self.phase((server, "login, password + TOTP", LOGINS), raw, work, |page, number| {
                verify::response(page, &requests[number], party, &self.place.certificate)
            })?;
            phases.push(phase);
        }
        Ok(())
    }

    fn phase(
        &self,
        (server, name, concurrency): (&Server, &str, usize),
        raw: impl Fn() -> anyhow::Result<(f64, f64)>,
        work: impl FnOnce() -> Run,
        judge: impl Fn(&str, usize) -> anyhow::Result<()>,
    ) -> anyhow::Result<Phase> {
        let before = raw()?;
        let began = Times::now(server.pid(), self.database);
        let mut run = work();
        let times = Times::now(server.pid(), self.database).since(began);
        let memory = memory(server.pid());
        let after = raw()?;
        for (number, page) in &run.sample {
            judge(page, *number).with_context(|| format!("{name}: a response that does not hold:\n{page}"))?;
        }
        ensure!(run.good > 0, "{name}: nothing came: {:?}", run.faults);
        let judged = run.sample.len();
        run.sample.clear();
        let phase = Phase {
            engine: self.name,
            name: name.to_owned(),
            concurrency,
            run,
            times,
            raw_rate: (before.0 + after.0) / 2.0,
            raw_ms: (before.1 + after.1) / 2.0,
            memory,
            judged,
        };
        self.say(&phase.line());
        for fault in &phase.run.faults {
            eprintln!("{name}: {fault}");
        }
        Ok(phase)
    }

    /// Memory over many sign-ons, a tenth at a time.
    fn soak(&self, server: &Server, sessions: &[String]) -> anyhow::Result<Value> {
        let all = self.arguments.soak.unwrap_or(SHORT_SOAK);
        let (mut done, mut bad, mut used, started) = (0, 0, Vec::new(), Instant::now());
        // Requests are good for some minutes only: they are made in portions.
        let portion = (all / 10).clamp(1, 20_000);
        let mut next = all / 10;
        while done < all {
            let requests = self.parties[1].requests(&self.place.sso(), portion.min(all - done))?;
            let run = self.runtime.block_on(load::sign_ons(server, &requests, sessions, 32, Duration::from_secs(600)));
            done += run.used;
            bad += run.bad;
            for fault in &run.faults {
                eprintln!("soak: {fault}");
            }
            if done >= next {
                next += all / 10;
                used.push(memory(server.pid()).resident);
            }
        }
        let words = used.iter().map(|mib| format!("{mib:.1}")).collect::<Vec<_>>().join(", ");
        self.say(&format!(
            "\nMemory over {done} encrypted sign-ons in {:.0} s, after each tenth: {words} MiB; {bad} bad.",
            started.elapsed().as_secs_f64()
        ));
        Ok(json!({ "sign_ons": done, "bad": bad, "resident_mib_after_each_tenth": used }))
    }
}
