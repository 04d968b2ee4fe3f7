//! A printed letter of one A4 page, as PDF. It knows lines, not what they say: texts and codes are given. Set in the
//! fonts every PDF reader has (ISO 32000-1, 9.6.2.2), so nothing is embedded; letters outside Windows-1252 lose their
//! accent or become a question mark.

use pdf_writer::{Content, Name, Pdf, Rect, Ref, Str, TextStr};
use unicode_normalization::UnicodeNormalization;

/// What stands in the letter.
#[derive(Debug)]
pub struct Letter<'a> {
    /// The language's tag, for screen readers.
    pub language: &'a str,
    /// Who writes.
    pub sender: &'a str,
    /// To whom, where a window envelope shows it.
    pub recipient: &'a str,
    /// The day.
    pub date: &'a str,
    /// The heading.
    pub title: &'a str,
    /// What is said first.
    pub before: &'a [String],
    /// Labels and what is to be typed, in a font that tells 0 from O.
    pub facts: &'a [(String, String)],
    /// What is said last.
    pub after: &'a [String],
}

const PAGE: (f32, f32) = (595.0, 842.0);
const LEFT: f32 = 71.0;
const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
const REGULAR: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");
const TYPED: Name<'static> = Name(b"F3");

/// Where the next line goes, on the page under way.
struct Pen {
    content: Content,
    y: f32,
}

impl Pen {
    fn line(&mut self, font: Name<'_>, size: f32, text: &str) {
        self.content.begin_text().set_font(font, size).next_line(LEFT, self.y);
        self.content.show(Str(&encode(text))).end_text();
        self.y -= size * 1.4;
    }

    fn paragraph(&mut self, font: Name<'_>, size: f32, text: &str) {
        for line in wrap(text, size) {
            self.line(font, size, &line);
        }
        self.y -= size * 0.6;
    }
}

/// The letter's bytes.
pub fn pdf(letter: &Letter<'_>) -> Vec<u8> {
    let mut pen = Pen { content: Content::new(), y: PAGE.1 - 71.0 };
    pen.line(BOLD, 11.0, letter.sender);
    // The window of a C5 or M65 envelope.
    pen.y = PAGE.1 - 140.0;
    pen.line(REGULAR, 11.0, letter.recipient);
    pen.y = PAGE.1 - 230.0;
    pen.line(REGULAR, 11.0, letter.date);
    pen.y -= 14.0;
    pen.paragraph(BOLD, 16.0, letter.title);
    for text in letter.before {
        pen.paragraph(REGULAR, 11.0, text);
    }
    pen.y -= 6.0;
    for (label, value) in letter.facts {
        pen.line(REGULAR, 10.0, label);
        pen.y -= 2.0;
        pen.line(TYPED, 15.0, value);
        pen.y -= 6.0;
    }
    pen.y -= 4.0;
    for text in letter.after {
        pen.paragraph(REGULAR, 11.0, text);
    }
    bind(letter, &pen.content.finish())
}

