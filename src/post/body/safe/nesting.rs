//! Measures how deeply the elements of an HTML text nest, before it is parsed.

pub(super) const DEEPEST: usize = 250;

/// Elements without children, or with an end that the next one implies.
const FLAT: [&str; 27] = [
    "p", "li", "dd", "dt", "tr", "td", "th", "option", "thead", "tbody", "tfoot", "br", "hr",
    "img", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track",
    "param", "html", "body",
];
/// Elements that are reopened in the following text if the element around them ends first.
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// Readings of a ruby.
const READINGS: [&str; 2] = ["rt", "rp"];
/// Elements with plain text as content.
const TEXT: [&str; 8] = [
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes",
];
/// Elements that end an enclosing drawing or formula.
const BREAKOUT: [&str; 37] = [
    "b",
    "big",
    "blockquote",
    "center",
    "code",
    "dl",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "i",
    "listing",
    "menu",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strong",
    "strike",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
    "li",
    "dd",
];

/// Whether elements nest too deeply.
pub(super) fn is_too_deep(html: &str) -> bool {
    let lower = html.to_ascii_lowercase();
    let mut open: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &lower.as_bytes()[at..]) {
        at += found + 1;
        let rest = &lower[at..];
        if rest.starts_with(['!', '?']) {
            let Some(end) = end_of_comment(rest) else {
                return false;
            };
            at += end;
            continue;
        }
        let closes = rest.starts_with('/');
        let name = &rest[usize::from(closes)..];
        let name = &name[..name
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | '<'))
            .unwrap_or(name.len())];
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let Some(end) = end_of_tag(rest) else {
            return false;
        };
        let is_alone = rest[..end].ends_with('/');
        at += end + 1;
        if closes {
            close(&mut open, name);
            continue;
        }
        let foreign = open
            .iter()
            .rposition(|name| matches!(*name, "svg" | "math" | "foreignobject" | "desc" | "title"));
        let foreign = foreign.filter(|place| matches!(open[*place], "svg" | "math"));
        match foreign {
            Some(place) if BREAKOUT.contains(&name) => open.truncate(place),
            Some(_) if is_alone => continue,
            None if TEXT.contains(&name) => {
                let Some(end) = lower[at..].find(&format!("</{name}")) else {
                    return false;
                };
                at += end;
                continue;
            }
            _ => {}
        }
        // Within a ruby the next reading ends the last one.
        if READINGS.contains(&name)
            && open.last().is_some_and(|last| READINGS.contains(last))
            && open.contains(&"ruby")
        {
            open.pop();
        }
        if is_alone && matches!(name, "svg" | "math") || FLAT.contains(&name) {
            continue;
        }
        open.push(name);
        if open.len() > DEEPEST {
            return true;
        }
    }
    false
}

/// The end of a comment or a declaration, by the rules of HTML (13.2.5.43): `<!-->` is a whole comment, and `--!>` ends
/// one.
fn end_of_comment(text: &str) -> Option<usize> {
    let Some(inside) = text.strip_prefix("!--") else {
        return text.find('>').map(|end| end + 1);
    };
    for short in [">", "->"] {
        if inside.starts_with(short) {
            return Some("!--".len() + short.len());
        }
    }
    let (mut at, dashes) = (0, "--");
    loop {
        at += inside[at..].find(dashes)?;
        let after = &inside[at + dashes.len()..];
        let close = [">", "!>"]
            .into_iter()
            .find(|close| after.starts_with(close));
        if let Some(close) = close {
            return Some("!--".len() + at + dashes.len() + close.len());
        }
        at += 1;
    }
}

/// Closes the innermost open element of this name; without one it does nothing.
fn close(open: &mut Vec<&str>, name: &str) {
    let Some(place) = open.iter().rposition(|open| *open == name) else {
        return;
    };
    let inner = open.split_off(place);
    let is_formatting = FORMATTING.contains(&name);
    open.extend(
        inner
            .into_iter()
            .skip(1)
            .filter(|inner| is_formatting || FORMATTING.contains(inner)),
    );
}

/// The position of a tag's `>` outside of quoted attributes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let bytes = tag.as_bytes();
    let (mut at, mut after_equals) = (0, false);
    loop {
        match *bytes.get(at)? {
            b'>' => return Some(at),
            quote @ (b'"' | b'\'') if after_equals => {
                at += 1 + memchr::memchr(quote, &bytes[at + 1..])?;
                after_equals = false;
            }
            b'=' => after_equals = true,
            byte if !byte.is_ascii_whitespace() => after_equals = false,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    #[test]
    fn only_what_stands_in_each_other_is_deep() {
        for (part, deep) in [
            ("<div>", true),
            ("<rt>", true),
            ("<rp>", true),
            ("<optgroup>", true),
            ("<rt><rp>", true),
            ("<!--><div>", true),
            ("<!---><div>", true),
            ("<!-- a --!><div>", true),
            ("<ruby>a<rt>b<rp>c</ruby>", false),
            ("<ruby>a<rt>b</rt></ruby>", false),
            ("<div></i>", true),
            ("<div/>", true),
            ("<p><b>", true),
            ("<svg><div/>", true),
            ("<div a='>'>", true),
            ("<my-tag>", true),
            ("<div></div>", false),
            ("<path d=\"M0\"/>", true),
            ("<svg><path d=\"M0\"/><g><circle/></g></svg>", false),
            ("<svg/>", false),
            ("<!-- <div> -->", false),
            ("<script>'<div>'</script>", false),
            ("<a title=\"<div>\">x</a>", false),
            ("<div><span>x</div>", false),
            ("<br><img src=x>", false),
            ("a < b", false),
        ] {
            assert_eq!(is_too_deep(&part.repeat(300)), deep, "{part}");
        }
        assert!(!is_too_deep(&format!(
            "<svg>{}</svg>",
            "<path d=\"M0\"/>".repeat(300)
        )));
    }
}
