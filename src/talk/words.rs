//! The last step of every word to a person: foreign orders to the terminal are escaped, and a command in a hint is the one
//! that works here.

use std::borrow::Cow;
use std::path::Path;

use crate::finding::visible;

/// How commands in hints are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    /// The options that each command needs, where the config is not the one that is found.
    option: Option<String>,
}

impl Words {
    /// The words of a run for which this config was named, and this folder.
    pub(crate) fn new(config: Option<&Path>, directory: Option<&Path>) -> Self {
        let named = [("-C", directory), ("--config", config)].into_iter();
        let options: Vec<_> = named
            .filter_map(|(option, path)| Some((option, path?)))
            .filter(|(_, path)| *path != Path::new("config.toml"))
            .map(|(option, path)| format!("{option} {}", quote_word(&path.to_string_lossy())))
            .collect();
        Self {
            option: (!options.is_empty()).then(|| options.join(" ")),
        }
    }

    /// The words as they may be printed.
    pub(crate) fn show<'a>(&self, words: &'a str) -> Cow<'a, str> {
        let words = visible(words);
        match &self.option {
            Some(option) if words.contains(COMMAND) => Cow::Owned(complete(&words, option)),
            _ => words,
        }
    }
}

/// How a command begins in a hint.
const COMMAND: &str = "`tidings ";

fn complete(words: &str, option: &str) -> String {
    let mut parts = words.split(COMMAND);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole.push_str(COMMAND);
        if !part.starts_with("--config ") {
            whole.push_str(option);
            whole.push(' ');
        }
        whole.push_str(part);
    }
    whole
}

/// A word as a shell takes it for one.
pub(crate) fn quote_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,~".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(format!("'{}'", word.replace('\'', "'\\''"))),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Words;

    #[test]
    fn a_command_in_a_hint_names_the_config_in_use() {
        let hint =
            "`tidings issue resume 1`, or `tidings issue cancel 1`; `tidings --config x.toml run`";
        for (config, shown) in [
            ("config.toml", hint),
            (
                "tidings.toml",
                "`tidings --config tidings.toml issue resume 1`, or `tidings --config tidings.toml issue cancel 1`; \
                 `tidings --config x.toml run`",
            ),
            (
                "my site's/c.toml",
                "`tidings --config 'my site'\\''s/c.toml' issue resume 1`, or `tidings --config 'my site'\\''s/c.toml' \
                 issue cancel 1`; `tidings --config x.toml run`",
            ),
        ] {
            assert_eq!(Words::new(Some(Path::new(config)), None).show(hint), shown);
        }
        let there = Words::new(None, Some(Path::new("my site")));
        assert_eq!(
            there.show("`tidings build --fewer`"),
            "`tidings -C 'my site' build --fewer`"
        );
        assert_eq!(
            Words::default().show("`tidings` \u{1b}[2J"),
            "`tidings` \\u{1b}[2J"
        );
    }
}
