//! The machine's raw speed: how many RSA-3072 signatures and how many Argon2id hashes a second it makes when it does
//! nothing else. Everything measured later is a ratio to these.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::Context;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use portvagt::crypto::keyring::SigningKey;

use crate::machine;

/// How often a second something was done, and how many processor milliseconds once took.
pub type Rate = (f64, f64);

/// Has `worker` make the work of each of `threads` threads and runs it for `time`.
fn rate<W: FnMut() -> bool>(threads: usize, time: Duration, worker: impl Fn() -> W + Sync) -> Rate {
    let done = AtomicU64::new(0);
    let (used, started) = (own_time(), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut work = worker();
                while started.elapsed() < time && work() {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let done = done.load(Ordering::Relaxed) as f64;
    (done / started.elapsed().as_secs_f64(), (own_time() - used) / done.max(1.0))
}

fn own_time() -> f64 {
    machine::Times::now(std::process::id(), None).generator
}

/// Signatures with one key shared by all threads, as the server has it.
pub fn signatures(key: &SigningKey, threads: usize, time: Duration) -> Rate {
    let bytes = [b'x'; 700];
    rate(threads, time, || || key.sign_sha256(&bytes).is_ok())
}

/// Argon2id hashes, each thread with memory of its own that it uses again.
pub fn hashes(memory_kib: u32, iterations: u32, threads: usize, time: Duration) -> anyhow::Result<Rate> {
    let params = Params::new(memory_kib, iterations, 1, Some(32)).ok().context("impossible parameters")?;
    Ok(rate(threads, time, || {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut memory = vec![Block::default(); params.block_count()];
        move || {
            let mut out = [0u8; 32];
            argon2.hash_password_into_with_memory(b"quiet harbour lamps", &[7; 16], &mut out, memory.as_mut_slice()).is_ok()
        }
    }))
}
