//! A list of people, as it comes from anywhere.

use std::io::{Chain, Read};

use crate::consent::ReaderState;
use crate::finding::{Finding, Rule, one_line};
use crate::reader::{Email, EmailError, Mailbox, check_name};
use crate::subscriber::columns::Columns;
use crate::subscriber::encoding::{DecodedText, decode, unreadable};
use crate::subscriber::sheet::unguard;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The line of the file, from 1.
    pub line: usize,
    /// The address.
    pub email: Email,
    /// The name in salutations.
    pub name: Option<String>,
    /// The state in the store that wrote the list.
    pub state: Option<ReaderState>,
    /// To what they subscribed in the store that wrote the list.
    pub digests: Option<Vec<String>>,
}

/// A last line that no list has: a quotation mark that is not closed swallows it.
const END: &str = "\0end of the list";
/// The same, below whatever the list ends with.
const LAST_LINE: &[u8] = b"\n\0end of the list";

/// A list that is read line by line: each is someone, or a finding that says at which line why it is nobody.
pub struct List<'a> {
    rows: csv::Reader<Chain<DecodedText<'a>, &'static [u8]>>,
    columns: Columns,
    record: csv::ByteRecord,
    /// Without a header, the first line is a person.
    is_first: bool,
    has_ended: bool,
}

impl<'a> List<'a> {
    /// Reads the header: a column for the address under one of its usual names, then perhaps name, `state` and `digests`
    /// in any order, separated by commas, semicolons or tabs, in UTF-8 or UTF-16; or the columns of another program. A list
    /// of bare addresses, or of `Name <address>`, needs none. It is read line by line.
    ///
    /// `file` is the name of the file: some programs write those who get nothing to a file of another name.
    ///
    /// # Errors
    /// A finding where the text is no such list.
    pub fn open(bytes: impl Read + 'a, file: &str) -> Result<Self, Finding> {
        let mut text = decode(bytes)?;
        let block = text.peek().map_err(|error| unreadable(&error))?;
        let first = block.split(|byte| matches!(byte, b'\n' | b'\r')).next();
        let first = first.unwrap_or_default();
        let named = find_separator(first);
        let used = b";\t,".iter().copied().find(|mark| first.contains(mark));
        let delimiter = named.or(used).unwrap_or(b',');
        let mut rows = csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(delimiter)
            .from_reader(text.chain(LAST_LINE));
        let mut record = csv::ByteRecord::new();
        let header_line = if named.is_some() { 2 } else { 1 };
        for _ in 0..header_line {
            rows.read_byte_record(&mut record).map_err(|error| {
                let words = format!("this is no list: {error}");
                Finding::error(Rule::ListUnreadable, words).at_line(header_line)
            })?;
        }
        let mut header: Vec<String> = record
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        header.retain(|name| name != END);
        if header.iter().any(|name| name.ends_with(END)) {
            return Err(explain_unclosed(Rule::ListUnreadable).at_line(header_line));
        }
        let (columns, is_first) = match Columns::find(&header, file) {
            Some(columns) => (columns, false),
            None if header.len() == 1 && header[0].parse::<Mailbox>().is_ok() => {
                (Columns::bare(file), true)
            }
            None => return Err(explain_no_column(&header).at_line(header_line)),
        };
        Ok(Self {
            rows,
            columns,
            record,
            is_first,
            has_ended: false,
        })
    }

    /// The columns that nothing is taken from.
    pub fn unused(&self) -> &[String] {
        &self.columns.unused
    }

