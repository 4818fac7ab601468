//! MDX → Markdown: modules, comments and the tags of components go; their content stays, and elements are rewritten as
//! HTML.

use crate::html::{escape, unescape};
use crate::post::body::budget::Budget;
use crate::post::body::marks::Marks;
use crate::post::body::mdx::known::KnownNames;
use crate::post::body::mdx::tag::{MdxTag, find_balanced, parse_string};
use crate::post::body::shortcode::{
    Call, Code, Grown, HEADINGS, Meaning, find_meaning, measure_fence,
};

mod known;
mod tag;

/// Elements that have no end in HTML.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Elements that end in Markdown, too, where they are closed.
const RAW: [&str; 4] = ["pre", "script", "style", "textarea"];

/// Components that enclose a part of a page, in lower case and in the singular.
const CONTAINERS: [&str; 26] = [
    "accordion",
    "accordiongroup",
    "accordionitem",
    "block",
    "box",
    "card",
    "cardgrid",
    "cardgroup",
    "code",
    "codeblock",
    "codegroup",
    "collapsible",
    "column",
    "faq",
    "frame",
    "grid",
    "panel",
    "section",
    "step",
    "stepper",
    "tab",
    "tabgroup",
    "tabitem",
    "tabpanel",
    "tile",
    "timelineitem",
];

/// A text without the syntax of MDX.
#[derive(Debug, Default)]
pub(super) struct StrippedMdx {
    /// The text, line for line, with a mark for the HTML of each component.
    pub(super) text: String,
    /// The HTML of each mark.
    pub(super) slots: Vec<String>,
    /// Everything that was left out: its line, from 0, and its words.
    pub(super) dropped: Vec<(usize, String)>,
}

/// Converts an MDX text to Markdown; `said` is its front matter under keys in lower case.
///
/// # Errors
/// If the text grows beyond its budget.
pub(super) fn to_markdown(
    text: &str,
    said: impl Iterator<Item = (String, String)>,
    marks: Marks,
    budget: &Budget,
) -> Result<StrippedMdx, Grown> {
    // The end of the summary, in a comment of MDX.
    let text = &text.replace("{/* truncate */}", "<!-- truncate -->");
    let mut reader = MdxReader {
        text,
        marks,
        budget,
        known: KnownNames::new(text, said, budget),
        // Many brackets that never close must not take all day.
        search: text.len().saturating_mul(4).saturating_add(1 << 16),
        line: (0, 0),
        open: Vec::new(),
        plain: StrippedMdx {
            text: String::with_capacity(text.len()),
            ..StrippedMdx::default()
        },
    };
    reader.read()?;
    Ok(reader.plain)
}

struct MdxReader<'a> {
    text: &'a str,
    marks: Marks,
    budget: &'a Budget,
    known: KnownNames<'a>,
    /// How many bytes may still be searched for closing brackets.
    search: usize,
    /// A place, with its line.
    line: (usize, usize),
    /// The components that are open and become HTML, and the HTML that closes each.
    open: Vec<(&'a str, String)>,
    plain: StrippedMdx,
}

