//! A cheap look over the bytes of an XML message before any parser sees them: size, encoding, DTD, forbidden nodes, limits.
//!
//! Nothing is allocated, nothing recurses, each byte is looked at once; what is not well-formed is left to the parser.
//! The path goes on to `xml`.

use crate::crypto::reason::Reason;

/// How large and how intricate a document may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Elements within one another, the root counted.
    pub depth: usize,
    /// Attributes of one start tag, namespace declarations included.
    pub attributes: usize,
    /// Namespace declarations of one start tag; also the number of different namespaces in the document.
    pub namespaces: usize,
    /// Elements in all.
    pub elements: usize,
    /// Namespace declarations in all: canonicalisation costs elements times declarations in scope.
    pub declarations: usize,
    /// Whether comments may stand in it (they are never read).
    pub comments: bool,
    /// Whether a named prefix may mean another namespace further in.
    pub rebinding: bool,
    /// Whether line breaks and tabs may stand in an attribute's value; they would have to be read as spaces (XML 3.3.3).
    pub breaks: bool,
}

/// Limits of a protocol message.
pub const MESSAGE: Limits = Limits {
    bytes: 256 * 1024,
    depth: 32,
    attributes: 64,
    namespaces: 32,
    elements: 2_000,
    declarations: 128,
    comments: false,
    rebinding: false,
    breaks: false,
};

/// Limits of a metadata document.
pub const METADATA: Limits = Limits {
    bytes: 2 * 1024 * 1024,
    depth: 32,
    attributes: 64,
    namespaces: 32,
    elements: 50_000,
    declarations: 20_000,
    comments: true,
    rebinding: true,
    breaks: true,
};

