//! The words of people and of programs in the usual languages, a list a file: lower case, one a line, `#` for a comment.

/// A list of words or phrases.
pub(super) struct WordList(&'static str);

impl WordList {
    /// Each word or phrase.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'static str> + use<> {
        let lines = self.0.lines().map(str::trim_end);
        lines.filter(|line| !line.is_empty() && !line.starts_with("# "))
    }

    /// Whether the text is one of them.
    pub(super) fn has(&self, text: &str) -> bool {
        self.iter().any(|known| known == text)
    }

    /// Whether the text contains one of them.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.iter().any(|known| text.contains(known))
    }

    /// Whether this text begins with one of them.
    pub(super) fn begin(&self, text: &str) -> bool {
        self.iter().any(|known| text.starts_with(known))
    }
}

/// A line that asks to leave, without the words around it that [`FILLERS`] has.
pub(super) const LEAVE: WordList = WordList(include_str!("words/leave.txt"));

/// Lines that ask to join.
pub(super) const JOIN: WordList = WordList(include_str!("words/join.txt"));

/// Lines that answer yes.
pub(super) const YES: WordList = WordList(include_str!("words/yes.txt"));

/// Words around a request that do not change it.
pub(super) const FILLERS: WordList = WordList(include_str!("words/fillers.txt"));

/// The prefixes that mail programs put before the subject of an answer.
pub(super) const ANSWERS: WordList = WordList(include_str!("words/answers.txt"));

/// The words before the sender in the head of a copied message.
pub(super) const QUOTED_FROM: WordList = WordList(include_str!("words/quoted_from.txt"));

/// How the subject of an answer begins that no person wrote.
pub(super) const AUTOMATIC_SUBJECTS: WordList =
    WordList(include_str!("words/automatic_subjects.txt"));

/// Words of such an answer in its first lines.
pub(super) const AUTOMATIC_TEXTS: WordList = WordList(include_str!("words/automatic_texts.txt"));

/// Words of a program that asks the sender to prove to be a person.
pub(super) const CHALLENGES: WordList = WordList(include_str!("words/challenges.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_in_lower_case_and_has_each_once() {
        for list in [
            LEAVE,
            JOIN,
            YES,
            FILLERS,
            ANSWERS,
            QUOTED_FROM,
            AUTOMATIC_SUBJECTS,
            AUTOMATIC_TEXTS,
            CHALLENGES,
        ] {
            let mut seen = std::collections::HashSet::new();
            for word in list.iter() {
                assert_eq!(word, word.to_lowercase());
                assert!(seen.insert(word), "{word} stands there twice");
            }
            assert!(seen.len() > 10);
        }
    }
}
