//! What is demanded of passwords, sessions, second factors and failures: settings with safe defaults.

use serde::{Deserialize, Serialize};

use crate::base::secret::Secret;

/// Demands on passwords (ASVS 6.2, security case B06). No composition rules and no forced change: length and lists do more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest characters beside a second factor.
    pub min_length: usize,
    /// Fewest characters where the password also opens something by itself.
    pub min_length_alone: usize,
    /// Whether it does: a workstation, say, that takes the same password.
    pub used_alone: bool,
    /// Words of the organisation's own that may not make up a password, in lower case.
    pub context_words: Vec<String>,
    /// Passwords nobody may choose, beside the built-in list.
    pub blocked: Vec<String>,
    /// How many of a person's passwords, the present one first, may not come again.
    pub history: usize,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 12, min_length_alone: 15, used_alone: false, context_words: Vec::new(), blocked: Vec::new(), history: 8 }
    }
}

/// What one organisation demands otherwise than the installation; what is absent is as there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRules {
    /// Fewest characters beside a second factor.
    pub min_length: Option<usize>,
    /// Fewest characters where the password also opens something by itself.
    pub min_length_alone: Option<usize>,
    /// Whether it does.
    pub used_alone: Option<bool>,
    /// How many of a person's passwords may not come again.
    pub history: Option<usize>,
    /// Context words beside those of the installation.
    #[serde(default)]
    pub context_words: Vec<String>,
    /// Blocked passwords beside those of the installation.
    #[serde(default)]
    pub blocked: Vec<String>,
}

/// A demand that no organisation may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreasonable {
    /// Shorter than any password may be, or longer than people can be asked for.
    #[error("a least length is from {SHORTEST} to {LONGEST_LEAST} characters")]
    Length,
    /// So many that each change would cost seconds.
    #[error("at most {MOST_HISTORY} earlier passwords are remembered")]
    History,
}

/// The shortest least length (ASVS 6.2.1).
pub const SHORTEST: usize = 8;
/// The longest least length: a passphrase of 64 characters must do (ASVS 6.2.9).
pub const LONGEST_LEAST: usize = 64;
/// The most passwords that are remembered; each is verified at every change.
pub const MOST_HISTORY: usize = 24;

impl PasswordRules {
    /// Whether these demands can be made.
    pub fn check(&self) -> Result<(), Unreasonable> {
        let fits = |length: Option<usize>| length.is_none_or(|length| (SHORTEST..=LONGEST_LEAST).contains(&length));
        if !fits(self.min_length) || !fits(self.min_length_alone) {
            return Err(Unreasonable::Length);
        }
        if self.history.is_some_and(|history| history > MOST_HISTORY) { Err(Unreasonable::History) } else { Ok(()) }
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("the password is too short: at least {least} characters are needed")]
    TooShort {
        /// How many are needed.
        least: usize,
    },
    /// Over 1,024 characters.
    #[error("the password is longer than 1,024 characters")]
    TooLong,
    /// Holds a control character.
    #[error("the password holds a control character")]
    ControlCharacter,
    /// Among the commonest ones, or one repeated.
    #[error("the password is among the first that attackers try")]
    Common,
    /// On the organisation's own list.
    #[error("the password is on your organisation's list of passwords that nobody may choose")]
    Blocked,
    /// Made of the person's or the organisation's own words.
    #[error("the password is made of your own name or your organisation's")]
    OwnWords,
    /// In a list of passwords that were stolen elsewhere.
    #[error("the password was stolen somewhere and stands in the lists that attackers use")]
    Breached,
    /// The person has it, or had it lately.
    #[error("the password was used before")]
    UsedBefore,
}

impl WeakPassword {
    /// The word used in logs and for choosing the text shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
            Self::Common => "common",
            Self::Blocked => "blocked",
            Self::OwnWords => "own_words",
            Self::Breached => "breached",
            Self::UsedBefore => "used_before",
        }
    }
}

/// The longest password that is hashed, in characters; longer input is refused, never cut.
pub const LONGEST_PASSWORD: usize = 1024;

const COMMON: &str = include_str!("common_passwords.txt");

impl PasswordPolicy {
    /// The demands of an organisation that has rules of its own.
    #[must_use]
    pub fn under(&self, rules: &PasswordRules) -> Self {
        let joined = |ours: &[String], theirs: &[String]| ours.iter().chain(theirs).map(|word| word.to_lowercase()).collect();
        Self {
            min_length: rules.min_length.unwrap_or(self.min_length),
            min_length_alone: rules.min_length_alone.unwrap_or(self.min_length_alone),
            used_alone: rules.used_alone.unwrap_or(self.used_alone),
            history: rules.history.unwrap_or(self.history),
            context_words: joined(&self.context_words, &rules.context_words),
            blocked: joined(&self.blocked, &rules.blocked),
        }
    }

    /// Fewest characters for the use that is made of passwords here.
    pub fn least(&self) -> usize {
        if self.used_alone { self.min_length_alone.max(self.min_length) } else { self.min_length }
    }