impl<'a> MdxReader<'a> {
    fn read(&mut self) -> Result<(), Grown> {
        let text = self.text;
        let mut seen = Code::default();
        let mut at = 0;
        while at < text.len() {
            if self.budget.is_spent() {
                return Err(Grown(self.find_line(at)));
            }
            let rest = &text[at..];
            let is_line_start = at == 0 || text[..at].ends_with('\n');
            let code = match is_line_start {
                true => measure_fence(rest),
                false => None,
            };
            if let Some(length) = code.or_else(|| measure_formula(rest)) {
                self.plain.text.push_str(&rest[..length]);
                at += length;
                continue;
            }
            let taken = match rest.as_bytes()[0] {
                b'i' | b'e' if is_line_start => {
                    let length = measure_statement(rest, &mut self.search);
                    length.inspect(|length| self.keep_lines(&rest[..*length], 0))
                }
                b'{' if rest.starts_with("{/*") => {
                    let length = seen.measure_up_to(rest, "*/}");
                    length.inspect(|length| self.keep_lines(&rest[..*length], 0))
                }
                b'{' if !self.plain.text.ends_with('\\') => self.take_expression(at),
                b'<' => {
                    let component = self.take_component(at);
                    let tag = component.or_else(|| self.take_element(at));
                    tag.or_else(|| self.end_block(at))
                }
                _ => None,
            };
            if let Some(length) = taken {
                at += length;
                continue;
            }
            let run = rest.bytes().take_while(|byte| *byte == b'`').count();
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let length = match run {
                // A line's beginning is looked at, too.
                0 if rest.starts_with('\n') => 1,
                0 => rest[first..]
                    .find(['\n', '`', '<', '{', '$'])
                    .map_or(rest.len(), |next| first + next),
                run => seen.measure_span(text, at, run).unwrap_or(run),
            };
            self.plain.text.push_str(&rest[..length]);
            at += length;
        }
        while let Some((_, close)) = self.open.pop() {
            self.put_html(&close);
        }
        Ok(())
    }

    /// Writes the line breaks of omitted text, minus those that are written already.
    fn keep_lines(&mut self, left_out: &str, written: usize) {
        let breaks = left_out.matches('\n').count().saturating_sub(written);
        self.plain.text.extend(std::iter::repeat_n('\n', breaks));
    }

    fn put_html(&mut self, html: &str) {
        if html.is_empty() || !self.budget.take(html.len()) {
            return;
        }
        let mark = self.marks.slot(self.plain.slots.len());
        self.plain.text.push_str(&mark);
        self.plain.slots.push(html.to_owned());
    }

    fn drop_part(&mut self, at: usize, words: &str) {
        let line = self.find_line(at);
        let words: Vec<&str> = words.split_whitespace().collect();
        let words = words.join(" ").chars().take(60).collect();
        self.plain.dropped.push((line, words));
    }

    /// Finds the line of a place, from 0. No place is asked for after a later one.
    fn find_line(&mut self, at: usize) -> usize {
        let (place, line) = self.line;
        self.line = (at, line + self.text[place..at].matches('\n').count());
        self.line.1
    }

    /// Reads an expression: a text or a key of the front matter is shown, any other is left out. Returns its length in
    /// bytes.
    fn take_expression(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let (length, shown) = read_expression(rest, &mut self.search)?;
        if let Some(value) = self.known.look_up(&rest[1..length - 1]) {
            let html = escape(value);
            self.put_html(&html);
            self.keep_lines(&rest[..length], 0);
            return Some(length);
        }
        if shown.is_none() && !rest[1..length - 1].trim().is_empty() {
            self.drop_part(at, &rest[..length]);
        }
        let shown = shown.unwrap_or_default();
        self.plain.text.push_str(shown);
        self.keep_lines(&rest[..length], shown.matches('\n').count());
        Some(length)
    }

    fn take_element(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let (element, tag) = read_element(rest, &self.known, &mut self.search)?;
        let name = &tag.written[1..];
        let name = name.split(char::is_whitespace).next().unwrap_or_default();
        for (key, value) in tag.lost_contents() {
            self.drop_part(at, &format!("{name} {key}={value}"));
        }
        if element == rest[..=tag.end] {
            return None;
        }
        self.plain.text.push_str(&element);
        Some(tag.end + 1)
    }

