//! What mails say, and what they cannot be made to say (security case B22).

use crate::base::{clock::from_millis, id::Id, random::SystemRandom};

use super::*;
use crate::domain::notice::OneTimeCode;

/// Headers, templates, markup and addresses in whatever somebody may choose.
const HOSTILE: [&str; 8] = [
    "x\r\nBcc: evil@example.net",
    "{{7*7}}",
    "<img src=x onerror=alert(1)>",
    "http://evil.example/login",
    "www.evil.example",
    "Anna, ring til https:\u{2f}\u{2f}evil.example nu",
    "\"><script>alert(1)</script>",
    "${7*7} %0d%0aBcc: evil@example.net \u{202e}gnp.exe",
];

fn site() -> Site {
    Site {
        organisation: "Testkommune".to_owned(),
        base_url: "https://login.testkommune.example".to_owned(),
        contact: "Servicedesk 70 10 00 00".to_owned(),
    }
}

fn letter(language: Language, name: &str, notice: Notice) -> Letter {
    let address = "anna@testkommune.example".to_owned();
    Letter { person: Id::random(&SystemRandom), address, name: name.to_owned(), language, notice, at: from_millis(1_700_000_000_000) }
}

fn all(chosen: &str) -> Vec<Notice> {
    let name = chosen.to_owned();
    vec![
        Notice::Invitation { user_name: name.clone(), code: OneTimeCode::new("K7QF-2M9X"), expires_at: from_millis(1_700_100_000_000) },
        Notice::Activated,
        Notice::FactorAdded { kind: Kind::Webauthn, name: name.clone() },
        Notice::FactorRemoved { kind: Kind::Totp, name: name.clone() },
        Notice::PasswordChanged,
        Notice::Locked,
        Notice::Unlocked,
        Notice::AddressChanged { old: Some(name.clone()) },
        Notice::NewDevice { user_agent: name },
        Notice::RecoveryBegun,
        Notice::RecoveryDone,
        Notice::ManyFailures,
    ]
}

#[test]
fn every_notice_has_words_in_both_languages_and_links_only_home() {
    for language in Language::ALL {
        for notice in all("Min telefon") {
            let kind = notice.as_str();
            let words = of_letter(&site(), &letter(language, "Anna Ærlig", notice)).unwrap();
            assert!(words.subject.starts_with("Testkommune: ") && !words.subject.contains("mail-"), "{kind}: {}", words.subject);
            for body in [&words.text, &words.html] {
                assert!(body.contains("Anna Ærlig") && !body.contains("mail-"), "{kind}: {body}");
                assert!(!body.contains("{ $") && !body.contains("{{"), "{kind}: {body}");
                let links: Vec<&str> = body.split("://").skip(1).collect();
                assert!(!links.is_empty(), "{kind}: {body}");
                for link in links {
                    let path = link.strip_prefix("login.testkommune.example/").unwrap_or_else(|| panic!("{kind}: {link}"));
                    let path: String = path.chars().take_while(|letter| !letter.is_whitespace() && !matches!(letter, '"' | '<')).collect();
                    assert!(["account", "activate"].contains(&path.as_str()), "{kind}: {path}");
                }
            }
            assert!(words.html.contains(&format!("<html lang=\"{}\">", language.tag())));
        }
    }
}

#[test]
fn an_invitation_tells_everything_that_is_asked_for() {
    for user_name in ["anje", ""] {
        let notice = Notice::Invitation {
            user_name: user_name.to_owned(),
            code: OneTimeCode::new("K7QF-2M9X"),
            expires_at: from_millis(1_700_100_000_000),
        };
        let words = of_letter(&site(), &letter(Language::En, "Anna Ærlig", notice)).unwrap();
        for body in [&words.text, &words.html] {
            assert!(body.contains("K7QF-2M9X") && body.contains("/activate"), "{body}");
            assert_eq!((body.contains("User name"), body.contains("anje")), (!user_name.is_empty(), !user_name.is_empty()), "{body}");
        }
    }
}

#[test]
fn what_somebody_chose_stays_a_word() {
    for hostile in HOSTILE {
        for notice in all(hostile) {
            let kind = notice.as_str();
            let words = of_letter(&site(), &letter(Language::Da, hostile, notice.clone())).unwrap();
            let decent = of_letter(&site(), &letter(Language::Da, "Anna", notice)).unwrap();
            assert_eq!(words.subject, decent.subject, "{kind}: names stand in no header");
            assert!(!words.subject.contains(['\r', '\n']));
            for body in [&words.text, &words.html] {
                for evil in ["evil.example", "Bcc:", "evil@", "{{", "49", "onerror", "<img", "<script", "%0d", "\u{202e}", "${"] {
                    let allowed = evil == "onerror" && !body.contains("onerror=");
                    assert!(allowed || !body.contains(evil), "{kind}: {evil} of {hostile:?} in {body}");
                }
            }
            assert_eq!(
                words.html.matches('<').count(),
                {
                    let shown = |words: &Words| words.html.matches('<').count();
                    shown(
                        &of_letter(
                            &site(),
                            &letter(Language::Da, "Anna", all("word").into_iter().find(|one| one.as_str() == kind).unwrap()),
                        )
                        .unwrap(),
                    )
                },
                "{kind}: no element more or less"
            );
        }
    }
}

#[test]
fn a_hostile_setting_breaks_no_header() {
    let site = Site { organisation: "Test\r\nBcc: evil@example.net <b>".to_owned(), ..site() };
    let words = of_letter(&site, &letter(Language::En, "Anna", Notice::Locked)).unwrap();
    assert!(!words.subject.contains(['\r', '\n']), "{}", words.subject);
    assert!(!words.html.contains("<b>"));
}

#[test]
fn names_are_reduced_to_words() {
    for (chosen, shown) in [
        ("Anna Ærlig-Øst", "Anna Ærlig-Øst"),
        ("J. P. O'Hara", "J. P. O'Hara"),
        ("Nøgle #2 (grå)", "Nøgle 2 grå"),
        ("x\r\nBcc: evil", "x Bcc evil"),
        ("evil.example", "evil example"),
        ("{{7*7}}", "7 7"),
        ("<img>", "img"),
        ("  ", ""),
    ] {
        assert_eq!(plain(chosen), shown);
    }
    assert_eq!(plain(&"a".repeat(500)).len(), 60);
}

#[test]
fn browsers_are_told_by_known_names_only() {
    for (user_agent, shown) in [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("Firefox/1 http://evil.example", "Firefox"),
        ("", "An unknown browser"),
        ("<img src=x>", "An unknown browser"),
    ] {
        assert_eq!(browser(Language::En, user_agent), shown);
    }
}

#[test]
fn a_suspicion_names_the_person_by_id_and_leads_nowhere() {
    for language in Language::ALL {
        for what in [Suspicion::Reported, Suspicion::Misuse, Suspicion::Failures] {
            let notice = Notice::Suspicion { what, incident: "K7QF-2M9X".to_owned() };
            let letter = letter(language, "", notice);
            let words = of_letter(&site(), &letter).unwrap();
            for body in [&words.text, &words.html] {
                assert!(body.contains(&letter.person.to_string()) && body.contains("K7QF-2M9X"), "{body}");
                assert!(!body.contains("://") && !body.contains("mail-") && !body.contains("{ $"), "{body}");
            }
        }
    }
}
