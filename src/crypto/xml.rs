//! The one hardened XML tree: parsed once, verified and read. DTDs, doubtful namespaces and repeated ids never get in.
//!
//! Attributes are found by exact name without namespace, text only where nothing else stands beside it.
//! The path goes on to `xmldsig`, and to the grammars of `protocol`.

use std::{borrow::Cow, collections::HashSet};

use uppsala::{Document, Element, NodeId, NodeKind, XmlError};

pub use crate::crypto::reason::Reason;
use crate::crypto::scan;
pub use crate::crypto::scan::{Limits, MESSAGE, METADATA};

/// A parsed document that kept within its [`Limits`].
#[derive(Debug)]
pub struct Tree {
    document: Document<'static>,
    source: String,
    root: NodeId,
}

impl Tree {
    /// Parses `bytes` (UTF-8 only).
    pub fn parse(bytes: &[u8], limits: Limits) -> Result<Self, Reason> {
        let text = scan::check(bytes, limits)?;
        let parser = uppsala::Parser::new().with_max_depth(64).with_forbid_dtd(true).with_forbid_entities(true);
        // XML 1.0, section 2.11, which the parser leaves to us: to every reader a line ends in one way.
        let text = if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) };
        let document = parser.parse(&text).map_err(|error| refused(&error))?;
        if document.xml_declaration.as_ref().is_some_and(|declaration| declaration.version != "1.0") {
            return Err(Reason::Schema);
        }
        let root = document.document_element().ok_or(Reason::Schema)?;
        let mut walk = Walk { ids: HashSet::new(), namespaces: HashSet::new(), limits };
        walk.element(&document, root, &mut Vec::new())?;
        Ok(Self { root, document: document.into_static(), source: text.into_owned() })
    }

    /// The document element.
    pub fn root(&self) -> Node<'_> {
        Node { document: &self.document, id: self.root }
    }

    /// An element of this tree as a document of its own, read anew from its own letters: what stood around it, namespaces
    /// included, is no part of it. For messages that travel inside an envelope.
    pub fn alone(&self, node: Node<'_>, limits: Limits) -> Result<Self, Reason> {
        let range = self.document.node_range(node.id).ok_or(Reason::Schema)?;
        Self::parse(self.source.get(range).ok_or(Reason::Schema)?.as_bytes(), limits)
    }

    /// The tree for the verifier.
    pub(super) fn document(&self) -> &Document<'static> {
        &self.document
    }

    /// The text the tree was read from, for the verifier.
    pub(super) fn source(&self) -> &str {
        &self.source
    }
}

fn refused(error: &XmlError) -> Reason {
    match error {
        XmlError::Namespace(inner) if inner.message.contains("Undeclared") => Reason::C14n,
        XmlError::Namespace(_) => Reason::Namespace,
        _ => Reason::Schema,
    }
}

struct Walk {
    ids: HashSet<String>,
    namespaces: HashSet<String>,
    limits: Limits,
}

impl Walk {
    /// Depth is bounded by the scan before, so this may recurse.
    fn element(&mut self, document: &Document<'_>, id: NodeId, scope: &mut Vec<(String, String)>) -> Result<(), Reason> {
        let Some(element) = document.element(id) else { return Ok(()) };
        let mark = scope.len();
        for (prefix, uri) in &element.namespace_declarations {
            self.namespace(prefix, uri, scope)?;
        }
        self.identify(element)?;
        for child in document.children_iter(id) {
            match document.node_kind(child) {
                Some(NodeKind::Element(_)) => self.element(document, child, scope)?,
                Some(NodeKind::Text(_)) => {}
                Some(NodeKind::Comment(_)) if self.limits.comments => {}
                _ => return Err(Reason::ForbiddenNode),
            }
        }
        scope.truncate(mark);
        Ok(())
    }

