//! The words people are found by, and the key lists stand in order of. Written with each person, never read here.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::{
    domain::person::Person,
    storage::{
        db::{Tx, many},
        fault::Fault,
        value::Value,
    },
};

/// Words of a text as they are compared: composed, lower case, at most 64 letters each.
pub fn words(text: &str) -> BTreeSet<String> {
    let text: String = text.nfc().collect::<String>().to_lowercase();
    text.split_whitespace().map(|word| word.chars().take(64).collect()).collect()
}

/// Family name, given name, user name, in lower case; the Danish letters stand behind z, in their order.
pub(in crate::storage) fn list_key(person: &Person) -> Vec<u8> {
    let name = format!("{} {} {}", person.family_name, person.given_name, person.username);
    let name: String = name.nfc().collect::<String>().to_lowercase();
    name.chars()
        .map(|letter| match letter {
            '\u{e6}' | '\u{e4}' => '{',
            '\u{f8}' | '\u{f6}' => '|',
            '\u{e5}' => '}',
            other => other,
        })
        .collect::<String>()
        .into_bytes()
}

/// Writes the person's words and key, whatever stood there.
pub(in crate::storage) async fn write(tx: &mut Tx, person: &Person) -> Result<(), Fault> {
    tx.run("DELETE FROM people_words WHERE person = $1", [person.id.into()]).await?;
    let text = [person.username.as_str(), &person.full_name(), person.email.as_deref().unwrap_or_default()].join(" ");
    let mut values: Vec<[Value; 2]> = words(&text).into_iter().map(|word| [word.into_bytes().into(), person.id.into()]).collect();
    for (rows, sql) in many("INSERT INTO people_words (word, person) VALUES ", 2, "", values.len()) {
        tx.run_many(sql, values.drain(..rows).flatten().collect()).await?;
    }
    tx.run("UPDATE people SET list_key = $2 WHERE id = $1", [person.id.into(), list_key(person).into()]).await.map(drop)
}
