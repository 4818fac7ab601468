//! Markdown → HTML, not yet safe to show.

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};

use crate::finding::Finding;
use crate::html::escape;
use crate::post::body::links::Links;
use crate::post::body::marks::Marks;
use crate::post::body::notes;
use crate::post::body::safe::too_deep;
use crate::post::body::wiki;
use crate::post::dialect::{NoteForm, Syntax};

/// The deepest nesting of quotes and lists.
const DEEPEST: usize = 100;

/// Renders a Markdown text.
///
/// # Errors
/// A finding if the text nests too deeply.
pub(super) fn to_html(
    text: &str,
    syntax: Syntax,
    form: NoteForm,
    marks: Marks,
    links: &Links<'_>,
) -> Result<String, Finding> {
    let mut options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    options.set(Options::ENABLE_DEFINITION_LIST, syntax.definitions);
    options.set(Options::ENABLE_WIKILINKS, syntax.wiki);
    let parser = Parser::new_ext(text, options);
    // About as many as short prose has: to grow by doubling would copy them several times.
    let mut events = Vec::with_capacity((text.len() / 12).min(1024));
    match syntax.wiki {
        true => {
            let parted = notes::part_escaped(text, parser.into_offset_iter());
            read_events(parted, syntax, &mut events)?;
        }
        false => read_events(parser, syntax, &mut events)?,
    }
    if syntax.python {
        name_code(&mut events);
    }
    if syntax.wiki {
        // The text of a link that leads nowhere may have notes.
        events = wiki::resolve_links(events, links);
        events = notes::take_inline(events);
        events = wiki::resolve(events, links);
    }
    name_headings(&mut events, marks);
    events = notes::gather(events, form);
    let mut rendered = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut rendered, events.into_iter());
    Ok(rendered)
}

/// Reads the events of a text, with the emoji in it and the bare names of its languages.
fn read_events<'a>(
    parsed: impl Iterator<Item = Event<'a>>,
    syntax: Syntax,
    events: &mut Vec<Event<'a>>,
) -> Result<(), Finding> {
    let (mut depth, mut is_code) = (0_usize, false);
    for event in TextMergeStream::new(parsed) {
        match &event {
            Event::Start(Tag::CodeBlock(_)) => (depth, is_code) = (depth + 1, true),
            Event::End(TagEnd::CodeBlock) => (depth, is_code) = (depth - 1, false),
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(too_deep(DEEPEST));
        }
        match event {
            // Words after the language are for the generator: `rust,no_run`, `js {1,3}`.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info
                    .trim_start_matches(['{', '.'])
                    .split([',', ' ', '{', '}', '\t'])
                    .next();
                let language = language.unwrap_or_default().to_owned();
                events.push(Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(
                    language.into(),
                ))));
            }
            Event::Text(text) if syntax.emoji && !is_code && text.contains(':') => {
                events.push(Event::Text(replace_emoji(&text).into()));
            }
            event => events.push(event),
        }
    }
    Ok(())
}

/// Names the language of Python-Markdown's code blocks whose first line gives it: `:::python` or `#!python`.
fn name_code(events: &mut [Event<'_>]) {
    for at in 1..events.len() {
        let [Event::Start(Tag::CodeBlock(kind)), Event::Text(code)] = &mut events[at - 1..=at]
        else {
            continue;
        };
        let Some((first, rest)) = code
            .split_once('\n')
            .filter(|_| *kind == CodeBlockKind::Indented)
        else {
            continue;
        };
        let language = first
            .strip_prefix(":::")
            .or_else(|| first.strip_prefix("#!"));
        let language = language.and_then(|words| words.split_whitespace().next());
        let is_name = |word: &&str| {
            word.chars()
                .all(|c| c.is_alphanumeric() || "+-#_.".contains(c))
        };
        if let Some(language) = language.filter(is_name).map(str::to_owned) {
            *kind = CodeBlockKind::Fenced(language.into());
            *code = rest.to_owned().into();
        }
    }
}

/// The HTML of a few words of Markdown, without a paragraph around them.
pub(in crate::post) fn render_inline(text: &str) -> String {
    if !text.contains(['*', '_', '`', '[', '<', '&', '\\', '\n']) {
        return escape(text);
    }
    let is_paragraph = |event: &Event<'_>| {
        matches!(
            event,
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
        )
    };
    let mut rendered = String::with_capacity(text.len() * 2);
    html::push_html(
        &mut rendered,
        Parser::new(text.trim()).filter(|event| !is_paragraph(event)),
    );
    rendered.trim().to_owned()
}

/// Decodes the character references of a text: `&#8211;`, `&amp;`.
pub(in crate::post) fn decode(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        done.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest[1..]
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
            .unwrap_or(rest.len() - 1)
            + 1;
        let length = if rest[name..].starts_with(';') {
            name + 1
        } else {
            1
        };
        match Parser::new(&rest[..length]).nth(1) {
            Some(Event::Text(character)) if length > 2 => done.push_str(&character),
            _ => done.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    done.push_str(rest);
    done
}

/// Replaces the short names of emoji: `:tada:`.
fn replace_emoji(text: &str) -> String {
    let mut parts = text.split(':');
    let mut done = parts.next().unwrap_or_default().to_owned();
    // The text between two colons is a name, or the second colon begins one.
    let mut closes = false;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let emoji = emojis::get_by_shortcode(part).filter(|_| !closes && parts.peek().is_some());
        if emoji.is_none() && !closes {
            done.push(':');
        }
        done.push_str(emoji.map_or(part, emojis::Emoji::as_str));
        closes = emoji.is_some();
    }
    done
}

/// Gives each heading an id made from its text, as every generator does.
fn name_headings(events: &mut [Event<'_>], marks: Marks) {
    let mut used = HashSet::new();
    // The number that was last tried behind each name.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut start = None;
    let mut text = String::new();
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { .. }) => {
                start = Some(at);
                text.clear();
            }
            Event::Text(part) | Event::Code(part) if start.is_some() => text.push_str(part),
            Event::End(TagEnd::Heading(_)) => {
                let Some(start) = start.take() else { continue };
                let Event::Start(Tag::Heading { id, .. }) = &mut events[start] else {
                    continue;
                };
                if id.is_none() {
                    let name = crate::post::make_slug(&marks.strip(&text));
                    let mut unique = name.clone();
                    let number = numbers.entry(name.clone()).or_default();
                    while unique.is_empty() || !used.insert(unique.clone()) {
                        *number += 1;
                        let stem = if name.is_empty() { "section" } else { &name };
                        unique = format!("{stem}-{number}");
                    }
                    *id = Some(CowStr::from(unique));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, replace_emoji};

    #[test]
    fn a_reference_is_the_character_that_it_stands_for() {
        for (text, expected) in [
            (
                "Tea &amp; cake &#8211; &quot;hot&quot; &eacute;",
                "Tea & cake – \"hot\" é",
            ),
            (
                "a & b && c; &nothing; &; &# x&",
                "a & b && c; &nothing; &; &# x&",
            ),
            ("&nbsp;x &lt;b&gt;", "\u{a0}x <b>"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn a_short_name_between_colons_is_a_sign() {
        for (text, expected) in [
            ("Hooray :tada: and :+1:!", "Hooray 🎉 and 👍!"),
            (":tada::heart:", "🎉❤️"),
            ("at 10:30: no :nothing: here", "at 10:30: no :nothing: here"),
            ("tada: x :tada", "tada: x :tada"),
            ("a:tada:b", "a🎉b"),
        ] {
            assert_eq!(replace_emoji(text), expected, "{text}");
        }
    }
}