    fn namespace(&mut self, prefix: &str, uri: &str, scope: &mut Vec<(String, String)>) -> Result<(), Reason> {
        if prefix == "xml" || prefix == "xmlns" || (uri.is_empty() && !prefix.is_empty()) {
            return Err(Reason::Namespace);
        }
        if !uri.is_empty() && !is_absolute(uri) {
            // Canonical XML has no meaning for relative namespace URIs (C14N 1.0, section 1.3).
            return Err(Reason::C14n);
        }
        let bound = scope.iter().rev().find(|(known, _)| known == prefix);
        if !prefix.is_empty() && !self.limits.rebinding && bound.is_some_and(|(_, known)| known != uri) {
            return Err(Reason::Namespace);
        }
        scope.push((prefix.to_owned(), uri.to_owned()));
        if self.namespaces.insert(uri.to_owned()) && self.namespaces.len() > self.limits.namespaces {
            return Err(Reason::Limits);
        }
        Ok(())
    }

    /// Every spelling of an id counts, so that no two readers can disagree which element is meant.
    fn identify(&mut self, element: &Element<'_>) -> Result<(), Reason> {
        let mut of_this = 0;
        for attribute in &element.attributes {
            if !matches!(&*attribute.name.local_name, "ID" | "Id" | "id" | "AssertionID") {
                continue;
            }
            of_this += 1;
            if of_this > 1 || attribute.name.prefix.is_some() || !self.ids.insert(attribute.value.clone().into_owned()) {
                return Err(Reason::DuplicateId);
            }
        }
        Ok(())
    }
}

/// Whether the character is white space as XML means it: a no-break space, say, is content.
fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// The text without XML's white space around it (XML Schema 2, 4.3.6). No other space is taken off: another reader would
/// see another value.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether it is an absolute URI of the characters that URIs have (RFC 3986); other readers refuse what is none.
fn is_absolute(uri: &str) -> bool {
    let named = uri.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte))
    });
    let escapes = uri.split('%').skip(1).all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2);
    named && escapes && uri.matches('#').count() <= 1
}

/// An element of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    document: &'t Document<'static>,
    id: NodeId,
}

impl<'t> Node<'t> {
    fn element(self) -> Option<&'t Element<'static>> {
        self.document.element(self.id)
    }

