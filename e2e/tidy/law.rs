//! The floor law, read from the `mod` lines: the house as a tree of modules in order, and every `crate::`, `super::` and
//! `self::` path held against it. A room and the rooms inside it are one: they may use each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::lexer::{Kind, Source, Token};

/// A module's name path (`["storage", "people"]`) and its place in the order (`[3, 1]`).
#[derive(Debug)]
pub struct House {
    /// Places by name path; the crate itself is the empty path.
    places: BTreeMap<Vec<String>, Vec<usize>>,
    /// Name paths by file.
    files: BTreeMap<String, Vec<String>>,
    /// Files that are compiled for tests only.
    tests: BTreeSet<String>,
}

impl House {
    /// Reads the law, beginning at `src/lib.rs`.
    pub fn read(files: &BTreeMap<String, String>) -> Self {
        let mut house = Self { places: BTreeMap::new(), files: BTreeMap::new(), tests: BTreeSet::new() };
        house.enter("src/lib.rs", Vec::new(), Vec::new(), files);
        house
    }

    fn enter(&mut self, file: &str, name: Vec<String>, place: Vec<usize>, files: &BTreeMap<String, String>) {
        self.places.insert(name.clone(), place.clone());
        self.files.insert(file.to_owned(), name.clone());
        let Some(text) = files.get(file) else { return };
        let source = Source::read("", text);
        let is_test = self.tests.contains(file);
        let declares = |three: &&[Token]| three[0].text == "mod" && three[2].text == ";";
        let declared = source.tokens.windows(3).filter(declares).map(|three| (three[1].text.clone(), three[1].in_test || is_test));
        let folder = match file {
            "src/lib.rs" => "src".to_owned(),
            file => file.strip_suffix("/mod.rs").or(file.strip_suffix(".rs")).unwrap_or(file).to_owned(),
        };
        for (order, (child, is_test)) in declared.enumerate() {
            let candidates = [format!("{folder}/{child}.rs"), format!("{folder}/{child}/mod.rs")];
            if let Some(path) = candidates.iter().find(|path| files.contains_key(*path)) {
                if is_test {
                    self.tests.insert(path.clone());
                }
                let (mut name, mut place) = (name.clone(), place.clone());
                name.push(child);
                place.push(order);
                self.enter(path, name, place, files);
            }
        }
    }

    /// Whether the file is compiled for tests only. (One that a `#[path]` names is known by its own name.)
    pub fn is_test(&self, file: &str) -> bool {
        self.tests.contains(file) || file.ends_with("tests.rs")
    }

    /// Every import outside tests that looks down, names a module that is not there, and every file no `mod` line names.
    pub fn violations(&self, files: &BTreeMap<String, String>) -> Vec<String> {
        let mut found = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| *path != "src/main.rs" && !self.is_test(path)) {
            let source = Source::read("", text);
            let Some(own) = self.files.get(path) else {
                found.push(format!("{path}: no `mod` line names it"));
                continue;
            };
            for (line, target) in paths(&source, own) {
                found.extend(self.judge(own, &target).map(|words| format!("{path}:{line}: {words}")));
            }
        }
        found.dedup();
        found
    }

    fn judge(&self, own: &[String], target: &[String]) -> Option<String> {
        let module = (0..=target.len()).rev().find_map(|length| self.places.get_key_value(&target[..length]))?;
        if module.0.is_empty() && target.first().is_some_and(|first| first.starts_with(char::is_lowercase)) {
            return Some(format!("crate::{} is no module", target.join("::")));
        }
        let (mine, other) = (self.places.get(own)?, module.1);
        // Downwards at the first place where the two part; a room and the rooms inside it never part.
        let parted = mine.iter().zip(other).find(|(mine, other)| mine != other);
        parted
            .filter(|(mine, other)| other > mine)
            .map(|_| format!("{} stands below {} in the `mod` lines", module.0.join("::"), own.join("::")))
    }
}

/// All paths of the file that begin at `crate`, `super` or `self`, as name paths from the crate, with their lines.
fn paths(source: &Source, own: &[String]) -> Vec<(usize, Vec<String>)> {
    let tokens = &source.tokens;
    let word = |at: usize| tokens.get(at).filter(|token| token.kind != Kind::Text).map_or("", |token| token.text.as_str());
    let mut found = Vec::new();
    let mut at = 0;
    // How deep in inline modules, such as `mod tests { ... }`, where `super` is the file itself.
    let (mut depth, mut inline): (usize, Vec<usize>) = (0, Vec::new());
    while at < tokens.len() {
        match word(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "mod" if word(at + 2) == "{" => inline.push(depth),
            "crate" | "super" | "self" if word(at + 1) == "::" && word(at.wrapping_sub(1)) != "::" && !tokens[at].in_test => {
                let mut base = own.to_vec();
                base.extend(inline.iter().map(|_| "<inline>".to_owned()));
                let start = at;
                while matches!(word(at), "crate" | "super" | "self") && word(at + 1) == "::" {
                    match word(at) {
                        "crate" => base.clear(),
                        "super" => drop(base.pop()),
                        _ => {}
                    }
                    at += 2;
                }
                base.retain(|part| part != "<inline>");
                branch(source, at, &base, &mut |path| found.push((tokens[start].line, path)));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Follows a path, and its branches in braces, from the token at `at`; answers where it ends.
fn branch(source: &Source, mut at: usize, base: &[String], found: &mut impl FnMut(Vec<String>)) -> usize {
    let token = |at: usize| source.tokens.get(at).filter(|token| token.kind != Kind::Text).map_or("", |token| token.text.as_str());
    let mut path = base.to_vec();
    loop {
        match token(at) {
            "{" => {
                at += 1;
                while !matches!(token(at), "}" | "") {
                    at = branch(source, at, &path, found);
                    if token(at) == "as" {
                        at += 2;
                    }
                    if token(at) == "," {
                        at += 1;
                    } else if token(at) != "}" {
                        // Not a list of imports after all.
                        return at;
                    }
                }
                return at + 1;
            }
            "self" | "*" => {
                found(path);
                return at + 1;
            }
            word if word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') => path.push(word.to_owned()),
            _ => {
                found(path);
                return at;
            }
        }
        if token(at + 1) != "::" {
            found(path);
            return at + 1;
        }
        at += 2;
    }
}
