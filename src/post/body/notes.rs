//! Footnotes: numbered in the order of their references, together at the end, each with a link back.

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

use crate::html::escape;
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
