//! A text as a part of an address, as each generator makes it.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// How a name becomes a part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slugs {
    /// Lower case, words joined by dashes, letters of any script and dots within a word kept.
    Plain,
    /// Hugo: lower case, spaces become dashes, signs are dropped, dots, underscores and slashes kept.
    Hugo,
    /// Zola: transliterated, lower case, words joined by single dashes.
    Zola,
    /// Zola's `slugify.paths = "safe"`: as it is, but for the signs that a file system refuses.
    Safe,
    /// Jekyll: case and the signs that an address may hold are kept, the others become dashes.
    Jekyll,
    /// Pelican: transliterated, lower case, signs dropped.
    Pelican,
    /// Astro, as GitHub makes anchors: lower case, spaces become dashes, signs and dots are dropped.
    Github,
    /// Eleventy: unchanged.
    AsIs,
}

impl Slugs {
    /// The part of an address that a name becomes.
    pub fn make_slug(self, name: &str) -> String {
        match self {
            Self::Plain => name
                .split('.')
                .map(make_slug)
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("."),
            Self::Hugo => make_hugo_slug(name),
            Self::Zola => make_zola_slug(name),
            Self::Safe => strip_signs(name),
            Self::Jekyll => join_with_dashes(name, |c| {
                c.is_alphanumeric() || is_combining_mark(c) || "._~!$&'()+,;=@".contains(c)
            }),
            Self::Pelican => make_pelican_slug(&transliterate(name)),
            Self::Github => make_github_slug(name),
            Self::AsIs => name.to_owned(),
        }
    }
}

/// A text as a part of an address: lower case, words joined by single dashes, letters of any script kept, with their
/// marks, and composed, however a file system writes them.
pub(crate) fn make_slug(text: &str) -> String {
    if !text.is_ascii() && !is_nfc(text) {
        return make_slug(&text.nfc().collect::<String>());
    }
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            slug.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '’') && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// Jekyll's slug of a text: lower case, words joined by single dashes.
pub(crate) fn make_jekyll_slug(text: &str) -> String {
    join_with_dashes(text, |c| c.is_alphanumeric() || is_combining_mark(c)).to_lowercase()
}

/// The result of Eleventy's filter `slugify`: German umlauts in two letters, `&` as a word.
pub(in crate::post) fn slugify(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => spelled.push_str(" and "),
            'ä' | 'Ä' => spelled.push_str("ae"),
            'ö' | 'Ö' => spelled.push_str("oe"),
            'ü' | 'Ü' => spelled.push_str("ue"),
            c if !c.is_ascii() && !is_spelled(c) => spelled.push(' '),
            c => spelled.push(c),
        }
    }
    let words = transliterate(&spelled).to_lowercase();
    // The apostrophe of `it's` and `don't` parts no word.
    let words = words.split_whitespace().map(|word| {
        match word.strip_suffix("'s").or(word.strip_suffix("'t")) {
            Some(stem) => format!("{stem}{}", &word[word.len() - 1..]),
            None => word.to_owned(),
        }
    });
    join_with_dashes(&words.collect::<Vec<_>>().join(" "), |c| {
        c.is_ascii_alphanumeric()
    })
}

/// The result of Eleventy's older filter `slug`: some signs as words, others kept.
pub(in crate::post) fn apply_slug_filter(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => spelled.push_str("and"),
            '%' => spelled.push_str("percent"),
            '$' => spelled.push_str("dollar"),
            '|' => spelled.push_str("or"),
            '<' => spelled.push_str("less"),
            '>' => spelled.push_str("greater"),
            '-' => spelled.push(' '),
            c if c.is_alphabetic() && !is_spelled(c) => {}
            c => spelled.push(c),
        }
    }
    let kept: String = transliterate(&spelled)
        .chars()
        .filter(|c| {
            c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "*_+~.()'\"!:@".contains(*c)
        })
        .collect();
    kept.split_whitespace()
        .collect::<Vec<_>>()
        .join("-")
        .to_lowercase()
}

/// Whether Eleventy transliterates a letter; it drops those of Asian scripts.
fn is_spelled(c: char) -> bool {
    c.is_alphabetic() && c < '\u{2e80}'
}

fn transliterate(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        deunicode::deunicode(text)
    }
}

fn join_with_dashes(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if keep(c) {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

fn make_hugo_slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_alphanumeric() || is_combining_mark(c) || "._#+~-@/".contains(c) {
            if space && !slug.is_empty() && !slug.ends_with('-') && c != '-' {
                slug.push('-');
            }
            space = false;
            slug.extend(c.to_lowercase());
        } else if c.is_whitespace() {
            space = true;
        }
    }
    slug
}

fn make_github_slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let kept = lower.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || is_combining_mark(c) || "-_".contains(c) => Some(c),
        _ => None,
    });
    kept.collect()
}

fn make_zola_slug(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => spelled.push(c),
            c => spelled.push_str(deunicode::deunicode_char(c).unwrap_or("-")),
        }
    }
    join_with_dashes(&spelled, |c| c.is_ascii_alphanumeric()).to_ascii_lowercase()
}

/// A name without the signs that NTFS forbids, and without the dots and spaces that it drops at the end.
fn strip_signs(name: &str) -> String {
    let mut name = name.trim_end_matches([' ', '.']).to_owned();
    name.retain(|c| !"<>:\"/\\|?*".contains(c));
    name
}