fn bind(letter: &Letter<'_>, content: &[u8]) -> Vec<u8> {
    let [catalog, pages, page, stream, about] = [1, 2, 3, 4, 5].map(Ref::new);
    let fonts = [(REGULAR, Ref::new(6), "Helvetica"), (BOLD, Ref::new(7), "Helvetica-Bold"), (TYPED, Ref::new(8), "Courier-Bold")];
    let mut pdf = Pdf::new();
    {
        let mut root = pdf.catalog(catalog);
        root.pages(pages).lang(TextStr(letter.language));
        root.viewer_preferences().display_doc_title(true);
    }
    pdf.pages(pages).kids([page]).count(1);
    {
        let mut sheet = pdf.page(page);
        sheet.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(pages).contents(stream);
        let mut resources = sheet.resources();
        let mut named = resources.fonts();
        for (name, reference, _) in fonts {
            named.pair(name, reference);
        }
    }
    for (_, reference, base) in fonts {
        pdf.type1_font(reference).base_font(Name(base.as_bytes())).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.stream(stream, content);
    pdf.document_info(about).title(TextStr(letter.title)).author(TextStr(letter.sender));
    pdf.finish()
}

/// The text in Windows-1252.
fn encode(text: &str) -> Vec<u8> {
    text.nfc().map(|letter| byte(letter).or_else(|| letter.nfd().next().and_then(byte)).unwrap_or(b'?')).collect()
}

fn byte(letter: char) -> Option<u8> {
    match u32::from(letter) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => u8::try_from(code).ok(),
        0x20ac => Some(0x80),
        0x2026 => Some(0x85),
        0x0160 => Some(0x8a),
        0x0161 => Some(0x9a),
        0x017d => Some(0x8e),
        0x017e => Some(0x9e),
        0x0178 => Some(0x9f),
        0x2018 => Some(0x91),
        0x2019 => Some(0x92),
        0x201c => Some(0x93),
        0x201d => Some(0x94),
        0x2013 => Some(0x96),
        0x2014 => Some(0x97),
        _ => None,
    }
}

/// Lines no wider than the page's text.
fn wrap(text: &str, size: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || width(&longer) * size <= WIDTH * 1000.0 {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn width(text: &str) -> f32 {
    encode(text).iter().map(|byte| f32::from(advance(*byte))).sum()
}

/// How far Helvetica moves on after a letter, in thousandths of its size (Adobe's font metrics).
fn advance(byte: u8) -> u16 {
    const PLAIN: [u16; 95] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556,
        278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,
        611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833,
        556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ];
    match byte {
        0x20..=0x7e => PLAIN.get(usize::from(byte - 0x20)).copied().unwrap_or(556),
        0xc6 | 0x85 | 0x97 => 1000,
        0xc7..=0xcb | 0xc0..=0xc5 | 0xdd | 0xde => 667,
        0xd1 | 0xd9..=0xdc => 722,
        0xd2..=0xd6 | 0xd8 => 778,
        0xe6 => 889,
        0xf8 | 0xdf => 611,
        0xec..=0xef | 0xcc..=0xcf => 278,
        _ => 556,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter<'a>(before: &'a [String], facts: &'a [(String, String)]) -> Letter<'a> {
        Letter {
            language: "da",
            sender: "Testkommune",
            recipient: "Søren Ærø Ångström",
            date: "24. november 2026",
            title: "Your access",
            before,
            facts,
            after: &[],
        }
    }

    fn holds(bytes: &[u8], piece: &[u8]) -> bool {
        bytes.windows(piece.len()).any(|window| window == piece)
    }

    #[test]
    fn danish_letters_and_the_code_stand_in_the_letter() {
        let facts = [("Code".to_owned(), "7QF2-M9XK-4TRW".to_owned())];
        let bytes = pdf(&letter(&["A word.".to_owned()], &facts));
        assert!(bytes.starts_with(b"%PDF-1.") && bytes.ends_with(b"%%EOF"), "{}", String::from_utf8_lossy(&bytes));
        assert!(holds(&bytes, b"7QF2-M9XK-4TRW"));
        assert_eq!(encode("Søren Ærø Ångström"), b"S\xf8ren \xc6r\xf8 \xc5ngstr\xf6m");
        assert_eq!(encode("a\u{30a}\u{142}\u{11f}\n\u{4e2d}"), b"\xe5?g??", "composed, unknown, without its accent, no line break");
    }

    #[test]
    fn lines_are_no_wider_than_the_page() {
        let text = "Det her er en ret lang linje med ord i, ".repeat(20);
        let lines = wrap(&text, 11.0);
        assert!(lines.len() > 8, "{lines:?}");
        assert!(lines.iter().all(|line| width(line) * 11.0 <= WIDTH * 1000.0));
        assert_eq!(lines.join(" "), text.trim());
    }
}
