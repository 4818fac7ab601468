//! A table in typed text: columns side by side where they fit, else a record of `Name: value` lines for each row.

use unicode_width::UnicodeWidthStr;

use crate::digest::text::wrap::wrap;

/// Separates two columns.
const GUTTER: &str = "  ";

/// A cell of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell<'a> {
    /// Its lines before the layout.
    pub(super) lines: Vec<&'a str>,
    /// Whether it is a header cell.
    pub(super) is_name: bool,
}

/// Lays out the rows of a table in lines of at most `width` columns, unless a single word is wider. `lay_out` breaks the
/// lines of a cell to a width.
pub(super) fn lay_out_table(
    rows: &[Vec<Cell<'_>>],
    width: usize,
    lay_out: &dyn Fn(&[&str], usize) -> Vec<String>,
) -> Vec<String> {
    let table = TypedTable { rows, lay_out };
    let natural = table.measure_columns(usize::MAX);
    let gutters = GUTTER.len() * natural.len().saturating_sub(1);
    if natural.iter().sum::<usize>() + gutters <= width {
        return table.lay_out_columns(&natural);
    }
    let longest_words = table.measure_columns(1);
    match width.checked_sub(longest_words.iter().sum::<usize>() + gutters) {
        Some(room) => table.lay_out_columns(&share_width(&natural, &longest_words, room)),
        None => table.lay_out_records(width),
    }
}

/// A table, and how the lines of its cells are broken to a width.
struct TypedTable<'t, 'c> {
    rows: &'t [Vec<Cell<'c>>],
    lay_out: &'t dyn Fn(&[&str], usize) -> Vec<String>,
}

impl TypedTable<'_, '_> {
    /// Returns the widest line of each column whose cells are broken to `width`.
    fn measure_columns(&self, width: usize) -> Vec<usize> {
        let mut widest: Vec<usize> = Vec::new();
        for row in self.rows {
            widest.resize(widest.len().max(row.len()), 0);
            for (widest, cell) in widest.iter_mut().zip(row) {
                for line in (self.lay_out)(&cell.lines, width) {
                    *widest = (*widest).max(line.width());
                }
            }
        }
        widest
    }

    /// Lays out the cells of each row beside each other.
    fn lay_out_columns(&self, widths: &[usize]) -> Vec<String> {
        let mut lines = Vec::new();
        for row in self.rows {
            let mut cells: Vec<Vec<String>> = Vec::new();
            for (cell, width) in row.iter().zip(widths) {
                cells.push((self.lay_out)(&cell.lines, *width));
            }
            let height = cells.iter().map(Vec::len).max().unwrap_or_default();
            for at in 0..height {
                let mut line = String::new();
                for (cell, width) in cells.iter().zip(widths) {
                    let words = cell.get(at).map(String::as_str).unwrap_or_default();
                    line.push_str(words);
                    line.push_str(&" ".repeat(width.saturating_sub(words.width())));
                    line.push_str(GUTTER);
                }
                lines.push(line.trim_end().to_owned());
            }
        }
        lines
    }

    /// Splits the names of the columns, where the first row holds them, from the rows of values.
    fn split_names(&self) -> (Vec<String>, &[Vec<Cell<'_>>]) {
        let is_name = |cell: &Cell<'_>| cell.is_name || cell.lines.is_empty();
        let mut names = Vec::new();
        match self.rows.split_first() {
            Some((first, others)) if first.iter().all(is_name) && !others.is_empty() => {
                for cell in first {
                    names.push((self.lay_out)(&cell.lines, usize::MAX).join(" "));
                }
                (names, others)
            }
            _ => (names, self.rows),
        }
    }

    /// Lays out each row as a record of `Name: value` lines, with an empty line between two records.
    fn lay_out_records(&self, width: usize) -> Vec<String> {
        let (names, rows) = self.split_names();
        let mut lines: Vec<String> = Vec::new();
        for row in rows {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            for (at, cell) in row.iter().enumerate() {
                let value = (self.lay_out)(&cell.lines, usize::MAX);
                let Some((first, others)) = value.split_first() else {
                    continue;
                };
                let first = match names.get(at) {
                    Some(name) if !name.is_empty() => format!("{name}: {first}"),
                    _ => first.clone(),
                };
                lines.extend(wrap(&first, "", "  ", width));
                for other in others {
                    lines.extend(wrap(other, "  ", "  ", width));
                }
            }
        }
        lines
    }
}

/// Returns the width of each column: its longest word, and a share of `room` in proportion to the width that it lacks.
fn share_width(natural: &[usize], longest_words: &[usize], room: usize) -> Vec<usize> {
    let lacks: Vec<usize> = natural
        .iter()
        .zip(longest_words)
        .map(|(natural, least)| natural - least)
        .collect();
    let all: usize = lacks.iter().sum();
    let widths = lacks.iter().zip(longest_words);
    widths
        .map(|(lack, least)| least + (lack * room).checked_div(all).unwrap_or_default())
        .collect()
}