    fn read(&self, line: usize) -> Result<Listed, Finding> {
        let cells: Result<Vec<&str>, _> = self.record.iter().map(std::str::from_utf8).collect();
        let cells = cells.map_err(|_| {
            Finding::error(Rule::LineRefused, "this is not UTF-8").hint("save the list as UTF-8")
        })?;
        for (at, cell) in cells.iter().enumerate() {
            // A quotation mark that is not closed swallows the lines behind it, and the people on them.
            let inside = cell.trim_end_matches(END).trim();
            if inside.contains('\n') && (self.columns.is_read(at) || cell.contains('@')) {
                return Err(
                    Finding::error(Rule::LineRefused, "a field holds a line break")
                        .hint("close its quotation marks"),
                );
            }
            if cell.ends_with(END) {
                return Err(explain_unclosed(Rule::LineRefused));
            }
        }
        let text = |at: usize| {
            let cell = unguard(cells.get(at)?.trim());
            Some(cell).filter(|cell| !cell.is_empty())
        };
        let state = self.columns.standing.read(text)?;
        let mailbox = text(self.columns.email).unwrap_or_default();
        let mailbox: Mailbox = mailbox
            .parse()
            .map_err(|error: EmailError| Finding::error(Rule::LineRefused, error.to_string()))?;
        let names = self.columns.names.iter();
        let names: Vec<&str> = names.filter_map(|at| text(*at)).collect();
        let name = Some(names.join(" ")).filter(|name| !name.is_empty());
        let name = name.or(mailbox.name);
        if let Some(name) = &name {
            check_name(name)
                .map_err(|error| Finding::error(Rule::LineRefused, error.to_string()))?;
        }
        let digests = self.columns.digests.map(|at| {
            let names = text(at).unwrap_or_default().split([',', ' ']);
            let names = names.filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        });
        Ok(Listed {
            line,
            email: mailbox.email,
            name,
            state,
            digests,
        })
    }
}

impl Iterator for List<'_> {
    type Item = Result<Listed, Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        if !std::mem::take(&mut self.is_first) {
            match self.rows.read_byte_record(&mut self.record) {
                Ok(true) if self.record.iter().eq([END.as_bytes()]) => {
                    self.has_ended = true;
                    return None;
                }
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.has_ended = true;
                    return Some(Err(Finding::error(Rule::LineRefused, error.to_string())));
                }
            }
        }
        // Counted from behind, since blank lines belong to the record that follows them; a record of several lines, where it
        // is refused, may go on to the end of the list.
        let has_breaks = self.record.as_slice().contains(&b'\n');
        let line = match self.record.position() {
            Some(start) if has_breaks => start.line(),
            _ => self.rows.position().line().saturating_sub(1),
        };
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        Some(self.read(line).map_err(|finding| finding.at_line(line)))
    }
}

/// The separator that a first line `sep=;` names, as spreadsheets read it.
fn find_separator(line: &[u8]) -> Option<u8> {
    let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', mark] = line else {
        return None;
    };
    let may_separate = (mark.is_ascii_punctuation() || *mark == b'\t') && *mark != b'"';
    may_separate.then_some(*mark)
}

fn explain_unclosed(rule: Rule) -> Finding {
    Finding::error(rule, "a quotation mark is not closed").hint("close it, or take it out")
}

fn explain_no_column(header: &[String]) -> Finding {
    let columns: Vec<String> = header
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| format!("`{}`", one_line(name, 40)))
        .collect();
    let found = match &*columns {
        [] => "the first line is empty".to_owned(),
        [one] => format!("the only column is {one}"),
        columns => format!("the columns are {}", one_line(&columns.join(", "), 400)),
    };
    let holds_address = header.iter().any(|cell| cell.parse::<Mailbox>().is_ok());
    let hint = match holds_address {
        true => "put a line with the names of the columns before the first, such as `email,name`",
        false => "call the column with the addresses `email`",
    };
    Finding::error(
        Rule::ListUnreadable,
        format!("there is no column `email`: {found}"),
    )
    .hint(hint)
}

#[cfg(test)]
mod tests {
    use super::{List, Listed};
    use crate::consent::ReaderState;
    use crate::finding::Finding;

    fn read(bytes: &[u8]) -> (Vec<Listed>, Vec<Finding>) {
        let (good, bad): (Vec<_>, Vec<_>) = List::open(bytes, "people.csv")
            .unwrap()
            .partition(Result::is_ok);
        let good = good.into_iter().map(Result::unwrap).collect();
        (good, bad.into_iter().map(Result::unwrap_err).collect())
    }

    fn line(finding: &Finding) -> usize {
        finding.place.as_ref().unwrap().line.unwrap()
    }

    fn utf_16(text: &str, mark: bool, to: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        mark.into_iter()
            .chain(text.encode_utf16())
            .flat_map(to)
            .collect()
    }

