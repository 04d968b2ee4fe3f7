//! The tidy test: the laws of the house that the compiler does not know.
//!
//! The `mod` lines of `src/lib.rs` and of each room are the floor law: a file imports only from what stands above it.
//! The other laws are small: opening words, size, SQL in its place, time and chance as parameters, nothing that ends
//! the process. Each law has a planted violation that it must find. Next: `tidy/lexer.rs`, `tidy/law.rs`.

mod law;
mod lexer;

use std::{collections::BTreeMap, fs, path::Path};

use law::House;
use lexer::{Kind, Source};

/// The files that state "this factor was just checked". Whoever adds one is asked why by the reviewer.
const MINTERS: &[&str] = &[
    "src/service/login/password.rs",
    "src/service/login/totp.rs",
    "src/service/login/webauthn.rs",
    "src/service/enrolment.rs",
    "src/service/activation/attached.rs",
];

/// The files that state "MitID proved this": the two roads.
const ATTESTERS: &[&str] = &["src/service/mitid/nemlogin", "src/service/mitid/broker"];

/// More code than this wants a split (docs/decisions).
const MOST_CODE_LINES: usize = 400;

/// All Rust files of the server, by path from the root of the project.
fn tree() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// What one file does against the laws that need no other file.
fn judge(path: &str, text: &str) -> Vec<String> {
    let source = Source::read(path, text);
    let laws: [fn(&Source) -> Vec<String>; 8] = [opening, size, sql, minting, attesting, time_and_chance, ending, names_and_language];
    laws.iter().flat_map(|law| law(&source)).collect()
}

fn opening(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().unwrap_or_default();
    if first.starts_with("//! ") { Vec::new() } else { vec![source.at(1, "opens without `//!` saying what the room is")] }
}

fn size(source: &Source) -> Vec<String> {
    let lines: std::collections::BTreeSet<usize> = source.code().flat_map(|token| token.line..=token.last_line).collect();
    if lines.len() <= MOST_CODE_LINES {
        Vec::new()
    } else {
        vec![source.at(1, &format!("has {} lines of code, over {MOST_CODE_LINES}", lines.len()))]
    }
}

fn sql(source: &Source) -> Vec<String> {
    if source.path.starts_with("src/storage") {
        return Vec::new();
    }
    let words = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE ", "DROP TABLE "];
    let is_sql = |text: &str| words.iter().any(|word| text.contains(word)) || (text.contains("UPDATE ") && text.contains(" SET "));
    let texts = source.code().filter(|token| token.kind == Kind::Text && is_sql(&token.text));
    let crates = source.find(&["sqlx", "::"]);
    texts.map(|token| token.line).chain(crates).map(|line| source.at(line, "speaks SQL outside storage")).collect()
}

fn minting(source: &Source) -> Vec<String> {
    if MINTERS.iter().any(|minter| source.path.starts_with(minter)) {
        return Vec::new();
    }
    source
        .find(&["::", "mint", "("])
        .map(|line| source.at(line, "mints a `Verified` and is not on the list of those that check factors"))
        .collect()
}

fn attesting(source: &Source) -> Vec<String> {
    if ATTESTERS.iter().any(|road| source.path.starts_with(road)) {
        return Vec::new();
    }
    source.find(&["Proved", "::", "attest", "("]).map(|line| source.at(line, "attests a `Proved` and is no road to MitID")).collect()
}

