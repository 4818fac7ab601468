//! The fixed words of mails, a table for each language. A file of the site's own changes one or adds one.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::file::read::{WRITTEN, read_text_if_any};
use crate::finding::{Finding, Rule};

/// The folder of the site's own files of words, beside the config.
pub(super) const FOLDER: &str = "words";
/// The languages that come with the program; the first stands in for those that are missing.
const BUILT_IN: [(&str, &str); 5] = [
    ("en", include_str!("words/en.toml")),
    ("de", include_str!("words/de.toml")),
    ("es", include_str!("words/es.toml")),
    ("fr", include_str!("words/fr.toml")),
    ("ja", include_str!("words/ja.toml")),
];

/// The words of one language. Names in braces are slots, which `fill` fills.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedWords {
    /// The words around the posts of a digest.
    pub digest: DigestWords,
    /// The words of the mail that asks whether somebody wants a digest.
    pub confirm: ConfirmWords,
    /// The words of the mail that answers a wish to leave.
    pub leave: LeaveWords,
    /// The words of the pages of `serve`.
    pub page: PageWords,
    /// The words of the mail that tells an address that another one takes its place.
    pub moved: MovedWords,
    /// The words of the mail that welcomes somebody.
    pub welcome: WelcomeWords,
}

/// The words around the posts of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestWords {
    /// The greeting of `{name}`.
    pub hello: String,
    /// The word in place of a name that is not known.
    pub anonymous: String,
    /// The link below a post that is cut.
    pub continue_reading: String,
    /// The heading above the posts that are listed by title.
    pub more: String,
    /// How long a post takes to read: `{minutes}`.
    pub minutes: String,
    /// Why its reader gets it: `{site}`.
    pub why: String,
    /// The question to somebody who got it forwarded.
    pub forwarded: String,
    /// The link for them.
    pub subscribe: String,
    /// The link to leave.
    pub unsubscribe: String,
    /// The link to the reader's preferences.
    pub preferences: String,
    /// The link to the issue's page.
    pub on_the_web: String,
    /// The heading of the archive, and the link to it.
    pub all_issues: String,
    /// Said where the archive is empty.
    pub no_issues: String,
}

/// The words of a confirmation mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmWords {
    /// The subject: `{title}`.
    pub subject: String,
    /// Why it comes: `{title}`.
    pub asked: String,
    /// The instruction where a page confirms.
    pub page: String,
    /// The instruction where an answer confirms.
    pub answer: String,
    /// The second instruction where a page or an answer confirms.
    pub or_answer: String,
    /// The text of the link that confirms.
    pub link: String,
    /// How long it is valid, and what to do else.
    pub otherwise: String,
}

/// The words of a mail that answers a wish to leave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveWords {
    /// The subject: `{title}`.
    pub subject: String,
    /// Why it comes: `{title}`.
    pub asked: String,
    /// The instruction where a page takes them out.
    pub page: String,
    /// The instruction where a mail takes them out.
    pub send: String,
    /// The text of the link that leaves.
    pub link: String,
    /// The instruction for everybody else.
    pub otherwise: String,
}

