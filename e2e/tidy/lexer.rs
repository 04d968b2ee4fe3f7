//! As much of Rust's grammar as the laws need: words, signs and texts with their lines, comments left out, and which
//! of them are tests. No types, no macros. Next: `law.rs` reads paths from it.

/// What kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word: name, keyword or number.
    Word,
    /// A sign; `::` is one.
    Sign,
    /// The inside of a string literal.
    Text,
}

/// A token with its place.
#[derive(Debug, Clone)]
pub struct Token {
    /// What kind.
    pub kind: Kind,
    /// Its letters.
    pub text: String,
    /// The line it begins on, from 1.
    pub line: usize,
    /// The line it ends on.
    pub last_line: usize,
    /// Whether it stands in a test.
    pub in_test: bool,
}

/// A file as tokens.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root of the project.
    pub path: String,
    /// Its letters.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
}

impl Source {
    /// Reads a file.
    pub fn read(path: &str, text: &str) -> Self {
        let mut tokens = tokens(text);
        mark_tests(&mut tokens);
        Self { path: path.to_owned(), text: text.to_owned(), tokens }
    }

    /// The tokens outside tests.
    pub fn code(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| !token.in_test)
    }

    /// The lines where these words and signs follow each other outside tests.
    pub fn find<'a>(&'a self, wanted: &'a [&'static str]) -> impl Iterator<Item = usize> + 'a {
        let fits = move |window: &&[Token]| {
            window.iter().zip(wanted).all(|(token, word)| token.kind != Kind::Text && token.text == *word && !token.in_test)
        };
        self.tokens.windows(wanted.len()).filter(fits).map(|window| window[0].line)
    }

    /// A sentence about a place in the file.
    pub fn at(&self, line: usize, words: &str) -> String {
        format!("{}:{line}: {words}", self.path)
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    let get = |at: usize| letters.get(at).copied().unwrap_or('\0');
    while at < letters.len() {
        let (start, start_line) = (at, line);
        let mut push = |kind, text: String, last_line| found.push(Token { kind, text, line: start_line, last_line, in_test: false });
        match get(at) {
            '/' if get(at + 1) == '/' => at = end_of(&letters, at, |at| get(at) == '\n'),
            '/' if get(at + 1) == '*' => at = end_of(&letters, at + 2, |at| get(at) == '*' && get(at + 1) == '/') + 2,
            '"' => {
                at = end_of_text(&letters, at + 1) + 1;
                let inside: String = letters[start + 1..at.min(letters.len()) - 1].iter().collect();
                let lines = inside.matches('\n').count();
                push(Kind::Text, inside, start_line + lines);
            }
            'r' if raw_hashes(&letters, at + 1).is_some() => {
                let hashes = raw_hashes(&letters, at + 1).unwrap();
                let closes = |at: usize| get(at) == '"' && (1..=hashes).all(|n| get(at + n) == '#');
                let begin = at + 2 + hashes;
                let end = end_of(&letters, begin, closes);
                let inside: String = letters[begin..end].iter().collect();
                let lines = inside.matches('\n').count();
                push(Kind::Text, inside, start_line + lines);
                at = end + 1 + hashes;
            }
            // A letter in quotes; `'a` alone is a lifetime.
            '\'' if get(at + 1) == '\\' => at = end_of(&letters, at + 3, |at| get(at) == '\'') + 1,
            '\'' if get(at + 2) == '\'' => at += 3,
            ':' if get(at + 1) == ':' => {
                push(Kind::Sign, "::".to_owned(), start_line);
                at += 2;
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                at = end_of(&letters, at, |at| !(get(at).is_alphanumeric() || get(at) == '_'));
                push(Kind::Word, letters[start..at].iter().collect(), start_line);
            }
            letter => {
                if !letter.is_whitespace() {
                    push(Kind::Sign, letter.to_string(), start_line);
                }
                at += 1;
            }
        }
        line += letters[start..at.min(letters.len())].iter().filter(|letter| **letter == '\n').count();
    }
    found
}

fn end_of(letters: &[char], from: usize, ends: impl Fn(usize) -> bool) -> usize {
    (from..letters.len()).find(|at| ends(*at)).unwrap_or(letters.len())
}

fn end_of_text(letters: &[char], mut at: usize) -> usize {
    while at < letters.len() && letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    at
}

/// How many `#` stand between `r` and its quote, if it is a raw string.
fn raw_hashes(letters: &[char], from: usize) -> Option<usize> {
    let hashes = letters[from..].iter().take_while(|letter| **letter == '#').count();
    (letters.get(from + hashes) == Some(&'"')).then_some(hashes)
}

/// Marks what follows `#[cfg(test)]` or `#[test]`: up to the end of the block, or to the semicolon of a line without one.
fn mark_tests(tokens: &mut [Token]) {
    let mut at = 0;
    while at < tokens.len() {
        let spells = |words: &[&str]| words.iter().enumerate().all(|(n, word)| tokens.get(at + n).is_some_and(|token| token.text == *word));
        if !spells(&["#", "[", "cfg", "(", "test", ")", "]"]) && !spells(&["#", "[", "cfg", "(", "all", "(", "test"]) {
            at += 1;
            continue;
        }
        let mut depth = 0;
        while at < tokens.len() {
            let token = &mut tokens[at];
            token.in_test = true;
            at += 1;
            match (token.kind, token.text.as_str()) {
                (Kind::Sign, "{") => depth += 1,
                (Kind::Sign, "}") => depth -= 1,
                (Kind::Sign, ";") if depth == 0 => break,
                _ => {}
            }
            if token.text == "}" && depth == 0 {
                break;
            }
        }
    }
}
