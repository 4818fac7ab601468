//! The markup of a file, by its extension in any case.

/// The markup of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    /// Markdown, by every ending that a generator knows.
    Markdown,
    /// Markdown with components.
    Mdx,
    Html,
    /// A markup that some generator reads and this program does not.
    Other,
    /// A template that makes a page, which is a post if it has a date.
    Template,
}

const ENDINGS: &[(&str, Markup)] = &[
    ("md", Markup::Markdown),
    ("markdown", Markup::Markdown),
    ("mdown", Markup::Markdown),
    ("mkd", Markup::Markdown),
    ("mkdn", Markup::Markdown),
    ("mkdown", Markup::Markdown),
    ("mdwn", Markup::Markdown),
    ("mdx", Markup::Mdx),
    ("html", Markup::Html),
    ("htm", Markup::Html),
    ("rst", Markup::Other),
    ("org", Markup::Other),
    ("adoc", Markup::Other),
    ("asciidoc", Markup::Other),
    ("ad", Markup::Other),
    ("asc", Markup::Other),
    ("pandoc", Markup::Other),
    ("pdc", Markup::Other),
    ("textile", Markup::Other),
    ("dj", Markup::Other),
    ("djot", Markup::Other),
    ("smd", Markup::Other),
    ("typ", Markup::Other),
    ("rmd", Markup::Other),
    ("qmd", Markup::Other),
    ("mediawiki", Markup::Other),
    ("njk", Markup::Template),
    ("liquid", Markup::Template),
    ("webc", Markup::Template),
    ("hbs", Markup::Template),
    ("mustache", Markup::Template),
    ("ejs", Markup::Template),
    ("haml", Markup::Template),
    ("pug", Markup::Template),
];

/// Extensions of large files that are never searched for a post.
const MEDIA: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "bmp", "tif", "tiff", "heic", "mp3",
    "m4a", "ogg", "oga", "opus", "wav", "flac", "mp4", "m4v", "webm", "mov", "avi", "mkv", "vtt",
    "srt", "pdf", "epub", "zip", "gz", "tgz", "bz2", "xz", "br", "zst", "7z", "woff", "woff2",
    "ttf", "otf", "eot", "css", "js", "json", "xml", "asc", "sig",
];

impl Markup {
    /// The markup of a file; `None` if it is no text of a post.
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        let (stem, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
        // `tea.md.asc` is a signature.
        if ending.eq_ignore_ascii_case("asc") && stem.contains('.') {
            return None;
        }
        ENDINGS
            .iter()
            .find(|(known, _)| ending.eq_ignore_ascii_case(known))
            .map(|(_, markup)| *markup)
    }

    /// Whether a file with an unknown extension may be a post.
    pub(crate) fn may_hide_in(path: &str) -> bool {
        let file = path.rsplit('/').next().unwrap_or_default();
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        let is_media = MEDIA.iter().any(|known| ending.eq_ignore_ascii_case(known));
        !is_media && Self::from_path(path).is_none()
    }

    /// Whether a text in it can be read here.
    pub(crate) fn is_read(self) -> bool {
        matches!(self, Self::Markdown | Self::Mdx | Self::Html)
    }
}

#[cfg(test)]
mod tests {
    use super::Markup;

    #[test]
    fn an_ending_says_the_markup_in_whatever_case() {
        for (path, markup) in [
            ("a/tea.md", Some(Markup::Markdown)),
            ("tea.MD", Some(Markup::Markdown)),
            ("tea.Markdown", Some(Markup::Markdown)),
            ("tea.mkdown", Some(Markup::Markdown)),
            ("tea.de.mdown", Some(Markup::Markdown)),
            ("tea.MDX", Some(Markup::Mdx)),
            ("tea.HTML", Some(Markup::Html)),
            ("tea.Htm", Some(Markup::Html)),
            ("tea.RST", Some(Markup::Other)),
            ("tea.pdc", Some(Markup::Other)),
            ("tea.njk", Some(Markup::Template)),
            ("tea.dj", Some(Markup::Other)),
            ("tea.typ", Some(Markup::Other)),
            ("tea.asc", Some(Markup::Other)),
            ("tea.md.asc", None),
            ("tea.png", None),
            ("a.md/tea", None),
            ("md", None),
        ] {
            assert_eq!(Markup::from_path(path), markup, "{path}");
        }
    }

    #[test]
    fn a_post_may_hide_in_a_file_of_no_known_ending() {
        for (path, expected) in [
            ("tea.mdd", true),
            ("tea.txt", true),
            ("a.b/tea", true),
            ("tea.md", false),
            ("tea.rst", false),
            ("tea.PNG", false),
        ] {
            assert_eq!(Markup::may_hide_in(path), expected, "{path}");
        }
    }
}
