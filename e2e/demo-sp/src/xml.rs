//! One read-only XML tree for everything that comes in, and the text forms the pages show.
//! DTDs, deep nesting and oversized messages are refused here, before libxml2 sees a byte. Signatures are never judged here.
//! Next: `signed` for signatures, `judge` for what the messages say.

use roxmltree::{Document, Node, ParsingOptions};
use thiserror::Error;

/// SAML 2.0 protocol namespace.
pub const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// SAML 2.0 assertion namespace.
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// SAML 2.0 metadata namespace.
pub const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signature namespace.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XML encryption namespace.
pub const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
/// XML encryption 1.1 namespace.
pub const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";

/// No message is larger than this, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
const MAX_NODES: u32 = 20_000;
const MAX_DEPTH: usize = 48;

/// Why a text is not read as XML.
#[derive(Debug, Error)]
pub enum XmlError {
    /// More than [`MAX_BYTES`].
    #[error("{0} bytes")]
    TooLarge(usize),
    /// Elements nested deeper than any SAML message needs.
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// Not well-formed, or carries a DTD.
    #[error("{0}")]
    Malformed(#[from] roxmltree::Error),
}

/// Parses `text` with DTDs refused and size, node count and depth limited.
pub fn parse(text: &str) -> Result<Document<'_>, XmlError> {
    if text.len() > MAX_BYTES {
        return Err(XmlError::TooLarge(text.len()));
    }
    if text.contains("<!DOCTYPE") {
        return Err(XmlError::Malformed(roxmltree::Error::DtdDetected));
    }
    // Before parsing: both this parser and libxml2 would otherwise have to survive the depth first.
    let mut depth = 0usize;
    for token in Tokens(text) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            Token::Text(_) | Token::Whole(_) => {}
        }
        if depth > MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Ok(Document::parse_with_options(text, options)?)
}

/// Whether `node` is the element `name` in `namespace`.
pub fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(namespace) && node.tag_name().name() == name
}

/// The children of `node` that are the element `name` in `namespace`.
pub fn children<'a, 'i>(node: Node<'a, 'i>, namespace: &'a str, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| is(*child, namespace, name))
}

/// The first such child.
pub fn child<'a, 'i>(node: Node<'a, 'i>, namespace: &'a str, name: &'a str) -> Option<Node<'a, 'i>> {
    children(node, namespace, name).next()
}

/// The whole text directly below `node`, with a comment inside it never cutting it short.
pub fn text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|part| part.text()).collect()
}

/// The text of a child, empty when there is no such child.
pub fn child_text(node: Node<'_, '_>, namespace: &str, name: &str) -> String {
    child(node, namespace, name).map(text).unwrap_or_default().trim().to_owned()
}

/// An attribute without namespace, empty when absent.
pub fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

/// How many elements `name` in `namespace` stand anywhere below `node`.
pub fn count(node: Node<'_, '_>, namespace: &str, name: &str) -> usize {
    node.descendants().filter(|below| is(*below, namespace, name)).count()
}

/// `text` indented for reading: markup is kept to the letter, only white space between tags changes.
pub fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut after_open = false;
    for token in Tokens(text) {
        match token {
            Token::Text(words) if words.trim().is_empty() => continue,
            Token::Text(words) => out.push_str(words.trim()),
            Token::Close(tag) => {
                depth = depth.saturating_sub(1);
                // An element that holds only text stays on its line.
                if !after_open {
                    new_line(&mut out, depth);
                }
                out.push_str(tag);
                after_open = false;
                continue;
            }
            Token::Open(tag) => {
                new_line(&mut out, depth);
                out.push_str(tag);
                depth += 1;
                after_open = true;
                continue;
            }
            Token::Whole(tag) => {
                new_line(&mut out, depth);
                out.push_str(tag);
                after_open = false;
                continue;
            }
        }
    }
    out.push('\n');
    out
}

fn new_line(out: &mut String, depth: usize) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.extend(std::iter::repeat_n("  ", depth));
}

enum Token<'a> {
    Text(&'a str),
    Open(&'a str),
    Close(&'a str),
    Whole(&'a str),
}

/// Splits well-formed XML without a DTD into tags and the text between them.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.0;
        if rest.is_empty() {
            return None;
        }
        let end = match rest.as_bytes() {
            [b'<', b'!', b'-', ..] => rest.find("-->").map(|at| at + 3),
            [b'<', b'!', ..] => rest.find("]]>").map(|at| at + 3),
            [b'<', b'?', ..] => rest.find("?>").map(|at| at + 2),
            [b'<', ..] => tag_end(rest),
            _ => rest.find('<'),
        }
        .unwrap_or(rest.len());
        let (token, after) = rest.split_at_checked(end)?;
        self.0 = after;
        Some(match token.as_bytes() {
            [b'<', b'/', ..] => Token::Close(token),
            [b'<', b'!' | b'?', ..] | [b'<', .., b'/', b'>'] => Token::Whole(token),
            [b'<', ..] => Token::Open(token),
            _ => Token::Text(token),
        })
    }
}

/// Where the tag at the start of `rest` ends; a `>` inside quotes doesn't end it.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in rest.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dtd_is_refused() {
        assert!(parse("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").is_err());
        assert!(parse("<!DOCTYPE a><a/>").is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
        assert!(matches!(parse(&deep), Err(XmlError::TooDeep)));
    }

    #[test]
    fn a_comment_never_cuts_a_text_short() {
        let document = parse("<a>one<!-- x -->two</a>").unwrap();
        assert_eq!(text(document.root_element()), "onetwo");
    }

    #[test]
    fn pretty_keeps_markup_and_indents() {
        assert_eq!(pretty("<a b='>'><c>x</c><d/></a>"), "<a b='>'>\n  <c>x</c>\n  <d/>\n</a>\n");
    }
}
