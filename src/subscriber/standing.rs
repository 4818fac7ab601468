//! Reads what someone was to the program that wrote a list, from its columns: Mailchimp, Substack, Buttondown, Ghost,
//! listmonk, Kit, Keila and `subscriber export`.
//!
//! Several columns may describe one person; the one that says most against mail counts.

use crate::consent::ReaderState;
use crate::finding::{Finding, Rule, one_line};

/// The words for each state, folded. A state that stops mail there stops it here.
const WORDS: &[(ReaderState, &[&str])] = &[
    (
        ReaderState::Active,
        &[
            "active",
            "subscribed",
            "confirmed",
            "enabled",
            // Buttondown's kinds of readers who pay, have paid or were invited.
            "regular",
            "premium",
            "gifted",
            "trialed",
            "paid",
            "churned",
            "churning",
            "pastdue",
            // Kit: subscribed, and opens little.
            "cold",
        ],
    ),
    (
        ReaderState::Pending,
        &[
            "pending",
            "unconfirmed",
            "inactive",
            "unactivated",
            "nonsubscribed",
            "transactional",
            "unpaid",
            "spammy",
            "upcoming",
        ],
    ),
    (
        ReaderState::Left,
        &[
            "left",
            "unsubscribed",
            "unsubscriber",
            "cancelled",
            "canceled",
            "removed",
            "archived",
            "disabled",
            "blocked",
            "blocklisted",
            "blacklisted",
            "paused",
        ],
    ),
    (
        ReaderState::Bounced,
        &["bounced", "cleaned", "undeliverable", "unreachable"],
    ),
    (
        ReaderState::Complained,
        &["complained", "complaint", "spam", "abuse"],
    ),
];

/// How the cell of a column tells a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StateCell {
    Word,
    /// By `true`: it is this.
    True(ReaderState),
    /// By `false`: it is this.
    False(ReaderState),
    /// By anything at all, such as the time when it happened.
    Anything(ReaderState),
    /// By a word that the cell contains.
    Within(ReaderState, &'static [&'static str]),
}

/// The columns that tell a state, folded.
const COLUMNS: &[(&str, StateCell)] = &[
    ("state", StateCell::Word),
    ("status", StateCell::Word),
    ("subscribertype", StateCell::Word),
    ("subscriptionstatus", StateCell::Word),
    ("emailstatus", StateCell::Word),
    ("emaildisabled", StateCell::True(ReaderState::Left)),
    ("subscribedtoemails", StateCell::False(ReaderState::Left)),
    ("deletedat", StateCell::Anything(ReaderState::Left)),
    ("unsubtime", StateCell::Anything(ReaderState::Left)),
    ("unsubscribedat", StateCell::Anything(ReaderState::Left)),
    (
        "unsubreason",
        StateCell::Within(ReaderState::Complained, &["abuse", "spam", "complain"]),
    ),
    ("cleantime", StateCell::Anything(ReaderState::Bounced)),
];

/// The columns of one list that tell a state.
#[derive(Debug, Default)]
pub(super) struct Standing {
    columns: Vec<(usize, StateCell)>,
    /// The state of all, where the name of the file tells it.
    all: Option<ReaderState>,
}

impl Standing {
    /// Finds the columns in a folded header. Mailchimp and Buttondown write those who get nothing to files of their own,
    /// whose names alone say so in part: `nonsubscribed_email_audience_export_….csv`.
    pub(super) fn find(folded: &[String], file: &str) -> Self {
        let mut columns = Vec::new();
        for (at, name) in folded.iter().enumerate() {
            let known = COLUMNS.iter().find(|(column, _)| column == name);
            columns.extend(known.map(|(_, told)| (at, *told)));
        }
        let has = |name: &str| folded.iter().any(|column| column == name);
        // Buttondown's; in other lists a type is one of customer.
        if has("emailaddress") && (has("metadata") || has("creationdate")) {
            let at = folded.iter().position(|column| column == "type");
            columns.extend(at.map(|at| (at, StateCell::Word)));
        }
        let words = file.split(|c: char| !c.is_alphanumeric());
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        let is_export = words.iter().any(|word| word == "export");
        let all = words.iter().find_map(|word| match &**word {
            "nonsubscribed" => Some(ReaderState::Pending),
            "unsubscribed" | "unsubscribers" => Some(ReaderState::Left),
            // A list that somebody has cleaned holds the good addresses.
            "cleaned" if is_export => Some(ReaderState::Bounced),
            _ => None,
        });
        Self { columns, all }
    }

    /// Whether the column tells a state.
    pub(super) fn is_read(&self, column: usize) -> bool {
        self.columns.iter().any(|(at, _)| *at == column)
    }

    /// Reads the state of a row; `None` if it has none.
    ///
    /// # Errors
    /// A finding if a cell has an unknown word, which must not be taken for consent.
    pub(super) fn read<'c>(
        &self,
        cell: impl Fn(usize) -> Option<&'c str>,
    ) -> Result<Option<ReaderState>, Finding> {
        let mut worst = self.all;
        for (at, told) in &self.columns {
            let Some(cell) = cell(*at) else { continue };
            let state = told.read(cell)?;
            // States stand in the order of how much they say against mail.
            worst = match (worst, state) {
                (Some(ReaderState::Active), state) => state.or(worst),
                (Some(worst), Some(ReaderState::Active)) => Some(worst),
                (worst, state) => worst.max(state),
            };
        }
        Ok(worst)
    }
}

