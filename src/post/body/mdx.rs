//! MDX → Markdown: without modules, comments and the tags of components; what these enclose stays, and an element is
//! written as HTML has it.

use crate::post::body::shortcode::{Code, fence};

/// Elements that have no end in HTML.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// The same text, line for line.
pub(super) fn to_markdown(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut seen = Code::default();
    // How many bytes may still be searched for what closes a bracket: many that never close must not take all day.
    let mut search = text.len().saturating_mul(4).saturating_add(1 << 16);
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let is_line_start = at == 0 || text[..at].ends_with('\n');
        if is_line_start && let Some(length) = fence(rest) {
            done.push_str(&rest[..length]);
            at += length;
            continue;
        }
        let left_out = match rest.as_bytes()[0] {
            b'i' | b'e' if is_line_start => statement(rest, &mut search),
            b'{' if rest.starts_with("{/*") => seen.up_to(rest, "*/}"),
            b'<' => component(rest, &mut search),
            _ => None,
        };
        if let Some(length) = formula(rest) {
            done.push_str(&rest[..length]);
            at += length;
            continue;
        }
        if rest.starts_with('{')
            && left_out.is_none()
            && !done.ends_with('\\')
            && let Some((length, shown)) = expression(rest, &mut search)
        {
            done.push_str(shown);
            done.extend(
                rest[..length]
                    .chars()
                    .filter(|c| *c == '\n')
                    .skip(shown.matches('\n').count()),
            );
            at += length;
            continue;
        }
        if let Some(length) = left_out {
            done.extend(rest[..length].chars().filter(|c| *c == '\n'));
            at += length;
            continue;
        }
        if let Some((element, length)) = element(rest, &mut search) {
            done.push_str(&element);
            at += length;
            continue;
        }
        let run = rest.bytes().take_while(|byte| *byte == b'`').count();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = match run {
            0 => rest[first..]
                .find(['\n', '`', '<', '{', '$'])
                .map_or(rest.len(), |next| first + next),
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
fn statement(text: &str, search: &mut usize) -> Option<usize> {
    let is_import = text.starts_with("import ");
    if !is_import && !text.starts_with("export ") {
        return None;
    }
    let line = text.find('\n').unwrap_or(text.len());
    let length = balanced(text, search, |c| c == '\n').unwrap_or(line);
    (!is_import || text[..length].contains(['"', '\''])).then_some(length)
}

/// How many bytes the tag of a component takes: `<X a={{b: 1}} />`, `<x.y>`, `</X>`, and the empty one, `<>`.
fn component(text: &str, search: &mut usize) -> Option<usize> {
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    // Capitals alone are HTML as it was once written.
    let word = &name[..name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len())];
    let is_html = word.len() > 1 && !word.contains(|c: char| c.is_ascii_lowercase());
    let member = name[word.len()..]
        .strip_prefix('.')
        .filter(|_| !word.is_empty());
    // An address of mail goes on.
    let is_member = member.is_some_and(|member| {
        let after = member.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
        after.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
    });
    let is_component = word.starts_with(|c: char| c.is_ascii_uppercase()) && !is_html || is_member;
    match name.starts_with('>') {
        true => Some(text.len() - name.len() + 1),
        false if is_component => {
            let end = Tag::read(text, search).map(|tag| tag.end);
            end.or_else(|| balanced(text, search, |c| c == '>'))
                .map(|end| end + 1)
        }
        false => None,
    }
}

/// The opening tag of an element as HTML has it, where that is another, and how many bytes it takes: `<iframe />` has an
/// end of its own, which HTML would look for in what follows.
fn element(text: &str, search: &mut usize) -> Option<(String, usize)> {
    let rest = text.strip_prefix('<')?;
    let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?];
    let is_tag =
        rest[name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    if !is_tag || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let Tag {
        written,
        lines,
        end,
    } = Tag::read(text, search)?;
    let closed = written.strip_suffix('/').filter(|_| !VOID.contains(&name));
    let mut tag = match closed {
        Some(open) => format!("{}></{name}>", open.trim_end_matches([' ', '\t'])),
        None => format!("{written}>"),
    };
    // They stay, behind the tag: an empty one would end it.
    tag.extend(std::iter::repeat_n('\n', lines));
    (tag != text[..=end]).then_some((tag, end + 1))
}

/// The tag with which a text begins.
struct Tag {
    /// What stands before its `>`. Of `{…}` only a text is a value; without one there is no attribute.
    written: String,
    /// How many lines were left out with it.
    lines: usize,
    /// Where its `>` stands.
    end: usize,
}

impl Tag {
    fn read(text: &str, search: &mut usize) -> Option<Self> {
        let mut tag = Self {
            written: "<".to_owned(),
            lines: 0,
            end: 1,
        };
        let is_whole = tag
            .go_to_end(&text[..text.floor_char_boundary(*search)], search)
            .is_some();
        *search = search.saturating_sub(tag.end);
        is_whole.then_some(tag)
    }

    fn go_to_end(&mut self, text: &str, search: &mut usize) -> Option<()> {
        let mut quote = None;
        loop {
            let rest = text.get(self.end..)?;
            let c = rest.chars().next()?;
            match (quote, c) {
                (None, '>') => return Some(()),
                (None, '<') => return None,
                (None, '{') => {
                    let braced = &rest[..=balanced(rest, search, |c| c == '}')?];
                    self.end += braced.len();
                    self.lines += braced.matches('\n').count();
                    let value = string(&braced[1..braced.len() - 1], true);
                    if let Some(value) = value.filter(|value| !value.contains(['\\', '\n'])) {
                        self.written
                            .push_str(&format!("\"{}\"", value.replace('"', "&quot;")));
                    } else {
                        let before = self
                            .written
                            .trim_end_matches('=')
                            .trim_end_matches(is_in_name)
                            .len();
                        self.written.truncate(before);
                    }
                    continue;
                }
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if c == open => quote = None,
                _ => {}
            }
            self.written.push(c);
            self.end += c.len_utf8();
        }
    }
}

/// The text that an expression is, also within a call where it may be: `"a.png"`, `useUrl("/a.png")`.
fn string(expression: &str, may_call: bool) -> Option<&str> {
    let start = expression.find(['"', '\'', '`'])?;
    let before = expression[..start].trim();
    let (text, after) = expression[start + 1..].split_once(&expression[start..=start])?;
    let is_alone = before.is_empty() && after.trim().is_empty();
    let is_call = may_call && before.ends_with('(') && !before.starts_with(['{', '(']);
    ((is_alone || is_call) && !text.contains("${")).then_some(text)
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')
}

/// How many bytes a formula takes, in which braces are its own: `$$a$$`, or `$a$` on one line.
fn formula(text: &str) -> Option<usize> {
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

/// How many bytes an expression takes, and the text that it is, else none. `{#tea}` names a heading.
fn expression<'a>(text: &'a str, search: &mut usize) -> Option<(usize, &'a str)> {
    let inside = text
        .strip_prefix('{')
        .filter(|inside| !inside.starts_with(['#', '%']))?;
    let end = balanced(text, search, |c| c == '}')?;
    Some((
        end + 1,
        string(&inside[..end - 1], false).unwrap_or_default(),
    ))
}

/// Where this sign stands outside of all brackets.
fn balanced(text: &str, search: &mut usize, is_end: impl Fn(char) -> bool) -> Option<usize> {
    let text = &text[..text.floor_char_boundary(*search)];
    let mut depth = 0_usize;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && is_end(c)).then_some(at)
    });
    *search -= end.unwrap_or(text.len());
    end
}