    #[test]
    fn lists_of_every_make_are_read() {
        for text in [
            "email,name\nada@x.example,Ada\n",
            "\u{feff}Name;E-Mail;Email\r\nAda;x;ada@x.example\r\n",
            "NAME\temail\nAda\tada@x.example",
            "email,name,city\n\"ada@x.example\",\"Ada\"\n",
            "email,name\rada@x.example,Ada\r",
            "Email Address,First Name,Last Name\nada@x.example,Ada,\n",
            "e-mail,name\nada@x.example,Ada\n",
            "email_address,name\nada@x.example,Ada\n",
            "Subscriber Email,Full Name\nada@x.example,Ada\n",
            "\"E-mail 1 - Value\",\"Given Name\"\nada@x.example,Ada\n",
            "E-Mail-Adresse;Vorname\nada@x.example;Ada\n",
            " EMAIL , Name \n ada@x.example , Ada \n",
            "sep=;\r\nemail;name;\"a, b\"\r\nada@x.example;Ada;1\r\n",
            "SEP=,\nemail,\"a;b\",name\nada@x.example,1;2,Ada\n",
            "sep=|\nemail|name\nada@x.example|Ada\n",
            "sep=\t\nemail\tname\nada@x.example\tAda\n",
        ] {
            let encodings = [
                text.as_bytes().to_vec(),
                utf_16(text, true, u16::to_le_bytes),
                utf_16(text, true, u16::to_be_bytes),
                utf_16(text, false, u16::to_le_bytes),
                utf_16(text, false, u16::to_be_bytes),
            ];
            // An explicit mark twice, or a mark of the other size before UTF-16, is nobody's list.
            let usual = if text.starts_with('\u{feff}') { 1 } else { 5 };
            for bytes in &encodings[..usual] {
                let (listed, findings) = read(bytes);
                assert_eq!(findings, [], "{text}");
                assert_eq!(
                    (listed[0].email.as_str(), listed[0].name.as_deref()),
                    ("ada@x.example", Some("Ada")),
                    "{text}"
                );
            }
        }
        let (listed, findings) = read(b"ada@x.example\nbob@x.example\n");
        assert!(findings.is_empty() && listed.len() == 2 && listed[0].line == 1);
        let (listed, _) = read(b"First Name,Last Name,Email\nAda,Night,ada@x.example\n");
        assert_eq!(listed[0].name.as_deref(), Some("Ada Night"));
    }

    #[test]
    fn a_long_list_in_utf_16_is_read_as_one_in_utf_8() {
        let mut text = "email,name\n".to_owned();
        for number in 0..20_000 {
            // A letter of two units stands across the ends of some blocks.
            let name = "\u{1f98a}".repeat(number % 3);
            text += &format!("r{number}@x.example,{name}\n");
        }
        let expected = read(text.as_bytes());
        assert_eq!((expected.0.len(), expected.1.len()), (20_000, 0));
        for to in [u16::to_le_bytes, u16::to_be_bytes] {
            let mut bytes = utf_16(&text, true, to);
            assert_eq!(read(&bytes), expected);
            // A byte too many at the end is named, and everybody before it is in.
            bytes.push(0);
            let (listed, findings) = read(&bytes);
            assert_eq!((listed.len(), findings.len()), (20_000, 1));
        }
    }

    #[test]
    fn lines_are_counted_from_the_one_that_names_the_separator() {
        let (listed, findings) = read(b"sep=;\nemail;name\nada@x.example;Ada\nbob;Bob\n");
        assert_eq!((listed.len(), listed[0].line), (1, 3));
        assert_eq!(findings.iter().map(line).collect::<Vec<_>>(), [4]);
        let (listed, _) = read(b"sep=,\nada@x.example\n");
        assert_eq!((listed.len(), listed[0].line), (1, 2));
        for text in ["sep=;\naddress;name\n", "sep=;\n", "sep=;\n\"email;name\n"] {
            let error = List::open(text.as_bytes(), "people.csv").err().unwrap();
            assert_eq!(line(&error), 2, "{error}");
        }
        // These name no separator.
        for text in ["sep=\n", "sep=a\n", "sep=\"\n", "sep=;;\n"] {
            let error = List::open(text.as_bytes(), "people.csv").err().unwrap();
            assert_eq!(line(&error), 1, "{error}");
        }
    }