impl StateCell {
    fn read(self, cell: &str) -> Result<Option<ReaderState>, Finding> {
        match self {
            Self::Word => state_of(cell).map(Some),
            Self::True(state) => Ok(truth_of(cell)?.then_some(state)),
            Self::False(state) => Ok((!truth_of(cell)?).then_some(state)),
            Self::Anything(state) => Ok(Some(state)),
            Self::Within(state, words) => {
                let cell = cell.to_lowercase();
                Ok(words
                    .iter()
                    .any(|word| cell.contains(word))
                    .then_some(state))
            }
        }
    }
}

fn state_of(word: &str) -> Result<ReaderState, Finding> {
    let folded = fold(word);
    let known = WORDS
        .iter()
        .find(|(_, words)| words.contains(&folded.as_str()));
    known.map(|(state, _)| *state).ok_or_else(|| {
        Finding::error(
            Rule::LineRefused,
            format!("`{}` is no state", one_line(word, 40)),
        )
        .hint("expected `active`, `pending`, `left`, `bounced` or `complained`")
    })
}

fn truth_of(word: &str) -> Result<bool, Finding> {
    match &*fold(word) {
        "true" | "t" | "yes" | "y" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "0" => Ok(false),
        _ => Err(Finding::error(
            Rule::LineRefused,
            format!("`{}` is neither true nor false", one_line(word, 40)),
        )
        .hint("expected `true` or `false`")),
    }
}

/// The name of a column, or a word, without case, blanks and marks: `E-Mail Address` is `emailaddress`.
pub(super) fn fold(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{Standing, WORDS, fold};
    use crate::consent::ReaderState;

    fn read(header: &[&str], file: &str, cells: &[&str]) -> Result<Option<ReaderState>, String> {
        let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let cell = |at: usize| cells.get(at).copied().filter(|cell| !cell.is_empty());
        let state = Standing::find(&folded, file).read(cell);
        state.map_err(|finding| finding.to_string())
    }

    #[test]
    fn a_word_stands_for_one_state_in_every_program() {
        let words: Vec<&str> = WORDS
            .iter()
            .flat_map(|(_, words)| *words)
            .copied()
            .collect();
        for word in &words {
            assert_eq!(fold(word), *word);
            assert_eq!(
                words.iter().filter(|other| *other == word).count(),
                1,
                "{word}"
            );
        }
        for state in ReaderState::ALL {
            let read = read(&["state"], "", &[state.word()]);
            match state {
                ReaderState::Forgotten => assert!(read.is_err()),
                _ => assert_eq!(read, Ok(Some(state))),
            }
        }
    }

    #[test]
    fn the_column_that_says_most_against_mail_counts() {
        use ReaderState::{Active, Bounced, Complained, Left, Pending};
        let header = [
            "status",
            "UNSUB_TIME",
            "CLEAN_TIME",
            "UNSUB_REASON",
            "email_disabled",
        ];
        for (cells, state) in [
            (["", "", "", "", ""], None),
            (["subscribed", "", "", "", "false"], Some(Active)),
            (["subscribed", "2024-01-01", "", "NORMAL", ""], Some(Left)),
            (["pending", "", "", "", "TRUE"], Some(Left)),
            (["pending", "", "", "", ""], Some(Pending)),
            (["", "2024-01-01", "2024-01-02", "", ""], Some(Bounced)),
            (["", "2024-01-01", "", "ABUSE", ""], Some(Complained)),
            (["active", "", "2024-01-01", "", ""], Some(Bounced)),
        ] {
            assert_eq!(read(&header, "", &cells), Ok(state), "{cells:?}");
        }
        for cells in [["gone", "", "", "", ""], ["", "", "", "", "maybe"]] {
            assert!(read(&header, "", &cells).is_err(), "{cells:?}");
        }
    }

    #[test]
    fn a_file_named_after_those_who_get_nothing_brings_in_nobody_who_does() {
        use ReaderState::{Active, Bounced, Left, Pending};
        for (file, state) in [
            ("subscribed_email_audience_export_1.csv", Some(Active)),
            ("nonsubscribed_email_audience_export_1.csv", Some(Pending)),
            ("unsubscribed_email_audience_export_1.csv", Some(Left)),
            ("hums-unsubscribers.csv", Some(Left)),
            ("cleaned_email_audience_export_1.csv", Some(Bounced)),
            ("cleaned_members_export_1.csv", Some(Bounced)),
            ("hums-cleaned.csv", Some(Active)),
        ] {
            assert_eq!(
                read(&["status"], file, &["subscribed"]),
                Ok(state),
                "{file}"
            );
        }
        assert_eq!(
            read(&["email"], "nonsubscribed.csv", &["a@x"]),
            Ok(Some(Pending))
        );
    }
}