    /// Whether it is the element `local` of namespace `namespace`.
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.element().is_some_and(|element| element.name.local_name == local && element.name.namespace_uri.as_deref() == Some(namespace))
    }

    /// Its namespace, empty if it has none.
    pub fn namespace(self) -> &'t str {
        self.element().and_then(|element| element.name.namespace_uri.as_deref()).unwrap_or_default()
    }

    /// Its name without prefix.
    pub fn name(self) -> &'t str {
        self.element().map(|element| &*element.name.local_name).unwrap_or_default()
    }

    /// The attribute `name` that has no prefix.
    pub fn attribute(self, name: &str) -> Option<&'t str> {
        self.element()?
            .attributes
            .iter()
            .find(|attribute| attribute.name.prefix.is_none() && attribute.name.local_name == name)
            .map(|attribute| &*attribute.value)
    }

    /// Whether all its attributes are among `names` and without prefix.
    pub fn has_only(self, names: &[&str]) -> bool {
        self.element().is_some_and(|element| {
            element.attributes.iter().all(|attribute| attribute.name.prefix.is_none() && names.contains(&&*attribute.name.local_name))
        })
    }

    /// Whether it has an attribute of that namespace.
    pub fn has_any_of(self, namespace: &str) -> bool {
        self.element()
            .is_some_and(|element| element.attributes.iter().any(|attribute| attribute.name.namespace_uri.as_deref() == Some(namespace)))
    }

    /// Its child elements.
    pub fn children(self) -> impl Iterator<Item = Node<'t>> {
        let document = self.document;
        document.children_iter(self.id).filter(move |child| document.element(*child).is_some()).map(move |id| Node { document, id })
    }

    /// Its child elements of that name.
    pub fn all(self, namespace: &'t str, local: &'t str) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(move |child| child.is(namespace, local))
    }

    /// Its first child element of that name.
    pub fn first(self, namespace: &str, local: &str) -> Option<Node<'t>> {
        self.children().find(|child| child.is(namespace, local))
    }

    /// Its only child element of that name; more than one is a fault.
    pub fn only(self, namespace: &str, local: &str) -> Result<Option<Node<'t>>, Reason> {
        let mut found = self.children().filter(|child| child.is(namespace, local));
        let first = found.next();
        if found.next().is_some() { Err(Reason::Schema) } else { Ok(first) }
    }

    /// Its text exactly as it stands. Anything but one run of text inside is a fault: no reader can then see half of it.
    pub fn text(self) -> Result<&'t str, Reason> {
        let mut children = self.document.children_iter(self.id);
        match (children.next(), children.next()) {
            (None, _) => Ok(""),
            (Some(only), None) => match self.document.node_kind(only) {
                Some(NodeKind::Text(text)) => Ok(text),
                Some(NodeKind::Element(_)) => Err(Reason::Schema),
                _ => Err(Reason::ForbiddenNode),
            },
            _ => Err(Reason::Schema),
        }
    }

    /// Whether it holds nothing but white space and elements.
    pub fn holds_elements_only(self) -> bool {
        self.document.children_iter(self.id).all(|child| match self.document.node_kind(child) {
            Some(NodeKind::Text(text)) => text.chars().all(is_space),
            _ => true,
        })
    }

    /// It and every element below, in document order.
    pub fn descendants(self) -> Vec<Node<'t>> {
        let document = self.document;
        let below = document.descendants(self.id).into_iter().filter(|id| document.element(*id).is_some());
        std::iter::once(self).chain(below.map(|id| Node { document, id }).filter(|node| node.id != self.id)).collect()
    }

    /// Whether both are the same element.
    pub fn same(self, other: Node<'_>) -> bool {
        self.id == other.id
    }

    /// Its id within the tree, for the verifier.
    pub(super) fn id(self) -> NodeId {
        self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trick_has_its_reason() {
        let cases: &[(&str, Option<Reason>)] = &[
            (r#"<a xmlns="urn:x" ID="_1"><b Id="_2">t</b></a>"#, None),
            (r#"<a xmlns="urn:x"><b xmlns="urn:y"/></a>"#, None),
            (r#"<a ID="_1"><b ID="_1"/></a>"#, Some(Reason::DuplicateId)),
            (r#"<a ID="_1" Id="_2"/>"#, Some(Reason::DuplicateId)),
            (r#"<a ID="_1"><b id="_1"/></a>"#, Some(Reason::DuplicateId)),
            (r#"<a xmlns:n="urn:n" n:ID="_1"/>"#, Some(Reason::DuplicateId)),
            (r#"<n:a xmlns:n="urn:n"><n:b xmlns:n="urn:m"/></n:a>"#, Some(Reason::Namespace)),
            (r#"<a xmlns:xml="urn:n"/>"#, Some(Reason::Namespace)),
            (r#"<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>"#, Some(Reason::Namespace)),
            (r#"<a xmlns:n="relative"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="../x"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="urn:x%20y#z"/>"#, None),
            (r#"<a xmlns="urn:x>"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="urn:x y"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="urn:x&#160;"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="urn:x%2"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="urn:x##"/>"#, Some(Reason::C14n)),
            (r#"<a xmlns="urn:ø"/>"#, Some(Reason::C14n)),
            (r#"<n:a/>"#, Some(Reason::C14n)),
            (r#"<a n:b="c"/>"#, Some(Reason::C14n)),
            (r#"<a b="1" b="2"/>"#, Some(Reason::Schema)),
            (r#"<a xmlns:n="urn:n" xmlns:m="urn:n" n:b="1" m:b="2"/>"#, Some(Reason::Schema)),
            (r#"<a>&undefined;</a>"#, Some(Reason::Schema)),
            (r#"<a>"#, Some(Reason::Schema)),
            (r#""#, Some(Reason::Schema)),
            (r#"<a/>x"#, Some(Reason::Schema)),
            (r#"<?xml version="1.1"?><a/>"#, Some(Reason::Schema)),
        ];
        for (xml, expected) in cases {
            assert_eq!(Tree::parse(xml.as_bytes(), MESSAGE).err(), *expected, "{xml}");
        }
    }

    #[test]
    fn a_line_ends_in_one_way() {
        let tree = Tree::parse(b"<a>x\r\ny\rz&#13;</a>", MESSAGE).unwrap();
        assert_eq!(tree.root().text(), Ok("x\ny\nz\r"));
    }

    #[test]
    fn text_beside_a_comment_is_not_read() {
        let tree = Tree::parse(b"<a><b>x<!-- -->y</b><c>z</c></a>", METADATA).unwrap();
        let texts: Vec<_> = tree.root().children().map(Node::text).collect();
        assert_eq!(texts, [Err(Reason::Schema), Ok("z")]);
    }
}
