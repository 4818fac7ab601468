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
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize, width: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let lines = cells.flat_map(|cell| lay_out(&cell.lines, width));
        lines.map(|line| line.width()).max().unwrap_or_default()
    };
    let natural: Vec<usize> = (0..columns)
        .map(|column| widest(column, usize::MAX))
        .collect();
    let gutters = GUTTER.len() * columns.saturating_sub(1);
    if natural.iter().sum::<usize>() + gutters <= width {
        return lay_out_columns(rows, &natural, lay_out);
    }
    let longest_words: Vec<usize> = (0..columns).map(|column| widest(column, 1)).collect();
    let room = width.checked_sub(longest_words.iter().sum::<usize>() + gutters);
    match room {
        Some(room) => lay_out_columns(rows, &share_width(&natural, &longest_words, room), lay_out),
        None => lay_out_records(rows, width, lay_out),
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

/// Lays out the cells of each row beside each other.
fn lay_out_columns(
    rows: &[Vec<Cell<'_>>],
    widths: &[usize],
    lay_out: &dyn Fn(&[&str], usize) -> Vec<String>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| lay_out(&cell.lines, *width))
            .collect();
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

/// Lays out each row as a record of `Name: value` lines, with an empty line between two records.
fn lay_out_records(
    rows: &[Vec<Cell<'_>>],
    width: usize,
    lay_out: &dyn Fn(&[&str], usize) -> Vec<String>,
) -> Vec<String> {
    let is_head =
        |row: &&Vec<Cell<'_>>| row.iter().all(|cell| cell.is_name || cell.lines.is_empty());
    let (names, values) = match rows.split_first() {
        Some((first, others)) if is_head(&first) && !others.is_empty() => {
            let joined = |cell: &Cell<'_>| lay_out(&cell.lines, usize::MAX).join(" ");
            (first.iter().map(joined).collect(), others)
        }
        _ => (Vec::new(), rows),
    };
    let mut lines: Vec<String> = Vec::new();
    for row in values {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        for (at, cell) in row.iter().enumerate() {
            let value = lay_out(&cell.lines, usize::MAX);
            let Some((first, others)) = value.split_first() else {
                continue;
            };
            let first = match names.get(at).filter(|name: &&String| !name.is_empty()) {
                Some(name) => format!("{name}: {first}"),
                None => first.clone(),
            };
            lines.extend(wrap(&first, "", "  ", width));
            lines.extend(
                others
                    .iter()
                    .flat_map(|other| wrap(other, "  ", "  ", width)),
            );
        }
    }
    lines
}
