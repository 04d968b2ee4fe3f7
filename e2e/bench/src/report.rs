//! The results as a table for eyes or as JSON. Nothing is rounded up and nothing that failed is left out.

use serde_json::{Value, json};

use crate::{
    load::Run,
    machine::{Memory, Times},
};

/// One phase of load, with the raw speed just before and after it.
pub struct Phase {
    /// SQLite or PostgreSQL.
    pub engine: &'static str,
    /// What was asked.
    pub name: String,
    /// Connections.
    pub concurrency: usize,
    /// What came.
    pub run: Run,
    /// Processor time it took.
    pub times: Times,
    /// Raw operations a second on all cores, the mean of before and after.
    pub raw_rate: f64,
    /// Processor milliseconds of one raw operation.
    pub raw_ms: f64,
    /// The server's memory after it.
    pub memory: Memory,
    /// Responses judged in full.
    pub judged: usize,
}

impl Phase {
    fn each(&self, millis: f64) -> f64 {
        millis / self.run.good.max(1) as f64
    }

    /// Good answers a second against the raw rate.
    pub fn ratio(&self) -> f64 {
        self.run.rate() / self.raw_rate
    }

    /// Processor time of a raw operation against that of an answer, database and load generator included: what the
    /// ratio would be if nothing else ran on the machine and no core ever waited.
    pub fn ratio_by_time(&self) -> f64 {
        self.raw_ms / self.each(self.times.server + self.times.database + self.times.generator)
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "engine": self.engine, "phase": self.name, "concurrency": self.concurrency,
            "per_second": self.run.rate(), "good": self.run.good, "bad": self.run.bad, "faults": self.run.faults, "judged": self.judged,
            "raw_per_second": self.raw_rate, "ratio": self.ratio(), "ratio_by_processor_time": self.ratio_by_time(),
            "p50_ms": self.run.percentile(0.50), "p95_ms": self.run.percentile(0.95), "p99_ms": self.run.percentile(0.99),
            "server_cpu_ms": self.each(self.times.server), "database_cpu_ms": self.each(self.times.database),
            "generator_cpu_ms": self.each(self.times.generator), "raw_cpu_ms": self.raw_ms,
            "others_cpu_share": self.times.others() / self.times.machine.max(1.0),
            "resident_mib": self.memory.resident, "peak_mib": self.memory.peak,
        })
    }

    /// As a line of the table.
    pub fn line(&self) -> String {
        format!(
            "| {:10} | {:22} | {:4} | {:7.1} | {:5.2} | {:5.2} | {:6.1} | {:6.1} | {:6.1} | {:6.2} | {:5.2} | {:5.2} | {:5.1} | {:3.0}% | {:4} | {:3} |",
            self.engine,
            self.name,
            self.concurrency,
            self.run.rate(),
            self.ratio(),
            self.ratio_by_time(),
            self.run.percentile(0.50),
            self.run.percentile(0.95),
            self.run.percentile(0.99),
            self.each(self.times.server),
            self.each(self.times.database),
            self.each(self.times.generator),
            self.memory.resident,
            100.0 * self.times.others() / self.times.machine.max(1.0),
            self.judged,
            self.run.bad,
        )
    }
}

/// The table's head.
pub const HEAD: &str = "\
| engine     | what                   | conc |   per s | ratio | by t. | p50 ms | p95 ms | p99 ms | cpu ms | db ms | gen.  |  MiB  | oth. | jdg  | bad |
|------------|------------------------|------|---------|-------|-------|--------|--------|--------|--------|-------|-------|-------|------|------|-----|";

/// What the columns mean.
pub const LEGEND: &str = "\
per s: good answers a second. ratio: against the raw rate of this machine just before and after (signatures for sign-ons,
hashes for logins). by t.: processor time of a raw operation against that of one answer, database and load generator
included; it holds also on a busy machine. cpu, db, gen.: processor milliseconds of an answer in the server, the database
server, the load generator. MiB: the server's resident memory after it. oth.: share of the machine's processor time that
others used. jdg: responses decrypted and verified in full.";