/// The words of the pages of `serve`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PageWords {
    /// The question whether to leave `{title}`.
    pub leave_title: String,
    /// The effect of leaving.
    pub leave_text: String,
    /// The heading once they have left `{title}`.
    pub left_title: String,
    /// The effect, in a sentence.
    pub left_text: String,
    /// The button that takes it back.
    pub undo: String,
    /// The heading once they get `{title}` again.
    pub back_title: String,
    /// The effect, in a sentence.
    pub back_text: String,
    /// The heading where a link is not valid.
    pub unknown_title: String,
    /// Why that may be, and what to do.
    pub unknown_text: String,
    /// The heading where the server failed.
    pub failed_title: String,
    /// The instruction where the server failed.
    pub failed_text: String,
    /// The heading above the form: `{title}` of the site, or of its only digest.
    pub join_title: String,
    /// The effect of sending the form.
    pub join_text: String,
    /// The label of the address.
    pub address: String,
    /// The error for a text that is no address.
    pub address_wrong: String,
    /// The label of the digests to choose from.
    pub choose: String,
    /// The error where no digest is chosen.
    pub choose_wrong: String,
    /// The heading once a confirmation mail is on its way.
    pub asked_title: String,
    /// To whom, and what to do.
    pub asked_text: String,
    /// The question whether to subscribe to `{title}`.
    pub confirm_title: String,
    /// Why it is asked.
    pub confirm_text: String,
    /// The heading once they are subscribed to `{title}`.
    pub confirmed_title: String,
    /// The next step, in a sentence.
    pub confirmed_text: String,
    /// The heading of the preferences.
    pub prefs_title: String,
    /// The address whose preferences they are.
    pub prefs_text: String,
    /// The label of the day until which no issue comes.
    pub pause: String,
    /// The error for a text that is no such day.
    pub pause_wrong: String,
    /// The button that keeps them.
    pub save: String,
    /// The words that confirm that they are kept.
    pub saved: String,
    /// The heading above the field for another address.
    pub move_title: String,
    /// The effect of a new address.
    pub move_text: String,
    /// The label of the field.
    pub new_address: String,
    /// The button that asks for the new address.
    pub move_button: String,
    /// The heading above the download.
    pub data_title: String,
    /// The content of the download.
    pub data_text: String,
    /// The button that downloads.
    pub data_button: String,
    /// The heading above the button that deletes everything.
    pub forget_title: String,
    /// The effect of deleting everything.
    pub forget_text: String,
    /// The label of the box that has to be checked first.
    pub forget_sure: String,
    /// The button that deletes everything.
    pub forget_button: String,
    /// The heading once everything is deleted.
    pub forgotten_title: String,
    /// The same in a sentence.
    pub forgotten_text: String,
}

/// The words of a mail that welcomes somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WelcomeWords {
    /// The subject: `{title}`.
    pub subject: String,
    /// The mails to expect: `{title}`.
    pub text: String,
}

/// The words of a mail that tells an address of another one in its place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedWords {
    /// The subject: `{title}`.
    pub subject: String,
    /// The change, in a sentence: `{title}`.
    pub text: String,
    /// The instruction for those who did not want it.
    pub otherwise: String,
}

impl FixedWords {
    /// The words of the language of this BCP 47 tag: those of the site's `words/TAG.toml` or `words/LANGUAGE.toml` below
    /// `root`, and for what it lacks those of the program, in English where it does not have the language.
    ///
    /// # Errors
    /// A finding that names the file, where the site's own cannot be used.
    pub fn load(root: &Path, tag: &str) -> Result<Self, Finding> {
        let tag = tag.to_lowercase();
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        let mut table = built_in(language);
        let mut names = vec![tag.as_str()];
        if language != tag {
            names.push(language);
        }
        for name in names.into_iter().filter(|name| is_name(name)) {
            let file = root.join(FOLDER).join(format!("{name}.toml"));
            let Some(text) = read_text_if_any(&file, WRITTEN)? else {
                continue;
            };
            let own = text.parse::<Table>();
            let own = own.map_err(|error| refuse(&text, &error).in_file(&file))?;
            lay_over(&mut table, own);
            return Self::deserialize(Value::Table(table)).map_err(|error| {
                let hint = "a file of words may lack keys, and has no others";
                refuse(&text, &error).in_file(&file).hint(hint)
            });
        }
        Ok(Self::deserialize(Value::Table(table)).unwrap_or_else(|_| Self::english()))
    }

    /// The program's own English.
    ///
    /// # Panics
    /// Never: a test reads them.
    pub(crate) fn english() -> Self {
        toml::from_str(BUILT_IN[0].1).expect("the program's own words are whole")
    }
}

/// The program's own words of this language, over the English ones.
fn built_in(language: &str) -> Table {
    let mut table = BUILT_IN[0].1.parse::<Table>().unwrap_or_default();
    let known = BUILT_IN.iter().find(|(name, _)| *name == language);
    if let Some(words) = known.and_then(|(_, text)| text.parse::<Table>().ok()) {
        lay_over(&mut table, words);
    }
    table
}

