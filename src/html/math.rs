//! A formula of MathML as a line of text.

use std::borrow::Cow;

use memchr::memmem;

use crate::html::{find_attribute, unescape};

/// Replaces each formula with the result of `show` for its text.
pub(crate) fn replace_formulas(html: &str, show: impl Fn(&str) -> String) -> Cow<'_, str> {
    const CLOSE: &str = "</math>";
    let mut shown = String::new();
    let mut rest = html;
    while let Some(start) = memmem::find(rest.as_bytes(), b"<math") {
        let Some(length) = rest[start..].find(CLOSE) else {
            break;
        };
        let end = start + length + CLOSE.len();
        shown.push_str(&rest[..start]);
        shown.push_str(&show(&text_of(&rest[start..end])));
        rest = &rest[end..];
    }
    if shown.is_empty() && rest.len() == html.len() {
        return html.into();
    }
    (shown + rest).into()
}

/// The text of a formula: its `alttext`, else its parts on one line.
fn text_of(math: &str) -> String {
    let said = find_attribute(math, "alttext").map(unescape);
    said.filter(|text| !text.trim().is_empty())
        .unwrap_or_else(|| write_linear(math))
}

/// An element and its children.
struct MathNode<'a> {
    name: &'a str,
    children: Vec<MathNode<'a>>,
    text: String,
}

impl MathNode<'_> {
    /// Its parts on one line: `e^x`, `(a + b)/c`, `sqrt(x)`.
    fn line(&self) -> String {
        let part = |at: usize| {
            self.children
                .get(at)
                .map(MathNode::line)
                .unwrap_or_default()
        };
        let grouped = |at: usize| write_group(&part(at));
        match self.name {
            "msup" | "mover" => format!("{}^{}", grouped(0), grouped(1)),
            "msub" | "munder" => format!("{}_{}", grouped(0), grouped(1)),
            "msubsup" | "munderover" => format!("{}_{}^{}", grouped(0), grouped(1), grouped(2)),
            "mfrac" => format!("{}/{}", grouped(0), grouped(1)),
            "mroot" => format!("root({}, {})", part(0), part(1)),
            "msqrt" => format!("sqrt({})", self.join("")),
            "mtable" => self.join("; "),
            "mtr" => self.join(", "),
            "mo" if is_spaced(self.text.trim()) => format!(" {} ", self.text.trim()),
            "mspace" => " ".to_owned(),
            _ => self.join("") + self.text.trim(),
        }
    }

    fn join(&self, between: &str) -> String {
        let parts: Vec<String> = self.children.iter().map(MathNode::line).collect();
        parts.join(between)
    }
}

/// A part in brackets, unless it is a single letter or number.
fn write_group(part: &str) -> String {
    let part = part.trim();
    let is_one = part.chars().count() <= 1 || part.chars().all(char::is_alphanumeric);
    if is_one {
        part.to_owned()
    } else {
        format!("({part})")
    }
}

fn is_spaced(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "+"
            | "-"
            | "−"
            | "<"
            | ">"
            | "≤"
            | "≥"
            | "≠"
            | "≈"
            | "±"
            | "→"
            | "∈"
            | "×"
            | "⋅"
    )
}

fn write_linear(math: &str) -> String {
    let root = || MathNode {
        name: "",
        children: Vec::new(),
        text: String::new(),
    };
    let mut open = vec![root()];
    for part in math.split('<').skip(1) {
        let Some((tag, after)) = part.split_once('>') else {
            continue;
        };
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next();
        match tag.strip_prefix('/') {
            Some(_) if open.len() > 1 => close(&mut open),
            Some(_) => {}
            None => open.push(MathNode {
                name: name.unwrap_or_default(),
                ..root()
            }),
        }
        if let Some(last) = open.last_mut() {
            last.text.push_str(&unescape(after));
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    let line = open.pop().map(|root| root.line()).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Puts the innermost open element into the one around it.
fn close(open: &mut Vec<MathNode<'_>>) {
    let Some(node) = open.pop() else { return };
    if let Some(parent) = open.last_mut() {
        parent.children.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::replace_formulas;

    #[test]
    fn a_formula_is_a_line_that_says_the_same() {
        for (math, expected) in [
            ("<msup><mi>e</mi><mi>x</mi></msup>", "e^x"),
            (
                "<msup><mi>e</mi><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow></msup>",
                "e^(x + 1)",
            ),
            (
                "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>12</mn></mfrac>",
                "(a + b)/12",
            ),
            ("<msqrt><mi>a</mi><mi>b</mi></msqrt>", "sqrt(ab)"),
            ("<mroot><mi>a</mi><mn>3</mn></mroot>", "root(a, 3)"),
            ("<msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup>", "a_i^2"),
            (
                "<munderover><mo>∑</mo><mn>1</mn><mi>n</mi></munderover><mi>k</mi>",
                "∑_1^nk",
            ),
            ("<mi>a</mi>\n<mo>=</mo> <mn>1</mn>", "a = 1"),
            (
                "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd></mtr></mtable>",
                "1, 2; 3",
            ),
            ("<mi>a</mi><mo>&lt;</mo><mi>b</mi>", "a < b"),
        ] {
            let html = format!("x <math>{math}</math> y");
            let shown = replace_formulas(&html, |text| format!("[{text}]"));
            assert_eq!(shown, format!("x [{expected}] y"), "{math}");
        }
        let said = "<math alttext=\"\\frac{a}{b}\"><mi>a</mi></math><math><mi>b</mi>";
        let shown = replace_formulas(said, str::to_owned);
        assert_eq!(shown, "\\frac{a}{b}<math><mi>b</mi>");
    }
}
