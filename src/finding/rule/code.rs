//! The codes of the rules: how they are read, shown and explained.

use std::fmt;
use std::str::FromStr;

use strsim::damerau_levenshtein;

use crate::finding::Rule;

impl Rule {
    /// The code: words with hyphens, which stay the same in all versions.
    pub fn code(self) -> &'static str {
        self.words()[0]
    }

    /// Why it matters, and what to do.
    pub(crate) fn explain(self) -> String {
        let [code, why, remedy] = self.words();
        format!("{code}\n\n{why}\n\n{remedy}")
    }

    /// The page of the docs that lists all.
    #[doc(hidden)]
    pub fn page() -> String {
        let mut page = PAGE.to_owned();
        for rule in Self::ALL {
            let [code, why, remedy] = rule.words();
            page.push_str(&format!("\n## `{code}`\n\n{why}\n\n{remedy}\n"));
        }
        page
    }
}

/// How the page begins.
const PAGE: &str = "# What the findings mean

Each finding of `tidings check` ends with its code, such as `[no-date]`; with `--json` it is the key `code`, with \
`--annotate` the title. `tidings check --explain CODE` prints what stands here. An error leaves something out or keeps \
mail from going; a warning does not; a note says what could not be asked. A code keeps its meaning in all versions.
";

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is no code of a finding: did you mean `{near}`?")]
pub struct RuleError {
    code: String,
    near: &'static str,
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().trim_matches(['[', ']']).to_ascii_lowercase();
        let mut nearest = (usize::MAX, Self::Failed);
        for rule in Self::ALL {
            let distance = match damerau_levenshtein(rule.code(), &code) {
                0 => return Ok(*rule),
                // A part of a code means that one rather than another of few letters.
                _ if code.len() > 2 && rule.code().contains(&code) => 1,
                distance => distance,
            };
            if distance < nearest.0 {
                nearest = (distance, *rule);
            }
        }
        Err(RuleError {
            code: text.to_owned(),
            near: nearest.1.code(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Rule;

    #[test]
    fn each_rule_has_a_code_of_its_own_a_reason_and_a_remedy() {
        let mut codes = HashSet::new();
        for rule in Rule::ALL {
            let [code, why, remedy] = rule.words();
            assert!(codes.insert(code), "two have the code `{code}`");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(code.chars().all(is_plain), "{code}");
            assert!(why.len() > 20 && why.ends_with('.'), "{code}: {why}");
            assert!(remedy.ends_with('.'), "{code}: {remedy}");
            assert_eq!(code.parse(), Ok(*rule));
            assert_eq!(format!("[{code}]").parse(), Ok(*rule));
        }
    }

    #[test]
    fn a_misspelt_code_is_told_the_nearest() {
        for (wrong, right) in [
            ("nodate", "no-date"),
            ("front-mater", "front-matter"),
            ("image-without-with", "image-without-width"),
            ("placeholder", "placeholder-address"),
        ] {
            let error = wrong.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{right}`")), "{wrong}: {error}");
        }
    }
}
