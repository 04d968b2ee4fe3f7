//! Both languages say the same things, and the pages ask for nothing that neither says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::*;

const DA: &str = include_str!("../../templates/da.ftl");
const EN: &str = include_str!("../../templates/en.ftl");

/// Each key with the variables its text uses.
fn keys(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    let mut current = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_lowercase())
            && let Some((key, _)) = line.split_once(" =")
        {
            current = key.to_owned();
            assert!(keys.insert(current.clone(), BTreeSet::new()).is_none(), "{current} twice");
        }
        for variable in line.split('$').skip(1) {
            let name = variable.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            keys.get_mut(&current).unwrap().insert(name.to_owned());
        }
    }
    keys
}

/// All text of templates and of the page rooms.
fn pages(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "html" || ending == "txt" || ending == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    assert_eq!(keys(DA), keys(EN));
}

#[test]
fn both_files_are_without_fault() {
    for source in [DA, EN] {
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, faults)| faults);
        let mut bundle = FluentBundle::new_concurrent(vec![]);
        bundle.add_resource(resource.unwrap()).unwrap();
    }
}

#[test]
fn every_key_in_use_exists_and_every_key_is_in_use() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    pages(&root.join("templates"), &mut text);
    pages(&root.join("src/web/page"), &mut text);
    text.push_str(&fs::read_to_string(root.join("src/service/notices/words.rs")).unwrap());
    let keys = keys(DA);
    for call in [".t(\"", ".with(\"", ".fill(\"", ".count(\"", "text_with(\"", ".text(\"", "text_of(\""] {
        for rest in text.split(call).skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(key == "month-{}" || keys.contains_key(key), "unknown key {key}");
        }
    }
    let mut everything = text;
    pages(&root.join("src"), &mut everything);
    // Families of keys, one for each word of a list: `format!("month-{}")`.
    let families: Vec<&str> =
        everything.split("\"").filter_map(|piece| piece.strip_suffix("{}")).filter(|stem| stem.ends_with('-')).collect();
    for key in keys.keys() {
        let by_family = families.iter().any(|stem| key.starts_with(stem));
        assert!(by_family || everything.contains(&format!("\"{key}\"")), "{key} is not in use");
    }
}

#[test]
fn the_visitors_wish_decides() {
    for (cookie, wish, expected) in [
        (None, None, Language::Da),
        (None, Some("de-DE, fr;q=0.9"), Language::Da),
        (None, Some("en-GB,en;q=0.9,da;q=0.8"), Language::En),
        (None, Some("da;q=0.5, en;q=0.9"), Language::En),
        (None, Some("nb-NO, da;q=0.7, en;q=0.3"), Language::Da),
        (None, Some("en;q=0, da"), Language::Da),
        (None, Some("en;q=x, *"), Language::Da),
        (Some("en"), Some("da"), Language::En),
        (Some("da"), Some("en"), Language::Da),
        (Some("xx"), Some("en"), Language::En),
        (Some(""), Some(",,;;q=,"), Language::Da),
    ] {
        assert_eq!(Language::choose(cookie, wish), expected, "{cookie:?} {wish:?}");
    }
}

#[test]
fn numbers_and_names_go_into_texts() {
    assert_eq!(Language::Da.text_with("wait-minutes", "minutes", 1_u64), "et minut");
    assert_eq!(Language::En.text_with("wait-minutes", "minutes", 12_u64), "12 minutes");
    assert_eq!(Language::Da.text_with("login-on-the-way", "service", "<b>"), "Du er på vej til <b>.");
    assert_eq!(Language::Da.text("no-such-key"), "no-such-key");
}
