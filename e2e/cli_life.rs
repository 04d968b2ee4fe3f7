//! The life of an identity at the command line, and canary CPR numbers through all of it: nowhere in what is said, logged
//! or stored, but sealed, and shown by a reading whose reason was logged first (security case C09).

use std::{fs, path::Path};

use serde_json::Value;

use crate::cli::Desk;

/// The numbers, and every dress they could stand in.
const CANARIES: [&str; 3] = ["0909801111", "1212802222", "3112803333"];

fn dresses(number: &str) -> Vec<Vec<u8>> {
    let dashed = format!("{}-{}", &number[..6], &number[6..]);
    let mut all: Vec<String> = Vec::new();
    for plain in [number, &dashed] {
        let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
        // Base64 at each of its three places, without the letters that neighbours share.
        for shift in 0..3 {
            let padded = [vec![b' '; shift], plain.as_bytes().to_vec()].concat();
            let coded = openssl::base64::encode_block(&padded);
            all.push(coded.trim_end_matches('=')[if shift == 0 { 0 } else { 4 }..].chars().take(10).collect());
        }
        all.extend([plain.to_owned(), hex.to_uppercase(), hex]);
    }
    all.into_iter().map(String::into_bytes).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Fails when any number stands in it in any dress.
fn expect_clean(what: &str, bytes: &[u8]) {
    for number in CANARIES {
        for dress in dresses(number) {
            assert!(!holds(bytes, &dress), "{what} holds {}", String::from_utf8_lossy(&dress));
        }
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

#[test]
fn c09_canary_numbers_are_nowhere_but_sealed_and_in_logged_readings() {
    let desk = Desk::with_organisation();
    let file = desk.path().join("portvagt.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + "[log]\nlevel = \"debug\"\n").unwrap();
    let mut said: Vec<(String, Vec<u8>)> = Vec::new();
    let mut run = |arguments: &[&str], input: &str| -> bool {
        let output = desk.run(arguments, input);
        said.push((arguments.join(" "), [output.stdout, output.stderr].concat()));
        output.status.success()
    };
    let [first, second, third] = CANARIES;
    let names = |given: &'static str| ["--given-name", given, "--family-name", "Jensen", "--with-cpr"];
    assert!(run(&[&["person", "add", "anna"][..], &names("Anna")].concat(), &format!("six blue bicycles\n{first}\n")));
    assert!(run(&[&["person", "add", "bo"][..], &names("Bo")].concat(), &format!("six blue bicycles\n{first}\n")), "a second account");
    assert!(!run(&[&["person", "add", "carl"][..], &names("Carl")].concat(), &format!("six blue bicycles\n{first}9\n")), "no number");
    assert!(run(&["person", "cpr", "set", "anna"], &format!("{second}\n")));
    assert!(run(&["person", "cpr", "find"], &format!("{second}\n")));
    assert!(run(&["person", "cpr", "find"], &format!("{third}\n")));
    assert!(run(&["person", "show", "anna"], ""));
    assert!(run(&["person", "show", "anna", "--json"], ""));
    assert!(run(&["person", "list", second], ""), "searching by a number finds nobody");
    let prove = ["person", "prove", "anna", "--method", "in-person", "--level", "substantial", "--by", "Lone", "--evidence"];
    assert!(!run(&[&prove[..], &[second]].concat(), ""), "a number is no evidence");
    assert!(run(&[&prove[..], &["Passport 204"]].concat(), ""));
    assert!(!run(&["person", "lock", "anna", "--reason", &format!("is {second}")], ""), "nor a reason");
    assert!(!run(&["person", "cpr", "read", "anna", "--reason", &format!("looking for {third}")], ""));
    assert!(!run(&["person", "cpr", "read", "anna", "--reason", "why"], ""), "too short");
    assert!(!run(&["person", "employ", "anna", "--from", "2026-01-01", "--title", second], ""));
    assert!(run(&["person", "lock", "anna", "--cause", "deceased", "--reason", "told by CPR"], ""));
    assert!(run(&["audit", "list"], ""));
    assert!(run(&["audit", "verify"], ""));

    // The one reading that shows it.
    let shown = desk.good(&["person", "cpr", "read", "anna", "--reason", "A letter must be sent"], "");
    assert_eq!(shown.trim(), format!("{}-{}", &second[..6], &second[6..]));
    let events = desk.json(&["audit", "list", "--kind", "cpr.read"], "");
    let readings: Vec<&Value> = events.as_array().unwrap().iter().collect();
    assert_eq!(readings.len(), 1, "as many as numbers shown: {events}");
    assert_eq!(readings[0]["details"]["reason"], "A letter must be sent");
    assert!(readings[0]["actor"].as_str().unwrap().starts_with("operator:") && readings[0]["subject"].is_string(), "{events}");

    for (what, bytes) in &said {
        // What was typed as an argument is echoed by this test alone.
        expect_clean(what, bytes);
    }
    let mut seen = 0;
    for path in files(desk.path()) {
        expect_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        seen += 1;
    }
    assert!(seen >= 5, "{seen} files");
    // The control: the search finds what is there.
    assert!(dresses(second).iter().any(|dress| holds(shown.as_bytes(), dress)));
}

#[test]
fn a_reading_that_cannot_be_logged_shows_nothing() {
    let desk = Desk::with_organisation();
    let add = ["person", "add", "anna", "--given-name", "Anna", "--family-name", "Jensen", "--with-cpr"];
    desk.good(&add, &format!("six blue bicycles\n{}\n", CANARIES[0]));
    desk.tamper("CREATE TRIGGER full BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    let output = desk.run(&["person", "cpr", "read", "anna", "--reason", "A letter must be sent"], "");
    assert_eq!(output.status.code(), Some(1));
    expect_clean("the refusal", &[output.stdout, output.stderr].concat());
    desk.tamper("DROP TRIGGER full");
    desk.good(&["person", "cpr", "read", "anna", "--reason", "A letter must be sent"], "");
}

#[test]
fn locks_employments_roles_and_terms_are_looked_after() {
    let desk = Desk::with_anna();
    desk.good(&["person", "lock", "anna", "--cause", "misuse", "--reason", "seen elsewhere"], "");
    desk.good(&["person", "lock", "anna", "--reason", "on leave"], "");
    assert!(desk.refused(&["person", "lock", "anna", "--cause", "expired", "--reason", "by hand"], "").contains("dates of employment"));
    assert!(
        desk.refused(&["person", "unlock", "anna", "--cause", "deceased", "--reason", "a mistake"], "")
            .contains("no lock of the cause 'deceased'")
    );
    let answer = desk.json(&["person", "unlock", "anna", "--cause", "misuse", "--reason", "it was she"], "");
    assert_eq!(answer["standing"], "locked", "the other lock holds");
    desk.good(&["person", "unlock", "anna", "--reason", "back again"], "");
    let locks = desk.json(&["person", "locks", "anna"], "");
    assert_eq!(locks.as_array().unwrap().len(), 2);
    assert!(locks.as_array().unwrap().iter().all(|lock| lock["lifted_at"].is_string()));

    let unit = desk.json(&["organisation", "unit", "--name", "Skolen"], "");
    let part = desk.json(&["organisation", "unit", "--name", "Klassen", "--parent", unit["id"].as_str().unwrap()], "");
    assert_eq!(part["parent"], unit["id"]);
    let nobodys = ["person", "employ", "anna", "--from", "2020-01-01", "--unit", "11111111-1111-4111-8111-111111111111"];
    assert!(desk.refused(&nobodys, "").contains("no such unit"));
    let past = ["person", "employ", "anna", "--from", "2020-01-01", "--until", "2020-12-31", "--unit", part["id"].as_str().unwrap()];
    assert_eq!(desk.json(&past, "")["standing"], "locked", "an employment of the past");
    assert_eq!(desk.json(&["person", "employ", "anna", "--from", "2021-01-01", "--title", "Teacher"], "")["standing"], "active");
    let shown = desk.json(&["person", "show", "anna"], "");
    assert_eq!(shown["employments"][0]["starts_at"], "2019-12-31T23:00:00Z", "midnight in Denmark");
    assert_eq!(shown["employments"][0]["ends_at"], "2020-12-31T23:00:00Z");
    let backwards = ["person", "employ", "anna", "--from", "2021-01-02", "--until", "2021-01-01"];
    assert!(desk.refused(&backwards, "").contains("ends after it begins"));

    desk.good(&["person", "role", "grant", "anna", "registrant"], "");
    assert!(desk.refused(&["person", "role", "grant", "anna", "registrant"], "").contains("already"));
    assert_eq!(desk.json(&["person", "role", "list", "anna"], "")[0]["role"], "registrant");
    desk.good(&["person", "role", "revoke", "anna", "registrant"], "");

    let (danish, english) = (desk.path().join("da.txt"), desk.path().join("en.txt"));
    fs::write(&danish, "Pas godt på din adgangskode.\r\n\r\nDel den ikke.").unwrap();
    fs::write(&english, "Take good care of your password.\n\nDo not share it.").unwrap();
    let publish = ["terms", "publish", "--danish", danish.to_str().unwrap(), "--english", english.to_str().unwrap()];
    assert_eq!(desk.json(&publish, "")["version"], 1);
    assert_eq!(desk.json(&publish, "")["version"], 2);
    assert_eq!(desk.json(&["terms", "list"], "")[1]["danish"], "Pas godt på din adgangskode.\n\nDel den ikke.");
    fs::write(&english, "short").unwrap();
    assert!(desk.refused(&publish, "").contains("both languages"));
}