/// Whether a language's tag can be the name of a file.
pub(super) fn is_name(tag: &str) -> bool {
    !tag.is_empty()
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Lets the keys of one table replace those of another, section by section.
fn lay_over(table: &mut Table, own: Table) {
    for (key, value) in own {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(own)) => lay_over(below, own),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

/// Reports a fault in a file of words, at the line of the key that it names.
fn refuse(text: &str, error: &toml::de::Error) -> Finding {
    let message = error.message();
    let finding = Finding::error(
        Rule::WordsUnusable,
        format!("the words cannot be used: {message}"),
    );
    let by_span = error
        .span()
        .map(|span| text[..span.start.min(text.len())].matches('\n').count());
    let key = message.split('`').nth(1).unwrap_or_default();
    let has_key = |line: &str| {
        let line = line.trim_start().trim_start_matches('[');
        !key.is_empty() && line.starts_with(key)
    };
    match by_span.or_else(|| text.lines().position(has_key)) {
        Some(line) => finding.at_line(line + 1),
        None => finding,
    }
}

/// Puts values in place of their names in braces, each once; a value is not looked into.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = values.iter().find_map(|(name, value)| {
            let rest = after.strip_prefix(name)?.strip_prefix('}')?;
            Some((value, rest))
        });
        let (value, after) = found.unwrap_or((&"{", after));
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use toml::{Table, Value};

    use super::{BUILT_IN, FixedWords, fill};

    /// Each key with the names in braces of its text.
    fn shape(text: &str) -> BTreeSet<(String, BTreeSet<String>)> {
        let mut shape = BTreeSet::new();
        for (section, keys) in text.parse::<Table>().unwrap() {
            let Value::Table(keys) = keys else {
                panic!("{section}")
            };
            for (key, value) in keys {
                let text = value.as_str().unwrap().to_owned();
                assert!(!text.trim().is_empty(), "{section}.{key}");
                let names = text
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| rest.split('}').next());
                let names = names.map(str::to_owned).collect();
                shape.insert((format!("{section}.{key}"), names));
            }
        }
        shape
    }

    #[test]
    fn every_language_has_every_key_with_the_same_names() {
        let english = shape(BUILT_IN[0].1);
        for (language, text) in BUILT_IN {
            assert_eq!(shape(text), english, "{language}");
            toml::from_str::<FixedWords>(text).unwrap();
        }
    }

    #[test]
    fn a_file_of_the_site_changes_a_language_or_adds_one() {
        let root = tempfile::tempdir().unwrap();
        let words = root.path().join("words");
        fs::create_dir(&words).unwrap();
        let load = |tag: &str| FixedWords::load(root.path(), tag).unwrap().leave;
        let own = |name: &str, text: &str| fs::write(words.join(name), text).unwrap();
        own("nl.toml", "[leave]\nlink = \"Afmelden\"\n");
        own("de.toml", "[leave]\nlink = \"Weg damit\"\n");
        own("de-at.toml", "[leave]\nlink = \"Pfiat di\"\n");
        for (tag, link, otherwise) in [
            ("en", "Leave", "If you did not ask, do nothing."),
            ("tlh", "Leave", "If you did not ask, do nothing."),
            ("", "Leave", "If you did not ask, do nothing."),
            ("../../etc", "Leave", "If you did not ask, do nothing."),
            (
                "fr-CA",
                "Se désabonner",
                "Si la demande ne vient pas de vous, ne faites rien.",
            ),
            ("nl-BE", "Afmelden", "If you did not ask, do nothing."),
            (
                "de-CH",
                "Weg damit",
                "Wenn das nicht von Ihnen kam, tun Sie nichts.",
            ),
            (
                "de-AT",
                "Pfiat di",
                "Wenn das nicht von Ihnen kam, tun Sie nichts.",
            ),
        ] {
            let found = load(tag);
            assert_eq!(
                (&*found.link, &*found.otherwise),
                (link, otherwise),
                "{tag}"
            );
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_line() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("words")).unwrap();
        for (text, said) in [
            (
                "[leave]\nlnk = \"x\"\n",
                "words/nl.toml:2: the words cannot be used: unknown field `lnk`",
            ),
            (
                "[goodbye]\nlink = \"x\"\n",
                "words/nl.toml:1: the words cannot be used: unknown field `goodbye`",
            ),
            ("[leave]\nlink = 3\n", "words/nl.toml"),
            ("[leave\n", "words/nl.toml:1: the words cannot be used"),
        ] {
            fs::write(root.path().join("words/nl.toml"), text).unwrap();
            let error = FixedWords::load(root.path(), "nl").unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn values_are_filled_in_once_and_not_looked_into() {
        let values = [("title", "{name} & {title}"), ("name", "Ada")];
        for (text, expected) in [
            ("{title}", "{name} & {title}"),
            ("{name}{name}, {other} {", "AdaAda, {other} {"),
            ("", ""),
            ("{{name}}", "{Ada}"),
        ] {
            assert_eq!(fill(text, &values), expected, "{text}");
        }
    }
}