fn time_and_chance(source: &Source) -> Vec<String> {
    let own = |path: &str| source.path == path;
    let time = [["SystemTime", "::", "now"], ["Timestamp", "::", "now"], ["Zoned", "::", "now"]];
    let chance = [["rand", "::", "rng"], ["rand", "::", "random"], ["rand", "::", "rand_bytes"], ["Uuid", "::", "new_v4"]];
    let asked = |calls: &[[&'static str; 3]]| calls.iter().flat_map(|call| source.find(call)).collect::<Vec<_>>();
    let mut found = Vec::new();
    if !own("src/base/clock.rs") {
        found.extend(asked(&time).into_iter().map(|line| source.at(line, "asks the machine for the time: take a Clock")));
    }
    if !own("src/base/random.rs") {
        found.extend(asked(&chance).into_iter().map(|line| source.at(line, "asks for chance itself: take a Random")));
    }
    found
}

fn ending(source: &Source) -> Vec<String> {
    let calls: [&[&'static str]; 6] =
        [&[".", "unwrap", "("], &[".", "expect", "("], &["panic", "!"], &["todo", "!"], &["unimplemented", "!"], &["unreachable", "!"]];
    calls.iter().flat_map(|call| source.find(call)).map(|line| source.at(line, "may end the process: return an error")).collect()
}

fn names_and_language(source: &Source) -> Vec<String> {
    let stem = Path::new(&source.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let mut found = Vec::new();
    if ["util", "utils", "helper", "helpers", "common", "manager", "misc"].contains(&stem) {
        found.push(source.at(1, "has a name that says nothing"));
    }
    let danish = source.code().filter(|token| token.kind == Kind::Text && token.text.contains(['æ', 'ø', 'å', 'Æ', 'Ø', 'Å']));
    found.extend(danish.map(|token| source.at(token.line, "speaks Danish outside the language files")));
    found
}

#[test]
fn every_file_keeps_the_small_laws() {
    let files = tree();
    let house = House::read(&files);
    let found: Vec<String> = files.iter().filter(|(path, _)| !house.is_test(path)).flat_map(|(path, text)| judge(path, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn imports_only_look_up() {
    let files = tree();
    let found = House::read(&files).violations(&files);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn each_small_law_finds_its_planted_violation_and_nothing_in_a_tidy_file() {
    let tidy = "//! A room.\n\n/// Says SELECT in words only: sqlx::query, panic!(), x.unwrap().\nfn f() -> &'static str { \"select\" }\n#[cfg(test)]\nmod tests {\n fn g() { x.unwrap(); panic!(\"ø\"); SystemTime::now(); }\n}\n";
    assert_eq!(judge("src/domain/room.rs", tidy), Vec::<String>::new());
    let long = format!("//! A room.\n{}", "fn f() {}\n".repeat(401));
    for (path, planted, word) in [
        ("src/domain/room.rs", "fn f() {}", "opens without"),
        ("src/domain/room.rs", long.as_str(), "lines of code"),
        ("src/service/room.rs", "//! A room.\nfn f() { q(\"SELECT 1 FROM people\") }", "SQL outside"),
        ("src/service/room.rs", "//! A room.\nfn f() { q(\"UPDATE people SET x = 1\") }", "SQL outside"),
        ("src/service/room.rs", "//! A room.\nuse sqlx::Row;", "SQL outside"),
        ("src/web/room.rs", "//! A room.\nfn f() { Verified::<Knowledge>::mint(p, u) }", "mints"),
        ("src/service/mitid/mod.rs", "//! A room.\nfn f() { mitid::Proved::attest(said) }", "attests"),
        ("src/web/room.rs", "//! A room.\nfn f() { Timestamp::now() }", "the time"),
        ("src/web/room.rs", "//! A room.\nfn f() { std::time::SystemTime::now() }", "the time"),
        ("src/web/room.rs", "//! A room.\nfn f() { Uuid::new_v4() }", "chance"),
        ("src/web/room.rs", "//! A room.\nfn f() { x().unwrap() }", "end the process"),
        ("src/web/room.rs", "//! A room.\nfn f() { panic!(\"x\") }", "end the process"),
        ("src/web/util.rs", "//! A room.\n", "says nothing"),
        ("src/web/room.rs", "//! A room.\nfn f() { q(\"Log på\") }", "Danish"),
    ] {
        let found = judge(path, planted);
        assert!(found.len() == 1 && found[0].contains(word), "{planted:.60}: {found:?}");
    }
}

#[test]
fn the_floor_law_finds_planted_violations() {
    let house = |extra: &[(&str, &str)]| {
        let mut files = BTreeMap::from([
            ("src/lib.rs", "//! Plan.\npub mod base;\npub mod domain;\npub mod web;"),
            ("src/base/mod.rs", "//! Floor.\npub mod clock;\npub mod id;"),
            ("src/base/clock.rs", "//! Room."),
            ("src/base/id.rs", "//! Room.\nuse crate::base::clock::Clock;"),
            ("src/domain/mod.rs", "//! Floor.\npub mod person;\n#[cfg(test)]\nmod trial;"),
            (
                "src/domain/person.rs",
                "//! Room.\nuse crate::{base::{clock, id::Id}};\nfn f(x: crate::base::id::Id) { super::person::f(x) }",
            ),
            ("src/domain/trial.rs", "//! Tests of the floor.\nuse crate::web::page;"),
            ("src/web/mod.rs", "//! Floor.\nmod page;"),
            ("src/web/page.rs", "//! Room.\nmod part;\nuse part::P;"),
            ("src/web/page/part.rs", "//! Room in a room.\nuse super::Page;"),
        ]);
        files.extend(extra.iter().copied());
        let files: BTreeMap<String, String> = files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        House::read(&files).violations(&files)
    };
    assert_eq!(house(&[]), Vec::<String>::new());
    for (path, planted) in [
        ("src/base/clock.rs", "//! Room.\nuse crate::base::id::Id;"),
        ("src/base/clock.rs", "//! Room.\nuse super::id::Id;"),
        ("src/base/clock.rs", "//! Room.\nuse super::{id};"),
        ("src/base/id.rs", "//! Room.\nuse crate::{base::clock, domain::person as p};"),
        ("src/domain/person.rs", "//! Room.\nfn f() { crate::web::page::draw() }"),
        ("src/domain/person.rs", "//! Room.\nuse crate::{\n    base::id,\n    web::{page::{Page, self}},\n};"),
        ("src/web/page.rs", "//! Room.\nmod part;\nuse crate::nowhere::X;"),
        ("src/web/lost.rs", "//! A file that no `mod` line names."),
    ] {
        assert_eq!(house(&[(path, planted)]).len(), 1, "{path}: {planted}: {:?}", house(&[(path, planted)]));
    }
}
