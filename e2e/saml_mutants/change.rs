//! Changes to a message as text: its structure, its markup, its values, its bytes. Most keep it well-formed, many keep it
//! valid, some keep its canonical form.

/// A repeatable source of numbers (SplitMix64).
pub struct Chance(u64);

/// A seed that was not used before.
pub fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    openssl::rand::rand_bytes(&mut bytes).expect("chance");
    u64::from_le_bytes(bytes) >> 16
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// One to three changes, and now and then a wrong byte.
pub fn several(chance: &mut Chance, xml: &str) -> Vec<u8> {
    let mut text = xml.to_owned();
    for _ in 0..=chance.below(3) {
        text = one(chance, &text);
    }
    let mut bytes = text.into_bytes();
    if chance.below(20) == 0 && !bytes.is_empty() {
        let at = chance.below(bytes.len());
        bytes[at] = chance.next() as u8;
    }
    bytes
}

fn one(chance: &mut Chance, xml: &str) -> String {
    match chance.below(23) {
        20 => tag(chance, xml),
        21 => attribute(chance, xml, |chance, name, value| {
            let letter = chance.pick(&["<", ">", "&#9;", "&#32;", "&#160;", "\t", "&quot;", "&apos;", "&#x;", "&#65536;", "&#x110000;"]);
            if chance.below(2) == 0 { format!(" {name}=\"{letter}{value}\"") } else { format!(" {name}=\"{value}{letter}\"") }
        }),
        22 => text(chance, xml, |_, text| text.split_at_checked(text.len() / 2).map_or_else(String::new, |(a, b)| format!("{b}{a}"))),
        0 => element(chance, xml, |_, _| String::new()),
        1 => element(chance, xml, |_, part| part.repeat(2)),
        2 => moved(chance, xml),
        3 | 4 => attribute(chance, xml, value),
        5 => attribute(chance, xml, |_, _, _| String::new()),
        6 => attribute(chance, xml, |_, name, value| format!(" {name}=\"{value}\" {name}2=\"{value}\"")),
        7 => attribute(chance, xml, |chance, name, value| format!(" {}=\"{value}\"", renamed(chance, name))),
        8 => attribute(chance, xml, |chance, name, value| {
            let space = chance.pick(&[" ", "  ", "\n", "\t", "\r\n"]);
            format!("{space}{name}{}='{value}'", chance.pick(&["", " "]).to_owned() + "=").replace("==", "=")
        }),
        9 => attribute(chance, xml, |chance, name, value| format!(" {name}=\"{}\"", referenced(chance, value))),
        10 => attribute(chance, xml, |chance, name, value| {
            let extra = chance.pick(&[
                "xml:space=\"preserve\"",
                "xml:lang=\"da\"",
                "xmlns:y=\"urn:y\"",
                "xmlns:y=\"urn:y\" y:z=\"1\"",
                "Id=\"o\"",
                "x=\"y\"",
                "xmlns=\"urn:y\"",
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"",
                "xml:id=\"a\"",
                "xml:base=\"x:y\"",
                "xmlns:samlp=\"urn:y\"",
                "xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"",
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"x\"",
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:y y.xsd\"",
                "xmlns:p=\"urn:y\" xmlns:q=\"urn:y\" p:z=\"1\" q:z=\"2\"",
                "Consent=\"urn:c\"",
                "NameQualifier=\"q\"",
            ]);
            format!(" {name}=\"{value}\" {extra}")
        }),
        11 => text(chance, xml, referenced),
        12 => text(chance, xml, |chance, text| {
            let space = chance.pick(&[" ", "\n", "\t", "&#13;", "\u{a0}"]);
            if chance.below(2) == 0 { format!("{space}{text}") } else { format!("{text}{space}") }
        }),
        13 => text(chance, xml, |chance, text| {
            let node = chance.pick(&[
                "]]>",
                "\u{1}",
                "\u{fffe}",
                "&#x1;",
                "&#xD;\n",
                "\u{7f}",
                "\u{85}",
                "\u{2028}",
                "\u{200b}",
                "<!--x-->",
                "<?x y?>",
                "<![CDATA[x]]>",
                "<![CDATA[]]>",
                "<y/>",
                "&lt;y/>",
                "&amp;",
            ]);
            let at = text.char_indices().map(|(at, _)| at).nth(chance.below(text.chars().count().max(1))).unwrap_or(0);
            format!("{}{node}{}", &text[..at], &text[at..])
        }),
        14 => between(chance, xml),
        15 => around(chance, xml),
        16 => prefixed(chance, xml),
        17 => emptied(chance, xml),
        18 => text(chance, xml, |chance, text| {
            chance.pick(&["", "x", "https://saml.one.test", "https://data.gov.dk/concept/core/nsis/loa/High", "_s1", "0"]).to_owned()
                + if chance.below(4) == 0 { text } else { "" }
        }),
        _ => cut(chance, xml),
    }
}

