//! Fingerprints: whether a text or a value is still the same, in a few bytes.

use std::hash::{Hash, Hasher as _};
use std::sync::LazyLock;

use memchr::memmem::Finder;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// A fingerprint of a value, the same in every run of a program.
pub fn fingerprint_of(value: &impl Hash) -> u64 {
    let mut hasher = Xxh3Default::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The fingerprints of a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PostPrints {
    /// Of its id.
    pub id: u64,
    /// Of everything that documents show of it.
    pub content: u64,
}

/// The fingerprint of a post's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    hash: u64,
    /// Whether the text may link to other posts by their files, so that its HTML depends on their addresses.
    pub refers: bool,
}

/// The marks by which generators look up another file: `[tea](tea.md)`, `@/tea`, `{{< ref "tea" >}}`, `{% post_url tea
/// %}`, `{filename}tea.rst`, `[[tea]]`. A false alarm only costs a rendering.
static REFERENCES: LazyLock<[Finder<'static>; 7]> = LazyLock::new(|| {
    [".md", "@/", "ref \"", "ref '", "post_url", "filename", "[["].map(Finder::new)
});

impl Fingerprint {
    /// The fingerprint of a file's text.
    pub fn from_text(text: &str) -> Self {
        let refers = REFERENCES
            .iter()
            .any(|word| word.find(text.as_bytes()).is_some());
        Self {
            hash: xxh3_64(text.as_bytes()),
            refers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn one_letter_makes_another_text() {
        assert_eq!(Fingerprint::from_text("tea"), Fingerprint::from_text("tea"));
        assert_ne!(Fingerprint::from_text("tea"), Fingerprint::from_text("Tea"));
    }

    #[test]
    fn a_text_that_leads_to_other_files_is_known() {
        assert!(
            Fingerprint::from_text("see [tea](tea.md)").refers
                && Fingerprint::from_text("{% post_url tea %}").refers
        );
        assert!(!Fingerprint::from_text("see [tea](https://x.example/tea/)").refers);
    }
}
