//! What is demanded of passwords, sessions, second factors and failures: settings with safe defaults.

use crate::base::secret::Secret;

/// Demands on passwords (ASVS 6.2, security case B06).
#[derive(Debug, Clone)]
pub struct PasswordPolicy {
    /// Fewest characters; 12 beside a second factor, which is always asked for.
    pub min_length: usize,
    /// Words of the organisation's own that may not make up a password, in lower case.
    pub context_words: Vec<String>,
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("the password is too short")]
    TooShort,
    /// Over 1,024 characters.
    #[error("the password is longer than 1,024 characters")]
    TooLong,
    /// Holds a control character.
    #[error("the password holds a control character")]
    ControlCharacter,
    /// Among the commonest ones, or one repeated.
    #[error("the password is among the first that attackers try")]
    Common,
    /// Made of the person's or the organisation's own words.
    #[error("the password is made of your own name or your organisation's")]
    OwnWords,
}

impl WeakPassword {
    /// The word used in logs and for choosing the text shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
            Self::Common => "common",
            Self::OwnWords => "own_words",
        }
    }
}

/// The longest password that is hashed, in characters; longer input is refused, never cut.
pub const LONGEST_PASSWORD: usize = 1024;

const COMMON: &str = include_str!("common_passwords.txt");

impl PasswordPolicy {
    /// Judges a new password. `own` are words of the person: names, user name.
    pub fn judge(&self, password: &Secret<String>, own: &[&str]) -> Result<(), WeakPassword> {
        let text = password.expose();
        let length = text.chars().count();
        if length > LONGEST_PASSWORD {
            return Err(WeakPassword::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(WeakPassword::ControlCharacter);
        }
        if length < self.min_length {
            return Err(WeakPassword::TooShort);
        }
        let lower = text.to_lowercase();
        let bare = stem(&lower);
        let is_known = |common: &str| common == lower || (!bare.is_empty() && stem(common) == bare);
        let only_digits = lower.bytes().all(|byte| byte.is_ascii_digit());
        if only_digits || COMMON.lines().any(is_known) || is_repetition(&lower) {
            return Err(WeakPassword::Common);
        }
        let context = self.context_words.iter().map(String::as_str).chain(own.iter().copied());
        let left = context.filter(|word| word.chars().count() >= 3).fold(lower, |left, word| left.replace(&word.to_lowercase(), ""));
        // What is left once own words, digits and signs are gone must still be something.
        if left.chars().filter(|letter| letter.is_alphabetic()).count() < 4 {
            return Err(WeakPassword::OwnWords);
        }
        Ok(())
    }
}

/// The password without the digits and signs people put around a word.
fn stem(text: &str) -> &str {
    text.trim_matches(|letter: char| !letter.is_alphabetic())
}

/// Whether the text is one short piece over and over ("abcabcabcabc"), or a run of neighbours ("123456789012").
fn is_repetition(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let repeats = |period: usize| letters.iter().zip(letters.iter().skip(period)).all(|(a, b)| a == b);
    let mut steps = letters.windows(2).filter_map(|two| match two {
        [a, b] => Some(i64::from(u32::from(*b)) - i64::from(u32::from(*a))),
        _ => None,
    });
    let first = steps.next();
    (1..=4).any(|period| letters.len() > period * 2 && repeats(period)) || steps.all(|step| Some(step) == first)
}

/// Lifetimes of sessions, in seconds (ASVS 7.3; NSIS section 6 requirement 5 leaves the numbers to us).
#[derive(Debug, Clone, Copy)]
pub struct SessionPolicy {
    /// A session unused this long is over.
    pub idle_seconds: i64,
    /// A session this old is over.
    pub absolute_seconds: i64,
    /// A second factor this old is asked for again.
    pub second_factor_seconds: i64,
    /// A login under way is forgotten after this.
    pub flow_seconds: i64,
    /// Sensitive changes to one's own authenticators need a login no older than this.
    pub fresh_seconds: i64,
}

/// Growing delays after failures (security cases B01-B03, B08).
#[derive(Debug, Clone, Copy)]
pub struct ThrottlePolicy {
    /// Failures an account, or a second factor, may have before delays begin.
    pub account_failures: i64,
    /// The first delay in seconds; it doubles with each further failure.
    pub first_delay_seconds: i64,
    /// The longest delay in seconds.
    pub longest_delay_seconds: i64,
    /// Failures a minute from one address before it must wait.
    pub address_failures: i64,
    /// Failures a minute from one network (IPv4 /24, IPv6 /48) before it must wait.
    pub network_failures: i64,
}

impl ThrottlePolicy {
    /// How long an account waits after its `failures`-th failure in a row, in seconds.
    pub fn delay_seconds(&self, failures: i64) -> i64 {
        let over = failures - self.account_failures;
        if over < 0 {
            return 0;
        }
        let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(20);
        self.first_delay_seconds.saturating_mul(1i64 << doublings).min(self.longest_delay_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_judged_by_length_list_and_own_words() {
        let policy = PasswordPolicy { min_length: 12, context_words: vec!["testkommune".into()] };
        let judge = |text: &str| policy.judge(&Secret::new(text.to_owned()), &["Anna", "Jensen", "anje"]);
        assert_eq!(judge("kort"), Err(WeakPassword::TooShort));
        assert_eq!(judge("elleve tegn"), Err(WeakPassword::TooShort));
        assert_eq!(judge("aaaaaaaaaaaaaaaa"), Err(WeakPassword::Common));
        assert_eq!(judge("123456789012"), Err(WeakPassword::Common));
        assert_eq!(judge("password1234"), Err(WeakPassword::Common));
        assert_eq!(judge("qwertyuiop12"), Err(WeakPassword::Common));
        assert_eq!(judge("2026!qwertyuiop"), Err(WeakPassword::Common));
        assert_eq!(judge("Sommer202612"), Err(WeakPassword::Common));
        assert_eq!(judge("AnnaJensen1234"), Err(WeakPassword::OwnWords));
        assert_eq!(judge("Testkommune-2026"), Err(WeakPassword::OwnWords));
        assert_eq!(judge("tolv tegn ok\u{0}"), Err(WeakPassword::ControlCharacter));
        assert_eq!(judge(&"æ".repeat(1025)), Err(WeakPassword::TooLong));
        assert_eq!(judge("  en hest på en altan  "), Ok(()));
        assert_eq!(judge("🐴🐴 på altanen 🏠"), Ok(()));
    }

    #[test]
    fn delays_double_and_end() {
        let policy = ThrottlePolicy {
            account_failures: 5,
            first_delay_seconds: 30,
            longest_delay_seconds: 900,
            address_failures: 30,
            network_failures: 120,
        };
        let delays: Vec<i64> = (4..=12).map(|n| policy.delay_seconds(n)).collect();
        assert_eq!(delays, [0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(policy.delay_seconds(i64::MAX), 900);
    }
}
