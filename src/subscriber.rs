//! Subscribers as CSV: lists in from anywhere, everyone out.

use std::io;

use crate::consent::ReaderState;
use crate::finding::Finding;
use crate::reader::Email;
use crate::store::Subscriber;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The line, from 1.
    pub line: usize,
    /// The address.
    pub email: Email,
    /// How to speak to them.
    pub name: Option<String>,
    /// What they were in the store that wrote the list.
    pub state: Option<ReaderState>,
    /// To what they subscribed in the store that wrote the list.
    pub digests: Option<Vec<String>>,
}

/// Reads a list: a header with at least `email`, then `name`, `state` and `digests` in any order, separated by commas,
/// semicolons or tabs. A line that cannot be read stands in the findings; the others go on.
///
/// # Errors
/// A finding where the text is no such list.
pub fn read(bytes: &[u8]) -> Result<(Vec<Listed>, Vec<Finding>), Finding> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let delimiter = b";\t,"
        .iter()
        .copied()
        .find(|mark| first.contains(mark))
        .unwrap_or(b',');
    let mut csv = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut records = csv.byte_records();
    let header = records.next().and_then(Result::ok).unwrap_or_default();
    let column = |wanted: &str| {
        header
            .iter()
            .position(|name| name.eq_ignore_ascii_case(wanted.as_bytes()))
    };
    let Some(email_at) = column("email") else {
        return Err(Finding::error("there is no column `email`")
            .at_line(1)
            .way_out("expected a first line `email,name`"));
    };
    let (name_at, state_at, digests_at) = (column("name"), column("state"), column("digests"));
    let (mut listed, mut findings) = (Vec::new(), Vec::new());
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                findings.push(
                    Finding::error(format!("this is no line of a list: {error}"))
                        .at_line(to_usize(line)),
                );
                continue;
            }
        };
        let line = to_usize(record.position().map_or(1, csv::Position::line));
        let Ok(texts) = record
            .iter()
            .map(std::str::from_utf8)
            .collect::<Result<Vec<_>, _>>()
        else {
            findings.push(
                Finding::error("this is not UTF-8")
                    .at_line(line)
                    .way_out("save the list as UTF-8"),
            );
            continue;
        };
        if texts.iter().any(|text| text.chars().any(char::is_control)) {
            // A quotation mark that is not closed swallows the lines behind it.
            findings.push(
                Finding::error("a field holds a line break or another control character")
                    .at_line(line)
                    .way_out("close its quotation marks"),
            );
            continue;
        }
        let text = |at: Option<usize>| {
            at.and_then(|at| texts.get(at).copied())
                .filter(|text| !text.is_empty())
        };
        let state = match text(state_at).map(|word| (word, ReaderState::named(word))) {
            Some((word, None | Some(ReaderState::Forgotten))) => {
                findings.push(
                    Finding::error(format!("`{word}` is no state"))
                        .at_line(line)
                        .way_out("expected `active`, `pending`, `left`, `bounced` or `complained`"),
                );
                continue;
            }
            Some((_, state)) => state,
            None => None,
        };
        match text(Some(email_at)).unwrap_or_default().parse::<Email>() {
            Ok(email) => listed.push(Listed {
                line,
                email,
                name: text(name_at).map(str::to_owned),
                state,
                digests: digests_at
                    .map(|at| text(Some(at)).unwrap_or_default())
                    .map(|names| {
                        names
                            .split([',', ' '])
                            .filter(|name| !name.is_empty())
                            .map(str::to_owned)
                            .collect()
                    }),
            }),
            Err(error) => findings.push(Finding::error(error.to_string()).at_line(line)),
        }
    }
    Ok((listed, findings))
}

fn to_usize(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

/// Writes everyone, so that [`read`] takes them in again.
///
/// # Errors
/// Where `out` does.
pub fn write(subscribers: &[Subscriber], out: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["email", "name", "state", "digests"])?;
    for one in subscribers {
        let name = one.reader.name.as_deref().unwrap_or_default();
        csv.write_record([
            one.reader.email.as_str(),
            name,
            one.state.word(),
            &one.digests.join(","),
        ])?;
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::consent::ReaderState;
    use crate::reader::Reader;
    use crate::store::Subscriber;

    #[test]
    fn lists_of_every_make_are_read() {
        for text in [
            "email,name\nada@x.example,Ada\n",
            "\u{feff}Name;E-Mail;Email\r\nAda;x;ada@x.example\r\n",
            "NAME\temail\nAda\tada@x.example",
            "email,name,city\n\"ada@x.example\",\"Ada\"\n",
        ] {
            let (listed, findings) = read(text.as_bytes()).unwrap();
            assert_eq!(findings, [], "{text}");
            assert_eq!(
                (listed[0].email.as_str(), listed[0].name.as_deref()),
                ("ada@x.example", Some("Ada")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_and_the_others_go_on() {
        let text = b"email,state\nada.x.example,\nbob@x.example,gone\neve\xff@x.example,\nok@x.example,left\n";
        let (listed, findings) = read(text).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].state, Some(ReaderState::Left));
        let lines: Vec<_> = findings
            .iter()
            .map(|finding| finding.place.as_ref().unwrap().line.unwrap())
            .collect();
        assert_eq!(lines, [2, 3, 4]);
        let (listed, findings) =
            read(b"email,name\nada@x.example,\"unclosed\nbob@x.example,Bob\n").unwrap();
        assert!(
            listed.is_empty() && findings[0].to_string().contains("line break"),
            "{findings:?}"
        );
        assert!(
            read(b"address\nada@x.example\n")
                .unwrap_err()
                .to_string()
                .contains("no column `email`")
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let everyone = [
            ("a@x.example", Some("Night, \"Ada\""), ReaderState::Active),
            ("b@x.example", None, ReaderState::Left),
        ]
        .map(|(email, name, state)| Subscriber {
            reader: Reader {
                id: 1,
                email: email.parse().unwrap(),
                name: name.map(str::to_owned),
                language: None,
            },
            state,
            digests: vec!["daily".to_owned(), "weekly".to_owned()],
        });
        let mut text = Vec::new();
        write(&everyone, &mut text).unwrap();
        let (listed, findings) = read(&text).unwrap();
        assert_eq!(findings, []);
        for (one, other) in everyone.iter().zip(listed) {
            assert_eq!(
                (&one.reader.email, &one.reader.name),
                (&other.email, &other.name)
            );
            assert_eq!(
                (Some(one.state), Some(&one.digests)),
                (other.state, other.digests.as_ref())
            );
        }
    }
}