/// Refuses what no parser should see, and gives the bytes back as text.
pub fn check(bytes: &[u8], limits: Limits) -> Result<&str, Reason> {
    if bytes.len() > limits.bytes {
        return Err(Reason::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| foreign_encoding(bytes))?;
    if text.contains('\0') {
        return Err(foreign_encoding(bytes));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // One mark is no part of the text; the parser would forgive a second one, other parsers would not.
    if text.starts_with('\u{feff}') {
        return Err(Reason::Schema);
    }
    declared_encoding(text)?;
    Scan { rest: text, depth: 0, root_closed: false, elements: 0, declarations: 0, limits }.run()?;
    Ok(text)
}

/// UTF-16 and the like: refused as a DTD if one is in it, else because its canonical form would be guesswork.
fn foreign_encoding(bytes: &[u8]) -> Reason {
    const NEEDLE: &[u8] = b"DOCTYPE";
    let mut matched = 0;
    for byte in bytes.iter().filter(|byte| **byte != 0) {
        matched = match NEEDLE.get(matched) {
            Some(wanted) if wanted == byte => matched + 1,
            _ => usize::from(NEEDLE.first() == Some(byte)),
        };
        if matched == NEEDLE.len() {
            return Reason::Doctype;
        }
    }
    Reason::C14n
}

/// Only UTF-8 may be declared: under another name the same bytes would mean other text.
fn declared_encoding(text: &str) -> Result<(), Reason> {
    let Some(declaration) = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map(|(inside, _)| inside) else {
        return Ok(());
    };
    let Some((_, named)) = declaration.split_once("encoding") else { return Ok(()) };
    let name = named.trim_start().trim_start_matches('=').trim_start();
    let name = name.split(['"', '\'']).nth(1).unwrap_or_default();
    if name.eq_ignore_ascii_case("utf-8") { Ok(()) } else { Err(foreign_encoding(text.as_bytes())) }
}

struct Scan<'t> {
    rest: &'t str,
    depth: usize,
    root_closed: bool,
    elements: usize,
    declarations: usize,
    limits: Limits,
}

impl Scan<'_> {
    fn run(mut self) -> Result<(), Reason> {
        if let Some((_, after)) = self.rest.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")) {
            self.rest = after;
        }
        while let Some((_, tag)) = self.rest.split_once('<') {
            self.rest = tag;
            match tag.bytes().next() {
                Some(b'!') => self.declaration()?,
                Some(b'?') => return Err(Reason::ForbiddenNode),
                Some(b'/') => {
                    self.depth = self.depth.saturating_sub(1);
                    self.root_closed |= self.depth == 0;
                }
                _ => self.start_tag()?,
            }
        }
        Ok(())
    }

    fn declaration(&mut self) -> Result<(), Reason> {
        if let Some(comment) = self.rest.strip_prefix("!--") {
            if !self.limits.comments {
                return Err(Reason::ForbiddenNode);
            }
            self.rest = comment.split_once("-->").map(|(_, after)| after).unwrap_or_default();
            Ok(())
        } else if self.rest.starts_with("![CDATA[") {
            Err(Reason::ForbiddenNode)
        } else {
            Err(Reason::Doctype)
        }
    }

    fn start_tag(&mut self) -> Result<(), Reason> {
        if self.root_closed && self.depth == 0 {
            // A second root: the signed one and the one an inattentive reader would take.
            return Err(Reason::SignatureStructure);
        }
        let (mut attributes, mut namespaces) = (0usize, 0usize);
        let bytes = self.rest.as_bytes();
        let mut quote = None;
        let mut name_start = 0;
        let mut last = 0u8;
        for (at, byte) in bytes.iter().copied().enumerate() {
            match quote {
                Some(closing) if byte == closing => {
                    quote = None;
                    name_start = at + 1;
                }
                Some(_) if matches!(byte, b'\t' | b'\r' | b'\n') && !self.limits.breaks => return Err(Reason::C14n),
                Some(_) => {}
                None => match byte {
                    b'"' | b'\'' => {
                        quote = Some(byte);
                        attributes += 1;
                        let before = bytes.get(name_start..at).unwrap_or_default();
                        let name = before.iter().position(|b| !b.is_ascii_whitespace()).and_then(|first| before.get(first..));
                        namespaces += usize::from(name.is_some_and(|name| name.starts_with(b"xmlns")));
                        if attributes > self.limits.attributes || namespaces > self.limits.namespaces {
                            return Err(Reason::Limits);
                        }
                    }
                    b'>' => {
                        self.rest = self.rest.get(at + 1..).unwrap_or_default();
                        self.declarations += namespaces;
                        return self.opened(last == b'/');
                    }
                    b' ' | b'\t' | b'\r' | b'\n' if attributes == 0 => name_start = at,
                    _ => {}
                },
            }
            last = byte;
        }
        // Never closed: the parser says so.
        self.rest = "";
        Ok(())
    }

    fn opened(&mut self, empty: bool) -> Result<(), Reason> {
        self.elements += 1;
        let limits = self.limits;
        if self.depth >= limits.depth || self.elements > limits.elements || self.declarations > limits.declarations {
            return Err(Reason::Limits);
        }
        if empty {
            self.root_closed |= self.depth == 0;
        } else {
            self.depth += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_reason() {
        let utf16: Vec<u8> = "<!DOCTYPE a><a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let many = |n: usize, name: &str| {
            let list: String = (0..n).map(|i| format!(" {name}{i}='v'")).collect();
            format!("<a{list}/>").into_bytes()
        };
        let cases: Vec<(Vec<u8>, Result<(), Reason>)> = vec![
            (b"<?xml version=\"1.0\" encoding='utf-8'?><a b='>'><c/></a>".to_vec(), Ok(())),
            (b"\xef\xbb\xbf<a/>".to_vec(), Ok(())),
            (b"\xef\xbb\xbf\xef\xbb\xbf<a/>".to_vec(), Err(Reason::Schema)),
            (b"<!DOCTYPE a><a/>".to_vec(), Err(Reason::Doctype)),
            (b"<a><!doctype x></a>".to_vec(), Err(Reason::Doctype)),
            (utf16, Err(Reason::Doctype)),
            ("<a/>".encode_utf16().flat_map(u16::to_be_bytes).collect(), Err(Reason::C14n)),
            (b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE a>".to_vec(), Err(Reason::Doctype)),
            (b"<?xml version='1.0' encoding='iso-8859-1'?><a/>".to_vec(), Err(Reason::C14n)),
            (b"<a>\xff</a>".to_vec(), Err(Reason::C14n)),
            (b"<a b='x\ty'/>".to_vec(), Err(Reason::C14n)),
            (b"<a\n\tb='x'\r\n/>".to_vec(), Ok(())),
            (b"<a><!-- --></a>".to_vec(), Err(Reason::ForbiddenNode)),
            (b"<a><?b c?></a>".to_vec(), Err(Reason::ForbiddenNode)),
            (b"<a><![CDATA[b]]></a>".to_vec(), Err(Reason::ForbiddenNode)),
            (b"<a/><b/>".to_vec(), Err(Reason::SignatureStructure)),
            (b"<a></a><b></b>".to_vec(), Err(Reason::SignatureStructure)),
            ("<a>".repeat(33).into_bytes(), Err(Reason::Limits)),
            (many(64, "b"), Ok(())),
            (many(65, "b"), Err(Reason::Limits)),
            (many(32, "xmlns:b"), Ok(())),
            (many(33, "xmlns:b"), Err(Reason::Limits)),
            (format!("<a>{}</a>", "<b/>".repeat(1999)).into_bytes(), Ok(())),
            (format!("<a>{}</a>", "<b/>".repeat(2000)).into_bytes(), Err(Reason::Limits)),
            (format!("<a>{}</a>", "<b xmlns='u:'/>".repeat(129)).into_bytes(), Err(Reason::Limits)),
            (vec![b' '; MESSAGE.bytes + 1], Err(Reason::TooLarge)),
        ];
        for (bytes, expected) in cases {
            let got = check(&bytes, MESSAGE).map(|_| ());
            assert_eq!(got, expected, "{}", String::from_utf8_lossy(bytes.get(..60.min(bytes.len())).unwrap()));
        }
    }

    #[test]
    fn floods_are_refused_quickly() {
        let wide = Limits { bytes: usize::MAX, ..MESSAGE };
        let floods = [
            "<a>".repeat(100_000),
            format!("<a {}/>", (0..80_000).map(|i| format!("b{i}=''")).collect::<Vec<_>>().join(" ")),
            format!("<a {}/>", (0..80_000).map(|i| format!("xmlns:b{i}='u'")).collect::<Vec<_>>().join(" ")),
        ];
        for flood in floods {
            let start = std::time::Instant::now();
            assert_eq!(check(flood.as_bytes(), wide).unwrap_err(), Reason::Limits);
            assert!(start.elapsed().as_millis() < 100);
        }
    }
}
