//! Password hashing: Argon2id (RFC 9106) with a pepper, on a bounded number of threads. A hash takes 19 MiB and about
//! 20 ms by default, so how many run and wait is limited here, not left to whoever calls.

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::base::{
    random::{self, Random},
    secret::Secret,
};

/// Cost of a hash (ASVS 11.4.2) and how many may be under way.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes at one time; 0: one for each core.
    pub threads: usize,
    /// Hashes that may wait for their turn; more are turned away.
    pub queue: usize,
}

/// No hash was made.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting already; try again in some seconds.
    #[error("too many logins at once")]
    Busy,
    /// The stored text is no hash, or the parameters are impossible.
    #[error("password hash: {0}")]
    Malformed(String),
}

/// Whether a password was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was not, or there is none.
    Wrong,
    /// It was.
    Right {
        /// The stored hash was made with other parameters than the present ones.
        outdated: bool,
    },
}

/// Makes and checks hashes. Cheap to clone.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    params: Params,
    pepper: Secret<Vec<u8>>,
    slots: Semaphore,
    waiting: AtomicUsize,
    made: AtomicUsize,
    queue: usize,
    spare: Mutex<Vec<Vec<Block>>>,
    /// What unknown users' passwords are checked against, so that they cost the same.
    decoy: OnceLock<String>,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("params", &self.0.params).finish_non_exhaustive()
    }
}

impl Hasher {
    /// A hasher of that cost. `pepper` may be empty; changing it later makes every stored hash wrong.
    pub fn new(cost: Cost, pepper: Secret<Vec<u8>>) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(32)).map_err(malformed)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if cost.threads == 0 { cores } else { cost.threads };
        Ok(Self(Arc::new(Inner {
            params,
            pepper,
            slots: Semaphore::new(threads),
            waiting: AtomicUsize::new(0),
            made: AtomicUsize::new(0),
            queue: cost.queue,
            spare: Mutex::new(Vec::new()),
            decoy: OnceLock::new(),
        })))
    }

    /// Hashes a new password with a fresh salt; the answer is a PHC string (`$argon2id$v=19$...`).
    pub async fn hash(&self, password: &Secret<String>, random: &dyn Random) -> Result<String, HashError> {
        let salt = random::bytes::<16>(random);
        let password = normalised(password);
        self.in_turn(move |inner| inner.hash_with(&password, &salt)).await
    }

    /// Checks a password. With no stored hash a decoy is checked, and the answer is `Wrong` after the same time.
    pub async fn verify(&self, password: &Secret<String>, stored: Option<&str>) -> Result<Verdict, HashError> {
        let password = normalised(password);
        let stored = stored.map(str::to_owned);
        self.in_turn(move |inner| match stored {
            Some(stored) => inner.verify_against(&password, &stored),
            None => {
                let decoy = inner.decoy.get_or_init(|| inner.hash_with(&Secret::new("decoy".to_owned()), &[7; 16]).unwrap_or_default());
                inner.verify_against(&password, decoy).map(|_| Verdict::Wrong)
            }
        })
        .await
    }

    /// Whether a hash asked for now would be made: asked before an attempt is counted, so that nobody is locked out for
    /// having come at a busy moment.
    pub fn has_room(&self) -> bool {
        self.0.waiting.load(Ordering::SeqCst) < self.0.queue
    }

    /// Hashes computed since the start: what guesses cost.
    pub fn made(&self) -> usize {
        self.0.made.load(Ordering::SeqCst)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T, HashError> + Send + 'static) -> Result<T, HashError> {
        let inner = Arc::clone(&self.0);
        if inner.waiting.fetch_add(1, Ordering::SeqCst) >= inner.queue {
            inner.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(HashError::Busy);
        }
        // Given back also when the visitor goes away while waiting.
        let place = Place(Arc::clone(&inner));
        let turn = inner.slots.acquire().await.map_err(malformed)?;
        let done = tokio::task::spawn_blocking(move || work(&place.0)).await.map_err(malformed);
        drop(turn);
        done?
    }
}

