//! CSV for people and their spreadsheets, in which no cell is taken for a formula.

use std::borrow::Cow;
use std::io;

use crate::finding::is_turning;
use crate::store::Subscriber;

/// Rows of CSV.
pub(crate) struct Sheet<W: io::Write> {
    rows: csv::Writer<W>,
}

impl<W: io::Write> Sheet<W> {
    /// A sheet with these columns.
    ///
    /// # Errors
    /// If `out` does.
    pub(crate) fn new(out: W, columns: &[&str]) -> io::Result<Self> {
        let mut sheet = Self {
            rows: csv::Writer::from_writer(out),
        };
        sheet.write(columns)?;
        Ok(sheet)
    }

    /// A sheet that [`List`](crate::subscriber::List) reads.
    ///
    /// # Errors
    /// If `out` does.
    pub(crate) fn for_subscribers(out: W) -> io::Result<Self> {
        Self::new(out, &["email", "name", "state", "digests"])
    }

    /// Writes a subscriber.
    ///
    /// # Errors
    /// If the output does.
    pub(crate) fn write_subscriber(&mut self, one: &Subscriber) -> io::Result<()> {
        self.write(&[
            one.reader.email.as_str(),
            one.reader.name.as_deref().unwrap_or_default(),
            one.state.word(),
            &one.digests.join(","),
        ])
    }

    /// Writes a row.
    ///
    /// # Errors
    /// If the output does.
    pub(crate) fn write(&mut self, cells: &[&str]) -> io::Result<()> {
        for cell in cells {
            // Names of earlier versions may hold them; a list with one would be refused.
            let cell = cell.replace(is_turning, "");
            self.rows.write_field(guard(&cell).as_bytes())?;
        }
        self.rows.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Writes what is still kept back.
    ///
    /// # Errors
    /// If the output does.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// Whether a spreadsheet would calculate the cell, or would if it lost its guard.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The cell as text for any spreadsheet.
fn guard(cell: &str) -> Cow<'_, str> {
    match is_formula(cell) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// Removes the guard of a cell.
pub(super) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(guarded) if is_formula(guarded) => guarded,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::{Sheet, guard, unguard};

    #[test]
    fn no_cell_turns_a_line() {
        let mut out = Vec::new();
        let mut sheet = Sheet::new(&mut out, &["name"]).unwrap();
        sheet
            .write(&["Z\u{202e}ed \u{2066}N\u{2069} \u{5d0}\u{200f}!\u{2028}"])
            .unwrap();
        sheet.finish().unwrap();
        assert_eq!(out, "name\nZed N \u{5d0}\u{200f}!\n".as_bytes());
    }

    #[test]
    fn a_cell_that_looks_like_a_formula_is_guarded_and_read_as_it_was() {
        for (cell, guarded) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+49 30", "'+49 30"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("'=x", "''=x"),
            ("''=x", "'''=x"),
            ("'t Hooft", "'t Hooft"),
            ("Ada", "Ada"),
            ("", ""),
        ] {
            assert_eq!(guard(cell), guarded);
            assert_eq!(unguard(guarded), cell);
        }
    }
}