    /// Judges a new password by itself; whether it was stolen or used before is judged where those lists are. `own` are words of the person: names, user name.
    pub fn judge(&self, password: &Secret<String>, own: &[&str]) -> Result<(), WeakPassword> {
        let text = password.expose();
        let length = text.chars().count();
        if length > LONGEST_PASSWORD {
            return Err(WeakPassword::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(WeakPassword::ControlCharacter);
        }
        if length < self.least() {
            return Err(WeakPassword::TooShort { least: self.least() });
        }
        let lower = text.to_lowercase();
        let bare = stem(&lower);
        let is_known = |common: &str| common == lower || (!bare.is_empty() && stem(common) == bare);
        let only_digits = lower.bytes().all(|byte| byte.is_ascii_digit());
        if only_digits || COMMON.lines().any(is_known) || is_repetition(&lower) {
            return Err(WeakPassword::Common);
        }
        if self.blocked.iter().any(|blocked| is_known(&blocked.to_lowercase())) {
            return Err(WeakPassword::Blocked);
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
        let policy = PasswordPolicy {
            context_words: vec!["testkommune".into()],
            blocked: vec!["Storkespringvandet".into()],
            ..PasswordPolicy::default()
        };
        let judge = |text: &str| policy.judge(&Secret::new(text.to_owned()), &["Anna", "Jensen", "anje"]);
        assert_eq!(judge("kort"), Err(WeakPassword::TooShort { least: 12 }));
        assert_eq!(judge("elleve tegn"), Err(WeakPassword::TooShort { least: 12 }));
        assert_eq!(judge("aaaaaaaaaaaaaaaa"), Err(WeakPassword::Common));
        assert_eq!(judge("123456789012"), Err(WeakPassword::Common));
        assert_eq!(judge("password1234"), Err(WeakPassword::Common));
        assert_eq!(judge("qwertyuiop12"), Err(WeakPassword::Common));
        assert_eq!(judge("2026!qwertyuiop"), Err(WeakPassword::Common));
        assert_eq!(judge("Sommer202612"), Err(WeakPassword::Common));
        assert_eq!(judge("storkespringvandet!"), Err(WeakPassword::Blocked));
        assert_eq!(judge("AnnaJensen1234"), Err(WeakPassword::OwnWords));
        assert_eq!(judge("Testkommune-2026"), Err(WeakPassword::OwnWords));
        assert_eq!(judge("tolv tegn ok\u{0}"), Err(WeakPassword::ControlCharacter));
        assert_eq!(judge(&"æ".repeat(1025)), Err(WeakPassword::TooLong));
        assert_eq!(judge("  en hest på en altan  "), Ok(()));
        assert_eq!(judge("🐴🐴 på altanen 🏠"), Ok(()));
    }

    #[test]
    fn the_least_length_is_that_of_the_use_and_an_organisation_may_ask_for_more() {
        let judge = |policy: &PasswordPolicy, text: &str| policy.judge(&Secret::new(text.to_owned()), &[]);
        let ours = PasswordPolicy { context_words: vec!["vores".into()], ..PasswordPolicy::default() };
        for (rules, least, history) in [
            (PasswordRules::default(), 12, 8),
            (PasswordRules { used_alone: Some(true), ..PasswordRules::default() }, 15, 8),
            (PasswordRules { used_alone: Some(true), min_length_alone: Some(20), ..PasswordRules::default() }, 20, 8),
            (PasswordRules { min_length: Some(17), used_alone: Some(true), ..PasswordRules::default() }, 17, 8),
            (PasswordRules { min_length: Some(10), history: Some(0), ..PasswordRules::default() }, 10, 0),
        ] {
            let policy = ours.under(&rules);
            assert_eq!((policy.least(), policy.history, policy.context_words.len()), (least, history, 1));
            let text = "en hest på en altan";
            let of = |length: usize| format!("{text}{text}").chars().take(length).collect::<String>();
            assert_eq!(judge(&policy, &of(least)), Ok(()));
            assert_eq!(judge(&policy, &of(least - 1)), Err(WeakPassword::TooShort { least }));
        }
        let words =
            PasswordRules {
                context_words: vec!["Fagsystemet".into()], blocked: vec!["Gadekæret Nord".into()], ..PasswordRules::default()
            };
        assert_eq!(judge(&ours.under(&words), "fagsystemet-2026"), Err(WeakPassword::OwnWords));
        assert_eq!(judge(&ours.under(&words), "gadekæret nord 1"), Err(WeakPassword::Blocked));
        assert_eq!(judge(&ours, "gadekæret nord 1"), Ok(()));
    }

    #[test]
    fn no_organisation_asks_for_the_unreasonable() {
        let of = |min_length, history| PasswordRules { min_length, history, ..PasswordRules::default() }.check();
        for (length, history, fault) in [
            (Some(8), Some(24), None),
            (Some(64), None, None),
            (Some(7), None, Some(Unreasonable::Length)),
            (Some(65), None, Some(Unreasonable::Length)),
            (None, Some(25), Some(Unreasonable::History)),
        ] {
            assert_eq!(of(length, history).err(), fault);
        }
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
