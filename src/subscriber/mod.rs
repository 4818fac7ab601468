//! Subscribers as CSV: lists in from anywhere, everyone out.

mod columns;
mod encoding;
mod list;
mod sheet;
mod standing;

pub use list::List;
pub(crate) use list::Listed;
pub(crate) use sheet::Sheet;

#[cfg(test)]
mod tests {
    use super::{List, Sheet};
    use crate::consent::ReaderState;
    use crate::reader::Reader;
    use crate::store::Subscriber;

    #[test]
    fn what_is_written_is_read_again() {
        let everyone = [
            (
                "a@x.example",
                Some("Night, \"Ada\""),
                ReaderState::Active,
                vec!["daily", "weekly"],
            ),
            ("b@x.example", None, ReaderState::Left, vec![]),
            (
                "+c@x.example",
                Some("=1+1"),
                ReaderState::Pending,
                vec!["weekly"],
            ),
            (
                "'d@x.example",
                Some("'=1+1"),
                ReaderState::Bounced,
                vec!["weekly"],
            ),
            (
                "-e@x.example",
                Some("@Ada"),
                ReaderState::Complained,
                vec!["weekly"],
            ),
        ]
        .map(|(email, name, state, digests)| Subscriber {
            reader: Reader {
                id: 1.into(),
                email: email.parse().unwrap(),
                name: name.map(str::to_owned),
                language: None,
            },
            state,
            digests: digests.into_iter().map(str::to_owned).collect(),
        });
        let mut text = Vec::new();
        let mut sheet = Sheet::for_subscribers(&mut text).unwrap();
        for one in &everyone {
            sheet.write_subscriber(one).unwrap();
        }
        sheet.finish().unwrap();
        let listed: Vec<_> = List::open(&*text, "")
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(listed.len(), everyone.len());
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
        let text = String::from_utf8(text).unwrap();
        let cells = text
            .split([',', '\n'])
            .map(|cell| cell.trim_start_matches('"'));
        assert!(
            !cells
                .into_iter()
                .any(|cell| cell.starts_with(['=', '+', '-', '@'])),
            "{text}"
        );
    }
}
