//! SAML 2.0 as OIOSAML 3 narrows it: bindings, metadata, requests, responses and logout.
//!
//! What arrives is `Unverified` until a registered key proves it. Nothing here fetches, stores or decides who may log in.
//! The path goes on to `service::sso` and back to `web::saml`.

use jiff::Timestamp;

use crate::base::clock;
pub use crate::crypto::xml::Reason;
use crate::crypto::xml::trimmed;

/// Names of namespaces, bindings, formats and status codes.
pub mod names;
/// Refusals a relying party is told of.
pub mod fault;
/// NameIDs, and what every message begins with.
pub mod subject;
/// The two bindings: query and form, in and out.
pub mod wire;
/// Which addresses a browser may be sent to.
pub mod endpoint;
/// Relying parties' metadata.
pub mod metadata;
/// Our own metadata.
pub mod own_metadata;
/// Authentication requests and what they may ask for.
pub mod request;
/// Bootstrap tokens.
pub mod bootstrap;
/// Assertions and responses.
pub mod response;
/// Logout requests and responses.
pub mod logout;
/// The back-channel: messages in SOAP envelopes.
pub mod soap;
/// Requests to relying parties by the back-channel.
pub mod courier;
/// We as a service provider of another identity provider.
pub mod sp;

pub use wire::{Unverified, Verified};

/// Writes `at` as `xs:dateTime` in UTC with milliseconds.
pub fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads an `xs:dateTime` that names UTC or an offset, in exactly its lexical form (XML Schema 2, 3.2.7.1).
///
/// One without a zone, which is a different instant to each reader, or beyond the calendar is refused as `Clock`.
pub fn read_date_time(text: &str) -> Result<Timestamp, Reason> {
    let text = trimmed(text);
    let (civil, rest) = text.split_at_checked(19).ok_or(Reason::Schema)?;
    let _: jiff::civil::DateTime = civil.parse().map_err(|_| Reason::Schema)?;
    let zone = rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    let well_formed = fits(civil, "0000-00-00T00:00:00") && !civil.ends_with("60") && rest != "." && !rest.starts_with(".Z");
    match zone {
        _ if !well_formed => Err(Reason::Schema),
        // A year that XML Schema does not have (1.0) or has (1.1).
        _ if civil.starts_with("0000") => Err(Reason::Clock),
        "" => Err(Reason::Clock),
        "Z" => text.parse().map_err(|_| Reason::Clock),
        offset if (fits(offset, "+00:00") || fits(offset, "-00:00")) && offset.get(1..).is_some_and(|hours| hours <= "14:00") => {
            text.parse().map_err(|_| Reason::Clock)
        }
        _ => Err(Reason::Schema),
    }
}

/// Whether `text` has a digit wherever `pattern` has `0`, and is the same elsewhere.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(letter, wanted)| if wanted == b'0' { letter.is_ascii_digit() } else { letter == wanted })
}

/// Whether `issued` lies within `skew` seconds of `now`, either way.
pub fn within(issued: Timestamp, now: Timestamp, skew: i64) -> Result<(), Reason> {
    if clock::seconds_between(issued, now).abs() <= skew { Ok(()) } else { Err(Reason::Clock) }
}

/// The clock skew tolerated on what arrives, in seconds (OIO-GE-01: 3 to 5 minutes).
pub const SKEW: i64 = 180;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_need_a_zone() {
        for (text, fault) in [
            ("2026-11-24T06:00:00Z", None),
            ("2026-11-24T06:00:00.1234567Z", None),
            ("2026-11-24T07:00:00+01:00", None),
            ("2026-11-24T06:00:00", Some(Reason::Clock)),
            ("9999-12-31T23:59:59Z", Some(Reason::Clock)),
            ("2026-11-24", Some(Reason::Schema)),
            ("2026-11-24 06:00:00Z", Some(Reason::Schema)),
            ("2026-13-24T06:00:00Z", Some(Reason::Schema)),
            ("12026-11-24T06:00:00Z", Some(Reason::Schema)),
            ("-026-11-24T06:00:00Z", Some(Reason::Schema)),
            ("", Some(Reason::Schema)),
            ("\u{a0}2026-11-24T06:00:00Z", Some(Reason::Schema)),
            ("0000-01-01T00:00:00Z", Some(Reason::Clock)),
            ("2026-11-24T06:00:00+0100", Some(Reason::Schema)),
            ("2026-11-24T06:00:00+14:01", Some(Reason::Schema)),
            ("2026-11-24T06:00:00+01", Some(Reason::Schema)),
            ("2026-11-24T06:00:00Z[UTC]", Some(Reason::Schema)),
            ("2026-11-24t06:00:00Z", Some(Reason::Schema)),
            ("2026-11-24T06:00:00z", Some(Reason::Schema)),
            ("2026-11-24T06:00:00,5Z", Some(Reason::Schema)),
            ("2026-11-24T06:00:00.Z", Some(Reason::Schema)),
            ("2026-11-24T06:00:60Z", Some(Reason::Schema)),
            ("2026-11-24T24:00:01Z", Some(Reason::Schema)),
        ] {
            assert_eq!(read_date_time(text).err(), fault, "{text}");
        }
        let at = read_date_time("2026-11-24T07:00:00.5+01:00").unwrap();
        assert_eq!(date_time(at), "2026-11-24T06:00:00.500Z");
    }

    #[test]
    fn the_skew_holds_to_the_second() {
        let now = clock::from_millis(1_800_000_000_000);
        for (offset, good) in [(0, true), (180, true), (-180, true), (181, false), (-181, false), (-600, false)] {
            assert_eq!(within(clock::plus(now, offset), now, SKEW).is_ok(), good, "{offset}");
        }
        for far in ["0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z"] {
            assert_eq!(within(read_date_time(far).unwrap(), now, SKEW), Err(Reason::Clock));
        }
    }
}
