//! Footnotes: numbered in the order of their references, together at the end, each with a link back.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd, TextMergeStream};

use crate::html::{escape, find_attribute};
use crate::post::dialect::NoteForm;

impl NoteForm {
    fn note_id(self, label: &str, number: usize) -> String {
        self.id(self.note, label, number)
    }

    fn back_id(self, label: &str, number: usize) -> String {
        self.id(self.back, label, number) + self.suffix
    }

    fn id(self, prefix: &str, label: &str, number: usize) -> String {
        match self.is_by_label {
            true => format!("{prefix}{}", escape(label)),
            false => format!("{prefix}{number}"),
        }
    }
}

/// Moves every note to the end.
pub(super) fn gather(events: Vec<Event<'_>>, form: NoteForm) -> Vec<Event<'_>> {
    let has_notes = events.iter().any(|event| {
        matches!(
            event,
            Event::FootnoteReference(_) | Event::Start(Tag::FootnoteDefinition(_))
        )
    });
    if !has_notes {
        return events;
    }
    let (body, mut notes) = split_notes(events);
    let places: HashMap<CowStr<'_>, usize> = notes
        .iter()
        .enumerate()
        .map(|(at, (label, _))| (label.clone(), at))
        .collect();
    let mut numbers = Numbers {
        form,
        known: HashMap::new(),
        order: Vec::new(),
    };
    let mut gathered = numbers.number_references(body);
    let mut list = Vec::new();
    let mut place = 0;
    while place < numbers.order.len() {
        let label = numbers.order[place].clone();
        place += 1;
        let note = places
            .get(&label)
            .map(|at| std::mem::take(&mut notes[*at].1));
        let note = note.unwrap_or_default();
        let note = numbers.number_references(note);
        list.extend(write_item(note, &label, form, place));
    }
    // A note that nothing refers to is left out, as the generators do.
    if list.is_empty() {
        return gathered;
    }
    gathered.push(Event::Html("<hr>\n<ol>\n".into()));
    gathered.extend(list);
    gathered.push(Event::Html("</ol>\n".into()));
    gathered
}

/// The characters of a note in the text.
const SIGNS: [char; 3] = ['^', '[', ']'];

/// Parts the signs that the source escapes from the texts around them, as HTML, in which nothing looks for a note;
/// `take_inline` makes text of them again.
pub(super) fn part_escaped<'a>(
    source: &'a str,
    events: impl Iterator<Item = (Event<'a>, Range<usize>)>,
) -> impl Iterator<Item = Event<'a>> {
    let mut end = 0;
    events.flat_map(move |(event, range)| {
        // No event has the backslash of an escape.
        let is_behind_backslash =
            range.start > end && source.as_bytes().get(range.start - 1) == Some(&b'\\');
        if !matches!(event, Event::Start(_)) {
            end = end.max(range.end);
        }
        let parted = match event {
            Event::Text(text)
                if text.starts_with(SIGNS) && (is_behind_backslash || range.len() > text.len()) =>
            {
                let (sign, rest) = text.split_at(1);
                let rest = (!rest.is_empty()).then(|| Event::Text(rest.to_owned().into()));
                [Some(Event::InlineHtml(sign.to_owned().into())), rest]
            }
            event => [Some(event), None],
        };
        parted.into_iter().flatten()
    })
}

/// Makes footnotes of the notes in the text, `^[A word.]`, as Obsidian reads them.
pub(super) fn take_inline(mut events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let begins = |event: &Event<'_>| matches!(event, Event::Text(text) if text.contains("^["));
    if events.iter().any(begins) {
        events = read_inline(events);
    }
    let is_sign = |html: &str| html.len() == 1 && html.starts_with(SIGNS);
    let events = events.into_iter().map(|event| match event {
        Event::InlineHtml(html) if is_sign(&html) => Event::Text(html),
        event => event,
    });
    TextMergeStream::new(events).collect()
}

fn read_inline(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut inline = InlineNotes {
        body: Vec::with_capacity(events.len()),
        notes: Vec::new(),
        open: Vec::new(),
        level: 0,
        count: 0,
    };
    // How many links and pictures are open, and whether a link of HTML is: none can hold the mark of a note, which is a link.
    let (mut is_code, mut linked, mut is_anchored) = (false, 0_usize, false);
    for event in events {
        if let Event::Html(html) | Event::InlineHtml(html) = &event {
            is_anchored = opens_link(html).unwrap_or(is_anchored);
        }
        match event {
            Event::Text(text) if !is_code && linked == 0 && !is_anchored => inline.read(&text),
            Event::Start(tag) => {
                is_code = matches!(tag, Tag::CodeBlock(_));
                linked += usize::from(matches!(tag, Tag::Link { .. } | Tag::Image { .. }));
                inline.level += 1;
                inline.body.push(Event::Start(tag));
            }
            Event::End(tag) => {
                is_code = false;
                linked -= usize::from(matches!(tag, TagEnd::Link | TagEnd::Image));
                inline.level -= 1;
                // A bracket closes where it opened.
                let level = inline.level;
                while inline.open.last().is_some_and(|open| open.level > level) {
                    inline.open.pop();
                }
                inline.body.push(Event::End(tag));
            }
            event => inline.body.push(event),
        }
    }
    inline.body.extend(inline.notes);
    inline.body
}

