//! Finds formulas in a text: TeX between the delimiters that its site declares.

use crate::post::dialect::math::Delimiters;

/// Facts about the formulas ahead, so that no text is searched twice in vain.
pub(super) struct Formulas<'a> {
    delimiters: &'a [Delimiters],
    /// The characters that may begin a formula, or hide one.
    signs: Vec<char>,
    /// For each of them, up to where nothing closes it.
    unclosed: Vec<usize>,
    /// The end of the paragraph that was examined last.
    paragraph: usize,
    /// Up to where the text was scanned for tags, and whether one is open there.
    tag: (usize, bool),
}

impl<'a> Formulas<'a> {
    pub(super) fn new(delimiters: &'a [Delimiters]) -> Self {
        let mut signs: Vec<char> = delimiters
            .iter()
            .filter_map(|pair| pair.open.chars().next())
            .collect();
        if !signs.is_empty() {
            signs.push('\\');
        }
        Self {
            delimiters,
            signs,
            unclosed: vec![0; delimiters.len()],
            paragraph: 0,
            tag: (0, false),
        }
    }

    /// The position of the first character that may begin a formula.
    pub(super) fn find_sign(&self, text: &str) -> Option<usize> {
        match self.signs.is_empty() {
            true => None,
            false => text.find(self.signs.as_slice()),
        }
    }

    /// Whether a text begins with a character that may begin a formula, or hide one.
    pub(super) fn may_begin(&self, text: &str) -> bool {
        text.starts_with(self.signs.as_slice())
    }

    /// The delimiters that begin here, and the position of the closing ones.
    pub(super) fn find(&mut self, text: &'a str, at: usize) -> Option<(&'a Delimiters, usize)> {
        for (number, pair) in self.delimiters.iter().enumerate() {
            let start = at + pair.open.len();
            if !text[at..].starts_with(&pair.open) || !may_open(pair, &text[..at], &text[start..]) {
                continue;
            }
            if at >= self.paragraph {
                self.paragraph = text[at..].find("\n\n").map_or(text.len(), |end| at + end);
            }
            if start >= self.paragraph || start < self.unclosed[number] {
                continue;
            }
            let inside = &text[start..self.paragraph];
            let ends = inside.match_indices(&pair.close);
            let mut ends = ends
                .map(|(end, _)| start + end)
                .filter(|end| !text[..*end].ends_with('\\'));
            let Some(end) = ends.next() else {
                self.unclosed[number] = self.paragraph;
                continue;
            };
            let is_formula = !text[start..end].trim().is_empty()
                && may_close(pair, &text[..end], &text[end + pair.close.len()..]);
            if is_formula {
                return Some((pair, end));
            }
        }
        None
    }

    /// Whether this position is within a tag, `<a title="$x$">`; a paragraph ends an unclosed one.
    pub(super) fn is_in_tag(&mut self, text: &str, at: usize) -> bool {
        let (from, mut is_open) = self.tag;
        let mut rest = &text[from.min(at)..at];
        while let Some(found) = rest.find(['<', '>', '\n']) {
            let (sign, after) = rest[found..].split_at(1);
            is_open = match sign {
                "<" => after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'),
                ">" => false,
                _ => is_open && !after.starts_with('\n'),
            };
            rest = after;
        }
        self.tag = (at, is_open);
        is_open
    }
}

/// Whether a formula may begin between these: a single dollar touches its formula, and no word before it (`US$5`).
fn may_open(pair: &Delimiters, before: &str, inside: &str) -> bool {
    pair.open != "$"
        || !inside.starts_with(|c: char| c.is_whitespace() || c == '$')
            && !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '$' | '/'))
}

/// Whether a formula may end between these: a single dollar touches it, and no number follows (`$5 and $10`).
fn may_close(pair: &Delimiters, inside: &str, after: &str) -> bool {
    pair.close != "$"
        || !inside.ends_with(char::is_whitespace)
            && !after.starts_with(|c: char| c.is_ascii_digit() || c == '$')
}