struct Place(Arc<Inner>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Inner {
    fn hash_with(&self, password: &Secret<String>, salt: &[u8; 16]) -> Result<String, HashError> {
        let output = self.compute(&self.params, password, salt)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).map_err(malformed)?,
            salt: Some(Salt::new(salt).map_err(malformed)?),
            hash: Some(Output::new(&output).map_err(malformed)?),
        };
        Ok(hash.to_string())
    }

    fn verify_against(&self, password: &Secret<String>, stored: &str) -> Result<Verdict, HashError> {
        let hash = PasswordHash::new(stored).map_err(malformed)?;
        let (Some(salt), Some(right)) = (&hash.salt, &hash.hash) else {
            return Err(HashError::Malformed("no salt or no output".to_owned()));
        };
        if hash.algorithm != Algorithm::Argon2id.ident() {
            return Err(HashError::Malformed("not argon2id".to_owned()));
        }
        let params = Params::try_from(&hash).map_err(malformed)?;
        let output = self.compute(&params, password, salt)?;
        if right.as_bytes().len() != output.len() || !openssl::memcmp::eq(right.as_bytes(), &output) {
            return Ok(Verdict::Wrong);
        }
        let same =
            (params.m_cost(), params.t_cost(), params.p_cost()) == (self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        Ok(Verdict::Right { outdated: !same })
    }

    fn compute(&self, params: &Params, password: &Secret<String>, salt: &[u8]) -> Result<[u8; 32], HashError> {
        self.made.fetch_add(1, Ordering::SeqCst);
        let argon2 =
            Argon2::new_with_secret(self.pepper.expose(), Algorithm::Argon2id, Version::V0x13, params.clone()).map_err(malformed)?;
        let mut memory = self.memory(params.block_count());
        let mut output = [0u8; 32];
        let done = argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, memory.as_mut_slice());
        self.keep(memory);
        done.map_err(malformed)?;
        Ok(output)
    }

    /// Memory is used again while others wait: fetching 19 MiB from the system costs a tenth of the hash.
    fn memory(&self, blocks: usize) -> Vec<Block> {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        spare.filter(|memory| memory.len() == blocks).unwrap_or_else(|| fetch(blocks))
    }

    /// Keeps the memory for whoever waits; with nobody waiting it goes back to the system.
    fn keep(&self, memory: Vec<Block>) {
        let Ok(mut spare) = self.spare.lock() else { return };
        if self.waiting.load(Ordering::SeqCst) > 1 {
            spare.push(memory);
        } else {
            spare.clear();
        }
    }
}

/// Memory of a hash. glibc keeps freed memory of up to 32 MiB in the pool of each thread that freed it, 19 MiB for each
/// thread that ever hashed; what is larger goes back to the system at once. So more is reserved than is touched, and
/// what is never touched costs address space only.
fn fetch(blocks: usize) -> Vec<Block> {
    const GIVEN_BACK: usize = 33 * 1024 * 1024 / Block::SIZE;
    let mut memory = Vec::with_capacity(blocks.max(GIVEN_BACK));
    memory.resize(blocks, Block::default());
    memory
}

/// NFC, so that the same password typed on another keyboard is the same (SP 800-63B); nothing is cut or trimmed.
pub(super) fn normalised(password: &Secret<String>) -> Secret<String> {
    Secret::new(password.expose().nfc().collect())
}

fn malformed(error: impl std::fmt::Display) -> HashError {
    HashError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SystemRandom;

    fn hasher(memory_kib: u32, pepper: &str, queue: usize) -> Hasher {
        let cost = Cost { memory_kib, iterations: 2, parallelism: 1, threads: 1, queue };
        Hasher::new(cost, Secret::new(pepper.as_bytes().to_vec())).unwrap()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_right_only_with_its_pepper_and_in_any_normal_form() {
        let hasher = hasher(64, "pepper", 10);
        let stored = hasher.hash(&secret("caf\u{e9} på hjørnet"), &SystemRandom).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{stored}");
        let right = Verdict::Right { outdated: false };
        assert_eq!(hasher.verify(&secret("cafe\u{301} på hjørnet"), Some(&stored)).await.unwrap(), right);
        assert_eq!(hasher.verify(&secret("café på hjørnet "), Some(&stored)).await.unwrap(), Verdict::Wrong);
        assert_eq!(super::tests::hasher(64, "salt", 10).verify(&secret("café på hjørnet"), Some(&stored)).await.unwrap(), Verdict::Wrong);
        assert_eq!(
            super::tests::hasher(128, "pepper", 10).verify(&secret("café på hjørnet"), Some(&stored)).await.unwrap(),
            Verdict::Right { outdated: true }
        );
    }

    #[tokio::test]
    async fn the_library_s_own_verifier_agrees() {
        use argon2::PasswordVerifier;
        let stored = hasher(64, "pepper", 10).hash(&secret("en hest på en altan"), &SystemRandom).await.unwrap();
        let params = Params::new(64, 2, 1, Some(32)).unwrap();
        let reference = Argon2::new_with_secret(b"pepper", Algorithm::Argon2id, Version::V0x13, params).unwrap();
        assert!(reference.verify_password("en hest på en altan".as_bytes(), stored.as_str()).is_ok());
        assert!(reference.verify_password(b"en anden hest", stored.as_str()).is_err());
    }

    #[tokio::test]
    async fn long_passwords_are_not_cut() {
        let hasher = hasher(64, "", 10);
        let stored = hasher.hash(&secret(&format!("{}a", "x".repeat(72))), &SystemRandom).await.unwrap();
        assert_eq!(hasher.verify(&secret(&format!("{}b", "x".repeat(72))), Some(&stored)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn unknown_users_are_wrong_and_a_full_queue_turns_away() {
        assert_eq!(hasher(64, "", 1).verify(&secret("x"), None).await.unwrap(), Verdict::Wrong);
        assert!(matches!(hasher(64, "", 0).verify(&secret("x"), None).await, Err(HashError::Busy)));
    }
}
