//! What Linux says of processes: processor time, memory, and how busy the rest of the machine was.

use std::{collections::HashMap, fs};

/// Processor time at one moment, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// The server.
    pub server: f64,
    /// The database server with its children; 0 for an embedded one.
    pub database: f64,
    /// This process: the load generator.
    pub generator: f64,
    /// Everything on the machine.
    pub machine: f64,
}

impl Times {
    /// Now.
    pub fn now(server: u32, database: Option<u32>) -> Self {
        Self {
            server: of_process(server),
            database: database.map_or(0.0, of_family),
            generator: of_process(std::process::id()),
            machine: of_machine(),
        }
    }

    /// What was used since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            server: self.server - earlier.server,
            database: self.database - earlier.database,
            generator: self.generator - earlier.generator,
            machine: self.machine - earlier.machine,
        }
    }

    /// What neither the server nor its database nor this process used.
    pub fn others(self) -> f64 {
        (self.machine - self.server - self.database - self.generator).max(0.0)
    }
}

// Linux counts in hundredths of a second on every architecture we run on.
const TICK_MS: f64 = 10.0;

fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

fn at(fields: &[u64], place: usize) -> u64 {
    fields.get(place).copied().unwrap_or(0)
}

fn of_process(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |fields| (at(&fields, 11) + at(&fields, 12)) as f64 * TICK_MS)
}

/// A process, its children that ended and its children that run.
fn of_family(pid: u32) -> f64 {
    let mut ticks = 0;
    for child in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(number) = child.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Some(fields) = stat(number) else { continue };
        if number == pid {
            ticks += (11..15).map(|place| at(&fields, place)).sum::<u64>();
        } else if at(&fields, 1) == u64::from(pid) {
            ticks += at(&fields, 11) + at(&fields, 12);
        }
    }
    ticks as f64 * TICK_MS
}

fn of_machine() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u64> =
        text.lines().next().unwrap_or_default().split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect();
    // user, nice, system, irq, softirq; not idle, not waiting.
    [0, 1, 2, 5, 6].into_iter().map(|place| at(&fields, place)).sum::<u64>() as f64 * TICK_MS
}

/// Memory in MiB: resident, its peak, and the share of it that is this process's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// Resident.
    pub resident: f64,
    /// The most that ever was.
    pub peak: f64,
    /// Shared pages counted by share.
    pub proportional: f64,
}

/// The memory of a process.
pub fn memory(pid: u32) -> Memory {
    let read = |file: &str| -> HashMap<String, f64> {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        text.lines()
            .filter_map(|line| {
                let (name, rest) = line.split_once(':')?;
                Some((name.to_owned(), rest.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0))
            })
            .collect()
    };
    let (status, rollup) = (read("status"), read("smaps_rollup"));
    let value = |map: &HashMap<String, f64>, name: &str| map.get(name).copied().unwrap_or(0.0);
    Memory { resident: value(&status, "VmRSS"), peak: value(&status, "VmHWM"), proportional: value(&rollup, "Pss") }
}

/// The processor's name and the number of cores we may use.
pub fn describe() -> (String, usize) {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned()));
    (name.unwrap_or_else(|| "unknown processor".to_owned()), cores())
}

/// The number of cores we may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
