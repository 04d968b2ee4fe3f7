//! Writes XML that already *is* its exclusive canonical form, so that what we sign needs no parser and no canonicaliser.
//!
//! Rules of the caller: attributes in canonical order (namespaces first, then by name), each namespace declared where it is
//! first used. Text XML 1.0 cannot carry is an error, never dropped. The path goes on to `xmlsign`.

/// Text that holds a character XML 1.0 cannot express (U+0000, most control characters, U+FFFE, U+FFFF).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text holds the character U+{:04X}, which XML cannot carry", *.0 as u32)]
pub struct Unwritable(pub char);

/// Builds one document, element by element.
#[derive(Debug, Default)]
pub struct Writer {
    xml: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self { xml: String::with_capacity(4096), open: Vec::with_capacity(8) }
    }

    /// Opens the element `name` (with prefix) with its attributes; those whose value is `None` are left out.
    pub fn open(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)]) -> Result<(), Unwritable> {
        self.xml.push('<');
        self.xml.push_str(name);
        for (attribute, value) in attributes {
            let Some(value) = value else { continue };
            self.xml.push(' ');
            self.xml.push_str(attribute);
            self.xml.push_str("=\"");
            escape(&mut self.xml, value, true)?;
            self.xml.push('"');
        }
        self.xml.push('>');
        self.open.push(name);
        Ok(())
    }

    /// Writes text into the element that is open.
    pub fn text(&mut self, text: &str) -> Result<(), Unwritable> {
        escape(&mut self.xml, text, false)
    }

    /// Closes the element opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.xml.push_str("</");
            self.xml.push_str(name);
            self.xml.push('>');
        }
    }

    /// An element with text in it, or none.
    pub fn leaf(&mut self, name: &'static str, attributes: &[(&str, Option<&str>)], text: &str) -> Result<(), Unwritable> {
        self.open(name, attributes)?;
        self.text(text)?;
        self.close();
        Ok(())
    }

    /// Puts in XML that was written by another `Writer`.
    pub fn nest(&mut self, xml: &str) {
        self.xml.push_str(xml);
    }

    /// Bytes written so far: the place where a signature is to go.
    pub fn position(&self) -> usize {
        self.xml.len()
    }

    /// The document, every open element closed.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.xml
    }
}

/// Whether every character of `text` can stand in XML 1.0.
pub fn check(text: &str) -> Result<(), Unwritable> {
    match text.chars().find(|letter| !writable(*letter)) {
        Some(letter) => Err(Unwritable(letter)),
        None => Ok(()),
    }
}

/// Whether the text may be taken in to be stated later: XML can carry it, and it has no control characters.
pub fn is_plain(text: &str) -> bool {
    check(text).is_ok() && !text.chars().any(char::is_control)
}

fn writable(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Canonical XML 1.0, section 2.3: which characters become references depends on where they stand. What needs no look
/// is copied in whole runs: an encrypted assertion is ten thousand letters of base64.
fn escape(out: &mut String, text: &str, in_attribute: bool) -> Result<(), Unwritable> {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_special) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut letters = special.chars();
        let Some(letter) = letters.next() else { return Ok(()) };
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if !in_attribute => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#x9;"),
            '\n' if in_attribute => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            letter if writable(letter) => out.push(letter),
            letter => return Err(Unwritable(letter)),
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    Ok(())
}

/// Whether a character that begins with this byte may need a reference or be unwritable: controls, markup, and the
/// first byte of U+FFFE and U+FFFF. It never is a byte within a character, so texts may be cut before it.
fn is_special(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xef)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bergshamra_c14n::{C14nMode, canonicalize};
    use proptest::prelude::*;

    fn written(text: &str, attribute: &str) -> Result<String, Unwritable> {
        let mut w = Writer::new();
        w.open("a:Root", &[("xmlns:a", Some("urn:a")), ("A", Some(attribute)), ("B", None), ("b", Some(text))])?;
        w.leaf("a:Text", &[], text)?;
        w.open("b:Other", &[("xmlns:b", Some("urn:b")), ("Z", Some("1"))])?;
        w.leaf("a:Empty", &[], "")?;
        w.text(attribute)?;
        Ok(w.finish())
    }

    fn is_canonical(xml: &str) -> bool {
        canonicalize::<&str>(xml, C14nMode::Exclusive, None, &[]).unwrap() == xml.as_bytes()
    }

    #[test]
    fn hostile_text_stays_text() {
        for text in ["</a:Text><a:Evil>", "]]>", "&amp;", "\r\n\t \"'", "ø\u{202e}\u{1f600}", "<!-- -->", "a\u{a0}b"] {
            let xml = written(text, text).unwrap();
            assert!(is_canonical(&xml), "{xml}");
            let document = uppsala::parse(&xml).unwrap();
            let root = document.document_element().unwrap();
            assert_eq!(document.get_attribute(root, "A"), Some(text));
            assert_eq!(document.element_text(document.first_child(root).unwrap()), Some(text));
        }
        for letter in ['\0', '\u{1}', '\u{b}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            assert_eq!(written(&format!("a{letter}b"), ""), Err(Unwritable(letter)));
            assert_eq!(check(&letter.to_string()), Err(Unwritable(letter)));
        }
    }

    proptest! {
        #[test]
        fn whatever_can_be_written_is_canonical(text in any::<String>(), attribute in "[\\PC\\r\\n\\t<>&\"']*") {
            match written(&text, &attribute) {
                Ok(xml) => prop_assert!(is_canonical(&xml)),
                Err(Unwritable(letter)) => prop_assert!(!writable(letter)),
            }
        }
    }
}