    #[test]
    fn what_is_no_list_says_what_it_is() {
        for (bytes, words) in [
            (
                &b"address\nada@x.example\n"[..],
                "no column `email`: the only column is `address`",
            ),
            (
                b"Phone,\"First Name\"\n1,2\n",
                "the columns are `Phone`, `First Name`",
            ),
            (b"ada@x.example,Ada\n", "put a line with the names"),
            (b"", "the first line is empty"),
            (
                b"\"email,name\nada@x.example,Ada\n",
                "1: a quotation mark is not closed",
            ),
            (b"PK\x03\x04....", "workbook"),
            (b"\xff\xfee\0m", "UTF-16, and is none"),
        ] {
            let error = List::open(bytes, "people.csv").err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_the_others_go_on() {
        let lines = [
            "email,state,name",
            "ada.x.example,,",
            "bob@x.example,gone,",
            "",
            "eve@x.example,,A\tB",
            "ok@x.example,left,",
            "bell@x.example,,A\u{7}B",
        ];
        for (end, last) in [
            ("\n", "\n"),
            ("\r\n", "\r\n"),
            ("\r", "\r"),
            ("\r\n", ""),
            ("\n", ""),
        ] {
            let text = format!("{}{last}", lines.join(end));
            let (listed, findings) = read(text.as_bytes());
            assert_eq!(listed.len(), 1, "{text:?}: {findings:?}");
            assert_eq!(
                (listed[0].line, listed[0].state),
                (6, Some(ReaderState::Left))
            );
            let found: Vec<_> = findings.iter().map(line).collect();
            assert_eq!(found, [2, 3, 5, 7], "{text:?}");
            let words: Vec<_> = findings.iter().map(|finding| &*finding.message).collect();
            assert!(
                words[2].contains("a tab") && words[3].contains("U+0007"),
                "{words:?}"
            );
        }
        let (listed, findings) = read(b"email,name\nada@x.example,\"unclosed\nbob@x.example,Bob\n");
        assert!(
            listed.is_empty() && findings[0].to_string().contains("line break"),
            "{findings:?}"
        );
        assert_eq!(line(&findings[0]), 2);
        // So is one that nothing stands behind; whoever stands before it is read.
        for (text, at) in [
            ("email,name\nada@x.example,Ada\nbob@x.example,\"Bob\n", 3),
            ("email,name\nada@x.example,Ada\nbob@x.example,\"Bob", 3),
            (
                "email,name\r\nada@x.example,Ada\r\nbob@x.example,\"Bob\r\n",
                3,
            ),
            ("email;name\nada@x.example;Ada\nbob@x.example;\"\n", 3),
            ("email,name\nada@x.example,Ada\n\"bob@x.example\n", 3),
            (
                "email,name\nada@x.example,Ada\nbob@x.example,\"Bob \"\"B\"\"\n\n",
                3,
            ),
            (
                "email,name,city\nada@x.example,Ada,\nbob@x.example,Bob,\"Ulm\n",
                3,
            ),
            ("ada@x.example\n\"bob@x.example\n", 2),
        ] {
            for last in ["", "\n"] {
                let (listed, findings) = read(format!("{text}{last}").as_bytes());
                assert_eq!(listed.len(), 1, "{text:?}");
                let [finding] = &findings[..] else {
                    panic!("{text:?}: {findings:?}");
                };
                assert_eq!(line(finding), at, "{text:?}: {finding}");
                assert!(finding.message.contains("is not closed"), "{finding}");
            }
        }
        for text in [
            "email,name\nada@x.example,\"Ada\"\n",
            "email,name\nada@x.example,\"Ada\"",
            "email,name\nada@x.example,Ada 5\" N\n",
            "\"ada@x.example\"",
            "email,name\nada@x.example,\"Ada \"\"N\"\"\"\n\n\n",
        ] {
            let (listed, findings) = read(text.as_bytes());
            assert!(
                listed.len() == 1 && findings.is_empty(),
                "{text:?}: {findings:?}"
            );
        }
        let (_, findings) = read(b"email\neve\xff@x.example\n");
        assert!(findings[0].message.contains("UTF-8"));
        let long = format!("email,name\nada@x.example,{}\n", "x".repeat(201));
        let (_, findings) = read(long.as_bytes());
        assert!(findings[0].message.contains("at most 200"), "{findings:?}");
    }
}