/// Start and end of every element, in order of their start tags.
fn elements(xml: &str) -> Vec<(usize, usize)> {
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for (at, _) in xml.match_indices('<') {
        let Some(end) = xml[at..].find('>').map(|length| at + length + 1) else { continue };
        if xml[at..].starts_with("</") {
            if let Some(start) = open.pop() {
                found.push((start, end));
            }
        } else if xml[at..end].ends_with("/>") {
            found.push((at, end));
        } else if !xml[at..].starts_with("<!") && !xml[at..].starts_with("<?") {
            open.push(at);
        }
    }
    found.sort_unstable();
    found
}

fn element(chance: &mut Chance, xml: &str, change: impl FnOnce(&mut Chance, &str) -> String) -> String {
    let all = elements(xml);
    if all.is_empty() {
        return xml.to_owned();
    }
    let (start, end) = all[chance.below(all.len())];
    format!("{}{}{}", &xml[..start], change(chance, &xml[start..end]), &xml[end..])
}

/// An element taken out and put in elsewhere.
fn moved(chance: &mut Chance, xml: &str) -> String {
    let all = elements(xml);
    if all.is_empty() {
        return xml.to_owned();
    }
    let (start, end) = all[chance.below(all.len())];
    let part = &xml[start..end];
    let rest = format!("{}{}", &xml[..start], &xml[end..]);
    let places: Vec<usize> = rest.match_indices('<').map(|(at, _)| at).collect();
    let at = places.get(chance.below(places.len())).copied().unwrap_or(0);
    format!("{}{part}{}", &rest[..at], &rest[at..])
}

/// Every attribute: where it begins (its space), its name and value, where it ends.
fn attributes(xml: &str) -> Vec<(usize, usize, usize, usize)> {
    let mut found = Vec::new();
    for (equals, _) in xml.match_indices("=\"") {
        let Some(start) = xml[..equals].rfind([' ', '\n', '\t']) else { continue };
        let value = equals + 2;
        let Some(length) = xml[value..].find('"') else { continue };
        if !xml[start..equals].contains(['<', '>', '"', '\'']) {
            found.push((start, equals, value, value + length));
        }
    }
    found
}

fn attribute(chance: &mut Chance, xml: &str, change: impl FnOnce(&mut Chance, &str, &str) -> String) -> String {
    let all = attributes(xml);
    if all.is_empty() {
        return xml.to_owned();
    }
    let (start, equals, value, end) = all[chance.below(all.len())];
    let changed = change(chance, &xml[start + 1..equals], &xml[value..end]);
    format!("{}{changed}{}", &xml[..start], &xml[end + 1..])
}

