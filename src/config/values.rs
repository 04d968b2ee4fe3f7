//! All values that were written, by name, with where each came from; read into types one by one.

use std::{collections::BTreeMap, fmt};

use super::{
    finding::Finding,
    value::{Raw, Reading},
};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File,
    /// The environment variable of that name.
    Variable(String),
    /// Nobody set it and there is no default.
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("file"),
            Self::Variable(name) => f.write_str(name),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// All values by name.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<String, (Raw, Source)>);

impl Values {
    /// Reads the setting `name` as a `T`; a value that cannot be read becomes a finding.
    pub fn read<T: Reading>(&self, name: &str, findings: &mut Vec<Finding>) -> Option<T> {
        let value = self.0.get(name);
        match T::read_maybe(value.map(|(raw, _)| raw)) {
            Ok(read) => Some(read),
            Err(wrong) => {
                let from = value.map(|(_, source)| format!(" (from {source})")).unwrap_or_default();
                findings.push(Finding::error(name, format!("{wrong}{from}")));
                None
            }
        }
    }

    /// The value of that name as it was written.
    pub fn get(&self, name: &str) -> Option<&(Raw, Source)> {
        self.0.get(name)
    }

    /// Takes a value in; a later one wins.
    pub fn set(&mut self, name: String, raw: Raw, source: Source) {
        self.0.insert(name, (raw, source));
    }
}