    /// Takes a closing tag on a line of its own that text follows: here MDX ends the HTML, Markdown at an empty line. The
    /// break before the tag is put behind it, which keeps the lines. Returns the length of the tag in bytes.
    fn end_block(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        if !rest.starts_with("</") {
            return None;
        }
        let (line, after) = rest.split_once('\n')?;
        let tag = line.trim_end();
        let name = tag.strip_prefix("</")?.strip_suffix('>')?;
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let text = after.trim_start_matches(' ');
        let is_text = !text.is_empty() && !text.starts_with(['<', '{', '\t', '\n', '\r']);
        let is_code = after.len() - text.len() > 3;
        if !is_name || RAW.contains(&name) || !is_text || is_code {
            return None;
        }
        // Below anything but a tag, Markdown may have ended the HTML already.
        let above = self.plain.text.trim_end_matches([' ', '\t']);
        let above = above
            .strip_suffix('\n')
            .filter(|above| above.ends_with('>'))?;
        self.plain.text.truncate(above.len());
        self.plain.text.push_str(tag);
        self.plain.text.push('\n');
        Some(line.len())
    }

    /// Reads the tag of a component: a common one becomes HTML, of any other the content stays. Returns the length of
    /// the tag in bytes.
    fn take_component(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let name = read_component_name(rest)?;
        if let Some(closing) = rest.strip_prefix("</") {
            let end = closing.find(['>', '<'])?;
            if closing[end..].starts_with('<') {
                return None;
            }
            let length = 2 + end + 1;
            if let Some((_, close)) = self.open.pop_if(|(open, _)| *open == name) {
                self.put_html(&close);
            } else if rest[length..].starts_with('<')
                && !rest[length..].starts_with("</")
                && read_component_name(&rest[length..]).is_some()
            {
                // The content of a sibling is separate text.
                self.plain.text.push(' ');
            }
            self.keep_lines(&rest[..length], 0);
            return Some(length);
        }
        let Some(tag) = MdxTag::read(rest, &self.known, &mut self.search) else {
            let length = find_balanced(rest, &mut self.search, |c| c == '>')? + 1;
            self.keep_lines(&rest[..length], 0);
            return Some(length);
        };
        let is_alone = tag.written.ends_with('/');
        let call = Call::parse(tag.written[1..].trim_end_matches('/'));
        let meaning = find_component_meaning(&call);
        // One that is left out as a whole is named below.
        if meaning.is_some() || !is_alone {
            for (key, value) in tag.lost_contents() {
                self.drop_part(at, &format!("{name} {key}={value}"));
            }
        }
        match meaning {
            Some(Meaning::Html(html)) => self.put_html(&html),
            Some(Meaning::Around(open, close)) if !is_alone => {
                self.put_html(&open);
                self.open.push((name, close));
            }
            Some(Meaning::Nothing) => {}
            _ if is_alone => self.drop_part(at, name),
            _ => self.open_container(at, name, &call),
        }
        self.keep_lines(&rest[..=tag.end], 0);
        Some(tag.end + 1)
    }

    /// Begins an unknown component with content: its title or label stands above the content. One that is no known
    /// container is reported if it has one; within a line it is part of a sentence, and gets no heading.
    fn open_container(&mut self, at: usize, name: &'a str, call: &Call) {
        let is_known = is_container(name);
        let said = HEADINGS.iter().filter_map(|key| call.get_any(&[key]));
        let mut headings: Vec<&str> = said.collect();
        headings.dedup();
        if !is_known && headings.is_empty() {
            return;
        }
        if !is_known {
            self.drop_part(at, name);
        }
        if !is_known && !Marks::is_line_start(&self.plain.text) {
            return;
        }
        let mut open = "<div>".to_owned();
        for heading in headings {
            let heading = escape(&unescape(heading));
            open.push_str(&format!("<p><strong>{heading}</strong></p>"));
        }
        self.put_html(&open);
        self.open.push((name, "</div>".to_owned()));
    }
}

/// Whether a component of this name contains a part of a page rather than of a sentence: `Card`, `Tabs.Tab`.
fn is_container(name: &str) -> bool {
    let own = name.rsplit('.').next().unwrap_or(name);
    let own = own.to_ascii_lowercase();
    let one = own.strip_suffix('s').unwrap_or(&own);
    CONTAINERS.contains(&one)
}