fn make_pelican_slug(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_- \t\n".contains(*c))
        .collect();
    join_with_dashes(kept.trim(), |c| c.is_ascii_alphanumeric() || c == '_').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{Slugs, apply_slug_filter, slugify};

    #[test]
    fn eleventy_has_two_filters_for_slugs() {
        // Seen by running Eleventy 3.1.
        for (text, newer, older) in [
            ("Über Tea & Cake", "ueber-tea-and-cake", "uber-tea-and-cake"),
            ("It's Ada's don't", "its-adas-dont", "it's-ada's-don't"),
            (
                "a.b_c: 100% (new)",
                "a-b-c-100-new",
                "a.b_c:-100percent-(new)",
            ),
            ("Straße – Ö", "strasse-oe", "strasse-o"),
            ("日本 tea", "tea", "tea"),
            ("C++ & C#", "c-and-c", "c++-and-c"),
            ("--a -- b", "a-b", "a-b"),
            ("Ada’s “cup”", "ada-s-cup", "ada's-\"cup\""),
            ("x/y?z", "x-y-z", "xyz"),
            ("$5 < $6 | 7", "5-6-7", "dollar5-less-dollar6-or-7"),
        ] {
            assert_eq!(
                (slugify(text).as_str(), apply_slug_filter(text).as_str()),
                (newer, older),
                "{text}"
            );
        }
    }

    #[test]
    fn zola_has_two_strategies_that_change_a_name() {
        // Seen by running the functions of Zola itself.
        for (name, on, safe) in [
            ("My_Post", "my-post", "My_Post"),
            ("0.2.0-released", "0-2-0-released", "0.2.0-released"),
            ("My.Slug_X", "my-slug-x", "My.Slug_X"),
            ("hello-&-world", "hello-world", "hello-&-world"),
            ("a--b", "a-b", "a--b"),
            ("-a-", "a", "-a-"),
            ("_x_", "x", "_x_"),
            ("日本 tea", "ri-ben-tea", "日本 tea"),
            ("Ǆungla", "dzungla", "Ǆungla"),
            ("Straße", "strasse", "Straße"),
            ("œuvre & cie", "oeuvre-cie", "œuvre & cie"),
            ("it’s", "it-s", "it’s"),
            ("C++", "c", "C++"),
            ("a~b", "a-b", "a~b"),
            ("v1.2.", "v1-2", "v1.2"),
            ("tail. ", "tail", "tail"),
            ("CON: a/b", "con-a-b", "CON ab"),
            ("what?", "what", "what"),
            ("naïve café", "naive-cafe", "naïve café"),
            ("мир", "mir", "мир"),
            ("हिन्दी", "hindii", "हिन्दी"),
            ("🎉 party", "tada-party", "🎉 party"),
            ("x\u{a0}y", "x-y", "x\u{a0}y"),
            ("ﬁn", "fin", "ﬁn"),
            ("½ cup", "1-2-cup", "½ cup"),
            ("…", "", "…"),
            ("é", "e", "é"),
            ("u\u{308}ber", "uber", "u\u{308}ber"),
            ("100%", "100", "100%"),
            ("\"q\" <b>|*", "q-b", "q b"),
        ] {
            assert_eq!(Slugs::Zola.make_slug(name), on, "{name}");
            assert_eq!(Slugs::Safe.make_slug(name), safe, "{name}");
        }
    }

    #[test]
    fn each_generator_makes_its_own_slugs() {
        for (name, plain, hugo, zola, jekyll, pelican) in [
            (
                "Hello World",
                "hello-world",
                "hello-world",
                "hello-world",
                "Hello-World",
                "hello-world",
            ),
            (
                "0.2.0-released",
                "0.2.0-released",
                "0.2.0-released",
                "0-2-0-released",
                "0.2.0-released",
                "020-released",
            ),
            ("z@9", "z-9", "z@9", "z-9", "z@9", "z9"),
            (
                "It’s Über",
                "its-über",
                "its-über",
                "it-s-uber",
                "It-s-Über",
                "its-uber",
            ),
            ("日本", "日本", "日本", "ri-ben", "日本", "ri-ben"),
            ("हिन्दी", "हिन्दी", "हिन्दी", "hindii", "हिन्दी", "hindii"),
            (
                "u\u{308}ber",
                "über",
                "u\u{308}ber",
                "uber",
                "u\u{308}ber",
                "uber",
            ),
            ("a & b (c)", "a-b-c", "a-b-c", "a-b-c", "a-&-b-(c)", "a-b-c"),
            (
                "The State of Rust 0.7",
                "the-state-of-rust-0.7",
                "the-state-of-rust-0.7",
                "the-state-of-rust-0-7",
                "The-State-of-Rust-0.7",
                "the-state-of-rust-07",
            ),
        ] {
            assert_eq!(Slugs::Plain.make_slug(name), plain);
            assert_eq!(Slugs::Hugo.make_slug(name), hugo);
            assert_eq!(Slugs::Zola.make_slug(name), zola);
            assert_eq!(Slugs::Jekyll.make_slug(name), jekyll);
            assert_eq!(Slugs::Pelican.make_slug(name), pelican);
            assert_eq!(Slugs::AsIs.make_slug(name), name);
        }
    }
}