#[cfg(test)]
mod tests {
    use super::to_markdown;

    #[test]
    fn a_component_of_any_length_is_left_out() {
        let rows = "{ a: 1 > 0 },\n".repeat(2_000);
        let lines = "\n".repeat(2_000);
        for (text, expected) in [
            (
                format!("A <Chart data={{[{rows}]}} /> b\n"),
                format!("A {lines} b\n"),
            ),
            (
                format!("export const data = [{rows}]\nText\n"),
                format!("{lines}\nText\n"),
            ),
        ] {
            assert_eq!(to_markdown(&text), expected);
        }
        let open = "<A {".repeat(1 << 16);
        assert_eq!(to_markdown(&open), open);
    }

    #[test]
    fn what_is_no_text_is_left_out_line_for_line() {
        for (text, expected) in [
            ("import X from './x'\n\nText\n", "\n\nText\n"),
            ("import {\n  A,\n} from \"a\"\nText\n", "\n\n\nText\n"),
            (
                "export const meta = {\n  a: [1,\n  2],\n}\nText\n",
                "\n\n\n\nText\n",
            ),
            ("import taxes rose\n", "import taxes rose\n"),
            ("A {/* b\nc */}d\n", "A \nd\n"),
            ("A{' '}b {page.title} {`c`} {`${d}`} e\n", "A b  c  e\n"),
            ("A {list.map((x) => (\n  <b>{x}</b>\n))} b\n", "A \n\n b\n"),
            ("## Cup {#cup}\n", "## Cup {#cup}\n"),
            (
                "A $\\frac{a}{b}$ and\n$$\nx^{2}\n$$\n",
                "A $\\frac{a}{b}$ and\n$$\nx^{2}\n$$\n",
            ),
            ("$5 {a} and \\{b} $6\n", "$5  and \\{b} $6\n"),
            ("`{x}` {never closed\n", "`{x}` {never closed\n"),
            ("A <X prop={{a: 1 > 0}} /> b <Note>c</Note>\n", "A  b c\n"),
            (
                "<X a=\"1 > 0\" b='>'>c</X> <m.div x=\"y\">d</m.div> <>e</>",
                "c d e",
            ),
            ("<a.b@x.example>", "<a.b@x.example>"),
            ("`<X a={{b}} />` <B>\n", "`<X a={{b}} />` \n"),
            (
                "```js\nexport const a = {\n```\n<DIV>x</DIV>\n",
                "```js\nexport const a = {\n```\n<DIV>x</DIV>\n",
            ),
            ("{/* never closed\n", "{/* never closed\n"),
            (
                "<iframe src=\"/a>b\" />\n\nText",
                "<iframe src=\"/a>b\"></iframe>\n\nText",
            ),
            (
                "<audio\n  controls\n  src='t.mp3'\n/>\nText",
                "<audio\n  controls\n  src='t.mp3'\n></audio>\nText",
            ),
            (
                "A <span/> <my-tag /> b",
                "A <span></span> <my-tag></my-tag> b",
            ),
            (
                "<video src={'/a.mp4'} style={{\n  width: '1px',\n}} />\n",
                "<video src=\"/a.mp4\"></video>\n\n\n",
            ),
            (
                "<img src={useUrl('/a.png')} style={{ width: '3em' }} />",
                "<img src=\"/a.png\"  />",
            ),
            (
                "<img src={require('./a.png').default} alt={'a' + b} onClick={() => x('y')} />",
                "<img src=\"./a.png\"   />",
            ),
            (
                "<p className={`a ${b}`}>c</p> <i {...rest}>d</i>",
                "<p >c</p> <i >d</i>",
            ),
            (
                "<img src=\"a.png\" /> <br/> <https://x.example/> a <b",
                "<img src=\"a.png\" /> <br/> <https://x.example/> a <b",
            ),
            (
                "`<iframe />`\n\n```\n<iframe />\n```\n",
                "`<iframe />`\n\n```\n<iframe />\n```\n",
            ),
        ] {
            assert_eq!(to_markdown(text), expected, "{text}");
        }
    }
}