/// The meaning of a component, if it is a common one.
fn find_component_meaning(call: &Call) -> Option<Meaning> {
    if call.is_named("link") {
        let target = call.get_any(&["to", "href"])?;
        let open = format!("<a href=\"{}\">", escape(target));
        return Some(Meaning::Around(open, "</a>".to_owned()));
    }
    find_meaning(call)
}

/// Measures an `import` or an `export` in bytes, up to the end of the line that closes its brackets.
fn measure_statement(text: &str, search: &mut usize) -> Option<usize> {
    let is_import = text.starts_with("import ");
    if !is_import && !text.starts_with("export ") {
        return None;
    }
    let line = text.find('\n').unwrap_or(text.len());
    let length = find_balanced(text, search, |c| c == '\n').unwrap_or(line);
    (!is_import || text[..length].contains(['"', '\''])).then_some(length)
}

/// Reads the whole name of the component at the beginning of a text: `<X a={{b: 1}} />`, `<x.y>`, `</X>`; empty for `<>`.
fn read_component_name(text: &str) -> Option<&str> {
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    if name.starts_with('>') {
        return Some("");
    }
    let word = read_while(name, |c| c.is_ascii_alphanumeric());
    let is_capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    // Capitals alone are HTML as it was once written.
    let is_html = word.len() > 1 && !word.contains(|c: char| c.is_ascii_lowercase());
    let is_component = is_capital && !is_html || is_member(word, &name[word.len()..]);
    is_component.then(|| {
        read_while(name, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
        })
    })
}

/// Whether a name goes on as that of a component, `x.y`: a mail address goes on behind it.
fn is_member(word: &str, rest: &str) -> bool {
    let Some(member) = rest.strip_prefix('.') else {
        return false;
    };
    let name = read_while(member, |c| c.is_ascii_alphanumeric() || c == '.');
    let after = member[name.len()..].chars().next();
    !word.is_empty() && after.is_some_and(|c| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
}

/// Reads the characters of this kind at the beginning of a text.
fn read_while(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    &text[..end]
}

/// Reads the opening tag of an element: in the form of HTML, and as it is written: `<iframe />` closes itself, but
/// HTML would look for its end in the rest of the text.
fn read_element(
    text: &str,
    known: &KnownNames<'_>,
    search: &mut usize,
) -> Option<(String, MdxTag)> {
    let rest = text.strip_prefix('<')?;
    let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?];
    let is_tag =
        rest[name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    if !is_tag || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let read = MdxTag::read(text, known, search)?;
    let MdxTag { written, lines, .. } = &read;
    let closed = written.strip_suffix('/').filter(|_| !VOID.contains(&name));
    let mut tag = match closed {
        Some(open) => format!("{}></{name}>", open.trim_end_matches([' ', '\t'])),
        None => format!("{written}>"),
    };
    // They stay, behind the tag: an empty one would end it.
    tag.extend(std::iter::repeat_n('\n', *lines));
    Some((tag, read))
}

/// Measures a formula in bytes, in which braces are TeX: `$$a$$`, or `$a$` on one line.
fn measure_formula(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('$')?;
    if let Some(inside) = inside.strip_prefix('$') {
        let end = inside
            .find("$$")
            .filter(|end| !inside[..*end].contains("\n\n"))?;
        return Some(end + 4);
    }
    let end = inside
        .find(['$', '\n'])
        .filter(|end| inside[*end..].starts_with('$'))?;
    let is_tight =
        |formula: &str| !formula.is_empty() && !formula.starts_with(' ') && !formula.ends_with(' ');
    is_tight(&inside[..end]).then_some(end + 2)
}

/// Reads an expression. Returns its length in bytes, and its text if it is one. `{#tea}` names a heading.
fn read_expression<'a>(text: &'a str, search: &mut usize) -> Option<(usize, Option<&'a str>)> {
    let inside = text
        .strip_prefix('{')
        .filter(|inside| !inside.starts_with(['#', '%']))?;
    let end = find_balanced(text, search, |c| c == '}')?;
    Some((end + 1, parse_string(&inside[..end - 1], false)))
}

#[cfg(test)]
mod tests;
