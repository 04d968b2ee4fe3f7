//! Passwords that were stolen elsewhere: a file in the ordered format of Have I Been Pwned, one SHA-1 and a count a line
//! (`000000005AD76BD555C1D6D771DE417A4B87E4B4:10`), searched where it lies. It has tens of gigabytes and is never loaded.
//!
//! What never happens here: asking anybody on the network. The path goes on in `service::passwords`.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path, sync::Arc};

use crate::{base::secret::Secret, crypto::password::normalised};

/// Bytes that a line may have; real ones have some fifty.
const LONGEST_LINE: u64 = 80;
/// Lines looked at when the file is opened.
const SAMPLES: u64 = 64;

/// Why a file cannot be searched.
#[derive(Debug, thiserror::Error)]
pub enum BreachedError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It has no line.
    #[error("it is empty")]
    Empty,
    /// Something in it is no line of the format.
    #[error("near byte {at} it holds no line of 40 hexadecimal digits, a colon and a count")]
    Malformed {
        /// Where.
        at: u64,
    },
    /// Its lines are not sorted by hash.
    #[error("near byte {at} its lines are not ordered by hash; use the file that is")]
    NotOrdered {
        /// Where.
        at: u64,
    },
}

/// An opened file. Cheap to clone; whoever replaces the file on disk changes nothing until the next start.
#[derive(Debug, Clone)]
pub struct Breached {
    file: Arc<File>,
    size: u64,
}

type Hash = [u8; 20];

/// A line: its hash, where it begins and where the next one begins.
struct Line {
    hash: Hash,
    start: u64,
    next: u64,
}

impl Breached {
    /// Opens the file and looks at some of its lines, the first and the last among them.
    pub fn open(path: &Path) -> Result<Self, BreachedError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let list = Self { file: Arc::new(file), size };
        if size == 0 {
            return Err(BreachedError::Empty);
        }
        let mut before: Option<Line> = None;
        for sample in 0..=SAMPLES {
            let line = list.line_at((size - 1) / SAMPLES * sample + if sample == SAMPLES { (size - 1) % SAMPLES } else { 0 })?;
            if before.as_ref().is_some_and(|before| before.start != line.start && before.hash >= line.hash) {
                return Err(BreachedError::NotOrdered { at: line.start });
            }
            before = Some(line);
        }
        Ok(list)
    }

    /// Whether the password stands in the list.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else just where the password would stand.
    pub fn holds(&self, password: &Secret<String>) -> Result<bool, BreachedError> {
        let wanted = openssl::sha::sha1(normalised(password).expose().as_bytes());
        // The line of that hash, if there is one, begins at or after `low` and before `high`.
        let (mut low, mut high) = (0, self.size);
        while low < high {
            let line = self.line_at(low + (high - low) / 2)?;
            if line.start < low || line.next <= low {
                return Err(BreachedError::Malformed { at: low });
            }
            match line.hash.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = line.next,
                std::cmp::Ordering::Greater => high = line.start,
            }
        }
        Ok(false)
    }

    /// The line that the byte at `at` belongs to.
    fn line_at(&self, at: u64) -> Result<Line, BreachedError> {
        let malformed = || BreachedError::Malformed { at };
        let from = at.saturating_sub(LONGEST_LINE);
        let mut window = vec![0; usize::try_from((at + LONGEST_LINE).min(self.size) - from).map_err(|_| malformed())?];
        self.file.read_exact_at(&mut window, from)?;
        let (before, rest) = window.split_at_checked(usize::try_from(at - from).map_err(|_| malformed())?).ok_or_else(malformed)?;
        let start = match before.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if from == 0 => 0,
            None => return Err(malformed()),
        };
        let end = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => before.len() + end + 1,
            // The last line may lack its end.
            None if from + window.len() as u64 == self.size => window.len(),
            None => return Err(malformed()),
        };
        let hash = window.get(start..end).and_then(read).ok_or_else(malformed)?;
        Ok(Line { hash, start: from + start as u64, next: from + end as u64 })
    }
}

/// `HASH:COUNT`, with or without an end of line of either kind.
fn read(line: &[u8]) -> Option<Hash> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
    let (digits, count) = line.split_once(':')?;
    if digits.len() != 40 || !digits.is_ascii() || count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut hash = [0; 20];
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn hex(text: &str) -> String {
        openssl::sha::sha1(text.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// A list of these passwords, in order, with that end of line; `last` ends the last one.
    fn file(passwords: &[String], end: &str, last: &str) -> tempfile::NamedTempFile {
        let mut lines: Vec<String> = passwords.iter().enumerate().map(|(at, text)| format!("{}:{}", hex(text), at * 977 + 1)).collect();
        lines.sort();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), lines.join(end) + last).unwrap();
        file
    }

    #[test]
    fn every_line_is_found_and_nothing_else() {
        for count in [1, 2, 3, 500] {
            let passwords: Vec<String> = (0..count).map(|number| format!("stolen {number}")).collect();
            for (end, last) in [("\n", "\n"), ("\n", ""), ("\r\n", "\r\n"), ("\r\n", "")] {
                let file = file(&passwords, end, last);
                let list = Breached::open(file.path()).unwrap();
                for password in &passwords {
                    assert!(list.holds(&secret(password)).unwrap(), "{password} of {count}");
                }
                for number in 0..500 {
                    assert!(!list.holds(&secret(&format!("never stolen {number}"))).unwrap());
                }
            }
        }
    }

    #[test]
    fn small_letters_and_other_normal_forms_are_the_same() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{}:1\n", hex("caf\u{e9}").to_lowercase())).unwrap();
        assert!(Breached::open(file.path()).unwrap().holds(&secret("cafe\u{301}")).unwrap());
    }

    #[test]
    fn another_file_is_refused_when_it_is_opened() {
        let good = format!("{}:1\n", hex("a"));
        let (low, high) = ("0".repeat(40), "F".repeat(40));
        for (content, word) in [
            (String::new(), "empty"),
            ("\n".to_owned(), "no line"),
            ("password\n".to_owned(), "no line"),
            (hex("a"), "no line"),
            (format!("{}:\n", hex("a")), "no line"),
            (format!("{}:x\n", hex("a")), "no line"),
            (format!("{}:1 \n", hex("a")), "no line"),
            (format!("\u{feff}{good}"), "no line"),
            (format!("{good}\n"), "no line"),
            (format!("{good}{}", "x".repeat(500)), "no line"),
            (format!("+{}:1\n", "0".repeat(39)), "no line"),
            (format!("{high}:1\n{low}:1\n"), "not ordered"),
            (format!("{low}:1\n{low}:1\n"), "not ordered"),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &content).unwrap();
            let error = Breached::open(file.path()).unwrap_err().to_string();
            assert!(error.contains(word), "{content:?}: {error}");
        }
        assert!(matches!(Breached::open(Path::new("/nowhere/at/all")), Err(BreachedError::Unreadable(_))));
    }

    #[test]
    fn a_broken_line_is_told_of_and_never_searched_for_ever() {
        let mut lines: Vec<String> = (0..5000).map(|number| format!("{}:1", hex(&number.to_string()))).collect();
        lines.sort();
        let broken = lines.iter().position(|line| *line == format!("{}:1", hex("17"))).unwrap();
        lines[broken] = "x".repeat(42);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), lines.join("\n")).unwrap();
        if let Ok(list) = Breached::open(file.path()) {
            assert!(matches!(list.holds(&secret("17")), Err(BreachedError::Malformed { .. })));
        }
    }
}
