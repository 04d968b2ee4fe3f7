//! Chance as a parameter: rooms are given a `Random`. The product's comes from OpenSSL; tests may give a seeded one.

use std::sync::atomic::{AtomicU64, Ordering};

/// Fills buffers with bytes nobody can guess.
pub trait Random: Send + Sync {
    /// Fills `bytes`. The generator being unable to answer ends the process: nothing safe can be done without it.
    fn fill(&self, bytes: &mut [u8]);
}

/// OpenSSL's generator, seeded by the operating system; the only source in production.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if openssl::rand::rand_bytes(bytes).is_err() {
            // Going on with predictable bytes would hand out sessions that can be guessed.
            std::process::abort();
        }
    }
}

/// A repeatable source for tests: SHA-256 over a seed and a counter. Never used by the server.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRandom {
    /// The same seed gives the same bytes in the same order of calls.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut block = [0u8; 16];
            let count = self.counter.fetch_add(1, Ordering::SeqCst);
            let (seed, counter) = block.split_at_mut(8);
            seed.copy_from_slice(&self.seed.to_be_bytes());
            counter.copy_from_slice(&count.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(openssl::sha::sha256(&block)) {
                *to = from;
            }
        }
    }
}

/// `N` fresh bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0u8; N];
    random.fill(&mut bytes);
    bytes
}