/// Whether a link is open behind a piece of HTML; `None` if none begins or ends in it.
fn opens_link(html: &str) -> Option<bool> {
    if html.starts_with("<!--") {
        return None;
    }
    let is_link = |tag: &&str| {
        let name = tag[1..].trim_start_matches('/');
        name.strip_prefix(['a', 'A']).is_some_and(|behind| {
            behind.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
        })
    };
    let mut tags = html.rmatch_indices('<').map(|(at, _)| &html[at..]);
    let last = tags.find(is_link)?;
    Some(find_attribute(last, "href").is_some())
}

/// A bracket that is not closed yet.
struct OpenBracket {
    /// For one of a note: the event of its `^[`.
    note: Option<usize>,
    level: usize,
}

/// The notes in a text, while it is read.
struct InlineNotes<'a> {
    body: Vec<Event<'a>>,
    notes: Vec<Event<'a>>,
    open: Vec<OpenBracket>,
    level: usize,
    /// How many notes were found so far.
    count: usize,
}

impl InlineNotes<'_> {
    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['[', ']']) {
            let is_opened = rest[at..].starts_with('[');
            let before = &rest[..at];
            rest = &rest[at + 1..];
            if !is_opened {
                self.push(before);
                self.close();
                continue;
            }
            let note = before.strip_suffix('^');
            self.push(note.unwrap_or(before));
            let note = note.map(|_| self.body.len());
            self.push(if note.is_some() { "^[" } else { "[" });
            let level = self.level;
            self.open.push(OpenBracket { note, level });
        }
        self.push(rest);
    }

    fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.body.push(Event::Text(text.to_owned().into()));
        }
    }

    /// Closes the last bracket of this level: its note leaves the text.
    fn close(&mut self) {
        let level = self.level;
        let open = self.open.pop_if(|open| open.level == level);
        let note = open.and_then(|open| open.note);
        let Some(start) = note.filter(|start| start + 1 < self.body.len()) else {
            return self.push("]");
        };
        // No label holds a bracket.
        let label = CowStr::from(format!("[{}", self.count));
        self.count += 1;
        let words = self.body.split_off(start).into_iter().skip(1);
        let definition = Tag::FootnoteDefinition(label.clone());
        self.notes.push(Event::Start(definition));
        self.notes.push(Event::Start(Tag::Paragraph));
        self.notes.extend(words);
        self.notes.push(Event::End(TagEnd::Paragraph));
        self.notes.push(Event::End(TagEnd::FootnoteDefinition));
        self.body.push(Event::FootnoteReference(label));
    }
}

/// The events of each note, by its label; a note that was taken out leaves its place empty.
type Notes<'a> = Vec<(CowStr<'a>, Vec<Event<'a>>)>;

/// Splits the events outside of notes from those of each note.
fn split_notes(events: Vec<Event<'_>>) -> (Vec<Event<'_>>, Notes<'_>) {
    let (mut body, mut notes) = (Vec::with_capacity(events.len()), Notes::new());
    let mut open: Notes<'_> = Vec::new();
    for event in events {
        match event {
            Event::Start(Tag::FootnoteDefinition(label)) => open.push((label, Vec::new())),
            Event::End(TagEnd::FootnoteDefinition) => notes.extend(open.pop()),
            event => match open.last_mut() {
                Some((_, note)) => note.push(event),
                None => body.push(event),
            },
        }
    }
    (body, notes)
}

/// A note that something refers to, with the way back behind its last words.
fn write_item<'a>(
    mut note: Vec<Event<'a>>,
    label: &str,
    form: NoteForm,
    number: usize,
) -> Vec<Event<'a>> {
    let (id, back) = (form.note_id(label, number), form.back_id(label, number));
    let way_back = Event::InlineHtml(format!(" <a href=\"#{back}\">↩</a>").into());
    match note.last() {
        Some(Event::End(TagEnd::Paragraph)) => note.insert(note.len() - 1, way_back),
        _ => note.push(way_back),
    }
    note.insert(0, Event::Html(format!("<li id=\"{id}\">").into()));
    note.push(Event::Html("</li>\n".into()));
    note
}

/// The numbers of the notes that were referred to so far.
struct Numbers<'a> {
    form: NoteForm,
    known: HashMap<CowStr<'a>, usize>,
    order: Vec<CowStr<'a>>,
}

impl<'a> Numbers<'a> {
    fn number_references(&mut self, events: Vec<Event<'a>>) -> Vec<Event<'a>> {
        let numbered = events.into_iter().map(|event| match event {
            Event::FootnoteReference(label) => self.write_reference(&label),
            event => event,
        });
        numbered.collect()
    }

    fn write_reference(&mut self, label: &CowStr<'a>) -> Event<'a> {
        let is_first = !self.known.contains_key(label);
        if is_first {
            self.order.push(label.clone());
            self.known.insert(label.clone(), self.order.len());
        }
        let number = self.known[label];
        let note = self.form.note_id(label, number);
        // The way back leads to the first place.
        let id = match is_first {
            true => format!(" id=\"{}\"", self.form.back_id(label, number)),
            false => String::new(),
        };
        Event::InlineHtml(format!("<sup{id}><a href=\"#{note}\">{number}</a></sup>").into())
    }
}
