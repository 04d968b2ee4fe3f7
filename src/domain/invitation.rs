//! Invitations: how a new employee hears that an identity waits for them. An invitation proves nothing of who holds it
//! (NSIS 3.1.2); it opens the activation, in which the identity is proved, and nothing else.

use std::str::FromStr;

/// How an invitation reaches its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A code in a mail.
    Mail,
    /// A code in a printed letter.
    Letter,
}

impl Channel {
    /// The word kept in the database and used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Letter => "letter",
        }
    }
}

impl FromStr for Channel {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Mail, Self::Letter].into_iter().find(|channel| channel.as_str() == text).ok_or(())
    }
}

/// How long invitations and handed-over codes may be used, in seconds. NSIS names no figure; these are settings.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// A code in a mail.
    pub mail_seconds: i64,
    /// A code in a letter, which needs days on its way.
    pub letter_seconds: i64,
    /// A recovery code from the registrant's desk.
    pub recovery_seconds: i64,
}

impl Lifetimes {
    /// How long an invitation by that channel may be used.
    pub fn of(&self, channel: Channel) -> i64 {
        match channel {
            Channel::Mail => self.mail_seconds,
            Channel::Letter => self.letter_seconds,
        }
    }
}
