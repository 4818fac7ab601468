//! XML 1.0 as a tree, as strictly as a reader that knows nothing of HTML: one wrong character ends it.

use std::fmt::Display;

use memchr::memchr_iter;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::feed::excess::find_excess;

pub(in crate::feed) const ATOM: &str = "http://www.w3.org/2005/Atom";
pub(in crate::feed) const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
pub(in crate::feed) const HISTORY: &str = "http://purl.org/syndication/history/1.0";

#[derive(Debug, Default)]
pub(in crate::feed) struct XmlElement {
    namespace: String,
    pub(in crate::feed) name: String,
    /// The line on which its tag ends, from 1.
    pub(in crate::feed) line: usize,
    /// Names as they are written, such as `xml:lang`.
    attributes: Vec<(String, String)>,
    pub(in crate::feed) children: Vec<XmlElement>,
    /// Its text without that of its children.
    pub(in crate::feed) text: String,
}

impl XmlElement {
    /// Whether it is this one; no namespace is `""`.
    pub(in crate::feed) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    pub(in crate::feed) fn all<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a XmlElement> {
        self.children
            .iter()
            .filter(move |child| child.is(namespace, name))
    }

    pub(in crate::feed) fn first(&self, namespace: &str, name: &str) -> Option<&XmlElement> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    pub(in crate::feed) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Why a text is no XML.
#[derive(Debug)]
pub(in crate::feed) struct XmlFault {
    pub(in crate::feed) line: usize,
    pub(in crate::feed) words: String,
}

/// Parses a document, and returns its root element.
///
/// # Errors
/// The first fault.
pub(in crate::feed) fn parse(text: &str) -> Result<XmlElement, XmlFault> {
    if let Some(at) = text.find(|c| !is_permitted(c)) {
        let c = text[at..].chars().next().unwrap_or_default();
        let line = text[..at].matches('\n').count() + 1;
        let fault = fault(format!("XML permits no character U+{:04X}", u32::from(c)));
        return Err(XmlFault { line, ..fault });
    }
    // A document of the site may have any number of entries.
    if let Some((excess, line)) = find_excess(text, usize::MAX) {
        let fault = fault(excess.to_string());
        return Err(XmlFault { line, ..fault });
    }
    let mut tree = Tree::default();
    let mut reader = NsReader::from_str(text);
    let (mut line, mut read) = (1, 0);
    loop {
        let event = reader.read_resolved_event();
        let event = event.map(|(namespace, event)| (read_namespace(&namespace), event));
        let position = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
        let position = position.min(text.len());
        line += memchr_iter(b'\n', &text.as_bytes()[read..position]).count();
        read = position;
        match event {
            Ok((_, Event::Eof)) => break,
            Ok((namespace, event)) => tree
                .take(namespace, event, line)
                .map_err(|fault| XmlFault { line, ..fault })?,
            Err(error) => {
                return Err(XmlFault {
                    line,
                    ..fault(error)
                });
            }
        }
    }
    let whole = match (tree.open.pop(), tree.root) {
        (Some(open), _) => Err(fault(format!("`<{}>` is not closed", open.name))),
        (None, Some(root)) => Ok(root),
        (None, None) => Err(fault("there is no element")),
    };
    whole.map_err(|fault| XmlFault { line, ..fault })
}

/// Whether XML permits a character (XML 1.0, 2.2).
fn is_permitted(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Reads the namespace of an element; a prefix that nothing declares is a fault.
fn read_namespace(namespace: &ResolveResult<'_>) -> Result<String, XmlFault> {
    match namespace {
        ResolveResult::Bound(Namespace(name)) => Ok(String::from_utf8_lossy(name).into_owned()),
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => {
            let prefix = String::from_utf8_lossy(prefix);
            Err(fault(format!("the prefix `{prefix}` is not declared")))
        }
    }
}

/// The state of the parser.
#[derive(Default)]
struct Tree {
    open: Vec<XmlElement>,
    root: Option<XmlElement>,
}

impl Tree {
    fn take(
        &mut self,
        namespace: Result<String, XmlFault>,
        event: Event<'_>,
        line: usize,
    ) -> Result<(), XmlFault> {
        match event {
            Event::Start(start) => self.open.push(read_element(namespace?, &start, line)?),
            Event::Empty(start) => {
                let element = read_element(namespace?, &start, line)?;
                self.close(element)?;
            }
            Event::End(_) => {
                if let Some(element) = self.open.pop() {
                    self.close(element)?;
                }
            }
            Event::Text(text) => self.add(&text.xml10_content().map_err(fault)?)?,
            Event::CData(text) => self.add(&text.xml10_content().map_err(fault)?)?,
            Event::GeneralRef(reference) => {
                let c = read_character(&reference)?;
                self.add(c.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(fault("a document type is not read")),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn close(&mut self, element: XmlElement) -> Result<(), XmlFault> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if self.root.is_some() => return Err(fault("there are two root elements")),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), XmlFault> {
        match self.open.last_mut() {
            Some(parent) => parent.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(fault("text stands outside of the root element")),
        }
        Ok(())
    }
}

/// A fault whose line is not known yet.
fn fault(words: impl Display) -> XmlFault {
    XmlFault {
        line: 0,
        words: words.to_string(),
    }
}

fn read_element(
    namespace: String,
    start: &BytesStart<'_>,
    line: usize,
) -> Result<XmlElement, XmlFault> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(fault)?;
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        attributes.push((name, read_value(&attribute)?));
    }
    Ok(XmlElement {
        namespace,
        name: String::from_utf8_lossy(start.local_name().as_ref()).into_owned(),
        line,
        attributes,
        ..XmlElement::default()
    })
}

fn read_value(attribute: &Attribute<'_>) -> Result<String, XmlFault> {
    if attribute.value.contains(&b'<') {
        return Err(fault("`<` stands in an attribute"));
    }
    let value = attribute
        .normalized_value(XmlVersion::Implicit1_0)
        .map_err(fault)?;
    match value.find(|c| !is_permitted(c)) {
        Some(_) => Err(fault(
            "a reference names a character that XML does not permit",
        )),
        None => Ok(value.into_owned()),
    }
}

/// Reads the character of a reference; without a document type there are five names.
fn read_character(reference: &BytesRef<'_>) -> Result<char, XmlFault> {
    let name = reference.decode().map_err(fault)?;
    let c = match &*name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => match reference.resolve_char_ref().map_err(fault)? {
            Some(c) => c,
            None => return Err(fault(format!("XML has no entity `&{name};`"))),
        },
    };
    match is_permitted(c) {
        true => Ok(c),
        false => Err(fault(format!(
            "`&{name};` is no character that XML permits"
        ))),
    }
}
