//! MDX → Markdown: without modules, comments and the tags of components; what these enclose stays, and an element is
//! written as HTML has it.

use crate::post::shortcode::{Code, fence};

/// The most bytes of one statement or tag.
const LONGEST: usize = 10_000;
/// Elements that have no end in HTML.
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// The same text, line for line.
pub(super) fn to_markdown(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut seen = Code::default();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let is_line_start = at == 0 || text[..at].ends_with('\n');
        if let Some(length) = fence(rest).filter(|_| is_line_start) {
            done.push_str(&rest[..length]);
            at += length;
            continue;
        }
        let left_out = match rest.as_bytes()[0] {
            b'i' | b'e' if is_line_start => statement(rest),
            b'{' if rest.starts_with("{/*") => seen.up_to(rest, "*/}"),
            b'<' => component(rest),
            _ => None,
        };
        if let Some(length) = left_out {
            done.extend(rest[..length].chars().filter(|c| *c == '\n'));
            at += length;
            continue;
        }
        if let Some((element, length)) = element(rest) {
            done.push_str(&element);
            at += length;
            continue;
        }
        let run = rest.bytes().take_while(|byte| *byte == b'`').count();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = match run {
            0 => rest[first..].find(['\n', '`', '<', '{']).map_or(rest.len(), |next| first + next),
            run => seen.span(text, at, run).unwrap_or(run),
        };
        // A line's beginning is looked at, too.
        let length = if rest.starts_with('\n') { 1 } else { length };
        done.push_str(&rest[..length]);
        at += length;
    }
    done
}

/// How many bytes an `import` or an `export` takes, up to the end of the line that closes its brackets.
fn statement(text: &str) -> Option<usize> {
    let is_import = text.starts_with("import ");
    if !is_import && !text.starts_with("export ") {
        return None;
    }
    let line = text.find('\n').unwrap_or(text.len());
    let length = balanced(text, |c| c == '\n').unwrap_or(line);
    (!is_import || text[..length].contains(['"', '\''])).then_some(length)
}

/// How many bytes the tag of a component takes: `<X a={{b: 1}} />`, `</X>`.
fn component(text: &str) -> Option<usize> {
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    // Capitals alone are HTML as it was once written.
    let word = &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())];
    if word.len() > 1 && !word.contains(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    balanced(text, |c| c == '>').map(|end| end + 1)
}

/// The opening tag of an element as HTML has it, where that is another, and how many bytes it takes: `<iframe />` has an
/// end of its own, which HTML would look for in what follows; `{…}` is no value unless it is a bare text.
fn element(text: &str) -> Option<(String, usize)> {
    let rest = text.strip_prefix('<')?;
    let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?];
    let is_tag = rest[name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    if !is_tag || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let mut tag = format!("<{name}");
    let (mut at, mut lines) = (tag.len(), 0);
    let mut quote = None;
    let end = loop {
        let rest = &text[at..text.floor_char_boundary(LONGEST.max(at))];
        let c = rest.chars().next()?;
        match (quote, c) {
            (None, '>') => break at,
            (None, '<') => return None,
            (None, '{') => {
                let value = &rest[..=balanced(rest, |c| c == '}')?];
                // Its lines stay, behind the tag: an empty one would end it.
                lines += value.matches('\n').count();
                at += value.len();
                match literal(value) {
                    Some(value) => tag.push_str(&value),
                    None => tag.truncate(tag.trim_end_matches('=').trim_end_matches(is_in_name).len()),
                }
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        tag.push(c);
        at += c.len_utf8();
    };
    let is_closed = tag.ends_with('/') && !VOID.contains(&name);
    if is_closed {
        tag.pop();
        tag.truncate(tag.trim_end_matches([' ', '\t']).len());
    }
    tag.push('>');
    if is_closed {
        tag.push_str(&format!("</{name}>"));
    }
    tag.extend(std::iter::repeat_n('\n', lines));
    (tag != text[..=end]).then_some((tag, end + 1))
}

/// A bare text in braces, `{"a.png"}`, as the value of an attribute.
fn literal(braced: &str) -> Option<String> {
    let text = braced.strip_prefix('{')?.strip_suffix('}')?.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let text = text[1..].strip_suffix(quote)?;
    (!text.contains([quote, '\\', '\n']) && !text.contains("${"))
        .then(|| format!("\"{}\"", text.replace('"', "&quot;")))
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')
}

/// Where this sign stands outside of all brackets.
fn balanced(text: &str, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && is_end(c)).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::to_markdown;

    #[test]
    fn what_is_no_text_is_left_out_line_for_line() {
        for (text, expected) in [
            ("import X from './x'\n\nText\n", "\n\nText\n"),
            ("import {\n  A,\n} from \"a\"\nText\n", "\n\n\nText\n"),
            ("export const meta = {\n  a: [1,\n  2],\n}\nText\n", "\n\n\n\nText\n"),
            ("import taxes rose\n", "import taxes rose\n"),
            ("A {/* b\nc */}d\n", "A \nd\n"),
            ("A <X prop={{a: 1 > 0}} /> b <Note>c</Note>\n", "A  b c\n"),
            ("`<X a={{b}} />` <B>\n", "`<X a={{b}} />` \n"),
            ("```js\nexport const a = {\n```\n<DIV>x</DIV>\n", "```js\nexport const a = {\n```\n<DIV>x</DIV>\n"),
            ("{/* never closed\n", "{/* never closed\n"),
            ("<iframe src=\"/a>b\" />\n\nText", "<iframe src=\"/a>b\"></iframe>\n\nText"),
            ("<audio\n  controls\n  src='t.mp3'\n/>\nText", "<audio\n  controls\n  src='t.mp3'\n></audio>\nText"),
            ("A <span/> <my-tag /> b", "A <span></span> <my-tag></my-tag> b"),
            ("<video src={'/a.mp4'} style={{\n  width: '1px',\n}} />\n", "<video src=\"/a.mp4\"></video>\n\n\n"),
            ("<p className={`a ${b}`}>c</p> <i {...rest}>d</i>", "<p >c</p> <i >d</i>"),
            (
                "<img src=\"a.png\" /> <br/> <https://x.example/> a <b",
                "<img src=\"a.png\" /> <br/> <https://x.example/> a <b",
            ),
            ("`<iframe />`\n\n```\n<iframe />\n```\n", "`<iframe />`\n\n```\n<iframe />\n```\n"),
        ] {
            assert_eq!(to_markdown(text), expected, "{text}");
        }
    }
}