/// Another value, often one that is valid somewhere.
fn value(chance: &mut Chance, name: &str, old: &str) -> String {
    let values: &[&str] = match name {
        "ForceAuthn" | "IsPassive" | "AllowCreate" => {
            &["true", "1", " true ", "\ntrue", "TRUE", "yes", "", "0", "false", "01", "\u{a0}true", "1\u{2003}", "\u{85}0", "tru&#x65;"]
        }
        "IssueInstant" => &[
            "2026-11-24T06:00:00",
            "2026-11-24T06:00:00.5Z",
            "2026-11-24T06:00:00+01:00",
            "2026-11-24",
            " 2026-11-24T06:00:00Z ",
            "2026-11-24T24:00:00Z",
            "2026-02-30T06:00:00Z",
            "2026-11-24t06:00:00z",
            "2026-11-24T06:00Z",
            "2026-11-24T06:00:60Z",
            "-2026-11-24T06:00:00Z",
            "2026-11-24T06:00:00+25:00",
            "2026-11-24T06:00:00+0100",
            "2026-11-24T06:00:00[UTC]",
            "2026-11-24T06:00:00+01:00[Europe/Copenhagen]",
            "2026-11-24T06:00:00,5Z",
            "\u{a0}2026-11-24T06:00:00Z",
            "2026-11-24T06:00:00Z\u{3000}",
            "0000-11-24T06:00:00Z",
            "2026-11-24T06:00:00+14:00",
            "2026-11-24T06:00:00-00:00",
            "２026-11-24T06:00:00Z",
        ],
        "Version" => &["2.0", " 2.0", "2.00", "1.1", "3.0", ""],
        "ID" => &[
            "_m2",
            "m1",
            "1m",
            "_m:1",
            " _m1",
            "_m1 ",
            "æøå",
            "_m·1",
            "",
            "_m1\u{300}",
            "ªm",
            "_mª",
            "Ĳ1",
            "_m１",
            "_\u{a0}m",
            "_m\u{2160}",
        ],
        "Comparison" => &["exact", "minimum", "maximum", "better", "Minimum", "", " minimum"],
        "ProxyCount" | "AttributeConsumingServiceIndex" | "AssertionConsumerServiceIndex" => {
            &["0", "-1", "-0", "+1", "x", " 1 ", "\u{a0}1", "1\u{a0}", "01", "１", "", "65535", "65536", "99999999999999999999"]
        }
        "URI" => &["", "#_m1", "#_m2", "#xpointer(id('_m1'))", "#"],
        "Format" => &["", "urn:x", "not a URI at all %", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"],
        name if name.starts_with("xmlns") => {
            &["urn:y", "", "relative", "http://www.w3.org/2000/xmlns/", "urn:oasis:names:tc:SAML:2.0:assertion"]
        }
        _ => &["", "x", " ", "https://one.test/acs", "&#10;", "a&lt;b", "\u{fffd}"],
    };
    let new = if chance.below(5) == 0 { format!("{old}{}", chance.pick(values)) } else { chance.pick(values).to_owned() };
    format!(" {name}=\"{new}\"")
}

fn renamed(chance: &mut Chance, name: &str) -> String {
    match chance.below(4) {
        0 => name.to_uppercase(),
        1 => name.to_lowercase(),
        2 => format!("samlp:{name}"),
        _ => chance
            .pick(&[
                "ID",
                "AssertionConsumerServiceURL",
                "AssertionConsumerServiceIndex",
                "ForceAuthn",
                "Destination",
                "Consent",
                "NotOnOrAfter",
                "ProtocolBinding",
            ])
            .to_owned(),
    }
}

/// One letter as a reference.
fn referenced(chance: &mut Chance, text: &str) -> String {
    let letters: Vec<(usize, char)> = text.char_indices().filter(|(_, letter)| letter.is_alphanumeric()).collect();
    let Some(&(at, letter)) = letters.get(chance.below(letters.len())) else { return text.to_owned() };
    let reference = match chance.below(3) {
        0 => format!("&#{};", u32::from(letter)),
        1 => format!("&#x{:X};", u32::from(letter)),
        _ => chance.pick(&["&amp;", "&#0;", "&#xFFFE;", "&x;", "&#xD800;", "&#x0000041;", "&"]).to_owned(),
    };
    format!("{}{reference}{}", &text[..at], &text[at + letter.len_utf8()..])
}

/// A run of text between tags, changed.
fn text(chance: &mut Chance, xml: &str, change: impl FnOnce(&mut Chance, &str) -> String) -> String {
    let runs: Vec<(usize, usize)> = xml
        .match_indices('>')
        .filter_map(|(at, _)| xml[at + 1..].find('<').map(|length| (at + 1, at + 1 + length)))
        .filter(|(start, end)| start < end)
        .collect();
    let Some(&(start, end)) = runs.get(chance.below(runs.len())) else { return xml.to_owned() };
    format!("{}{}{}", &xml[..start], change(chance, &xml[start..end]), &xml[end..])
}

/// Something between two tags.
fn between(chance: &mut Chance, xml: &str) -> String {
    let places: Vec<usize> = xml.match_indices("><").map(|(at, _)| at + 1).collect();
    let Some(&at) = places.get(chance.below(places.len())) else { return xml.to_owned() };
    let node = chance.pick(&[
        " ",
        "\n  ",
        "x",
        "<!--x-->",
        "<y xmlns=\"urn:y\"></y>",
        "<samlp:Extensions></samlp:Extensions>",
        "<samlp:SessionIndex>_s2</samlp:SessionIndex>",
        "<samlp:NameIDPolicy></samlp:NameIDPolicy>",
        "<samlp:RequesterID>https://second.test</samlp:RequesterID>",
        "&#32;",
    ]);
    format!("{}{node}{}", &xml[..at], &xml[at..])
}

fn around(chance: &mut Chance, xml: &str) -> String {
    match chance.below(8) {
        0 => format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{xml}"),
        1 => format!("<?xml version=\"1.1\"?>{xml}"),
        2 => {
            format!("<?xml version='1.0' encoding='{}' standalone='yes'?>\n{xml}", chance.pick(&["utf-8", "UTF-16", "latin1", "US-ASCII"]))
        }
        3 => format!("\u{feff}{xml}"),
        4 => format!("{xml}\n"),
        5 => format!(" {xml}"),
        6 => format!("<w>{xml}</w>"),
        _ => format!("{xml}{}", chance.pick(&["<x/>", "x", "<!-- -->", "\0", "&#10;"])),
    }
}

/// Every tag of one prefix under another, its declarations too: the same to a namespace-aware reader.
fn prefixed(chance: &mut Chance, xml: &str) -> String {
    let from = chance.pick(&["samlp", "saml", "ds"]);
    let to = chance.pick(&["p", "samlp2", "saml", "x", "_", "Ø"]);
    xml.replace(&format!("<{from}:"), &format!("<{to}:"))
        .replace(&format!("</{from}:"), &format!("</{to}:"))
        .replace(&format!("xmlns:{from}="), &format!("xmlns:{to}="))
}

/// Space, or something that is none, where a tag ends.
fn tag(chance: &mut Chance, xml: &str) -> String {
    let places: Vec<usize> = xml.match_indices('>').map(|(at, _)| at).collect();
    let Some(&at) = places.get(chance.below(places.len())) else { return xml.to_owned() };
    let space = chance.pick(&[" ", "\n", "\t", "\r", "\u{a0}", "\u{b}", " /", "x"]);
    format!("{}{space}{}", &xml[..at], &xml[at..])
}

/// An empty element in its short form.
fn emptied(chance: &mut Chance, xml: &str) -> String {
    let places: Vec<usize> = xml.match_indices("></").map(|(at, _)| at).collect();
    let Some(&at) = places.get(chance.below(places.len())) else { return xml.to_owned() };
    let Some(end) = xml[at + 1..].find('>').map(|length| at + 1 + length + 1) else { return xml.to_owned() };
    format!("{}/>{}", &xml[..at], &xml[end..])
}

fn cut(chance: &mut Chance, xml: &str) -> String {
    let at = xml.char_indices().map(|(at, _)| at).nth(chance.below(xml.chars().count().max(1))).unwrap_or(0);
    match chance.below(3) {
        0 => xml[..at].to_owned(),
        1 => format!("{}{}", &xml[..at], &xml[at..].chars().skip(1).collect::<String>()),
        _ => format!("{}{}{}", &xml[..at], chance.pick(&["<", ">", "\"", "&", " ", "=", "/", ":"]), &xml[at..]),
    }
}
