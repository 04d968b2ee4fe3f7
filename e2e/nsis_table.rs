//! `docs/nsis.md` names settings, events and tests: each must be there. And it claims no number as the standard's.

use std::{collections::BTreeSet, fs, path::Path};

use portvagt::config::settings;

/// The words in backquotes of one cell.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// All sources below a folder, as one text.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "node_modules" && name != "target") {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_name_in_the_table_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/nsis.md")).unwrap();
    let events = fs::read_to_string(root.join("src/domain/audit.rs")).unwrap();
    let mut code = String::new();
    for folder in ["src", "e2e"] {
        sources(&root.join(folder), &mut code);
    }
    let known: BTreeSet<String> = settings::LIST.iter().map(settings::Setting::name).collect();
    let (mut rows, mut missing, mut sections) = (0, Vec::new(), BTreeSet::new());
    for line in table.lines().filter(|line| line.starts_with("| 3.") || line.starts_with("| 4.")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [section, _, setting, event, test, text] = cells.as_slice() else { panic!("six cells: {line}") };
        rows += 1;
        sections.insert(section.split(' ').next().unwrap().to_owned());
        missing.extend(names(setting).into_iter().filter(|name| !known.contains(*name)).map(|name| format!("setting {name}")));
        missing
            .extend(names(event).into_iter().filter(|name| !events.contains(&format!("\"{name}\""))).map(|name| format!("event {name}")));
        missing.extend(names(test).into_iter().filter(|name| !code.contains(&format!("fn {name}("))).map(|name| format!("test {name}")));
        assert!(text.starts_with("not read") || text.starts_with("read"), "{section} says whether its text was read");
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let all = [
        "3.1.1", "3.1.2", "3.1.3", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.3.1", "4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.1.6",
        "4.1.7",
    ];
    assert_eq!(sections, all.map(str::to_owned).into(), "each section has a row");
    assert!(rows > 20, "{rows}");
    for claim in ["NSIS requires", "required by NSIS"] {
        assert!(!table.contains(claim), "no number is claimed as the standard's");
    }
}
